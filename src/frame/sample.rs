//! Sampling a plane between its pixels.

use super::{Plane, Size, gather::Gather};

/// Bilinear sample at column `x`, row `y` (pixel centres at integers); coordinates beyond the border read the border.
#[inline]
pub fn bilinear(plane: &Plane<f32>, x: f32, y: f32) -> f32 {
    let (w, h) = (plane.width(), plane.height());
    let x = x.clamp(0.0, (w - 1) as f32);
    let y = y.clamp(0.0, (h - 1) as f32);
    let (x0, y0) = (x as usize, y as usize);
    let (x1, y1) = ((x0 + 1).min(w - 1), (y0 + 1).min(h - 1));
    let (fx, fy) = (x - x0 as f32, y - y0 as f32);
    let (above, below) = (plane.row(y0), plane.row(y1));
    let top = above[x0] + (above[x1] - above[x0]) * fx;
    let bottom = below[x0] + (below[x1] - below[x0]) * fx;
    top + (bottom - top) * fy
}

/// Points that [`Bilinear`] samples at once.
pub(crate) const LANES: usize = 16;

/// The first samples of `row`, with zeros beyond its end.
#[inline(always)]
pub(crate) fn first_lanes(row: &[f32]) -> [f32; LANES] {
    if let Some(lanes) = row.first_chunk() {
        return *lanes;
    }
    let mut lanes = [0.0; LANES];
    lanes[..row.len()].copy_from_slice(row);
    lanes
}

/// Writes `lanes` to the begin of `row`, as far as it goes.
#[inline(always)]
pub(crate) fn write_lanes(row: &mut [f32], lanes: &[f32; LANES]) {
    match row.first_chunk_mut() {
        Some(first) => *first = *lanes,
        None => row.copy_from_slice(&lanes[..row.len()]),
    }
}

/// Whole part of `0..2²³`; 0 of what is no number. `as` saturates, and no compiler makes vectors of that.
#[inline(always)]
pub(crate) fn whole(x: f32) -> i32 {
    /// From here on numbers have no fraction: a sum with it is rounded to whole ones.
    const WHOLE: f32 = 8_388_608.0;
    let x = x.max(0.0);
    let nearest = x + WHOLE;
    let above = nearest - WHOLE > x;
    nearest.to_bits().wrapping_sub(WHOLE.to_bits()).cast_signed() - i32::from(above)
}

/// Whole places of [`LANES`] points in a plane, and how far apart they lie.
#[derive(Clone, Copy)]
pub(crate) struct Places {
    pub(crate) column: [i32; LANES],
    pub(crate) row: [i32; LANES],
    /// Least and largest column and row.
    pub(crate) columns: [i32; 2],
    pub(crate) rows: [i32; 2],
}

impl Places {
    #[inline(always)]
    pub(crate) fn new(column: [i32; LANES], row: [i32; LANES]) -> Self {
        let (mut columns, mut rows) = ([column[0]; 2], [row[0]; 2]);
        for i in 1..LANES {
            columns = [columns[0].min(column[i]), columns[1].max(column[i])];
            rows = [rows[0].min(row[i]), rows[1].max(row[i])];
        }
        Self { column, row, columns, rows }
    }

    /// Index of each in a plane of that width.
    #[inline(always)]
    pub(crate) fn at(&self, width: usize) -> [u32; LANES] {
        let mut at = [0; LANES];
        for i in 0..LANES {
            at[i] = (self.row[i] * width as i32 + self.column[i]).cast_unsigned();
        }
        at
    }

    /// The first of `2 * LANES` columns of a plane of that width, in which all of the points and `more` columns to their right lie, if
    /// they lie in one row or in two that follow each other.
    #[inline(always)]
    pub(crate) fn window(&self, width: usize, more: i32) -> Option<i32> {
        let [least, most] = self.columns;
        let first = least.min(width as i32 - 2 * LANES as i32);
        (first >= 0 && most + more < first + 2 * LANES as i32 && self.rows[1] - self.rows[0] <= 1).then_some(first)
    }
}

/// Where and with which weights [`bilinear`] reads at [`LANES`] points: worked out once for planes of one size.
pub(crate) struct Bilinear {
    places: Places,
    fx: [f32; LANES],
    fy: [f32; LANES],
    size: Size,
}

