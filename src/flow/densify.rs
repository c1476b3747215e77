//! From patches to pixels.
//!
//! Kroeger et al. 2016, eq. 3: each pixel takes the mean of the displacements of all patches over it, weighted by how well
//! each explains the pixel. The mean difference of the patch is left out, as in the search.

use super::{
    Flow,
    pyramid::Level,
    search::{PATCH, Patches, Window},
};
use rayon::prelude::*;

/// Rows of pixels that one task fills.
const BAND: usize = 16;
/// Differences below this count alike, levels (Kroeger 2016: 1 of 255).
const LEAST_DIFFERENCE: f32 = 1.0;

/// The flow of every pixel of the level.
pub(super) fn dense(from: &Level, to: &Level, patches: &Patches) -> Flow {
    let size = from.size();
    let mut flow = Flow::still(size);
    let us = flow.u.data_mut().par_chunks_mut(BAND * size.width);
    let vs = flow.v.data_mut().par_chunks_mut(BAND * size.width);
    us.zip(vs).enumerate().for_each(|(band, (u, v))| fill_band(from, to, patches, band * BAND, u, v));
    flow
}

fn fill_band(from: &Level, to: &Level, patches: &Patches, top: usize, u: &mut [f32], v: &mut [f32]) {
    let width = from.size().width;
    let bottom = top + u.len() / width;
    let mut weights = vec![0.0f32; u.len()];
    for (i, &y) in patches.rows.iter().enumerate() {
        let (first, end) = (y.max(top), (y + PATCH).min(bottom));
        if first >= end {
            continue;
        }
        for (j, &x) in patches.columns.iter().enumerate() {
            let [du, dv] = patches.moves[i * patches.columns.len() + j];
            let there = Window::new(&to.luma, x as f32 + du, y as f32 + dv);
            let here = Window::new(&from.luma, x as f32, y as f32);
            let differences: [[f32; PATCH]; PATCH] = std::array::from_fn(|row| {
                let (there, here) = (there.row(row), here.row(row));
                std::array::from_fn(|k| there[k] - here[k])
            });
            let mean = differences.iter().flatten().sum::<f32>() / (PATCH * PATCH) as f32;
            let columns = PATCH.min(width - x);
            for row in first..end {
                let at = (row - top) * width + x;
                for (k, difference) in differences[row - y].iter().enumerate().take(columns) {
                    let weight = 1.0 / (difference - mean).abs().max(LEAST_DIFFERENCE);
                    u[at + k] += weight * du;
                    v[at + k] += weight * dv;
                    weights[at + k] += weight;
                }
            }
        }
    }
    for ((u, v), &weight) in u.iter_mut().zip(v).zip(&weights) {
        *u /= weight;
        *v /= weight;
    }
}
