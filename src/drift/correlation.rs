//! Local likeness of two aligned pictures that ignores brightness and contrast: zero-mean normalised cross-correlation,
//! the contrast × structure terms of SSIM (Wang, Bovik, Sheikh and Simoncelli 2004).

use super::window;
use crate::frame::Plane;

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
        let mean = window::mean(aligned, self.radius);
        let frame_variance = variance(aligned, &mean, self.radius);
        let mut likeness = window::mean_product(aligned, &self.luma, self.radius);
        let means = mean.data().iter().zip(self.mean.data());
        let variances = frame_variance.data().iter().zip(self.variance.data());
        for ((l, (a, b)), (aa, bb)) in likeness.data_mut().iter_mut().zip(means).zip(variances) {
            let (covariance, noise) = (*l - a * b, NOISE_VARIANCE);
            *l = ((covariance + noise) / ((aa + noise) * (bb + noise)).sqrt()).clamp(-1.0, 1.0);
        }
        Correlation { likeness, frame_variance }
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
