//! Reading a picture between its pixels without softening it: Catmull–Rom (Keys 1981, a = −½).

use crate::frame::{Picture, Plane};

/// Weights of the four samples around a fraction `0..=1` between the middle two.
#[inline]
fn taps(f: f32) -> [f32; 4] {
    let (f2, f3) = (f * f, f * f * f);
    [-0.5 * f3 + f2 - 0.5 * f, 1.5 * f3 - 2.5 * f2 + 1.0, -1.5 * f3 + 2.0 * f2 + 0.5 * f, 0.5 * f3 - 0.5 * f2]
}

#[inline]
fn place(at: f32, side: usize) -> ([usize; 4], [f32; 4]) {
    let at = at.clamp(0.0, (side - 1) as f32);
    let base = at as usize;
    let clamp = |i: usize| i.min(side - 1);
    ([base.saturating_sub(1), base, clamp(base + 1), clamp(base + 2)], taps(at - base as f32))
}

/// The colour at column `x`, row `y` (pixel centres at integers); coordinates beyond the border read the border.
#[inline]
pub(super) fn cubic(picture: &Picture, x: f32, y: f32) -> [f32; 3] {
    let (width, height) = (picture.rgb[0].width(), picture.rgb[0].height());
    let (columns, across) = place(x, width);
    let (rows, down) = place(y, height);
    let channel = |plane: &Plane<f32>| {
        let mut sum = 0.0;
        for (&row, &weight) in rows.iter().zip(&down) {
            let row = plane.row(row);
            sum += weight
                * (row[columns[0]] * across[0]
                    + row[columns[1]] * across[1]
                    + row[columns[2]] * across[2]
                    + row[columns[3]] * across[3]);
        }
        sum
    };
    let [r, g, b] = &picture.rgb;
    [channel(r), channel(g), channel(b)]
}

/// Separable Gaussian of `sigma` pixels over ±3σ, normalised inside the plane, so that borders do not darken.
pub(super) fn blur(plane: &Plane<f32>, sigma: f32) -> Plane<f32> {
    let radius = (3.0 * sigma).ceil() as usize;
    if radius == 0 {
        return plane.clone();
    }
    let kernel: Vec<f32> =
        (0..=2 * radius).map(|i| (-0.5 * ((i as f32 - radius as f32) / sigma).powi(2)).exp()).collect();
    let (width, height) = (plane.width(), plane.height());
    let span = |n: usize, at: usize| at.saturating_sub(radius)..=(at + radius).min(n - 1);
    let mut across = Plane::filled(width, height, 0.0);
    for y in 0..height {
        let row = plane.row(y);
        for (x, out) in across.row_mut(y).iter_mut().enumerate() {
            let (mut sum, mut mass) = (0.0, 0.0);
            for i in span(width, x) {
                let k = kernel[i + radius - x];
                sum += k * row[i];
                mass += k;
            }
            *out = sum / mass;
        }
    }
    let mut both = Plane::filled(width, height, 0.0);
    for y in 0..height {
        let mut mass = 0.0;
        let out = both.row_mut(y);
        for i in span(height, y) {
            let k = kernel[i + radius - y];
            mass += k;
            for (o, &v) in out.iter_mut().zip(across.row(i)) {
                *o += k * v;
            }
        }
        for o in out {
            *o /= mass;
        }
    }
    both
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Size;
    use approx::assert_abs_diff_eq;

    #[test]
    fn pixels_are_read_back_exactly_and_a_parabola_between_them() {
        let mut picture = Picture::filled(Size::new(9, 7), [0.0; 3]);
        picture.rgb[1] = Plane::from_fn(9, 7, |x, y| (x * x) as f32 / 64.0 + y as f32 / 10.0);
        assert_eq!(cubic(&picture, 4.0, 3.0)[1], picture.rgb[1].at(4, 3));
        assert_abs_diff_eq!(cubic(&picture, 4.5, 3.25)[1], 4.5 * 4.5 / 64.0 + 0.325, epsilon = 1e-6);
    }

    #[test]
    fn beyond_the_border_lies_the_border() {
        let picture = Picture { rgb: [0, 1, 2].map(|_| Plane::from_fn(1, 1, |_, _| 0.25)) };
        assert_eq!(cubic(&picture, -3.0, 8.0), [0.25; 3]);
    }

    #[test]
    fn a_blurred_constant_stays() {
        assert!(blur(&Plane::filled(13, 5, 2.0), 2.0).data().iter().all(|&v| (v - 2.0).abs() < 1e-5));
    }
}
