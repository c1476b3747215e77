//! New frames between two good ones: two-sided flow interpolation with occlusion reasoning.
//!
//! Both frames are read backwards from the new one (sharp, unlike splatted colours) and blended in display-referred
//! values: codec noise is even there, and a ghost of a bright edge is not favoured as it is in linear light. What only
//! one of them shows is taken from that one.

use super::{
    motion::{Motion, View},
    path::{Bend, carried},
    projection::{Looks, Projection, project},
    resample::{blur, cubic},
};
use crate::{
    flow::{Flow, Params, Preset},
    frame::{Picture, Plane, sample},
};
use rayon::prelude::*;

/// Softening of the choice between the two frames, pixels of the working size: hides the seams of occlusions.
const SEAM_SIGMA: f32 = 1.0;
/// Difference between the two frames' colours (R'G'B', Euclidean) from which the one with the larger share takes over:
/// there they do not show the same thing, and a mixture would show both.
const GHOST: f32 = 0.12;

/// Two good frames with the motion between them, ready to be read at any moment between.
pub struct Between {
    before: Picture,
    after: Picture,
    a: View,
    b: View,
    motion: Motion,
    bends: [Bend; 2],
}

/// The good frames around a gap.
pub struct Banks {
    /// The frame before `before`, one step earlier, if it is good.
    pub earlier: Option<Picture>,
    /// The last good frame before the gap.
    pub before: Picture,
    /// The first good frame after the gap.
    pub after: Picture,
    /// The frame after `after`, one step later, if it is good.
    pub later: Option<Picture>,
    /// Time from `before` to `after`, in units of one step before or after.
    pub steps: f32,
}

impl Between {
    /// Estimates the motion. All pictures must have the size of `before`.
    pub fn new(banks: Banks) -> Self {
        let params = Params::from(Preset::Fine);
        let (a, b) = (View::new(&banks.before, &params), View::new(&banks.after, &params));
        let motion = Motion::between(&a, &b, &params);
        let step =
            |at: &View, neighbour: Option<&Picture>| neighbour.map(|n| at.flow_to(&View::new(n, &params), &params));
        // both steps point away from the gap
        let back = step(&a, banks.earlier.as_ref());
        let on = step(&b, banks.later.as_ref());
        let bends = [
            bend(&motion.from_a.flow, back.as_ref(), on.as_ref(), banks.steps),
            bend(&motion.from_b.flow, on.as_ref(), back.as_ref(), banks.steps),
        ];
        Self { before: banks.before, after: banks.after, a, b, motion, bends }
    }

    /// The picture at time `t`: 0 is the frame before, 1 the frame after.
    pub fn at(&self, t: f32) -> Picture {
        let t = t.clamp(0.0, 1.0);
        let looks = Looks { a: &self.a.small, b: &self.b.small };
        let mut projection = project(&self.motion, &self.bends, &looks, t);
        projection.share_of_b = blur(&projection.share_of_b, SEAM_SIGMA);
        self.render(&projection, t)
    }

    fn render(&self, projection: &Projection, t: f32) -> Picture {
        let (size, work) = (self.before.size(), self.a.size());
        let (sx, sy) = (size.width as f32 / work.width as f32, size.height as f32 / work.height as f32);
        let (right, bottom) = (size.width as f32 - 0.5, size.height as f32 - 0.5);
        let inside = |x: f32, y: f32| x > -0.5 && y > -0.5 && x < right && y < bottom;
        let pixel = |x: usize, y: usize| {
            let (wx, wy) = ((x as f32 + 0.5) / sx - 0.5, (y as f32 + 0.5) / sy - 0.5);
            let read = |plane: &Plane<f32>| sample::bilinear(plane, wx, wy);
            let place = |flow: &Flow| (x as f32 + sx * read(&flow.u), y as f32 + sy * read(&flow.v));
            let ((ax, ay), (bx, by)) = (place(&projection.to_a), place(&projection.to_b));
            let share = match (inside(ax, ay), inside(bx, by)) {
                (true, false) => 0.0,
                (false, true) => 1.0,
                (true, true) => read(&projection.share_of_b),
                (false, false) => t,
            };
            let (a, b) = (cubic(&self.before, ax, ay), cubic(&self.after, bx, by));
            mix(a, b, share)
        };
        let rows: Vec<Vec<[f32; 3]>> =
            (0..size.height).into_par_iter().map(|y| (0..size.width).map(|x| pixel(x, y)).collect()).collect();
        Picture {
            rgb: [0, 1, 2].map(|c| Plane::from_fn(size.width, size.height, |x, y| rows[y][x][c].clamp(0.0, 1.0))),
        }
    }
}

fn bend(across: &Flow, back: Option<&Flow>, on: Option<&Flow>, steps: f32) -> Bend {
    let negated = |f: &Flow| Flow { u: f.u.map(|v| -v), v: f.v.map(|v| -v) };
    let step_before = back.map(negated);
    let step_after = on.map(|step| carried(step, across, 1.0));
    Bend::new(across, step_before.as_ref(), step_after.as_ref(), steps)
}

/// Mixes two colours; where they differ much the larger share takes over.
fn mix(a: [f32; 3], b: [f32; 3], share_of_b: f32) -> [f32; 3] {
    let difference = (0..3).map(|c| (a[c] - b[c]).powi(2)).sum::<f32>().sqrt();
    let sharpness = 1.0 + 3.0 * (difference / GHOST).min(2.0);
    let (pa, pb) = ((1.0 - share_of_b).powf(sharpness), share_of_b.powf(sharpness));
    let share = pb / (pa + pb).max(f32::MIN_POSITIVE);
    [0, 1, 2].map(|c| a[c] + (b[c] - a[c]) * share)
}
