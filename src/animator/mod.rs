//! Floor 2: the built-in animator: camera moves and 2.5-D parallax from one still, free and offline.
//!
//! A still, an optional depth map and an optional product mask become the frames of a [`Shot`]. The product and what
//! lies behind it are two layers, each with a smooth relief, so that nothing tears at the product's edge. Defects can
//! be injected on purpose ([`Defect`]): a simulation of what image-to-video models do wrong, to see the ruler work.

mod camera;
mod defect;
mod framing;
mod inpaint;
mod layer;
mod morph;
mod relief;
mod shot;
mod simulate;
mod warp;

pub use camera::Camera;
pub use defect::{Defect, DefectKind, ParseDefectError};
pub use morph::Morph;
pub use shot::{Aspect, ParseShotError, Shot};
pub use simulate::Simulation;

use crate::frame::{Mask, Picture, Plane, Seed, Size};
use framing::Framing;
use layer::{Layer, composite};
use relief::Relief;

/// A shot of one still, ready to render any of its frames.
#[derive(Debug)]
pub struct Animator {
    shot: Shot,
    size: Size,
    back: Layer,
    product: Option<Layer>,
    product_box: Mask,
}

impl Animator {
    /// Prepares a shot of `seed`.
    ///
    /// `depth` is linear in inverse depth, near is bright, `0..=1`; `mask` is 1 on the product. Either may have any
    /// size of the still's shape. Without them the still's opacity serves as mask, else a flat scene is assumed.
    pub fn new(seed: &Seed, depth: Option<&Plane<f32>>, mask: Option<&Mask>, shot: &Shot) -> Self {
        let mask = mask.or(seed.alpha.as_ref());
        let framing = Framing::new(seed.picture.size(), mask, shot);
        let still = framing.cut_picture(&seed.picture);
        let mask = mask.map(|mask| framing.cut(mask, seed.picture.size()));
        let depth = depth.map(|depth| framing.cut(depth, seed.picture.size()));
        let relief = Relief::new(still.size(), depth.as_ref(), mask.as_ref());
        let (back, product) = layer::split(&still, mask.as_ref(), &relief);
        let product_box = mask.unwrap_or_else(|| framing::central_prior(still.size()));
        Self { shot: shot.clone(), size: framing.size(), back, product, product_box }
    }

    /// The same shot, of a product that is where `find` says in frame 0, `0..=1`, of its size, if nobody marked one.
    #[must_use]
    pub fn or_product(self, find: impl FnOnce(&Picture) -> Mask) -> Self {
        if self.product.is_some() {
            return self;
        }
        let product_box = find(&self.frame(0));
        Self { product_box, ..self }
    }

    /// Number of frames, 1 or more.
    pub fn frames(&self) -> usize {
        self.shot.frames()
    }

    /// Size of the frames in pixels, both sides even.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Frame `index` (0-based). Frame 0 is the framed still itself.
    pub fn frame(&self, index: usize) -> Picture {
        let pose = self.shot.pose(index);
        let back = self.back.view(&pose, self.size);
        match &self.product {
            Some(product) => composite(back, product.view(&pose, self.size)),
            None => back.picture,
        }
    }

    /// Where the product is in frame `index`, `0..=1`; a central prior where no mask was given.
    pub fn product(&self, index: usize) -> Mask {
        let layer = self.product.as_ref().unwrap_or(&self.back);
        layer.carry(&self.product_box, &self.shot.pose(index), self.size)
    }
}

#[cfg(test)]
mod tests;
