//! Sums over a small square around every pixel, in time that does not depend on its size.

use crate::frame::Plane;
use rayon::prelude::*;

/// Mean over the square of `2 × radius + 1` pixels around each pixel; at the border over the part inside.
///
/// Running sums in f64 keep planes of luma (`0..=255`, squared too) exact to far below one level.
pub(crate) fn mean(plane: &Plane<f32>, radius: usize) -> Plane<f32> {
    let (w, h) = (plane.width(), plane.height());
    if w == 0 || h == 0 || radius == 0 {
        return plane.clone();
    }
    let mut rows = Plane::filled(w, h, 0.0f32);
    rows.data_mut().par_chunks_mut(w).enumerate().for_each(|(y, out)| mean_of_line(plane.row(y), radius, out));
    let mut result = Plane::filled(w, h, 0.0f32);
    let mut sums = vec![0.0f64; w];
    for y in 0..radius.min(h) {
        add(&mut sums, rows.row(y), 1.0);
    }
    for y in 0..h {
        if y + radius < h {
            add(&mut sums, rows.row(y + radius), 1.0);
        }
        if y > radius {
            add(&mut sums, rows.row(y - radius - 1), -1.0);
        }
        let count = (y + radius).min(h - 1) - y.saturating_sub(radius) + 1;
        let scale = 1.0 / count as f64;
        for (out, &sum) in result.row_mut(y).iter_mut().zip(&sums) {
            *out = (sum * scale) as f32;
        }
    }
    result
}

fn add(sums: &mut [f64], row: &[f32], sign: f64) {
    for (sum, &v) in sums.iter_mut().zip(row) {
        *sum += sign * f64::from(v);
    }
}

fn mean_of_line(line: &[f32], radius: usize, out: &mut [f32]) {
    let n = line.len();
    let mut sum: f64 = line[..radius.min(n)].iter().map(|&v| f64::from(v)).sum();
    for x in 0..n {
        if x + radius < n {
            sum += f64::from(line[x + radius]);
        }
        if x > radius {
            sum -= f64::from(line[x - radius - 1]);
        }
        let count = (x + radius).min(n - 1) - x.saturating_sub(radius) + 1;
        out[x] = (sum / count as f64) as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_of_a_ramp_is_the_ramp_inside_and_the_visible_part_at_the_border() {
        let ramp = Plane::from_fn(7, 5, |x, _| x as f32);
        let smooth = mean(&ramp, 2);
        assert_eq!(smooth.at(3, 2), 3.0);
        assert_eq!(smooth.at(0, 0), 1.0); // columns 0, 1, 2
        assert_eq!(smooth.at(6, 4), 5.0); // columns 4, 5, 6
    }

    #[test]
    fn a_window_larger_than_the_plane_averages_all_of_it() {
        let plane = Plane::from_vec(2, 1, vec![1.0, 3.0]);
        assert_eq!(mean(&plane, 9).data(), &[2.0, 2.0]);
        assert_eq!(mean(&Plane::filled(1, 1, 4.0), 3).data(), &[4.0]);
    }
}
