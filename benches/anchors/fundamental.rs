//! The fundamental matrix, which every rigid motion of the camera obeys: normalised eight-point algorithm (Hartley 1997).

use nalgebra::{Matrix3, SMatrix, SymmetricEigen, Vector3};

/// Distance from its epipolar line at which a match is no inlier, pixels.
const INLIER: f64 = 3.0;
/// Random samples of eight.
const SAMPLES: usize = 200;

/// A pixel in one picture and where it is in another.
pub(crate) type Match = [Vector3<f64>; 2];

/// Mean Sampson distance of all matches from the fundamental matrix through all of them, pixels.
pub(crate) fn sampson_mean(matches: &[Match]) -> Option<f64> {
    let matrix = through(matches)?;
    Some(matches.iter().map(|m| sampson(&matrix, m)).sum::<f64>() / matches.len() as f64)
}

/// Share of the matches that follow the best of many random fundamental matrices (Fischler and Bolles 1981).
pub(crate) fn inlier_share(matches: &[Match]) -> f64 {
    if matches.len() < 8 {
        return 0.0;
    }
    let mut state = 1u64;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as usize % matches.len()
    };
    let inliers = |matrix: Matrix3<f64>| matches.iter().filter(|m| sampson(&matrix, m) < INLIER).count();
    let samples = (0..SAMPLES).map(|_| std::array::from_fn::<Match, 8, _>(|_| matches[draw()]));
    let best = samples.filter_map(|sample| through(&sample)).map(inliers).max().unwrap_or(0);
    best as f64 / matches.len() as f64
}

fn through(matches: &[Match]) -> Option<Matrix3<f64>> {
    let (from, to) = (normaliser(matches, 0)?, normaliser(matches, 1)?);
    let mut moments = SMatrix::<f64, 9, 9>::zeros();
    for [a, b] in matches {
        let (a, b) = (from * a, to * b);
        let row = SMatrix::<f64, 9, 1>::from_fn(|i, _| b[i / 3] * a[i % 3]);
        moments += row * row.transpose();
    }
    let eigen = SymmetricEigen::new(moments);
    let least = eigen.eigenvectors.column(eigen.eigenvalues.imin());
    let mut svd = Matrix3::from_fn(|i, j| least[3 * i + j]).svd(true, true);
    let weakest = svd.singular_values.imin();
    svd.singular_values[weakest] = 0.0;
    Some(to.transpose() * svd.recompose().ok()? * from)
}

/// Moves the points of one picture to mean 0 and mean distance √2.
fn normaliser(matches: &[Match], picture: usize) -> Option<Matrix3<f64>> {
    let count = matches.len() as f64;
    let centre = matches.iter().map(|m| m[picture]).sum::<Vector3<f64>>() / count;
    let spread = matches.iter().map(|m| (m[picture] - centre).norm()).sum::<f64>() / count;
    let scale = (spread > 0.0).then(|| 2f64.sqrt() / spread)?;
    Some(Matrix3::new(scale, 0.0, -scale * centre.x, 0.0, scale, -scale * centre.y, 0.0, 0.0, 1.0))
}

fn sampson(matrix: &Matrix3<f64>, [a, b]: &Match) -> f64 {
    let (there, back) = (matrix * a, matrix.transpose() * b);
    let slope = there.xy().norm_squared() + back.xy().norm_squared();
    (b.dot(&there).powi(2) / slope.max(1e-12)).sqrt()
}
