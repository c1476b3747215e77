//! Moving pixels about.

use crate::frame::{Picture, Plane, Size, sample::Bicubic};
use rayon::prelude::*;

/// The picture whose pixel `(x, y)` is read at `(x, y) − shift(x, y)`, in pixels.
pub(crate) fn displaced(picture: &Picture, shift: impl Fn(usize, usize) -> (f32, f32) + Sync) -> Picture {
    let Size { width, height } = picture.size();
    let row = |y: usize| {
        let shift = &shift;
        (0..width).map(move |x| {
            let (dx, dy) = shift(x, y);
            Bicubic::new(width, height, x as f32 - dx, y as f32 - dy)
        })
    };
    let taps: Vec<_> = (0..height).into_par_iter().flat_map_iter(row).collect();
    let read = |plane: &Plane<f32>| {
        let samples = taps.par_iter().map(|taps| taps.of(plane).clamp(0.0, 1.0)).collect();
        Plane::from_vec(width, height, samples)
    };
    let [r, g, b] = &picture.rgb;
    Picture { rgb: [read(r), read(g), read(b)] }
}
