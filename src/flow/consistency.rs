//! Forward–backward consistency: going there and back again should end where it began.

use super::Flow;
use crate::frame::{Plane, sample::bilinear};
use rayon::prelude::*;

/// Length of `forward(x) + backward(x + forward(x))` for each pixel of *from*, pixels: near 0 where both flows agree,
/// large where the pixel is hidden in *to*, infinite where it leaves the frame.
///
/// # Panics
/// If the sizes differ: that is a bug of the caller.
pub fn consistency(forward: &Flow, backward: &Flow) -> Plane<f32> {
    assert_eq!(forward.size(), backward.size(), "both flows cover one size");
    let size = forward.size();
    let mut error = Plane::filled(size.width, size.height, 0.0);
    if error.data().is_empty() {
        return error;
    }
    let (right, bottom) = ((size.width - 1) as f32, (size.height - 1) as f32);
    error.data_mut().par_chunks_mut(size.width).enumerate().for_each(|(y, row)| {
        for (x, error) in row.iter_mut().enumerate() {
            let (u, v) = forward.at(x, y);
            let (tx, ty) = (x as f32 + u, y as f32 + v);
            let inside = (-0.5..=right + 0.5).contains(&tx) && (-0.5..=bottom + 0.5).contains(&ty);
            *error = if inside {
                (u + bilinear(&backward.u, tx, ty)).hypot(v + bilinear(&backward.v, tx, ty))
            } else {
                f32::INFINITY
            };
        }
    });
    error
}
