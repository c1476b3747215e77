//! Whether a mended span stays: the ruler decides, by the frames before and after.

use crate::{
    drift::{Cause, FrameDrift},
    engine::mend::attempt::Span,
};

/// Least fall of a span's largest drift that pays for touching its frames: less is within what encoding alone changes.
const LEAST_GAIN: f64 = 5.0;
/// Rise of drift that encoding alone may bring.
const NOISE: f64 = 5.0;
/// Share of the failing drift below which a rise harms nobody.
const HARMLESS: f64 = 0.5;
/// Frames beside a span whose measure it can change; those further away are only encoded anew.
const BESIDE: usize = 5;

/// What the ruler says of a mended span.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Outcome {
    pub(super) is_accepted: bool,
    pub(super) reason: String,
    /// Largest drift of the span by its causes, afterwards.
    pub(super) after: f64,
}

/// The largest drift of some frames by some causes.
pub(super) fn peak(frames: &[FrameDrift], [first, last]: [usize; 2], causes: &[Cause]) -> f64 {
    let own = frames.iter().skip(first).take(last + 1 - first);
    own.flat_map(|frame| causes.iter().filter_map(|cause| frame.causes.get(cause))).copied().fold(0.0, f64::max)
}

/// Compares two measurements of a clip. Frames beside the spans of `tried` are charged to the nearest one.
pub(super) fn judge(before: &[FrameDrift], after: &[FrameDrift], span: &Span, tried: &[Span], limit: f64) -> Outcome {
    let own_peak = |frames: &[FrameDrift]| peak(frames, span.frames, &span.causes);
    let (was, is) = (own_peak(before), own_peak(after));
    let refused = |reason: String| Outcome { is_accepted: false, reason, after: was };
    if before.len() != after.len() {
        return refused(format!("the mended clip has {} frames instead of {}", after.len(), before.len()));
    }
    if is > was - LEAST_GAIN {
        let stands_still = peak(after, span.frames, &[Cause::Freeze]) >= limit;
        let why =
            if stands_still { "; the move goes on from where it stood, so nothing is missing between" } else { "" };
        return refused(format!("mending would not help: drift {was:.0} → {is:.0}{why}"));
    }
    let rose = |was: f64, is: f64| is > was + NOISE && is > HARMLESS * limit;
    for cause in Cause::ALL {
        let (was, is) = (peak(before, span.frames, &[cause]), peak(after, span.frames, &[cause]));
        if rose(was, is) {
            return refused(format!("mending would cost {cause}: {was:.0} → {is:.0}"));
        }
    }
    let own = |t: &usize| nearest(*t, tried) == Some(span.frames);
    let outside = (0..before.len()).filter(|t| !tried.iter().any(|s| (s.frames[0]..=s.frames[1]).contains(t)));
    for t in outside.filter(own) {
        let (was, is) = (before[t].drift, after[t].drift);
        if rose(was, is) {
            return refused(format!("mending would cost frame {t} beside it: drift {was:.0} → {is:.0}"));
        }
    }
    Outcome { is_accepted: true, reason: format!("drift {was:.0} → {is:.0}"), after: is }
}

fn nearest(t: usize, spans: &[Span]) -> Option<[usize; 2]> {
    let distance = |[first, last]: [usize; 2]| first.saturating_sub(t).max(t.saturating_sub(last));
    let near = spans.iter().map(|span| span.frames).filter(|&frames| distance(frames) <= BESIDE);
    near.min_by_key(|&frames| distance(frames))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repair::Kind;

    fn frames(drifts: &[f64]) -> Vec<FrameDrift> {
        let frame = |(index, &drift): (usize, &f64)| FrameDrift {
            index,
            time_secs: index as f64 / 24.0,
            drift,
            confidence: 1.0,
            causes: [(Cause::Geometry, drift)].into(),
        };
        drifts.iter().enumerate().map(frame).collect()
    }

    fn span(first: usize, last: usize) -> Span {
        Span { frames: [first, last], kind: Kind::Bridge, causes: vec![Cause::Geometry] }
    }

    fn judged(before: &[f64], after: &[f64]) -> Outcome {
        judge(&frames(before), &frames(after), &span(2, 3), &[span(2, 3)], 50.0)
    }

    #[test]
    fn a_fall_is_accepted_and_its_size_told() {
        let outcome = judged(&[10.0, 10.0, 90.0, 95.0, 10.0], &[11.0, 13.0, 20.0, 22.0, 12.0]);
        assert_eq!(outcome, Outcome { is_accepted: true, reason: "drift 95 → 22".into(), after: 22.0 });
    }

    #[test]
    fn no_fall_a_worse_neighbour_or_a_lost_frame_is_refused() {
        let before = [10.0, 10.0, 90.0, 95.0, 10.0];
        assert!(judged(&before, &[10.0, 10.0, 93.0, 80.0, 10.0]).reason.contains("would not help"));
        assert!(judged(&before, &[10.0, 40.0, 20.0, 20.0, 10.0]).reason.contains("frame 1"));
        assert!(judged(&before, &[10.0, 10.0, 20.0, 20.0]).reason.contains("4 frames instead of 5"));
    }

    #[test]
    fn a_pause_that_lost_nothing_is_told() {
        let mut still = frames(&[0.0, 0.0, 90.0, 90.0, 0.0]);
        for frame in &mut still {
            frame.causes = [(Cause::Freeze, frame.drift)].into();
        }
        let span = Span { causes: vec![Cause::Freeze], ..span(2, 3) };
        let outcome = judge(&still, &still, &span, std::slice::from_ref(&span), 50.0);
        assert!(!outcome.is_accepted && outcome.reason.contains("nothing is missing"), "{}", outcome.reason);
    }

    #[test]
    fn another_cause_may_not_rise() {
        let before = frames(&[10.0, 10.0, 90.0, 95.0, 10.0]);
        let mut after = frames(&[10.0, 10.0, 40.0, 40.0, 10.0]);
        after[3].causes = [(Cause::Detail, 40.0)].into();
        let outcome = judge(&before, &after, &span(2, 3), &[span(2, 3)], 50.0);
        assert_eq!(outcome.reason, "mending would cost detail: 0 → 40");
    }

    #[test]
    fn a_neighbour_is_charged_to_the_nearest_span() {
        let before = frames(&[10.0, 90.0, 10.0, 10.0, 10.0, 90.0, 10.0]);
        let after = frames(&[10.0, 10.0, 10.0, 10.0, 60.0, 10.0, 10.0]);
        let tried = [span(1, 1), span(5, 5)];
        assert!(judge(&before, &after, &tried[0], &tried, 50.0).is_accepted);
        assert!(!judge(&before, &after, &tried[1], &tried, 50.0).is_accepted);
    }
}
