//! Landmarks that move as a test says.

use super::bundle::{Sight, Sights};
use nalgebra::{Matrix2, Vector2, Vector3};

/// A grid of `side` × `side` places, 10 pixels apart.
pub(super) fn places(side: u32) -> Vec<Vector2<f64>> {
    (0..side * side).map(|i| Vector2::new(f64::from(i % side), f64::from(i / side)) * 10.0).collect()
}

/// Landmarks at [`places`] that `shift` moves in each of so many frames; a tenth of a pixel is a standard
/// deviation.
pub(super) fn grid(
    side: u32,
    frames: usize,
    shift: impl Fn(Vector2<f64>, usize) -> Vector2<f64>,
) -> (Vec<Vector2<f64>>, Sights) {
    let places = places(side);
    let sight = |p: &Vector2<f64>, t| Some(Sight { at: p + shift(*p, t), whiten: Matrix2::identity() * 10.0 });
    let sights = Sights {
        focal: 100.0,
        rays: places.iter().map(|p| Vector3::new(p.x / 100.0, p.y / 100.0, 1.0)).collect(),
        weights: vec![1.0; places.len()],
        frames: (0..frames).map(|t| places.iter().map(|p| sight(p, t)).collect()).collect(),
    };
    (places, sights)
}
