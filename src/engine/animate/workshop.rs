//! The three crafts that the loop calls: make a clip, measure it, mend it.
//!
//! A seam, so that the loop's care for money and crashes is proved without pictures.

use super::Influence;
use crate::{drift::ScoreReport, engine::Error, store::Money};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// What one take asks for beyond the job. Its JSON is kept in the ledger.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct TakeRequest {
    /// BLAKE3 of the recipe.
    pub(super) recipe: String,
    /// 1-based.
    pub(super) take: u32,
    /// Seed of randomness.
    pub(super) rng_seed: u64,
    /// What is asked differently from the first take.
    pub(super) influence: Influence,
}

/// A sign of life of a provider, to be written down before the next one is awaited.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Sign<'a> {
    /// The provider took the request and calls it this.
    Accepted(&'a str),
    /// It works; `0..=1`.
    Working(f64),
}

/// A made clip.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Made {
    /// What the provider says it cost.
    pub(super) cost: Option<Money>,
}

/// A request that brought no clip.
#[derive(Debug)]
pub(super) struct Unmade {
    /// Why.
    pub(super) error: Error,
    /// What the provider says it cost all the same.
    pub(super) cost: Option<Money>,
}

/// A mended clip and the story of its mending.
#[derive(Debug)]
pub(super) struct Mended {
    /// What was done.
    pub(super) report: serde_json::Value,
    /// The mended clip, measured.
    pub(super) score: ScoreReport,
}

/// See the module.
pub(super) trait Workshop {
    /// Has the clip made at `out`; every sign goes to `sign` at once.
    fn generate(
        &mut self,
        request: &TakeRequest,
        out: &Path,
        sign: &mut dyn FnMut(Sign<'_>) -> Result<(), Error>,
    ) -> Result<Made, Unmade>;

    /// Looks for the clip of a request whose answer was lost.
    fn reconcile(&mut self, out: &Path) -> Option<PathBuf>;

    /// Measures the clip of a take.
    fn score(&mut self, clip: &Path, take: u32) -> Result<ScoreReport, Error>;

    /// Mends the clip of a take, measured as `score`, into `out` and measures the outcome.
    fn mend(&mut self, clip: &Path, score: &ScoreReport, out: &Path, take: u32) -> Result<Mended, Error>;
}
