//! From patches to pixels.
//!
//! Kroeger et al. 2016, eq. 3: each pixel takes the mean of the displacements of all patches over it, weighted by how well
//! each explains the pixel. The mean difference of the patch is left out, as in the search.

use super::{
    Flow,
    patch::{AREA, PATCH, Window, total},
    pyramid::Level,
    search::Patches,
};
use crate::frame::simd::{self, Kernel};
use rayon::prelude::*;

/// Rows of pixels that one task fills.
const BAND: usize = 16;
/// Differences below this count alike, levels (Kroeger 2016: 1 of 255).
const LEAST_DIFFERENCE: f32 = 1.0;

/// The flow of every pixel of the level.
pub(super) fn dense(from: &Level, to: &Level, patches: &Patches) -> Flow {
    let size = from.size();
    let mut flow = Flow::unwritten(size);
    let us = flow.u.data_mut().par_chunks_mut(BAND * size.width);
    let vs = flow.v.data_mut().par_chunks_mut(BAND * size.width);
    us.zip(vs).enumerate().for_each(|(band, (u, v))| {
        simd::run(Band { from, to, patches, top: band * BAND, u, v });
    });
    flow
}

/// The pixel rows from `top` on, whose displacements are `u` and `v`.
struct Band<'a> {
    from: &'a Level,
    to: &'a Level,
    patches: &'a Patches,
    top: usize,
    u: &'a mut [f32],
    v: &'a mut [f32],
}

impl Kernel for Band<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { from, to, patches, top, u, v } = self;
        let width = from.size().width;
        let bottom = top + u.len() / width;
        let mut weights = vec![0.0f32; u.len()];
        u.fill(0.0);
        v.fill(0.0);
        for (i, &y) in patches.rows.iter().enumerate() {
            let (first, end) = (y.max(top), (y + PATCH).min(bottom));
            if first >= end {
                continue;
            }
            for (j, &x) in patches.columns.iter().enumerate() {
                let [du, dv] = patches.moves[i * patches.columns.len() + j];
                let there = Window::new(&to.luma, x as f32 + du, y as f32 + dv);
                let here = Window::new(&from.luma, x as f32, y as f32);
                let mut weight = [[0.0; PATCH]; PATCH];
                let mut sums = [0.0; PATCH];
                let (mut there, mut here) = (there.rows(), here.rows());
                for (row, weight) in weight.iter_mut().enumerate() {
                    let (there, here) = (there.next_row(row), here.next_row(row));
                    for k in 0..PATCH {
                        weight[k] = there[k] - here[k];
                        sums[k] += weight[k];
                    }
                }
                let mean = total(&sums) / AREA as f32;
                for weight in weight.as_flattened_mut() {
                    *weight = 1.0 / (*weight - mean).abs().max(LEAST_DIFFERENCE);
                }
                let columns = PATCH.min(width - x);
                for row in first..end {
                    let at = (row - top) * width + x;
                    let (u, v) = (&mut u[at..at + columns], &mut v[at..at + columns]);
                    for (((u, v), sum), weight) in
                        u.iter_mut().zip(v).zip(&mut weights[at..at + columns]).zip(weight[row - y])
                    {
                        *u += weight * du;
                        *v += weight * dv;
                        *sum += weight;
                    }
                }
            }
        }
        for ((u, v), &weight) in u.iter_mut().zip(v).zip(&weights) {
            *u /= weight;
            *v /= weight;
        }
    }
}
