//! Inverse search: where does each patch of *from* lie in *to*?
//!
//! Kroeger et al. 2016, §2.1–2.2: inverse-compositional Gauss–Newton on mean-normalised patches, started from the coarser
//! level, with the solutions of neighbouring patches tried as starts. Two passes (down-right, up-left) let a good solution
//! spread. Patch rows are worked in fixed bands, so that the result does not depend on the number of threads.

use super::{
    Flow, Params,
    padded::Padded,
    patch::{AREA, PATCH, Window, block, dot, slopes, total},
    pyramid::Level,
};
use crate::frame::{
    sample::bilinear,
    simd::{self, Kernel},
};
use rayon::prelude::*;

/// Patch rows that are searched one after the other, so that solutions can spread; bands run in parallel.
const BAND: usize = 8;
/// A step shorter than this ends the search of a patch, squared pixels.
const STILL: f32 = 0.02 * 0.02;
/// Farthest a patch may wander from where it started, pixels: its own side.
const REACH: f32 = PATCH as f32;
/// How far around its start a patch of the coarsest level looks, pixels, and how densely.
const LOOK: isize = 12;
const LOOK_STEP: usize = 2;
/// A farther place must match this much better than a nearer one: repeated texture stays where it is.
const FARTHER: f32 = 0.7;
/// Smallest determinant of the Hessian, relative to its squared trace, and smallest trace (levels² per pixel² over the
/// patch) that still pin down both directions.
const LEAST_DETERMINANT: f32 = 1e-4;
const LEAST_TRACE: f32 = 1.0;

/// The displacements found for a grid of patches.
#[derive(Clone, Debug)]
pub(super) struct Patches {
    /// Left edge of each patch column, pixels.
    pub(super) columns: Vec<usize>,
    /// Upper edge of each patch row, pixels.
    pub(super) rows: Vec<usize>,
    /// Displacements, row-major over the grid, pixels.
    pub(super) moves: Vec<[f32; 2]>,
}

/// Searches every patch of `from` in `to`, starting at `first` (and at `hint`, where that matches better).
///
/// At the `coarsest` level nothing leads the way, so that every patch looks around first.
pub(super) fn patches(
    from: &Level,
    to: &Level,
    first: &Flow,
    hint: Option<&Flow>,
    coarsest: bool,
    params: &Params,
) -> Patches {
    let size = from.size();
    let columns = positions(size.width, params.stride);
    let rows = positions(size.height, params.stride);
    let at_centre = |flow: &Flow, x: usize, y: usize| {
        let centre = (PATCH - 1) as f32 / 2.0;
        let (x, y) = (x as f32 + centre, y as f32 + centre);
        [bilinear(&flow.u, x, y), bilinear(&flow.v, x, y)]
    };
    let start = |flow: &Flow| -> Vec<[f32; 2]> {
        let row = |&y: &usize| columns.iter().map(move |&x| at_centre(flow, x, y)).collect::<Vec<_>>();
        rows.par_iter().with_min_len(BAND).flat_map_iter(row).collect()
    };
    let mut moves = start(first);
    let hints = hint.map(start);
    if coarsest {
        look_around(from, to, &columns, &rows, &mut moves);
    }
    let mut known = vec![None; moves.len()];
    for pass in [Pass::Down, Pass::Up] {
        let before = moves.clone();
        let length = BAND * columns.len();
        let bands = moves.par_chunks_mut(length).zip(known.par_chunks_mut(length));
        bands.enumerate().for_each(|(band, (moves, known))| {
            let hints = hints.as_deref().filter(|_| pass == Pass::Down);
            let top = band * BAND;
            let grid = (columns.as_slice(), rows.as_slice());
            simd::run(Band { from, to, grid, before: &before, hints, params, pass, top, moves, known });
        });
    }
    Patches { columns, rows, moves }
}

/// Moves each patch to the best place on a grid around its start, nearest first.
fn look_around(from: &Level, to: &Level, columns: &[usize], rows: &[usize], moves: &mut [[f32; 2]]) {
    let grid = || (-LOOK..=LOOK).step_by(LOOK_STEP);
    let mut places: Vec<[isize; 2]> = grid().flat_map(|y| grid().map(move |x| [x, y])).collect();
    places.sort_by_key(|[x, y]| x * x + y * y);
    moves.par_chunks_mut(columns.len()).zip(rows).for_each(|(moves, &row)| {
        simd::run(Look { from, to, columns, row, places: &places, moves });
    });
}

