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
    pub(crate) fn new(column: [i32; LANES], row: [i32; LANES], gather: impl Gather) -> Self {
        Self { columns: gather.extent(&column), rows: gather.extent(&row), column, row }
    }

    /// For points in row `top` or the one after it: of samples from three rows each the two that belong to its point.
    #[inline(always)]
    pub(crate) fn of_two_rows(
        &self,
        top: i32,
        upper: [f32; LANES],
        middle: [f32; LANES],
        lower: [f32; LANES],
    ) -> ([f32; LANES], [f32; LANES]) {
        let (mut first, mut second) = (upper, middle);
        for i in 0..LANES {
            // no comparison: of bits that are all 0 or all 1 the compiler makes vectors
            let is_lower = (top - self.row[i]).cast_unsigned();
            let choose = |a: f32, b: f32| f32::from_bits((a.to_bits() & !is_lower) | (b.to_bits() & is_lower));
            (first[i], second[i]) = (choose(upper[i], middle[i]), choose(middle[i], lower[i]));
        }
        (first, second)
    }

    /// Index of each in a plane of that width.
    #[inline(always)]
    pub(crate) fn at(&self, width: usize) -> [u32; LANES] {
        let mut at = [0; LANES];
        for (at, (row, column)) in at.iter_mut().zip(self.row.iter().zip(&self.column)) {
            *at = (row * width as i32 + column).cast_unsigned();
        }
        at
    }

    /// The first of `2 * LANES` columns of a plane of that width, in which all of the points and `more` columns to their right lie, if
    /// they lie in one row or in two that follow each other. What lies beyond the border lies on it.
    #[inline(always)]
    pub(crate) fn window(&self, width: usize, more: i32) -> Option<i32> {
        let ([least, most], [top, bottom]) = (self.columns, self.rows);
        let (width, length) = (width as i32, 2 * LANES as i32);
        let first = least.min(width - length).max(0);
        let fits = width >= length && (most + more).min(width - 1) < first + length && bottom - top <= 1;
        fits.then_some(first)
    }

    /// Index of those `right` and `below`; what lies beyond the border lies on it.
    #[inline(always)]
    pub(crate) fn on(&self, size: Size, right: i32, below: i32) -> [u32; LANES] {
        let (width, height) = (size.width as i32, size.height as i32);
        let mut at = [0; LANES];
        for (at, (row, column)) in at.iter_mut().zip(self.row.iter().zip(&self.column)) {
            let (x, y) = ((column + right).max(0).min(width - 1), (row + below).max(0).min(height - 1));
            *at = (y * width + x).cast_unsigned();
        }
        at
    }

    /// Where in that window the columns lie, and those `k` to the right.
    #[inline(always)]
    pub(crate) fn in_window(&self, width: usize, first: i32, k: i32) -> [u32; LANES] {
        let mut at = [0; LANES];
        for (at, column) in at.iter_mut().zip(&self.column) {
            *at = ((column + k).max(0).min(width as i32 - 1) - first).cast_unsigned();
        }
        at
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
    pub(crate) fn new(size: Size, x: &[f32; LANES], y: &[f32; LANES], gather: impl Gather) -> Self {
        let (right, bottom) = ((size.width - 1) as i32, (size.height - 1) as i32);
        let (mut column, mut row, mut fx, mut fy) = ([0; LANES], [0; LANES], [0.0; LANES], [0.0; LANES]);
        for i in 0..LANES {
            let (x, y) = (x[i].clamp(0.0, right as f32), y[i].clamp(0.0, bottom as f32));
            (column[i], row[i]) = (whole(x), whole(y));
            (fx[i], fy[i]) = (x - column[i] as f32, y - row[i] as f32);
        }
        Self { places: Places::new(column, row, gather), fx, fy, size }
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
        let [a, b, c, d] = match self.places.window(width, 1) {
            Some(first) if G::HAS_NEAR => self.in_window(plane, gather, first),
            _ if inside => {
                let (data, at) = (plane.data(), self.places.at(width));
                let [a, b] = gather.pairs(data, &at);
                let [c, d] = gather.pairs(data.get(width..).unwrap_or_default(), &at);
                [a, b, c, d]
            }
            _ => self.at_border(plane, gather),
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
    fn in_window(&self, plane: &Plane<f32>, gather: impl Gather, first: i32) -> [[f32; LANES]; 4] {
        let (top, width) = (self.places.rows[0], self.size.width);
        let (left, right) = (self.places.in_window(width, first, 0), self.places.in_window(width, first, 1));
        let upper = window_row(plane, top, first);
        let middle = window_row(plane, top + 1, first);
        let lower = window_row(plane, top + 2, first);
        let near = (gather.near(upper, &left), gather.near(middle, &left), gather.near(lower, &left));
        let (a, c) = self.places.of_two_rows(top, near.0, near.1, near.2);
        let near = (gather.near(upper, &right), gather.near(middle, &right), gather.near(lower, &right));
        let (b, d) = self.places.of_two_rows(top, near.0, near.1, near.2);
        [a, b, c, d]
    }

    /// The four neighbours of each point; beyond the border the border.
    #[inline(always)]
    fn at_border(&self, plane: &Plane<f32>, gather: impl Gather) -> [[f32; LANES]; 4] {
        let (data, places, size) = (plane.data(), &self.places, self.size);
        let (a, b) = (gather.each(data, &places.on(size, 0, 0)), gather.each(data, &places.on(size, 1, 0)));
        let (c, d) = (gather.each(data, &places.on(size, 0, 1)), gather.each(data, &places.on(size, 1, 1)));
        [a, b, c, d]
    }
}

/// The columns from `first` on of a row; beyond the border that on the border.
#[inline(always)]
pub(crate) fn window_row(plane: &Plane<f32>, row: i32, first: i32) -> &[f32; 2 * LANES] {
    let row = plane.row((row.max(0) as usize).min(plane.height() - 1));
    row[first as usize..].first_chunk().expect("a window of columns")
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
            Bilinear::new(Size::new(plane.width(), plane.height()), x, y, gather).of(plane, gather)
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
