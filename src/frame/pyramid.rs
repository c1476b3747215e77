//! Resizing and image pyramids.

use super::{Picture, Plane, Size};
use fast_image_resize::{
    FilterType, ResizeAlg, ResizeOptions, Resizer,
    images::{TypedImage, TypedImageRef},
    pixels::F32,
};

/// Resizes to `size`: area-correct (convolution with a Hamming kernel) when it shrinks, Catmull-Rom when it grows.
pub fn resize(plane: &Plane<f32>, size: Size) -> Plane<f32> {
    let from = Size::new(plane.width(), plane.height());
    if from == size || plane.data().is_empty() || size.width == 0 || size.height == 0 {
        return if from == size { plane.clone() } else { Plane::filled(size.width, size.height, 0.0) };
    }
    let shrinks = size.width <= from.width && size.height <= from.height;
    let filter = if shrinks { FilterType::Hamming } else { FilterType::CatmullRom };
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter));
    let pixels: Vec<F32> = plane.data().iter().map(|&v| F32::new(v)).collect();
    let source =
        TypedImageRef::new(from.width as u32, from.height as u32, &pixels).expect("as many pixels as the size says");
    let mut target = TypedImage::<F32>::new(size.width as u32, size.height as u32);
    Resizer::new().resize_typed(&source, &mut target, &options).expect("no crop, no alpha");
    Plane::from_vec(size.width, size.height, target.pixels().iter().map(|p| p.0).collect())
}

/// [`resize`] for each channel of a picture.
pub fn resize_picture(picture: &Picture, size: Size) -> Picture {
    let [r, g, b] = &picture.rgb;
    Picture { rgb: [resize(r, size), resize(g, size), resize(b, size)] }
}
