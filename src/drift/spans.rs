//! Which frames are bad: those that reach the limit, and those beside them in which the same cause already shows. A fault that
//! grows is found where it begins (hysteresis, Canny 1986).

use super::{Cause, FrameDrift};

/// Share of the limit from which a cause that reaches the limit next to a frame counts in that frame, too.
const BEGINS: f64 = 0.35;

/// Runs of bad frames, `[first, last]`, of a clip that drifts by `drift`; none below `limit` (`0..=100`).
pub(crate) fn spans(frames: &[FrameDrift], limit: f64, drift: f64) -> Vec<[usize; 2]> {
    if drift < limit {
        return Vec::new();
    }
    // a clip that fails by its pooled drift alone still names its worst frames
    let limit = limit.min(frames.iter().map(|frame| frame.drift).fold(0.0, f64::max));
    let mut bad: Vec<bool> = frames.iter().map(|frame| frame.drift >= limit).collect();
    for cause in Cause::ALL {
        let curve: Vec<f64> =
            frames.iter().map(|frame| frame.causes.get(&cause).copied().unwrap_or_default()).collect();
        for [first, last] in runs(&curve, |value| value >= BEGINS * limit) {
            if curve[first..=last].iter().any(|value| *value >= limit) {
                bad[first..=last].fill(true);
            }
        }
    }
    runs(&bad, |is_bad| is_bad)
}

/// Longest runs of values that are `in_run`, `[first, last]`.
fn runs<T: Copy>(values: &[T], in_run: impl Fn(T) -> bool) -> Vec<[usize; 2]> {
    let mut next = 0;
    let runs = values.chunk_by(|a, b| in_run(*a) == in_run(*b)).map(|run| {
        let first = next;
        next += run.len();
        (in_run(run[0]), [first, next - 1])
    });
    runs.filter_map(|(is_run, span)| is_run.then_some(span)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(causes: [&[f64]; 2]) -> Vec<FrameDrift> {
        let frame = |index: usize| FrameDrift {
            index,
            time_secs: 0.0,
            drift: causes[0][index].max(causes[1][index]),
            confidence: 1.0,
            causes: [(Cause::Geometry, causes[0][index]), (Cause::Flicker, causes[1][index])].into(),
        };
        (0..causes[0].len()).map(frame).collect()
    }

    #[test]
    fn a_fault_that_grows_is_bad_from_where_it_begins_to_where_it_ends() {
        let grows: &[f64] = &[5.0, 17.0, 18.0, 35.0, 60.0, 70.0, 30.0, 10.0, 30.0];
        assert_eq!(spans(&frames([grows, &[0.0; 9]]), 50.0, 70.0), [[2, 6]]);
        assert_eq!(spans(&frames([grows, &[0.0; 9]]), 80.0, 70.0), Vec::<[usize; 2]>::new());
    }

    #[test]
    fn what_begins_of_another_cause_is_another_matter() {
        let sudden: &[f64] = &[0.0, 0.0, 0.0, 90.0, 90.0];
        assert_eq!(spans(&frames([sudden, &[30.0; 5]]), 50.0, 90.0), [[3, 4]]);
    }

    #[test]
    fn a_clip_that_fails_by_its_pooled_drift_alone_names_its_worst_frames() {
        assert_eq!(spans(&frames([&[10.0, 49.0, 10.0], &[0.0; 3]]), 50.0, 50.0), [[1, 1]]);
    }
}
