//! What `animate` reports: the contract `holdstill/animate/1`.

use super::{Decision, Promotion};
use crate::{
    drift::{Cause, ScoreReport, Verdict},
    engine::refine::SeedOrigin,
    store::{Money, ledger::AttemptState},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Name and version of the report's schema.
pub const ANIMATE_SCHEMA: &str = "holdstill/animate/1";

/// One take: what was asked, what came, what was decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TakeReport {
    /// 1-based.
    pub take: u32,
    /// Who made it.
    pub provider: String,
    /// Row of the attempt in the ledger.
    pub attempt: i64,
    /// Seed of randomness that was sent.
    pub rng_seed: u64,
    /// Amount of motion asked for, as a share of the first request.
    pub motion: f64,
    /// Words that were added to the prompt; may be empty.
    pub prompt_added: String,
    /// The frames that were asked for alone and put into the clip of an earlier take: first and last, 0-based; absent
    /// where the whole clip was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<[usize; 2]>,
    /// Whether the clip was there already from an earlier invocation.
    pub is_reused: bool,
    /// BLAKE3 of the clip, hexadecimal.
    pub blake3: String,
    /// Its drift, `0..=100`.
    pub drift: f64,
    /// Its verdict.
    pub verdict: Verdict,
    /// Its causes at fault, worst first.
    pub causes: Vec<Cause>,
    /// Runs of frames at fault: `[first, last]`, both included, 0-based.
    pub bad_spans: Vec<[usize; 2]>,
    /// What it cost, in millionths of a US dollar.
    pub cost_micros: Money,
    /// What was done next, and why.
    pub decision: Decision,
    /// What came of mending it, where that was tried.
    pub mended: Option<MendedTake>,
}

/// A take after mending.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MendedTake {
    /// Drift and verdict of the mended clip.
    pub outcome: Standing,
    /// What was done next, and why.
    pub decision: Decision,
}

/// A drift and its verdict.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Standing {
    /// `0..=100`.
    pub drift: f64,
    /// The decision.
    pub verdict: Verdict,
}

impl From<&ScoreReport> for Standing {
    fn from(score: &ScoreReport) -> Self {
        Self { drift: score.judgement.drift, verdict: score.judgement.verdict }
    }
}

/// The money of a run, in millionths of a US dollar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cost {
    /// Quoted price of one take.
    pub quoted_micros: Money,
    /// Spent.
    pub settled_micros: Money,
    /// Still reserved for attempts whose end is unknown.
    pub reserved_micros: Money,
    /// The limit, where one was set.
    pub budget_micros: Option<Money>,
}

/// An attempt that brought no clip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LostAttempt {
    /// 1-based take.
    pub take: u32,
    /// Row in the ledger.
    pub attempt: i64,
    /// Where it ended.
    pub state: AttemptState,
    /// Why, for a person.
    pub reason: String,
}

/// The delivered file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Delivered {
    /// Path as given.
    pub path: String,
    /// BLAKE3 of the file, hexadecimal.
    pub blake3: String,
    /// The take it was made from.
    pub take: u32,
    /// Whether it was mended; otherwise it is the provider's file, bit by bit.
    pub is_mended: bool,
}

/// The whole story of one `animate`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AnimateReport {
    /// Always [`ANIMATE_SCHEMA`].
    pub schema: String,
    /// Tool and version.
    pub tool: String,
    /// The command that does the same.
    pub command: String,
    /// The run in the ledger.
    pub run: String,
    /// BLAKE3 of what makes two runs the same.
    pub recipe: String,
    /// Where the still comes from, where it was refined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed_origin: Option<SeedOrigin>,
    /// Verdict on the delivered file, measured after encoding.
    pub verdict: Verdict,
    /// Its drift, `0..=100`.
    pub drift: f64,
    /// Why the run ended, in words.
    pub stop: String,
    /// The first take, as the provider made it.
    pub before: Standing,
    /// The delivered file.
    pub after: Standing,
    /// Every take that was measured, in order.
    pub takes: Vec<TakeReport>,
    /// Attempts that brought no clip.
    pub lost: Vec<LostAttempt>,
    /// What was mended, where something was.
    pub mend: Option<serde_json::Value>,
    /// The draft that was made final, and how the final differs from it; absent where none was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promotion: Option<Promotion>,
    /// Money.
    pub cost: Cost,
    /// The delivered file.
    #[serde(rename = "final")]
    pub delivered: Delivered,
    /// The full score of the delivered file.
    pub score: ScoreReport,
}

/// A finished `animate`.
#[derive(Clone, Debug)]
pub struct Animated {
    /// The whole story.
    pub report: AnimateReport,
    /// The score of the first take, as the provider made it.
    pub first: ScoreReport,
}
