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
/// Causes that are a matter of tone, and what mends them.
const TONES: [(Cause, Kind); 2] = [(Cause::Color, Kind::Relock), (Cause::Flicker, Kind::Deflicker)];
/// Causes that a fault of tone is, or brings along: other colours make another palette.
const BROUGHT_ALONG: [Cause; 3] = [Cause::Color, Cause::Flicker, Cause::Identity];
/// Drift by a cause of tone up to which it counts as faded out.
const FADED: f64 = 4.0;
/// Frames over which a mend of tone sets in and ends.
const FEATHER: usize = 6;

/// What is done to the frames of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Remade from the good frames on both sides.
    Bridge,
    /// Brought back to the still's colours.
    Relock,
    /// Brought to an even brightness.
    Deflicker,
    /// Left as it is.
    None,
}

impl Kind {
    /// The word used in JSON and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bridge => "bridge",
            Self::Relock => "relock",
            Self::Deflicker => "deflicker",
            Self::None => "none",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A way to mend a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// What is done.
    pub kind: Kind,
    /// First and last frame that it changes, 0-based, both included.
    pub frames: [usize; 2],
}

/// A bad span and what is to be done about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// First and last frame at fault, with those in which the fault swells and fades; 0-based, both included.
    pub frames: [usize; 2],
    /// What can be done, the best first; nothing where the frames have to stay as they are.
    pub ways: Vec<Way>,
    /// The causes that put it at fault, worst first.
    pub causes: Vec<Cause>,
    /// Why this and nothing else, for a person.
    pub reason: String,
}

/// Plans a mend for every bad span of `report`; `limit` is the drift from which a frame is at fault.
///
/// Colour and flicker are mended on their own, however long they last; what else is at fault in the same frames is
/// planned beside them.
pub fn plan(report: &ScoreReport, limit: f64) -> Vec<Planned> {
    let mut clip = Clip { frames: &report.judgement.frames, limit, toned: Vec::new() };
    let mut toned: Vec<Planned> = TONES.into_iter().flat_map(|(cause, kind)| clip.toned(cause, kind)).collect();
    clip.toned = toned.iter().map(|tone| tone.frames).collect();
    let mut plans = clip.bridges(&report.judgement.bad_spans);
    for tone in &mut toned {
        // a short span of nothing but tone can be bridged, too
        let is_free = !plans.iter().any(|other| overlap(other.frames, tone.frames));
        if is_free && obstacle(tone.frames, clip.frames).is_none() {
            tone.ways.push(Way { kind: Kind::Bridge, frames: tone.frames });
        }
    }
    plans.extend(toned);
    plans.sort_by_key(|planned| planned.frames);
    plans
}

fn overlap(a: [usize; 2], b: [usize; 2]) -> bool {
    a[0] <= b[1] && b[0] <= a[1]
}

/// The frames of a scored clip, and the drift from which they are at fault.
struct Clip<'a> {
    frames: &'a [FrameDrift],
    limit: f64,
    /// Spans that are mended as a matter of tone.
    toned: Vec<[usize; 2]>,
}

