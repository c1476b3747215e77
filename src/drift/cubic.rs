//! Sampling between pixels without softening them: Catmull-Rom (Keys 1981, a = −½).
//!
//! Bilinear sampling would lower the finest band of every picture that moved by half a pixel, and detail is measured there.

use crate::{
    flow::Flow,
    frame::{
        Plane,
        gather::{self, Gather, Gathering},
        sample::{LANES, Places, first_lanes, whole, write_lanes},
        simd::{self, Kernel},
    },
};
use rayon::prelude::*;

/// Rows that one task fills.
const BAND: usize = 32;

/// `result(x, y) = plane(x + u, y + v)`; beyond the border the border. Exact where the flow is zero.
pub(crate) fn warp(plane: &Plane<f32>, flow: &Flow) -> Plane<f32> {
    let size = flow.size();
    let mut result = Plane::unwritten(size.width, size.height);
    if plane.data().is_empty() {
        result.data_mut().fill(0.0);
    }
    if result.data().is_empty() || plane.data().is_empty() {
        return result;
    }
    result.data_mut().par_chunks_mut(BAND * size.width).enumerate().for_each(|(band, out)| {
        simd::run(Band { plane, flow, top: band * BAND, out });
    });
    result
}

/// The rows from `top` on of the result.
struct Band<'a> {
    plane: &'a Plane<f32>,
    flow: &'a Flow,
    top: usize,
    out: &'a mut [f32],
}

impl Kernel for Band<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        gather::run(self);
    }
}

impl Gathering for Band<'_> {
    type Output = ();

    #[inline(always)]
    fn run<G: Gather>(self, gather: G) {
        let Self { plane, flow, top, out } = self;
        for (y, out) in (top..).zip(out.chunks_exact_mut(flow.size().width)) {
            let (u, v) = (flow.u.row(y), flow.v.row(y));
            for left in (0..out.len()).step_by(LANES) {
                let (mut px, mut py) = (first_lanes(&u[left..]), first_lanes(&v[left..]));
                for i in 0..LANES {
                    px[i] += (left + i) as f32;
                    py[i] += y as f32;
                }
                write_lanes(&mut out[left..], &samples(plane, gather, &px, &py));
            }
        }
    }
}

/// The samples at columns `x`, rows `y`.
#[inline(always)]
fn samples<G: Gather>(plane: &Plane<f32>, gather: G, x: &[f32; LANES], y: &[f32; LANES]) -> [f32; LANES] {
    let (w, h) = (plane.width() as i32, plane.height() as i32);
    let (mut left, mut top) = ([0; LANES], [0; LANES]);
    let (mut across, mut down) = ([[0.0; LANES]; 4], [[0.0; LANES]; 4]);
    for i in 0..LANES {
        let (x, y) = (x[i].clamp(0.0, (w - 1) as f32), y[i].clamp(0.0, (h - 1) as f32));
        let (x0, y0) = (whole(x), whole(y));
        (left[i], top[i]) = (x0 - 1, y0 - 1);
        [across[0][i], across[1][i], across[2][i], across[3][i]] = weights(x - x0 as f32);
        [down[0][i], down[1][i], down[2][i], down[3][i]] = weights(y - y0 as f32);
    }
    let places = Places::new(left, top);
    let ([least_x, most_x], [least_y, most_y]) = (places.columns, places.rows);
    let inside = least_x >= 0 && least_y >= 0 && most_x + 4 <= w && most_y + 4 <= h;
    // the four rows around each point, and of each four samples
    let rows = match places.window(plane.width(), 3) {
        Some(first) if G::HAS_NEAR && inside => in_window(plane, gather, &places, first),
        _ if inside => scattered(plane, gather, &places.at(plane.width())),
        _ => at_border(plane, &places),
    };
    // each column is summed over its four rows
    let mut columns = [[0.0; LANES]; 4];
    for (k, column) in columns.iter_mut().enumerate() {
        for i in 0..LANES {
            let upper = down[0][i] * rows[0][k][i] + down[1][i] * rows[1][k][i];
            let lower = down[2][i] * rows[2][k][i] + down[3][i] * rows[3][k][i];
            column[i] = upper + lower;
        }
    }
    let mut samples = [0.0; LANES];
    for i in 0..LANES {
        let [a, b, c, d] = [columns[0][i], columns[1][i], columns[2][i], columns[3][i]];
        samples[i] = (across[0][i] * a + across[1][i] * b) + (across[2][i] * c + across[3][i] * d);
    }
    samples
}

/// Rows of four samples each, around [`LANES`] points.
type Squares = [[[f32; LANES]; 4]; 4];

