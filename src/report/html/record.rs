//! The record: rules, figures, and how to repeat the measurement.

use super::{
    column::{
        Column::{Number, Text},
        heads,
    },
    text,
};
use crate::drift::{Decision, ScoreReport};
use maud::{Markup, html};

pub(super) fn breaches(decision: &Decision) -> Markup {
    html! {
        section aria-labelledby="policy" {
            header {
                h2 id="policy" { "Policy" }
                p.key { (decision.policy) }
            }
            @if decision.breaches.is_empty() {
                p { "Every rule is kept." }
            } @else {
                div.scroll { table {
                    (heads(&[Text("Rule"), Text("Level"), Number("Limit"), Number("Measured"), Text("In words")]))
                    tbody {
                        @for breach in &decision.breaches {
                            tr class=(breach.level.name()) {
                                td { code { (breach.rule) } }
                                td { (breach.level.name()) }
                                td.num { (breach.limit) }
                                td.num { (breach.measured) }
                                td { (breach.explain) }
                            }
                        }
                    }
                } }
            }
        }
    }
}

pub(super) fn metrics(report: &ScoreReport) -> Markup {
    if report.judgement.metrics.is_empty() {
        return html! {};
    }
    html! {
        section aria-labelledby="metrics" {
            header { h2 id="metrics" { "Measurements" } }
            div.scroll { table {
                (heads(&[Text("Signal"), Number("Mean"), Number("95th percentile"), Number("Maximum"), Text("Unit"), Number("Drift without it")]))
                tbody {
                    @for (name, metric) in &report.judgement.metrics {
                        tr {
                            td { (name) }
                            td.num { (text::figure(metric.mean)) }
                            td.num { (text::figure(metric.p95)) }
                            td.num { (text::figure(metric.max)) }
                            td.faint { (metric.unit) }
                            td.num { (text::figure(metric.without)) }
                        }
                    }
                }
            } }
        }
    }
}

pub(super) fn provenance(report: &ScoreReport) -> Markup {
    let ScoreReport { tool, command, seed, clip, .. } = report;
    let registration = &report.judgement.registration;
    html! {
        section.provenance aria-labelledby="provenance" {
            header { h2 id="provenance" { "Provenance" } }
            dl {
                dt { "Clip" }
                dd {
                    code { (clip.path) }
                    p {
                        (clip.width) "×" (clip.height) " · " (clip.frames) " frames at " (clip.fps) " fps · " (clip.codec)
                        " · " (clip.color)
                    }
                    p.hash { "blake3 " (clip.blake3) }
                }
                dt { "Still" }
                dd {
                    code { (seed.path) }
                    p { (seed.width) "×" (seed.height) }
                    p.hash { "blake3 " (seed.blake3) }
                }
                dt { "Registration" }
                dd {
                    p { (registration.kind) ", " (text::percent(registration.visible_fraction)) " of the still in view" }
                    p.hash { "clip from still " (matrix(&registration.matrix)) }
                }
                dt { "Command" }
                dd { pre { (command) } p { (tool) " · " (report.schema) } }
            }
        }
    }
}

fn matrix(rows: &[[f64; 3]; 3]) -> String {
    let row = |r: &[f64; 3]| format!("[{}]", r.map(|v| format!("{v:.5}")).join(", "));
    rows.iter().map(row).collect::<Vec<_>>().join(" ")
}
