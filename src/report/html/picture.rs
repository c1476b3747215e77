//! Pictures as data URIs.

use crate::{
    frame::{Picture, Plane, Size, pyramid::resize, pyramid::resize_picture},
    report::heatmap,
};
use image::{
    ExtendedColorType, ImageEncoder,
    codecs::{jpeg::JpegEncoder, png::PngEncoder},
};
use std::fmt::Write;

/// Longest side of an embedded picture in pixels: sharp at the page's width on a dense screen.
const LONGEST: usize = 960;
/// Longest side of an embedded heat overlay in pixels: it is smooth.
const HEAT_LONGEST: usize = 320;
/// Longest side in pixels to which heat is averaged first: the ruler measures in cells, and their edges mean nothing.
const HEAT_GRAIN: usize = 72;
/// JPEG quality, `1..=100`: artefacts stay below what a reader could take for drift.
const QUALITY: u8 = 88;

/// `data:image/jpeg;base64,…`, or `None` for a picture without pixels.
pub(super) fn jpeg(picture: &Picture) -> Option<String> {
    let size = shown(picture.size(), LONGEST)?;
    let picture = resize_picture(picture, size);
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY)
        .write_image(&picture.to_rgb8(), size.width as u32, size.height as u32, ExtendedColorType::Rgb8)
        .ok()?;
    Some(data_uri("image/jpeg", &bytes))
}

/// The glow of a heat plane (`0..=100`) as `data:image/png;base64,…`, transparent where nothing drifts.
pub(super) fn glow(heat: &Plane<f32>) -> Option<String> {
    let size = shown(Size::new(heat.width(), heat.height()), HEAT_LONGEST)?;
    let heat = resize(&resize(heat, size.fit(HEAT_GRAIN)), size);
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes)
        .write_image(&heatmap::rgba8(&heat), size.width as u32, size.height as u32, ExtendedColorType::Rgba8)
        .ok()?;
    Some(data_uri("image/png", &bytes))
}

fn shown(size: Size, longest: usize) -> Option<Size> {
    (size.width > 0 && size.height > 0).then(|| size.fit(longest))
}

fn data_uri(media_type: &str, bytes: &[u8]) -> String {
    let mut uri = String::with_capacity(bytes.len() * 4 / 3 + 32);
    write!(uri, "data:{media_type};base64,").expect("writing to a string does not fail");
    base64(bytes, &mut uri);
    uri
}

/// RFC 4648 §4, with padding.
fn base64(bytes: &[u8], text: &mut String) {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0_u32, |bits, &b| bits << 8 | u32::from(b)) << (8 * (3 - group.len()));
        for place in 0..4 {
            if place <= group.len() {
                text.push(char::from(ALPHABET[(bits >> (18 - 6 * place) & 63) as usize]));
            } else {
                text.push('=');
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of RFC 4648 §10.
    #[test]
    fn base64_follows_the_standard() {
        for (plain, coded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy")]
        {
            let mut text = String::new();
            base64(plain.as_bytes(), &mut text);
            assert_eq!(text, coded);
        }
    }

    #[test]
    fn embeds_any_size() {
        assert_eq!(jpeg(&Picture::filled(Size::new(0, 3), [0.0; 3])), None);
        assert!(jpeg(&Picture::filled(Size::new(1, 1), [0.5; 3])).unwrap().starts_with("data:image/jpeg;base64,"));
        assert!(glow(&Plane::filled(3, 1, 80.0)).unwrap().starts_with("data:image/png;base64,iVBORw0KGgo"));
    }
}
