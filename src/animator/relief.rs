//! How near each part of the picture is: given, or guessed from the product's place.

use crate::frame::{Mask, Plane, Size};

/// Inverse depth of the farthest wall where nothing is known, with 1 = the nearest.
const FAR: f32 = 0.15;

/// Inverse depth of the product where only its mask is known.
const PRODUCT: f32 = 0.75;

/// Share of rows at the product's foot that stand on the ground.
const FOOT: f32 = 0.5;

/// Inverse depth of each pixel, `0..=1`, near = 1, and that of the product, about which parallax turns.
#[derive(Clone, Debug)]
pub(crate) struct Relief {
    pub(crate) plane: Plane<f32>,
    pub(crate) pivot: f32,
}

impl Relief {
    pub(crate) fn new(size: Size, depth: Option<&Plane<f32>>, mask: Option<&Mask>) -> Self {
        let plane = match (depth, mask) {
            (Some(depth), _) => depth.clone(),
            (None, Some(mask)) => standing(size, mask),
            (None, None) => Plane::filled(size.width, size.height, PRODUCT),
        };
        let pivot = mask.map_or(PRODUCT, |mask| mean_inside(&plane, mask));
        Self { plane, pivot }
    }
}

/// A product standing on a ground that recedes to a wall.
fn standing(size: Size, mask: &Mask) -> Plane<f32> {
    let foot = (0..mask.height()).rev().find(|&y| mask.row(y).iter().any(|&v| v > FOOT)).unwrap_or(size.height - 1);
    let horizon = foot as f32 * 0.6;
    Plane::from_fn(size.width, size.height, |x, y| {
        let ground = FAR + (PRODUCT - FAR) * (y as f32 - horizon) / (foot as f32 - horizon).max(1.0);
        let behind = ground.clamp(FAR, 1.0);
        behind + (PRODUCT - behind) * mask.at(x, y)
    })
}

/// Mean of the plane over the mask; the plane's mean where the mask is empty.
fn mean_inside(plane: &Plane<f32>, mask: &Mask) -> f32 {
    let (mut sum, mut weight) = (0.0, 0.0);
    for (&depth, &inside) in plane.data().iter().zip(mask.data()) {
        sum += f64::from(depth * inside);
        weight += f64::from(inside);
    }
    if weight > 0.0 { (sum / weight) as f32 } else { PRODUCT }
}
