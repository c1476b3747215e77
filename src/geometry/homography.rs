//! The projective map of a plane, and its special cases.

use super::Point;
use nalgebra::{Matrix2, Matrix3};

/// Determinants below this, for a matrix scaled to unit Frobenius norm, count as singular.
const SINGULAR: f64 = 1e-14;

/// A projective map of the plane named `to_from`: the 3 × 3 matrix applied to the column vector `(x, y, 1)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Homography(pub [[f64; 3]; 3]);

impl Homography {
    /// The map that moves nothing.
    pub const fn identity() -> Self {
        Self([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    }

    /// Scale, then turn by `angle` radians (from x towards y, clockwise on screen), then shift by `(tx, ty)` pixels.
    pub fn similarity(scale: f64, angle: f64, tx: f64, ty: f64) -> Self {
        let (sin, cos) = angle.sin_cos();
        Self([[scale * cos, -scale * sin, tx], [scale * sin, scale * cos, ty], [0.0, 0.0, 1.0]])
    }

    /// Where `point` goes. Points on the vanishing line go to infinity.
    #[inline]
    pub fn apply(&self, point: Point) -> Point {
        let [a, b, c] = &self.0;
        let w = c[0] * point.x + c[1] * point.y + c[2];
        Point::new((a[0] * point.x + a[1] * point.y + a[2]) / w, (b[0] * point.x + b[1] * point.y + b[2]) / w)
    }

    /// The map back, or `None` where the matrix is singular or not finite.
    pub fn inverse(&self) -> Option<Self> {
        let m = self.matrix();
        let norm = m.norm();
        let determinant = m.determinant() / norm.powi(3);
        if !(determinant.abs() > SINGULAR && norm.is_finite()) {
            return None;
        }
        m.try_inverse().and_then(Self::from_matrix)
    }

    /// First `self`, then `next`: `next · self`.
    #[must_use]
    pub fn then(&self, next: &Self) -> Self {
        let product = next.matrix() * self.matrix();
        Self::from_matrix(product).unwrap_or_else(|| Self(rows(&product)))
    }

    /// The derivative of the map at `point`: `[[∂x'/∂x, ∂x'/∂y], [∂y'/∂x, ∂y'/∂y]]`.
    pub fn jacobian_at(&self, point: Point) -> [[f64; 2]; 2] {
        let [a, b, c] = &self.0;
        let w = c[0] * point.x + c[1] * point.y + c[2];
        let to = self.apply(point);
        [[(a[0] - to.x * c[0]) / w, (a[1] - to.x * c[1]) / w], [(b[0] - to.y * c[0]) / w, (b[1] - to.y * c[1]) / w]]
    }

    /// The two stretches of the map at `point`, larger first: singular values of [`Self::jacobian_at`].
    pub fn stretches_at(&self, point: Point) -> [f64; 2] {
        let [[a, b], [c, d]] = self.jacobian_at(point);
        let values = Matrix2::new(a, b, c, d).singular_values();
        [values[0].max(values[1]), values[0].min(values[1])]
    }

    pub(super) fn matrix(&self) -> Matrix3<f64> {
        let [a, b, c] = self.0;
        Matrix3::new(a[0], a[1], a[2], b[0], b[1], b[2], c[0], c[1], c[2])
    }

    /// Scaled so that the last entry is 1; `None` where that is impossible or anything is not finite.
    pub(super) fn from_matrix(matrix: Matrix3<f64>) -> Option<Self> {
        let scaled = matrix / matrix[(2, 2)];
        scaled.iter().all(|v| v.is_finite()).then(|| Self(rows(&scaled)))
    }
}

fn rows(m: &Matrix3<f64>) -> [[f64; 3]; 3] {
    [0, 1, 2].map(|r| [m[(r, 0)], m[(r, 1)], m[(r, 2)]])
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_abs_diff_eq;

    #[test]
    fn a_quarter_turn_takes_x_to_y() {
        let turn = Homography::similarity(2.0, std::f64::consts::FRAC_PI_2, 10.0, 20.0);
        let to = turn.apply(Point::new(3.0, 0.0));
        assert_abs_diff_eq!(to.x, 10.0, epsilon = 1e-12);
        assert_abs_diff_eq!(to.y, 26.0, epsilon = 1e-12);
    }

    #[test]
    fn inverse_undoes_a_projective_map() {
        let h = Homography([[1.1, 0.02, 5.0], [-0.03, 0.95, -7.0], [1e-4, -2e-4, 1.0]]);
        let there_and_back = h.then(&h.inverse().expect("regular"));
        let p = there_and_back.apply(Point::new(123.0, -45.0));
        assert_abs_diff_eq!(p.x, 123.0, epsilon = 1e-9);
        assert_abs_diff_eq!(p.y, -45.0, epsilon = 1e-9);
    }

    #[test]
    fn singular_and_nan_maps_have_no_inverse() {
        assert!(Homography([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [0.0, 0.0, 1.0]]).inverse().is_none());
        assert!(Homography([[f64::NAN; 3]; 3]).inverse().is_none());
        assert!(Homography([[0.0; 3]; 3]).inverse().is_none());
    }

    #[test]
    fn jacobian_is_the_slope_of_apply() {
        let h = Homography([[1.1, 0.02, 5.0], [-0.03, 0.95, -7.0], [1e-3, -2e-3, 1.0]]);
        let (p, step) = (Point::new(40.0, 30.0), 1e-5);
        let j = h.jacobian_at(p);
        let (right, left) = (h.apply(Point::new(p.x + step, p.y)), h.apply(Point::new(p.x - step, p.y)));
        assert_abs_diff_eq!(j[0][0], (right.x - left.x) / (2.0 * step), epsilon = 1e-7);
        assert_abs_diff_eq!(j[1][0], (right.y - left.y) / (2.0 * step), epsilon = 1e-7);
    }

    #[test]
    fn a_similarity_stretches_alike_in_all_directions() {
        let similarity = Homography::similarity(1.3, 0.4, 3.0, -2.0);
        for stretch in similarity.stretches_at(Point::new(17.0, 4.0)) {
            assert_abs_diff_eq!(stretch, 1.3, epsilon = 1e-12);
        }
    }
}
