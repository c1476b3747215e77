//! What a mend reports (`holdstill/mend/1`).

use crate::{
    drift::{Cause, ScoreReport},
    engine::animate::Standing,
    repair::Kind,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Name and version of the report's schema.
pub const MEND_SCHEMA: &str = "holdstill/mend/1";

/// What became of one bad span.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SpanReport {
    /// First and last frame that are changed, 0-based, both included: the bad frames and those in which fault and mend
    /// swell and fade.
    pub frames: [usize; 2],
    /// What was tried: the way that stayed, or else the last one.
    pub kind: Kind,
    /// Why the span was at fault, worst first.
    pub causes: Vec<Cause>,
    /// Largest drift of its frames by these causes before, `0..=100`.
    pub before: f64,
    /// The same in the delivered clip.
    pub after: f64,
    /// Whether the delivered clip has the mended frames; otherwise it has the original ones.
    pub is_accepted: bool,
    /// Why, for a person.
    pub reason: String,
}

/// The whole report on one mend.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MendReport {
    /// Always [`MEND_SCHEMA`].
    pub schema: String,
    /// Tool and version.
    pub tool: String,
    /// The command that reproduces the clip.
    pub command: String,
    /// The clip that was mended, as given.
    pub clip: String,
    /// The delivered clip.
    pub out: String,
    /// The clip before.
    pub before: Standing,
    /// The delivered clip.
    pub after: Standing,
    /// Every bad span, in order of time.
    pub spans: Vec<SpanReport>,
    /// Frames of the delivered clip that are not the clip's own.
    pub frames_replaced: usize,
    /// Whether the delivered file is a copy of the clip, byte by byte, because no mend was accepted.
    pub is_copy: bool,
    /// What the reader should know.
    pub warnings: Vec<String>,
    /// The delivered clip, measured.
    pub score: ScoreReport,
}
