//! Sampling between pixels without softening them: Catmull-Rom (Keys 1981, a = −½).
//!
//! Bilinear sampling would lower the finest band of every picture that moved by half a pixel, and detail is measured there.

use crate::{flow::Flow, frame::Plane};
use rayon::prelude::*;

/// `result(x, y) = plane(x + u, y + v)`; beyond the border the border. Exact where the flow is zero.
pub(crate) fn warp(plane: &Plane<f32>, flow: &Flow) -> Plane<f32> {
    let size = flow.size();
    let mut result = Plane::filled(size.width, size.height, 0.0);
    if result.data().is_empty() || plane.data().is_empty() {
        return result;
    }
    result.data_mut().par_chunks_mut(size.width).enumerate().for_each(|(y, row)| {
        let (u, v) = (flow.u.row(y), flow.v.row(y));
        for (x, out) in row.iter_mut().enumerate() {
            *out = sample(plane, x as f32 + u[x], y as f32 + v[x]);
        }
    });
    result
}

fn sample(plane: &Plane<f32>, x: f32, y: f32) -> f32 {
    let (w, h) = (plane.width() as i32, plane.height() as i32);
    let x = x.clamp(0.0, (w - 1) as f32);
    let y = y.clamp(0.0, (h - 1) as f32);
    let (x0, y0) = (x as i32, y as i32);
    let (wx, wy) = (weights(x - x0 as f32), weights(y - y0 as f32));
    let columns = [-1, 0, 1, 2].map(|d| (x0 + d).clamp(0, w - 1) as usize);
    let mut sum = 0.0;
    for (d, &weight) in wy.iter().enumerate() {
        let row = plane.row((y0 + d as i32 - 1).clamp(0, h - 1) as usize);
        sum += weight
            * (wx[0] * row[columns[0]] + wx[1] * row[columns[1]] + wx[2] * row[columns[2]] + wx[3] * row[columns[3]]);
    }
    sum
}

fn weights(t: f32) -> [f32; 4] {
    let (t2, t3) = (t * t, t * t * t);
    [-0.5 * t3 + t2 - 0.5 * t, 1.5 * t3 - 2.5 * t2 + 1.0, -1.5 * t3 + 2.0 * t2 + 0.5 * t, 0.5 * t3 - 0.5 * t2]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Size;

    #[test]
    fn standing_still_changes_no_bit_and_ramps_stay_ramps() {
        let ramp = Plane::from_fn(12, 9, |x, y| 3.0 * x as f32 + y as f32);
        assert_eq!(warp(&ramp, &Flow::still(Size::new(12, 9))), ramp);
        let moved = warp(&ramp, &Flow::from_fn(Size::new(12, 9), |_, _| (0.5, 0.25)));
        assert!((moved.at(5, 4) - (3.0 * 5.5 + 4.25)).abs() < 1e-4);
    }
}
