//! Half the size, exactly: what [`super::pyramid::resize`] is asked for most, several times as fast and with the same bits.

use super::{
    Plane,
    sample::LANES,
    simd::{self, Kernel},
};
use rayon::prelude::*;
use std::{f64::consts::PI, sync::LazyLock};

/// Rows that one task fills.
const BAND: usize = 48;

/// Shares of the four samples around each new one: Hamming's window over a sinc, at a quarter and three quarters of its reach.
struct Shares {
    inner: f64,
    outer: f64,
    /// The same where one of the outer samples is missing: the inner ones, the other outer one.
    border: [f64; 2],
}

static SHARES: LazyLock<Shares> = LazyLock::new(|| {
    let hamming = |x: f64| (0.54 + 0.46 * (PI * x).cos()) * (PI * x).sin() / (PI * x);
    let (near, far) = (hamming(0.25), hamming(0.75));
    let (all, three) = (((far + near) + near) + far, (near + near) + far);
    Shares { inner: near / all, outer: far / all, border: [near / three, far / three] }
});

/// Half of a plane whose sides are even and at least 4 samples long.
pub(super) fn halve(plane: &Plane<f32>) -> Plane<f32> {
    let (w, h) = (plane.width() / 2, plane.height() / 2);
    let mut half = Plane::unwritten(w, h);
    half.data_mut().par_chunks_mut(BAND * w).enumerate().for_each(|(band, out)| {
        simd::run(Band { plane, top: band * BAND, out });
    });
    half
}

/// The rows from `top` on of the half.
struct Band<'a> {
    plane: &'a Plane<f32>,
    top: usize,
    out: &'a mut [f32],
}

impl Kernel for Band<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { plane, top, out } = self;
        let (w, h) = (plane.width() / 2, plane.height());
        let Shares { inner, outer, border } = *SHARES;
        let rows = (2 * top).saturating_sub(1)..(2 * (top + out.len() / w) + 1).min(h);
        let mut narrow = vec![0.0; rows.len() * w];
        for (y, narrow) in rows.clone().zip(narrow.chunks_exact_mut(w)) {
            halve_row(plane.row(y), narrow);
        }
        let narrow = |y: usize| &narrow[(y - rows.start) * w..][..w];
        for (y, out) in (top..).zip(out.chunks_exact_mut(w)) {
            let (upper, lower) = (narrow(2 * y), narrow(2 * y + 1));
            if y == 0 {
                sum3(out, [upper, lower, narrow(2)], [border[0], border[0], border[1]]);
            } else if 2 * y + 2 == h {
                sum3(out, [narrow(2 * y - 1), upper, lower], [border[1], border[0], border[0]]);
            } else {
                let (above, below) = (narrow(2 * y - 1), narrow(2 * y + 2));
                for ((((out, a), b), c), d) in out.iter_mut().zip(above).zip(upper).zip(lower).zip(below) {
                    let [a, b, c, d] = [*a, *b, *c, *d].map(f64::from);
                    *out = (((a * outer + b * inner) + c * inner) + d * outer) as f32;
                }
            }
        }
    }
}

#[inline(always)]
fn sum3(out: &mut [f32], [a, b, c]: [&[f32]; 3], shares: [f64; 3]) {
    for (((out, a), b), c) in out.iter_mut().zip(a).zip(b).zip(c) {
        let [a, b, c] = [*a, *b, *c].map(f64::from);
        *out = ((a * shares[0] + b * shares[1]) + c * shares[2]) as f32;
    }
}

/// The sums are put together as `fast_image_resize` does it: every second one first.
#[inline(always)]
fn halve_row(row: &[f32], out: &mut [f32]) {
    let Shares { inner, outer, border: [near, far] } = *SHARES;
    let last = out.len() - 1;
    let at = |i: usize| f64::from(row[i]);
    out[0] = ((at(0) * near + at(2) * far) + at(1) * near) as f32;
    out[last] = ((at(2 * last - 1) * far + at(2 * last + 1) * near) + at(2 * last) * near) as f32;
    let mut done = 1;
    for run in out[1..last].as_chunks_mut::<LANES>().0 {
        let around: &[f32; 2 * LANES + 2] =
            row[2 * done - 1..].first_chunk().expect("two samples for each, and two more");
        let mut halved = [0.0; LANES];
        for i in 0..LANES {
            let [a, b, c, d] = [around[2 * i], around[2 * i + 1], around[2 * i + 2], around[2 * i + 3]].map(f64::from);
            halved[i] = ((a * outer + c * inner) + (b * inner + d * outer)) as f32;
        }
        (*run, done) = (halved, done + LANES);
    }
    for (x, out) in (done..).zip(&mut out[done..last]) {
        let [a, b, c, d] = [2 * x - 1, 2 * x, 2 * x + 1, 2 * x + 2].map(at);
        *out = ((a * outer + c * inner) + (b * inner + d * outer)) as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::{super::pyramid::by_filter, *};
    use crate::frame::Size;

    #[test]
    fn the_bits_are_those_of_the_general_filter() {
        for (w, h) in [(4, 4), (6, 10), (64, 36), (70, 202), (512, 288)] {
            let plane = Plane::from_fn(w, h, |x, y| (x as f32 * 1.7 + y as f32).sin() * 100.0 + (y as f32 * 0.9).cos());
            assert!(halve(&plane) == by_filter(&plane, Size::new(w / 2, h / 2)), "{w} × {h}");
        }
    }
}
