//! Pulling one picture onto another along a flow.

use super::Flow;
use crate::frame::{
    Picture, Plane, Size,
    gather::{self, Gather, Gathering},
    sample::{Bilinear, LANES, first_lanes, write_lanes},
    simd::{self, Kernel},
};
use rayon::prelude::*;

/// Rows that one task fills.
const BAND: usize = 32;

/// What *from* would look like if it were made of pixels of *to*: `result(x, y) = to(x + u, y + v)`, bilinear, beyond the
/// border the border. `to` may have another size than the flow.
pub fn warp(to: &Plane<f32>, to_from: &Flow) -> Plane<f32> {
    let [warped] = warp_all([(to, None)], to_from);
    warped
}

/// [`warp`] for each channel of a picture.
pub fn warp_picture(to: &Picture, to_from: &Flow) -> Picture {
    let [r, g, b] = &to.rgb;
    Picture { rgb: warp_all([(r, None), (g, None), (b, None)], to_from) }
}

/// First along `first`, from there along `then`: `result(p) = first(p) + then(p + first(p))`.
pub fn chain(first: &Flow, then: &Flow) -> Flow {
    let [u, v] = warp_all([(&then.u, Some(&first.u)), (&then.v, Some(&first.v))], first);
    Flow { u, v }
}

/// A plane to warp, and what is added to each of its samples, of the size of the flow.
type Source<'a> = (&'a Plane<f32>, Option<&'a Plane<f32>>);

/// [`warp`] for planes of one size.
fn warp_all<const N: usize>(planes: [Source; N], along: &Flow) -> [Plane<f32>; N] {
    let size = along.size();
    if size.width == 0 || size.height == 0 || planes.iter().any(|(plane, _)| plane.data().is_empty()) {
        return planes.map(|_| Plane::filled(size.width, size.height, 0.0));
    }
    let mut results = planes.map(|_| Plane::unwritten(size.width, size.height));
    let mut bands: Vec<(usize, [&mut [f32]; N])> = Vec::new();
    let mut rest = results.each_mut().map(Plane::data_mut);
    for top in (0..size.height).step_by(BAND) {
        let rows = BAND.min(size.height - top);
        bands.push((top, rest.each_mut().map(|rest| rest.split_off_mut(..rows * size.width).unwrap_or_default())));
    }
    bands.into_par_iter().for_each(|(top, out)| simd::run(Band { planes, along, top, out }));
    results
}

/// The rows from `top` on of the warped planes.
struct Band<'a, const N: usize> {
    planes: [Source<'a>; N],
    along: &'a Flow,
    top: usize,
    out: [&'a mut [f32]; N],
}

impl<const N: usize> Kernel for Band<'_, N> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        gather::run(self);
    }
}

impl<const N: usize> Gathering for Band<'_, N> {
    type Output = ();

    #[inline(always)]
    fn run<G: Gather>(self, gather: G) {
        let Self { planes, along, top, mut out } = self;
        let size = Size::new(planes[0].0.width(), planes[0].0.height());
        let width = along.size().width;
        for row in 0..out[0].len() / width {
            let (u, v) = (along.u.row(top + row), along.v.row(top + row));
            for left in (0..width).step_by(LANES) {
                let (mut x, mut y) = (first_lanes(&u[left..]), first_lanes(&v[left..]));
                for i in 0..LANES {
                    x[i] += (left + i) as f32;
                    y[i] += (top + row) as f32;
                }
                let taps = Bilinear::new(size, &x, &y, gather);
                for ((plane, more), out) in planes.iter().zip(&mut out) {
                    let mut samples = taps.of(plane, gather);
                    if let Some(more) = more {
                        let more = first_lanes(&more.row(top + row)[left..]);
                        for i in 0..LANES {
                            samples[i] += more[i];
                        }
                    }
                    write_lanes(&mut out[row * width..(row + 1) * width][left..], &samples);
                }
            }
        }
    }
}
