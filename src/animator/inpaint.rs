//! What the product hides of its background, invented well enough for the few pixels that a camera move uncovers.

use crate::frame::{Plane, sample};

/// `plane` with the pixels where `hole` is above 0 replaced by the background beside them, mirrored at the product's
/// outline along the row: level edges go on, and texture stays texture. The two sides are blended by distance. Where a
/// mirrored place lies outside the picture or in the hole again, the background is spread smoothly from where
/// `trusted` is 1.
pub(super) fn behind(plane: &Plane<f32>, hole: &Plane<f32>, trusted: &Plane<f32>) -> Plane<f32> {
    let smooth = spread(plane, trusted);
    let mut whole = plane.clone();
    for y in 0..plane.height() {
        let trusted = trusted.row(y);
        let read = |x: Option<usize>| x.filter(|&x| trusted.get(x) == Some(&1.0)).map(|x| plane.at(x, y));
        for (first, last) in runs(trusted) {
            for x in (first..=last).filter(|&x| hole.at(x, y) > 0.0) {
                let left = read((2 * first).checked_sub(x + 1)).unwrap_or_else(|| smooth.at(x, y));
                let right = read(Some(2 * last + 1 - x)).unwrap_or_else(|| smooth.at(x, y));
                let share = (x - first) as f32 / (last - first).max(1) as f32;
                let share = share * share * (3.0 - 2.0 * share);
                whole.set(x, y, left * (1.0 - share) + right * share);
            }
        }
    }
    whole
}

/// First and last index of every run of samples that are not 1.
fn runs(row: &[f32]) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for x in (0..row.len()).filter(|&x| row[x] < 1.0) {
        match runs.last_mut() {
            Some(run) if run.1 + 1 == x => run.1 = x,
            _ => runs.push((x, x)),
        }
    }
    runs
}

/// Spreads the values where `weight` is 1 smoothly into where it is 0: pull–push over a pyramid (Gortler et al. 1996).
pub(super) fn spread(plane: &Plane<f32>, weight: &Plane<f32>) -> Plane<f32> {
    let (w, h) = (plane.width(), plane.height());
    if w <= 1 && h <= 1 {
        return plane.clone();
    }
    let (cw, ch) = (w.div_ceil(2), h.div_ceil(2));
    let mut coarse = Plane::filled(cw, ch, 0.0);
    let mut coarse_weight = Plane::filled(cw, ch, 0.0);
    for y in 0..ch {
        for x in 0..cw {
            let (mut sum, mut total) = (0.0, 0.0);
            for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                let (fx, fy) = ((2 * x + dx).min(w - 1), (2 * y + dy).min(h - 1));
                sum += plane.at(fx, fy) * weight.at(fx, fy);
                total += weight.at(fx, fy);
            }
            if total > 0.0 {
                coarse.set(x, y, sum / total);
                coarse_weight.set(x, y, (total / 4.0).min(1.0));
            }
        }
    }
    let coarse = spread(&coarse, &coarse_weight);
    Plane::from_fn(w, h, |x, y| {
        let here = weight.at(x, y);
        let smooth = sample::bilinear(&coarse, (x as f32 - 0.5) / 2.0, (y as f32 - 0.5) / 2.0);
        plane.at(x, y) * here + smooth * (1.0 - here)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hole_shows_its_surroundings_mirrored_and_what_is_trusted_stays() {
        let plane = Plane::from_vec(8, 1, vec![0.1, 0.2, 0.3, 9.0, 9.0, 9.0, 0.7, 0.8]);
        let hole = plane.map(|v| f32::from(v > 1.0));
        let filled = behind(&plane, &hole, &hole.map(|v| 1.0 - v));
        assert_eq!(filled.row(0)[..3], plane.row(0)[..3]);
        assert_eq!(filled.row(0)[6..], plane.row(0)[6..]);
        assert_eq!((filled.at(3, 0), filled.at(5, 0)), (0.3, 0.7));
        // half of what is 2 pixels left of the hole's edge and half of what is as far right
        assert!((filled.at(4, 0) - 0.5).abs() < 1e-6, "{}", filled.at(4, 0));
    }

    #[test]
    fn a_hole_without_surroundings_ends() {
        let plane = Plane::filled(5, 4, 0.5);
        assert_eq!(runs(&[0.0, 1.0, 0.5, 0.0]), [(0, 0), (2, 3)]);
        let filled = behind(&plane, &Plane::filled(5, 4, 1.0), &Plane::filled(5, 4, 0.0));
        assert!(filled.data().iter().all(|v| v.is_finite()));
    }
}
