//! The pixels of one colour of the chess board, and what red–black over-relaxation does to them, row by row.
//!
//! Colour is `(x + y) mod 2` within the tile. The samples of a row lie together, so that one colour is written while the
//! other is read along contiguous rows. A frame of one pixel around the tile holds what lies outside.

use super::tile::Tile;

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
        let zeros = || vec![0.0; STRIDE * ROWS];
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

/// Derivative of the robust smoothness penalty of the pixels of `own` in tile row `y`; their columns are `2i + parity`.
#[inline(always)]
pub(super) fn stiffness(own: &mut Colour, other: &Colour, y: usize, parity: usize, half: usize) {
    let at = (y + 1) * STRIDE + 1;
    let (left, right) = (at - 1 + parity, at + parity);
    let mut sums = [0.0; HALF];
    for (own, other) in [(&own.u, &other.u), (&own.v, &other.v)] {
        let centre = &own[at..at + half];
        let (l, r) = (&other[left..left + half], &other[right..right + half]);
        let (a, b) = (&other[at - STRIDE..at - STRIDE + half], &other[at + STRIDE..at + STRIDE + half]);
        for i in 0..half {
            let c = centre[i];
            let (l, r, a, b) = (l[i] - c, r[i] - c, a[i] - c, b[i] - c);
            sums[i] += (l * l + r * r) + (a * a + b * b);
        }
    }
    for (stiff, sum) in own.stiff[at..at + half].iter_mut().zip(sums) {
        *stiff = 1.0 / (0.5 * sum + ROUND_SMOOTHNESS).sqrt();
    }
}

/// Weights of the edges to the right and down from the pixels of `own` in frame row `y` (0 is the frame above the tile).
#[inline(always)]
pub(super) fn edges(own: &mut Colour, other: &Colour, y: usize, parity: usize, half: usize) {
    let at = y * STRIDE;
    let n = half + 1;
    // of the frame column -1 on: sample i of colour `own` lies in column 2 (i - 1) + parity
    let right = &other.stiff[at + parity..];
    let below = &other.stiff[at + STRIDE..];
    for i in 0..n {
        let stiff = own.stiff[at + i];
        own.right[at + i] = 0.5 * SMOOTHNESS * (stiff + right[i]);
        own.down[at + i] = 0.5 * SMOOTHNESS * (stiff + below[i]);
    }
}

/// The 2×2 systems of the pixels of `own` in tile row `y`.
#[inline(always)]
pub(super) fn system(own: &mut Colour, other: &Colour, y: usize, parity: usize, half: usize) {
    let at = (y + 1) * STRIDE + 1;
    let left = at - 1 + parity;
    let range = at..at + half;
    let (u, v) = (&own.u[range.clone()], &own.v[range.clone()]);
    let (bx, by, bt) = (&own.bx[range.clone()], &own.by[range.clone()], &own.bt[range.clone()]);
    let (xx, xy, xt) = (&own.xx[range.clone()], &own.xy[range.clone()], &own.xt[range.clone()]);
    let (yx, yy, yt) = (&own.yx[range.clone()], &own.yy[range.clone()], &own.yt[range.clone()]);
    let (right, down) = (&own.right[range.clone()], &own.down[range.clone()]);
    let (left, up) = (&other.right[left..left + half], &other.down[at - STRIDE..at - STRIDE + half]);
    let (uu, uv, vv) = (&mut own.uu[range.clone()], &mut own.uv[range.clone()], &mut own.vv[range.clone()]);
    let (ut, vt) = (&mut own.ut[range.clone()], &mut own.vt[range]);
    for i in 0..half {
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
}

/// One over-relaxation of the pixels of `own` in tile row `y`.
#[inline(always)]
pub(super) fn sweep(own: &mut Colour, other: &Colour, y: usize, parity: usize, half: usize) {
    let at = (y + 1) * STRIDE + 1;
    let (l, r, a, b) = (at - 1 + parity, at + parity, at - STRIDE, at + STRIDE);
    let range = at..at + half;
    let (right, down) = (&own.right[range.clone()], &own.down[range.clone()]);
    let (left, up) = (&other.right[l..l + half], &other.down[a..a + half]);
    let (ul, ur, ua, ub) = (&other.u[l..l + half], &other.u[r..r + half], &other.u[a..a + half], &other.u[b..b + half]);
    let (vl, vr, va, vb) = (&other.v[l..l + half], &other.v[r..r + half], &other.v[a..a + half], &other.v[b..b + half]);
    let (uu, uv, vv) = (&own.uu[range.clone()], &own.uv[range.clone()], &own.vv[range.clone()]);
    let (ut, vt) = (&own.ut[range.clone()], &own.vt[range.clone()]);
    let (u, v) = (&mut own.u[range.clone()], &mut own.v[range]);
    for i in 0..half {
        let pull_u = (left[i] * ul[i] + right[i] * ur[i]) + (up[i] * ua[i] + down[i] * ub[i]);
        let pull_v = (left[i] * vl[i] + right[i] * vr[i]) + (up[i] * va[i] + down[i] * vb[i]);
        u[i] += OMEGA * ((ut[i] - uv[i] * v[i] + pull_u) * uu[i] - u[i]);
        v[i] += OMEGA * ((vt[i] - uv[i] * u[i] + pull_v) * vv[i] - v[i]);
    }
}
