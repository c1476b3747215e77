//! How much a residual motion stretches what it moves: Green–Lagrange strain (Malvern 1969), blind to shifts and turns.

use crate::frame::{Mask, Plane};

/// The strain of a displacement field, pixel by pixel; 0 where the mask (or its neighbourhood) is empty.
#[derive(Clone, Debug)]
pub struct Strain {
    /// Frobenius norm of `E = ½(∇r + ∇rᵀ + ∇rᵀ∇r)`, ratio (0.01 = 1 % of stretch).
    pub magnitude: Plane<f32>,
    /// Change of area, `∂u/∂x + ∂v/∂y`, ratio.
    pub divergence: Plane<f32>,
    /// Turn, `½(∂v/∂x − ∂u/∂y)`, radians for small angles.
    pub curl: Plane<f32>,
}

/// Strain of the displacement `(u, v)` (pixels, all planes of one size) under `mask` (weights `0..=1`), smoothed first
/// with a Gaussian of `sigma` pixels that does not look across the mask's border.
pub fn strain(u: &Plane<f32>, v: &Plane<f32>, mask: &Mask, sigma: f64) -> Strain {
    let weight = blur(mask, sigma);
    let smooth =
        |p: &Plane<f32>| {
            let masked = Plane::from_fn(p.width(), p.height(), |x, y| {
                if mask.at(x, y) > 0.0 { p.at(x, y) * mask.at(x, y) } else { 0.0 }
            });
            let mut soft = blur(&masked, sigma);
            for (s, &w) in soft.data_mut().iter_mut().zip(weight.data()) {
                *s = if w > 1e-6 { *s / w } else { 0.0 };
            }
            soft
        };
    let (u, v) = (smooth(u), smooth(v));
    let (width, height) = (mask.width(), mask.height());
    let mut strain = Strain {
        magnitude: Plane::filled(width, height, 0.0),
        divergence: Plane::filled(width, height, 0.0),
        curl: Plane::filled(width, height, 0.0),
    };
    for y in 0..height {
        for x in 0..width {
            if mask.at(x, y) <= 0.0 {
                continue;
            }
            let ((ux, uy), (vx, vy)) = (gradient(&u, mask, x, y), gradient(&v, mask, x, y));
            let exx = ux + 0.5 * (ux * ux + vx * vx);
            let eyy = vy + 0.5 * (uy * uy + vy * vy);
            let exy = 0.5 * (uy + vx + ux * uy + vx * vy);
            strain.magnitude.set(x, y, (exx * exx + eyy * eyy + 2.0 * exy * exy).sqrt());
            strain.divergence.set(x, y, ux + vy);
            strain.curl.set(x, y, 0.5 * (vx - uy));
        }
    }
    strain
}

/// Slopes along x and y from the neighbours inside the mask: central where both are, else one-sided, else 0.
fn gradient(p: &Plane<f32>, mask: &Mask, x: usize, y: usize) -> (f32, f32) {
    let slope = |before: Option<(usize, usize)>, after: Option<(usize, usize)>| {
        let inside = |at: Option<(usize, usize)>| at.filter(|&(x, y)| mask.at(x, y) > 0.0);
        let here = p.at(x, y);
        match (inside(before), inside(after)) {
            (Some(b), Some(a)) => (p.at(a.0, a.1) - p.at(b.0, b.1)) / 2.0,
            (Some(b), None) => here - p.at(b.0, b.1),
            (None, Some(a)) => p.at(a.0, a.1) - here,
            (None, None) => 0.0,
        }
    };
    let right = (x + 1 < p.width()).then_some((x + 1, y));
    let below = (y + 1 < p.height()).then_some((x, y + 1));
    (slope(x.checked_sub(1).map(|x| (x, y)), right), slope(y.checked_sub(1).map(|y| (x, y)), below))
}

/// Separable Gaussian over ±3σ; the outside counts as 0.
fn blur(plane: &Plane<f32>, sigma: f64) -> Plane<f32> {
    let radius = (3.0 * sigma).ceil().max(0.0) as usize;
    if radius == 0 {
        return plane.clone();
    }
    let kernel: Vec<f32> =
        (0..=2 * radius).map(|i| (-0.5 * ((i as f64 - radius as f64) / sigma).powi(2)).exp() as f32).collect();
    let sum: f32 = kernel.iter().sum();
    let (width, height) = (plane.width(), plane.height());
    let tap = |n: usize, at: usize, get: &dyn Fn(usize) -> f32| {
        let first = at.saturating_sub(radius);
        let last = (at + radius).min(n - 1);
        (first..=last).map(|i| get(i) * kernel[i + radius - at]).sum::<f32>() / sum
    };
    let across = Plane::from_fn(width, height, |x, y| tap(width, x, &|i| plane.at(i, y)));
    Plane::from_fn(width, height, |x, y| tap(height, y, &|i| across.at(x, i)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_abs_diff_eq;

    fn field(f: impl Fn(f32, f32) -> f32) -> Plane<f32> {
        Plane::from_fn(41, 31, |x, y| f(x as f32, y as f32))
    }

    #[test]
    fn a_stretch_of_two_percent_reads_two_percent() {
        let mask = Plane::filled(41, 31, 1.0);
        let s = strain(&field(|x, _| 0.02 * x), &field(|_, _| 3.0), &mask, 0.0);
        // E_xx = 0.02 + 0.02² / 2
        assert_abs_diff_eq!(s.magnitude.at(20, 15), 0.0202, epsilon = 1e-5);
        assert_abs_diff_eq!(s.divergence.at(20, 15), 0.02, epsilon = 1e-5);
        assert_abs_diff_eq!(s.curl.at(20, 15), 0.0, epsilon = 1e-6);
    }

    #[test]
    fn a_turn_has_no_strain() {
        let (sin, cos) = 0.2_f32.sin_cos();
        let mask = Plane::filled(41, 31, 1.0);
        let s = strain(&field(|x, y| cos * x - sin * y - x), &field(|x, y| sin * x + cos * y - y), &mask, 0.0);
        assert!(s.magnitude.data().iter().all(|&e| e < 1e-5));
    }

    #[test]
    fn nothing_outside_the_mask_counts() {
        let mask = Plane::from_fn(41, 31, |x, _| if x < 20 { 1.0 } else { 0.0 });
        let jump = Plane::from_fn(41, 31, |x, _| if x < 20 { 1.0 } else { f32::NAN });
        let s = strain(&jump, &field(|_, _| 0.0), &mask, 2.0);
        assert!(s.magnitude.data().iter().all(|&e| e < 1e-5));
    }

    #[test]
    fn empty_planes_are_fine() {
        let none = Plane::filled(0, 0, 0.0);
        assert_eq!(strain(&none, &none, &none, 1.0).magnitude.width(), 0);
    }
}
