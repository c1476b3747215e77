//! What can be done about each bad span of a scored clip, decided from the report alone.

use crate::drift::{Cause, FrameDrift, ScoreReport};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Longest run of frames that is remade from its neighbours: beyond it the motion between is a guess.
pub const LONGEST_BRIDGE: usize = 12;
/// Longest time that is remade, seconds: slow frame rates move as far in fewer frames.
const LONGEST_BRIDGE_SECS: f64 = 0.6;
/// A frame beside a bad span belongs to it while its drift lies above the calm level by this share of the span's peak
/// above it: faults swell and fade.
const SKIRT: f64 = 0.25;
/// Most frames that a span grows by on either side.
const LONGEST_SKIRT: usize = 3;
/// Frames on either side whose lower half sets the calm level.
const CALM_CONTEXT: usize = 24;
/// Fewest good frames that keep two spans apart: a bridge should not stand on a frame that is itself in doubt.
const LEAST_BETWEEN: usize = 2;

/// What is done to the frames of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Remade from the good frames on both sides.
    Bridge,
    /// Left as it is.
    None,
}

impl Kind {
    /// The word used in JSON and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bridge => "bridge",
            Self::None => "none",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A bad span and what is to be done about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// First and last frame, 0-based, both included.
    pub frames: [usize; 2],
    /// What is done.
    pub kind: Kind,
    /// The causes that put it at fault, worst first.
    pub causes: Vec<Cause>,
    /// Why this and nothing else, for a person.
    pub reason: String,
}

/// Plans a mend for every bad span of `report`; `limit` is the drift from which a frame is at fault.
pub fn plan(report: &ScoreReport, limit: f64) -> Vec<Planned> {
    let frames = &report.judgement.frames;
    let grown = report.judgement.bad_spans.iter().map(|&span| grown(span, frames)).collect();
    merged(grown).into_iter().map(|span| planned(span, frames, limit)).collect()
}

fn planned(span: [usize; 2], frames: &[FrameDrift], limit: f64) -> Planned {
    let [first, last] = span;
    let (kind, reason) = match obstacle(span, frames) {
        Some(obstacle) => (Kind::None, obstacle),
        None => (Kind::Bridge, format!("remade from frames {} and {}, which are good", first - 1, last + 1)),
    };
    Planned { frames: span, kind, causes: causes(&frames[first..=last], limit), reason }
}

/// Why a span cannot be bridged.
fn obstacle([first, last]: [usize; 2], frames: &[FrameDrift]) -> Option<String> {
    let count = last + 1 - first;
    if first == 0 || last + 1 >= frames.len() {
        let (side, end) = if first == 0 { ("before", "start") } else { ("after", "end") };
        return Some(format!("no good frame {side} it: it reaches the {end} of the clip"));
    }
    let secs = frames[last + 1].time_secs - frames[first - 1].time_secs;
    if count > LONGEST_BRIDGE || secs > LONGEST_BRIDGE_SECS {
        return Some(format!(
            "{count} frames are too many to remake from their neighbours (at most {LONGEST_BRIDGE}, or \
             {LONGEST_BRIDGE_SECS} s): ask for a new take"
        ));
    }
    None
}

/// The span with the frames beside it in which its fault swells and fades.
fn grown([first, last]: [usize; 2], frames: &[FrameDrift]) -> [usize; 2] {
    let drift = |t: usize| frames[t].drift;
    let calm = calm(first, last, frames);
    let peak = (first..=last).map(drift).fold(0.0, f64::max);
    let limit = calm + SKIRT * (peak - calm);
    let before = (0..first).rev().take(LONGEST_SKIRT).take_while(|&t| drift(t) > limit).count();
    let after = (last + 1..frames.len()).take(LONGEST_SKIRT).take_while(|&t| drift(t) > limit).count();
    [first - before, last + after]
}

/// The usual drift around a span: the median of the lower half of its neighbourhood.
fn calm(first: usize, last: usize, frames: &[FrameDrift]) -> f64 {
    let around =
        (first.saturating_sub(CALM_CONTEXT)..first).chain(last + 1..(last + 1 + CALM_CONTEXT).min(frames.len()));
    let mut drifts: Vec<f64> = around.map(|t| frames[t].drift).collect();
    drifts.sort_by(f64::total_cmp);
    drifts.get(drifts.len() / 4).copied().unwrap_or(0.0)
}

/// Spans in order, joined where too few good frames lie between.
fn merged(spans: Vec<[usize; 2]>) -> Vec<[usize; 2]> {
    let mut joined: Vec<[usize; 2]> = Vec::new();
    for span in spans {
        match joined.last_mut() {
            Some(before) if span[0] <= before[1] + LEAST_BETWEEN => before[1] = before[1].max(span[1]),
            _ => joined.push(span),
        }
    }
    joined
}

/// The causes at fault in some frame, worst first; the worst one where none is at fault alone.
fn causes(frames: &[FrameDrift], limit: f64) -> Vec<Cause> {
    let worst = |cause: Cause| frames.iter().filter_map(|f| f.causes.get(&cause)).copied().fold(0.0, f64::max);
    let mut causes: Vec<(Cause, f64)> = Cause::ALL.into_iter().map(|cause| (cause, worst(cause))).collect();
    causes.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let at_fault = causes.iter().filter(|(_, drift)| *drift >= limit).count().max(1);
    causes.into_iter().take(at_fault).map(|(cause, _)| cause).collect()
}
