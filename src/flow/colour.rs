//! The pixels of one colour of the chess board, and what red–black over-relaxation does to them, row by row.
//!
//! Colour is `(x + y) mod 2` within the tile. The samples of a row lie together, so that one colour is written while the
//! other is read along contiguous rows. A frame of one pixel around the tile holds what lies outside.

use super::tile::Tile;
use std::array::from_fn;

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
/// Samples of one colour in a row, with one of the frame on each side.
pub(super) const STRIDE: usize = HALF + 2;
/// Rows of a tile with its frame.
const ROWS: usize = Tile::HEIGHT + 2;

/// The unknowns and coefficients of the pixels of one colour.
#[derive(Clone)]
pub(super) struct Colour {
    pub(super) u: Vec<f32>,
    pub(super) v: Vec<f32>,
    /// Brightness: `bx u + by v = bt`, normalised.
    pub(super) bx: Vec<f32>,
    pub(super) by: Vec<f32>,
    pub(super) bt: Vec<f32>,
    /// Gradient along x: `xx u + xy v = xt`, normalised.
    pub(super) xx: Vec<f32>,
    pub(super) xy: Vec<f32>,
    pub(super) xt: Vec<f32>,
    /// Gradient along y: `yx u + yy v = yt`, normalised.
    pub(super) yx: Vec<f32>,
    pub(super) yy: Vec<f32>,
    pub(super) yt: Vec<f32>,
    /// Derivative of the smoothness penalty.
    pub(super) stiff: Vec<f32>,
    /// Weight of the difference to the right-hand, to the lower neighbour.
    pub(super) right: Vec<f32>,
    pub(super) down: Vec<f32>,
    /// The 2×2 system of each pixel: inverse diagonal, off-diagonal, right-hand side.
    pub(super) uu: Vec<f32>,
    pub(super) uv: Vec<f32>,
    pub(super) vv: Vec<f32>,
    pub(super) ut: Vec<f32>,
    pub(super) vt: Vec<f32>,
}

