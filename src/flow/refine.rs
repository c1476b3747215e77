//! Variational refinement: the flow that trades looking alike for smoothness.
//!
//! Energy of Brox, Bruhn, Papenberg and Weickert, *High Accuracy Optical Flow Estimation Based on a Theory for Warping*,
//! ECCV 2004, with the normalised data terms of Zimmer, Bruhn and Weickert, IJCV 2011: robust constancy of brightness and of
//! gradient, robust smoothness. Each warp solves it on overlapping tiles that fit
//! the cache; what lies outside a tile stays as the previous warp left it. The tiling depends on the size of the picture
//! alone, so the result does not depend on the number of threads.

use super::{Flow, Refine, pyramid::Level, tile::Tile};
use crate::frame::{
    Size,
    simd::{self, Kernel},
};
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
    let mut new = Flow::unwritten(old.size());
    cores(&mut new).into_par_iter().for_each(|core| {
        TILE.with_borrow_mut(|tile| simd::run(Solve { from, to, old, settings, tile, core }));
    });
    new
}

/// The part of a flow that one tile is answerable for.
struct Core<'a> {
    left: usize,
    top: usize,
    /// Displacements along x and y of each of its rows.
    rows: Vec<[&'a mut [f32]; 2]>,
}

/// A flow cut into parts of about equal size.
fn cores(flow: &mut Flow) -> Vec<Core<'_>> {
    let Size { width, height } = flow.size();
    let rows = even_share(height, CORE.1);
    // even, so that only the tile at the right-hand border can end in half a pair
    let columns = even_share(width, CORE.0).next_multiple_of(2);
    let lines = flow.u.data_mut().chunks_mut(width).zip(flow.v.data_mut().chunks_mut(width));
    let mut cores: Vec<Core<'_>> = Vec::new();
    for (y, (u, v)) in lines.enumerate() {
        if y.is_multiple_of(rows) {
            let core = |left| Core { left, top: y, rows: Vec::with_capacity(rows) };
            cores.extend((0..width).step_by(columns).map(core));
        }
        let begun = cores.len() - width.div_ceil(columns);
        for (core, (u, v)) in cores[begun..].iter_mut().zip(u.chunks_mut(columns).zip(v.chunks_mut(columns))) {
            core.rows.push([u, v]);
        }
    }
    cores
}

/// One core, solved with what lies around it.
struct Solve<'a> {
    from: &'a Level,
    to: &'a Level,
    old: &'a Flow,
    settings: &'a Refine,
    tile: &'a mut Tile,
    core: Core<'a>,
}

impl Kernel for Solve<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { from, to, old, settings, tile, core: Core { left, top, rows } } = self;
        let size = old.size();
        let (right, bottom) = (left + rows.first().map_or(0, |[u, _]| u.len()), top + rows.len());
        tile.place(
            left.saturating_sub(OVERLAP)..(right + OVERLAP).min(size.width),
            top.saturating_sub(OVERLAP)..(bottom + OVERLAP).min(size.height),
        );
        tile.linearise(from, to, old);
        for _ in 0..settings.weightings {
            tile.weigh();
            tile.relax(settings.sweeps);
        }
        for (y, [u, v]) in (top..).zip(rows) {
            tile.copy_row(y, left..right, u, v);
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
