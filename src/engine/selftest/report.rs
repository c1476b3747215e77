//! What a self-test found.

use crate::drift::{Cause, MetricSummary, Verdict};
use serde::Serialize;
use std::collections::BTreeMap;

/// Name and version of the self-test's envelope.
pub const SELFTEST_SCHEMA: &str = "holdstill/selftest/1";

/// A self-test of the ruler on one still.
#[derive(Clone, Debug, Serialize)]
pub struct SelftestReport {
    /// Always [`SELFTEST_SCHEMA`].
    pub schema: &'static str,
    /// Tool and version.
    pub tool: &'static str,
    /// The still, as given.
    pub seed: String,
    /// The parts, in the order in which they ran.
    pub parts: Vec<Part>,
    /// Every signal on the faithful moves of this still: what it shows where there is no fault. Mean and 95th percentile
    /// are the largest of any move's.
    pub noise_floor: BTreeMap<String, MetricSummary>,
    /// Every clip that was made.
    pub trials: Vec<Trial>,
}

impl SelftestReport {
    /// Whether every part passed.
    pub fn passes(&self) -> bool {
        self.parts.iter().all(|part| part.passed)
    }
}

/// One question and its answer.
#[derive(Clone, Debug, Serialize)]
pub struct Part {
    /// `separation`, `localisation`, `monotonicity`, `invariance` or `determinism`.
    pub name: &'static str,
    /// Whether the answer is good enough.
    pub passed: bool,
    /// The answer, with figures.
    pub finding: String,
}

/// One clip with known truth.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trial {
    /// Move, fault and nuisance.
    pub name: String,
    /// Whether a fault was put in.
    pub is_faulty: bool,
    /// Measured drift, `0..=100`.
    pub drift: f64,
    /// Decision at the default policy.
    pub verdict: Verdict,
    /// Causes found, worst first.
    pub causes: Vec<Cause>,
    /// First frame at fault, if any.
    pub first_bad_frame: Option<usize>,
}
