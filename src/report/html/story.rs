//! What was done to get here: takes, decisions, mends, money.

use super::{
    column::{
        Column::{Number, Text},
        heads,
    },
    promotion, text,
};
use crate::{
    drift::{ScoreReport, Verdict},
    engine::animate::Promotion,
    store::Money,
};
use maud::{Markup, html};

/// How a clip came to be what it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Story {
    /// What was done, in a few words: `3 takes, 1 mend`.
    pub title: String,
    /// The report before the last thing that was done, for comparison.
    pub before: Option<ScoreReport>,
    /// Takes and other steps, in order.
    pub steps: Vec<Step>,
    /// Mended spans, in order.
    pub mends: Vec<Mend>,
    /// Money spent, where a provider was asked.
    pub spent: Option<Money>,
    /// Money that was allowed.
    pub budget: Option<Money>,
    /// The draft that was made final, and how the final differs from it.
    pub promotion: Option<Promotion>,
}

/// One thing that was done.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    /// `Take 1`, `Mend`, `Verify`.
    pub label: String,
    /// With what: provider, parameters.
    pub detail: String,
    /// Drift that came out, `0..=100`.
    pub drift: Option<f64>,
    /// The verdict on it.
    pub verdict: Option<Verdict>,
    /// Its causes, worst first, in words.
    pub causes: String,
    /// What it cost.
    pub cost: Option<Money>,
    /// What was decided upon it, and why.
    pub decision: String,
}

/// One span that was mended, or left.
#[derive(Clone, Debug, PartialEq)]
pub struct Mend {
    /// First and last frame (0-based), both included.
    pub frames: [usize; 2],
    /// `bridge`, `color`, ….
    pub method: String,
    /// The worst frame's drift before, `0..=100`.
    pub before: f64,
    /// The worst frame's drift after, `0..=100`.
    pub after: f64,
    /// Whether the mend was kept.
    pub accepted: bool,
    /// Why, or why not.
    pub why: String,
}

pub(super) fn section(story: &Story, report: &ScoreReport) -> Markup {
    let Story { title, before, steps, mends, spent, budget, promotion } = story;
    html! {
        section aria-labelledby="story" {
            header {
                h2 id="story" { "What was done" }
                p.key {
                    (title)
                    @if let Some(spent) = spent {
                        " · spent " b { (spent) }
                        @if let Some(budget) = budget { " of " (budget) }
                    }
                }
            }
            @if let Some(before) = before { (comparison(before, report)) }
            @if !steps.is_empty() { ol.steps { @for step in steps { (row(step)) } } }
            @if !mends.is_empty() { (mended(mends)) }
            @if let Some(promotion) = promotion { (promotion::table(promotion)) }
        }
    }
}

fn comparison(before: &ScoreReport, after: &ScoreReport) -> Markup {
    let one = |label: &str, report: &ScoreReport| {
        html! {
            div class=(format!("state {}", report.judgement.verdict)) {
                span { (label) }
                b { (text::drift(report.judgement.drift)) }
                em { (report.judgement.verdict) }
            }
        }
    };
    html! {
        div.comparison {
            (one("before", before))
            svg.arrow viewBox="0 0 48 12" aria-hidden="true" { path d="M0 6H46M40 1l6 5-6 5" {} }
            (one("after", after))
        }
    }
}

fn row(step: &Step) -> Markup {
    let Step { label, detail, drift, verdict, causes, cost, decision } = step;
    html! {
        li class=[verdict.map(Verdict::name)] {
            div.head {
                h3 { (label) }
                @if !detail.is_empty() { span { (detail) } }
                @if let Some(cost) = cost { span.cost { (cost) } }
            }
            @if drift.is_some() || !causes.is_empty() {
                p {
                    @if let Some(drift) = drift { "drift " b { (text::drift(*drift)) } }
                    @if let Some(verdict) = verdict { " · " em { (verdict) } }
                    @if !causes.is_empty() { " · " (causes) }
                }
            }
            @if !decision.is_empty() { p.decision { (decision) } }
        }
    }
}

fn mended(mends: &[Mend]) -> Markup {
    html! {
        div.scroll {
            table {
                caption { "Mends: each is kept only where the measured drift falls and nothing else gets worse" }
                (heads(&[Text("Frames"), Text("Method"), Number("Before"), Number("After"), Text("Result")]))
                tbody {
                    @for Mend { frames, method, before, after, accepted, why } in mends {
                        tr {
                            td { (text::frames(*frames)) }
                            td { (method) }
                            td.num { (text::drift(*before)) }
                            td.num { (text::drift(*after)) }
                            td { b { @if *accepted { "kept" } @else { "left as it was" } } " " (why) }
                        }
                    }
                }
            }
        }
    }
}
