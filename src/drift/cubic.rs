//! Sampling between pixels without softening them: Catmull-Rom (Keys 1981, a = −½).
//!
//! Bilinear sampling would lower the finest band of every picture that moved by half a pixel, and detail is measured there.

use crate::{
    flow::Flow,
    frame::{
        Plane, Size,
        gather::{self, Gather, Gathering},
        sample::{LANES, Places, first_lanes, whole, window_row, write_lanes},
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
    let places = Places::new(left, top, gather);
    let ([least_x, most_x], [least_y, most_y]) = (places.columns, places.rows);
    let inside = least_x >= 0 && least_y >= 0 && most_x + 4 <= w && most_y + 4 <= h;
    // of the four columns around each point what its four rows add up to
    let [a, b, c, d] = match places.window(plane.width(), 3) {
        Some(first) if G::HAS_NEAR => in_window(plane, gather, &places, first, &down),
        _ if inside => scattered(plane, gather, &places.at(plane.width()), &down),
        _ => at_border(plane, gather, &places, &down),
    };
    let mut samples = [0.0; LANES];
    for i in 0..LANES {
        samples[i] = (across[0][i] * a[i] + across[1][i] * b[i]) + (across[2][i] * c[i] + across[3][i] * d[i]);
    }
    samples
}

/// A number for each point.
type Lanes = [f32; LANES];

/// Four samples below each other, under their weights.
#[inline(always)]
fn sum(down: &[Lanes; 4], a: &Lanes, b: &Lanes, c: &Lanes, d: &Lanes) -> Lanes {
    let mut sum = [0.0; LANES];
    for i in 0..LANES {
        sum[i] = (down[0][i] * a[i] + down[1][i] * b[i]) + (down[2][i] * c[i] + down[3][i] * d[i]);
    }
    sum
}

/// Sums of the columns of the squares whose upper left corners are the places, which lie in one row or two and in the columns from
/// `first` on.
#[inline(always)]
fn in_window(plane: &Plane<f32>, gather: impl Gather, places: &Places, first: i32, down: &[Lanes; 4]) -> [Lanes; 4] {
    let top = places.rows[0];
    let rows = [
        window_row(plane, top, first),
        window_row(plane, top + 1, first),
        window_row(plane, top + 2, first),
        window_row(plane, top + 3, first),
        window_row(plane, top + 4, first),
    ];
    [
        column_in_window(rows, gather, places, &places.in_window(plane.width(), first, 0), down),
        column_in_window(rows, gather, places, &places.in_window(plane.width(), first, 1), down),
        column_in_window(rows, gather, places, &places.in_window(plane.width(), first, 2), down),
        column_in_window(rows, gather, places, &places.in_window(plane.width(), first, 3), down),
    ]
}

/// The sums of one column, which lies at those places of the window.
#[inline(always)]
fn column_in_window(
    rows: [&[f32; 2 * LANES]; 5],
    gather: impl Gather,
    places: &Places,
    at: &[u32; LANES],
    down: &[Lanes; 4],
) -> Lanes {
    let top = places.rows[0];
    let (near, middle, far) = (gather.near(rows[1], at), gather.near(rows[2], at), gather.near(rows[3], at));
    let (a, b) = places.of_two_rows(top, gather.near(rows[0], at), near, middle);
    let (c, d) = places.of_two_rows(top, middle, far, gather.near(rows[4], at));
    sum(down, &a, &b, &c, &d)
}

/// The same from those indices on, wherever they lie.
#[inline(always)]
fn scattered(plane: &Plane<f32>, gather: impl Gather, at: &[u32; LANES], down: &[Lanes; 4]) -> [Lanes; 4] {
    let ((a, b), (c, d)) = (pair_of_columns(plane, gather, at, 0, down), pair_of_columns(plane, gather, at, 2, down));
    [a, b, c, d]
}

/// The sums of the columns that lie `k` and `k + 1` to the right of the indices.
#[inline(always)]
fn pair_of_columns(
    plane: &Plane<f32>,
    gather: impl Gather,
    at: &[u32; LANES],
    k: usize,
    down: &[Lanes; 4],
) -> (Lanes, Lanes) {
    let (data, width) = (plane.data(), plane.width());
    let [a, e] = gather.pairs(data.get(k..).unwrap_or_default(), at);
    let [b, f] = gather.pairs(data.get(width + k..).unwrap_or_default(), at);
    let [c, g] = gather.pairs(data.get(2 * width + k..).unwrap_or_default(), at);
    let [d, h] = gather.pairs(data.get(3 * width + k..).unwrap_or_default(), at);
    (sum(down, &a, &b, &c, &d), sum(down, &e, &f, &g, &h))
}

/// The same beyond the border, where the border is repeated.
#[inline(always)]
fn at_border(plane: &Plane<f32>, gather: impl Gather, places: &Places, down: &[Lanes; 4]) -> [Lanes; 4] {
    let (data, size) = (plane.data(), Size::new(plane.width(), plane.height()));
    let mut columns = [[0.0; LANES]; 4];
    for (column, k) in columns.iter_mut().zip(0..) {
        let (a, b) = (gather.each(data, &places.on(size, k, 0)), gather.each(data, &places.on(size, k, 1)));
        let (c, d) = (gather.each(data, &places.on(size, k, 2)), gather.each(data, &places.on(size, k, 3)));
        *column = sum(down, &a, &b, &c, &d);
    }
    columns
}

#[inline(always)]
fn weights(t: f32) -> [f32; 4] {
    let (t2, t3) = (t * t, t * t * t);
    [-0.5 * t3 + t2 - 0.5 * t, 1.5 * t3 - 2.5 * t2 + 1.0, -1.5 * t3 + 2.0 * t2 + 0.5 * t, 0.5 * t3 - 0.5 * t2]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::sample::bicubic;

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
