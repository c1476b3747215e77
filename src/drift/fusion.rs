//! Late fusion: each signal becomes a severity, each cause takes its worst signal, and a frame survives only if it survives
//! every cause. Monotone: no signal can make another look better.

use super::{
    Cause,
    calibration::{SCALES, Scale},
    series::running_median,
    signal::{Readings, Signal},
};
use std::collections::BTreeMap;

/// Causes below this severity hardly add up: four doubtful signals are not one fault.
const ADDS_UP: f64 = 2.0;
/// Share of a fault that counts when it lasts a single frame.
const SINGLE_FRAME: f64 = 0.85;

/// Severity of each cause in one frame, `0..=1`, in the order of [`Cause::ALL`].
pub(crate) type Severities = [f64; Cause::ALL.len()];

/// Severities of one frame.
pub(crate) fn severities(readings: &Readings) -> Severities {
    worst(readings, SCALES.iter())
}

/// Drift `0..=100` of a clip of which one signal was never asked: how much the verdict hangs on it.
pub(crate) fn without<'a>(signal: Signal, frames: impl Iterator<Item = &'a Readings>) -> f64 {
    let others = || SCALES.iter().filter(|scale| scale.signal != signal);
    let curve: Vec<f64> = frames.map(|readings| round(drift(&worst(readings, others())))).collect();
    round(pooled(&curve))
}

fn worst<'a>(readings: &Readings, scales: impl Iterator<Item = &'a Scale>) -> Severities {
    let mut severities = [0.0; Cause::ALL.len()];
    for scale in scales {
        let slot = &mut severities[scale.cause as usize];
        *slot = f64::max(*slot, scale.severity(readings.get(scale.signal)));
    }
    severities
}

/// Drift `0..=100` that several severities make together: the worst counts whole, others by their square.
pub(crate) fn drift(severities: &Severities) -> f64 {
    let worst = severities.iter().copied().fold(0.0, f64::max);
    let mut survival = 1.0 - worst;
    let mut worst_is_counted = false;
    for &severity in severities {
        if severity == worst && !worst_is_counted {
            worst_is_counted = true;
        } else {
            survival *= 1.0 - 0.5 * severity.powf(ADDS_UP);
        }
    }
    100.0 * (1.0 - survival)
}

/// The drift of a clip from that of its frames: what lasts two frames counts whole, a single frame a little less.
pub(crate) fn pooled(series: &[f64]) -> f64 {
    let most = |s: &[f64]| s.iter().copied().fold(0.0, f64::max);
    if series.len() < 3 {
        return most(series);
    }
    most(&running_median(series, 1)).max(SINGLE_FRAME * most(series))
}

/// Severities by cause as they stand in the report, `0..=100`, one decimal.
pub(crate) fn by_cause(severities: &Severities) -> BTreeMap<Cause, f64> {
    Cause::ALL.into_iter().map(|cause| (cause, round(100.0 * severities[cause as usize]))).collect()
}

/// One decimal: the figures are not better than that.
pub(crate) fn round(value: f64) -> f64 {
    (10.0 * value).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_wrong_is_zero_and_one_fault_is_that_fault() {
        assert_eq!(drift(&[0.0; 9]), 0.0);
        let mut one = [0.0; 9];
        one[3] = 0.5;
        assert_eq!(drift(&one), 50.0);
    }

    #[test]
    fn a_pair_of_bad_frames_counts_whole_and_a_single_one_nearly() {
        assert_eq!(pooled(&[0.0, 0.0, 80.0, 80.0, 0.0]), 80.0);
        assert_eq!(pooled(&[0.0, 0.0, 80.0, 0.0, 0.0]), 68.0);
    }

    proptest! {
        #[test]
        fn more_of_any_fault_is_never_less_drift(mut s in prop::array::uniform9(0.0f64..1.0), which in 0usize..9, more in 0.0f64..1.0) {
            let before = drift(&s);
            s[which] = s[which].max(more);
            prop_assert!(drift(&s) >= before - 1e-9);
        }
    }
}
