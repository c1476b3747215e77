//! A score as a table for a person.

use holdstill::drift::{ScoreReport, Verdict};
use owo_colors::OwoColorize;

/// Verdict, causes and bad spans of one clip, a few lines.
pub(crate) fn of_score(report: &ScoreReport) -> String {
    let clip = &report.clip;
    let mut text = format!(
        "{}  drift {:.1} of 100{}  confidence {:.0} %  {}\n",
        painted(report.judgement.verdict),
        report.judgement.drift,
        report.judgement.range.map(|[least, most]| format!(" ({least:.1} to {most:.1})")).unwrap_or_default(),
        report.judgement.confidence * 100.0,
        clip.path,
    );
    text += &format!(
        "{}\n",
        format_args!(
            "       {} frames, {}×{}, {} fps, {}",
            clip.frames,
            clip.width,
            clip.height,
            rate(&clip.fps),
            clip.codec
        )
        .dimmed()
    );
    if !report.judgement.causes.is_empty() {
        text += &format!(
            "\n{}\n",
            format_args!("{:<10} {:>5}  {:>9}  {:>5}  why", "cause", "drift", "frames", "worst").bold()
        );
    }
    for cause in &report.judgement.causes {
        let span = format!("{}–{}", cause.first_frame, cause.last_frame);
        text += &format!(
            "{:<10} {:>5.1}  {span:>9}  {:>5}  {}\n",
            cause.cause, cause.drift, cause.worst_frame, cause.explain
        );
        text += &format!("{}\n", format_args!("{:<36}not {}", "", cause.rejected).dimmed());
        text += &format!("{:<36}{} {}\n", "", "next:".bold(), cause.next);
    }
    if !report.judgement.bad_spans.is_empty() {
        let spans: Vec<_> = report.judgement.bad_spans.iter().map(|[first, last]| format!("{first}–{last}")).collect();
        text += &format!("\nbad frames {}\n", spans.join(", "));
    }
    for warning in &report.judgement.warnings {
        text += &format!("{} {warning}\n", "note:".yellow());
    }
    text.trim_end().to_owned()
}

/// The verdict as a coloured word of five letters.
pub(crate) fn painted(verdict: Verdict) -> String {
    match verdict {
        Verdict::Hold => format!("{}", format_args!("{:<6}", "HOLD").green().bold()),
        Verdict::Drift => format!("{}", format_args!("{:<6}", "DRIFT").red().bold()),
        Verdict::Unsure => format!("{}", format_args!("{:<6}", "UNSURE").yellow().bold()),
    }
}

/// `"24000/1001"` as `23.976`, `"24/1"` as `24`.
fn rate(fps: &str) -> String {
    let Some((num, den)) = fps.split_once('/') else { return fps.to_owned() };
    match (num.parse::<f64>(), den.parse::<f64>()) {
        (Ok(num), Ok(den)) if den > 0.0 => {
            format!("{:.3}", num / den).trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        _ => fps.to_owned(),
    }
}
