//! What can be done about each bad span of a scored clip, decided from the report alone.

use super::{
    Kind, Way,
    span::{FEATHER, merged, overlap, runs},
};
use crate::drift::{Cause, FrameDrift, LONGEST_BRIDGE, LONGEST_BRIDGE_SECS, ScoreReport, is_bridgeable};

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
    plan_spans(&report.judgement.frames, &report.judgement.bad_spans, limit)
}

fn plan_spans(frames: &[FrameDrift], bad_spans: &[[usize; 2]], limit: f64) -> Vec<Planned> {
    let mut clip = Clip { frames, limit, toned: Vec::new() };
    let mut toned: Vec<Planned> = TONES.into_iter().flat_map(|(cause, kind)| clip.toned(cause, kind)).collect();
    clip.toned = toned.iter().flat_map(|tone| tone.ways.iter().map(|way| way.frames)).collect();
    let mut plans = clip.bridges(bad_spans);
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

/// The frames of a scored clip, and the drift from which they are at fault.
struct Clip<'a> {
    frames: &'a [FrameDrift],
    limit: f64,
    /// Spans that are mended as a matter of tone, with the frames in which the mend fades in and out.
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

/// Why a span cannot be bridged.
fn obstacle([first, last]: [usize; 2], frames: &[FrameDrift]) -> Option<String> {
    let count = last + 1 - first;
    if first == 0 || last + 1 >= frames.len() {
        let (side, end) = if first == 0 { ("before", "start") } else { ("after", "end") };
        return Some(format!("no good frame {side} it: it reaches the {end} of the clip"));
    }
    if !is_bridgeable([first, last], frames) {
        return Some(format!(
            "{count} frames are too many to remake from their neighbours (at most {LONGEST_BRIDGE}, or \
             {LONGEST_BRIDGE_SECS} s): ask for a new take"
        ));
    }
    None
}

/// The causes at fault in some frame, worst first; the worst one where none is at fault alone.
fn causes(frames: &[FrameDrift], limit: f64) -> Vec<Cause> {
    let worst = |cause: Cause| frames.iter().filter_map(|f| f.causes.get(&cause)).copied().fold(0.0, f64::max);
    let mut causes: Vec<(Cause, f64)> = Cause::ALL.into_iter().map(|cause| (cause, worst(cause))).collect();
    causes.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let at_fault = causes.iter().filter(|(_, drift)| *drift >= limit).count().max(1);
    causes.into_iter().take(at_fault).map(|(cause, _)| cause).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames at 24 per second, faithful but for the drift of one cause in each stretch.
    fn frames(count: usize, faults: &[(Cause, [usize; 2], f64)]) -> Vec<FrameDrift> {
        let frame = |index: usize| {
            let own = faults.iter().filter(|(_, span, _)| overlap(*span, [index, index]));
            let causes: std::collections::BTreeMap<_, _> = own.map(|&(cause, _, drift)| (cause, drift)).collect();
            let drift = causes.values().copied().fold(1.0, f64::max);
            FrameDrift { index, time_secs: index as f64 / 24.0, drift, confidence: 1.0, causes }
        };
        (0..count).map(frame).collect()
    }

    fn kinds(planned: &Planned) -> Vec<Kind> {
        planned.ways.iter().map(|way| way.kind).collect()
    }

    #[test]
    fn a_glitch_is_bridged_with_its_skirts() {
        let frames = frames(60, &[(Cause::Geometry, [29, 33], 30.0), (Cause::Geometry, [30, 32], 90.0)]);
        let plans = plan_spans(&frames, &[[30, 32]], 50.0);
        assert_eq!(plans.len(), 1);
        assert_eq!((plans[0].frames, kinds(&plans[0])), ([29, 33], vec![Kind::Bridge]));
        assert_eq!(plans[0].causes, [Cause::Geometry]);
    }

    #[test]
    fn what_is_long_or_at_an_end_is_left_and_told() {
        let long = frames(60, &[(Cause::Structure, [20, 40], 90.0)]);
        let plans = plan_spans(&long, &[[20, 40]], 50.0);
        assert!(plans[0].ways.is_empty() && plans[0].reason.starts_with("21 frames are too many"), "{plans:?}");
        let last = frames(60, &[(Cause::Structure, [55, 59], 90.0)]);
        let plans = plan_spans(&last, &[[55, 59]], 50.0);
        assert!(plans[0].ways.is_empty() && plans[0].reason.contains("the end of the clip"), "{plans:?}");
    }

    #[test]
    fn colour_is_brought_back_at_any_length_from_where_it_begins_to_slide() {
        let slide = [(Cause::Color, [12, 59], 20.0), (Cause::Color, [20, 59], 80.0), (Cause::Identity, [30, 59], 70.0)];
        let plans = plan_spans(&frames(60, &slide), &[[20, 59]], 50.0);
        assert_eq!(plans.len(), 1, "{plans:?}");
        assert_eq!((plans[0].frames, plans[0].causes.as_slice()), ([12, 59], [Cause::Color].as_slice()));
        assert_eq!(plans[0].ways, [Way { kind: Kind::Relock, frames: [12 - FEATHER, 59] }]);
    }

    #[test]
    fn what_a_slide_brings_along_at_its_edge_is_no_glitch_of_its_own() {
        let slide = [(Cause::Color, [12, 59], 80.0), (Cause::Identity, [10, 59], 60.0)];
        let plans = plan_spans(&frames(60, &slide), &[[10, 59]], 50.0);
        assert_eq!(plans.iter().map(kinds).collect::<Vec<_>>(), [[Kind::Relock]], "{plans:?}");
    }

    #[test]
    fn a_glitch_inside_a_slide_is_planned_beside_it() {
        let both = [(Cause::Color, [10, 59], 80.0), (Cause::Geometry, [30, 33], 90.0)];
        let plans = plan_spans(&frames(60, &both), &[[10, 59]], 50.0);
        let found: Vec<_> = plans.iter().map(|plan| (plan.frames, kinds(plan), plan.causes.clone())).collect();
        let slide = ([10, 59], vec![Kind::Relock], vec![Cause::Color]);
        assert_eq!(found, [slide, ([30, 33], vec![Kind::Bridge], vec![Cause::Geometry])]);
    }

    #[test]
    fn a_flash_can_be_evened_out_or_else_bridged() {
        let frames = frames(60, &[(Cause::Flicker, [30, 31], 80.0)]);
        let plans = plan_spans(&frames, &[[30, 31]], 50.0);
        assert_eq!(plans.len(), 1);
        assert_eq!(kinds(&plans[0]), [Kind::Deflicker, Kind::Bridge]);
    }
}
