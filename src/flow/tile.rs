//! One tile of the variational problem, linearised and solved in the cache.
//!
//! Pixels are kept by colour of the chess board, `(x + y) mod 2`, so that red–black over-relaxation reads one colour and
//! writes the other along contiguous rows.

use super::{Flow, Refine, pyramid::Level};
use std::ops::Range;

/// Noise of the derivatives, squared levels per pixel: the normalisation of the data terms stays finite on flat ground
/// (Zimmer 2011, eq. 12).
const FLAT: f32 = 0.1 * 0.1;
/// Where the penalties turn from square to linear, squared pixels (Brox 2004, §2).
const ROUND: f32 = 0.001 * 0.001;
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
    /// How little the picture speaks for an edge here, `0..=1`.
    calm: Vec<f32>,
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
            calm: zeros(),
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
    here: Vec<f32>,
    there: Vec<f32>,
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
            here: zeros(),
            there: zeros(),
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
    pub(super) fn linearise(&mut self, from: &Level, to: &Level, flow: &Flow, settings: &Refine) {
        self.picture = (flow.u.width(), flow.u.height());
        self.sample(from, to, flow);
        self.load_flow(flow);
        let (w, half) = (self.width(), self.half());
        let mut rows = Rows::default();
        for y in 0..self.height() {
            rows.derive(&self.here, &self.there, &self.inside, y, w);
            let (u, v) = (flow.u.row(self.rows.start + y), flow.v.row(self.rows.start + y));
            rows.normalise(&u[self.columns.clone()], &v[self.columns.clone()], settings);
            let [a, b] = &mut self.colours;
            let (even, odd) = if y % 2 == 0 { (a, b) } else { (b, a) };
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
            split(&rows.calm, &mut even.calm, &mut odd.calm);
        }
    }

    /// *From* and the warped *to*, with a margin; beyond the picture its border.
    fn sample(&mut self, from: &Level, to: &Level, flow: &Flow) {
        let (w, h) = self.picture;
        let (right, bottom) = ((w - 1) as f32, (h - 1) as f32);
        let columns = self.width() + 2 * MARGIN;
        for row in 0..self.height() + 2 * MARGIN {
            let y = (self.rows.start + row).saturating_sub(MARGIN).min(h - 1);
            let (us, vs) = (flow.u.row(y), flow.v.row(y));
            let here = from.luma.starting_at(0, y as isize);
            for column in 0..columns {
                let x = (self.columns.start + column).saturating_sub(MARGIN).min(w - 1);
                let (tx, ty) = (x as f32 + us[x], y as f32 + vs[x]);
                let (cx, cy) = (tx.clamp(0.0, right), ty.clamp(0.0, bottom));
                let i = row * WIDE + column;
                self.here[i] = here[x];
                self.there[i] = to.luma.bilinear(cx, cy);
                self.inside[i] = if tx == cx && ty == cy { 1.0 } else { 0.0 };
            }
        }
    }

    /// The flow to start from, with the frame around the tile.
    fn load_flow(&mut self, flow: &Flow) {
        let (w, h) = self.picture;
        for y in 0..self.height() + 2 {
            let global_y = (self.rows.start + y).saturating_sub(1).min(h - 1);
            let (u, v) = (flow.u.row(global_y), flow.v.row(global_y));
            // column -1 of the tile comes first; x + y of the tile decides the colour
            for x in 0..2 * self.half() + 2 {
                let global_x = (self.columns.start + x).saturating_sub(1).min(w - 1);
                let colour = &mut self.colours[(x + y) % 2];
                let i = y * STRIDE + x.div_ceil(2);
                colour.u[i] = u[global_x];
                colour.v[i] = v[global_x];
            }
        }
    }

    /// Makes the linear system from the present flow: robust weights of data and smoothness.
    pub(super) fn weigh(&mut self, settings: &Refine) {
        let (half, height) = (self.half(), self.height());
        let [a, b] = &mut self.colours;
        for y in 0..height {
            stiffness(a, b, y, y % 2, half);
            stiffness(b, a, y, 1 - y % 2, half);
        }
        self.frame_stiffness();
        let [a, b] = &mut self.colours;
        let smoothness = settings.smoothness;
        for y in 0..=height {
            edges(a, b, y, 1 - y % 2, half, smoothness);
            edges(b, a, y, y % 2, half, smoothness);
        }
        self.cut_edges();
        let [a, b] = &mut self.colours;
        for y in 0..height {
            system(a, b, y, y % 2, half, settings);
            system(b, a, y, 1 - y % 2, half, settings);
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
            if width % 2 == 0 {
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
                let last = if width % 2 == 0 { &mut odd.right } else { &mut even.right };
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
    pub(super) fn relax(&mut self, settings: &Refine) {
        let (half, height) = (self.half(), self.height());
        let [a, b] = &mut self.colours;
        for _ in 0..settings.sweeps {
            for y in 0..height {
                sweep(a, b, y, y % 2, half, settings.omega);
            }
            for y in 0..height {
                sweep(b, a, y, 1 - y % 2, half, settings.omega);
            }
        }
    }

    /// Hands out the flow of picture row `y`, of `columns` of it.
    pub(super) fn copy_row(&self, y: usize, columns: Range<usize>, u: &mut [f32], v: &mut [f32]) {
        let row = (y - self.rows.start + 1) * STRIDE + 1;
        for (i, x) in columns.enumerate() {
            let x = x - self.columns.start;
            let colour = &self.colours[(x + y - self.rows.start) % 2];
            (u[i], v[i]) = (colour.u[row + x / 2], colour.v[row + x / 2]);
        }
    }
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
    calm: [f32; Tile::WIDTH],
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
            calm: zeros,
            inside: zeros,
        }
    }
}

