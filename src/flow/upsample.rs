//! Flow from one resolution to another.
//!
//! Pixel `x` of a level lies at `2x + 0.5` of the next finer one, as in [`super::Pyramid`].

use super::Flow;
use crate::frame::{
    Plane, Size,
    sample::{LANES, bilinear},
    simd::{self, Kernel},
};
use rayon::prelude::*;

/// The flow of a level on the next finer one, of `size`: bilinear, displacements doubled.
pub(super) fn double(coarse: &Flow, size: Size) -> Flow {
    Flow { u: double_plane(&coarse.u, size), v: double_plane(&coarse.v, size) }
}

fn double_plane(coarse: &Plane<f32>, size: Size) -> Plane<f32> {
    let mut fine = Plane::unwritten(size.width, size.height);
    fine.data_mut().par_chunks_mut(ROWS * size.width).enumerate().for_each(|(band, out)| {
        simd::run(Band { coarse, top: band * ROWS, width: size.width, out });
    });
    fine
}

/// Rows that one task fills.
const ROWS: usize = 32;

/// The rows from `top` on of the finer plane.
struct Band<'a> {
    coarse: &'a Plane<f32>,
    top: usize,
    width: usize,
    out: &'a mut [f32],
}

impl Kernel for Band<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { coarse, top, width, out } = self;
        // the coarse row between whose samples the fine ones lie, with its border repeated on both sides
        let mut line = vec![0.0; coarse.width() + 2];
        for (y, out) in out.chunks_exact_mut(width).enumerate() {
            let (near, far) = neighbours(top + y, coarse.height() - 1);
            for ((line, near), far) in line[1..].iter_mut().zip(coarse.row(near)).zip(coarse.row(far)) {
                *line = 1.5 * near + 0.5 * far;
            }
            line[0] = line[1];
            line[coarse.width() + 1] = line[coarse.width()];
            let (runs, rest) = out.as_chunks_mut::<{ 2 * LANES }>();
            let mut at = 0;
            for run in runs {
                let near: &[f32; LANES + 2] = line[at..].first_chunk().expect("half as long, and two more");
                let mut pairs = [0.0; 2 * LANES];
                for i in 0..LANES {
                    pairs[2 * i] = 0.75 * near[i + 1] + 0.25 * near[i];
                    pairs[2 * i + 1] = 0.75 * near[i + 1] + 0.25 * near[i + 2];
                }
                (*run, at) = (pairs, at + LANES);
            }
            for (pair, line) in rest.chunks_mut(2).zip(line[at..].windows(3)) {
                pair[0] = 0.75 * line[1] + 0.25 * line[0];
                if let [_, odd] = pair {
                    *odd = 0.75 * line[1] + 0.25 * line[2];
                }
            }
        }
    }
}

/// The coarse samples that fine sample `i` lies between, the nearer first.
fn neighbours(i: usize, last: usize) -> (usize, usize) {
    let near = (i / 2).min(last);
    let far = if i.is_multiple_of(2) { near.saturating_sub(1) } else { (near + 1).min(last) };
    (near, far)
}

/// Doubles as often as it takes to reach `size`.
pub(super) fn to_size(mut flow: Flow, size: Size) -> Flow {
    let halvings = |side: usize, mut full: usize| {
        let mut count = 0;
        while full > side {
            full = full.div_ceil(2);
            count += 1;
        }
        count
    };
    let count = halvings(flow.u.width(), size.width).max(halvings(flow.u.height(), size.height));
    for level in (0..count).rev() {
        let shrink = |side: usize| (0..level).fold(side, |side, _| side.div_ceil(2));
        flow = double(&flow, Size::new(shrink(size.width), shrink(size.height)));
    }
    flow
}

/// A full-resolution flow sampled on level `number`, displacements in pixels of that level.
pub(super) fn coarse(full: &Flow, number: usize) -> Flow {
    let factor = (1usize << number) as f32;
    let shrink = |side: usize| (0..number).fold(side, |side, _| side.div_ceil(2));
    let plane = |p: &Plane<f32>| {
        Plane::from_fn(shrink(p.width()), shrink(p.height()), |x, y| {
            let at = |i: usize| (i as f32 + 0.5) * factor - 0.5;
            bilinear(p, at(x), at(y)) / factor
        })
    };
    Flow { u: plane(&full.u), v: plane(&full.v) }
}
