//! The linearised constancy equations along one row of a tile.

use super::tile::Tile;

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
