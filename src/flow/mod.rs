//! Floor 1: dense optical flow of our own.

use crate::frame::Plane;

/// A dense displacement field in pixels, named `to_from`: pixel `(x, y)` of *from* is found at `(x + u, y + v)` in *to*.
#[derive(Clone, Debug, PartialEq)]
pub struct Flow {
    /// Displacement along x, pixels, `[height, width]`.
    pub u: Plane<f32>,
    /// Displacement along y, pixels, `[height, width]`.
    pub v: Plane<f32>,
}
