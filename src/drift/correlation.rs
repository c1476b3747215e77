//! Local likeness of two aligned pictures that ignores brightness and contrast: zero-mean normalised cross-correlation,
//! the contrast × structure terms of SSIM (Wang, Bovik, Sheikh and Simoncelli 2004).

use super::window::{self, BAND, Shares, Sums};
use crate::frame::{
    Plane,
    simd::{self, Kernel},
};
use rayon::prelude::*;

/// Likeness and texture around every pixel of two aligned luma planes.
#[derive(Clone, Debug)]
pub(crate) struct Correlation {
    /// `-1..=1`: 1 where both show the same structure, about 0 where they show different ones or one shows none.
    pub likeness: Plane<f32>,
    /// Variance of the frame's luma, levels².
    pub frame_variance: Plane<f32>,
}

/// Variance that noise and compression leave in a flat patch, levels² (σ = 3 levels: H.264 at CRF 23–28).
pub(crate) const NOISE_VARIANCE: f32 = 9.0;

/// The seed's side, prepared once: local mean and variance.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    luma: Plane<f32>,
    mean: Plane<f32>,
    variance: Plane<f32>,
    radius: usize,
}

impl Prepared {
    /// For squares of `2 × radius + 1` pixels of the seed's luma (`0..=255`).
    pub(crate) fn new(luma: &Plane<f32>, radius: usize) -> Self {
        let mean = window::mean(luma, radius);
        let variance = variance(luma, &mean, radius);
        Self { luma: luma.clone(), mean, variance, radius }
    }

    /// Variance of the seed's luma around every pixel, levels².
    pub(crate) fn variance(&self) -> &Plane<f32> {
        &self.variance
    }

    /// Compares with a frame's luma that was pulled onto the seed.
    pub(crate) fn with(&self, aligned: &Plane<f32>) -> Correlation {
        let (w, h) = (aligned.width(), aligned.height());
        let mut result = Correlation { likeness: Plane::unwritten(w, h), frame_variance: Plane::unwritten(w, h) };
        if w == 0 || h == 0 {
            return result;
        }
        let shares = Shares::new(w, h, self.radius);
        let Correlation { likeness, frame_variance } = &mut result;
        let bands =
            likeness.data_mut().par_chunks_mut(BAND * w).zip(frame_variance.data_mut().par_chunks_mut(BAND * w));
        bands.enumerate().for_each(|(band, (likeness, variance))| {
            simd::run(Band { seed: self, aligned, shares: &shares, top: band * BAND, likeness, variance });
        });
        result
    }
}

/// The rows from `top` on of a comparison.
struct Band<'a> {
    seed: &'a Prepared,
    aligned: &'a Plane<f32>,
    shares: &'a Shares,
    top: usize,
    likeness: &'a mut [f32],
    variance: &'a mut [f32],
}

impl Kernel for Band<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { seed, aligned, shares, top, likeness, variance } = self;
        let w = aligned.width();
        let [mut plain, mut squares, mut products] = [(); 3].map(|()| Sums::new(shares, top));
        plain.begin(aligned, None);
        squares.begin(aligned, Some(aligned));
        products.begin(aligned, Some(&seed.luma));
        let mut means = vec![0.0; w];
        for (y, (likeness, variance)) in (top..).zip(likeness.chunks_exact_mut(w).zip(variance.chunks_exact_mut(w))) {
            plain.come_to(y, aligned, None);
            squares.come_to(y, aligned, Some(aligned));
            products.come_to(y, aligned, Some(&seed.luma));
            plain.means(y, &mut means);
            squares.means(y, variance);
            products.means(y, likeness);
            let of_frame = means.iter().zip(variance);
            let of_seed = seed.mean.row(y).iter().zip(seed.variance.row(y));
            for (likeness, ((mean, variance), (seed_mean, seed_variance))) in
                likeness.iter_mut().zip(of_frame.zip(of_seed))
            {
                *variance = (*variance - mean * mean).max(0.0);
                let covariance = *likeness - mean * seed_mean;
                let deviations = ((*variance + NOISE_VARIANCE) * (seed_variance + NOISE_VARIANCE)).sqrt();
                *likeness = ((covariance + NOISE_VARIANCE) / deviations).clamp(-1.0, 1.0);
            }
        }
    }
}

fn variance(luma: &Plane<f32>, mean: &Plane<f32>, radius: usize) -> Plane<f32> {
    let mut variance = window::mean_product(luma, luma, radius);
    for (v, &m) in variance.data_mut().iter_mut().zip(mean.data()) {
        *v = (*v - m * m).max(0.0);
    }
    variance
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texture(phase: f32) -> Plane<f32> {
        Plane::from_fn(40, 30, |x, y| 128.0 + 60.0 * (x as f32 * 0.7 + phase).sin() * (y as f32 * 0.5).cos())
    }

    #[test]
    fn gain_and_offset_leave_the_same_structure() {
        let seed = texture(0.0);
        let brighter = seed.map(|v| 0.8 * v + 30.0);
        let likeness = Prepared::new(&seed, 5).with(&brighter).likeness;
        // the noise term is the only difference: 1 - (1 - 0.8)² × 9 / 900 is above 0.99
        assert!(likeness.data().iter().all(|&l| l > 0.99), "{likeness:?}");
    }

    #[test]
    fn other_texture_is_unlike_and_flat_is_like_flat() {
        let like = |a: &Plane<f32>, b: &Plane<f32>| Prepared::new(a, 5).with(b).likeness.at(20, 15);
        assert!(like(&texture(0.0), &texture(std::f32::consts::PI)) < -0.9);
        assert_eq!(like(&Plane::filled(40, 30, 90.0), &Plane::filled(40, 30, 10.0)), 1.0);
        assert!(like(&Plane::filled(40, 30, 90.0), &texture(0.0)) < 0.2);
    }
}
