//! Pictures against pictures, pixel by pixel: what was there before anything was aligned.

use holdstill::frame::{Picture, Plane};

/// Gaussian window of 11 pixels, σ = 1.5 (Wang et al. 2004, §III.B).
const RADIUS: isize = 5;
const SIGMA: f64 = 1.5;
/// (K₁ L)² and (K₂ L)² of the same paper for levels `0..=255`.
const C1: f64 = 0.01 * 255.0 * 0.01 * 255.0;
const C2: f64 = 0.03 * 255.0 * 0.03 * 255.0;

/// Mean structural similarity of two luma planes, `-1..=1` (Wang, Bovik, Sheikh and Simoncelli 2004).
pub(crate) fn ssim(a: &Plane<f32>, b: &Plane<f32>) -> f64 {
    let product =
        |p: &Plane<f32>, q: &Plane<f32>| Plane::from_fn(p.width(), p.height(), |x, y| p.at(x, y) * q.at(x, y));
    let [ma, mb, aa, bb, ab] = [a, b, &product(a, a), &product(b, b), &product(a, b)].map(blurred);
    let at = |i: usize| {
        let [ma, mb, aa, bb, ab] = [&ma, &mb, &aa, &bb, &ab].map(|plane| f64::from(plane.data()[i]));
        let luminance = (2.0 * ma * mb + C1) / (ma * ma + mb * mb + C1);
        luminance * (2.0 * (ab - ma * mb) + C2) / (aa - ma * ma + bb - mb * mb + C2)
    };
    let count = a.data().len();
    (0..count).map(at).sum::<f64>() / count.max(1) as f64
}

/// Peak signal-to-noise ratio of two pictures, decibels.
pub(crate) fn psnr(a: &Picture, b: &Picture) -> f64 {
    -10.0 * squared(a, b).max(1e-10).log10()
}

/// Mean absolute difference of two pictures, levels `0..=255`.
pub(crate) fn difference(a: &Picture, b: &Picture) -> f64 {
    255.0 * mean(a, b, f64::abs)
}

fn squared(a: &Picture, b: &Picture) -> f64 {
    mean(a, b, |difference| difference * difference)
}

fn mean(a: &Picture, b: &Picture, of: impl Fn(f64) -> f64) -> f64 {
    let pairs = || a.rgb.iter().zip(&b.rgb).flat_map(|(a, b)| a.data().iter().zip(b.data()));
    pairs().map(|(a, b)| of(f64::from(a - b))).sum::<f64>() / pairs().count().max(1) as f64
}

fn blurred(plane: &Plane<f32>) -> Plane<f32> {
    let taps: Vec<f64> = (-RADIUS..=RADIUS).map(|k| (-(k * k) as f64 / (2.0 * SIGMA * SIGMA)).exp()).collect();
    let sum: f64 = taps.iter().sum();
    let along = |plane: &Plane<f32>, dx: isize, dy: isize| {
        let inside = |v: usize, by: isize, length: usize| (v as isize + by).clamp(0, length as isize - 1) as usize;
        Plane::from_fn(plane.width(), plane.height(), |x, y| {
            let tap = |(k, weight): (isize, &f64)| {
                weight * f64::from(plane.at(inside(x, k * dx, plane.width()), inside(y, k * dy, plane.height())))
            };
            ((-RADIUS..=RADIUS).zip(&taps).map(tap).sum::<f64>() / sum) as f32
        })
    };
    along(&along(plane, 1, 0), 0, 1)
}
