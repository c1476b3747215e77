//! What a window of the seed says of a frame that was pulled onto it: the sums of one step of Lucas and Kanade with gain and
//! offset (*An Iterative Image Registration Technique*, 1981; Hager and Belhumeur 1998).

use super::super::canvas::WINDOW;
use crate::frame::{
    Plane,
    simd::{self, Kernel},
};
use nalgebra::{Matrix4, Vector4};

/// Pixels along a side.
const SIDE: usize = 2 * WINDOW + 1;
/// Pixels of a window.
pub(super) const PIXELS: f64 = (SIDE * SIDE) as f64;
/// Scale of luma in the fit: keeps its four unknowns of one size.
pub(super) const LEVELS: f64 = 128.0;

/// The seed's luma and its slopes along both sides, levels per pixel.
#[derive(Clone, Debug)]
pub(super) struct Template {
    luma: Plane<f32>,
    along: Plane<f32>,
    down: Plane<f32>,
}

/// Sums over a window: of the frame's luma times what each unknown does to it (shift along x and y, gain, offset), and squared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sums {
    pub projected: Vector4<f64>,
    pub energy: f64,
}

impl Template {
    pub(super) fn new(luma: &Plane<f32>) -> Self {
        let (w, h) = (luma.width(), luma.height());
        let half = |ahead: f32, behind: f32| 0.5 * (ahead - behind);
        let along = |x: usize, y: usize| half(luma.at((x + 1).min(w - 1), y), luma.at(x.saturating_sub(1), y));
        let down = |x: usize, y: usize| half(luma.at(x, (y + 1).min(h - 1)), luma.at(x, y.saturating_sub(1)));
        Self { along: Plane::from_fn(w, h, along), down: Plane::from_fn(w, h, down), luma: luma.clone() }
    }

    /// Whether a window around the pixel lies inside, with its slopes.
    pub(super) fn holds(&self, x: usize, y: usize) -> bool {
        let inside = |at: usize, side: usize| at > WINDOW && at + WINDOW + 1 < side;
        inside(x, self.luma.width()) && inside(y, self.luma.height())
    }

    /// What the unknowns do to the window around `x`, `y`, each times each.
    pub(super) fn normal(&self, x: usize, y: usize) -> Matrix4<f64> {
        let at = |plane: &Plane<f32>, x: usize, y: usize| f64::from(plane.at(x, y));
        let mut normal = Matrix4::zeros();
        for py in y - WINDOW..=y + WINDOW {
            for px in x - WINDOW..=x + WINDOW {
                let (along, down) = (at(&self.along, px, py), at(&self.down, px, py));
                let row = Vector4::new(along, down, at(&self.luma, px, py) / LEVELS, 1.0);
                normal += row * row.transpose();
            }
        }
        normal
    }

    /// The sums for a frame's luma around `x`, `y`.
    pub(super) fn sums(&self, seen: &Plane<f32>, x: usize, y: usize) -> Sums {
        simd::run(Window { template: self, seen, left: x - WINDOW, top: y - WINDOW })
    }
}

struct Window<'a> {
    template: &'a Template,
    seen: &'a Plane<f32>,
    left: usize,
    top: usize,
}

impl Kernel for Window<'_> {
    type Output = Sums;

    #[inline(always)]
    fn run(self) -> Sums {
        let Self { template: Template { luma, along, down }, seen, left, top } = self;
        let mut columns = [[0.0f64; SIDE]; 5];
        for y in top..top + SIDE {
            let row = |plane: &Plane<f32>| -> [f32; SIDE] {
                plane.row(y)[left..].first_chunk().copied().unwrap_or([0.0; SIDE])
            };
            let (luma, along, down, seen) = (row(luma), row(along), row(down), row(seen));
            for i in 0..SIDE {
                let level = f64::from(seen[i]);
                columns[0][i] += f64::from(along[i]) * level;
                columns[1][i] += f64::from(down[i]) * level;
                columns[2][i] += f64::from(luma[i]) * level;
                columns[3][i] += level;
                columns[4][i] += level * level;
            }
        }
        let [along, down, luma, plain, energy] = columns.map(|column| column.iter().sum::<f64>());
        Sums { projected: Vector4::new(along, down, luma / LEVELS, plain), energy }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::simd::tests::with_every_width;

    #[test]
    fn a_ramp_sums_to_what_it_must_at_every_width() {
        let ramp = Plane::from_fn(20, 20, |x, y| 2.0 * x as f32 + y as f32);
        let template = Template::new(&ramp);
        assert!(template.holds(10, 10) && !template.holds(5, 10));
        // around (10, 10) the ramp is 30 on average, and 2 and 1 are its slopes
        let results = with_every_width(|| template.sums(&ramp, 10, 10));
        assert!(results.iter().all(|sums| *sums == results[0]));
        let Sums { projected, energy } = results[0];
        // variance of 11 numbers in a row is 10
        assert!((energy - PIXELS * (900.0 + 4.0 * 10.0 + 10.0)).abs() < 1e-6);
        let expected = Vector4::new(2.0 * 30.0, 30.0, energy / PIXELS / LEVELS, 30.0) * PIXELS;
        assert!((projected - expected).norm() < 1e-6);
        assert!(
            (template.normal(10, 10).column(3) - Vector4::new(2.0, 1.0, 30.0 / LEVELS, 1.0) * PIXELS).norm() < 1e-6
        );
    }
}
