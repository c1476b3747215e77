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
use std::cell::RefCell;

/// Most columns and rows that one tile is answerable for.
const CORE: (usize, usize) = (Tile::WIDTH - 2 * OVERLAP, Tile::HEIGHT - 2 * OVERLAP);
/// Pixels on each side of its core that a tile solves too, so that no seam is left.
const OVERLAP: usize = 4;

thread_local! {
    /// Each thread's tile: half a megabyte that is not asked for, cleared and given back at every warp.
    static TILE: RefCell<Tile> = RefCell::default();
}

/// Improves `flow` between two levels, warping `warps` times.
pub(super) fn refine(from: &Level, to: &Level, mut flow: Flow, warps: usize, settings: &Refine) -> Flow {
    for _ in 0..warps {
        flow = warp_once(from, to, &flow, settings);
    }
    flow
}

fn warp_once(from: &Level, to: &Level, old: &Flow, settings: &Refine) -> Flow {
    let size = old.size();
    let mut new = Flow::unwritten(size);
    let rows = even_share(size.height, CORE.1);
    // even, so that only the tile at the right-hand border can end in half a pair
    let columns = even_share(size.width, CORE.0).next_multiple_of(2);
    let us = new.u.data_mut().par_chunks_mut(rows * size.width);
    let vs = new.v.data_mut().par_chunks_mut(rows * size.width);
    us.zip(vs).enumerate().for_each(|(band, (u, v))| {
        TILE.with_borrow_mut(|tile| {
            simd::run(Band { from, to, old, settings, tile, top: band * rows, columns, u, v });
        });
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        flow::{Params, Preset, Pyramid},
        frame::Plane,
    };

    #[test]
    fn what_a_tile_was_used_for_before_does_not_matter() {
        let wave = |x: f32, y: f32| 128.0 + 60.0 * (0.31 * x + 0.07 * y).sin() + 50.0 * (0.23 * y - 0.05 * x).cos();
        for (width, height) in [(203, 118), (64, 36), (31, 9), (128, 64), (127, 63), (130, 65), (5, 3)] {
            let params = Params::from(Preset::Medium);
            let level = |shift: f32| Plane::from_fn(width, height, |x, y| wave(x as f32 - shift, y as f32));
            let (from, to) = (Pyramid::new(&level(0.0), &params), Pyramid::new(&level(0.7), &params));
            let (_, from) = from.coarsest_first().last().expect("a level");
            let (_, to) = to.coarsest_first().last().expect("a level");
            let flow = Flow::still(from.size());
            let fresh = refine(from, to, flow.clone(), 2, &params.refine);
            for number in [3.0, -1e3, 1e6] {
                TILE.set(Tile::used(number));
                let again = refine(from, to, flow.clone(), 2, &params.refine);
                assert!(again == fresh, "{width} × {height} after {number}");
            }
        }
    }
}
