//! Variational refinement: the flow that trades looking alike for smoothness.
//!
//! Energy of Brox, Bruhn, Papenberg and Weickert, *High Accuracy Optical Flow Estimation Based on a Theory for Warping*,
//! ECCV 2004, with the normalised data terms of Zimmer, Bruhn and Weickert, IJCV 2011: robust constancy of brightness and of
//! gradient, robust smoothness. Each warp solves it on overlapping tiles that fit
//! the cache; what lies outside a tile stays as the previous warp left it. The tiling depends on the size of the picture
//! alone, so the result does not depend on the number of threads.

use super::{Flow, Refine, pyramid::Level, tile::Tile};
use crate::frame::simd::{self, Kernel};
use rayon::prelude::*;

/// Most columns and rows that one tile is answerable for.
const CORE: (usize, usize) = (Tile::WIDTH - 2 * OVERLAP, Tile::HEIGHT - 2 * OVERLAP);
/// Pixels on each side of its core that a tile solves too, so that no seam is left.
const OVERLAP: usize = 4;

/// Improves `flow` between two levels, warping `warps` times.
pub(super) fn refine(from: &Level, to: &Level, mut flow: Flow, warps: usize, settings: &Refine) -> Flow {
    for _ in 0..warps {
        flow = warp_once(from, to, &flow, settings);
    }
    flow
}

fn warp_once(from: &Level, to: &Level, old: &Flow, settings: &Refine) -> Flow {
    let size = old.size();
    let mut new = Flow::still(size);
    let rows = even_share(size.height, CORE.1);
    // even, so that only the tile at the right-hand border can end in half a pair
    let columns = even_share(size.width, CORE.0).next_multiple_of(2);
    let us = new.u.data_mut().par_chunks_mut(rows * size.width);
    let vs = new.v.data_mut().par_chunks_mut(rows * size.width);
    us.zip(vs).enumerate().for_each_init(Tile::default, |tile, (band, (u, v))| {
        simd::run(Band { from, to, old, settings, tile, top: band * rows, columns, u, v });
    });
    new
}

/// The pixel rows from `top` on, solved in tiles that are answerable for `columns` each.
struct Band<'a> {
    from: &'a Level,
    to: &'a Level,
    old: &'a Flow,
    settings: &'a Refine,
    tile: &'a mut Tile,
    top: usize,
    columns: usize,
    u: &'a mut [f32],
    v: &'a mut [f32],
}

impl Kernel for Band<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { from, to, old, settings, tile, top, columns, u, v } = self;
        let size = old.size();
        let bottom = top + u.len() / size.width;
        for left in (0..size.width).step_by(columns) {
            let right = (left + columns).min(size.width);
            tile.place(
                left.saturating_sub(OVERLAP)..(right + OVERLAP).min(size.width),
                top.saturating_sub(OVERLAP)..(bottom + OVERLAP).min(size.height),
            );
            tile.linearise(from, to, old);
            for _ in 0..settings.weightings {
                tile.weigh();
                tile.relax(settings.sweeps);
            }
            for y in top..bottom {
                let row = (y - top) * size.width;
                tile.copy_row(y, left..right, &mut u[row + left..row + right], &mut v[row + left..row + right]);
            }
        }
    }
}

/// `side` cut into as few parts of at most `most` as possible, of about equal length.
fn even_share(side: usize, most: usize) -> usize {
    side.div_ceil(side.div_ceil(most))
}
