//! The still's own pixels outside the mask, bit by bit, and a soft seam inside of it.

use crate::{
    drift::window,
    frame::{Mask, Picture},
};

/// Width of the seam as a share of the longer side.
const SEAM: f64 = 0.005;
/// Least width of the seam, pixels.
const LEAST_SEAM: usize = 2;
/// Part of a pixel that may belong to the mask without being inside.
const NOTHING: f32 = 0.004;

/// `refined` inside the mask, `still` outside; all of one size. The seam lies inside the mask, so that every pixel
/// outside is the still's.
pub fn keep_outside(still: &Picture, refined: &Picture, mask: &Mask) -> Picture {
    let longest = mask.width().max(mask.height()) as f64;
    let radius = ((longest * SEAM).round() as usize).max(LEAST_SEAM);
    let near = window::mean(mask, radius);
    let mut inlaid = still.clone();
    for (own, refined) in inlaid.rgb.iter_mut().zip(&refined.rgb) {
        let weights = mask.data().iter().zip(near.data()).map(|(&mask, &near)| weight(mask, near));
        for ((own, &refined), weight) in own.data_mut().iter_mut().zip(refined.data()).zip(weights) {
            if weight > 0.0 {
                *own += weight * (refined - *own);
            }
        }
    }
    inlaid
}

/// 0 at the mask's edge, where half of what is near belongs to it, 1 where all of it does.
fn weight(mask: f32, near: f32) -> f32 {
    if mask < NOTHING {
        return 0.0;
    }
    let depth = (2.0 * near - 1.0).clamp(0.0, 1.0);
    mask * depth * depth * (3.0 - 2.0 * depth)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Plane, Size};

    #[test]
    fn not_one_bit_changes_outside_and_the_inside_is_the_refined_picture() {
        let size = Size::new(64, 48);
        let (still, refined) = (Picture::filled(size, [0.2, 0.4, 0.6]), Picture::filled(size, [0.9, 0.1, 0.3]));
        let is_in = |x: usize, y: usize| (16..48).contains(&x) && (12..36).contains(&y);
        let mask = Plane::from_fn(64, 48, |x, y| if is_in(x, y) { 1.0 } else { 0.0 });
        let inlaid = keep_outside(&still, &refined, &mask);
        for y in 0..48 {
            for x in (0..64).filter(|&x| !is_in(x, y)) {
                assert_eq!(inlaid.rgb[0].at(x, y), 0.2, "{x} {y}");
            }
        }
        assert!((inlaid.rgb[0].at(32, 24) - 0.9).abs() < 1e-6);
        let seam: Vec<f32> = (15..24).map(|x| inlaid.rgb[0].at(x, 24)).collect();
        assert!(seam.is_sorted() && seam[1] < 0.5, "{seam:?}");
    }
}
