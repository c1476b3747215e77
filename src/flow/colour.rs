//! The pixels of one colour of the chess board, and what red–black over-relaxation does to them, row by row.
//!
//! Colour is `(x + y) mod 2` within the tile. The samples of a row lie together, so that one colour is written while the
//! other is read along contiguous rows. A frame of one pixel around the tile holds what lies outside.

use super::tile::Tile;
use std::ops::{Deref, DerefMut};

// The constants of the energy: by coarse search on public pairs with known flow.

/// Residual displacement at which the data penalties turn from square to linear, squared pixels.
const ROUND_DATA: f32 = 0.2 * 0.2;
/// Difference between neighbours at which the smoothness penalty turns from square to linear, squared pixels.
const ROUND_SMOOTHNESS: f32 = 0.02 * 0.02;
/// Shares in the energy.
const SMOOTHNESS: f32 = 20.0;
const BRIGHTNESS: f32 = 5.0;
const GRADIENT: f32 = 10.0;
/// Over-relaxation: far above what one linear system would like best, as the systems follow each other closely.
const OMEGA: f32 = 1.94;
/// Keeps the diagonal of a lone pixel away from zero.
const LEAST: f32 = 1e-9;

/// Samples that are worked on at once: loads and stores of a fixed number become vectors without further checks.
const LANES: usize = 16;
const HALF: usize = Tile::WIDTH / 2;
/// Samples of one colour from row to row, with those of the frame on both sides, in whole lanes.
pub(super) const STRIDE: usize = (HALF + 2).next_multiple_of(LANES);
/// What one row reads and writes at most.
const ROW: usize = STRIDE;
/// Rows of a tile with its frame.
const ROWS: usize = Tile::HEIGHT + 2;

/// Where the frame's sample to the left of tile row `y - 1` lies: those of the row begin at a multiple of [`LANES`], right after it.
pub(super) const fn beside(y: usize) -> usize {
    y * STRIDE + LANES - 1
}

/// Samples that begin at a cache line, so that no vector of a row lies across two.
pub(super) struct Samples {
    numbers: Vec<f32>,
    first: usize,
}

impl Samples {
    /// Bytes of a cache line.
    const LINE: usize = 64;

    fn zeros(count: usize) -> Self {
        let numbers = vec![0.0; count + Self::LINE / size_of::<f32>()];
        let first = numbers.as_ptr().align_offset(Self::LINE).min(numbers.len() - count);
        Self { numbers, first }
    }
}

impl Deref for Samples {
    type Target = [f32];

    #[inline(always)]
    fn deref(&self) -> &[f32] {
        &self.numbers[self.first..]
    }
}

impl DerefMut for Samples {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.numbers[self.first..]
    }
}

/// The unknowns and coefficients of the pixels of one colour.
pub(super) struct Colour {
    pub(super) u: Samples,
    pub(super) v: Samples,
    /// Brightness: `bx u + by v = bt`, normalised.
    pub(super) bx: Samples,
    pub(super) by: Samples,
    pub(super) bt: Samples,
    /// Gradient along x: `xx u + xy v = xt`, normalised.
    pub(super) xx: Samples,
    pub(super) xy: Samples,
    pub(super) xt: Samples,
    /// Gradient along y: `yx u + yy v = yt`, normalised.
    pub(super) yx: Samples,
    pub(super) yy: Samples,
    pub(super) yt: Samples,
    /// Derivative of the smoothness penalty.
    pub(super) stiff: Samples,
    /// Weight of the difference to the right-hand, to the lower neighbour.
    pub(super) right: Samples,
    pub(super) down: Samples,
    /// The 2×2 system of each pixel: inverse diagonal, off-diagonal, right-hand side.
    pub(super) uu: Samples,
    pub(super) uv: Samples,
    pub(super) vv: Samples,
    pub(super) ut: Samples,
    pub(super) vt: Samples,
}

impl Colour {
    pub(super) fn new() -> Self {
        let zeros = || Samples::zeros(STRIDE * ROWS + LANES);
        Self {
            u: zeros(),
            v: zeros(),
            bx: zeros(),
            by: zeros(),
            bt: zeros(),
            xx: zeros(),
            xy: zeros(),
            xt: zeros(),
            yx: zeros(),
            yy: zeros(),
            yt: zeros(),
            stiff: zeros(),
            right: zeros(),
            down: zeros(),
            uu: zeros(),
            uv: zeros(),
            vv: zeros(),
            ut: zeros(),
            vt: zeros(),
        }
    }
}

#[cfg(test)]
impl Colour {
    /// Puts `number` everywhere.
    pub(super) fn fill(&mut self, number: f32) {
        let Self { u, v, bx, by, bt, xx, xy, xt, yx, yy, yt, stiff, right, down, uu, uv, vv, ut, vt } = self;
        for plane in [u, v, bx, by, bt, xx, xy, xt, yx, yy, yt, stiff, right, down, uu, uv, vv, ut, vt] {
            plane.fill(number);
        }
    }
}

