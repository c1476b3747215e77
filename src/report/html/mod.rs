//! The report as one HTML file: no script, no request, nothing to lose.
//!
//! It answers in the order of a reader's questions: is it faithful · when is it not · why · show me · what was done
//! about it · which figures · how can I repeat this. Pictures are embedded once and reused by reference.

mod banner;
mod chart;
mod column;
mod evidence;
mod findings;
mod picture;
mod promotion;
mod record;
mod story;
mod text;

pub use story::{Mend, Step, Story};

use crate::{
    drift::{Decision, ScoreReport, Verdict},
    report::Exhibit,
};
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// Nothing may be loaded and nothing may run: pictures are data, the style is inline.
const POLICY: &str =
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// Everything that a page shows.
#[derive(Clone, Copy)]
pub struct Page<'a> {
    /// The clip's report: the final one, where something was done about drift.
    pub report: &'a ScoreReport,
    /// What a policy says of it, where one was asked.
    pub decision: Option<&'a Decision>,
    /// The worst frames in pictures, worst first.
    pub exhibits: &'a [Exhibit],
    /// What was done to get here.
    pub story: Option<&'a Story>,
}

impl<'a> Page<'a> {
    /// A page of the figures alone.
    pub fn new(report: &'a ScoreReport) -> Self {
        Self { report, decision: None, exhibits: &[], story: None }
    }

    /// The policy's word where one was asked, the ruler's otherwise.
    fn outcome(&self) -> Verdict {
        self.decision.map_or(self.report.judgement.verdict, |d| d.outcome)
    }
}

/// The whole file.
pub fn render(page: &Page) -> String {
    let Page { report, decision, exhibits, story } = *page;
    let clip = text::file_name(&report.clip.path);
    let outcome = page.outcome();
    html! {
        (DOCTYPE)
        html lang="en" class=(outcome.name()) {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content=(report.tool);
                title { (clip) " · " (outcome) " · drift " (text::drift(report.judgement.drift)) }
                style { (PreEscaped(include_str!("style.css"))) }
            }
            body {
                main {
                    (banner::banner(page))
                    @if let Some(story) = story { (story::section(story, report)) }
                    (timeline(page))
                    (findings::section(report))
                    (evidence::section(exhibits, report, story.is_some()))
                    @if let Some(decision) = decision { (record::breaches(decision)) }
                    (record::metrics(report))
                    (record::provenance(report))
                }
            }
        }
    }
    .into_string()
}

fn timeline(page: &Page) -> Markup {
    let Page { report, story, .. } = *page;
    if report.judgement.frames.is_empty() {
        return html! {};
    }
    let before = story.and_then(|s| s.before.as_ref());
    html! {
        section aria-labelledby="timeline" {
            header {
                h2 id="timeline" { "Over time" }
                p.key {
                    span.swatch.bad {} " frames at fault"
                    @if before.is_some() { span.swatch.before {} " before" }
                    span.swatch.limit {} " where a careful person starts to object"
                }
            }
            div.scroll { (chart::timeline(report, before)) }
            (chart::small_multiples(report))
        }
    }
}
