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
