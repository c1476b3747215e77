//! The report as JSON, and its schema.

use crate::{
    drift::ScoreReport,
    engine::{animate::AnimateReport, refine::RefineReport},
};
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

/// The JSON Schema of `holdstill/animate/1`, the report of `animate` and `promote`, which ships as
/// `schemas/animate-1.json`.
pub fn animate_schema() -> String {
    pretty(&schemars::schema_for!(AnimateReport))
}

/// The JSON Schema of `holdstill/refine/1`, which ships as `schemas/refine-1.json`.
pub fn refine_schema() -> String {
    pretty(&schemars::schema_for!(RefineReport))
}
