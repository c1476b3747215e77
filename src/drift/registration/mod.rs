//! Where every pixel of the seed is in the frame: anchored to the seed at each frame, so that errors do not add up.
//!
//! Two starts are tried: the whole field of the frame before, smoothed where it was not sure (it follows several bodies), and one
//! homography for all (it forgets what went wrong). The frame is pulled back by the start, flow finds what is left, and each
//! place keeps the start whose result looks more like the seed. After a sudden fall of the likeness, a homography that makes good
//! most of it is taken whole: what was out of shape for a moment leaves a field that does not find back by itself.

mod candidate;
mod fall;
mod plane;

use super::{canvas::Canvas, correlation::Correlation, window};
use crate::{
    flow::{self, Flow, Params},
    frame::{
        Plane,
        sample::{LANES, first_lanes},
        simd::{self, Kernel},
    },
    geometry::Homography,
};
use candidate::{Candidate, choose};
use fall::Fall;
use plane::{dominant_plane, field_of};

/// Radius over which the field is smoothed before it serves as the next start, pixels.
const SMOOTH: usize = 4;
/// Likeness from which a displacement is believed.
pub(crate) const BELIEVED: f32 = 0.6;
/// Starts that differ by less than this everywhere are one start, pixels.
const SAME_START: f32 = 0.75;
/// Mean likeness below which the second start is tried, too.
const DOUBTFUL: f32 = 0.8;
/// Share of a fall that one homography must make good to show that it is over: a bulge that is gone lets it make good 80 %, print that is
/// readable again 68 %, print that stays garbled 56 % in most frames and 66 % in the one that shows it best.
const HEALED: f32 = 0.6;
/// Mean likeness below which the search starts afresh.
const LOST: f32 = 0.5;

/// A frame laid back onto the seed.
#[derive(Clone, Debug)]
pub(crate) struct Registered {
    /// `frame_from_seed`, pixels of the canvas.
    pub flow: Flow,
    /// The frame's luma pulled onto the seed.
    pub luma: Plane<f32>,
    /// Likeness to the seed around every pixel.
    pub correlation: Correlation,
    /// 1 where the seed shows and its pixel is inside the frame, else 0.
    pub inside: Plane<f32>,
}

/// Follows the seed through a clip.
#[derive(Clone, Debug)]
pub(crate) struct Registrar {
    params: Params,
    before: Option<(Flow, Homography)>,
    fall: Fall,
}

impl Registrar {
    /// A registrar that has seen no frame yet.
    pub(crate) fn new(params: Params) -> Self {
        Self { params, before: None, fall: Fall::default() }
    }

    /// Lays the next frame's luma (`0..=255`, canvas size) onto the seed.
    pub(crate) fn register(&mut self, canvas: &Canvas, frame: &Plane<f32>) -> Registered {
        let still = || Flow::still(canvas.size());
        let Some((field, plane)) = &self.before else {
            let first = self.start_at(canvas, frame, &still());
            return self.keep(canvas, first);
        };
        let mut best = self.start_at(canvas, frame, field);
        let mut by_plane = None;
        if best.likeness < DOUBTFUL || self.fall.begins(best.likeness) {
            let plane = field_of(plane, canvas);
            if differ(field, &plane) > SAME_START {
                let other = by_plane.insert(self.start_at(canvas, frame, &plane));
                best = choose(canvas, frame, best, other);
            }
        }
        if best.likeness < LOST {
            best = choose(canvas, frame, best, &self.start_at(canvas, frame, &still()));
        }
        let fallen = self.fall.depth(best.likeness);
        if fallen > 0.0 {
            let afresh = by_plane.unwrap_or_else(|| self.start_at(canvas, frame, &field_of(plane, canvas)));
            if afresh.likeness - best.likeness > HEALED * fallen {
                best = afresh;
            }
        }
        self.keep(canvas, best)
    }

    /// Takes a frame's best candidate, from which the next frame starts.
    fn keep(&mut self, canvas: &Canvas, best: Candidate) -> Registered {
        let inside = best.inside(canvas);
        self.fall.go_on(best.likeness);
        let plane = dominant_plane(canvas, &best, &inside);
        let field = smoothed(&best, &inside, &field_of(&plane, canvas));
        self.before = Some((field, plane));
        Registered { flow: best.flow, luma: best.luma, correlation: best.correlation, inside }
    }

