//! The answer, before anything else.

use super::{Page, text};
use crate::drift::{DRIFT_FAIL, ScoreReport, Verdict};
use maud::{Markup, html};

pub(super) fn banner(page: &Page) -> Markup {
    let Page { report, decision, .. } = *page;
    let outcome = page.outcome();
    html! {
        header.banner {
            p.wordmark { "holdstill" span { " · fidelity report" } }
            h1 { (text::file_name(&report.clip.path)) }
            div.verdict {
                div.word {
                    (mark(outcome))
                    strong { (title(outcome)) }
                    p { (sentence(report, outcome)) }
                }
                div.number role="img" aria-label=(format!("drift {} of 100", text::drift(report.judgement.drift))) {
                    span.figure { (text::drift(report.judgement.drift)) }
                    span.of { "drift, 0–100" }
                }
            }
            (gauge(report.judgement.drift))
            dl.facts {
                (fact("Confidence", &text::percent(report.judgement.confidence)))
                @if let Some([least, most]) = report.judgement.range {
                    (fact("As the product is taken", &format!("{} to {}", text::drift(least), text::drift(most))))
                }
                (fact("Frames at fault", &format!("{} of {}", bad_frames(report), report.judgement.frames.len())))
                @if let Some(first) = report.judgement.first_bad_frame {
                    (fact("First at fault", &format!("frame {first}, {}", text::when(report, first))))
                }
                (fact("Still in view", &text::percent(report.judgement.registration.visible_fraction)))
                (fact("Clip", &format!("{}×{}, {} fps", report.clip.width, report.clip.height, rate(&report.clip.fps))))
                @if let Some(decision) = decision { (fact("Policy", text::file_name(&decision.policy))) }
            }
            @if !report.judgement.warnings.is_empty() {
                ul.warnings aria-label="Warnings" {
                    @for warning in &report.judgement.warnings { li { (warning) } }
                }
            }
        }
    }
}

fn title(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Hold => "Hold",
        Verdict::Drift => "Drift",
        Verdict::Unsure => "Unsure",
    }
}

/// A shape per verdict, so that colour is never the only sign.
fn mark(verdict: Verdict) -> Markup {
    html! {
        svg.mark viewBox="0 0 24 24" aria-hidden="true" {
            @match verdict {
                Verdict::Hold => { circle cx="12" cy="12" r="11" {} path d="M7 12.5l3.5 3.5 7-7.5" {} }
                Verdict::Drift => { path.solid d="M12 1.5 23 21.5H1z" {} path d="M12 9v6M12 17.6v.9" {} }
                Verdict::Unsure => {
                    rect x="3.6" y="3.6" width="16.8" height="16.8" rx="2" transform="rotate(45 12 12)" {}
                    path d="M8 12h8" {}
                }
            }
        }
    }
}

fn sentence(report: &ScoreReport, outcome: Verdict) -> String {
    let worst = report.judgement.causes.first();
    match (outcome, worst) {
        (Verdict::Hold, None) => "The clip keeps faith with its still in every frame.".to_owned(),
        (Verdict::Hold, Some(cause)) => {
            format!("Faithful within the policy; what remains is {} around frame {}.", cause.cause, cause.worst_frame)
        }
        (Verdict::Drift, Some(cause)) => cause.explain.clone(),
        (Verdict::Drift, None) => "The clip does not keep the policy.".to_owned(),
        (Verdict::Unsure, _) => format!(
            "Too little of the still could be judged to say either: {} of the evidence.",
            text::percent(report.judgement.confidence)
        ),
    }
}

fn gauge(drift: f64) -> Markup {
    let at = drift.clamp(0.0, 100.0);
    html! {
        div.gauge aria-hidden="true" {
            div.fill style=(format!("width:{at:.1}%")) {}
            div.tick style=(format!("left:{DRIFT_FAIL:.0}%")) { span { (text::drift(DRIFT_FAIL)) } }
        }
        div.scale aria-hidden="true" { span { "faithful" } span { "lost" } }
    }
}

fn fact(name: &str, value: &str) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

fn bad_frames(report: &ScoreReport) -> usize {
    report.judgement.bad_spans.iter().map(|&[first, last]| (last + 1).saturating_sub(first)).sum()
}

/// `24000/1001` as `23.98`, `24/1` as `24`.
fn rate(fps: &str) -> String {
    let parts = fps.split_once('/').and_then(|(n, d)| Some((n.parse::<f64>().ok()?, d.parse::<f64>().ok()?)));
    match parts {
        Some((num, den)) if den > 0.0 && num % den == 0.0 => format!("{:.0}", num / den),
        Some((num, den)) if den > 0.0 => format!("{:.2}", num / den),
        _ => fps.to_owned(),
    }
}
