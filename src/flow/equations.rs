//! The linearised constancy equations along one row of a tile.

use super::tile::Tile;
use crate::frame::sample::{LANES, first_lanes};

/// Noise of the derivatives, squared levels per pixel (or per squared pixel): the normalisation of the data terms stays
/// finite on flat ground (Zimmer 2011, eq. 12).
/// By coarse search on public pairs with known flow.
const FLAT: f32 = 0.5 * 0.5;
/// Pixels beyond the tile that the second derivatives reach.
pub(super) const MARGIN: usize = 2;
/// Columns of a tile with its margin.
pub(super) const WIDE: usize = Tile::WIDTH + 2 * MARGIN;

/// The derivatives of one row, in the order of the picture.
pub(super) struct Rows {
    pub(super) bx: [f32; Tile::WIDTH],
    pub(super) by: [f32; Tile::WIDTH],
    pub(super) bt: [f32; Tile::WIDTH],
    pub(super) xx: [f32; Tile::WIDTH],
    pub(super) xy: [f32; Tile::WIDTH],
    pub(super) xt: [f32; Tile::WIDTH],
    pub(super) yx: [f32; Tile::WIDTH],
    pub(super) yy: [f32; Tile::WIDTH],
    pub(super) yt: [f32; Tile::WIDTH],
    pub(super) inside: [f32; Tile::WIDTH],
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
    pub(super) fn derive(&mut self, mean: &[f32], change: &[f32], inside: &[f32], y: usize) {
        let mean: [&[f32; WIDE]; 5] = [0, 1, 2, 3, 4].map(|offset| wide_row(mean, y + offset));
        let change: [&[f32; WIDE]; 3] = [1, 2, 3].map(|offset| wide_row(change, y + offset));
        let inside = wide_row(inside, y + MARGIN);
        for at in (0..Tile::WIDTH).step_by(LANES) {
            // around column `at`: two rows above to two below, two columns before to two after
            let m = |row: usize, column: usize| lanes(mean[row], at + column);
            let t = |row: usize, column: usize| lanes(change[row], at + column);
            let (left, right, above, below, here) = (m(2, 1), m(2, 3), m(1, 2), m(3, 2), m(2, 2));
            let (far_left, far_right, far_above, far_below) = (m(2, 0), m(2, 4), m(0, 2), m(4, 2));
            let (upper_left, upper_right, lower_left, lower_right) = (m(1, 1), m(1, 3), m(3, 1), m(3, 3));
            let (t_left, t_right, t_above, t_below) = (t(1, 1), t(1, 3), t(0, 2), t(2, 2));
            let mut out = [[0.0; LANES]; 7];
            for i in 0..LANES {
                out[0][i] = 0.5 * (right[i] - left[i]);
                out[1][i] = 0.5 * (below[i] - above[i]);
                out[2][i] = 0.25 * (far_right[i] + far_left[i]) - 0.5 * here[i];
                out[3][i] = 0.25 * ((lower_right[i] - lower_left[i]) - (upper_right[i] - upper_left[i]));
                out[4][i] = 0.25 * (far_below[i] + far_above[i]) - 0.5 * here[i];
                out[5][i] = 0.5 * (t_right[i] - t_left[i]);
                out[6][i] = 0.5 * (t_below[i] - t_above[i]);
            }
            let [bx, by, xx, xy, yy, xt, yt] = out;
            put(&mut self.bx, at, bx);
            put(&mut self.by, at, by);
            put(&mut self.bt, at, *t(1, 2));
            put(&mut self.xx, at, xx);
            put(&mut self.xy, at, xy);
            put(&mut self.yy, at, yy);
            put(&mut self.xt, at, xt);
            put(&mut self.yt, at, yt);
            put(&mut self.inside, at, *lanes(inside, at + MARGIN));
        }
    }

    /// Nothing is known beyond the last column of the tile.
    pub(super) fn clear_from(&mut self, width: usize) {
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
    pub(super) fn normalise(&mut self, u: &[f32], v: &[f32]) {
        for at in (0..u.len()).step_by(LANES) {
            let (u, v) = (first_lanes(&u[at..]), first_lanes(&v[at..]));
            let (bx, by, bt) = (*lanes(&self.bx, at), *lanes(&self.by, at), *lanes(&self.bt, at));
            let (xx, xy, yy) = (*lanes(&self.xx, at), *lanes(&self.xy, at), *lanes(&self.yy, at));
            let (xt, yt, inside) = (*lanes(&self.xt, at), *lanes(&self.yt, at), *lanes(&self.inside, at));
            let mut out = [[0.0; LANES]; 9];
            for i in 0..LANES {
                let (bx, by, xx, xy, yy) = (bx[i], by[i], xx[i], xy[i], yy[i]);
                let brightness = inside[i] / (bx * bx + by * by + FLAT).sqrt();
                let along_x = inside[i] / (xx * xx + xy * xy + FLAT).sqrt();
                let along_y = inside[i] / (xy * xy + yy * yy + FLAT).sqrt();
                out[0][i] = brightness * (bx * u[i] + by * v[i] - bt[i]);
                out[1][i] = along_x * (xx * u[i] + xy * v[i] - xt[i]);
                out[2][i] = along_y * (xy * u[i] + yy * v[i] - yt[i]);
                (out[3][i], out[4][i]) = (brightness * bx, brightness * by);
                (out[5][i], out[6][i]) = (along_x * xx, along_x * xy);
                (out[7][i], out[8][i]) = (along_y * xy, along_y * yy);
            }
            let [bt, xt, yt, bx, by, xx, xy, yx, yy] = out;
            put(&mut self.bt, at, bt);
            put(&mut self.xt, at, xt);
            put(&mut self.yt, at, yt);
            put(&mut self.bx, at, bx);
            put(&mut self.by, at, by);
            put(&mut self.xx, at, xx);
            put(&mut self.xy, at, xy);
            put(&mut self.yx, at, yx);
            put(&mut self.yy, at, yy);
        }
    }
}

/// The samples of a row from `at` on.
#[inline(always)]
fn lanes(row: &[f32], at: usize) -> &[f32; LANES] {
    row[at..].first_chunk().expect("tiles are whole lanes wide")
}

#[inline(always)]
fn put(row: &mut [f32; Tile::WIDTH], at: usize, values: [f32; LANES]) {
    *row[at..].first_chunk_mut().expect("tiles are whole lanes wide") = values;
}
