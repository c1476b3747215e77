//! `gate`: many clips against one policy. A clip that cannot be read fails its case; the others are still judged.

use super::{Cancel, Error, Event, ScoreJob, batch, command_line, score};
use crate::{
    drift::{Decision, Facts, Policy, ScoreReport, Verdict},
    media,
};
use serde::Serialize;
use std::{path::PathBuf, time::Instant};

/// Name and version of the gate's envelope.
pub const GATE_SCHEMA: &str = "holdstill/gate/1";

/// One clip and the still it was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateCase {
    /// The clip.
    pub clip: PathBuf,
    /// The still.
    pub seed: PathBuf,
    /// Where fidelity matters, if the user said so.
    pub mask: Option<PathBuf>,
    /// The network that says whether it is still the subject: an ONNX file, or the bundled one.
    pub embedder: Option<PathBuf>,
}

/// What the gate says of all clips.
#[derive(Clone, Debug, Serialize)]
pub struct GateReport {
    /// Always [`GATE_SCHEMA`].
    pub schema: &'static str,
    /// Tool and version.
    pub tool: &'static str,
    /// The policy's name.
    pub policy: String,
    /// Every clip, in the order given.
    pub clips: Vec<Gated>,
}

/// One clip, judged; either `decision` and `score` or `error` are there.
#[derive(Clone, Debug, Serialize)]
pub struct Gated {
    /// The clip, as given.
    pub clip: String,
    /// What the policy says.
    pub decision: Option<Decision>,
    /// What was measured.
    pub score: Option<ScoreReport>,
    /// Why nothing was measured.
    pub error: Option<GateError>,
    /// Time taken, seconds.
    pub secs: f64,
}

/// Why a clip could not be judged.
#[derive(Clone, Debug, Serialize)]
pub struct GateError {
    /// A stable word.
    pub code: &'static str,
    /// One sentence.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl From<&Error> for GateError {
    fn from(error: &Error) -> Self {
        Self { code: error.code(), message: error.to_string(), hint: error.hint() }
    }
}

/// How a gate ends; the worst of its clips, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GateOutcome {
    /// Every clip passes.
    Pass,
    /// Nothing fails, but of some clip too little could be judged.
    Unsure,
    /// A clip fails.
    Fail,
    /// A clip could not be read.
    Unreadable,
}

impl Gated {
    /// Whether the clip may be published.
    pub fn passes(&self) -> bool {
        self.decision.as_ref().is_some_and(|decision| decision.outcome == Verdict::Hold)
    }

    fn outcome(&self) -> GateOutcome {
        match self.decision.as_ref().map(|decision| decision.outcome) {
            Some(Verdict::Hold) => GateOutcome::Pass,
            Some(Verdict::Unsure) => GateOutcome::Unsure,
            Some(Verdict::Drift) => GateOutcome::Fail,
            None => GateOutcome::Unreadable,
        }
    }
}

impl GateReport {
    /// The worst outcome of all clips.
    pub fn outcome(&self) -> GateOutcome {
        self.clips.iter().map(Gated::outcome).max().unwrap_or(GateOutcome::Pass)
    }
}

/// Judges every case, several at once.
///
/// # Errors
/// When the user asked to stop. What is wrong with one clip is in its case.
pub fn gate(
    cases: &[GateCase],
    policy: &Policy,
    hear: &mut dyn FnMut(Event),
    cancel: &Cancel,
) -> Result<GateReport, Error> {
    let clips = batch::each(cases, hear, |case, hear| gated(case, policy, hear, cancel))?;
    let tool = concat!("holdstill ", env!("CARGO_PKG_VERSION"));
    Ok(GateReport { schema: GATE_SCHEMA, tool, policy: policy.name.clone(), clips })
}

fn gated(case: &GateCase, policy: &Policy, hear: &mut dyn FnMut(Event), cancel: &Cancel) -> Result<Gated, Error> {
    let began = Instant::now();
    let judged = judge(case, policy, hear, cancel);
    let secs = began.elapsed().as_secs_f64();
    let clip = case.clip.display().to_string();
    match judged {
        Ok((score, decision)) => Ok(Gated { clip, decision: Some(decision), score: Some(score), error: None, secs }),
        Err(error) if error.concerns_every_clip() => Err(error),
        Err(error) => {
            let error = GateError::from(&error);
            hear(Event::Warning { what: error.message.clone() });
            Ok(Gated { clip, decision: None, score: None, error: Some(error), secs })
        }
    }
}

fn judge(
    case: &GateCase,
    policy: &Policy,
    hear: &mut dyn FnMut(Event),
    cancel: &Cancel,
) -> Result<(ScoreReport, Decision), Error> {
    let GateCase { clip, seed, mask, embedder } = case.clone();
    let command = command_line(&clip, &seed, mask.as_deref(), embedder.as_deref());
    let has_audio = media::probe(&clip)?.has_audio;
    let thresholds = policy.thresholds();
    let scored =
        score(&ScoreJob { clip, seed, mask, embedder, wants_range: false, thresholds, command }, hear, cancel)?;
    let facts = Facts { has_audio: Some(has_audio), ..Facts::of(&scored.report) };
    let decision = policy.judge(&scored.report, &facts);
    Ok((scored.report, decision))
}
