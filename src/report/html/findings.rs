//! Why the clip drifted: each cause with its sentence, its time and its place.

use super::text;
use crate::drift::{CauseFinding, ScoreReport};
use maud::{Markup, html};

pub(super) fn section(report: &ScoreReport) -> Markup {
    if report.judgement.causes.is_empty() {
        return html! {};
    }
    html! {
        section aria-labelledby="causes" {
            header { h2 id="causes" { "Causes" } }
            ol.causes {
                @for finding in &report.judgement.causes { (row(finding, report)) }
            }
        }
    }
}

fn row(finding: &CauseFinding, report: &ScoreReport) -> Markup {
    let CauseFinding { cause, drift, first_frame, last_frame, worst_frame, region, explain, rejected, next, .. } =
        finding;
    html! {
        li {
            (map(*region, report))
            div {
                h3 { (cause) span.drift { (text::drift(*drift)) } }
                p { (explain) }
                p.where {
                    "frames " (first_frame) "–" (last_frame) " (from " (text::when(report, *first_frame)) "), worst at frame "
                    (worst_frame) " (" (text::when(report, *worst_frame)) ")"
                }
                @if !rejected.is_empty() { p.rejected { strong { "Not " } (rejected) "." } }
                @if !next.is_empty() { p.next { strong { "Next: " } (next) "." } }
            }
        }
    }
}

/// The frame in outline with the region at fault.
fn map([x, y, width, height]: [usize; 4], report: &ScoreReport) -> Markup {
    let (w, h) = (report.clip.width.max(1), report.clip.height.max(1));
    let line = w.max(h) as f64 / 60.0;
    html! {
        svg.map viewBox=(format!("0 0 {w} {h}")) role="img"
            aria-label=(format!("region {width}×{height} pixels at {x}, {y} of {w}×{h}")) {
            title { (width) "×" (height) " px at " (x) ", " (y) }
            rect.outline width=(w) height=(h) stroke-width=(line) {}
            rect.region x=(x) y=(y) width=(width) height=(height) stroke-width=(1.5 * line) {}
        }
    }
}