impl Clip<'_> {
    fn severity(&self, t: usize, cause: Cause) -> f64 {
        self.frames[t].causes.get(&cause).copied().unwrap_or(0.0)
    }

    fn is_toned(&self, t: usize) -> bool {
        self.toned.iter().any(|&span| overlap(span, [t, t]))
    }

    /// The drift of a frame without what is mended as a matter of tone, and what that brings along.
    fn rest(&self, t: usize) -> f64 {
        if !self.is_toned(t) {
            return self.frames[t].drift;
        }
        let other = Cause::ALL.into_iter().filter(|cause| !BROUGHT_ALONG.contains(cause));
        other.map(|cause| self.severity(t, cause)).fold(0.0, f64::max)
    }

    /// What is to be bridged.
    fn bridges(&self, bad_spans: &[[usize; 2]]) -> Vec<Planned> {
        let mut spans = Vec::new();
        for &[first, last] in bad_spans {
            if (first..=last).any(|t| self.is_toned(t)) {
                spans.extend(runs(first..last + 1, |t| self.rest(t) >= self.limit));
            } else {
                spans.push([first, last]);
            }
        }
        let grown = spans.into_iter().map(|span| self.grown(span)).collect();
        merged(grown, LEAST_BETWEEN).into_iter().map(|span| self.bridge(span)).collect()
    }

    fn bridge(&self, [first, last]: [usize; 2]) -> Planned {
        let frames = [first, last];
        let (ways, reason) = match obstacle(frames, self.frames) {
            Some(obstacle) => (Vec::new(), obstacle),
            None => (
                vec![Way { kind: Kind::Bridge, frames }],
                format!("remade from frames {} and {}, which are good", first - 1, last + 1),
            ),
        };
        let mut causes = causes(&self.frames[first..=last], self.limit);
        if (first..=last).any(|t| self.is_toned(t)) && causes.iter().any(|cause| !BROUGHT_ALONG.contains(cause)) {
            causes.retain(|cause| !BROUGHT_ALONG.contains(cause));
        }
        Planned { frames, ways, causes, reason }
    }

    /// The spans where `cause` is at fault, to be mended by `kind`.
    fn toned(&self, cause: Cause, kind: Kind) -> Vec<Planned> {
        let level = |t: usize| self.severity(t, cause);
        let count = self.frames.len();
        let grown = |[first, last]: [usize; 2]| {
            let before = (0..first).rev().take_while(|&t| level(t) > FADED).count();
            let after = (last + 1..count).take_while(|&t| level(t) > FADED).count();
            [first - before, last + after]
        };
        let cores = runs(0..count, |t| level(t) >= self.limit).into_iter().map(grown).collect();
        let planned = |frames: [usize; 2]| {
            let widened = [frames[0].saturating_sub(FEATHER), (frames[1] + FEATHER).min(count - 1)];
            let reason = match kind {
                Kind::Relock => "brought back to the still's colours",
                _ => "brought to an even brightness",
            };
            Planned { frames, ways: vec![Way { kind, frames: widened }], causes: vec![cause], reason: reason.into() }
        };
        merged(cores, 2 * FEATHER).into_iter().map(planned).collect()
    }

    /// The span with the frames beside it in which its fault swells and fades.
    fn grown(&self, [first, last]: [usize; 2]) -> [usize; 2] {
        let calm = self.calm(first, last);
        let peak = (first..=last).map(|t| self.rest(t)).fold(0.0, f64::max);
        let limit = calm + SKIRT * (peak - calm);
        let before = (0..first).rev().take(LONGEST_SKIRT).take_while(|&t| self.rest(t) > limit).count();
        let after = (last + 1..self.frames.len()).take(LONGEST_SKIRT).take_while(|&t| self.rest(t) > limit).count();
        [first - before, last + after]
    }

    /// The usual drift around a span: the median of the lower half of its neighbourhood.
    fn calm(&self, first: usize, last: usize) -> f64 {
        let end = (last + 1 + CALM_CONTEXT).min(self.frames.len());
        let around = (first.saturating_sub(CALM_CONTEXT)..first).chain(last + 1..end);
        let mut drifts: Vec<f64> = around.map(|t| self.rest(t)).collect();
        drifts.sort_by(f64::total_cmp);
        drifts.get(drifts.len() / 4).copied().unwrap_or(0.0)
    }
}

/// How much of a mend of tone frame `t` of `count` gets, `0..=1`: it sets in and ends softly, but not at the clip's ends.
pub fn feather([first, last]: [usize; 2], t: usize, count: usize) -> f32 {
    if t < first || t > last {
        return 0.0;
    }
    let side = |is_border: bool, steps: usize| {
        if is_border { 1.0 } else { ((steps + 1) as f32 / (FEATHER + 1) as f32).min(1.0) }
    };
    let level = side(first == 0, t - first).min(side(last + 1 >= count, last - t));
    level * level * (3.0 - 2.0 * level)
}

/// Runs of frames that are `bad`.
fn runs(range: std::ops::Range<usize>, bad: impl Fn(usize) -> bool) -> Vec<[usize; 2]> {
    let mut runs: Vec<[usize; 2]> = Vec::new();
    for t in range.filter(|&t| bad(t)) {
        match runs.last_mut() {
            Some(run) if run[1] + 1 == t => run[1] = t,
            _ => runs.push([t, t]),
        }
    }
    runs
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

/// Spans in order, joined where at most `between` good frames lie between.
fn merged(spans: Vec<[usize; 2]>, between: usize) -> Vec<[usize; 2]> {
    let mut joined: Vec<[usize; 2]> = Vec::new();
    for span in spans {
        match joined.last_mut() {
            Some(before) if span[0] <= before[1] + between => before[1] = before[1].max(span[1]),
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
