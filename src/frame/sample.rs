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

/// Where and with which weights [`bilinear`] reads at [`LANES`] points: worked out once for planes of one size.
pub(crate) struct Bilinear {
    /// Column and row of the upper left neighbour.
    column: [i32; LANES],
    row: [i32; LANES],
    fx: [f32; LANES],
    fy: [f32; LANES],
    size: [i32; 2],
    /// Some point lies on the right-hand or lower border.
    at_border: bool,
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
        let (mut farthest, mut lowest) = (0, 0);
        for i in 0..LANES {
            (farthest, lowest) = (farthest.max(column[i]), lowest.max(row[i]));
        }
        let at_border = farthest >= right || lowest >= bottom;
        Self { column, row, fx, fy, size: [size.width as i32, size.height as i32], at_border }
    }

    /// The samples of one plane.
    #[inline(always)]
    pub(crate) fn of(&self, plane: &Plane<f32>, gather: impl Gather) -> [f32; LANES] {
        let [width, height] = self.size;
        let data = plane.data();
        let mut at = [0; LANES];
        for i in 0..LANES {
            at[i] = (self.row[i] * width + self.column[i]).cast_unsigned();
        }
        let [[a, b], [c, d]] = if self.at_border {
            let mut corners = [[[0.0; LANES]; 2]; 2];
            for i in 0..LANES {
                let at = at[i] as usize;
                let right = usize::from(self.column[i] + 1 < width);
                let down = if self.row[i] + 1 < height { width as usize } else { 0 };
                corners[0][0][i] = data[at];
                corners[0][1][i] = data[at + right];
                corners[1][0][i] = data[at + down];
                corners[1][1][i] = data[at + down + right];
            }
            corners
        } else {
            [gather.pairs(data, &at), gather.pairs(data.get(width as usize..).unwrap_or_default(), &at)]
        };
        let mut samples = [0.0; LANES];
        for i in 0..LANES {
            let top = a[i] + (b[i] - a[i]) * self.fx[i];
            let bottom = c[i] + (d[i] - c[i]) * self.fx[i];
            samples[i] = top + (bottom - top) * self.fy[i];
        }
        samples
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
        for (w, h) in [(1, 1), (1, 9), (7, 1), (7, 9), (30, 20)] {
            let plane = Plane::from_fn(w, h, |x, y| (x as f32 * 1.7).sin() + (y as f32 * 0.9).cos());
            let x: [f32; LANES] = std::array::from_fn(|i| i as f32 * 0.73 - 2.0);
            let y: [f32; LANES] = std::array::from_fn(|i| 10.0 - i as f32 * 0.81);
            let samples = gather::run(Look(&plane, &x, &y));
            assert_eq!(samples, std::array::from_fn(|i| bilinear(&plane, x[i], y[i])));
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
