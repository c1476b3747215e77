//! Robust epipolar geometry: what any rigid scene does between two views, whatever its shape.

use super::{
    Fit, Match, Robust,
    affine::ON_A_LINE,
    robust::{Estimate, Normalisation, roundness, search},
};
use nalgebra::{Matrix3, RowVector3, SMatrix, SVector, Vector3};

/// The matrix F with `to · F · from = 0` for every match of a rigid scene (homogeneous pixel coordinates).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fundamental(pub [[f64; 3]; 3]);

impl Fundamental {
    /// Sampson distance of a match, pixels: to first order, how far both points together must move to satisfy the
    /// geometry (Hartley & Zisserman 11.4.3).
    #[inline]
    pub fn sampson(&self, m: &Match) -> f64 {
        squared_sampson(&matrix(self), m).sqrt()
    }
}

/// The epipolar geometry (`to_from`) that most matches follow; needs eight points off a line. Residuals are Sampson
/// distances.
///
/// Where the scene is flat the geometry is one of a family that all explain the matches; the residuals stay valid.
pub fn fit_fundamental(matches: &[Match], robust: &Robust) -> Option<Fit<Fundamental>> {
    search::<Epipolar, 8>(matches, robust)?.into_fit(|f, n| denormalise(&f, n))
}

fn matrix(f: &Fundamental) -> Matrix3<f64> {
    let [a, b, c] = f.0;
    Matrix3::new(a[0], a[1], a[2], b[0], b[1], b[2], c[0], c[1], c[2])
}

fn denormalise(f: &Matrix3<f64>, n: &Normalisation) -> Option<Fundamental> {
    let shrink = |x: f64, y: f64| Matrix3::new(1.0, 0.0, -x, 0.0, 1.0, -y, 0.0, 0.0, n.scale) / n.scale;
    let px = shrink(n.to.x, n.to.y).transpose() * f * shrink(n.from.x, n.from.y);
    let unit = px / px.norm();
    unit.iter().all(|v| v.is_finite()).then(|| Fundamental([0, 1, 2].map(|r| [0, 1, 2].map(|c| unit[(r, c)]))))
}

#[inline]
fn squared_sampson(f: &Matrix3<f64>, m: &Match) -> f64 {
    let (from, to) = (Vector3::new(m.from.x, m.from.y, 1.0), RowVector3::new(m.to.x, m.to.y, 1.0));
    let (line, back) = (f * from, to * f);
    let error = to[0] * line[0] + to[1] * line[1] + line[2];
    let slope = line[0] * line[0] + line[1] * line[1] + back[0] * back[0] + back[1] * back[1];
    if slope > 0.0 { error * error / slope } else { f64::INFINITY }
}

struct Epipolar;

impl Epipolar {
    /// The eight-point algorithm with weights: smallest eigenvector of the normal equations, forced to rank 2.
    fn eight_point<'a>(weighted: impl Iterator<Item = (&'a Match, f64)>) -> Option<Matrix3<f64>> {
        let mut normal = SMatrix::<f64, 9, 9>::zeros();
        for (m, k) in weighted {
            let (x, y, u, v) = (m.from.x, m.from.y, m.to.x, m.to.y);
            let row = SVector::<f64, 9>::from([u * x, u * y, u, v * x, v * y, v, x, y, 1.0]);
            normal.ger(k, &row, &row, 1.0);
        }
        if !normal.iter().all(|v| v.is_finite()) {
            return None;
        }
        let eigen = normal.symmetric_eigen();
        let least = eigen.eigenvectors.column(eigen.eigenvalues.imin()).into_owned();
        rank_two(&Matrix3::from_row_slice(least.as_slice()))
    }

    /// One Gauss–Newton step on the Sampson error over the seven freedoms of a rank-2 matrix (Bartoli & Sturm 2004):
    /// turns of the left and right singular vectors, and the ratio of the two singular values.
    fn step(f: &Matrix3<f64>, matches: &[Match], weights: &[f64]) -> Option<Matrix3<f64>> {
        let svd = f.svd(true, true);
        let (left, right) = (svd.u?, svd.v_t?);
        let basis = tangents(f, &left, &right);
        let (mut normal, mut side) = (SMatrix::<f64, 7, 7>::zeros(), SVector::<f64, 7>::zeros());
        for (m, &k) in matches.iter().zip(weights).filter(|&(_, &k)| k > 0.0) {
            let (from, to) = (Vector3::new(m.from.x, m.from.y, 1.0), RowVector3::new(m.to.x, m.to.y, 1.0));
            let (line, back) = (f * from, to * f);
            let slope2 = line[0] * line[0] + line[1] * line[1] + back[0] * back[0] + back[1] * back[1];
            if slope2 <= 0.0 {
                continue;
            }
            let (slope, error) = (slope2.sqrt(), (to * line)[0]);
            let gradient = SVector::<f64, 7>::from_fn(|i, _| {
                let (dl, db) = (basis[i] * from, to * basis[i]);
                let turn = line[0] * dl[0] + line[1] * dl[1] + back[0] * db[0] + back[1] * db[1];
                (to * dl)[0] / slope - error * turn / (slope2 * slope)
            });
            normal.ger(k, &gradient, &gradient, 1.0);
            side.axpy(-k * error / slope, &gradient, 1.0);
        }
        // a flat scene leaves a family of solutions: a little damping picks the nearest
        let damping = 1e-9 * normal.trace();
        let step = (normal + SMatrix::<f64, 7, 7>::identity() * damping).cholesky()?.solve(&side);
        rank_two(&basis.iter().zip(step.iter()).fold(*f, |sum, (b, &s)| sum + b * s))
    }
}

