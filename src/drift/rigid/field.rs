//! The smooth part of a field that is known at scattered points, each with its own uncertainty.

use super::bundle::Sight;
use nalgebra::{SMatrix, SVector, Vector2};

/// Terms of a cubic in two variables.
const TERMS: usize = 10;
/// Unknowns of the field: a cubic for x, another for y.
pub(super) const UNKNOWNS: usize = 2 * TERMS;
/// Distance in standard deviations at which a point counts half (Cauchy).
const HALF_WEIGHT: f64 = 3.0;
/// Rounds of reweighting.
const ROUNDS: usize = 5;
/// Places are divided by this many standard deviations of their spread.
const SPREAD: f64 = 1.8;
/// Strength, as a share of the mean of the equations' diagonal, by which terms are held at zero.
const SHRINK: f64 = 1e-3;

/// What one point says of the field.
struct Known {
    /// The cubic's terms there, for both directions, whitened.
    row: SMatrix<f64, 2, UNKNOWNS>,
    /// The leftover, whitened.
    left: Vector2<f64>,
    weight: f64,
}

/// The cubic field that the leftovers follow, pixels, at each of the `places`; zero of too few.
pub(super) fn smooth(
    places: &[Vector2<f64>],
    weights: &[f64],
    sights: &[Option<Sight>],
    left: &[Option<Vector2<f64>>],
) -> Vec<Vector2<f64>> {
    let total: f64 = weights.iter().sum();
    let centre = places.iter().zip(weights).map(|(p, w)| p * *w).sum::<Vector2<f64>>() / total;
    let spread = places
        .iter()
        .zip(weights)
        .map(|(p, w)| (p - centre).component_mul(&(p - centre)) * *w)
        .sum::<Vector2<f64>>()
        .map(|v| SPREAD * (v / total).sqrt().max(1e-6));
    let terms = |place: &Vector2<f64>| cubic((place - centre).component_div(&spread));
    let seen: Vec<Known> = places
        .iter()
        .zip(sights.iter().zip(left))
        .zip(weights)
        .filter_map(|((place, (sight, left)), &weight)| {
            let (sight, left) = (sight.as_ref()?, left.as_ref()?);
            let terms = terms(place);
            let mut row = SMatrix::<f64, 2, UNKNOWNS>::zeros();
            for (k, term) in terms.iter().enumerate() {
                row.set_column(k, &(sight.whiten.column(0) * *term));
                row.set_column(TERMS + k, &(sight.whiten.column(1) * *term));
            }
            Some(Known { row, left: sight.whiten * left, weight })
        })
        .collect();
    let nothing = || vec![Vector2::zeros(); places.len()];
    if seen.len() < UNKNOWNS {
        return nothing();
    }
    let mut field = SVector::<f64, UNKNOWNS>::zeros();
    for _ in 0..ROUNDS {
        let mut matrix = SMatrix::<f64, UNKNOWNS, UNKNOWNS>::zeros();
        let mut pull = SVector::<f64, UNKNOWNS>::zeros();
        for Known { row, left, weight } in &seen {
            let off = (left - row * field).norm_squared();
            let weighted = row.transpose() * (weight / (1.0 + off / (HALF_WEIGHT * HALF_WEIGHT)));
            matrix += weighted * row;
            pull += weighted * left;
        }
        let hold = 1.0 + SHRINK * matrix.trace() / TERMS as f64;
        matrix += SMatrix::identity() * hold;
        let Some(cholesky) = matrix.cholesky() else { return nothing() };
        field = cholesky.solve(&pull);
    }
    let (along_x, along_y) = (field.fixed_rows::<TERMS>(0), field.fixed_rows::<TERMS>(TERMS));
    places
        .iter()
        .map(|place| {
            let terms = terms(place);
            Vector2::new(terms.dot(&along_x), terms.dot(&along_y))
        })
        .collect()
}

/// Root mean square length of a field where something is seen, by the places' weights.
pub(super) fn length(field: &[Vector2<f64>], weights: &[f64], seen: &[Option<Vector2<f64>>]) -> f64 {
    let (mut sum, mut all) = (0.0, 0.0);
    for ((field, weight), _) in field.iter().zip(weights).zip(seen).filter(|(_, seen)| seen.is_some()) {
        sum += weight * field.norm_squared();
        all += weight;
    }
    (sum / f64::max(all, f64::MIN_POSITIVE)).sqrt()
}

fn cubic(p: Vector2<f64>) -> SVector<f64, TERMS> {
    let (x, y) = (p.x, p.y);
    SVector::from([1.0, x, y, x * x, x * y, y * y, x * x * x, x * x * y, x * y * y, y * y * y])
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::Matrix2;

    fn followed(field: impl Fn(Vector2<f64>, usize) -> Vector2<f64>) -> f64 {
        let places: Vec<Vector2<f64>> =
            (0..225).map(|i| Vector2::new(f64::from(i % 15), f64::from(i / 15)) * 10.0).collect();
        let sight = Some(Sight { at: Vector2::zeros(), whiten: Matrix2::identity() * 10.0 });
        let left: Vec<_> = places.iter().enumerate().map(|(i, p)| Some(field(*p, i))).collect();
        let weights = vec![1.0; places.len()];
        length(&smooth(&places, &weights, &vec![sight; places.len()], &left), &weights, &left)
    }

    #[test]
    fn a_smooth_field_counts_whole_and_noise_hardly() {
        let smooth = followed(|p, _| Vector2::new((p.y / 70.0 - 1.0).powi(2), 0.0));
        let exact = ((0..15).map(|k| (f64::from(k) / 7.0 - 1.0).powi(4)).sum::<f64>() / 15.0).sqrt();
        assert!((smooth / exact - 1.0).abs() < 0.02, "{smooth} {exact}");
        let noise = followed(|_, i| Vector2::new(if (i * 7919 / 13) % 2 == 0 { 0.5 } else { -0.5 }, 0.0));
        assert!(noise < 0.2, "{noise}");
    }
}
