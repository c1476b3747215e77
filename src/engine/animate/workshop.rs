//! The crafts that the loop calls: make a clip or a span of it, measure it, mend it.
//!
//! A seam, so that the loop's care for money and crashes is proved without pictures.

use super::Influence;
use crate::{
    drift::ScoreReport,
    engine::Error,
    provider::{Fate, Ticket},
    store::Money,
};
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
    /// The span that is asked for alone; the whole clip where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) patch: Option<Patch>,
}

/// A span of a clip that is made anew, between two frames that pass.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Patch {
    /// The attempt whose clip it goes into.
    pub(super) base: i64,
    /// The frames before and after it (0-based): they stay, and tell the provider where to begin and to end.
    pub(super) ends: [usize; 2],
    /// Length to ask for, seconds.
    pub(super) secs: f64,
    /// Price.
    #[serde(skip)]
    pub(super) price: Money,
    /// That clip.
    #[serde(skip)]
    pub(super) clip: PathBuf,
}

/// What a provider takes for a span of its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Offer {
    /// The length that it makes, seconds: at least what is needed.
    pub(super) secs: f64,
    /// Its price.
    pub(super) price: Money,
}

/// A sign of life of a provider, to be written down before the next one is awaited.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Sign<'a> {
    /// The provider took the request and gave this receipt.
    Accepted(&'a Ticket),
    /// It works; `0..=1`.
    Working(f64),
    /// It says something worth remembering.
    Told(&'a str),
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

impl Unmade {
    /// What became of the request.
    pub(super) const fn fate(&self) -> Fate {
        match &self.error {
            Error::Provider(error) => error.fate(),
            // what the ledger could not write down is not over
            Error::Store(_) => Fate::Open,
            _ => Fate::Over,
        }
    }
}

/// What is known of a request whose answer was lost.
#[derive(Debug)]
pub(super) enum Trace {
    /// Its clip lies there.
    Clip(PathBuf),
    /// Its job.
    Job(Ticket),
}

/// The listener of a maker.
pub(super) type Ear<'a> = dyn FnMut(Sign<'_>) -> Result<(), Error> + 'a;

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
    /// Has the clip made at `out`, under our name `client_id`; every sign goes to `sign` at once.
    fn generate(
        &mut self,
        request: &TakeRequest,
        client_id: &str,
        out: &Path,
        sign: &mut Ear<'_>,
    ) -> Result<Made, Unmade>;

    /// Whether jobs go on without us and can be asked about by their receipt.
    fn keeps_jobs(&self) -> bool;

    /// Goes on with a job of an earlier process.
    fn collect(&mut self, ticket: &Ticket, take: u32, out: &Path, sign: &mut Ear<'_>) -> Result<Made, Unmade>;

    /// Looks for what became of a request whose answer was lost, by our name for it.
    fn reconcile(&mut self, client_id: &str, out: &Path) -> Result<Option<Trace>, Error>;

    /// What the provider takes for `secs` of `clip` between the frames `ends`, where it can be told how a clip ends and
    /// the ends are two pictures.
    fn offer(&mut self, clip: &Path, ends: [usize; 2], secs: f64) -> Result<Option<Offer>, Error>;

    /// Puts what the provider made of `patch` into its clip, at `out`.
    fn splice(&mut self, patch: &Patch, made: &Path, out: &Path) -> Result<(), Error>;

    /// Measures the clip of a take.
    fn score(&mut self, clip: &Path, take: u32) -> Result<ScoreReport, Error>;

    /// Mends the clip of a take, measured as `score`, into `out` and measures the outcome.
    fn mend(&mut self, clip: &Path, score: &ScoreReport, out: &Path, take: u32) -> Result<Mended, Error>;
}