/// Derivative of the robust smoothness penalty of the first `count` pixels of `own` in tile row `y`; their columns are
/// `2i + parity`.
#[inline(always)]
pub(super) fn stiffness(own: &mut Colour, other: &Colour, y: usize, parity: usize, count: usize) {
    let start = beside(y + 1) + 1;
    let (u, v) = (row(&own.u, start), row(&own.v, start));
    let (around_u, around_v) = (neighbours(&other.u, start, parity), neighbours(&other.v, start, parity));
    let out = row_mut(&mut own.stiff, start);
    for at in runs(count) {
        let mut sums = [0.0; LANES];
        for (own, other) in [(u, around_u), (v, around_v)] {
            let (c, [l, r, a, b]) = (lanes(own, at), around(other, at));
            for i in 0..LANES {
                let (l, r, a, b) = (l[i] - c[i], r[i] - c[i], a[i] - c[i], b[i] - c[i]);
                sums[i] += (l * l + r * r) + (a * a + b * b);
            }
        }
        for sum in &mut sums {
            *sum = 1.0 / (0.5 * *sum + ROUND_SMOOTHNESS).sqrt();
        }
        store(out, at, count, &sums);
    }
}

/// Weights of the edges to the right and down from the pixels of `own` in frame row `y` (0 is the frame above the tile).
#[inline(always)]
pub(super) fn edges(own: &mut Colour, other: &Colour, y: usize, parity: usize, half: usize) {
    let start = beside(y);
    // of the frame column -1 on: sample i of colour `own` lies in column 2 (i - 1) + parity
    let stiff = row(&own.stiff, start);
    let (beside, below) = (row(&other.stiff, start + parity), row(&other.stiff, start + STRIDE));
    let (right, down) = (row_mut(&mut own.right, start), row_mut(&mut own.down, start));
    for at in runs(half + 1) {
        let (stiff, beside, below) = (lanes(stiff, at), lanes(beside, at), lanes(below, at));
        let (mut to_right, mut to_below) = ([0.0; LANES], [0.0; LANES]);
        for i in 0..LANES {
            to_right[i] = 0.5 * SMOOTHNESS * (stiff[i] + beside[i]);
            to_below[i] = 0.5 * SMOOTHNESS * (stiff[i] + below[i]);
        }
        store(right, at, half + 1, &to_right);
        store(down, at, half + 1, &to_below);
    }
}

/// The 2×2 systems of the first `count` pixels of `own` in tile row `y`.
#[inline(always)]
pub(super) fn system(own: &mut Colour, other: &Colour, y: usize, parity: usize, count: usize) {
    let start = beside(y + 1) + 1;
    let Colour { u, v, bx, by, bt, xx, xy, xt, yx, yy, yt, right, down, uu, uv, vv, ut, vt, .. } = own;
    let (u, v, right, down) = (row(u, start), row(v, start), row(right, start), row(down, start));
    let (bx, by, bt) = (row(bx, start), row(by, start), row(bt, start));
    let (xx, xy, xt) = (row(xx, start), row(xy, start), row(xt, start));
    let (yx, yy, yt) = (row(yx, start), row(yy, start), row(yt, start));
    let (uu_out, uv_out, vv_out) = (row_mut(uu, start), row_mut(uv, start), row_mut(vv, start));
    let (ut_out, vt_out) = (row_mut(ut, start), row_mut(vt, start));
    let (left, up) = (row(&other.right, start - 1 + parity), row(&other.down, start - STRIDE));
    for at in runs(count) {
        let (u, v) = (lanes(u, at), lanes(v, at));
        let (bx, by, bt) = (lanes(bx, at), lanes(by, at), lanes(bt, at));
        let (xx, xy, xt) = (lanes(xx, at), lanes(xy, at), lanes(xt, at));
        let (yx, yy, yt) = (lanes(yx, at), lanes(yy, at), lanes(yt, at));
        let (left, right, up, down) = (lanes(left, at), lanes(right, at), lanes(up, at), lanes(down, at));
        let none = [0.0; LANES];
        let (mut uu, mut uv, mut vv, mut ut, mut vt) = (none, none, none, none, none);
        for i in 0..LANES {
            let b = bx[i] * u[i] + by[i] * v[i] - bt[i];
            let gx = xx[i] * u[i] + xy[i] * v[i] - xt[i];
            let gy = yx[i] * u[i] + yy[i] * v[i] - yt[i];
            // one division for two: 1/p and 1/q are q/(pq) and p/(pq)
            let (p, q) = ((b * b + ROUND_DATA).sqrt(), (gx * gx + gy * gy + ROUND_DATA).sqrt());
            let both = 1.0 / (p * q);
            let (brightness, gradient) = (BRIGHTNESS * both * q, GRADIENT * both * p);
            let edges = (left[i] + right[i]) + (up[i] + down[i]);
            let p = brightness * bx[i] * bx[i] + gradient * (xx[i] * xx[i] + yx[i] * yx[i]) + edges + LEAST;
            let q = brightness * by[i] * by[i] + gradient * (xy[i] * xy[i] + yy[i] * yy[i]) + edges + LEAST;
            let both = 1.0 / (p * q);
            (uu[i], vv[i]) = (both * q, both * p);
            uv[i] = brightness * bx[i] * by[i] + gradient * (xx[i] * xy[i] + yx[i] * yy[i]);
            ut[i] = brightness * bx[i] * bt[i] + gradient * (xx[i] * xt[i] + yx[i] * yt[i]);
            vt[i] = brightness * by[i] * bt[i] + gradient * (xy[i] * xt[i] + yy[i] * yt[i]);
        }
        store(uu_out, at, count, &uu);
        store(uv_out, at, count, &uv);
        store(vv_out, at, count, &vv);
        store(ut_out, at, count, &ut);
        store(vt_out, at, count, &vt);
    }
}

