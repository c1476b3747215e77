//! The questions of a self-test, each answered from trials.

use super::report::{Part, Trial};
use crate::{
    drift::{Judged, Verdict, roc},
    frame::{Plane, Size, pyramid},
};

/// Area under the ROC that separation asks for.
const LEAST_AUC: f64 = 0.95;
/// Overlap (intersection over union) that localisation asks for on average: a heat map is coarse by design.
const LEAST_IOU: f64 = 0.2;
/// Drift by which a stronger fault may score below a weaker one.
const SLACK: f64 = 3.0;
/// Heat from which a place counts as marked, `0..=100`.
const MARKED: f32 = 30.0;
/// Difference of R'G'B' from which a place counts as changed, `0..=1`.
const CHANGED: f32 = 0.03;

/// Do faithful moves hold, and do faults stand out from them?
pub(super) fn separation(faithful: &[Trial], faulty: &[Trial]) -> Part {
    let judged = |trial: &Trial| Judged { drift: trial.drift, is_accepted: !trial.is_faulty };
    let all: Vec<Judged> = faithful.iter().chain(faulty).map(judged).collect();
    let auc = roc(&all).map_or(0.0, |roc| roc.auc);
    let alarms: Vec<&str> = named(faithful, |trial| trial.verdict == Verdict::Drift);
    let missed: Vec<&str> = named(faulty, |trial| trial.verdict != Verdict::Drift);
    let listed = |what: &str, names: &[&str]| match names {
        [] => format!("no {what}"),
        names => format!("{what}: {}", names.join("; ")),
    };
    Part {
        name: "separation",
        passed: auc >= LEAST_AUC && alarms.is_empty(),
        finding: format!(
            "area under the ROC {auc:.3}, {}, {}",
            listed("false alarm", &alarms),
            listed("miss", &missed)
        ),
    }
}

/// Is the heat where the fault is? `overlaps` are intersections over unions, `0..=1`.
pub(super) fn localisation(overlaps: &[(String, f64)]) -> Part {
    let mean = overlaps.iter().map(|(_, iou)| iou).sum::<f64>() / overlaps.len().max(1) as f64;
    let each: Vec<String> = overlaps.iter().map(|(name, iou)| format!("{name} {iou:.2}")).collect();
    Part {
        name: "localisation",
        passed: mean >= LEAST_IOU,
        finding: format!("heat and fault overlap by {mean:.2} on average ({})", each.join("; ")),
    }
}

/// Does a stronger fault score higher?
pub(super) fn monotonicity(runs: &[Vec<Trial>]) -> Part {
    let falls = |run: &[Trial]| run.windows(2).map(|pair| pair[0].drift - pair[1].drift).fold(0.0, f64::max);
    let worst = runs.iter().map(|run| falls(run)).fold(0.0, f64::max);
    let each = runs.iter().map(|run| {
        let drifts: Vec<String> = run.iter().map(|trial| format!("{:.0}", trial.drift)).collect();
        drifts.join(" ≤ ")
    });
    Part {
        name: "monotonicity",
        passed: worst <= SLACK,
        finding: format!("{} (largest fall {worst:.1})", each.collect::<Vec<_>>().join("; ")),
    }
}

/// Does what does no harm to the product leave the verdict alone? The first trial of each run is untouched.
pub(super) fn invariance(faithful: &[Trial], faulty: &[Trial]) -> Part {
    let turned = |run: &[Trial]| -> Vec<String> {
        let Some((first, rest)) = run.split_first() else { return Vec::new() };
        let others = rest.iter().filter(|trial| trial.verdict != first.verdict);
        others.map(|trial| format!("{} ({:.0}, was {:.0})", trial.name, trial.drift, first.drift)).collect()
    };
    let turned = [turned(faithful), turned(faulty)].concat();
    let count = (faithful.len() + faulty.len()).saturating_sub(2);
    let finding = match &turned[..] {
        [] => format!("{count} nuisances, every verdict stays"),
        turned => format!("of {count} nuisances {} turn the verdict: {}", turned.len(), turned.join("; ")),
    };
    Part { name: "invariance", passed: turned.is_empty(), finding }
}

