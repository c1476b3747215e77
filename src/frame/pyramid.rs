//! Resizing and image pyramids.

use super::{Picture, Plane, Size, halve::halve};
use bytemuck::{cast_slice, cast_slice_mut};
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
    let is_half = size.width >= 2 && size.height >= 2 && from == Size::new(2 * size.width, 2 * size.height);
    if is_half { halve(plane) } else { by_filter(plane, size) }
}

/// [`resize`] of a plane that has samples to another size that has.
pub(super) fn by_filter(plane: &Plane<f32>, size: Size) -> Plane<f32> {
    let from = Size::new(plane.width(), plane.height());
    let shrinks = size.width <= from.width && size.height <= from.height;
    let filter = if shrinks { FilterType::Hamming } else { FilterType::CatmullRom };
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter));
    let source = TypedImageRef::<F32>::from_buffer(from.width as u32, from.height as u32, cast_slice(plane.data()))
        .expect("as many samples as the size says");
    let mut resized = Plane::unwritten(size.width, size.height);
    let pixels = cast_slice_mut(resized.data_mut());
    let mut target = TypedImage::<F32>::from_buffer(size.width as u32, size.height as u32, pixels)
        .expect("as many samples as the size says");
    Resizer::new().resize_typed(&source, &mut target, &options).expect("no crop, no alpha");
    resized
}

/// [`resize`] for each channel of a picture.
pub fn resize_picture(picture: &Picture, size: Size) -> Picture {
    let [r, g, b] = &picture.rgb;
    Picture { rgb: [resize(r, size), resize(g, size), resize(b, size)] }
}