/// One over-relaxation of the first `count` pixels of `own` in tile row `y`.
#[inline(always)]
pub(super) fn sweep(own: &mut Colour, other: &Colour, y: usize, parity: usize, count: usize) {
    let start = beside(y + 1) + 1;
    let Colour { u: own_u, v: own_v, right, down, uu, uv, vv, ut, vt, .. } = own;
    let (right, down) = (row(right, start), row(down, start));
    let (uu, uv, vv, ut, vt) = (row(uu, start), row(uv, start), row(vv, start), row(ut, start), row(vt, start));
    let (own_u, own_v) = (row_mut(own_u, start), row_mut(own_v, start));
    let (left, up) = (row(&other.right, start - 1 + parity), row(&other.down, start - STRIDE));
    let (around_u, around_v) = (neighbours(&other.u, start, parity), neighbours(&other.v, start, parity));
    for at in runs(count) {
        let (left, right, up, down) = (lanes(left, at), lanes(right, at), lanes(up, at), lanes(down, at));
        let (around_u, around_v) = (around(around_u, at), around(around_v, at));
        let (uu, uv, vv) = (lanes(uu, at), lanes(uv, at), lanes(vv, at));
        let (ut, vt) = (lanes(ut, at), lanes(vt, at));
        let (mut u, mut v) = (*lanes(own_u, at), *lanes(own_v, at));
        for i in 0..LANES {
            let [l, r, a, b] = around_u;
            let pull = (left[i] * l[i] + right[i] * r[i]) + (up[i] * a[i] + down[i] * b[i]);
            u[i] += OMEGA * ((ut[i] - uv[i] * v[i] + pull) * uu[i] - u[i]);
            let [l, r, a, b] = around_v;
            let pull = (left[i] * l[i] + right[i] * r[i]) + (up[i] * a[i] + down[i] * b[i]);
            v[i] += OMEGA * ((vt[i] - uv[i] * u[i] + pull) * vv[i] - v[i]);
        }
        store(own_u, at, count, &u);
        store(own_v, at, count, &v);
    }
}

/// What one row reads and writes: as long for all, so that nothing is checked along it.
type Row = [f32; ROW];

/// The row from `start` on.
#[inline(always)]
fn row(plane: &[f32], start: usize) -> &Row {
    plane[start..].first_chunk().expect("planes end in spare samples")
}

#[inline(always)]
fn row_mut(plane: &mut [f32], start: usize) -> &mut Row {
    plane[start..].first_chunk_mut().expect("planes end in spare samples")
}

/// Where the lanes of the first `count` samples of a row begin.
#[inline(always)]
fn runs(count: usize) -> impl Iterator<Item = usize> {
    (0..count.div_ceil(LANES).min(ROW / LANES)).map(|run| run * LANES)
}

/// The samples of a row from `at` on.
#[inline(always)]
fn lanes(row: &Row, at: usize) -> &[f32; LANES] {
    row[at..].first_chunk().expect("rows are whole lanes")
}

/// What lies to the left and right of the other colour's row from `start` on, above and below it.
#[inline(always)]
fn neighbours(other: &[f32], start: usize, parity: usize) -> [&Row; 4] {
    [row(other, start - 1 + parity), row(other, start + parity), row(other, start - STRIDE), row(other, start + STRIDE)]
}

/// The samples of four rows from `at` on.
#[inline(always)]
fn around([l, r, a, b]: [&Row; 4], at: usize) -> [&[f32; LANES]; 4] {
    [lanes(l, at), lanes(r, at), lanes(a, at), lanes(b, at)]
}

/// Writes the samples from `at` on, as far as `end`. What lies beyond is written back: a copy of any length would be a call.
#[inline(always)]
fn store(row: &mut Row, at: usize, end: usize, values: &[f32; LANES]) {
    let row: &mut [f32; LANES] = row[at..].first_chunk_mut().expect("rows are whole lanes");
    let count = end - at;
    if count >= LANES {
        *row = *values;
    } else {
        // no comparison of each: of bits the compiler makes vectors
        let written: &[u32; LANES] = WRITTEN[LANES - count..].first_chunk().expect("as many again");
        for i in 0..LANES {
            row[i] = f32::from_bits((values[i].to_bits() & written[i]) | (row[i].to_bits() & !written[i]));
        }
    }
}

/// All bits of those that are written, none of those that are not.
static WRITTEN: [u32; 2 * LANES] = {
    let mut written = [0; 2 * LANES];
    let mut i = 0;
    while i < LANES {
        written[i] = u32::MAX;
        i += 1;
    }
    written
};
