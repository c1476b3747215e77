//! The one homography that explains most of a frame.

use super::{
    super::{canvas::Canvas, correlation::NOISE_VARIANCE},
    BELIEVED,
    candidate::Candidate,
};
use crate::{
    flow::Flow,
    frame::{
        Plane,
        simd::{self, Kernel},
    },
    geometry::{Homography, Match, Point, Robust, fit_homography},
};

/// Residual of a homography's inliers, pixels.
const PLANE_THRESHOLD: f64 = 2.0;
/// Distance between the matches from which the homography is fitted, as a share of the longer side.
const MATCH_STEP: usize = 40;

/// The homography that most believed displacements follow; the identity where none does.
pub(super) fn dominant_plane(canvas: &Canvas, candidate: &Candidate, inside: &Plane<f32>) -> Homography {
    let size = canvas.size();
    let step = (size.width.max(size.height) / MATCH_STEP).max(1);
    let mut matches = Vec::new();
    for y in (step / 2..size.height).step_by(step) {
        for x in (step / 2..size.width).step_by(step) {
            let believed = candidate.correlation.likeness.at(x, y) > BELIEVED && inside.at(x, y) > 0.0;
            if believed && canvas.structure.variance().at(x, y) > 4.0 * NOISE_VARIANCE {
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

/// The displacements that a homography gives each pixel of the canvas.
pub(super) fn field_of(plane: &Homography, canvas: &Canvas) -> Flow {
    if *plane == Homography::identity() {
        return Flow::still(canvas.size());
    }
    let mut field = Flow::unwritten(canvas.size());
    simd::run(Project { plane: plane.0.map(|row| row.map(|v| v as f32)), field: &mut field });
    field
}

/// The displacements that a homography gives each pixel; 0 where they are not finite.
struct Project<'a> {
    plane: [[f32; 3]; 3],
    field: &'a mut Flow,
}

impl Kernel for Project<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { plane: [a, b, c], field } = self;
        for y in 0..field.u.height() {
            let fy = y as f32;
            for (x, (u, v)) in field.u.row_mut(y).iter_mut().zip(field.v.row_mut(y)).enumerate() {
                let fx = x as i32 as f32;
                let w = c[0] * fx + c[1] * fy + c[2];
                let (px, py) = ((a[0] * fx + a[1] * fy + a[2]) / w - fx, (b[0] * fx + b[1] * fy + b[2]) / w - fy);
                let finite = px.is_finite() & py.is_finite();
                (*u, *v) = if finite { (px, py) } else { (0.0, 0.0) };
            }
        }
    }
}
