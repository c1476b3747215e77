//! Robust similarity: shift, turn and one scale.

use super::{
    Fit, Homography, Match, Point, Robust,
    robust::{Estimate, Normalisation, search},
};
use nalgebra::Matrix3;

/// The similarity (`to_from`) that most matches follow; needs two different points. Residuals are measured in `to`.
pub fn fit_similarity(matches: &[Match], robust: &Robust) -> Option<Fit<Homography>> {
    search::<Similarity, 2>(matches, robust)?.into_fit(|s, n| denormalise(&s.matrix(), n))
}

/// Takes a plane map between normalised pictures back to pixels.
pub(super) fn denormalise(model: &Matrix3<f64>, n: &Normalisation) -> Option<Homography> {
    let to_px = Matrix3::new(n.scale, 0.0, n.to.x, 0.0, n.scale, n.to.y, 0.0, 0.0, 1.0);
    let from_px = Matrix3::new(1.0, 0.0, -n.from.x, 0.0, 1.0, -n.from.y, 0.0, 0.0, n.scale) / n.scale;
    let fit = Homography::from_matrix(to_px * model * from_px)?;
    fit.inverse().map(|_| fit)
}

/// `x' = a x − b y + tx`, `y' = b x + a y + ty`.
#[derive(Clone)]
struct Similarity {
    a: f64,
    b: f64,
    tx: f64,
    ty: f64,
}

impl Similarity {
    fn matrix(&self) -> Matrix3<f64> {
        Matrix3::new(self.a, -self.b, self.tx, self.b, self.a, self.ty, 0.0, 0.0, 1.0)
    }

    /// Weighted least squares in closed form (Umeyama 1991 without reflection).
    fn least_squares<'a>(weighted: impl Iterator<Item = (&'a Match, f64)> + Clone) -> Option<Self> {
        let (mut w, mut from, mut to) = (0.0, Point::default(), Point::default());
        for (m, k) in weighted.clone() {
            w += k;
            from = Point::new(from.x + k * m.from.x, from.y + k * m.from.y);
            to = Point::new(to.x + k * m.to.x, to.y + k * m.to.y);
        }
        let (from, to) = (Point::new(from.x / w, from.y / w), Point::new(to.x / w, to.y / w));
        let (mut spread, mut dot, mut cross) = (0.0, 0.0, 0.0);
        for (m, k) in weighted {
            let (x, y) = (m.from.x - from.x, m.from.y - from.y);
            let (u, v) = (m.to.x - to.x, m.to.y - to.y);
            spread += k * (x * x + y * y);
            dot += k * (x * u + y * v);
            cross += k * (x * v - y * u);
        }
        if spread.is_nan() || spread <= 1e-12 * w {
            return None;
        }
        let (a, b) = (dot / spread, cross / spread);
        Some(Self { a, b, tx: to.x - a * from.x + b * from.y, ty: to.y - b * from.x - a * from.y })
    }
}

impl Estimate<2> for Similarity {
    type Model = Self;

    fn minimal(sample: &[Match; 2]) -> Option<Self> {
        Self::least_squares(sample.iter().map(|m| (m, 1.0)))
    }

    fn refine(_: &Self, matches: &[Match], weights: &[f64]) -> Option<Self> {
        Self::least_squares(matches.iter().zip(weights.iter().copied()))
    }

    fn squared_error(s: &Self, m: &Match) -> f64 {
        let x = s.a * m.from.x - s.b * m.from.y + s.tx - m.to.x;
        let y = s.b * m.from.x + s.a * m.from.y + s.ty - m.to.y;
        x * x + y * y
    }

    fn is_determined(matches: &[Match]) -> bool {
        matches.iter().any(|m| m.from.distance(matches[0].from) > 1e-9)
    }
}
