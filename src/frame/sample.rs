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
