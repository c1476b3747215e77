//! The report as CSV (RFC 4180): one line per frame, for spreadsheets and plots.

use crate::drift::{Cause, FrameDrift, ScoreReport};
use std::fmt::Write;

/// A header and one line per frame: index, time, drift, confidence, then every cause in the order of reports.
/// All fields are numbers, so nothing needs quotes; a cause that was not measured is an empty field.
pub fn frames(report: &ScoreReport) -> String {
    let mut text = String::from("frame,time_secs,drift,confidence");
    for cause in Cause::ALL {
        text.push(',');
        text.push_str(cause.name());
    }
    text.push('\n');
    for frame in &report.judgement.frames {
        line(&mut text, frame).expect("writing to a string does not fail");
    }
    text
}

fn line(text: &mut String, frame: &FrameDrift) -> std::fmt::Result {
    let FrameDrift { index, time_secs, drift, confidence, causes } = frame;
    write!(text, "{index},{time_secs:.6},{drift:.3},{confidence:.3}")?;
    for cause in Cause::ALL {
        match causes.get(&cause) {
            Some(drift) => write!(text, ",{drift:.3}")?,
            None => text.push(','),
        }
    }
    writeln!(text)
}
