//! A picture at halving sizes, borders repeated: everything about one picture that the search needs.

use super::{Params, padded::Padded};
use crate::frame::{
    Plane, Size,
    sample::LANES,
    simd::{self, Kernel},
};
use rayon::prelude::*;

/// Levels stop when the longer side would fall below this many pixels: three patches, so that the coarsest still sees structure.
const SMALLEST_SIDE: usize = 24;

/// Rows of a halved plane that one task fills.
const BAND: usize = 32;

/// One level of a [`Pyramid`].
#[derive(Clone, Debug)]
pub(super) struct Level {
    /// Luma, `0..=255`.
    pub(super) luma: Padded,
}

impl Level {
    /// Width and height in pixels of this level.
    pub(super) fn size(&self) -> Size {
        Size::new(self.luma.width(), self.luma.height())
    }
}

/// A luma plane prepared for [`super::dense_prepared`], at full size, half of it, a quarter …
#[derive(Clone, Debug)]
pub struct Pyramid {
    size: Size,
    finest: usize,
    levels: Vec<Level>,
}

impl Pyramid {
    /// Prepares a luma plane, `0..=255`, of any size, down from the finest level that `params` ask for.
    pub fn new(luma: &Plane<f32>, params: &Params) -> Self {
        let size = Size::new(luma.width(), luma.height());
        let halvings = halvings(size);
        let finest = params.finest.min(halvings);
        let mut levels = Vec::with_capacity(halvings + 1 - finest);
        if size.width > 0 && size.height > 0 {
            let mut smaller: Option<Plane<f32>> = None;
            for number in 0..=halvings {
                let plane = smaller.as_ref().unwrap_or(luma);
                if number >= finest {
                    levels.push(Level { luma: Padded::new(plane) });
                }
                if number < halvings {
                    smaller = Some(halve(plane));
                }
            }
        }
        Self { size, finest, levels }
    }

    /// Width and height in pixels of the full picture.
    pub fn size(&self) -> Size {
        self.size
    }

    /// The levels by number, coarsest first; number `n` is the picture halved `n` times.
    pub(super) fn coarsest_first(&self) -> impl Iterator<Item = (usize, &Level)> {
        self.levels.iter().enumerate().rev().map(|(i, level)| (self.finest + i, level))
    }

    /// Number of the finest level.
    pub(super) fn finest(&self) -> usize {
        self.finest
    }
}

/// How often a picture is halved.
fn halvings(size: Size) -> usize {
    let mut side = size.width.max(size.height);
    let mut count = 0;
    while side >= 2 * SMALLEST_SIDE {
        side = side.div_ceil(2);
        count += 1;
    }
    count
}

/// Half the size, rounded up: the binomial-like filter `[1 3 3 1] / 8` in both directions, borders replicated.
/// Pixel `x` of the result lies at `2x + 0.5` of the source.
fn halve(plane: &Plane<f32>) -> Plane<f32> {
    let (half_w, half_h) = (plane.width().div_ceil(2), plane.height().div_ceil(2));
    let mut result = Plane::unwritten(half_w, half_h);
    result.data_mut().par_chunks_mut(BAND * half_w).enumerate().for_each(|(band, out)| {
        simd::run(Band { plane, top: band * BAND, out });
    });
    result
}

/// The rows from `top` on of the halved plane.
struct Band<'a> {
    plane: &'a Plane<f32>,
    top: usize,
    out: &'a mut [f32],
}

impl Kernel for Band<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { plane, top, out } = self;
        let (w, h) = (plane.width(), plane.height());
        let half_w = w.div_ceil(2);
        let mut column_sums = vec![0.0f32; w];
        for (y, out) in (top..).zip(out.chunks_exact_mut(half_w)) {
            let row = |offset: isize| plane.row((2 * y as isize + offset).clamp(0, h as isize - 1) as usize);
            let (a, b, c, d) = (row(-1), row(0), row(1), row(2));
            for x in 0..w {
                column_sums[x] = (a[x] + d[x]) + 3.0 * (b[x] + c[x]);
            }
            let at = |x: isize| column_sums[x.clamp(0, w as isize - 1) as usize];
            let mut border = |x: usize| {
                let i = 2 * x as isize;
                out[x] = ((at(i - 1) + at(i + 2)) + 3.0 * (at(i) + at(i + 1))) / 64.0;
            };
            border(0);
            border(half_w - 1);
            let inner = column_sums.get(1..).unwrap_or_default();
            let mut done = 0;
            for run in out[1..].as_chunks_mut::<LANES>().0 {
                let Some(near) = inner.get(2 * done..).and_then(<[f32]>::first_chunk::<{ 2 * LANES + 2 }>) else {
                    break;
                };
                let mut halved = [0.0; LANES];
                for i in 0..LANES {
                    let sums = [near[2 * i], near[2 * i + 1], near[2 * i + 2], near[2 * i + 3]];
                    halved[i] = ((sums[0] + sums[3]) + 3.0 * (sums[1] + sums[2])) / 64.0;
                }
                (*run, done) = (halved, done + LANES);
            }
            let rest = inner.get(2 * done..).unwrap_or_default().windows(4).step_by(2);
            for (out, sums) in out[1 + done..].iter_mut().zip(rest) {
                *out = ((sums[0] + sums[3]) + 3.0 * (sums[1] + sums[2])) / 64.0;
            }
        }
    }
}