/// The patches of one row, which look around.
struct Look<'a> {
    from: &'a Level,
    to: &'a Level,
    columns: &'a [usize],
    row: usize,
    /// Where to look, from the start on, pixels.
    places: &'a [[isize; 2]],
    moves: &'a mut [[f32; 2]],
}

impl Kernel for Look<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { from, to, columns, row, places, moves } = self;
        for (best, &column) in moves.iter_mut().zip(columns) {
            let template = Template::new(from, column, row);
            let start = *best;
            let mut least = template.error(&to.luma, start);
            for [x, y] in places {
                let place = [start[0] + *x as f32, start[1] + *y as f32];
                let error = template.error(&to.luma, place);
                if error < FARTHER * least {
                    (*best, least) = (place, error);
                }
            }
        }
    }
}

/// Where patches start along one side so that they cover it: every `stride` pixels and flush with the end.
fn positions(side: usize, stride: usize) -> Vec<usize> {
    let last = side.saturating_sub(PATCH);
    (0..last).step_by(stride).chain([last]).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Pass {
    Down,
    Up,
}

/// The patch rows from `top` on, whose displacements are `moves`.
struct Band<'a> {
    from: &'a Level,
    to: &'a Level,
    /// Patch columns and rows.
    grid: (&'a [usize], &'a [usize]),
    /// The displacements of all patches before this pass.
    before: &'a [[f32; 2]],
    hints: Option<&'a [[f32; 2]]>,
    params: &'a Params,
    pass: Pass,
    top: usize,
    moves: &'a mut [[f32; 2]],
    known: &'a mut [Option<Known>],
}

impl Kernel for Band<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { from, to, grid: (columns, rows), before, hints, params, pass, top, moves, known } = self;
        let count = columns.len();
        let offset = top * count;
        for step in 0..moves.len() {
            let i = if pass == Pass::Down { step } else { moves.len() - 1 - step };
            let (column, row) = (i % count, top + i / count);
            let (side, ahead) = match pass {
                Pass::Down => ((column > 0).then(|| i - 1), (row > 0).then(|| (offset + i).wrapping_sub(count))),
                Pass::Up => {
                    ((column + 1 < count).then_some(i + 1), (row + 1 < rows.len()).then_some(offset + i + count))
                }
            };
            let of = |global: usize| {
                global.checked_sub(offset).and_then(|i| moves.get(i)).copied().unwrap_or_else(|| before[global])
            };
            let candidates = [side.map(|i| moves[i]), ahead.map(of), hints.map(|hints| hints[offset + i])];
            let template = Template::new(from, columns[column], rows[row]);
            let (found, knows) = template.find(from, &to.luma, (moves[i], known[i]), candidates, params.steps);
            (moves[i], known[i]) = (found, Some(knows));
        }
    }
}

/// What is known of a patch where it lies.
#[derive(Clone, Copy)]
struct Known {
    /// How much it differs there.
    error: f32,
    /// No step from there makes it differ less.
    is_settled: bool,
}

/// A patch of *from*.
struct Template {
    column: usize,
    row: usize,
    luma: [f32; AREA],
}

/// What Gauss–Newton needs of it.
struct Slopes {
    dx: [f32; AREA],
    dy: [f32; AREA],
    mean_dx: f32,
    mean_dy: f32,
    /// Inverse of the Hessian of the mean-normalised error (xx, xy, yy); none where the patch has no structure.
    inverse: Option<[f32; 3]>,
}

/// How the template differs from what lies under it.
struct Residual {
    /// Sum of squared mean-normalised differences, levels².
    error: f32,
    /// Its half gradient with respect to the displacement.
    slope: [f32; 2],
}

