//! The crafts that the loop calls: make a clip or a span of it, measure it, mend it.
//!
//! A seam, so that the loop's care for money and crashes is proved without pictures.

use super::{Influence, gap::Gap};
use crate::{
    drift::{ScoreReport, StyleDrift},
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
    /// The part that is asked for alone; the whole clip where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) patch: Option<Patch>,
}

/// A part of a clip that is made anew.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Patch {
    /// The attempt whose clip it goes into.
    pub(super) base: i64,
    /// Its place.
    #[serde(flatten)]
    pub(super) gap: Gap,
    /// Length to ask for, seconds.
    pub(super) secs: f64,
    /// Price.
    #[serde(skip)]
    pub(super) price: Money,
    /// That clip.
    #[serde(skip)]
    pub(super) clip: PathBuf,
}

/// What a provider takes for a part of a clip.
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
    /// What it says that it charged, in its own units.
    Charged(&'a str),
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

/// One of several requests that are made at the same time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order<'a> {
    /// What is asked for.
    pub(super) request: &'a TakeRequest,
    /// Our name for it.
    pub(super) client_id: &'a str,
    /// Where the clip is wanted.
    pub(super) out: &'a Path,
}

/// The listener of several makers, told which of them it hears (0-based).
pub(super) type Ears<'a> = dyn FnMut(usize, Sign<'_>) -> Result<(), Error> + 'a;

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

    /// The same for several requests, as many at the same time as the provider takes; outcomes in the same order.
    fn generate_all(&mut self, orders: &[Order<'_>], sign: &mut Ears<'_>) -> Vec<Result<Made, Unmade>> {
        let one = |(at, order): (usize, &Order<'_>)| {
            self.generate(order.request, order.client_id, order.out, &mut |heard| sign(at, heard))
        };
        orders.iter().enumerate().map(one).collect()
    }

    /// Whether jobs go on without us and can be asked about by their receipt.
    fn keeps_jobs(&self) -> bool;

    /// Goes on with a job of an earlier process.
    fn collect(&mut self, ticket: &Ticket, take: u32, out: &Path, sign: &mut Ear<'_>) -> Result<Made, Unmade>;

    /// Looks for what became of a request whose answer was lost, by our name for it or by its seed of randomness.
    fn reconcile(&mut self, client_id: &str, rng_seed: Option<u64>, out: &Path) -> Result<Option<Trace>, Error>;

    /// What the provider takes for `secs` of `clip` in `gap`, where it can make that: it may have to be told how a clip
    /// ends, and that is another picture than it begins with.
    fn offer(&mut self, clip: &Path, gap: Gap, secs: f64) -> Result<Option<Offer>, Error>;

    /// Puts what the provider made of `patch` into its clip, at `out`.
    fn splice(&mut self, patch: &Patch, made: &Path, out: &Path) -> Result<(), Error>;

    /// Measures the clip of a take.
    fn score(&mut self, clip: &Path, take: u32) -> Result<ScoreReport, Error>;

    /// Mends the clip of a take, measured as `score`, into `out` and measures the outcome.
    fn mend(&mut self, clip: &Path, score: &ScoreReport, out: &Path, take: u32) -> Result<Mended, Error>;

    /// Measures how a final differs from its draft.
    fn style(&mut self, last: &Path) -> Result<StyleDrift, Error>;
}
