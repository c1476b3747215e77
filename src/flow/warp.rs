//! Pulling one picture onto another along a flow.

use super::Flow;
use crate::frame::{Picture, Plane, sample::bilinear};
use rayon::prelude::*;

/// What *from* would look like if it were made of pixels of *to*: `result(x, y) = to(x + u, y + v)`, bilinear, beyond the
/// border the border. `to` may have another size than the flow.
pub fn warp(to: &Plane<f32>, to_from: &Flow) -> Plane<f32> {
    let size = to_from.size();
    let mut result = Plane::filled(size.width, size.height, 0.0);
    if result.data().is_empty() || to.data().is_empty() {
        return result;
    }
    result.data_mut().par_chunks_mut(size.width).enumerate().for_each(|(y, row)| {
        let (u, v) = (to_from.u.row(y), to_from.v.row(y));
        for (x, out) in row.iter_mut().enumerate() {
            *out = bilinear(to, x as f32 + u[x], y as f32 + v[x]);
        }
    });
    result
}

/// [`warp`] for each channel of a picture.
pub fn warp_picture(to: &Picture, to_from: &Flow) -> Picture {
    let [r, g, b] = &to.rgb;
    Picture { rgb: [warp(r, to_from), warp(g, to_from), warp(b, to_from)] }
}
