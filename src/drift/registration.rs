//! Where every pixel of the seed is in the frame: anchored to the seed at each frame, so that errors do not add up.
//!
//! Two starts are tried: the whole field of the frame before, smoothed where it was not sure (it follows several bodies), and one
//! homography for all (it forgets what went wrong). The frame is pulled back by the start, flow finds what is left, and each
//! place keeps the start whose result looks more like the seed.

use super::{canvas::Canvas, correlation::Correlation, cubic, window};
use crate::{
    flow::{self, Flow, Params},
    frame::{Plane, sample::bilinear},
    geometry::{Homography, Match, Point, Robust, fit_homography},
};

/// Radius over which likeness is pooled when one start is preferred to the other, pixels.
const CHOICE: usize = 12;
/// Radius over which the field is smoothed before it serves as the next start, pixels.
const SMOOTH: usize = 4;
/// Likeness from which a displacement is believed.
pub(crate) const BELIEVED: f32 = 0.6;
/// Starts that differ by less than this everywhere are one start, pixels.
const SAME_START: f32 = 0.75;
/// Residual of a homography's inliers, pixels.
const PLANE_THRESHOLD: f64 = 2.0;
/// Distance between the matches from which the homography is fitted, as a share of the longer side.
const MATCH_STEP: usize = 40;

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
}

impl Registrar {
    /// A registrar that has seen no frame yet.
    pub(crate) fn new(params: Params) -> Self {
        Self { params, before: None }
    }

    /// Lays the next frame's luma (`0..=255`, canvas size) onto the seed.
    pub(crate) fn register(&mut self, canvas: &Canvas, frame: &Plane<f32>) -> Registered {
        let still = Flow::still(canvas.size());
        let mut best = match &self.before {
            None => self.from_start(canvas, frame, &still),
            Some((field, plane)) => {
                let by_plane = field_of(plane, canvas);
                let by_field = self.from_start(canvas, frame, field);
                if differ(field, &by_plane) < SAME_START {
                    by_field
                } else {
                    choose(canvas, frame, by_field, self.from_start(canvas, frame, &by_plane))
                }
            }
        };
        if self.before.is_some() && mean_likeness(canvas, &best.correlation) < 0.5 {
            best = choose(canvas, frame, best, self.from_start(canvas, frame, &still));
        }
        let plane = dominant_plane(canvas, &best);
        let field = smoothed(canvas, &best, &plane);
        self.before = Some((field, plane));
        Registered { flow: best.flow, luma: best.luma, correlation: best.correlation, inside: best.inside }
    }

    fn from_start(&self, canvas: &Canvas, frame: &Plane<f32>, start: &Flow) -> Candidate {
        let pulled = flow::warp(frame, start);
        let rest =
            flow::dense_prepared(&canvas.pyramid, &flow::Pyramid::new(&pulled, &self.params), &self.params, None);
        let flow = Flow::from_fn(canvas.size(), |x, y| {
            let (u, v) = rest.at(x, y);
            let (px, py) = (x as f32 + u, y as f32 + v);
            (u + bilinear(&start.u, px, py), v + bilinear(&start.v, px, py))
        });
        Candidate::new(canvas, frame, flow)
    }
}

struct Candidate {
    flow: Flow,
    luma: Plane<f32>,
    correlation: Correlation,
    inside: Plane<f32>,
}

impl Candidate {
    fn new(canvas: &Canvas, frame: &Plane<f32>, flow: Flow) -> Self {
        let luma = cubic::warp(frame, &flow);
        let correlation = canvas.structure.with(&luma);
        let (right, bottom) = ((frame.width() as f32 - 1.0).max(0.0), (frame.height() as f32 - 1.0).max(0.0));
        let inside = Plane::from_fn(frame.width(), frame.height(), |x, y| {
            let (u, v) = flow.at(x, y);
            let (px, py) = (x as f32 + u, y as f32 + v);
            if px >= 0.0 && py >= 0.0 && px <= right && py <= bottom { canvas.visible.at(x, y) } else { 0.0 }
        });
        Self { flow, luma, correlation, inside }
    }
}

