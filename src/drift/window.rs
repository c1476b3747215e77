//! Sums over a small square around every pixel, in time that does not depend on its size.

use crate::frame::{
    Plane,
    simd::{self, Kernel},
};
use rayon::prelude::*;

/// Rows that one task fills, from sums of its own.
const BAND: usize = 64;

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
    let mut result = Plane::filled(w, h, 0.0);
    if w == 0 || h == 0 {
        return result;
    }
    let inside = |at: usize, side: usize| (at + radius).min(side - 1) - at.saturating_sub(radius) + 1;
    let shares: Vec<f64> = (0..w).map(|x| 1.0 / inside(x, w) as f64).collect();
    result.data_mut().par_chunks_mut(BAND * w).enumerate().for_each(|(band, out)| {
        simd::run(Band { plane, times, radius, top: band * BAND, shares: &shares, out });
    });
    result
}

/// The rows of means from `top` on.
struct Band<'a> {
    plane: &'a Plane<f32>,
    times: Option<&'a Plane<f32>>,
    radius: usize,
    top: usize,
    /// One over the columns inside each pixel's window.
    shares: &'a [f64],
    out: &'a mut [f32],
}

impl Kernel for Band<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { plane, times, radius, top, shares, out } = self;
        let (w, h) = (plane.width(), plane.height());
        // of each column, over the rows of the window
        let mut sums = vec![0.0; w];
        for y in top.saturating_sub(radius)..(top + radius).min(h) {
            add(&mut sums, plane, times, y, 1.0);
        }
        let mut line = Line::new(w, radius);
        for (y, out) in (top..).zip(out.chunks_exact_mut(w)) {
            if y + radius < h {
                add(&mut sums, plane, times, y + radius, 1.0);
            }
            if y > top.max(radius) {
                add(&mut sums, plane, times, y - radius - 1, -1.0);
            }
            let rows = (y + radius).min(h - 1) - y.saturating_sub(radius) + 1;
            let share = 1.0 / rows as f64;
            for ((out, &sum), &across) in out.iter_mut().zip(line.sums_around(&sums)).zip(shares) {
                *out = (sum * (share * across)) as f32;
            }
        }
    }
}

/// Adds row `y` of the plane, or of the product of both. No closure: one that is not inlined would not become wide.
#[inline(always)]
fn add(sums: &mut [f64], plane: &Plane<f32>, times: Option<&Plane<f32>>, y: usize, sign: f64) {
    let row = plane.row(y);
    match times {
        Some(times) => {
            for ((sum, a), b) in sums.iter_mut().zip(row).zip(times.row(y)) {
                *sum += sign * f64::from(a * b);
            }
        }
        None => {
            for (sum, v) in sums.iter_mut().zip(row) {
                *sum += sign * f64::from(*v);
            }
        }
    }
}

/// Sums over neighbours in a line, by doubling: of 1, 2, 4 … values, put together as the window's length is in binary.
struct Line {
    radius: usize,
    /// Sums of the values from each on, as many as doubling has come to, zeros beyond both ends.
    from_here: Vec<f64>,
    doubled: Vec<f64>,
    around: Vec<f64>,
}

impl Line {
    fn new(width: usize, radius: usize) -> Self {
        let padded = vec![0.0; width + 2 * radius];
        Self { radius, doubled: padded.clone(), from_here: padded, around: vec![0.0; width] }
    }

    /// For every value the sum of those at most `radius` away.
    #[inline(always)]
    fn sums_around(&mut self, values: &[f64]) -> &[f64] {
        let Self { radius, from_here, doubled, around } = self;
        from_here.fill(0.0);
        from_here[*radius..][..values.len()].copy_from_slice(values);
        // the length is odd: it begins with a single value
        around.copy_from_slice(&from_here[..values.len()]);
        let length = 2 * *radius + 1;
        let (mut span, mut taken) = (1, 1);
        while taken < length {
            let pairs = from_here.iter().zip(from_here.get(span..).unwrap_or_default());
            for (sum, (near, far)) in doubled.iter_mut().zip(pairs) {
                *sum = near + far;
            }
            std::mem::swap(from_here, doubled);
            span *= 2;
            if length & span != 0 {
                for (sum, part) in around.iter_mut().zip(&from_here[taken..]) {
                    *sum += part;
                }
                taken += span;
            }
        }
        around
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
