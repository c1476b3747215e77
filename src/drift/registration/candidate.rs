//! What a start leads to, and which of two suits the frame better.

use super::super::{
    canvas::Canvas,
    correlation::{Correlation, NOISE_VARIANCE},
    cubic, window,
};
use crate::{
    flow::Flow,
    frame::{
        Plane,
        sample::{LANES, first_lanes},
        simd::{self, Kernel},
    },
};

/// Radius over which likeness is pooled when one start is preferred to the other, pixels.
const CHOICE: usize = 12;

/// A flow from the seed into a frame, and what the frame looks like through it.
pub(super) struct Candidate {
    pub(super) flow: Flow,
    pub(super) luma: Plane<f32>,
    pub(super) correlation: Correlation,
    /// Mean over the seed's visible texture.
    pub(super) likeness: f32,
}

impl Candidate {
    pub(super) fn new(canvas: &Canvas, frame: &Plane<f32>, flow: Flow) -> Self {
        let luma = cubic::warp(frame, &flow);
        let correlation = canvas.structure.with(&luma);
        let likeness = mean_likeness(canvas, &correlation);
        Self { flow, luma, correlation, likeness }
    }

    /// 1 where the seed shows and its pixel is inside the frame.
    pub(super) fn inside(&self, canvas: &Canvas) -> Plane<f32> {
        let mut inside = Plane::unwritten(canvas.visible.width(), canvas.visible.height());
        simd::run(Inside { visible: &canvas.visible, flow: &self.flow, out: &mut inside });
        inside
    }
}

/// What is visible, as far as the flow does not lead out of the frame.
struct Inside<'a> {
    visible: &'a Plane<f32>,
    flow: &'a Flow,
    out: &'a mut Plane<f32>,
}

impl Kernel for Inside<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { visible, flow, out } = self;
        let (w, h) = (out.width(), out.height());
        let (right, bottom) = ((w as f32 - 1.0).max(0.0), (h as f32 - 1.0).max(0.0));
        for y in 0..h {
            let moves = flow.u.row(y).iter().zip(flow.v.row(y));
            let pixels = out.row_mut(y).iter_mut().zip(visible.row(y)).zip(moves);
            for (x, ((out, visible), (u, v))) in pixels.enumerate() {
                let (px, py) = (x as i32 as f32 + u, y as f32 + v);
                // no short cut between the four: it would be a branch for every pixel
                let within = [px >= 0.0, py >= 0.0, px <= right, py <= bottom].map(u32::from);
                let within = (within[0] & within[1]) & (within[2] & within[3]);
                *out = if within > 0 { *visible } else { 0.0 };
            }
        }
    }
}

/// Keeps, place by place, the candidate that looks more like the seed around there.
pub(super) fn choose(canvas: &Canvas, frame: &Plane<f32>, a: Candidate, b: &Candidate) -> Candidate {
    let (near_a, near_b) =
        (window::mean(&a.correlation.likeness, CHOICE), window::mean(&b.correlation.likeness, CHOICE));
    let better: Vec<bool> = near_a.data().iter().zip(near_b.data()).map(|(a, b)| *b > a + 0.02).collect();
    if !better.contains(&true) {
        return a;
    }
    let mut flow = a.flow;
    let planes = flow.u.data_mut().iter_mut().zip(flow.v.data_mut()).zip(b.flow.u.data().iter().zip(b.flow.v.data()));
    for (((u, v), (&bu, &bv)), _) in planes.zip(&better).filter(|(_, better)| **better) {
        (*u, *v) = (bu, bv);
    }
    Candidate::new(canvas, frame, flow)
}

fn mean_likeness(canvas: &Canvas, correlation: &Correlation) -> f32 {
    let planes = [&correlation.likeness, canvas.structure.variance(), &canvas.visible].map(Plane::data);
    let (sum, count) = simd::run(VisibleTexture(planes));
    if count > 0.0 { (sum / count) as f32 } else { 1.0 }
}

/// Sum of the likeness where there is visible texture, and how many pixels that are: of likeness, variance and visibility.
struct VisibleTexture<'a>([&'a [f32]; 3]);

impl Kernel for VisibleTexture<'_> {
    type Output = (f64, f64);

    #[inline(always)]
    fn run(self) -> (f64, f64) {
        let Self([likeness, variance, visible]) = self;
        let (mut sums, mut counts) = ([0.0f64; LANES], [0u32; LANES]);
        for ((likeness, variance), visible) in
            likeness.chunks(LANES).zip(variance.chunks(LANES)).zip(visible.chunks(LANES))
        {
            let (likeness, variance, visible) = (first_lanes(likeness), first_lanes(variance), first_lanes(visible));
            for i in 0..LANES {
                let textured = u32::from(variance[i] > NOISE_VARIANCE * 4.0);
                let counts_here = textured & u32::from(visible[i] > 0.0);
                // of bits the compiler makes vectors, and of a condition none
                sums[i] += f64::from(f32::from_bits(likeness[i].to_bits() & counts_here.wrapping_neg()));
                counts[i] += counts_here;
            }
        }
        (sums.iter().sum(), f64::from(counts.iter().sum::<u32>()))
    }
}
