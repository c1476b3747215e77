//! The motion between two good frames, both ways, with what each of them cannot see of the other.

use super::fill;
use crate::{
    flow::{self, Flow, Params, Pyramid},
    frame::{Picture, Plane, Size, pyramid},
};

/// Longest side, pixels, at which motion is estimated; finer motion is resampled, not re-estimated.
pub(super) const WORKING_SIDE: usize = 960;
/// Forward–backward tolerance: squared error, pixels², that is allowed at rest, and its growth with the squared
/// motion (Sundaram, Brox, Keutzer, ECCV 2010).
const REST_TOLERANCE: f32 = 0.5;
const MOTION_TOLERANCE: f32 = 0.01;

/// One frame as the motion estimator sees it.
pub(super) struct View {
    pub(super) small: Picture,
    pyramid: Pyramid,
}

impl View {
    pub(super) fn new(picture: &Picture, params: &Params) -> Self {
        let small = pyramid::resize_picture(picture, picture.size().fit(WORKING_SIDE));
        let pyramid = Pyramid::new(&small.luma(), params);
        Self { small, pyramid }
    }

    pub(super) fn size(&self) -> Size {
        self.small.size()
    }

    /// Where each pixel of `self` is found in `other`.
    pub(super) fn flow_to(&self, other: &Self, params: &Params) -> Flow {
        flow::dense_prepared(&self.pyramid, &other.pyramid, params, None)
    }
}

/// Where one frame's pixels go in the other.
pub(super) struct Side {
    /// Displacement to the other frame, pixels of the working size; extrapolated where the surface is hidden there.
    pub(super) flow: Flow,
    /// How sure it is that the other frame shows the pixel too, `0..=1`.
    pub(super) shared: Plane<f32>,
}

/// Motion between frames `a` and `b`.
pub(super) struct Motion {
    pub(super) from_a: Side,
    pub(super) from_b: Side,
}

impl Motion {
    pub(super) fn between(a: &View, b: &View, params: &Params) -> Self {
        let forward = a.flow_to(b, params);
        let backward = b.flow_to(a, params);
        let shared_a = shared(&forward, &backward);
        let shared_b = shared(&backward, &forward);
        Self {
            from_a: Side { flow: fill::fill(&forward, &shared_a, &a.small), shared: shared_a },
            from_b: Side { flow: fill::fill(&backward, &shared_b, &b.small), shared: shared_b },
        }
    }
}

/// 1 where going there and back ends at the start, falling to ½ at the tolerance, 0 where it leaves the frame.
fn shared(forward: &Flow, backward: &Flow) -> Plane<f32> {
    let error = flow::consistency(forward, backward);
    let (width, height) = (error.width(), error.height());
    Plane::from_fn(width, height, |x, y| {
        let (u, v, e) = (forward.u.at(x, y), forward.v.at(x, y), error.at(x, y));
        // both ways are about equally long
        let tolerance = REST_TOLERANCE + MOTION_TOLERANCE * 2.0 * (u * u + v * v);
        let ratio = e * e / tolerance;
        1.0 / (1.0 + ratio * ratio)
    })
}
