//! A plane with a replicated border, so that patches near the edge need no special case.

use crate::frame::Plane;

/// Replicated pixels on each side: two patches wide, so that a patch may leave the picture by more than itself.
pub(super) const PAD: usize = 16;

/// Samples that are taken at once.
const LANES: usize = 16;

/// A plane whose border pixels repeat outwards for [`PAD`] pixels.
#[derive(Clone, Debug)]
pub(super) struct Padded {
    data: Vec<f32>,
    stride: usize,
    width: usize,
    height: usize,
}

impl Padded {
    /// Copies `plane`, which has at least one pixel, and repeats its border.
    pub(super) fn new(plane: &Plane<f32>) -> Self {
        let (width, height) = (plane.width(), plane.height());
        let stride = width + 2 * PAD;
        let mut data = Vec::with_capacity(stride * (height + 2 * PAD));
        for y in 0..height + 2 * PAD {
            let row = plane.row(y.saturating_sub(PAD).min(height - 1));
            data.extend(std::iter::repeat_n(row[0], PAD));
            data.extend_from_slice(row);
            data.extend(std::iter::repeat_n(row[width - 1], PAD));
        }
        Self { data, stride, width, height }
    }

    /// Columns of the plane itself.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// Rows of the plane itself.
    pub(super) fn height(&self) -> usize {
        self.height
    }

    /// Samples from one row to the next.
    #[inline]
    pub(super) fn stride(&self) -> usize {
        self.stride
    }

    /// Everything from column `x`, row `y` of the plane on; both may reach [`PAD`] beyond the border.
    #[inline]
    pub(super) fn starting_at(&self, x: isize, y: isize) -> &[f32] {
        &self.data[(y + PAD as isize) as usize * self.stride + (x + PAD as isize) as usize..]
    }

    /// Bilinear samples at `(x, y)`, which lie on the plane itself.
    #[inline(always)]
    pub(super) fn bilinear(&self, x: &[f32], y: &[f32], out: &mut [f32]) {
        let points = x.chunks(LANES).zip(y.chunks(LANES)).zip(out.chunks_mut(LANES));
        for ((x, y), out) in points {
            let (mut at, mut fx, mut fy) = ([0; LANES], [0.0; LANES], [0.0; LANES]);
            for (i, (&x, &y)) in x.iter().zip(y).enumerate() {
                let (left, top) = (x as i32, y as i32);
                (fx[i], fy[i]) = (x - left as f32, y - top as f32);
                at[i] = (top + PAD as i32) * self.stride as i32 + left + PAD as i32;
            }
            let mut corners = [[0.0; LANES]; 4];
            for (i, &at) in at.iter().enumerate().take(x.len()) {
                let window = &self.data[at as usize..at as usize + self.stride + 2];
                let (upper, lower) = (&window[..2], &window[self.stride..]);
                (corners[0][i], corners[1][i], corners[2][i], corners[3][i]) = (upper[0], upper[1], lower[0], lower[1]);
            }
            let [a, b, c, d] = &corners;
            for (i, out) in out.iter_mut().enumerate() {
                let above = a[i] + (b[i] - a[i]) * fx[i];
                let below = c[i] + (d[i] - c[i]) * fx[i];
                *out = above + (below - above) * fy[i];
            }
        }
    }
}