/// Are the bits the same for any number of threads?
pub(super) fn determinism(reports: &[String], threads: &[usize]) -> Part {
    let same = reports.windows(2).all(|pair| pair[0] == pair[1]);
    let threads: Vec<String> = threads.iter().map(ToString::to_string).collect();
    let threads = threads.join(", ");
    let finding = if same { "the same bytes" } else { "different bytes" };
    Part { name: "determinism", passed: same, finding: format!("{finding} with {threads} threads") }
}

/// Intersection over union of what a heat map marks and what differs; 0 where nothing does.
pub(super) fn overlap(heat: &Plane<f32>, difference: &Plane<f32>) -> f64 {
    let difference = pyramid::resize(difference, Size::new(heat.width(), heat.height()));
    let mut both = 0_usize;
    let mut either = 0_usize;
    for (&heat, &difference) in heat.data().iter().zip(difference.data()) {
        let (marked, changed) = (heat >= MARKED, difference >= CHANGED);
        both += usize::from(marked && changed);
        either += usize::from(marked || changed);
    }
    both as f64 / either.max(1) as f64
}

fn named(trials: &[Trial], which: impl Fn(&Trial) -> bool) -> Vec<&str> {
    trials.iter().filter(|trial| which(trial)).map(|trial| trial.name.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(name: &str, is_faulty: bool, drift: f64) -> Trial {
        let verdict = if drift >= 50.0 { Verdict::Drift } else { Verdict::Hold };
        Trial { name: name.into(), is_faulty, drift, verdict, causes: Vec::new(), first_bad_frame: None }
    }

    #[test]
    fn a_false_alarm_fails_separation_and_a_miss_is_named() {
        let good = separation(&[trial("a", false, 3.0)], &[trial("b", true, 40.0)]);
        assert!(good.passed && good.finding.contains("miss: b"), "{}", good.finding);
        let bad = separation(&[trial("a", false, 60.0)], &[trial("b", true, 90.0)]);
        assert!(!bad.passed && bad.finding.contains("false alarm: a"), "{}", bad.finding);
    }

    #[test]
    fn a_fall_fails_monotonicity() {
        let run = |drifts: &[f64]| vec![drifts.iter().map(|&d| trial("x", true, d)).collect::<Vec<_>>()];
        assert!(monotonicity(&run(&[1.0, 20.0, 19.0, 90.0])).passed);
        assert!(!monotonicity(&run(&[1.0, 20.0, 10.0])).passed);
    }

    #[test]
    fn a_turned_verdict_fails_invariance() {
        let run = |drifts: &[f64]| drifts.iter().map(|&d| trial("x", false, d)).collect::<Vec<_>>();
        assert!(invariance(&run(&[1.0, 20.0]), &run(&[90.0, 60.0])).passed);
        assert!(!invariance(&run(&[1.0, 55.0]), &run(&[90.0, 60.0])).passed);
    }

    #[test]
    fn overlap_is_intersection_over_union() {
        let heat = Plane::from_fn(8, 4, |x, _| if x < 4 { 80.0 } else { 0.0 });
        let difference = Plane::from_fn(8, 4, |x, _| if (2..6).contains(&x) { 0.5 } else { 0.0 });
        assert!((overlap(&heat, &difference) - 2.0 / 6.0).abs() < 1e-12);
        assert_eq!(overlap(&Plane::filled(2, 2, 0.0), &Plane::filled(2, 2, 0.0)), 0.0);
    }

    #[test]
    fn other_bytes_fail_determinism() {
        assert!(determinism(&["a".into(), "a".into()], &[1, 2]).passed);
        assert!(!determinism(&["a".into(), "b".into()], &[1, 2]).passed);
    }
}