/// Keeps, place by place, the candidate that looks more like the seed around there.
fn choose(canvas: &Canvas, frame: &Plane<f32>, a: Candidate, b: Candidate) -> Candidate {
    let (near_a, near_b) =
        (window::mean(&a.correlation.likeness, CHOICE), window::mean(&b.correlation.likeness, CHOICE));
    let better = |x: usize, y: usize| near_b.at(x, y) > near_a.at(x, y) + 0.02;
    let flow = Flow::from_fn(canvas.size(), |x, y| if better(x, y) { b.flow.at(x, y) } else { a.flow.at(x, y) });
    Candidate::new(canvas, frame, flow)
}

fn mean_likeness(canvas: &Canvas, correlation: &Correlation) -> f32 {
    let (mut sum, mut count) = (0.0f64, 0.0f64);
    for ((&l, &v), &seen) in
        correlation.likeness.data().iter().zip(canvas.structure.variance().data()).zip(canvas.visible.data())
    {
        if v > super::correlation::NOISE_VARIANCE * 4.0 && seen > 0.0 {
            sum += f64::from(l);
            count += 1.0;
        }
    }
    if count > 0.0 { (sum / count) as f32 } else { 1.0 }
}

/// The homography that most believed displacements follow; the identity where none does.
fn dominant_plane(canvas: &Canvas, candidate: &Candidate) -> Homography {
    let size = canvas.size();
    let step = (size.width.max(size.height) / MATCH_STEP).max(1);
    let mut matches = Vec::new();
    for y in (step / 2..size.height).step_by(step) {
        for x in (step / 2..size.width).step_by(step) {
            let believed = candidate.correlation.likeness.at(x, y) > BELIEVED && candidate.inside.at(x, y) > 0.0;
            if believed && canvas.structure.variance().at(x, y) > 4.0 * super::correlation::NOISE_VARIANCE {
                let (u, v) = candidate.flow.at(x, y);
                let from = Point { x: x as f64, y: y as f64 };
                let to = Point { x: from.x + f64::from(u), y: from.y + f64::from(v) };
                matches.push(Match { from, to, weight: 1.0 });
            }
        }
    }
    fit_homography(&matches, &Robust { threshold_px: PLANE_THRESHOLD, iterations: 200, seed: 1 })
        .filter(|fit| fit.inlier_fraction > 0.25)
        .map_or_else(Homography::identity, |fit| fit.model)
}

fn field_of(plane: &Homography, canvas: &Canvas) -> Flow {
    Flow::from_fn(canvas.size(), |x, y| {
        let to = plane.apply(Point { x: x as f64, y: y as f64 });
        let (u, v) = ((to.x - x as f64) as f32, (to.y - y as f64) as f32);
        if u.is_finite() && v.is_finite() { (u, v) } else { (0.0, 0.0) }
    })
}

/// The field, smoothed by how far it is believed, falling back on the dominant plane where nothing near is.
fn smoothed(canvas: &Canvas, candidate: &Candidate, plane: &Homography) -> Flow {
    let by_plane = field_of(plane, canvas);
    let mut weight = candidate.correlation.likeness.clone();
    for (w, &inside) in weight.data_mut().iter_mut().zip(candidate.inside.data()) {
        *w = ((*w - 0.2).max(0.0) * inside).powi(2) + 1e-4;
    }
    let fill = |value: &Plane<f32>, plane: &Plane<f32>| {
        let mut beyond = value.clone();
        for (b, &p) in beyond.data_mut().iter_mut().zip(plane.data()) {
            *b -= p;
        }
        let mut smooth = window::weighted_mean(&beyond, &weight, SMOOTH, 0.0);
        for (s, &p) in smooth.data_mut().iter_mut().zip(plane.data()) {
            *s += p;
        }
        smooth
    };
    Flow { u: fill(&candidate.flow.u, &by_plane.u), v: fill(&candidate.flow.v, &by_plane.v) }
}

fn differ(a: &Flow, b: &Flow) -> f32 {
    let most =
        |a: &Plane<f32>, b: &Plane<f32>| a.data().iter().zip(b.data()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    most(&a.u, &b.u).max(most(&a.v, &b.v))
}