    fn start_at(&self, canvas: &Canvas, frame: &Plane<f32>, start: &Flow) -> Candidate {
        let pulled = flow::warp(frame, start);
        let rest =
            flow::dense_prepared(&canvas.pyramid, &flow::Pyramid::new(&pulled, &self.params), &self.params, None);
        Candidate::new(canvas, frame, flow::chain(&rest, start))
    }
}

/// The field, smoothed by how far it is believed, falling back on the dominant plane where nothing near is.
fn smoothed(candidate: &Candidate, inside: &Plane<f32>, by_plane: &Flow) -> Flow {
    let weight = candidate.correlation.likeness.zip(inside, |likeness, inside| {
        let weight = (likeness - 0.2).max(0.0) * inside;
        weight * weight + 1e-4
    });
    let total = window::mean(&weight, SMOOTH);
    let fill = |value: &Plane<f32>, plane: &Plane<f32>| {
        let beyond = value.zip(plane, |value, plane| value - plane);
        let mut smooth = window::mean_product(&beyond, &weight, SMOOTH);
        simd::run(Refill { smooth: smooth.data_mut(), total: total.data(), plane: plane.data() });
        smooth
    };
    Flow { u: fill(&candidate.flow.u, &by_plane.u), v: fill(&candidate.flow.v, &by_plane.v) }
}

/// Weighted sums become means again, on top of the plane.
struct Refill<'a> {
    smooth: &'a mut [f32],
    total: &'a [f32],
    plane: &'a [f32],
}

impl Kernel for Refill<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { smooth, total, plane } = self;
        for ((smooth, total), plane) in smooth.iter_mut().zip(total).zip(plane) {
            *smooth = *smooth / total + plane;
        }
    }
}

fn differ(a: &Flow, b: &Flow) -> f32 {
    let most = |a: &Plane<f32>, b: &Plane<f32>| {
        let mut most = [0.0f32; LANES];
        for (a, b) in a.data().chunks(LANES).zip(b.data().chunks(LANES)) {
            let (a, b) = (first_lanes(a), first_lanes(b));
            for i in 0..LANES {
                most[i] = most[i].max((a[i] - b[i]).abs());
            }
        }
        most.into_iter().fold(0.0, f32::max)
    };
    most(&a.u, &b.u).max(most(&a.v, &b.v))
}

#[cfg(test)]
mod tests {
    use super::{super::ruler::careful_flow, *};
    use crate::frame::{Picture, Size, pyramid, sample::bilinear};

    /// Half of the bulge's width, pixels, and how far it moves what lies halfway out.
    const BULGE: (f32, f32) = (100.0, 30.0);

    /// `still` with a bulge in its middle.
    fn bulged(still: &Plane<f32>) -> Plane<f32> {
        let (w, h) = (still.width(), still.height());
        let (radius, size) = BULGE;
        Plane::from_fn(w, h, |x, y| {
            let (dx, dy) = (x as f32 - w as f32 / 2.0, y as f32 - h as f32 / 2.0);
            let out = (dx.hypot(dy) / radius).clamp(1e-3, 1.0);
            let inwards = 4.0 * size * out * (1.0 - out) / (out * radius);
            bilinear(still, x as f32 - inwards * dx, y as f32 - inwards * dy)
        })
    }

    #[test]
    fn what_was_out_of_shape_for_a_moment_is_found_in_its_place_again() {
        let still = image::load_from_memory(include_bytes!("../../../fixtures/stills/box.png")).unwrap().to_rgb8();
        let original = Size::new(still.width() as usize, still.height() as usize);
        let luma = pyramid::resize(&Picture::from_rgb8(original, still.as_raw()).luma(), original.fit(512));
        let canvas = Canvas::of_luma(&luma);
        let mut registrar = Registrar::new(careful_flow());
        let mut lost = |frame: &Plane<f32>| {
            let registered = registrar.register(&canvas, frame);
            let lengths = registered.flow.u.data().iter().zip(registered.flow.v.data()).map(|(u, v)| u.hypot(*v));
            lengths.filter(|length| *length > 2.0).count() as f32 / luma.data().len() as f32
        };
        let fault = bulged(&luma);
        for _ in 0..3 {
            assert!(lost(&luma) < 0.01);
        }
        let during = (0..6).map(|_| lost(&fault)).fold(1.0, f32::min);
        let after = lost(&luma);
        assert!(during > 0.1 && after < 0.02, "{during} {after}");
    }
}
