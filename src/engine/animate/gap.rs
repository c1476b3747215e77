//! What of a clip can be asked for alone.

use crate::drift::ScoreReport;
use serde::Serialize;

/// Drift of a frame beside a gap, as a share of the limit. What is made from it begins with its drift and adds to
/// that.
const CLEAN_SHARE: f64 = 0.5;
/// Frames from the fault within which the frames beside the gap are looked for.
const FARTHEST_END: usize = 16;
/// Longest gap, as a share of the clip: of the rest, too little is kept to be worth a joint.
const LONGEST_SHARE: f64 = 0.7;

/// Frames of a clip between two that pass, or after one that passes up to the clip's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Gap {
    /// The frame before it, 0-based: it stays, and shows where to begin.
    pub(super) before: usize,
    /// The frame after it, which shows where to end; absent where it reaches the clip's end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) after: Option<usize>,
}

impl Gap {
    /// Between the nearest frames that pass around everything at fault: needs a provider that is told how to end.
    pub(super) fn span(score: &ScoreReport, limit: f64) -> Option<Self> {
        let Self { before, .. } = Self::tail(score, limit, 1.0)?;
        let frames = score.judgement.frames.len();
        let last = score.judgement.bad_spans.last()?[1];
        let after = (last + 1..frames).take(FARTHEST_END).find(|&index| passes(score, limit, index))?;
        is_short(after - before, frames, LONGEST_SHARE).then_some(Self { before, after: Some(after) })
    }

    /// From the last frame that passes before everything at fault to the clip's end: a picture to begin with is enough.
    pub(super) fn open(score: &ScoreReport, limit: f64) -> Option<Self> {
        Self::tail(score, limit, LONGEST_SHARE)
    }

    fn tail(score: &ScoreReport, limit: f64, longest_share: f64) -> Option<Self> {
        let frames = score.judgement.frames.len();
        let first = score.judgement.bad_spans.first()?[0].min(frames);
        let before = (0..first).rev().take(FARTHEST_END).find(|&index| passes(score, limit, index))?;
        is_short(frames - 1 - before, frames, longest_share).then_some(Self { before, after: None })
    }

    /// The frames that are made anew in a clip of `frames`, first and last.
    pub(super) fn inside(self, frames: usize) -> [usize; 2] {
        [self.before + 1, self.after.unwrap_or(frames).saturating_sub(1)]
    }

    /// Seconds of video that fill it.
    pub(super) fn secs(self, score: &ScoreReport) -> f64 {
        let frames = &score.judgement.frames;
        let end = self.after.unwrap_or(frames.len().saturating_sub(1));
        frames[end].time_secs - frames[self.before].time_secs
    }
}

fn passes(score: &ScoreReport, limit: f64, index: usize) -> bool {
    score.judgement.frames[index].drift <= CLEAN_SHARE * limit
}

fn is_short(steps: usize, frames: usize, share: f64) -> bool {
    steps as f64 <= share * frames as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        drift::{Cause, Verdict},
        engine::animate::sample::score,
    };

    fn spans(spans: &[[usize; 2]]) -> ScoreReport {
        score(Verdict::Drift, &[Cause::Geometry], spans)
    }

    #[test]
    fn a_span_lies_between_frames_that_pass() {
        let between = |before, after| Some(Gap { before, after: Some(after) });
        assert_eq!(Gap::span(&spans(&[[20, 30], [50, 60]]), 50.0), between(19, 61));
        for none in [&[[0, 20]][..], &[[70, 99]], &[[5, 90]], &[]] {
            assert_eq!(Gap::span(&spans(none), 50.0), None, "{none:?}");
        }
        let mut doubtful = spans(&[[20, 40]]);
        for index in [18, 19, 41] {
            doubtful.judgement.frames[index].drift = 26.0;
        }
        assert_eq!(Gap::span(&doubtful, 50.0), between(17, 42));
        doubtful.judgement.frames.iter_mut().for_each(|frame| frame.drift = 26.0);
        assert_eq!((Gap::span(&doubtful, 50.0), Gap::open(&doubtful, 50.0)), (None, None));
    }

    #[test]
    fn an_open_one_needs_only_a_beginning() {
        let open = |faults: &[[usize; 2]]| Gap::open(&spans(faults), 50.0).map(|gap| gap.inside(100));
        assert_eq!(open(&[[70, 99]]), Some([70, 99]));
        assert_eq!(open(&[[40, 50]]), Some([40, 99]));
        for none in [&[[0, 99]][..], &[[20, 99]], &[]] {
            assert_eq!(open(none), None, "{none:?}");
        }
    }

    #[test]
    fn a_gap_is_as_long_as_the_clip_runs_over_it() {
        let score = spans(&[[48, 60]]);
        assert_eq!(Gap { before: 48, after: Some(72) }.secs(&score), 1.0);
        assert_eq!(Gap { before: 51, after: None }.secs(&score), 2.0);
        assert_eq!(Gap { before: 47, after: Some(71) }.inside(100), [48, 70]);
    }
}
