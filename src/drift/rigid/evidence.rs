//! Has the clip shown that its subject is a rigid body at all? People, animals and cloth bend from their first move on; a product
//! is explained to within the noise until something goes wrong.

use super::bundle::Sights;
use nalgebra::Vector2;

/// Looks after the first, in which a faithful clip has begun to move.
const LOOKS: usize = 3;
/// Standard deviations within which a sight is explained.
const EXPLAINED: f64 = 2.0;
/// Share of explained sights from which a subject begins to be taken for rigid, and surely is.
const RIGID: (f64, f64) = (0.78, 0.85);

/// How sure it is that the subject is rigid, `0..=1`, from what its body leaves of the first looks (pixels, `[frame][landmark]`).
pub(super) fn rigid(sights: &Sights, left: &[Vec<Option<Vector2<f64>>>]) -> f64 {
    let looks = || sights.frames.iter().zip(left).skip(1).take(LOOKS);
    let offs = looks().flat_map(|(sights, left)| sights.iter().zip(left)).filter_map(|(sight, left)| {
        let (sight, left) = (sight.as_ref()?, left.as_ref()?);
        Some((sight.whiten * left).norm())
    });
    let (mut explained, mut all) = (0.0, 0.0);
    for off in offs {
        all += 1.0;
        explained += if off < EXPLAINED { 1.0 } else { 0.0 };
    }
    let (begins, surely) = RIGID;
    ((explained / f64::max(all, 1.0) - begins) / (surely - begins)).clamp(0.0, 1.0)
}

/// Root mean square change of shape from `places` to where a frame shows them, beyond the best similarity (Umeyama 1991), pixels:
/// how much a body's turns and relief explain that sliding a picture about would not.
pub(super) fn reshaped(places: &[Vector2<f64>], shown: &[Vector2<f64>]) -> f64 {
    let count = places.len().max(1) as f64;
    let centre = |points: &[Vector2<f64>]| points.iter().sum::<Vector2<f64>>() / count;
    let (from, to) = (centre(places), centre(shown));
    let (mut along, mut across, mut before, mut after) = (0.0, 0.0, 0.0, 0.0);
    for (place, shown) in places.iter().zip(shown) {
        let (a, b) = (place - from, shown - to);
        along += a.dot(&b);
        across += a.perp(&b);
        before += a.norm_squared();
        after += b.norm_squared();
    }
    let explained = (along * along + across * across) / before.max(f64::MIN_POSITIVE);
    ((after - explained).max(0.0) / count).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

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
