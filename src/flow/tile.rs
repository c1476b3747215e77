//! One tile of the variational problem, linearised and solved in the cache.
//!
//! Pixels are kept by colour of the chess board, `(x + y) mod 2`, so that red–black over-relaxation reads one colour and
//! writes the other along contiguous rows.

use super::{Flow, pyramid::Level};
use std::ops::Range;

/// Noise of the derivatives, squared levels per pixel (or per squared pixel): the normalisation of the data terms stays
/// finite on flat ground (Zimmer 2011, eq. 12). This and the next five by coarse search on public pairs with known flow.
const FLAT: f32 = 0.5 * 0.5;
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
/// Pixels beyond the tile that the second derivatives reach.
const MARGIN: usize = 2;
const HALF: usize = Tile::WIDTH / 2;
/// Samples of one colour in a row, with one of the frame on each side.
const STRIDE: usize = HALF + 2;
const ROWS: usize = Tile::HEIGHT + 2;
const WIDE: usize = Tile::WIDTH + 2 * MARGIN;
const TALL: usize = Tile::HEIGHT + 2 * MARGIN;

/// The unknowns and coefficients of the pixels of one colour.
#[derive(Clone)]
struct Colour {
    u: Vec<f32>,
    v: Vec<f32>,
    /// Brightness: `bx u + by v = bt`, normalised.
    bx: Vec<f32>,
    by: Vec<f32>,
    bt: Vec<f32>,
    /// Gradient along x: `xx u + xy v = xt`, normalised.
    xx: Vec<f32>,
    xy: Vec<f32>,
    xt: Vec<f32>,
    /// Gradient along y: `yx u + yy v = yt`, normalised.
    yx: Vec<f32>,
    yy: Vec<f32>,
    yt: Vec<f32>,
    /// Derivative of the smoothness penalty.
    stiff: Vec<f32>,
    /// Weight of the difference to the right-hand, to the lower neighbour.
    right: Vec<f32>,
    down: Vec<f32>,
    /// The 2×2 system of each pixel: inverse diagonal, off-diagonal, right-hand side.
    uu: Vec<f32>,
    uv: Vec<f32>,
    vv: Vec<f32>,
    ut: Vec<f32>,
    vt: Vec<f32>,
}