impl Bilinear {
    /// For planes of `size`, which has at least one pixel, at columns `x`, rows `y`.
    #[inline(always)]
    pub(crate) fn new(size: Size, x: &[f32; LANES], y: &[f32; LANES]) -> Self {
        let (right, bottom) = ((size.width - 1) as i32, (size.height - 1) as i32);
        let (mut column, mut row, mut fx, mut fy) = ([0; LANES], [0; LANES], [0.0; LANES], [0.0; LANES]);
        for i in 0..LANES {
            let (x, y) = (x[i].clamp(0.0, right as f32), y[i].clamp(0.0, bottom as f32));
            (column[i], row[i]) = (whole(x), whole(y));
            (fx[i], fy[i]) = (x - column[i] as f32, y - row[i] as f32);
        }
        Self { places: Places::new(column, row), fx, fy, size }
    }

    /// For planes of `size`, between the places, which lie in it, and those to the right and below, by their shares.
    #[inline(always)]
    pub(crate) fn between(size: Size, places: Places, fx: [f32; LANES], fy: [f32; LANES]) -> Self {
        Self { places, fx, fy, size }
    }

    /// The samples of one plane.
    #[inline(always)]
    pub(crate) fn of<G: Gather>(&self, plane: &Plane<f32>, gather: G) -> [f32; LANES] {
        let Size { width, height } = self.size;
        let inside = self.places.columns[1] + 1 < width as i32 && self.places.rows[1] + 1 < height as i32;
        let [[a, b], [c, d]] = match self.places.window(width, 1) {
            Some(first) if G::HAS_NEAR && inside => self.in_window(plane, gather, first),
            _ if inside => {
                let (data, at) = (plane.data(), self.places.at(width));
                [gather.pairs(data, &at), gather.pairs(data.get(width..).unwrap_or_default(), &at)]
            }
            _ => self.at_border(plane),
        };
        let mut samples = [0.0; LANES];
        for i in 0..LANES {
            let top = a[i] + (b[i] - a[i]) * self.fx[i];
            let bottom = c[i] + (d[i] - c[i]) * self.fx[i];
            samples[i] = top + (bottom - top) * self.fy[i];
        }
        samples
    }

    /// The four neighbours of each point, all of which lie in three rows and the columns from `first` on.
    #[inline(always)]
    fn in_window(&self, plane: &Plane<f32>, gather: impl Gather, first: i32) -> [[[f32; LANES]; 2]; 2] {
        let top = self.places.rows[0];
        let (mut left, mut right) = ([0; LANES], [0; LANES]);
        for i in 0..LANES {
            left[i] = (self.places.column[i] - first).cast_unsigned();
            right[i] = left[i] + 1;
        }
        let mut rows = [[[0.0; LANES]; 2]; 3];
        for (row, y) in rows.iter_mut().zip(top..) {
            // where all points lie in one row, the last is not used
            let y = (y as usize).min(self.size.height - 1);
            let near = plane.data()[y * self.size.width + first as usize..].first_chunk().expect("a window of columns");
            *row = [gather.near(near, &left), gather.near(near, &right)];
        }
        let mut corners = [[[0.0; LANES]; 2]; 2];
        for i in 0..LANES {
            let is_lower = self.places.row[i] > top;
            for side in 0..2 {
                let [first, second, third] = [rows[0][side][i], rows[1][side][i], rows[2][side][i]];
                corners[0][side][i] = if is_lower { second } else { first };
                corners[1][side][i] = if is_lower { third } else { second };
            }
        }
        corners
    }

    /// The four neighbours of each point; beyond the border the border.
    #[cold]
    fn at_border(&self, plane: &Plane<f32>) -> [[[f32; LANES]; 2]; 2] {
        let Size { width, height } = self.size;
        let mut corners = [[[0.0; LANES]; 2]; 2];
        for i in 0..LANES {
            let (x, y) = (self.places.column[i] as usize, self.places.row[i] as usize);
            let (right, below) = ((x + 1).min(width - 1), (y + 1).min(height - 1));
            corners[0][0][i] = plane.at(x, y);
            corners[0][1][i] = plane.at(right, y);
            corners[1][0][i] = plane.at(x, below);
            corners[1][1][i] = plane.at(right, below);
        }
        corners
    }
}

/// Catmull-Rom bicubic sample (Keys 1981, a = −½) at column `x`, row `y` (pixel centres at integers); coordinates
/// beyond the border read the border. May overshoot the range of its neighbours.
#[inline]
pub fn bicubic(plane: &Plane<f32>, x: f32, y: f32) -> f32 {
    Bicubic::new(plane.width(), plane.height(), x, y).of(plane)
}

/// Where and with which weights [`bicubic`] reads: worked out once for planes of one size.
#[derive(Clone, Copy, Debug)]
pub struct Bicubic {
    columns: [usize; 4],
    rows: [usize; 4],
    across: [f32; 4],
    down: [f32; 4],
}

