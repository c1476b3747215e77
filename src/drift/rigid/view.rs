//! How a camera stands to a rigid body, and what it shows of it, with derivatives.

use nalgebra::{Matrix2x3, Rotation3, SMatrix, SVector, Vector2, Vector3};

/// Unknowns of a frame: three of rotation, three of shift. None of zoom: a lens that zooms looks like a camera that comes near,
/// but what comes near and zooms out at once could bulge as it likes.
pub(super) const UNKNOWNS: usize = 6;
/// Weight that keeps unknowns which nothing determines at rest.
const REST: f64 = 1e-3;
/// Largest turn of one step, radians.
const TURN: f64 = 0.3;
/// Least depth at which a point is projected.
const BEHIND: f64 = 0.05;

/// How the camera stands in one frame, relative to the body as the seed shows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    pub rotation: Rotation3<f64>,
    pub shift: Vector3<f64>,
}

/// A projected point, with what its derivatives need.
pub(super) struct Shown {
    pub point: Vector3<f64>,
    pub at: Vector2<f64>,
    pub focal: f64,
}

impl View {
    pub(super) fn at_rest() -> Self {
        Self { rotation: Rotation3::identity(), shift: Vector3::zeros() }
    }

    pub(super) fn show(&self, ray: &Vector3<f64>, nearness: f64, focal: f64) -> Shown {
        let point = self.rotation * ray + self.shift * nearness;
        let depth = point.z.max(BEHIND);
        Shown { at: Vector2::new(point.x, point.y) * (focal / depth), point, focal }
    }

    /// By how much the camera has gone round what the seed shows at distance 1 in the middle: radians. A pan and a push do not go round.
    pub(super) fn circled(&self) -> f64 {
        let ahead = Vector3::z();
        ahead.angle(&(ahead + self.rotation.inverse() * self.shift))
    }

    pub(super) fn moved(&self, step: &SVector<f64, UNKNOWNS>) -> Self {
        let turn = Vector3::new(step[0], step[1], step[2]).map(|v| v.clamp(-TURN, TURN));
        Self {
            rotation: Rotation3::new(turn) * self.rotation,
            shift: self.shift + Vector3::new(step[3], step[4], step[5]),
        }
    }

    /// Pull of the prior on the unknowns, and its strength.
    pub(super) fn prior(&self) -> (SVector<f64, UNKNOWNS>, SVector<f64, UNKNOWNS>) {
        let strength = SVector::repeat(REST);
        let off = SVector::from([0.0, 0.0, 0.0, self.shift.x, self.shift.y, self.shift.z]);
        (-off.component_mul(&strength), strength)
    }

    pub(super) fn prior_cost(&self) -> f64 {
        REST * self.shift.norm_squared()
    }
}

impl Shown {
    /// Derivative of the pixel by the point.
    pub(super) fn by_point(&self) -> Matrix2x3<f64> {
        let depth = self.point.z.max(BEHIND);
        let scale = self.focal / depth;
        Matrix2x3::new(scale, 0.0, -self.at.x / depth, 0.0, scale, -self.at.y / depth)
    }

    /// Derivative of the pixel by the view's unknowns.
    pub(super) fn by_view(&self, view: &View, nearness: f64) -> SMatrix<f64, 2, UNKNOWNS> {
        let by_point = self.by_point();
        let turned = self.point - view.shift * nearness;
        let mut result = SMatrix::<f64, 2, UNKNOWNS>::zeros();
        result.fixed_columns_mut::<3>(0).copy_from(&(-by_point * turned.cross_matrix()));
        result.fixed_columns_mut::<3>(3).copy_from(&(by_point * nearness));
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_camera_that_goes_round_has_circled() {
        let turn = Rotation3::from_axis_angle(&Vector3::y_axis(), 0.2);
        let round = View { rotation: turn, shift: Vector3::z() - turn * Vector3::z() };
        let pan = View { rotation: turn, shift: Vector3::zeros() };
        let push = View { rotation: Rotation3::identity(), shift: Vector3::new(0.0, 0.0, -0.3) };
        assert!((round.circled() - 0.2).abs() < 1e-9);
        assert!(pan.circled() < 1e-9 && push.circled() < 1e-9);
    }
}
