//! A picture at halving sizes, borders repeated: everything about one picture that the search needs.

use super::{Params, padded::Padded};
use crate::frame::{Plane, Size};

/// Levels stop when the longer side would fall below this many pixels: three patches, so that the coarsest still sees structure.
const SMALLEST_SIDE: usize = 24;

/// One level of a [`Pyramid`].
#[derive(Clone, Debug)]
pub(super) struct Level {
    /// Luma, `0..=255`.
    pub(super) luma: Padded,
}

impl Level {
    fn new(luma: &Plane<f32>) -> Self {
        Self { luma: Padded::new(luma) }
    }

    /// Width and height in pixels of this level.
    pub(super) fn size(&self) -> Size {
        Size::new(self.luma.width(), self.luma.height())
    }
}

/// A luma plane prepared for [`super::dense_prepared`]: level 0 is full size, each further one half of it.
#[derive(Clone, Debug)]
pub struct Pyramid {
    size: Size,
    levels: Vec<Level>,
}

impl Pyramid {
    /// Prepares a luma plane, `0..=255`, of any size.
    pub fn new(luma: &Plane<f32>, _params: &Params) -> Self {
        let size = Size::new(luma.width(), luma.height());
        let mut levels = Vec::new();
        if size.width > 0 && size.height > 0 {
            let mut plane = luma.clone();
            while plane.width().max(plane.height()) >= 2 * SMALLEST_SIDE {
                let next = halve(&plane);
                levels.push(Level::new(&plane));
                plane = next;
            }
            levels.push(Level::new(&plane));
        }
        Self { size, levels }
    }

    /// Width and height in pixels of the full picture.
    pub fn size(&self) -> Size {
        self.size
    }

    /// The levels, finest first.
    pub(super) fn levels(&self) -> &[Level] {
        &self.levels
    }
}

/// Half the size, rounded up: the binomial-like filter `[1 3 3 1] / 8` in both directions, borders replicated.
/// Pixel `x` of the result lies at `2x + 0.5` of the source.
fn halve(plane: &Plane<f32>) -> Plane<f32> {
    let (w, h) = (plane.width(), plane.height());
    let (half_w, half_h) = (w.div_ceil(2), h.div_ceil(2));
    let mut result = Plane::filled(half_w, half_h, 0.0);
    let mut column_sums = vec![0.0f32; w];
    for y in 0..half_h {
        let row = |offset: isize| plane.row((2 * y as isize + offset).clamp(0, h as isize - 1) as usize);
        let (a, b, c, d) = (row(-1), row(0), row(1), row(2));
        for x in 0..w {
            column_sums[x] = (a[x] + d[x]) + 3.0 * (b[x] + c[x]);
        }
        let out = result.row_mut(y);
        let at = |x: isize| column_sums[x.clamp(0, w as isize - 1) as usize];
        let mut border = |x: usize| {
            let i = 2 * x as isize;
            out[x] = ((at(i - 1) + at(i + 2)) + 3.0 * (at(i) + at(i + 1))) / 64.0;
        };
        border(0);
        border(half_w - 1);
        let inner = column_sums.get(1..).unwrap_or_default().windows(4).step_by(2);
        for (out, sums) in out[1..].iter_mut().zip(inner) {
            *out = ((sums[0] + sums[3]) + 3.0 * (sums[1] + sums[2])) / 64.0;
        }
    }
    result
}
