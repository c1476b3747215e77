//! The report as JSON, and its schema.

use crate::drift::ScoreReport;
use serde::Serialize;

/// A report as indented JSON with a final newline.
pub fn pretty(report: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(report).expect("reports are plain data with text keys");
    text.push('\n');
    text
}

/// The JSON Schema of `holdstill/score/1`, which ships as `schemas/score-1.json`.
pub fn score_schema() -> String {
    pretty(&schemars::schema_for!(ScoreReport))
}
