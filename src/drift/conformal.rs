//! A threshold with a stated rate of false alarms, from clips that people accepted.
//!
//! Split conformal prediction (Vovk et al. 2005; Angelopoulos and Bates 2021): if a new faithful clip is drawn like the
//! accepted ones, it drifts more than the ⌈(n + 1)(1 − α)⌉-th smallest of their `n` drifts with probability at most α,
//! whatever the distribution.

use super::roc::{Judged, drifts, failing};
use schemars::JsonSchema;
use serde::Serialize;

/// Thresholds are rounded up to this step of drift, so that a policy shows a short figure.
const STEP: f64 = 0.1;

/// A calibrated threshold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Calibrated {
    /// Clips of this drift or more fail, `0..=100`.
    pub threshold: f64,
    /// Share of the accepted clips that fail all the same, `0..=1`.
    pub false_alarms: f64,
    /// Share of the rejected clips that fail, `0..=1`; `None` where none was rejected.
    pub caught: Option<f64>,
    /// Its interval of 95 % (Wilson 1927).
    pub caught_95: Option<[f64; 2]>,
}

/// Why there is no threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum Uncalibrated {
    /// Fewer clips were accepted than the rate needs.
    TooFew {
        /// Clips that were accepted.
        accepted: usize,
        /// Clips that must be accepted at least.
        needed: usize,
    },
    /// Accepted clips drift as much as the scale allows: no threshold keeps the rate.
    NotSeparable,
}

/// The lowest threshold whose rate of false alarms on new clips is at most `rate`, `0 < rate < 1`.
///
/// # Errors
/// [`Uncalibrated`] when the data cannot promise the rate.
pub fn calibrate(clips: &[Judged], rate: f64) -> Result<Calibrated, Uncalibrated> {
    let accepted = drifts(clips, true);
    let rank = ((accepted.len() + 1) as f64 * (1.0 - rate) - 1e-9).ceil() as usize;
    let Some(&highest) = accepted.get(rank.saturating_sub(1)).filter(|_| rank >= 1) else {
        let needed = (1.0 / rate - 1.0 - 1e-9).ceil() as usize;
        return Err(Uncalibrated::TooFew { accepted: accepted.len(), needed });
    };
    let threshold = ((highest / STEP).floor() + 1.0) * STEP;
    if threshold > 100.0 {
        return Err(Uncalibrated::NotSeparable);
    }
    let threshold = (threshold * 10.0).round() / 10.0;
    let rejected = drifts(clips, false);
    let caught = (!rejected.is_empty()).then(|| failing(&rejected, Some(threshold)));
    Ok(Calibrated {
        threshold,
        false_alarms: failing(&accepted, Some(threshold)),
        caught,
        caught_95: caught.map(|share| wilson(share, rejected.len() as f64)),
    })
}

/// Wilson's interval of 95 % for a share seen in `n` trials.
fn wilson(share: f64, n: f64) -> [f64; 2] {
    let z = 1.96_f64;
    let centre = share + z * z / (2.0 * n);
    let margin = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    [centre - margin, centre + margin].map(|end| (end / (1.0 + z * z / n)).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn accepted(drifts: impl IntoIterator<Item = f64>) -> Vec<Judged> {
        drifts.into_iter().map(|drift| Judged { drift, is_accepted: true }).collect()
    }

    #[test]
    fn the_rank_is_the_conformal_one() {
        // n = 19, α = 0.1: rank ⌈20 · 0.9⌉ = 18
        let mut clips = accepted((1..=19).map(f64::from));
        clips.push(Judged { drift: 18.05, is_accepted: false });
        clips.push(Judged { drift: 70.0, is_accepted: false });
        let found = calibrate(&clips, 0.1).unwrap();
        assert!((found.threshold - 18.1).abs() < 1e-9);
        assert!((found.false_alarms - 1.0 / 19.0).abs() < 1e-12);
        assert_eq!(found.caught, Some(0.5));
    }

    #[test]
    fn too_little_data_is_said() {
        let few = calibrate(&accepted([1.0; 8]), 0.1);
        assert_eq!(few, Err(Uncalibrated::TooFew { accepted: 8, needed: 9 }));
        assert!(calibrate(&accepted([1.0; 9]), 0.1).is_ok());
        assert_eq!(calibrate(&[], 0.05), Err(Uncalibrated::TooFew { accepted: 0, needed: 19 }));
        assert_eq!(calibrate(&accepted([100.0; 9]), 0.1), Err(Uncalibrated::NotSeparable));
    }

    #[test]
    fn wilson_by_hand() {
        // 8 of 10: 0.490 .. 0.943
        let [low, high] = wilson(0.8, 10.0);
        assert!((low - 0.490).abs() < 1e-3 && (high - 0.943).abs() < 1e-3, "{low} {high}");
    }

    proptest! {
        #[test]
        fn at_most_the_stated_share_of_the_accepted_fails(
            drifts in prop::collection::vec(0.0..99.0, 1..60),
            rate in 0.02..0.5,
        ) {
            if let Ok(found) = calibrate(&accepted(drifts), rate) {
                prop_assert!(found.false_alarms <= rate + 1e-9, "{found:?}");
            }
        }
    }
}