impl Rows {
    /// Derivatives of the mean of both pictures, differences between them, for tile row `y`.
    fn derive(&mut self, here: &[f32], there: &[f32], inside: &[f32], y: usize, width: usize) {
        let row = |plane: &'_ [f32], offset: usize| -> [f32; WIDE] {
            let at = (y + offset) * WIDE;
            std::array::from_fn(|i| plane[at + i])
        };
        let mean = |offset: usize| -> [f32; WIDE] {
            let (h, t) = (row(here, offset), row(there, offset));
            std::array::from_fn(|i| 0.5 * (h[i] + t[i]))
        };
        let change = |offset: usize| -> [f32; WIDE] {
            let (h, t) = (row(here, offset), row(there, offset));
            std::array::from_fn(|i| t[i] - h[i])
        };
        let m: [[f32; WIDE]; 5] = std::array::from_fn(mean);
        let d: [[f32; WIDE]; 3] = std::array::from_fn(|i| change(i + 1));
        for x in 0..width.next_multiple_of(8).min(Tile::WIDTH) {
            let c = x + MARGIN;
            self.bx[x] = 0.5 * (m[2][c + 1] - m[2][c - 1]);
            self.by[x] = 0.5 * (m[3][c] - m[1][c]);
            self.bt[x] = d[1][c];
            self.xx[x] = 0.25 * (m[2][c + 2] + m[2][c - 2]) - 0.5 * m[2][c];
            self.xy[x] = 0.25 * ((m[3][c + 1] - m[3][c - 1]) - (m[1][c + 1] - m[1][c - 1]));
            self.yy[x] = 0.25 * (m[4][c] + m[0][c]) - 0.5 * m[2][c];
            self.xt[x] = 0.5 * (d[1][c + 1] - d[1][c - 1]);
            self.yt[x] = 0.5 * (d[2][c] - d[0][c]);
            self.inside[x] = inside[(y + MARGIN) * WIDE + c];
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
            &mut self.calm,
        ];
        for plane in planes {
            plane[width..].fill(0.0);
        }
    }

    /// Scales each equation by its gradient and its share in the energy, and moves the present flow to the right-hand side.
    fn normalise(&mut self, u: &[f32], v: &[f32], settings: &Refine) {
        for x in 0..u.len() {
            let (bx, by, xx, xy, yy) = (self.bx[x], self.by[x], self.xx[x], self.xy[x], self.yy[x]);
            let slope = bx * bx + by * by;
            self.calm[x] = 1.0 / (1.0 + slope * settings.edge);
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
    let calm = &own.calm[at..at + half];
    for ((stiff, sum), calm) in own.stiff[at..at + half].iter_mut().zip(sums).zip(calm) {
        *stiff = calm / (0.5 * sum + ROUND).sqrt();
    }
}

/// Weights of the edges to the right and down from the pixels of `own` in frame row `y` (0 is the frame above the tile).
fn edges(own: &mut Colour, other: &Colour, y: usize, parity: usize, half: usize, smoothness: f32) {
    let at = y * STRIDE;
    let n = half + 1;
    // of the frame column -1 on: sample i of colour `own` lies in column 2 (i - 1) + parity
    let right = &other.stiff[at + parity..];
    let below = &other.stiff[at + STRIDE..];
    for i in 0..n {
        let stiff = own.stiff[at + i];
        own.right[at + i] = 0.5 * smoothness * (stiff + right[i]);
        own.down[at + i] = 0.5 * smoothness * (stiff + below[i]);
    }
}

/// The 2×2 systems of the pixels of `own` in tile row `y`.
fn system(own: &mut Colour, other: &Colour, y: usize, parity: usize, half: usize, settings: &Refine) {
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
        let brightness = settings.brightness / (b * b + ROUND).sqrt();
        let gradient = settings.gradient / (gx * gx + gy * gy + ROUND).sqrt();
        let edges = (left[i] + right[i]) + (up[i] + down[i]);
        uu[i] = 1.0 / (brightness * bx[i] * bx[i] + gradient * (xx[i] * xx[i] + yx[i] * yx[i]) + edges + LEAST);
        vv[i] = 1.0 / (brightness * by[i] * by[i] + gradient * (xy[i] * xy[i] + yy[i] * yy[i]) + edges + LEAST);
        uv[i] = brightness * bx[i] * by[i] + gradient * (xx[i] * xy[i] + yx[i] * yy[i]);
        ut[i] = brightness * bx[i] * bt[i] + gradient * (xx[i] * xt[i] + yx[i] * yt[i]);
        vt[i] = brightness * by[i] * bt[i] + gradient * (xy[i] * xt[i] + yy[i] * yt[i]);
    }
}

/// Keeps the diagonal of a lone pixel away from zero.
const LEAST: f32 = 1e-9;

/// One over-relaxation of the pixels of `own` in tile row `y`.
fn sweep(own: &mut Colour, other: &Colour, y: usize, parity: usize, half: usize, omega: f32) {
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
        u[i] += omega * ((ut[i] - uv[i] * v[i] + pull_u) * uu[i] - u[i]);
        v[i] += omega * ((vt[i] - uv[i] * u[i] + pull_v) * vv[i] - v[i]);
    }
}
