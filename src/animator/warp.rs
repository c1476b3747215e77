//! Moving pixels about.

use crate::frame::{Picture, Plane, Size, sample};
use rayon::prelude::*;

/// The picture whose pixel `(x, y)` is read at `(x, y) − shift(x, y)`, in pixels.
pub(crate) fn displaced(picture: &Picture, shift: impl Fn(usize, usize) -> (f32, f32) + Sync) -> Picture {
    let Size { width, height } = picture.size();
    let row = |y: usize| {
        let shift = &shift;
        (0..width).map(move |x| {
            let (dx, dy) = shift(x, y);
            (x as f32 - dx, y as f32 - dy)
        })
    };
    let map: Vec<(f32, f32)> = (0..height).into_par_iter().flat_map_iter(row).collect();
    let read = |plane: &Plane<f32>| {
        let read = |&(x, y): &(f32, f32)| sample::bicubic(plane, x, y).clamp(0.0, 1.0);
        Plane::from_vec(width, height, map.par_iter().map(read).collect())
    };
    let [r, g, b] = &picture.rgb;
    Picture { rgb: [read(r), read(g), read(b)] }
}
