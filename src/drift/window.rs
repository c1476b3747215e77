//! Sums over a small square around every pixel, in time that does not depend on its size.

use crate::frame::{
    Plane,
    simd::{self, Kernel},
};
use rayon::prelude::*;

/// Rows that one task fills, from sums of its own.
pub(super) const BAND: usize = 96;

/// Mean over the square of `2 × radius + 1` pixels around each pixel; at the border over the part inside.
///
/// Sums in f64 keep planes of luma (`0..=255`, squared too) exact to far below one level.
pub(crate) fn mean(plane: &Plane<f32>, radius: usize) -> Plane<f32> {
    means(plane, None, radius)
}

/// [`mean`] of the product of two planes of one size.
pub(crate) fn mean_product(a: &Plane<f32>, b: &Plane<f32>, radius: usize) -> Plane<f32> {
    means(a, Some(b), radius)
}

fn means(plane: &Plane<f32>, times: Option<&Plane<f32>>, radius: usize) -> Plane<f32> {
    let (w, h) = (plane.width(), plane.height());
    let mut result = Plane::unwritten(w, h);
    if w == 0 || h == 0 {
        return result;
    }
    let shares = Shares::new(w, h, radius);
    result.data_mut().par_chunks_mut(BAND * w).enumerate().for_each(|(band, out)| {
        simd::run(Band { plane, times, top: band * BAND, shares: &shares, out });
    });
    result
}

/// The rows of means from `top` on.
struct Band<'a> {
    plane: &'a Plane<f32>,
    times: Option<&'a Plane<f32>>,
    top: usize,
    shares: &'a Shares,
    out: &'a mut [f32],
}

impl Kernel for Band<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { plane, times, top, shares, out } = self;
        let mut sums = Sums::new(shares, top);
        sums.begin(plane, times);
        for (y, out) in (top..).zip(out.chunks_exact_mut(plane.width())) {
            sums.come_to(y, plane, times);
            sums.means(y, out);
        }
    }
}

/// One over the number of pixels in each window of a plane.
pub(super) struct Shares {
    radius: usize,
    height: usize,
    across: Vec<f64>,
}

impl Shares {
    /// For planes of `width` × `height` pixels.
    pub(super) fn new(width: usize, height: usize, radius: usize) -> Self {
        Self { radius, height, across: (0..width).map(|x| 1.0 / inside(x, radius, width) as f64).collect() }
    }
}

/// How many of the pixels around `at` lie on a side of so many.
fn inside(at: usize, radius: usize, side: usize) -> usize {
    (at + radius).min(side - 1) - at.saturating_sub(radius) + 1
}

/// The windows around one row of pixels after the other.
pub(super) struct Sums<'a> {
    shares: &'a Shares,
    /// First row.
    top: usize,
    /// Of each column, over the rows of the window; zeros beyond both ends.
    columns: Vec<f64>,
    /// Of so many columns from each on, as doubling has come to.
    doubled: [Vec<f64>; 2],
    /// Of the columns around each that were added up so far.
    around: Vec<f64>,
}

impl<'a> Sums<'a> {
    /// For the rows from `top` on.
    pub(super) fn new(shares: &'a Shares, top: usize) -> Self {
        let (width, padded) = (shares.across.len(), vec![0.0; shares.across.len() + 2 * shares.radius]);
        Self { shares, top, columns: padded.clone(), doubled: [padded.clone(), padded], around: vec![0.0; width] }
    }

    fn own_columns(&mut self) -> &mut [f64] {
        &mut self.columns[self.shares.radius..][..self.shares.across.len()]
    }

    /// Takes in what the first window needs, but for its last row. Of the product of both planes, where there are two.
    #[inline(always)]
    pub(super) fn begin(&mut self, plane: &Plane<f32>, times: Option<&Plane<f32>>) {
        let Shares { radius, height, .. } = *self.shares;
        for y in self.top.saturating_sub(radius)..(self.top + radius).min(height) {
            add(self.own_columns(), plane, times, y);
        }
    }

    /// Moves the windows on to row `y`, by one.
    #[inline(always)]
    pub(super) fn come_to(&mut self, y: usize, plane: &Plane<f32>, times: Option<&Plane<f32>>) {
        let Shares { radius, height, .. } = *self.shares;
        let (comes, goes) = (y + radius < height, y > self.top.max(radius));
        let columns = self.own_columns();
        match (comes, goes) {
            (true, true) => exchange(columns, plane, times, y + radius, y - radius - 1),
            (true, false) => add(columns, plane, times, y + radius),
            (false, true) => subtract(columns, plane, times, y - radius - 1),
            (false, false) => {}
        }
    }