impl Colour {
    pub(super) fn new() -> Self {
        let zeros = || vec![0.0; STRIDE * ROWS + LANES];
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
    let row = (y + 1) * STRIDE + 1;
    for at in (row..row + count).step_by(LANES) {
        let mut sums = [0.0; LANES];
        for (own, other) in [(&own.u, &other.u), (&own.v, &other.v)] {
            let (c, [l, r, a, b]) = (lanes(own, at), neighbours(other, at, parity));
            for i in 0..LANES {
                let (l, r, a, b) = (l[i] - c[i], r[i] - c[i], a[i] - c[i], b[i] - c[i]);
                sums[i] += (l * l + r * r) + (a * a + b * b);
            }
        }
        for sum in &mut sums {
            *sum = 1.0 / (0.5 * *sum + ROUND_SMOOTHNESS).sqrt();
        }
        store(&mut own.stiff, at, row + count, &sums);
    }
}

/// Weights of the edges to the right and down from the pixels of `own` in frame row `y` (0 is the frame above the tile).
#[inline(always)]
pub(super) fn edges(own: &mut Colour, other: &Colour, y: usize, parity: usize, half: usize) {
    let row = y * STRIDE;
    // of the frame column -1 on: sample i of colour `own` lies in column 2 (i - 1) + parity
    for at in (row..=row + half).step_by(LANES) {
        let stiff = lanes(&own.stiff, at);
        let (right, below) = (lanes(&other.stiff, at + parity), lanes(&other.stiff, at + STRIDE));
        let weight = |i: usize, beside: &[f32; LANES]| 0.5 * SMOOTHNESS * (stiff[i] + beside[i]);
        store(&mut own.right, at, row + half + 1, &from_fn(|i| weight(i, right)));
        store(&mut own.down, at, row + half + 1, &from_fn(|i| weight(i, below)));
    }
}

/// The 2×2 systems of the first `count` pixels of `own` in tile row `y`.
#[inline(always)]
pub(super) fn system(own: &mut Colour, other: &Colour, y: usize, parity: usize, count: usize) {
    let row = (y + 1) * STRIDE + 1;
    for at in (row..row + count).step_by(LANES) {
        let (u, v) = (lanes(&own.u, at), lanes(&own.v, at));
        let (bx, by, bt) = (lanes(&own.bx, at), lanes(&own.by, at), lanes(&own.bt, at));
        let (xx, xy, xt) = (lanes(&own.xx, at), lanes(&own.xy, at), lanes(&own.xt, at));
        let (yx, yy, yt) = (lanes(&own.yx, at), lanes(&own.yy, at), lanes(&own.yt, at));
        let (right, down) = (lanes(&own.right, at), lanes(&own.down, at));
        let (left, up) = (lanes(&other.right, at - 1 + parity), lanes(&other.down, at - STRIDE));
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
        store(&mut own.uu, at, row + count, &uu);
        store(&mut own.uv, at, row + count, &uv);
        store(&mut own.vv, at, row + count, &vv);
        store(&mut own.ut, at, row + count, &ut);
        store(&mut own.vt, at, row + count, &vt);
    }
}

/// One over-relaxation of the first `count` pixels of `own` in tile row `y`.
#[inline(always)]
pub(super) fn sweep(own: &mut Colour, other: &Colour, y: usize, parity: usize, count: usize) {
    let row = (y + 1) * STRIDE + 1;
    for at in (row..row + count).step_by(LANES) {
        let (right, down) = (lanes(&own.right, at), lanes(&own.down, at));
        let (left, up) = (lanes(&other.right, at - 1 + parity), lanes(&other.down, at - STRIDE));
        let (around_u, around_v) = (neighbours(&other.u, at, parity), neighbours(&other.v, at, parity));
        let pull = |[l, r, a, b]: [&[f32; LANES]; 4], i: usize| {
            (left[i] * l[i] + right[i] * r[i]) + (up[i] * a[i] + down[i] * b[i])
        };
        let (uu, uv, vv) = (lanes(&own.uu, at), lanes(&own.uv, at), lanes(&own.vv, at));
        let (ut, vt) = (lanes(&own.ut, at), lanes(&own.vt, at));
        let (mut u, mut v) = (*lanes(&own.u, at), *lanes(&own.v, at));
        for i in 0..LANES {
            u[i] += OMEGA * ((ut[i] - uv[i] * v[i] + pull(around_u, i)) * uu[i] - u[i]);
            v[i] += OMEGA * ((vt[i] - uv[i] * u[i] + pull(around_v, i)) * vv[i] - v[i]);
        }
        store(&mut own.u, at, row + count, &u);
        store(&mut own.v, at, row + count, &v);
    }
}

/// The samples from `at` on.
#[inline(always)]
fn lanes(plane: &[f32], at: usize) -> &[f32; LANES] {
    plane[at..].first_chunk().expect("planes end in LANES spare samples")
}

/// What lies to the left and right of the other colour's samples from `at` on, above and below them.
#[inline(always)]
fn neighbours(other: &[f32], at: usize, parity: usize) -> [&[f32; LANES]; 4] {
    [lanes(other, at - 1 + parity), lanes(other, at + parity), lanes(other, at - STRIDE), lanes(other, at + STRIDE)]
}

/// Writes the samples from `at` on, as far as `end`. What lies beyond is written back: a copy of any length would be a call.
#[inline(always)]
fn store(plane: &mut [f32], at: usize, end: usize, values: &[f32; LANES]) {
    let plane: &mut [f32; LANES] = plane[at..].first_chunk_mut().expect("planes end in LANES spare samples");
    let count = end - at;
    if count >= LANES {
        *plane = *values;
    } else {
        for i in 0..LANES {
            plane[i] = if i < count { values[i] } else { plane[i] };
        }
    }
}