impl Bicubic {
    /// For planes of `width` × `height` pixels, at column `x`, row `y`.
    #[inline]
    pub fn new(width: usize, height: usize, x: f32, y: f32) -> Self {
        let (w, h) = (width as isize, height as isize);
        let (x, y) = (x.clamp(0.0, (w - 1) as f32), y.clamp(0.0, (h - 1) as f32));
        let (x0, y0) = (x as isize, y as isize);
        Self {
            columns: [-1, 0, 1, 2].map(|i| (x0 + i).clamp(0, w - 1) as usize),
            rows: [-1, 0, 1, 2].map(|i| (y0 + i).clamp(0, h - 1) as usize),
            across: catmull_rom(x - x0 as f32),
            down: catmull_rom(y - y0 as f32),
        }
    }

    /// The sample of one plane.
    #[inline]
    pub fn of(&self, plane: &Plane<f32>) -> f32 {
        let Self { columns: [a, b, c, d], rows, across, down } = *self;
        let mut sum = 0.0;
        for (y, weight) in rows.into_iter().zip(down) {
            let row = plane.row(y);
            sum += weight * (across[0] * row[a] + across[1] * row[b] + across[2] * row[c] + across[3] * row[d]);
        }
        sum
    }
}

/// Weights of the four neighbours at −1, 0, 1, 2 for a position `t` in `0..=1`.
fn catmull_rom(t: f32) -> [f32; 4] {
    let (t2, t3) = (t * t, t * t * t);
    [-0.5 * t + t2 - 0.5 * t3, 1.0 - 2.5 * t2 + 1.5 * t3, 0.5 * t + 2.0 * t2 - 1.5 * t3, -0.5 * t2 + 0.5 * t3]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::gather;

    #[test]
    fn samples_at_pixels_are_the_pixels() {
        let plane = Plane::from_fn(5, 4, |x, y| (x * 7 + y * y) as f32);
        for y in 0..4 {
            for x in 0..5 {
                assert_eq!(bilinear(&plane, x as f32, y as f32), plane.at(x, y));
                assert_eq!(bicubic(&plane, x as f32, y as f32), plane.at(x, y));
            }
        }
    }

    struct Look<'a>(&'a Plane<f32>, &'a [f32; LANES], &'a [f32; LANES]);

    impl gather::Gathering for Look<'_> {
        type Output = [f32; LANES];

        fn run<G: Gather>(self, gather: G) -> [f32; LANES] {
            let Self(plane, x, y) = self;
            Bilinear::new(Size::new(plane.width(), plane.height()), x, y).of(plane, gather)
        }
    }

    #[test]
    fn the_whole_part_of_a_number_is_what_as_makes_of_it() {
        for x in [0.0, 0.5, 0.999_999_94, 1.0, 1.5, 2.5, 511.999_97, 512.0, 8_000_000.5, -0.0, f32::NAN] {
            assert_eq!(whole(x), x as i32, "{x}");
        }
    }

    #[test]
    fn many_points_at_once_give_the_bits_of_each() {
        for (w, h) in [(1, 1), (1, 9), (7, 1), (7, 9), (30, 20), (32, 20), (50, 40)] {
            let plane = Plane::from_fn(w, h, |x, y| (x as f32 * 1.7).sin() + (y as f32 * 0.9).cos());
            // scattered, in two rows, in one, far apart
            for (left, along, top, down) in
                [(-2.0, 0.73, 10.0, -0.81), (3.2, 1.02, 5.4, 0.05), (20.7, 0.9, 6.5, 0.01), (0.4, 2.3, 3.9, 0.02)]
            {
                let x: [f32; LANES] = std::array::from_fn(|i| left + i as f32 * along);
                let y: [f32; LANES] = std::array::from_fn(|i| top + i as f32 * down);
                let samples = gather::run(Look(&plane, &x, &y));
                assert_eq!(samples, std::array::from_fn(|i| bilinear(&plane, x[i], y[i])));
            }
        }
    }

    #[test]
    fn both_reproduce_a_ramp_inside() {
        let plane = Plane::from_fn(8, 8, |x, y| 2.0 * x as f32 - 3.0 * y as f32);
        // Sums of at most 16 products of numbers below 32: rounding stays below 1e-5.
        assert!((bilinear(&plane, 3.25, 4.5) - (6.5 - 13.5)).abs() < 1e-5);
        assert!((bicubic(&plane, 3.25, 4.5) - (6.5 - 13.5)).abs() < 1e-5);
    }
}