impl Slopes {
    #[inline(always)]
    fn new(from: &Level, column: usize, row: usize) -> Self {
        let (dx, dy) = slopes(&from.luma, column as isize, row as isize);
        let mean = |v: &[f32; AREA]| dot(v, &[1.0; AREA]) / AREA as f32;
        let (mean_dx, mean_dy) = (mean(&dx), mean(&dy));
        let area = AREA as f32;
        let xx = dot(&dx, &dx) - area * mean_dx * mean_dx;
        let xy = dot(&dx, &dy) - area * mean_dx * mean_dy;
        let yy = dot(&dy, &dy) - area * mean_dy * mean_dy;
        let (determinant, trace) = (xx * yy - xy * xy, xx + yy);
        let pinned = trace > LEAST_TRACE && determinant > LEAST_DETERMINANT * trace * trace;
        let inverse = pinned.then(|| [yy / determinant, -xy / determinant, xx / determinant]);
        Self { dx, dy, mean_dx, mean_dy, inverse }
    }
}

impl Template {
    #[inline(always)]
    fn new(from: &Level, column: usize, row: usize) -> Self {
        Self { column, row, luma: block(&from.luma, column as isize, row as isize) }
    }

    /// The best displacement: the best of the starts, then Gauss–Newton while the error falls. Of the first start something may be
    /// known already.
    #[inline(always)]
    fn find(
        &self,
        from: &Level,
        to: &Padded,
        (start, known): ([f32; 2], Option<Known>),
        candidates: [Option<[f32; 2]>; 3],
        steps: usize,
    ) -> ([f32; 2], Known) {
        let (mut best, mut error) = (start, known.map_or_else(|| self.error(to, start), |known| known.error));
        for candidate in candidates.into_iter().flatten() {
            if candidate != best {
                let other = self.error(to, candidate);
                if other < error {
                    (best, error) = (candidate, other);
                }
            }
        }
        let settled = |error: f32| Known { error, is_settled: true };
        if best == start && known.is_some_and(|known| known.is_settled) {
            return (best, settled(error));
        }
        let slopes = Slopes::new(from, self.column, self.row);
        let Some([xx, xy, yy]) = slopes.inverse else { return (best, settled(error)) };
        let mut residual = self.residual(&slopes, to, best);
        let origin = best;
        for _ in 0..steps {
            let [sx, sy] = residual.slope;
            let step = [xx * sx + xy * sy, xy * sx + yy * sy];
            let next = [best[0] - step[0], best[1] - step[1]];
            let (far_x, far_y) = (next[0] - origin[0], next[1] - origin[1]);
            let wandered = far_x * far_x + far_y * far_y > REACH * REACH;
            if wandered {
                break;
            }
            let there = self.residual(&slopes, to, next);
            if there.error >= residual.error {
                return (best, settled(residual.error));
            }
            (best, residual) = (next, there);
            if step[0] * step[0] + step[1] * step[1] < STILL {
                break;
            }
        }
        (best, Known { error: residual.error, is_settled: false })
    }

    /// The residual's error alone.
    #[inline(always)]
    fn error(&self, to: &Padded, [u, v]: [f32; 2]) -> f32 {
        let window = Window::new(to, self.column as f32 + u, self.row as f32 + v);
        let (mut sum, mut squares) = ([0.0; PATCH], [0.0; PATCH]);
        let mut rows = window.rows();
        for row in 0..PATCH {
            let there = rows.next_row(row);
            for i in 0..PATCH {
                let difference = there[i] - self.luma[row * PATCH + i];
                sum[i] += difference;
                squares[i] += difference * difference;
            }
        }
        let sum = total(&sum);
        total(&squares) - sum * sum / AREA as f32
    }

    #[inline(always)]
    fn residual(&self, slopes: &Slopes, to: &Padded, [u, v]: [f32; 2]) -> Residual {
        let window = Window::new(to, self.column as f32 + u, self.row as f32 + v);
        let (mut sum, mut squares, mut along_x, mut along_y) = ([0.0; PATCH], [0.0; PATCH], [0.0; PATCH], [0.0; PATCH]);
        let mut rows = window.rows();
        for row in 0..PATCH {
            let there = rows.next_row(row);
            for i in 0..PATCH {
                let k = row * PATCH + i;
                let difference = there[i] - self.luma[k];
                sum[i] += difference;
                squares[i] += difference * difference;
                along_x[i] += difference * slopes.dx[k];
                along_y[i] += difference * slopes.dy[k];
            }
        }
        let sum = total(&sum);
        Residual {
            error: total(&squares) - sum * sum / AREA as f32,
            slope: [total(&along_x) - sum * slopes.mean_dx, total(&along_y) - sum * slopes.mean_dy],
        }
    }
}
