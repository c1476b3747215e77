//! The pixels of one patch: at a whole or a sub-pixel position, their slopes and sums.

use super::padded::{PAD, Padded};

/// Side of a patch, pixels (Kroeger 2016, table 1).
pub(super) const PATCH: usize = 8;
/// Pixels in a patch.
pub(super) const AREA: usize = PATCH * PATCH;

/// A patch-sized window at a sub-pixel position: one bilinear weighting serves all its pixels.
pub(super) struct Window<'a> {
    pixels: &'a [f32],
    stride: usize,
    weights: [f32; 4],
}

impl<'a> Window<'a> {
    /// The window whose upper left pixel is at `(x, y)`, kept within the padding.
    #[inline(always)]
    pub(super) fn new(image: &'a Padded, x: f32, y: f32) -> Self {
        let pad = PAD as f32;
        let far = |side: usize| (side + PAD - PATCH - 2) as f32;
        let (x, y) = (x.clamp(-pad, far(image.width())), y.clamp(-pad, far(image.height())));
        let (left, top) = (x.floor(), y.floor());
        let (fx, fy) = (x - left, y - top);
        Self {
            pixels: image.starting_at(left as isize, top as isize),
            stride: image.stride(),
            weights: [(1.0 - fx) * (1.0 - fy), fx * (1.0 - fy), (1.0 - fx) * fy, fx * fy],
        }
    }

    /// Its rows, from the first on.
    #[inline(always)]
    pub(super) fn rows(&self) -> WindowRows<'_> {
        WindowRows { window: self, upper: self.line(0) }
    }

    #[inline(always)]
    fn line(&self, row: usize) -> [f32; PATCH + 1] {
        *self.pixels[row * self.stride..].first_chunk().expect("a window lies within the padding")
    }
}

/// The rows of a window, interpolated one after the other: each pair of lines shares one with the next.
pub(super) struct WindowRows<'a> {
    window: &'a Window<'a>,
    upper: [f32; PATCH + 1],
}

impl WindowRows<'_> {
    /// Row `row`, which follows the one before.
    #[inline(always)]
    pub(super) fn next_row(&mut self, row: usize) -> [f32; PATCH] {
        let (upper, lower) = (self.upper, self.window.line(row + 1));
        self.upper = lower;
        let [a, b, c, d] = self.window.weights;
        let mut out = [0.0; PATCH];
        for i in 0..PATCH {
            out[i] = a * upper[i] + b * upper[i + 1] + c * lower[i] + d * lower[i + 1];
        }
        out
    }
}

/// The patch at whole-pixel position `(x, y)`.
#[inline(always)]
pub(super) fn block(plane: &Padded, x: isize, y: isize) -> [f32; AREA] {
    let (pixels, stride) = (plane.starting_at(x, y), plane.stride());
    let mut block = [0.0; AREA];
    for (row, out) in block.as_chunks_mut::<PATCH>().0.iter_mut().enumerate() {
        out.copy_from_slice(&pixels[row * stride..][..PATCH]);
    }
    block
}

/// Its central differences along x and y.
#[inline(always)]
pub(super) fn slopes(plane: &Padded, x: isize, y: isize) -> ([f32; AREA], [f32; AREA]) {
    let pixels = plane.starting_at(x - 1, y - 1);
    let stride = plane.stride();
    let (mut dx, mut dy) = ([0.0; AREA], [0.0; AREA]);
    for row in 0..PATCH {
        let above = &pixels[row * stride..][..PATCH + 2];
        let here = &pixels[(row + 1) * stride..][..PATCH + 2];
        let below = &pixels[(row + 2) * stride..][..PATCH + 2];
        for i in 0..PATCH {
            dx[row * PATCH + i] = 0.5 * (here[i + 2] - here[i]);
            dy[row * PATCH + i] = 0.5 * (below[i + 1] - above[i + 1]);
        }
    }
    (dx, dy)
}

/// Sum of the products of two patches, pixel by pixel.
#[inline(always)]
pub(super) fn dot(a: &[f32; AREA], b: &[f32; AREA]) -> f32 {
    let mut sums = [0.0; PATCH];
    for (a, b) in a.chunks_exact(PATCH).zip(b.chunks_exact(PATCH)) {
        for i in 0..PATCH {
            sums[i] += a[i] * b[i];
        }
    }
    total(&sums)
}

/// Sum of eight lanes in a fixed order.
#[inline(always)]
pub(super) fn total(v: &[f32; PATCH]) -> f32 {
    ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]))
}
