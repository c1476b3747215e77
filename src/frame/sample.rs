//! Sampling a plane between its pixels.

use super::Plane;

/// Bilinear sample at column `x`, row `y` (pixel centres at integers); coordinates beyond the border read the border.
#[inline]
pub fn bilinear(plane: &Plane<f32>, x: f32, y: f32) -> f32 {
    let (w, h) = (plane.width(), plane.height());
    let x = x.clamp(0.0, (w - 1) as f32);
    let y = y.clamp(0.0, (h - 1) as f32);
    let (x0, y0) = (x as usize, y as usize);
    let (x1, y1) = ((x0 + 1).min(w - 1), (y0 + 1).min(h - 1));
    let (fx, fy) = (x - x0 as f32, y - y0 as f32);
    let (above, below) = (plane.row(y0), plane.row(y1));
    let top = above[x0] + (above[x1] - above[x0]) * fx;
    let bottom = below[x0] + (below[x1] - below[x0]) * fx;
    top + (bottom - top) * fy
}

/// Catmull-Rom bicubic sample (Keys 1981, a = −½) at column `x`, row `y` (pixel centres at integers); coordinates
/// beyond the border read the border. May overshoot the range of its neighbours.
#[inline]
pub fn bicubic(plane: &Plane<f32>, x: f32, y: f32) -> f32 {
    let (w, h) = (plane.width() as isize, plane.height() as isize);
    let (x, y) = (x.clamp(0.0, (w - 1) as f32), y.clamp(0.0, (h - 1) as f32));
    let (x0, y0) = (x as isize, y as isize);
    let (wx, wy) = (catmull_rom(x - x0 as f32), catmull_rom(y - y0 as f32));
    let columns = [-1, 0, 1, 2].map(|i| (x0 + i).clamp(0, w - 1) as usize);
    let mut sum = 0.0;
    for (j, weight) in wy.into_iter().enumerate() {
        let row = plane.row((y0 + j as isize - 1).clamp(0, h - 1) as usize);
        sum += weight
            * (wx[0] * row[columns[0]] + wx[1] * row[columns[1]] + wx[2] * row[columns[2]] + wx[3] * row[columns[3]]);
    }
    sum
}

/// Weights of the four neighbours at −1, 0, 1, 2 for a position `t` in `0..=1`.
fn catmull_rom(t: f32) -> [f32; 4] {
    let (t2, t3) = (t * t, t * t * t);
    [-0.5 * t + t2 - 0.5 * t3, 1.0 - 2.5 * t2 + 1.5 * t3, 0.5 * t + 2.0 * t2 - 1.5 * t3, -0.5 * t2 + 0.5 * t3]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_at_pixels_are_the_pixels() {
        let plane = Plane::from_fn(5, 4, |x, y| (x * 7 + y * y) as f32);
        for y in 0..4 {
            for x in 0..5 {
                assert_eq!(bilinear(&plane, x as f32, y as f32), plane.at(x, y));
                assert_eq!(bicubic(&plane, x as f32, y as f32), plane.at(x, y));
            }
        }
    }

    #[test]
    fn both_reproduce_a_ramp_inside() {
        let plane = Plane::from_fn(8, 8, |x, y| 2.0 * x as f32 - 3.0 * y as f32);
        // Sums of at most 16 products of numbers below 32: rounding stays below 1e-5.
        assert!((bilinear(&plane, 3.25, 4.5) - (6.5 - 13.5)).abs() < 1e-5);
        assert!((bicubic(&plane, 3.25, 4.5) - (6.5 - 13.5)).abs() < 1e-5);
    }
}
