//! The seed laid over the clip's picture: everything about it that every frame is compared with, prepared once.

use super::{correlation::Prepared, placement::Placement, subject, window};
use crate::{
    flow,
    frame::{Mask, Oklab, Picture, Plane, Regions, Seed, Size, oklab_from_picture, pyramid},
};

/// Radius of the window in which structure is compared, pixels of the working picture.
pub(crate) const WINDOW: usize = 5;

/// Radius of the running mean from which the coarse picture is made, pixels.
pub(crate) const BLUR: usize = 3;

/// The seed on the working canvas.
#[derive(Clone, Debug)]
pub(crate) struct Canvas {
    /// The seed's pixels where the canvas shows them, the nearest seed pixel elsewhere.
    pub luma: Plane<f32>,
    /// The same for the flow.
    pub pyramid: flow::Pyramid,
    /// Local mean and variance of `luma`.
    pub structure: Prepared,
    /// The same for the smoothed luma at half the size, and so in a wider window: what is left when focus or motion blurs.
    pub coarse: Prepared,
    /// Colours at half the size of the canvas.
    pub lab: Oklab,
    /// 1 where the canvas shows what is measured of the seed, 0 where it lies beyond it or in what is ignored.
    pub visible: Plane<f32>,
    /// 1 where the surface that is visible must keep its shape, else 0.
    pub rigid: Plane<f32>,
    /// 1 where somebody marked a label, else 0.
    pub label: Option<Plane<f32>>,
    /// How much each pixel belongs to the subject, `0..=1`, zero where invisible.
    pub subject: Plane<f32>,
    /// The same, as the places are sorted that must move as one rigid body.
    pub body: Plane<f32>,
}

impl Canvas {
    /// A still of this luma, `0..=255`, on a canvas of its size.
    #[cfg(test)]
    pub(crate) fn of_luma(luma: &Plane<f32>) -> Self {
        let size = Size::new(luma.width(), luma.height());
        let grey = luma.map(|level| level / 255.0);
        let picture = Picture { rgb: [grey.clone(), grey.clone(), grey] };
        let seed = Seed { picture, alpha: None, path: String::new(), blake3: String::new(), original: size };
        Self::new(&seed, None, size, &Placement::plain(size, size), &super::ruler::careful_flow())
    }

    /// Lays the seed over a canvas of `size` pixels.
    pub(crate) fn new(
        seed: &Seed,
        regions: Option<&Regions>,
        size: Size,
        placement: &Placement,
        params: &flow::Params,
    ) -> Self {
        let picture = placement.lay(&seed.picture, size);
        let laid = |mask: &Mask| placement.lay_plane(mask, size);
        let said = |of: fn(&Regions) -> Option<&Mask>| regions.and_then(of);
        let mut visible = placement.visible(seed.picture.size(), size);
        if let Some(ignored) = said(|regions| regions.ignored.as_ref()) {
            // no window that is compared may reach into it
            clear_around(&mut visible, &laid(ignored), 2 * WINDOW);
        }
        let mut rigid = visible.clone();
        if let Some(soft) = said(|regions| regions.soft.as_ref()) {
            clear_around(&mut rigid, &laid(soft), WINDOW);
        }
        let label = said(|regions| regions.label.as_ref()).map(laid);
        let luma = picture.luma();
        let lab = oklab_from_picture(&half(&picture));
        let guess = pyramid::resize(&subject::guess(&lab), size);
        let product = said(|regions| regions.product.as_ref()).map(laid);
        let opacity = seed.alpha.as_ref().map(laid);
        let subject = match (&product, &opacity) {
            (Some(product), _) => subject::within(product, &guess),
            (None, Some(opacity)) => opacity.clone(),
            (None, None) => guess.clone(),
        };
        let mark = product.or(opacity);
        let body = if mark.is_none_or(|mark| subject::lies_within(&guess, &mark)) { guess } else { subject.clone() };
        let seen = |weight: Plane<f32>| weight.zip(&visible, |weight, visible| weight.clamp(0.0, 1.0) * visible);
        let (subject, body) = (seen(subject), seen(body));
        let pyramid = flow::Pyramid::new(&luma, params);
        let structure = Prepared::new(&luma, WINDOW);
        let coarse = Prepared::new(&coarse(&window::mean(&luma, BLUR)), WINDOW);
        Self { luma, pyramid, structure, coarse, lab, visible, rigid, label, subject, body }
    }

    /// The same with the subject taken wider by a share of the longer side, or narrower where that is negative.
    pub(crate) fn with_margin(&self, share: f32) -> Self {
        let size = self.size();
        let pixels = (share * size.width.max(size.height) as f32).round() as isize;
        let seen =
            |weight: &Plane<f32>| subject::moved(weight, pixels).zip(&self.visible, |weight, seen| weight * seen);
        Self { subject: seen(&self.subject), body: seen(&self.body), ..self.clone() }
    }

    /// Width and height in pixels.
    pub(crate) fn size(&self) -> Size {
        Size::new(self.luma.width(), self.luma.height())
    }
}

/// Clears the pixels of `plane` that lie in the mask or at most `radius` pixels beside it.
fn clear_around(plane: &mut Plane<f32>, mask: &Mask, radius: usize) {
    let near = window::mean(&mask.map(|v| if v >= 0.5 { 1.0 } else { 0.0 }), radius);
    for (value, &near) in plane.data_mut().iter_mut().zip(near.data()) {
        if near > 0.0 {
            *value = 0.0;
        }
    }
}

/// Luma without its finest detail at half the size, from its running mean: a blur of σ ≈ 2.7 pixels of the full size.
pub(crate) fn coarse(mean: &Plane<f32>) -> Plane<f32> {
    window::mean(&pyramid::resize(mean, half_size(Size::new(mean.width(), mean.height()))), 1)
}

fn half_size(size: Size) -> Size {
    Size::new(size.width.div_ceil(2), size.height.div_ceil(2))
}

/// A picture at half its size: colour needs no more, and noise is less.
pub(crate) fn half(picture: &Picture) -> Picture {
    pyramid::resize_picture(picture, half_size(picture.size()))
}
