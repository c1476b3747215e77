//! Two layers, the product and what lies behind it, each seen through its own smooth relief.

use super::{camera::Pose, framing::mirrored, inpaint, relief::Relief};
use crate::frame::{
    Mask, Picture, Plane, Size,
    sample::{self, Bicubic},
};
use rayon::prelude::*;

/// Opacity from which a pixel is the product's; low, so that its soft edge is never left behind.
const PRODUCT_FROM: f32 = 0.05;

/// Rounds of the fixed point that finds a pixel's source: each shrinks the error by the relief's slope, below 0.3.
const ROUNDS: usize = 5;

/// Radius in pixels over which a relief is smoothed, so that 8-bit depth does not step.
const SMOOTH_RADIUS: usize = 3;

/// Rim of the product in pixels whose depth is not trusted: depth maps blur across edges, and the outline would fray.
const RIM: usize = 3;

/// Added to inverse depth before ratios are taken, so that "infinitely far" stays finite.
const DEPTH_FLOOR: f32 = 0.25;

/// A picture with relief.
#[derive(Debug)]
pub(crate) struct Layer {
    picture: Picture,
    alpha: Option<Mask>,
    /// Inverse depth relative to the product's: 1 = as near as the product.
    nearness: Plane<f32>,
}

/// A layer as the camera sees it.
pub(crate) struct View {
    pub(crate) picture: Picture,
    pub(crate) alpha: Option<Mask>,
}

/// Divides the still into what lies behind and the product; only the former where there is no mask.
///
/// Seen from where the still was taken, the two put together are the still itself, bit for bit: the product carries a
/// rim of the background, and what lies behind is invented only where the product covers it.
pub(crate) fn split(still: &Picture, mask: Option<&Mask>, relief: &Relief) -> (Layer, Option<Layer>) {
    let pivot = relief.pivot + DEPTH_FLOOR;
    let nearness = |plane: &Plane<f32>| smoothed(plane, SMOOTH_RADIUS).map(|d| (d + DEPTH_FLOOR) / pivot);
    let Some(mask) = mask else {
        return (Layer { picture: still.clone(), alpha: None, nearness: nearness(&relief.plane) }, None);
    };
    let product = mask.map(|v| if v > PRODUCT_FROM { 1.0 } else { 0.0 });
    let [first, second, third] = [1, 2, 3].map(|radius| dilated(&product, radius));
    let outside = second.map(|v| 1.0 - v);
    let well_outside = dilated(&mask.map(|v| if v > 0.95 { 0.0 } else { 1.0 }), RIM);
    let inside = well_outside.map(|v| 1.0 - v);

    let filled = |plane: &Plane<f32>| inpaint::behind(plane, &product, &outside);
    let [r, g, b] = &still.rgb;
    let back = Layer {
        picture: Picture { rgb: [filled(r), filled(g), filled(b)] },
        alpha: None,
        nearness: nearness(&inpaint::spread(&relief.plane, &outside)),
    };
    let mut alpha = first;
    for ((a, &b), &c) in alpha.data_mut().iter_mut().zip(second.data()).zip(third.data()) {
        *a = (*a + b + c) / 3.0;
    }
    let front = Layer {
        picture: still.clone(),
        alpha: Some(alpha),
        nearness: nearness(&inpaint::spread(&relief.plane, &inside)),
    };
    (back, Some(front))
}

impl Layer {
    /// The layer from `pose`, in `size`.
    pub(crate) fn view(&self, pose: &Pose, size: Size) -> View {
        let map = self.map(pose, size);
        let (w, h) = (self.picture.rgb[0].width(), self.picture.rgb[0].height());
        let taps: Vec<_> = map.par_iter().map(|&(x, y)| Bicubic::new(w, h, mirrored(x, w), mirrored(y, h))).collect();
        let read = |plane: &Plane<f32>| {
            let samples = taps.par_iter().map(|taps| taps.of(plane).clamp(0.0, 1.0)).collect();
            Plane::from_vec(size.width, size.height, samples)
        };
        let [r, g, b] = &self.picture.rgb;
        View { picture: Picture { rgb: [read(r), read(g), read(b)] }, alpha: self.alpha.as_ref().map(read) }
    }

    /// A plane that lies over the still, as the camera sees it.
    pub(crate) fn carry(&self, plane: &Plane<f32>, pose: &Pose, size: Size) -> Plane<f32> {
        let (w, h) = (plane.width(), plane.height());
        let read = |&(x, y): &(f32, f32)| sample::bilinear(plane, mirrored(x, w), mirrored(y, h));
        Plane::from_vec(size.width, size.height, self.map(pose, size).par_iter().map(read).collect())
    }

    /// For each pixel of the frame, where in the still its colour is, row-major.
    fn map(&self, pose: &Pose, size: Size) -> Vec<(f32, f32)> {
        let longest = size.width.max(size.height) as f32;
        let (cx, cy) = ((size.width as f32 - 1.0) / 2.0, (size.height as f32 - 1.0) / 2.0);
        let (tx, ty) = (pose.turn.0 as f32 * longest, pose.turn.1 as f32 * longest);
        let (dolly, truck) = (pose.dolly as f32, pose.truck as f32 * longest);
        let source = |x: f32, y: f32, nearness: f32| {
            let shrink = 1.0 - dolly * nearness;
            (cx + (x - tx - truck * (nearness - 1.0) - cx) * shrink, cy + (y - ty - cy) * shrink)
        };
        let row = |y: usize| {
            (0..size.width).map(move |x| {
                let (x, y) = (x as f32, y as f32);
                let mut at = source(x, y, 1.0);
                for _ in 0..ROUNDS {
                    at = source(x, y, sample::bilinear(&self.nearness, at.0, at.1));
                }
                at
            })
        };
        (0..size.height).into_par_iter().flat_map_iter(row).collect()
    }
}

/// The product over what lies behind it.
pub(crate) fn composite(back: View, product: View) -> Picture {
    let Some(alpha) = product.alpha else { return product.picture };
    let mut picture = back.picture;
    for (under, over) in picture.rgb.iter_mut().zip(&product.picture.rgb) {
        for ((under, &over), &alpha) in under.data_mut().iter_mut().zip(over.data()).zip(alpha.data()) {
            let alpha = alpha.clamp(0.0, 1.0);
            *under = (*under * (1.0 - alpha) + over * alpha).clamp(0.0, 1.0);
        }
    }
    picture
}

/// The largest value within `radius` pixels in a square.
pub(super) fn dilated(plane: &Plane<f32>, radius: usize) -> Plane<f32> {
    separable(plane, radius, |window| window.iter().copied().fold(0.0, f32::max))
}

/// The mean within `radius` pixels in a square.
pub(super) fn smoothed(plane: &Plane<f32>, radius: usize) -> Plane<f32> {
    separable(plane, radius, |window| window.iter().sum::<f32>() / window.len() as f32)
}

/// Applies `f` to the window of `2 radius + 1` samples along rows, then along columns; windows end at the border.
fn separable(plane: &Plane<f32>, radius: usize, f: impl Fn(&[f32]) -> f32) -> Plane<f32> {
    let across = |plane: &Plane<f32>| {
        let w = plane.width();
        let mut out = Plane::filled(plane.height(), w, 0.0);
        for y in 0..plane.height() {
            let row = plane.row(y);
            for x in 0..w {
                out.set(y, x, f(&row[x.saturating_sub(radius)..(x + radius + 1).min(w)]));
            }
        }
        out
    };
    across(&across(plane))
}
