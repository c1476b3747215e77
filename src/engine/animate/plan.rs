//! What an `animate` would do and cost. Nothing is sent.

use super::{AnimateJob, Draft, Influence, Standing, memory};
use crate::{
    engine::{Error, refine::SeedOrigin},
    store::{self, Home, Ledger, Money, hash_of},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Name and version of the plan's schema.
pub const PLAN_SCHEMA: &str = "holdstill/plan/1";

/// What an `animate` would do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// Always [`PLAN_SCHEMA`].
    pub schema: String,
    /// BLAKE3 of what makes two runs the same.
    pub recipe: String,
    /// BLAKE3 of the still.
    pub still: String,
    /// Where the still comes from, where it was refined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed_origin: Option<SeedOrigin>,
    /// Who makes the clips.
    pub provider: String,
    /// Most calls to the provider.
    pub most_calls: u32,
    /// Takes that an earlier run of the recipe has made already.
    pub made_calls: u32,
    /// Price of a call, in millionths of a US dollar.
    pub price_micros: Money,
    /// Price of every call that may still be made, in millionths of a US dollar.
    pub most_micros: Money,
    /// The limit, where one was set.
    pub budget_micros: Option<Money>,
    /// Whether the budget covers every call.
    pub is_covered: bool,
    /// How long the clips of this provider's model took to come, seconds: the median of the last ones, of which there are
    /// `waits_known`; none where there were none yet.
    #[serde(default)]
    pub usual_wait_secs: Option<f64>,
    /// Clips by which that is known.
    #[serde(default)]
    pub waits_known: u32,
    /// How long a call is waited for at most, seconds.
    #[serde(default)]
    pub patience_secs: Option<f64>,
    /// Length of the clip in seconds.
    pub duration_secs: f64,
    /// Frames of the clip.
    pub frames: u32,
    /// Shape of the clip.
    pub aspect: String,
    /// Camera move.
    pub motion: String,
    /// What the first take is asked for beyond that: what held last time with this provider, model and camera move.
    #[serde(default)]
    pub start: Influence,
    /// Takes that are asked for at the same time.
    #[serde(default)]
    pub candidates: u32,
    /// The run that would be taken up again.
    pub run: Option<String>,
    /// What that run ended with.
    pub outcome: Option<Standing>,
    /// The draft that would be made final, and how.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<Draft>,
    /// The file that would be written.
    pub out: String,
}

/// Clips by which it is judged how long one takes.
const WAITS: u32 = 20;

/// Plans a job.
pub fn plan(home: &Home, job: &AnimateJob) -> Result<Plan, Error> {
    let recipe = job.recipe_digest()?;
    let ledger = Ledger::open(home)?;
    let run = ledger.latest_run(&recipe)?;
    let attempts = run.as_ref().map(|run| ledger.attempts(&run.id)).transpose()?.unwrap_or_default();
    let made = attempts.iter().filter(|a| a.state.has_clip()).count();
    let made_calls = (made as u32).min(job.takes);
    let still = hash_of(&job.still)?.to_hex().to_string();
    let price = job.maker.price();
    let most = price.checked_mul(i64::from(job.takes - made_calls)).ok_or(store::Error::MoneyOverflow)?;
    let mut waits = ledger.waits(job.maker.name(), &job.maker.known_as(), WAITS)?;
    waits.sort_unstable_by(f64::total_cmp);
    Ok(Plan {
        schema: PLAN_SCHEMA.into(),
        recipe,
        seed_origin: SeedOrigin::of(&job.still, &still),
        still,
        provider: job.maker.name().into(),
        most_calls: job.takes,
        made_calls,
        price_micros: price,
        most_micros: most,
        budget_micros: job.budget,
        is_covered: most == Money::ZERO || job.budget.is_some_and(|budget| most <= budget),
        usual_wait_secs: waits.get(waits.len() / 2).copied(),
        waits_known: waits.len() as u32,
        patience_secs: job.maker.patience_secs(),
        duration_secs: job.duration_secs,
        frames: (job.duration_secs * f64::from(job.fps)).round() as u32,
        aspect: job.aspect.clone(),
        motion: job.motion.clone(),
        start: run.as_ref().map_or_else(|| memory::recall(&ledger, job), |run| Ok(memory::start_of(run)))?,
        candidates: job.candidates.min(job.takes),
        outcome: run.as_ref().and_then(|run| run.report.as_deref()).and_then(outcome),
        run: run.map(|run| run.id),
        draft: job.draft.clone(),
        out: job.out.display().to_string(),
    })
}

fn outcome(report: &str) -> Option<Standing> {
    #[derive(Deserialize)]
    struct After {
        after: Standing,
    }
    serde_json::from_str::<After>(report).ok().map(|report| report.after)
}
