//! How hard a place is to reach from the picture's rim: the minimum barrier distance (Strand et al. 2013), by raster scans
//! (Zhang et al., *Minimum Barrier Salient Object Detection at 80 FPS*, ICCV 2015).
//!
//! A white label on a red box before a white wall has the wall's colour, but every way to it crosses red.

use crate::frame::Plane;

/// Scans, by turns from the top left and from the bottom right.
const SCANS: usize = 4;

/// Per pixel the least range of values, largest minus smallest, that a way from the rim to it passes.
pub(super) fn from_rim(plane: &Plane<f32>) -> Plane<f32> {
    let (w, h) = (plane.width(), plane.height());
    let is_rim = |x: usize, y: usize| x == 0 || y == 0 || x + 1 == w || y + 1 == h;
    let mut barrier = Plane::from_fn(w, h, |x, y| if is_rim(x, y) { 0.0 } else { f32::INFINITY });
    let (mut low, mut high) = (plane.clone(), plane.clone());
    let inner = w.saturating_sub(2) * h.saturating_sub(2);
    for scan in 0..SCANS {
        let forth = scan % 2 == 0;
        for step in 0..inner {
            let at = if forth { step } else { inner - 1 - step };
            let (x, y) = (1 + at % (w - 2), 1 + at / (w - 2));
            let before = if forth { [(x - 1, y), (x, y - 1)] } else { [(x + 1, y), (x, y + 1)] };
            for (bx, by) in before {
                if barrier.at(bx, by).is_infinite() {
                    continue;
                }
                let value = plane.at(x, y);
                let (least, most) = (low.at(bx, by).min(value), high.at(bx, by).max(value));
                if most - least < barrier.at(x, y) {
                    barrier.set(x, y, most - least);
                    low.set(x, y, least);
                    high.set(x, y, most);
                }
            }
        }
    }
    barrier
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_enclosed_is_as_hard_to_reach_as_what_encloses_it() {
        let inside = |x: usize, y: usize, from: usize| (from..20 - from).contains(&x) && (from..20 - from).contains(&y);
        let plane = Plane::from_fn(20, 20, |x, y| if inside(x, y, 5) && !inside(x, y, 8) { 7.0 } else { 1.0 });
        let barrier = from_rim(&plane);
        assert_eq!([barrier.at(2, 2), barrier.at(6, 6), barrier.at(10, 10)], [0.0, 6.0, 6.0]);
    }

    #[test]
    fn a_picture_that_is_all_rim_has_no_barrier() {
        assert_eq!(from_rim(&Plane::from_fn(2, 5, |x, y| (x + y) as f32)), Plane::filled(2, 5, 0.0));
    }
}
