//! Weighted least squares of three values over four features of a colour, by sums that can be shared out and joined.

use nalgebra::{Matrix4, SMatrix};

/// Coefficients: a row for each feature, a column for each value.
pub(super) type Theta = SMatrix<f64, 4, 3>;

/// Oklab × 100 as features of about the same size: one, lightness, and the two opponent colours.
#[inline]
pub(super) fn features([l, a, b]: [f32; 3]) -> [f32; 4] {
    [1.0, (l - 50.0) / 50.0, a / 15.0, b / 15.0]
}

/// Sums over weighted samples.
#[derive(Clone, Debug, Default)]
pub(super) struct Moments {
    gram: Matrix4<f64>,
    cross: Theta,
}

impl Moments {
    /// Adds a sample: its features, the three values there and its weight.
    pub(super) fn add(&mut self, features: [f32; 4], values: [f32; 3], weight: f32) {
        let phi = features.map(f64::from);
        for (i, &row) in phi.iter().enumerate() {
            let weighted = f64::from(weight) * row;
            for (j, &column) in phi.iter().enumerate() {
                self.gram[(i, j)] += weighted * column;
            }
            for (k, value) in values.into_iter().enumerate() {
                self.cross[(i, k)] += weighted * f64::from(value);
            }
        }
    }

    /// Adds `share` of the samples of `other`.
    pub(super) fn join(&mut self, other: &Self, share: f64) {
        self.gram += share * other.gram;
        self.cross += share * other.cross;
    }

    /// The weight of all samples.
    pub(super) fn mass(&self) -> f64 {
        self.gram[(0, 0)]
    }

    /// The coefficients that fit best while `prior`, worth `worth` samples, is believed, too.
    pub(super) fn solve(&self, worth: f64, prior: &Theta) -> Theta {
        let ridge = Matrix4::identity() * worth;
        let solved = (self.gram + ridge).cholesky().map(|factor| factor.solve(&(self.cross + worth * prior)));
        solved.unwrap_or(*prior)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_abs_diff_eq;

    #[test]
    fn a_plane_is_found_and_nothing_is_the_prior() {
        let mut moments = Moments::default();
        for i in 0..200 {
            let phi = features([(i % 10) as f32 * 10.0, (i % 7) as f32, (i % 3) as f32 - 1.0]);
            moments.add(phi, [2.0 * phi[0] - phi[2], 3.0 * phi[1] + 0.5 * phi[3], phi[1]], 1.0);
        }
        let theta = moments.solve(1e-9, &Theta::zeros());
        for (at, want) in [((0, 0), 2.0), ((2, 0), -1.0), ((1, 1), 3.0), ((3, 1), 0.5), ((0, 1), 0.0), ((1, 2), 1.0)] {
            assert_abs_diff_eq!(theta[at], want, epsilon = 1e-5);
        }
        let prior = Theta::repeat(0.25);
        assert_abs_diff_eq!(Moments::default().solve(2.0, &prior), prior, epsilon = 1e-12);
    }
}
