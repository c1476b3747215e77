//! How well a rigid body explains what was seen: one frame, and the clip's beginning. People, animals and cloth bend from their
//! first move on; a product is explained to within the noise until something goes wrong.

use super::{
    super::series::ramp,
    bundle::{Sight, Sights},
};
use nalgebra::Vector2;

/// Looks after the first, in which a faithful clip has begun to move.
const LOOKS: usize = 3;
/// Standard deviations within which a sight is explained.
const EXPLAINED: f64 = 2.0;
/// Standard deviations beyond which a sight is surely off.
const OFF: f64 = 3.0;
/// Share of sights that are off from which a frame begins to be, and surely is, unexplained: noise is not quite Gaussian.
const UNEXPLAINED: (f64, f64) = (0.05, 0.3);
/// Share of what is left that a smooth field must explain before what is off may be a warp, and where it surely may: several bodies,
/// or one that is followed badly, leave what no smooth field follows.
const SMOOTH: (f64, f64) = (0.1, 0.4);
/// The same share from which the field is a warp by itself, however little is off, and surely is.
const ALL_SMOOTH: (f64, f64) = (0.45, 0.65);
/// Standard deviations beyond which a sight tells no more: it may be lost.
const FARTHEST: f64 = 10.0;
/// Share of explained sights from which a subject begins to be taken for rigid, and surely is.
pub(super) const RIGID: (f64, f64) = (0.76, 0.84);

/// How sure it is that a body explains its subject, `0..=1`, from what it leaves of the first looks (pixels, `[frame][landmark]`).
pub(super) fn first(sights: &Sights, left: &[Vec<Option<Vector2<f64>>>]) -> f64 {
    ramp(share(first_errors(sights, left), |error| error < EXPLAINED), RIGID)
}

/// How surely it does not, in the first looks: `0..=1`.
pub(super) fn unexplained_first(sights: &Sights, left: &[Vec<Option<Vector2<f64>>>]) -> f64 {
    ramp(share(first_errors(sights, left), |error| error > OFF), UNEXPLAINED)
}

/// Share of one frame's sights that the body explains, of which it leaves `left` pixels.
pub(super) fn explained(sights: &[Option<Sight>], left: &[Option<Vector2<f64>>]) -> f64 {
    share(errors(sights, left), |error| error < EXPLAINED)
}

/// How surely the body does not explain one frame's sights, of which it leaves `left` pixels: `0..=1`.
pub(super) fn unexplained(sights: &[Option<Sight>], left: &[Option<Vector2<f64>>]) -> f64 {
    ramp(share(errors(sights, left), |error| error > OFF), UNEXPLAINED)
}

/// How surely what the body leaves of a frame is a warp, `0..=1`: as much of it is `off` (from [`unexplained`]) and follows the smooth
/// `field`, or because nearly all of it does.
pub(super) fn warped(off: f64, sights: &[Option<Sight>], left: &[Option<Vector2<f64>>], field: &[Vector2<f64>]) -> f64 {
    let beside: Vec<_> = left.iter().zip(field).map(|(left, field)| left.map(|left| left - field)).collect();
    let sum = |left| errors(sights, left).map(|error| error.min(FARTHEST).powi(2)).sum::<f64>();
    let smooth = 1.0 - sum(&beside) / sum(left).max(f64::MIN_POSITIVE);
    (off * ramp(smooth, SMOOTH)).max(ramp(smooth, ALL_SMOOTH))
}

/// Standard deviations that each sight of the first looks is off.
fn first_errors(sights: &Sights, left: &[Vec<Option<Vector2<f64>>>]) -> impl Iterator<Item = f64> {
    sights.frames.iter().zip(left).skip(1).take(LOOKS).flat_map(|(sights, left)| errors(sights, left))
}

/// Standard deviations that each sight is off.
fn errors(sights: &[Option<Sight>], left: &[Option<Vector2<f64>>]) -> impl Iterator<Item = f64> {
    sights.iter().zip(left).filter_map(|(sight, left)| Some((sight.as_ref()?.whiten * left.as_ref()?).norm()))
}

