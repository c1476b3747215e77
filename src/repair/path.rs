//! How a pixel travels from the frame before the gap to the frame after it. With the motion just before and just after
//! known, the path is the cubic that agrees with both (Hermite), so that an eased or turning camera keeps its pace;
//! otherwise it is straight and even.

use super::resample::blur;
use crate::{
    flow::Flow,
    frame::{Plane, sample},
};

/// Deviations from the even pace are smooth over this many pixels of the working size: cameras and bodies bend paths,
/// noise must not.
const SMOOTH_SIGMA: f32 = 12.0;
/// The end speeds may differ from the mean speed by at most this ratio plus [`SLACK_PX`]; beyond it they are another
/// motion (a cut, a glitch), not easing.
const LARGEST_CHANGE: f32 = 1.5;
const SLACK_PX: f32 = 1.0;

/// Displacements over the whole gap if the speed at its start or its end had lasted throughout, minus the true
/// displacement: what bends the path. Zero for an even pace.
#[derive(Clone)]
pub(super) struct Bend {
    pub(super) start: Option<Flow>,
    pub(super) end: Option<Flow>,
}

impl Bend {
    /// An even pace.
    #[cfg(test)]
    pub(super) const EVEN: Self = Self { start: None, end: None };

    /// From displacements over the gap (`across`) and the steps of the same pixels per frame before it (`step_before`,
    /// frame before the gap minus the one before that) and after it; `frames` is the number of steps over the gap.
    pub(super) fn new(across: &Flow, step_before: Option<&Flow>, step_after: Option<&Flow>, frames: f32) -> Self {
        let bend = |step: &Flow| difference(step, frames, across);
        Self { start: step_before.map(bend), end: step_after.map(bend) }
    }

    /// Added to the even displacement at time `t` (`0..=1`), for the pixel `(x, y)` of the frame before the gap.
    #[inline]
    pub(super) fn at(&self, x: usize, y: usize, t: f32) -> (f32, f32) {
        let read = |flow: &Option<Flow>| flow.as_ref().map(|f| (f.u.at(x, y), f.v.at(x, y)));
        match (read(&self.start), read(&self.end)) {
            // cubic Hermite with end slopes mean + bend
            (Some(s), Some(e)) => {
                let (ks, ke) = (t * (1.0 - t) * (1.0 - t), -t * t * (1.0 - t));
                (ks * s.0 + ke * e.0, ks * s.1 + ke * e.1)
            }
            // the parabola with one end slope given
            (Some(s), None) => (t * (1.0 - t) * s.0, t * (1.0 - t) * s.1),
            (None, Some(e)) => (-t * (1.0 - t) * e.0, -t * (1.0 - t) * e.1),
            (None, None) => (0.0, 0.0),
        }
    }
}

/// `frames · step − across`, limited and smoothed.
fn difference(step: &Flow, frames: f32, across: &Flow) -> Flow {
    let (width, height) = (across.u.width(), across.u.height());
    let limited = |x: usize, y: usize| {
        let (u, v) = (across.u.at(x, y), across.v.at(x, y));
        let (du, dv) = (frames * step.u.at(x, y) - u, frames * step.v.at(x, y) - v);
        let limit = LARGEST_CHANGE * u.hypot(v) + SLACK_PX;
        let shrink = (limit / du.hypot(dv).max(1e-6)).min(1.0);
        (du * shrink, dv * shrink)
    };
    Flow {
        u: blur(&Plane::from_fn(width, height, |x, y| limited(x, y).0), SMOOTH_SIGMA),
        v: blur(&Plane::from_fn(width, height, |x, y| limited(x, y).1), SMOOTH_SIGMA),
    }
}

/// A step known on the other frame's pixels, read where this frame's pixels go, with its sign as given.
pub(super) fn carried(step: &Flow, along: &Flow, sign: f32) -> Flow {
    let (width, height) = (along.u.width(), along.u.height());
    let read = |plane: &Plane<f32>, x: usize, y: usize| {
        sign * sample::bilinear(plane, x as f32 + along.u.at(x, y), y as f32 + along.v.at(x, y))
    };
    Flow {
        u: Plane::from_fn(width, height, |x, y| read(&step.u, x, y)),
        v: Plane::from_fn(width, height, |x, y| read(&step.v, x, y)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_abs_diff_eq;

    fn flow(u: f32) -> Flow {
        Flow { u: Plane::filled(8, 6, u), v: Plane::filled(8, 6, 0.0) }
    }

    #[test]
    fn a_parabola_is_followed_exactly() {
        // x(t) = 4 t + 6 t² over 5 steps: across 10, start slope 4, end slope 16, even pace 10 t
        let x = |t: f32| 4.0 * t + 6.0 * t * t;
        let bend = Bend::new(&flow(10.0), Some(&flow(4.0 / 5.0)), Some(&flow(16.0 / 5.0)), 5.0);
        for t in [0.2, 0.5, 0.8] {
            assert_abs_diff_eq!(10.0 * t + bend.at(3, 3, t).0, x(t), epsilon = 1e-4);
        }
        let start_only = Bend::new(&flow(10.0), Some(&flow(4.0 / 5.0)), None, 5.0);
        assert_abs_diff_eq!(7.0 + start_only.at(3, 3, 0.7).0, x(0.7), epsilon = 1e-4);
        let end_only = Bend::new(&flow(10.0), None, Some(&flow(16.0 / 5.0)), 5.0);
        assert_abs_diff_eq!(7.0 + end_only.at(3, 3, 0.7).0, x(0.7), epsilon = 1e-4);
    }

    #[test]
    fn a_wild_neighbour_does_not_bend_the_path() {
        let bend = Bend::new(&flow(0.0), Some(&flow(40.0)), None, 5.0);
        assert!(bend.at(3, 3, 0.5).0 <= 0.25 * SLACK_PX + 1e-4);
        assert_eq!(Bend::EVEN.at(0, 0, 0.5), (0.0, 0.0));
    }
}
