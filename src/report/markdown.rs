//! The outcome of a gate as Markdown: for a pull request or a chat.

use crate::engine::{GateReport, Gated};
use std::fmt::Write;

/// A heading with the outcome, a table of clips, and what each failed one breaches.
pub fn gate(report: &GateReport) -> String {
    let mut text = String::new();
    write(&mut text, report).expect("writing to a string does not fail");
    text
}

fn write(text: &mut String, report: &GateReport) -> std::fmt::Result {
    let passed = report.clips.iter().filter(|clip| clip.passes()).count();
    let total = report.clips.len();
    writeln!(text, "## holdstill: {passed} of {total} clips pass `{}`\n", report.policy)?;
    writeln!(text, "| clip | outcome | drift | why |\n|---|---|--:|---|")?;
    for clip in &report.clips {
        let drift = clip.score.as_ref().map_or_else(|| "–".to_owned(), |score| format!("{:.1}", score.judgement.drift));
        writeln!(text, "| {} | {} | {drift} | {} |", cell(&clip.clip), outcome(clip), cell(&why(clip)))?;
    }
    Ok(())
}

fn outcome(clip: &Gated) -> String {
    match &clip.decision {
        Some(decision) if clip.passes() => decision.outcome.name().to_owned(),
        Some(decision) => format!("**{}**", decision.outcome),
        None => "**error**".to_owned(),
    }
}

/// Breaches in words, or the error.
fn why(clip: &Gated) -> String {
    if let Some(error) = &clip.error {
        return error.message.clone();
    }
    let breaches = clip.decision.iter().flat_map(|decision| &decision.breaches);
    breaches.map(|breach| format!("{}: {}", breach.rule, breach.explain)).collect::<Vec<_>>().join("; ")
}

/// Text that cannot break out of a table's cell.
fn cell(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace(['\n', '\r'], " ").replace('<', "&lt;").replace('`', "\\`")
}