fn share(errors: impl Iterator<Item = f64>, counts: impl Fn(f64) -> bool) -> f64 {
    let (mut counted, mut all) = (0.0f64, 0.0f64);
    for error in errors {
        all += 1.0;
        counted += if counts(error) { 1.0 } else { 0.0 };
    }
    counted / all.max(1.0)
}

/// Root mean square change of shape from `places` to where a frame shows them, beyond the best similarity, pixels: how much a
/// body's turns and relief explain that sliding a picture about would not.
pub(super) fn reshaped(places: &[Vector2<f64>], shown: &[Vector2<f64>]) -> f64 {
    let moved: Vec<Vector2<f64>> = places.iter().zip(shown).map(|(place, shown)| shown - place).collect();
    let slid = similar(places, &moved);
    let rest = moved.iter().zip(&slid).map(|(moved, slid)| (moved - slid).norm_squared()).sum::<f64>();
    (rest / places.len().max(1) as f64).sqrt()
}

/// The part of the places' motion that is a similarity (Umeyama 1991): the picture slides, rolls and grows. Pixels, at each place.
pub(super) fn similar(places: &[Vector2<f64>], moved: &[Vector2<f64>]) -> Vec<Vector2<f64>> {
    let count = places.len().max(1) as f64;
    let centre = |points: &[Vector2<f64>]| points.iter().sum::<Vector2<f64>>() / count;
    let (from, mean) = (centre(places), centre(moved));
    let (mut along, mut across, mut spread) = (0.0, 0.0, f64::MIN_POSITIVE);
    for (place, moved) in places.iter().zip(moved) {
        let (a, b) = (place - from, moved - mean);
        along += a.dot(&b);
        across += a.perp(&b);
        spread += a.norm_squared();
    }
    let (grown, rolled) = (along / spread, across / spread);
    let slid = |place: &Vector2<f64>| {
        let a = place - from;
        mean + a * grown + Vector2::new(-a.y, a.x) * rolled
    };
    places.iter().map(slid).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::Matrix2;

    #[test]
    fn a_frame_is_explained_as_long_as_few_sights_are_off() {
        let sight = Sight { at: Vector2::zeros(), whiten: Matrix2::identity() * 2.0 };
        // half a pixel is a standard deviation here
        let off = |count: usize| {
            let left: Vec<_> = (0..100).map(|i| Some(Vector2::new(if i < count { 1.6 } else { 1.4 }, 0.0))).collect();
            unexplained(&[Some(sight); 100], &left)
        };
        assert_eq!((off(0), off(5), off(30), off(100)), (0.0, 0.0, 1.0, 1.0));
        assert!((off(10) - 0.2).abs() < 1e-9);
    }

    #[test]
    fn what_no_smooth_field_follows_is_no_warp() {
        let sight = Some(Sight { at: Vector2::zeros(), whiten: Matrix2::identity() });
        let left = vec![Some(Vector2::new(4.0, 0.0)); 10];
        // a field of `follows` leaves (4 - follows)² / 16 of it
        let warped = |off: f64, follows: f64| warped(off, &[sight; 10], &left, &[Vector2::new(follows, 0.0); 10]);
        assert_eq!((warped(1.0, 0.0), warped(1.0, 4.0), warped(0.0, 4.0)), (0.0, 1.0, 1.0));
        // a quarter: half of the way from 0.1 to 0.4
        assert!((warped(0.5, 4.0 - 12f64.sqrt()) - 0.25).abs() < 1e-9);
    }

    #[test]
    fn a_similarity_keeps_the_shape_and_a_squeeze_does_not() {
        let square = [(0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0)].map(|(x, y)| Vector2::new(x, y));
        let turned = square.map(|p| Vector2::new(3.0 - 1.5 * p.y, 5.0 + 1.5 * p.x));
        assert!(reshaped(&square, &turned) < 1e-6);
        // corners at ±0.5 and ±1; the best similarity shows ±0.75: a quarter of a pixel is left along each direction
        let squeezed = square.map(|p| Vector2::new(0.5 * p.x, p.y));
        assert!((reshaped(&square, &squeezed) - 0.125f64.sqrt()).abs() < 1e-9);
    }
}
