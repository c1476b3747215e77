//! What the ruler says of a clip: the report without the names of files.

use super::{CauseFinding, FrameDrift, MetricSummary, Registration, Thresholds, Verdict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The measured part of a [`super::ScoreReport`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Judgement {
    /// How the first frame lies over the still.
    pub registration: Registration,
    /// Clip-level drift, `0..=100`.
    pub drift: f64,
    /// Least and most drift with the subject taken as it is, and wider and narrower by 2 % of the longer side: how much hangs on
    /// where the product is taken to be. Only where that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<[f64; 2]>,
    /// The decision.
    pub verdict: Verdict,
    /// How much of the seed could be judged, `0..=1`.
    pub confidence: f64,
    /// First frame at fault (0-based), if any.
    pub first_bad_frame: Option<usize>,
    /// Runs of frames at fault: `[first, last]`, both included, 0-based.
    pub bad_spans: Vec<[usize; 2]>,
    /// Causes at fault, worst first.
    pub causes: Vec<CauseFinding>,
    /// Every signal's statistics, by name.
    pub metrics: BTreeMap<String, MetricSummary>,
    /// Every frame.
    pub frames: Vec<FrameDrift>,
    /// What the reader should know before trusting the figures.
    pub warnings: Vec<String>,
    /// For every frame, where its surface bends, worst first; drawn as heat, not reported.
    #[serde(skip)]
    pub spots: Vec<Vec<Spot>>,
}

impl Judgement {
    /// Tells between which drifts it lies, given what other ideas of the subject came to, and warns where the verdict hangs on that.
    pub(crate) fn between(mut self, others: &[f64], thresholds: Thresholds) -> Self {
        let least = others.iter().copied().fold(self.drift, f64::min);
        let most = others.iter().copied().fold(self.drift, f64::max);
        self.range = Some([least, most]);
        if least < thresholds.drift_fail && most >= thresholds.drift_fail {
            self.warnings.push(format!(
                "drift is {least:.1} to {most:.1} as the product is taken a little narrower or wider: the verdict hangs on where it \
                 is, so say so with a mask, or look yourself"
            ));
        }
        self
    }
}

/// A round place of a frame at fault.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spot {
    /// Centre from the left, in shares of the frame's width.
    pub x: f32,
    /// Centre from the top, in shares of the frame's height.
    pub y: f32,
    /// Radius in shares of the frame's longer side.
    pub radius: f32,
    /// Drift there, `0..=100`.
    pub heat: f32,
}
