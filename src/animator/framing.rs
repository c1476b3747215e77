//! Which part of the still the first frame shows: of the wanted shape, with the product safely inside.

use super::shot::Shot;
use crate::frame::{Mask, Picture, Plane, Rect, Size, pyramid, sample};

/// Space kept between the product and the frame's edge where the still allows it, in shares of the product's side.
const SAFE_MARGIN: f64 = 0.08;

/// Opacity from which a pixel belongs to the product.
const INSIDE: f32 = 0.5;

/// The crop of the still that is frame 0, and the size it is brought to.
#[derive(Clone, Debug)]
pub(crate) struct Framing {
    /// Crop in pixels of the still; may reach beyond it where the product would not fit otherwise.
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    size: Size,
}

impl Framing {
    pub(crate) fn new(still: Size, mask: Option<&Mask>, shot: &Shot) -> Self {
        let (sw, sh) = (still.width as f64, still.height as f64);
        let ratio = shot.aspect.ratio(still);
        let inner = 1.0 - 2.0 * shot.camera.margin(shot.strength);
        let (mut width, mut height) = if sw / sh > ratio { (sh * ratio, sh) } else { (sw, sw / ratio) };
        (width, height) = (width * inner, height * inner);

        let product = mask.and_then(|mask| product_box(mask, still));
        let (mut cx, mut cy) = (sw / 2.0, sh / 2.0);
        if let Some(Rect { x, y, width: pw, height: ph }) = product {
            let (pw, ph) = (pw as f64, ph as f64);
            let grow = (pw * (1.0 + 2.0 * SAFE_MARGIN) / width).max(ph * (1.0 + 2.0 * SAFE_MARGIN) / height).max(1.0);
            (width, height) = (width * grow, height * grow);
            (cx, cy) = (x as f64 + pw / 2.0, y as f64 + ph / 2.0);
        }
        let (x, y) = (placed(cx, width, sw), placed(cy, height, sh));
        let size = Size::new(even(width), even(height));
        let fitted = size.fit(shot.longest.max(2));
        let size = Size::new(even(fitted.width as f64), even(fitted.height as f64));
        Self { x, y, width, height, size }
    }

    /// Size of the frames.
    pub(crate) fn size(&self) -> Size {
        self.size
    }

    /// The crop of a picture, in the frames' size.
    pub(crate) fn cut_picture(&self, picture: &Picture) -> Picture {
        let still = picture.size();
        let [r, g, b] = &picture.rgb;
        Picture { rgb: [self.cut(r, still), self.cut(g, still), self.cut(b, still)] }
    }

    /// The crop of a plane that lies over a still of size `still`, in the frames' size; mirrored beyond its edge.
    pub(crate) fn cut(&self, plane: &Plane<f32>, still: Size) -> Plane<f32> {
        let (kx, ky) = (self.width / self.size.width as f64, self.height / self.size.height as f64);
        let reduced = Size::new(
            ((still.width as f64 / kx.max(1.0)).round() as usize).max(1),
            ((still.height as f64 / ky.max(1.0)).round() as usize).max(1),
        );
        let source = pyramid::resize(plane, reduced);
        let (rx, ry) = (reduced.width as f64 / still.width as f64, reduced.height as f64 / still.height as f64);
        Plane::from_fn(self.size.width, self.size.height, |x, y| {
            let sx = ((self.x + (x as f64 + 0.5) * kx) * rx - 0.5) as f32;
            let sy = ((self.y + (y as f64 + 0.5) * ky) * ry - 0.5) as f32;
            sample::bicubic(&source, mirrored(sx, reduced.width), mirrored(sy, reduced.height)).clamp(0.0, 1.0)
        })
    }
}

/// The box of the mask's inside, in pixels of a still of size `still`.
fn product_box(mask: &Mask, still: Size) -> Option<Rect> {
    let (mut x0, mut y0, mut x1, mut y1) = (usize::MAX, usize::MAX, 0, 0);
    for y in 0..mask.height() {
        for (x, &inside) in mask.row(y).iter().enumerate() {
            if inside >= INSIDE {
                (x0, y0, x1, y1) = (x0.min(x), y0.min(y), x1.max(x + 1), y1.max(y + 1));
            }
        }
    }
    let across = |v: usize| v * still.width / mask.width().max(1);
    let down = |v: usize| v * still.height / mask.height().max(1);
    (x0 < x1).then(|| Rect { x: across(x0), y: down(y0), width: across(x1 - x0), height: down(y1 - y0) })
}

/// Where an interval of length `length` about `centre` begins so that it stays in `0..whole` if it can.
fn placed(centre: f64, length: f64, whole: f64) -> f64 {
    if length >= whole { (whole - length) / 2.0 } else { (centre - length / 2.0).clamp(0.0, whole - length) }
}

/// The nearest even number of pixels, at least 2: 4:2:0 chroma needs it.
fn even(length: f64) -> usize {
    ((length / 2.0).round() as usize).max(1) * 2
}

/// A coordinate reflected into `0..=length − 1`.
pub(crate) fn mirrored(v: f32, length: usize) -> f32 {
    let last = (length - 1) as f32;
    if (0.0..=last).contains(&v) {
        return v;
    }
    if last <= 0.0 {
        return 0.0;
    }
    let period = v.rem_euclid(2.0 * last);
    if period > last { 2.0 * last - period } else { period }
}

/// Where a product is when nobody says: an ellipse in the middle.
pub(crate) fn central_prior(size: Size) -> Mask {
    let (rx, ry) = (0.3 * size.width as f32, 0.38 * size.height as f32);
    let (cx, cy) = (size.width as f32 / 2.0, size.height as f32 / 2.0);
    Plane::from_fn(size.width, size.height, |x, y| {
        let radius = ((x as f32 - cx) / rx).hypot((y as f32 - cy) / ry);
        ((1.2 - radius) / 0.4).clamp(0.0, 1.0)
    })
}
