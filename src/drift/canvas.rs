//! The seed laid over the clip's picture: everything about it that every frame is compared with, prepared once.

use super::{correlation::Prepared, placement::Placement, subject, window};
use crate::{
    flow,
    frame::{Mask, Oklab, Picture, Plane, Seed, Size, oklab_from_picture, pyramid},
};

/// Radius of the window in which structure is compared, pixels of the working picture.
pub(crate) const WINDOW: usize = 5;

/// Radius of the two running means that make the coarse picture, pixels: a blur of σ ≈ 2.8 pixels.
const BLUR: usize = 3;

/// The seed on the working canvas.
#[derive(Clone, Debug)]
pub(crate) struct Canvas {
    /// The seed's pixels where the canvas shows them, the nearest seed pixel elsewhere.
    pub luma: Plane<f32>,
    /// The same for the flow.
    pub pyramid: flow::Pyramid,
    /// Local mean and variance of `luma`.
    pub structure: Prepared,
    /// The same for the smoothed luma in a wider window: what is left when focus or motion blurs.
    pub coarse: Prepared,
    /// Colours at half the size of the canvas.
    pub lab: Oklab,
    /// 1 where the canvas shows the seed, 0 where it lies beyond it.
    pub visible: Plane<f32>,
    /// How much each pixel belongs to the subject, `0..=1`, zero where invisible.
    pub subject: Plane<f32>,
}

impl Canvas {
    /// Lays the seed over a canvas of `size` pixels.
    pub(crate) fn new(
        seed: &Seed,
        mask: Option<&Mask>,
        size: Size,
        placement: &Placement,
        params: &flow::Params,
    ) -> Self {
        let picture = placement.lay(&seed.picture, size);
        let visible = placement.visible(seed.picture.size(), size);
        let luma = picture.luma();
        let lab = oklab_from_picture(&half(&picture));
        let given = mask.or(seed.alpha.as_ref());
        let mut subject = match given {
            Some(mask) => placement.lay_plane(mask, size),
            None => pyramid::resize(&subject::guess(&lab), size),
        };
        for (s, &v) in subject.data_mut().iter_mut().zip(visible.data()) {
            *s = s.clamp(0.0, 1.0) * v;
        }
        let pyramid = flow::Pyramid::new(&luma, params);
        let structure = Prepared::new(&luma, WINDOW);
        let coarse = Prepared::new(&smoothed(&luma), 2 * WINDOW);
        Self { luma, pyramid, structure, coarse, lab, visible, subject }
    }

    /// Width and height in pixels.
    pub(crate) fn size(&self) -> Size {
        Size::new(self.luma.width(), self.luma.height())
    }
}

/// Luma without its finest detail.
pub(crate) fn smoothed(luma: &Plane<f32>) -> Plane<f32> {
    window::mean(&window::mean(luma, BLUR), BLUR)
}

/// A picture at half its size: colour needs no more, and noise is less.
pub(crate) fn half(picture: &Picture) -> Picture {
    let size = picture.size();
    pyramid::resize_picture(picture, Size::new(size.width.div_ceil(2), size.height.div_ceil(2)))
}
