//! Robust homography: what any plane does, and any camera that only turns or zooms.

use super::{
    Fit, Homography, Match, Robust,
    affine::ON_A_LINE,
    robust::{Estimate, roundness, search},
    similarity::denormalise,
};
use nalgebra::{Matrix3, SMatrix, SVector};

/// The homography (`to_from`) that most matches follow; needs four points in general position. Residuals are measured
/// in `to`.
///
/// Minimal samples are solved directly (Hartley & Zisserman 4.1), larger ones by Gauss–Newton on the transfer error.
pub fn fit_homography(matches: &[Match], robust: &Robust) -> Option<Fit<Homography>> {
    search::<Projective, 4>(matches, robust)?.into_fit(|p, n| denormalise(&p.0, n))
}

/// Eigenvalue ratio of the normal equations below which a homography is not determined.
const DEGENERATE: f64 = 1e-11;

#[derive(Clone)]
struct Projective(Matrix3<f64>);

type Normal = SMatrix<f64, 8, 8>;
type Params = SVector<f64, 8>;

/// Adds one match's two equations in the eight free entries, linearised at `w`, with residual `(rx, ry)`.
fn accumulate(
    normal: &mut Normal,
    right: &mut Params,
    m: &Match,
    to: (f64, f64),
    residual: (f64, f64),
    w: f64,
    k: f64,
) {
    let (x, y, i) = (m.from.x, m.from.y, 1.0 / w);
    let jx = Params::from([x * i, y * i, i, 0.0, 0.0, 0.0, -to.0 * x * i, -to.0 * y * i]);
    let jy = Params::from([0.0, 0.0, 0.0, x * i, y * i, i, -to.1 * x * i, -to.1 * y * i]);
    normal.ger(k, &jx, &jx, 1.0);
    normal.ger(k, &jy, &jy, 1.0);
    right.axpy(k * residual.0, &jx, 1.0);
    right.axpy(k * residual.1, &jy, 1.0);
}

fn matrix(p: &Params) -> Matrix3<f64> {
    Matrix3::new(p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7], 1.0)
}

impl Estimate<4> for Projective {
    type Model = Self;

    fn minimal(sample: &[Match; 4]) -> Option<Self> {
        for skip in 0..4 {
            let three = (0..4).filter(|&i| i != skip);
            if roundness(three.clone().map(|i| sample[i].from)) < 1e-3 || roundness(three.map(|i| sample[i].to)) < 1e-3
            {
                return None;
            }
        }
        let mut system = Normal::zeros();
        let mut right = Params::zeros();
        for (i, m) in sample.iter().enumerate() {
            let (x, y, u, v) = (m.from.x, m.from.y, m.to.x, m.to.y);
            system.set_row(2 * i, &Params::from([x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y]).transpose());
            system.set_row(2 * i + 1, &Params::from([0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y]).transpose());
            right[2 * i] = u;
            right[2 * i + 1] = v;
        }
        let h = Self(matrix(&system.lu().solve(&right)?));
        // a sample seen through the vanishing line is no view of a plane
        sample.iter().all(|m| Self::squared_error(&h, m) < 1e-6).then_some(h)
    }

    fn refine(start: &Self, matches: &[Match], weights: &[f64]) -> Option<Self> {
        let mut h = start.0 / start.0[(2, 2)];
        for _ in 0..2 {
            let (mut normal, mut right) = (Normal::zeros(), Params::zeros());
            for (m, &k) in matches.iter().zip(weights).filter(|&(_, &k)| k > 0.0) {
                let w = h[(2, 0)] * m.from.x + h[(2, 1)] * m.from.y + h[(2, 2)];
                let u = (h[(0, 0)] * m.from.x + h[(0, 1)] * m.from.y + h[(0, 2)]) / w;
                let v = (h[(1, 0)] * m.from.x + h[(1, 1)] * m.from.y + h[(1, 2)]) / w;
                accumulate(&mut normal, &mut right, m, (u, v), (m.to.x - u, m.to.y - v), w, k);
            }
            let step = normal.cholesky()?.solve(&right);
            h += matrix(&step) - Matrix3::from_diagonal(&[0.0, 0.0, 1.0].into());
        }
        h.iter().all(|v| v.is_finite()).then_some(Self(h))
    }

    fn squared_error(h: &Self, m: &Match) -> f64 {
        let h = &h.0;
        let w = h[(2, 0)] * m.from.x + h[(2, 1)] * m.from.y + h[(2, 2)];
        if w <= 1e-9 {
            return f64::INFINITY;
        }
        let x = (h[(0, 0)] * m.from.x + h[(0, 1)] * m.from.y + h[(0, 2)]) / w - m.to.x;
        let y = (h[(1, 0)] * m.from.x + h[(1, 1)] * m.from.y + h[(1, 2)]) / w - m.to.y;
        x * x + y * y
    }

    fn is_determined(matches: &[Match]) -> bool {
        if roundness(matches.iter().map(|m| m.from)) < ON_A_LINE {
            return false;
        }
        let (mut normal, mut right) = (Normal::zeros(), Params::zeros());
        for m in matches {
            accumulate(&mut normal, &mut right, m, (m.to.x, m.to.y), (0.0, 0.0), 1.0, 1.0);
        }
        let values = normal.symmetric_eigenvalues();
        values.min() > DEGENERATE * values.max()
    }
}
