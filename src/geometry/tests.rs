//! Robust fits against exact synthetic data, outliers and degenerate input.

use super::{random::Random, *};
use proptest::prelude::*;

/// `count` matches of `truth` in a 640 × 360 picture, of which two of every five are wrong (40 %).
pub(super) fn scene(truth: &Homography, count: usize, seed: u64) -> Vec<Match> {
    let mut random = Random::new(seed);
    let mut unit = || random.below(1 << 20) as f64 / f64::from(1 << 20);
    (0..count)
        .map(|i| {
            let from = Point::new(unit() * 640.0, unit() * 360.0);
            let (to, elsewhere) = (truth.apply(from), Point::new(unit() * 640.0, unit() * 360.0));
            // never right by chance, so that the fit must be exact
            let wrong = if elsewhere.distance(to) < 30.0 { Point::new(to.x + 50.0, to.y) } else { elsewhere };
            Match::new(from, if i % 5 < 2 { wrong } else { to })
        })
        .collect()
}

fn corners_agree(fit: &Homography, truth: &Homography) -> bool {
    [(0.0, 0.0), (640.0, 0.0), (0.0, 360.0), (640.0, 360.0)]
        .map(|(x, y)| Point::new(x, y))
        .iter()
        .all(|&p| fit.apply(p).distance(truth.apply(p)) < 1e-6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_similarity_survives_40_percent_outliers(
        scale in 0.5..2.0, angle in -3.0..3.0, tx in -300.0..300.0, ty in -300.0..300.0, seed in 0_u64..1000,
    ) {
        let truth = Homography::similarity(scale, angle, tx, ty);
        let fit = fit_similarity(&scene(&truth, 100, seed), &Robust::within(1.0)).unwrap();
        prop_assert!(corners_agree(&fit.model, &truth));
        prop_assert!(fit.rms < 0.5);
    }

    #[test]
    fn an_affine_map_survives_40_percent_outliers(
        a in 0.7..1.4, b in -0.3..0.3, c in -0.3..0.3, d in 0.7..1.4, seed in 0_u64..1000,
    ) {
        let truth = Homography([[a, b, 12.0], [c, d, -7.0], [0.0, 0.0, 1.0]]);
        let fit = fit_affine(&scene(&truth, 100, seed), &Robust::within(1.0)).unwrap();
        prop_assert!(corners_agree(&fit.model, &truth));
    }

    #[test]
    fn a_homography_survives_40_percent_outliers(
        a in 0.8..1.2, b in -0.2..0.2, c in -0.2..0.2, d in 0.8..1.2,
        g in -5e-4..5e-4, h in -5e-4..5e-4, seed in 0_u64..1000,
    ) {
        let truth = Homography([[a, b, 20.0], [c, d, -10.0], [g, h, 1.0]]);
        let fit = fit_homography(&scene(&truth, 120, seed), &Robust::within(1.0)).unwrap();
        prop_assert!(corners_agree(&fit.model, &truth));
        prop_assert!(fit.inlier_fraction >= 0.59);
    }

    #[test]
    fn no_input_panics(
        raw in prop::collection::vec((any::<f64>(), any::<f64>(), -1e3..1e3, -1e3..1e3, any::<f64>()), 0..24),
        threshold in any::<f64>(),
    ) {
        let matches: Vec<Match> = raw
            .iter()
            .map(|&(x, y, u, v, weight)| Match { from: Point::new(x, y), to: Point::new(u, v), weight })
            .collect();
        let robust = Robust { threshold_px: threshold, iterations: 50, seed: 1 };
        let _ = fit_similarity(&matches, &robust);
        let _ = fit_affine(&matches, &robust);
        let _ = fit_homography(&matches, &robust);
    }
}

#[test]
fn degenerate_matches_give_no_model() {
    let robust = Robust::default();
    let at = |points: &[(f64, f64)]| -> Vec<Match> {
        points.iter().map(|&(x, y)| Match::new(Point::new(x, y), Point::new(x + 3.0, y - 1.0))).collect()
    };
    let line: Vec<(f64, f64)> = (0..50).map(|i| (f64::from(i) * 7.0, f64::from(i) * 3.0)).collect();
    let almost_line: Vec<(f64, f64)> = line.iter().copied().chain([(10.0, 300.0)]).collect();
    for too_few in [at(&[]), at(&[(5.0, 5.0)]), at(&[(5.0, 5.0); 30])] {
        assert!(fit_similarity(&too_few, &robust).is_none());
        assert!(fit_affine(&too_few, &robust).is_none());
        assert!(fit_homography(&too_few, &robust).is_none());
    }
    assert!(fit_affine(&at(&line), &robust).is_none());
    assert!(fit_homography(&at(&line), &robust).is_none());
    assert!(fit_homography(&at(&almost_line), &robust).is_none());
    assert!(fit_homography(&at(&[(0.0, 0.0), (9.0, 0.0), (0.0, 9.0)]), &robust).is_none());
    assert!(fit_similarity(&at(&line), &robust).is_some());
    let nan: Vec<Match> = at(&line).iter().map(|m| Match { weight: f64::NAN, ..*m }).collect();
    assert!(fit_similarity(&nan, &robust).is_none());
}

#[test]
fn matches_that_are_not_numbers_are_outliers() {
    let truth = Homography::similarity(1.1, 0.1, 4.0, 2.0);
    let mut matches: Vec<Match> = scene(&truth, 60, 3);
    matches[7].to.x = f64::NAN;
    let fit = fit_similarity(&matches, &Robust::default()).unwrap();
    assert!(corners_agree(&fit.model, &truth));
    assert_eq!(fit.inliers.len(), 60);
    assert!(!fit.inliers[7]);
}

#[test]
fn the_same_seed_gives_the_same_bits() {
    let truth = Homography([[1.0, 0.1, 20.0], [0.0, 0.9, -10.0], [1e-4, 2e-4, 1.0]]);
    let matches = scene(&truth, 300, 9);
    let robust = Robust { threshold_px: 2.0, iterations: 200, seed: 42 };
    assert_eq!(fit_homography(&matches, &robust), fit_homography(&matches, &robust));
}