    /// The means of row `y`: sums over neighbouring columns by doubling, of 1, 2, 4 … of them, put together as the window's
    /// length is in binary.
    #[inline(always)]
    pub(super) fn means(&mut self, y: usize, out: &mut [f32]) {
        let Self { shares: Shares { radius, height, across }, columns, doubled: [near, far], around, .. } = self;
        let share = 1.0 / inside(y, *radius, *height) as f64;
        let length = 2 * *radius + 1;
        if length == 1 {
            for ((out, &sum), &across) in out.iter_mut().zip(&*columns).zip(across) {
                *out = (sum * (share * across)) as f32;
            }
            return;
        }
        // the length is odd: it begins with a single column
        let (mut span, mut taken, mut doublings) = (1, 1, 0);
        // the longest part is made as it is added
        while 4 * span <= length {
            let (from, to) = match doublings {
                0 => (&*columns, &mut *near),
                odd if odd % 2 == 1 => (&*near, &mut *far),
                _ => (&*far, &mut *near),
            };
            double(from, span, to);
            (span, doublings) = (2 * span, doublings + 1);
            if length & span != 0 {
                let part = &to[taken..];
                if taken == 1 {
                    around.iter_mut().zip(&*columns).zip(part).for_each(|((sum, first), part)| *sum = first + part);
                } else {
                    around.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
                }
                taken += span;
            }
        }
        let from = match doublings {
            0 => &*columns,
            odd if odd % 2 == 1 => &*near,
            _ => &*far,
        };
        let before = if taken == 1 { &*columns } else { &*around };
        let longest = from[taken..].iter().zip(&from[taken + span..]);
        for (((out, before), (near, far)), across) in out.iter_mut().zip(before).zip(longest).zip(across) {
            *out = ((before + (near + far)) * (share * across)) as f32;
        }
    }
}

#[inline(always)]
fn double(from: &[f64], span: usize, to: &mut [f64]) {
    for (sum, (near, far)) in to.iter_mut().zip(from.iter().zip(&from[span..])) {
        *sum = near + far;
    }
}

/// Adds row `y` of the plane, or of the product of both. No closure: one that is not inlined would not become wide.
#[inline(always)]
fn add(sums: &mut [f64], plane: &Plane<f32>, times: Option<&Plane<f32>>, y: usize) {
    let row = plane.row(y);
    match times {
        Some(times) => {
            for ((sum, a), b) in sums.iter_mut().zip(row).zip(times.row(y)) {
                *sum += f64::from(a * b);
            }
        }
        None => {
            for (sum, v) in sums.iter_mut().zip(row) {
                *sum += f64::from(*v);
            }
        }
    }
}

/// Takes row `y` away again.
#[inline(always)]
fn subtract(sums: &mut [f64], plane: &Plane<f32>, times: Option<&Plane<f32>>, y: usize) {
    let row = plane.row(y);
    match times {
        Some(times) => {
            for ((sum, a), b) in sums.iter_mut().zip(row).zip(times.row(y)) {
                *sum -= f64::from(a * b);
            }
        }
        None => {
            for (sum, v) in sums.iter_mut().zip(row) {
                *sum -= f64::from(*v);
            }
        }
    }
}

/// Adds row `comes` and takes row `goes` away.
#[inline(always)]
fn exchange(sums: &mut [f64], plane: &Plane<f32>, times: Option<&Plane<f32>>, comes: usize, goes: usize) {
    let (new, old) = (plane.row(comes), plane.row(goes));
    match times {
        Some(times) => {
            let rows = new.iter().zip(times.row(comes)).zip(old.iter().zip(times.row(goes)));
            for (sum, ((a, b), (c, d))) in sums.iter_mut().zip(rows) {
                *sum = (*sum + f64::from(a * b)) - f64::from(c * d);
            }
        }
        None => {
            for ((sum, new), old) in sums.iter_mut().zip(new).zip(old) {
                *sum = (*sum + f64::from(*new)) - f64::from(*old);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_of_a_ramp_is_the_ramp_inside_and_the_visible_part_at_the_border() {
        let ramp = Plane::from_fn(7, 5, |x, _| x as f32);
        let smooth = mean(&ramp, 2);
        assert_eq!(smooth.at(3, 2), 3.0);
        assert_eq!(smooth.at(0, 0), 1.0); // columns 0, 1, 2
        assert_eq!(smooth.at(6, 4), 5.0); // columns 4, 5, 6
    }

    #[test]
    fn sums_do_not_depend_on_where_a_band_begins() {
        let waves = Plane::from_fn(37, 150, |x, y| 128.0 + 100.0 * (0.9 * x as f32).sin() * (0.4 * y as f32).cos());
        for radius in [1, 3, 5, 40, 200] {
            let fast = mean_product(&waves, &waves, radius);
            for (x, y) in [(0, 0), (18, 63), (20, 64), (36, 65), (5, 149)] {
                let near = |at: usize, side: usize| at.saturating_sub(radius)..(at + radius + 1).min(side);
                let window: Vec<f64> = near(y, 150)
                    .flat_map(|y| near(x, 37).map(move |x| (x, y)))
                    .map(|(x, y)| f64::from(waves.at(x, y) * waves.at(x, y)))
                    .collect();
                let plain = window.iter().sum::<f64>() / window.len() as f64;
                // both sums are exact to 1e-10; rounding to f32 leaves half a unit in the last place of 52984 at most
                assert!((f64::from(fast.at(x, y)) - plain).abs() < 0.002, "{radius} {x} {y}");
            }
        }
    }

    #[test]
    fn a_window_larger_than_the_plane_averages_all_of_it() {
        let plane = Plane::from_vec(2, 1, vec![1.0, 3.0]);
        assert_eq!(mean(&plane, 9).data(), &[2.0, 2.0]);
        assert_eq!(mean(&Plane::filled(1, 1, 4.0), 3).data(), &[4.0]);
    }
}