/// The squares whose upper left corners are the places, which lie in one row or two and in the columns from `first` on.
#[inline(always)]
fn in_window(plane: &Plane<f32>, gather: impl Gather, places: &Places, first: i32) -> Squares {
    let top = places.rows[0];
    let mut column = [[0; LANES]; 4];
    for (column, k) in column.iter_mut().zip(0..) {
        for i in 0..LANES {
            column[i] = (places.column[i] - first + k).cast_unsigned();
        }
    }
    let mut five = [[[0.0; LANES]; 4]; 5];
    for (row, y) in five.iter_mut().zip(top..) {
        // where all points lie in one row, the last is not used
        let y = (y as usize).min(plane.height() - 1);
        let near = plane.row(y)[first as usize..].first_chunk().expect("a window of columns");
        for (samples, column) in row.iter_mut().zip(&column) {
            *samples = gather.near(near, column);
        }
    }
    let mut rows = [[[0.0; LANES]; 4]; 4];
    for (k, row) in rows.iter_mut().enumerate() {
        for (column, samples) in row.iter_mut().enumerate() {
            for i in 0..LANES {
                let (upper, lower) = (five[k][column][i], five[k + 1][column][i]);
                samples[i] = if places.row[i] > top { lower } else { upper };
            }
        }
    }
    rows
}

/// The squares from those indices on, wherever they lie.
#[inline(always)]
fn scattered(plane: &Plane<f32>, gather: impl Gather, at: &[u32; LANES]) -> Squares {
    let mut rows = [[[0.0; LANES]; 4]; 4];
    for (k, row) in rows.iter_mut().enumerate() {
        let from = |column: usize| plane.data().get(k * plane.width() + column..).unwrap_or_default();
        let ([a, b], [c, d]) = (gather.pairs(from(0), at), gather.pairs(from(2), at));
        *row = [a, b, c, d];
    }
    rows
}

/// The squares whose upper left corners are the places; beyond the border the border.
#[cold]
fn at_border(plane: &Plane<f32>, places: &Places) -> Squares {
    let (w, h) = (plane.width() as i32, plane.height() as i32);
    let mut rows = [[[0.0; LANES]; 4]; 4];
    for i in 0..LANES {
        for (row, y) in rows.iter_mut().zip(places.row[i]..) {
            let line = plane.row(y.clamp(0, h - 1) as usize);
            for (samples, x) in row.iter_mut().zip(places.column[i]..) {
                samples[i] = line[x.clamp(0, w - 1) as usize];
            }
        }
    }
    rows
}

#[inline(always)]
fn weights(t: f32) -> [f32; 4] {
    let (t2, t3) = (t * t, t * t * t);
    [-0.5 * t3 + t2 - 0.5 * t, 1.5 * t3 - 2.5 * t2 + 1.0, -1.5 * t3 + 2.0 * t2 + 0.5 * t, 0.5 * t3 - 0.5 * t2]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Size, sample::bicubic};

    #[test]
    fn every_way_to_fetch_gives_the_samples_of_one_point() {
        type Moved = fn(usize, usize) -> (f32, f32);
        let plane = Plane::from_fn(70, 50, |x, y| (x as f32 * 1.3).sin() * 90.0 + (y as f32 * 0.7).cos() * 40.0);
        // a slow zoom, a turn, and a jump at every pixel
        let flows: [Moved; 3] = [
            |x, y| (0.05 * x as f32 - 2.0, 0.03 * y as f32 - 1.1),
            |x, y| (0.3 * y as f32 - 7.0, 9.0 - 0.3 * x as f32),
            |x, y| ((x * 37 % 41) as f32 - 20.3, (y * 29 % 31 + x % 5) as f32 - 15.6),
        ];
        for flow in flows {
            let warped = warp(&plane, &Flow::from_fn(Size::new(70, 50), flow));
            for (x, y) in (0..50).flat_map(|y| (0..70).map(move |x| (x, y))) {
                let (u, v) = flow(x, y);
                let exact = bicubic(&plane, x as f32 + u, y as f32 + v);
                assert!((warped.at(x, y) - exact).abs() < 1e-3, "{x} {y}");
            }
        }
    }

    #[test]
    fn standing_still_changes_no_bit_and_ramps_stay_ramps() {
        let ramp = Plane::from_fn(12, 9, |x, y| 3.0 * x as f32 + y as f32);
        assert_eq!(warp(&ramp, &Flow::still(Size::new(12, 9))), ramp);
        let moved = warp(&ramp, &Flow::from_fn(Size::new(12, 9), |_, _| (0.5, 0.25)));
        assert!((moved.at(5, 4) - (3.0 * 5.5 + 4.25)).abs() < 1e-4);
    }
}