fn tangents(f: &Matrix3<f64>, left: &Matrix3<f64>, right: &Matrix3<f64>) -> [Matrix3<f64>; 7] {
    let turn = |axis: Vector3<f64>| axis.cross_matrix();
    let [x, y, z] = [Vector3::x(), Vector3::y(), Vector3::z()];
    let ratio = left * Matrix3::from_diagonal(&y) * right;
    [turn(x) * f, turn(y) * f, turn(z) * f, f * turn(x), f * turn(y), f * turn(z), ratio]
}

/// The nearest matrix of rank 2, of unit norm.
fn rank_two(f: &Matrix3<f64>) -> Option<Matrix3<f64>> {
    let mut svd = f.svd(true, true);
    let least = svd.singular_values.imin();
    svd.singular_values[least] = 0.0;
    let flat = svd.recompose().ok()?;
    let unit = flat / flat.norm();
    unit.iter().all(|v| v.is_finite()).then_some(unit)
}

impl Estimate<8> for Epipolar {
    type Model = Matrix3<f64>;

    fn minimal(sample: &[Match; 8]) -> Option<Self::Model> {
        Self::eight_point(sample.iter().map(|m| (m, 1.0)))
    }

    fn refine(start: &Self::Model, matches: &[Match], weights: &[f64]) -> Option<Self::Model> {
        Self::step(start, matches, weights)
    }

    fn squared_error(f: &Self::Model, m: &Match) -> f64 {
        squared_sampson(f, m)
    }

    fn is_determined(matches: &[Match]) -> bool {
        roundness(matches.iter().map(|m| m.from)) > ON_A_LINE && roundness(matches.iter().map(|m| m.to)) > ON_A_LINE
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Point, *};
    use crate::geometry::{Homography, random::Random, tests::scene};

    /// Two pinhole views of a cloud of points, two of five matches wrong.
    fn views(count: usize, seed: u64) -> (Vec<Match>, Vec<bool>) {
        let mut random = Random::new(seed);
        let mut unit = || random.below(1 << 20) as f64 / f64::from(1 << 20) - 0.5;
        let (sin, cos) = 0.15_f64.sin_cos();
        let mut truth = Vec::new();
        let matches = (0..count)
            .map(|i| {
                let (x, y, z) = (unit() * 4.0, unit() * 3.0, 6.0 + 2.0 * unit());
                let (x2, z2) = (cos * x + sin * (z - 6.0) + 0.3, cos * (z - 6.0) - sin * x + 6.2);
                let seen = |x: f64, y: f64, z: f64| Point::new(320.0 + 500.0 * x / z, 180.0 + 500.0 * y / z);
                truth.push(i % 5 >= 2);
                let wrong = Point::new(320.0 + 600.0 * unit(), 180.0 + 360.0 * unit());
                Match::new(seen(x, y, z), if i % 5 < 2 { wrong } else { seen(x2, y + 0.1, z2) })
            })
            .collect();
        (matches, truth)
    }

    #[test]
    fn epipolar_geometry_survives_40_percent_outliers() {
        for seed in 0..4 {
            let (matches, truth) = views(200, seed);
            let fit = fit_fundamental(&matches, &Robust { threshold_px: 1.0, iterations: 2000, seed }).unwrap();
            for ((m, inlier), truth) in matches.iter().zip(&fit.inliers).zip(truth) {
                if truth {
                    // wrong matches that lie near their line by chance pull by up to a few hundredths of a pixel
                    assert!(*inlier && fit.model.sampson(m) < 0.05, "{}", fit.model.sampson(m));
                }
            }
            assert!(fit.inlier_fraction < 0.65);
        }
    }

    #[test]
    fn a_flat_scene_still_has_zero_residuals() {
        let truth = Homography([[1.0, 0.1, 20.0], [0.0, 0.9, -10.0], [1e-4, 2e-4, 1.0]]);
        let matches: Vec<Match> =
            scene(&truth, 100, 5).into_iter().enumerate().filter(|(i, _)| i % 5 >= 2).map(|(_, m)| m).collect();
        let fit = fit_fundamental(&matches, &Robust::within(1.0)).unwrap();
        assert!(fit.inlier_fraction == 1.0 && fit.rms < 1e-5, "{}", fit.rms);
    }

    #[test]
    fn lines_and_too_few_points_have_no_epipolar_geometry() {
        let line: Vec<Match> = (0..40)
            .map(|i| Match::new(Point::new(f64::from(i), 2.0 * f64::from(i)), Point::new(f64::from(i) + 3.0, 1.0)))
            .collect();
        assert!(fit_fundamental(&line, &Robust::default()).is_none());
        assert!(fit_fundamental(&line[..7], &Robust::default()).is_none());
        assert!(fit_fundamental(&[], &Robust::default()).is_none());
    }
}
