//! One tile of the variational problem, linearised and solved in the cache.

use super::{
    Flow,
    colour::{Colour, STRIDE, beside, edges, stiffness, sweep, system},
    equations::{MARGIN, Rows, WIDE},
    pyramid::Level,
};
use crate::frame::{
    gather::{self, Gather, Gathering},
    sample::LANES,
};
use std::ops::Range;

/// Rows of a tile with its margin.
const TALL: usize = Tile::HEIGHT + 2 * MARGIN;

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

/// A tile that samples its pictures.
struct Sampling<'a> {
    tile: &'a mut Tile,
    from: &'a Level,
    to: &'a Level,
    flow: &'a Flow,
}

impl Gathering for Sampling<'_> {
    type Output = ();

    #[inline(always)]
    fn run<G: Gather>(self, gather: G) {
        self.tile.sample_by(gather, self.from, self.to, self.flow);
    }
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

    /// Leaves other work's numbers everywhere.
    #[cfg(test)]
    pub(super) fn used(number: f32) -> Self {
        let mut tile = Self::default();
        tile.mean.fill(number);
        tile.change.fill(number);
        tile.inside.fill(1.0);
        for colour in &mut tile.colours {
            colour.fill(number);
        }
        tile
    }

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

    /// Samples of one colour in a row; where the width is odd, the last one of the odd colour lies on the frame.
    fn half(&self) -> usize {
        self.width().div_ceil(2)
    }

    /// Samples of one colour in a row that are solved for; its columns are `2i + parity`.
    fn solved(&self) -> [usize; 2] {
        [self.width().div_ceil(2), self.width() / 2]
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
            let at = beside(y + 1) + 1;
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
        gather::run(Sampling { tile: self, from, to, flow });
    }

    #[inline(always)]
    fn sample_by(&mut self, gather: impl Gather, from: &Level, to: &Level, flow: &Flow) {
        /// [`WIDE`] in whole lanes.
        const LINE: usize = WIDE.next_multiple_of(LANES);
        let (w, h) = self.picture;
        let (right, bottom) = ((w - 1) as f32, (h - 1) as f32);
        let columns = self.width() + 2 * MARGIN;
        let (mut u, mut v, mut here, mut there) = ([0.0; LINE], [0.0; LINE], [0.0; LINE], [0.0; LINE]);
        let (mut tx, mut ty) = ([0.0; LINE], [0.0; LINE]);
        let lanes = columns.next_multiple_of(LANES);
        for row in 0..self.height() + 2 * MARGIN {
            let y = (self.rows.start + row).saturating_sub(MARGIN).min(h - 1);
            let copy = |row: &[f32], out: &mut [f32; LINE]| {
                copy_clamped(&row[..w], self.columns.start as isize - MARGIN as isize, &mut out[..columns]);
            };
            copy(flow.u.row(y), &mut u);
            copy(flow.v.row(y), &mut v);
            copy(from.luma.starting_at(0, y as isize), &mut here);
            let line = row * WIDE..(row + 1) * WIDE;
            let (mean, change) = (&mut self.mean[line.clone()], &mut self.change[line.clone()]);
            let inside = &mut self.inside[line];
            let first = self.columns.start as f32 - MARGIN as f32;
            let mut within = [0.0; LINE];
            for x in 0..LINE {
                let column = (first + x as i32 as f32).clamp(0.0, right);
                let (fx, fy) = (column + u[x], y as f32 + v[x]);
                (tx[x], ty[x]) = (fx.clamp(0.0, right), fy.clamp(0.0, bottom));
                within[x] = f32::from(u8::from(fx == tx[x]) & u8::from(fy == ty[x]));
            }
            inside.copy_from_slice(&within[..WIDE]);
            to.luma.bilinear(gather, &tx[..lanes], &ty[..lanes], &mut there[..lanes]);
            for x in 0..WIDE {
                mean[x] = 0.5 * (here[x] + there[x]);
                change[x] = there[x] - here[x];
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
            let at = beside(y);
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
        let (half, height, solved) = (self.half(), self.height(), self.solved());
        let [a, b] = &mut self.colours;
        for y in 0..height {
            let parity = y % 2;
            stiffness(a, b, y, parity, solved[parity]);
            stiffness(b, a, y, 1 - parity, solved[1 - parity]);
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
            let parity = y % 2;
            system(a, b, y, parity, solved[parity]);
            system(b, a, y, 1 - parity, solved[1 - parity]);
        }
    }

    /// Repeats the stiffness of the outermost pixels on the frame.
    fn frame_stiffness(&mut self) {
        let (half, height, width) = (self.half(), self.height(), self.width());
        let [a, b] = &mut self.colours;
        for y in 1..=height {
            let row = beside(y);
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
            for i in beside(to)..beside(to) + half + 2 {
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
            let row = beside(y);
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
                    colour.down[beside(row)..beside(row) + half + 2].fill(0.0);
                }
            }
        }
    }

    /// Red–black successive over-relaxation (Young 1954), the half-sweeps staggered: each follows the one before at a
    /// distance of one row, so that a row's coefficients are still in the cache when the next half-sweep wants them.
    #[inline(always)]
    pub(super) fn relax(&mut self, sweeps: usize) {
        let (height, solved) = (self.height(), self.solved());
        let [a, b] = &mut self.colours;
        let half_sweeps = 2 * sweeps;
        for front in 0..height + half_sweeps - 1 {
            for number in front.saturating_sub(height - 1)..half_sweeps.min(front + 1) {
                let y = front - number;
                let parity = (y + number) % 2;
                let (own, other) = if number.is_multiple_of(2) { (&mut *a, &*b) } else { (&mut *b, &*a) };
                sweep(own, other, y, parity, solved[parity]);
            }
        }
    }

    /// Hands out the flow of picture row `y`, of `columns` of it, which begin an even number after the tile's.
    #[inline(always)]
    pub(super) fn copy_row(&self, y: usize, columns: Range<usize>, u: &mut [f32], v: &mut [f32]) {
        let [a, b] = &self.colours;
        let (even, odd) = if (y - self.rows.start).is_multiple_of(2) { (a, b) } else { (b, a) };
        debug_assert!((columns.start - self.columns.start).is_multiple_of(2), "pairs begin with the even colour");
        let row = beside(y - self.rows.start + 1) + 1 + (columns.start - self.columns.start) / 2;
        for (plane_even, plane_odd, out) in [(&even.u, &odd.u, u), (&even.v, &odd.v, v)] {
            let (pairs, last) = out.as_chunks_mut::<2>();
            let (plane_even, plane_odd) = (&plane_even[row..], &plane_odd[row..]);
            for ((pair, &even), &odd) in pairs.iter_mut().zip(plane_even).zip(plane_odd) {
                *pair = [even, odd];
            }
            if let [last] = last {
                *last = plane_even[pairs.len()];
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
