//! A plane with a replicated border, so that patches near the edge need no special case.

use crate::frame::{
    Plane, Size,
    gather::Gather,
    sample::{Bilinear, LANES, Places, whole},
};
use rayon::prelude::*;

/// Replicated pixels on each side: two patches wide, so that a patch may leave the picture by more than itself.
pub(super) const PAD: usize = 16;

/// Rows that one task copies.
const BAND: usize = 64;

/// A plane whose border pixels repeat outwards for [`PAD`] pixels.
#[derive(Clone, Debug)]
pub(super) struct Padded {
    samples: Plane<f32>,
    width: usize,
    height: usize,
}

impl Padded {
    /// Copies `plane`, which has at least one pixel, and repeats its border.
    pub(super) fn new(plane: &Plane<f32>) -> Self {
        let (width, height) = (plane.width(), plane.height());
        let mut samples = Plane::unwritten(width + 2 * PAD, height + 2 * PAD);
        let stride = samples.width();
        samples.data_mut().par_chunks_mut(BAND * stride).enumerate().for_each(|(band, rows)| {
            for (y, out) in (band * BAND..).zip(rows.chunks_exact_mut(stride)) {
                let row = plane.row(y.saturating_sub(PAD).min(height - 1));
                out[..PAD].fill(row[0]);
                out[PAD..PAD + width].copy_from_slice(row);
                out[PAD + width..].fill(row[width - 1]);
            }
        });
        Self { samples, width, height }
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
        self.samples.width()
    }

    /// Everything from column `x`, row `y` of the plane on; both may reach [`PAD`] beyond the border.
    #[inline]
    pub(super) fn starting_at(&self, x: isize, y: isize) -> &[f32] {
        &self.samples.data()[(y + PAD as isize) as usize * self.stride() + (x + PAD as isize) as usize..]
    }

    /// Bilinear samples at `(x, y)`, which lie on the plane itself.
    #[inline(always)]
    pub(super) fn bilinear(&self, gather: impl Gather, x: &[f32], y: &[f32], out: &mut [f32]) {
        let size = Size::new(self.samples.width(), self.samples.height());
        let (x, y, out) = (x.as_chunks::<LANES>().0, y.as_chunks::<LANES>().0, out.as_chunks_mut::<LANES>().0);
        for ((x, y), out) in x.iter().zip(y).zip(out) {
            let (mut column, mut row, mut fx, mut fy) = ([0; LANES], [0; LANES], [0.0; LANES], [0.0; LANES]);
            for i in 0..LANES {
                let (left, top) = (whole(x[i]), whole(y[i]));
                (fx[i], fy[i]) = (x[i] - left as f32, y[i] - top as f32);
                (column[i], row[i]) = (left + PAD as i32, top + PAD as i32);
            }
            *out = Bilinear::between(size, Places::new(column, row, gather), fx, fy).of(&self.samples, gather);
        }
    }
}