impl Colour {
    fn new() -> Self {
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

/// A rectangle of the picture with everything that is needed to solve for its flow; used again and again.
pub(super) struct Tile {
    columns: Range<usize>,
    rows: Range<usize>,
    picture: (usize, usize),
    mean: Vec<f32>,
    change: Vec<f32>,
    inside: Vec<f32>,
    colours: [Colour; 2],
}

impl Default for Tile {
    fn default() -> Self {
        let zeros = || vec![0.0; WIDE * TALL];
        Self {
            columns: 0..0,
            rows: 0..0,
            picture: (0, 0),
            mean: zeros(),
            change: zeros(),
            inside: zeros(),
            colours: [Colour::new(), Colour::new()],
        }
    }
}

impl Tile {
    /// Most columns of a tile, even.
    pub(super) const WIDTH: usize = 128;
    /// Most rows of a tile.
    pub(super) const HEIGHT: usize = 64;

    /// Moves the tile.
    pub(super) fn place(&mut self, columns: Range<usize>, rows: Range<usize>) {
        self.columns = columns;
        self.rows = rows;
    }

    fn width(&self) -> usize {
        self.columns.len()
    }

    fn height(&self) -> usize {
        self.rows.len()
    }

    /// Samples of one colour in a row.
    fn half(&self) -> usize {
        self.width().div_ceil(2)
    }

    /// Warps *to* by `flow` and linearises brightness and gradient around it.
    #[inline(always)]
    pub(super) fn linearise(&mut self, from: &Level, to: &Level, flow: &Flow) {
        self.picture = (flow.u.width(), flow.u.height());
        self.sample(from, to, flow);
        self.load_flow(flow);
        let (w, half) = (self.width(), self.half());
        let mut rows = Rows::default();
        for y in 0..self.height() {
            rows.derive(&self.mean, &self.change, &self.inside, y);
            let (u, v) = (flow.u.row(self.rows.start + y), flow.v.row(self.rows.start + y));
            rows.normalise(&u[self.columns.clone()], &v[self.columns.clone()]);
            let [a, b] = &mut self.colours;
            let (even, odd) = if y.is_multiple_of(2) { (a, b) } else { (b, a) };
            let at = (y + 1) * STRIDE + 1;
            let split = |row: &[f32], even: &mut [f32], odd: &mut [f32]| {
                let pairs = row.as_chunks::<2>().0;
                for ((pair, even), odd) in pairs.iter().zip(&mut even[at..at + half]).zip(&mut odd[at..at + half]) {
                    (*even, *odd) = (pair[0], pair[1]);
                }
            };
            rows.clear_from(w);
            split(&rows.bx, &mut even.bx, &mut odd.bx);
            split(&rows.by, &mut even.by, &mut odd.by);
            split(&rows.bt, &mut even.bt, &mut odd.bt);
            split(&rows.xx, &mut even.xx, &mut odd.xx);
            split(&rows.xy, &mut even.xy, &mut odd.xy);
            split(&rows.xt, &mut even.xt, &mut odd.xt);
            split(&rows.yx, &mut even.yx, &mut odd.yx);
            split(&rows.yy, &mut even.yy, &mut odd.yy);
            split(&rows.yt, &mut even.yt, &mut odd.yt);
        }
    }

    /// *From* and the warped *to*, with a margin; beyond the picture its border.
    #[inline(always)]
    fn sample(&mut self, from: &Level, to: &Level, flow: &Flow) {
        let (w, h) = self.picture;
        let (right, bottom) = ((w - 1) as f32, (h - 1) as f32);
        let columns = self.width() + 2 * MARGIN;
        let (mut u, mut v, mut here) = ([0.0; WIDE], [0.0; WIDE], [0.0; WIDE]);
        let (mut tx, mut ty) = ([0.0; WIDE], [0.0; WIDE]);
        for row in 0..self.height() + 2 * MARGIN {
            let y = (self.rows.start + row).saturating_sub(MARGIN).min(h - 1);
            let copy = |row: &[f32], out: &mut [f32; WIDE]| {
                copy_clamped(&row[..w], self.columns.start as isize - MARGIN as isize, &mut out[..columns]);
            };
            copy(flow.u.row(y), &mut u);
            copy(flow.v.row(y), &mut v);
            copy(from.luma.starting_at(0, y as isize), &mut here);
            let line = row * WIDE..(row + 1) * WIDE;
            let (mean, change) = (&mut self.mean[line.clone()], &mut self.change[line.clone()]);
            let inside = &mut self.inside[line];
            let first = self.columns.start as f32 - MARGIN as f32;
            for x in 0..WIDE {
                let column = (first + x as f32).clamp(0.0, right);
                let (fx, fy) = (column + u[x], y as f32 + v[x]);
                (tx[x], ty[x]) = (fx.clamp(0.0, right), fy.clamp(0.0, bottom));
                inside[x] = if fx == tx[x] && fy == ty[x] { 1.0 } else { 0.0 };
            }
            to.luma.bilinear(&tx[..columns], &ty[..columns], &mut change[..columns]);
            for x in 0..WIDE {
                let there = change[x];
                mean[x] = 0.5 * (here[x] + there);
                change[x] = there - here[x];
            }
        }
    }

    /// The flow to start from, with the frame around the tile.
    #[inline(always)]
    fn load_flow(&mut self, flow: &Flow) {
        let h = self.picture.1;
        let half = self.half();
        let mut line = [0.0; Tile::WIDTH + 2];
        for y in 0..self.height() + 2 {
            let global_y = (self.rows.start + y).saturating_sub(1).min(h - 1);
            let [a, b] = &mut self.colours;
            let (even, odd) = if y.is_multiple_of(2) { (b, a) } else { (a, b) };
            let at = y * STRIDE;
            for (row, even, odd) in
                [(flow.u.row(global_y), &mut even.u, &mut odd.u), (flow.v.row(global_y), &mut even.v, &mut odd.v)]
            {
                // columns -1, 0, 1, …: odd comes first
                copy_clamped(row, self.columns.start as isize - 1, &mut line[..2 * half + 2]);
                let pairs = line.as_chunks::<2>().0.iter();
                for ((pair, odd), even) in pairs.zip(&mut odd[at..=at + half]).zip(&mut even[at + 1..=at + half + 1]) {
                    (*odd, *even) = (pair[0], pair[1]);
                }
            }
        }
    }

    /// Makes the linear system from the present flow: robust weights of data and smoothness.
    #[inline(always)]
    pub(super) fn weigh(&mut self) {
        let (half, height) = (self.half(), self.height());
        let [a, b] = &mut self.colours;
        for y in 0..height {
            stiffness(a, b, y, y % 2, half);
            stiffness(b, a, y, 1 - y % 2, half);
        }
        self.frame_stiffness();
        let [a, b] = &mut self.colours;
        for y in 0..=height {
            edges(a, b, y, 1 - y % 2, half);
            edges(b, a, y, y % 2, half);
        }
        self.cut_edges();
        let [a, b] = &mut self.colours;
        for y in 0..height {
            system(a, b, y, y % 2, half);
            system(b, a, y, 1 - y % 2, half);
        }
    }

    /// Repeats the stiffness of the outermost pixels on the frame.
    fn frame_stiffness(&mut self) {
        let (half, height, width) = (self.half(), self.height(), self.width());
        let [a, b] = &mut self.colours;
        for y in 1..=height {
            let row = y * STRIDE;
            // column -1 has the colour that column 0 has not
            let (even, odd) = if y % 2 == 1 { (&mut *a, &mut *b) } else { (&mut *b, &mut *a) };
            odd.stiff[row] = even.stiff[row + 1];
            if width.is_multiple_of(2) {
                even.stiff[row + 1 + half] = odd.stiff[row + half];
            } else {
                odd.stiff[row + half] = even.stiff[row + half];
            }
        }
        for (to, from) in [(0, 1), (height + 1, height)] {
            for i in to * STRIDE..to * STRIDE + half + 2 {
                let other = i + from * STRIDE - to * STRIDE;
                (a.stiff[i], b.stiff[i]) = (b.stiff[other], a.stiff[other]);
            }
        }
    }

    /// No smoothness across the border of the picture.
    fn cut_edges(&mut self) {
        let (half, height, width) = (self.half(), self.height(), self.width());
        let at_left = self.columns.start == 0;
        let at_right = self.columns.end == self.picture.0;
        let [a, b] = &mut self.colours;
        for y in 1..=height {
            let row = y * STRIDE;
            let (even, odd) = if y % 2 == 1 { (&mut *a, &mut *b) } else { (&mut *b, &mut *a) };
            if at_left {
                odd.right[row] = 0.0;
            }
            if at_right || width % 2 == 1 {
                let last = if width.is_multiple_of(2) { &mut odd.right } else { &mut even.right };
                last[row + half] = 0.0;
            }
        }
        for (cut, row) in [(self.rows.start == 0, 0), (self.rows.end == self.picture.1, height)] {
            if cut {
                for colour in [&mut *a, &mut *b] {
                    colour.down[row * STRIDE..(row + 1) * STRIDE].fill(0.0);
                }
            }
        }
    }

    /// Red–black successive over-relaxation (Young 1954).
    #[inline(always)]
    pub(super) fn relax(&mut self, sweeps: usize) {
        let (half, height) = (self.half(), self.height());
        let [a, b] = &mut self.colours;
        for _ in 0..sweeps {
            for y in 0..height {
                sweep(a, b, y, y % 2, half);
            }
            for y in 0..height {
                sweep(b, a, y, 1 - y % 2, half);
            }
        }
    }

    /// Hands out the flow of picture row `y`, of `columns` of it.
    pub(super) fn copy_row(&self, y: usize, columns: Range<usize>, u: &mut [f32], v: &mut [f32]) {
        let row = (y - self.rows.start + 1) * STRIDE + 1;
        let [a, b] = &self.colours;
        let (even, odd) = if (y - self.rows.start).is_multiple_of(2) { (a, b) } else { (b, a) };
        let first = columns.start - self.columns.start;
        for (plane_even, plane_odd, out) in [(&even.u, &odd.u, u), (&even.v, &odd.v, v)] {
            for (i, out) in out.iter_mut().enumerate() {
                let x = first + i;
                *out = if x.is_multiple_of(2) { plane_even[row + x / 2] } else { plane_odd[row + x / 2] };
            }
        }
    }
}

/// Copies the samples of `row` from column `first` on, which may lie before its begin and beyond its end: then the nearest.
#[inline(always)]
fn copy_clamped(row: &[f32], first: isize, out: &mut [f32]) {
    let last = row.len() as isize - 1;
    let before = (-first).clamp(0, out.len() as isize) as usize;
    let known = (last + 1 - first).clamp(before as isize, out.len() as isize) as usize;
    out[..before].fill(row[0]);
    let start = (first + before as isize) as usize;
    out[before..known].copy_from_slice(&row[start..start + known - before]);
    out[known..].fill(row[last as usize]);
}

/// The derivatives of one row, in the order of the picture.
struct Rows {
    bx: [f32; Tile::WIDTH],
    by: [f32; Tile::WIDTH],
    bt: [f32; Tile::WIDTH],
    xx: [f32; Tile::WIDTH],
    xy: [f32; Tile::WIDTH],
    xt: [f32; Tile::WIDTH],
    yx: [f32; Tile::WIDTH],
    yy: [f32; Tile::WIDTH],
    yt: [f32; Tile::WIDTH],
    inside: [f32; Tile::WIDTH],
}

impl Default for Rows {
    fn default() -> Self {
        let zeros = [0.0; Tile::WIDTH];
        Self {
            bx: zeros,
            by: zeros,
            bt: zeros,
            xx: zeros,
            xy: zeros,
            xt: zeros,
            yx: zeros,
            yy: zeros,
            yt: zeros,
            inside: zeros,
        }
    }
}

fn wide_row(plane: &[f32], y: usize) -> &[f32; WIDE] {
    plane[y * WIDE..].first_chunk().expect("a plane with margin holds TALL whole rows")
}

impl Rows {
    /// Derivatives of the mean of both pictures and of the change between them, for tile row `y`.
    #[inline(always)]
    fn derive(&mut self, mean: &[f32], change: &[f32], inside: &[f32], y: usize) {
        let mean: [&[f32; WIDE]; 5] = [0, 1, 2, 3, 4].map(|offset| wide_row(mean, y + offset));
        let change: [&[f32; WIDE]; 3] = [1, 2, 3].map(|offset| wide_row(change, y + offset));
        let inside = wide_row(inside, y + MARGIN);
        for x in 0..Tile::WIDTH {
            let c = x + MARGIN;
            self.bx[x] = 0.5 * (mean[2][c + 1] - mean[2][c - 1]);
            self.by[x] = 0.5 * (mean[3][c] - mean[1][c]);
            self.bt[x] = change[1][c];
            self.xx[x] = 0.25 * (mean[2][c + 2] + mean[2][c - 2]) - 0.5 * mean[2][c];
            self.xy[x] = 0.25 * ((mean[3][c + 1] - mean[3][c - 1]) - (mean[1][c + 1] - mean[1][c - 1]));
            self.yy[x] = 0.25 * (mean[4][c] + mean[0][c]) - 0.5 * mean[2][c];
            self.xt[x] = 0.5 * (change[1][c + 1] - change[1][c - 1]);
            self.yt[x] = 0.5 * (change[2][c] - change[0][c]);
            self.inside[x] = inside[c];
        }
    }

    /// Nothing is known beyond the last column of the tile.
    fn clear_from(&mut self, width: usize) {
        let planes = [
            &mut self.bx,
            &mut self.by,
            &mut self.bt,
            &mut self.xx,
            &mut self.xy,
            &mut self.xt,
            &mut self.yx,
            &mut self.yy,
            &mut self.yt,
        ];
        for plane in planes {
            plane[width..].fill(0.0);
        }
    }

    /// Scales each equation by its gradient and its share in the energy, and moves the present flow to the right-hand side.
    #[inline(always)]
    fn normalise(&mut self, u: &[f32], v: &[f32]) {
        for x in 0..u.len() {
            let (bx, by, xx, xy, yy) = (self.bx[x], self.by[x], self.xx[x], self.xy[x], self.yy[x]);
            let scale = |a: f32, b: f32| self.inside[x] / (a * a + b * b + FLAT).sqrt();
            let (brightness, along_x, along_y) = (scale(bx, by), scale(xx, xy), scale(xy, yy));
            let constant = |a: f32, b: f32, t: f32| a * u[x] + b * v[x] - t;
            self.bt[x] = brightness * constant(bx, by, self.bt[x]);
            self.xt[x] = along_x * constant(xx, xy, self.xt[x]);
            self.yt[x] = along_y * constant(xy, yy, self.yt[x]);
            (self.bx[x], self.by[x]) = (brightness * bx, brightness * by);
            (self.xx[x], self.xy[x]) = (along_x * xx, along_x * xy);
            (self.yx[x], self.yy[x]) = (along_y * xy, along_y * yy);
        }
    }
}

/// Derivative of the robust smoothness penalty of the pixels of `own` in tile row `y`; their columns are `2i + parity`.
#[inline(always)]
fn stiffness(own: &mut Colour, other: &Colour, y: usize, parity: usize, half: usize) {
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
fn edges(own: &mut Colour, other: &Colour, y: usize, parity: usize, half: usize) {
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
fn system(own: &mut Colour, other: &Colour, y: usize, parity: usize, half: usize) {
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
fn sweep(own: &mut Colour, other: &Colour, y: usize, parity: usize, half: usize) {
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
