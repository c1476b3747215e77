//! How well a score separates what people reject from what they accept.
//!
//! The curve is Fawcett's ("An introduction to ROC analysis", 2006); the area's interval is Hanley and McNeil's (1982).

use schemars::JsonSchema;
use serde::Serialize;

/// A clip's drift beside a person's judgement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    /// The clip's drift, `0..=100`.
    pub drift: f64,
    /// Whether the person would publish it.
    pub is_accepted: bool,
}

/// The receiver operating characteristic of drift.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Roc {
    /// Probability that a rejected clip drifts more than an accepted one, ties counted half, `0..=1`.
    pub auc: f64,
    /// Its interval of 95 % (normal approximation).
    pub auc_95: [f64; 2],
    /// From the strictest threshold, which fails every clip, to the one that fails none.
    pub points: Vec<RocPoint>,
}

/// What a threshold does.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct RocPoint {
    /// Clips of this drift or more fail; `None` fails no clip.
    pub threshold: Option<f64>,
    /// Share of the accepted clips that fail, `0..=1`.
    pub false_alarms: f64,
    /// Share of the rejected clips that fail, `0..=1`.
    pub caught: f64,
}

/// The curve; `None` unless some clips were accepted and some rejected.
pub fn roc(clips: &[Judged]) -> Option<Roc> {
    let accepted = drifts(clips, true);
    let rejected = drifts(clips, false);
    if accepted.is_empty() || rejected.is_empty() {
        return None;
    }
    let mut thresholds: Vec<f64> = clips.iter().map(|clip| clip.drift).collect();
    thresholds.sort_by(f64::total_cmp);
    thresholds.dedup();
    let at = |threshold: Option<f64>| RocPoint {
        threshold,
        false_alarms: failing(&accepted, threshold),
        caught: failing(&rejected, threshold),
    };
    let points = thresholds.into_iter().map(Some).chain([None]).map(at).collect();
    let auc = area(&accepted, &rejected);
    let margin = 1.96 * standard_error(auc, rejected.len() as f64, accepted.len() as f64);
    Some(Roc { auc, auc_95: [(auc - margin).max(0.0), (auc + margin).min(1.0)], points })
}

/// Drifts of the clips that were accepted, or of the others, in ascending order.
pub(super) fn drifts(clips: &[Judged], is_accepted: bool) -> Vec<f64> {
    let mut drifts: Vec<f64> = clips.iter().filter(|c| c.is_accepted == is_accepted).map(|c| c.drift).collect();
    drifts.sort_by(f64::total_cmp);
    drifts
}

/// Share of `drifts` at or above the threshold.
pub(super) fn failing(drifts: &[f64], threshold: Option<f64>) -> f64 {
    let Some(threshold) = threshold else { return 0.0 };
    drifts.iter().filter(|&&drift| drift >= threshold).count() as f64 / drifts.len().max(1) as f64
}

/// Mann and Whitney's statistic as a share of the pairs.
fn area(accepted: &[f64], rejected: &[f64]) -> f64 {
    let wins = |bad: f64| {
        let below = accepted.partition_point(|&good| good < bad);
        let ties = accepted.partition_point(|&good| good <= bad) - below;
        below as f64 + ties as f64 / 2.0
    };
    rejected.iter().map(|&bad| wins(bad)).sum::<f64>() / (accepted.len() * rejected.len()) as f64
}

/// Hanley and McNeil's standard error of an area, for `positives` rejected and `negatives` accepted clips.
fn standard_error(area: f64, positives: f64, negatives: f64) -> f64 {
    let q1 = area / (2.0 - area);
    let q2 = 2.0 * area * area / (1.0 + area);
    let spread = area * (1.0 - area) + (positives - 1.0) * (q1 - area * area) + (negatives - 1.0) * (q2 - area * area);
    (spread / (positives * negatives)).max(0.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clips(accepted: &[f64], rejected: &[f64]) -> Vec<Judged> {
        let with =
            |drifts: &[f64], is_accepted| drifts.iter().map(move |&drift| Judged { drift, is_accepted }).collect();
        let (good, bad): (Vec<_>, Vec<_>) = (with(accepted, true), with(rejected, false));
        [good, bad].concat()
    }

    #[test]
    fn counted_by_hand() {
        // of six pairs 4 in order, 1 tie: 4.5 / 6
        let roc = roc(&clips(&[10.0, 40.0, 20.0], &[20.0, 50.0])).unwrap();
        assert!((roc.auc - 4.5 / 6.0).abs() < 1e-12);
        let points: Vec<_> = roc.points.iter().map(|p| (p.threshold, p.false_alarms, p.caught)).collect();
        assert_eq!(points.len(), 5);
        assert_eq!(points[0], (Some(10.0), 1.0, 1.0));
        assert_eq!(points[1], (Some(20.0), 2.0 / 3.0, 1.0));
        assert_eq!(points[3], (Some(50.0), 0.0, 0.5));
        assert_eq!(points[4], (None, 0.0, 0.0));
    }

    #[test]
    fn the_standard_error_by_hand() {
        // Q1 = 0.8067, Q2 = 0.8425: √((0.0956 + 50 · 0.0092 + 57 · 0.0451) / (51 · 58))
        assert!((standard_error(0.893, 51.0, 58.0) - 0.0325).abs() < 1e-4);
        assert!(standard_error(1.0, 5.0, 5.0) < 1e-12);
    }

    #[test]
    fn one_sided_labels_make_no_curve() {
        assert_eq!(roc(&clips(&[1.0, 2.0], &[])), None);
        assert_eq!(roc(&[]), None);
    }
}
