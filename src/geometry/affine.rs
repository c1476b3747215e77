//! Robust affine map: what a plane does far from the camera.

use super::{
    Fit, Homography, Match, Robust,
    robust::{Estimate, roundness, search},
    similarity::denormalise,
};
use nalgebra::{Matrix3, Vector3};

/// Points this close to one line (ratio of spreads) do not determine a plane's map.
pub(super) const ON_A_LINE: f64 = 1e-4;

/// The affine map (`to_from`) that most matches follow; needs three points off a line. Residuals are measured in `to`.
pub fn fit_affine(matches: &[Match], robust: &Robust) -> Option<Fit<Homography>> {
    search::<Affine, 3>(matches, robust)?.into_fit(|a, n| {
        let [x, y] = [a.x, a.y];
        denormalise(&Matrix3::new(x[0], x[1], x[2], y[0], y[1], y[2], 0.0, 0.0, 1.0), n)
    })
}

/// Two rows: `x' = x · (x, y, 1)`, `y' = y · (x, y, 1)`.
#[derive(Clone)]
pub(super) struct Affine {
    pub(super) x: Vector3<f64>,
    pub(super) y: Vector3<f64>,
}

impl Affine {
    pub(super) fn least_squares<'a>(weighted: impl Iterator<Item = (&'a Match, f64)>) -> Option<Self> {
        let (mut normal, mut x, mut y) = (Matrix3::zeros(), Vector3::zeros(), Vector3::zeros());
        for (m, k) in weighted {
            let p = Vector3::new(m.from.x, m.from.y, 1.0);
            normal += k * p * p.transpose();
            x += k * m.to.x * p;
            y += k * m.to.y * p;
        }
        let solver = normal.cholesky()?;
        let (x, y) = (solver.solve(&x), solver.solve(&y));
        (x.iter().chain(y.iter()).all(|v| v.is_finite())).then_some(Self { x, y })
    }
}

impl Estimate<3> for Affine {
    type Model = Self;

    fn minimal(sample: &[Match; 3]) -> Option<Self> {
        if roundness(sample.iter().map(|m| m.from)) < ON_A_LINE {
            return None;
        }
        Self::least_squares(sample.iter().map(|m| (m, 1.0)))
    }

    fn refine(_: &Self, matches: &[Match], weights: &[f64]) -> Option<Self> {
        Self::least_squares(matches.iter().zip(weights.iter().copied()))
    }

    fn squared_error(a: &Self, m: &Match) -> f64 {
        let x = a.x[0] * m.from.x + a.x[1] * m.from.y + a.x[2] - m.to.x;
        let y = a.y[0] * m.from.x + a.y[1] * m.from.y + a.y[2] - m.to.y;
        x * x + y * y
    }

    fn is_determined(matches: &[Match]) -> bool {
        roundness(matches.iter().map(|m| m.from)) > ON_A_LINE
    }
}
