//! Stills: seeds, masks and pictures from image files, and PNG out.

use super::{Error, scale, temp};
use crate::frame::{Mask, Picture, Plane, Regions, Seed, Size, pyramid};
use image::{DynamicImage, ImageDecoder, ImageError, ImageReader};
use std::{io::Cursor, path::Path};

/// Pixels of a still that are still decoded; its 16-bit RGBA then takes 800 MB at worst.
const MAX_STILL_PIXELS: u64 = 100_000_000;
/// Pixels on one side of a still: the limit of JPEG and twice what cameras give.
const MAX_STILL_SIDE: u64 = 32_768;
/// Bytes of a still's file that are still read.
const MAX_STILL_BYTES: u64 = 1 << 30;
/// Relative difference of two aspect ratios from which they are two shapes: rounding to whole pixels makes less from 50 pixels on.
const OTHER_SHAPE: f64 = 0.02;
/// Pixels on the longer side that are worth measuring: clips have at most about this many.
const SEED_LONGEST: usize = 4096;

/// Reads the still that a clip was made from, with its opacity; limited to 4096 pixels on the longer side.
///
/// # Errors
/// When it is missing, unreadable, no still, damaged, or larger than 100 megapixels.
pub fn load_seed(path: &Path) -> Result<Seed, Error> {
    let bytes = read(path)?;
    let image = decode(path, &bytes)?;
    let original = Size::new(image.width() as usize, image.height() as usize);
    let image = limited(image, original.fit(SEED_LONGEST));
    let alpha = alpha(&image).filter(|alpha| alpha.data().iter().any(|&a| a < 1.0));
    let mut picture = picture(&image);
    if let Some(alpha) = &alpha {
        scale::blend(&mut picture, alpha);
    }
    let blake3 = blake3::hash(&bytes).to_hex().to_string();
    Ok(Seed { picture, alpha, path: path.display().to_string(), blake3, original })
}

/// Reads a picture in its full size, transparent parts blended over mid-grey.
///
/// # Errors
/// As [`load_seed`].
pub fn load_picture(path: &Path) -> Result<Picture, Error> {
    Ok(opaque(&decode(path, &read(path)?)?))
}

/// Reads the luma of a picture, as [`load_picture`] would give it, `0..=255`.
///
/// # Errors
/// As [`load_seed`].
pub fn load_luma(path: &Path) -> Result<Plane<f32>, Error> {
    Ok(match decode(path, &read(path)?)? {
        DynamicImage::ImageRgb8(image) => {
            Picture::luma_from_rgb8(Size::new(image.width() as usize, image.height() as usize), image.as_raw())
        }
        image => opaque(&image).luma(),
    })
}

fn opaque(image: &DynamicImage) -> Picture {
    let mut picture = picture(image);
    if let Some(alpha) = alpha(image) {
        scale::blend(&mut picture, &alpha);
    }
    picture
}

/// Reads a mask and brings it to `size`: white belongs to the region, black does not. A still with transparency is
/// masked by its opacity instead.
///
/// # Errors
/// As [`load_seed`], and when its shape is not that of `size`.
pub fn load_mask(path: &Path, size: Size) -> Result<Mask, Error> {
    let image = decode_over(path, size)?;
    let seen = alpha(&image).filter(|alpha| alpha.data().iter().any(|&a| a < 1.0));
    let mask = seen.unwrap_or_else(|| picture(&image).luma().map(|v| v / 255.0));
    Ok(pyramid::resize(&mask, size).map(|v| v.clamp(0.0, 1.0)))
}

/// Decodes a picture that lies over a still of size `still`: one of its shape.
fn decode_over(path: &Path, still: Size) -> Result<DynamicImage, Error> {
    let image = decode(path, &read(path)?)?;
    let found = Size::new(image.width() as usize, image.height() as usize);
    let (wide, tall) = ((found.width * still.height) as f64, (found.height * still.width) as f64);
    if (wide - tall).abs() > OTHER_SHAPE * wide.max(tall) {
        return Err(Error::OtherShape { path: path.into(), found, still });
    }
    Ok(image)
}

/// Reads what was painted over a still and brings it to `size`; see [`Regions::painted`]. A still with transparency says by its
/// opacity where the product is, and nothing else.
///
/// # Errors
/// As [`load_mask`], and when nothing is painted.
pub fn load_regions(path: &Path, size: Size) -> Result<Regions, Error> {
    let image = decode_over(path, size)?;
    let regions = match alpha(&image).filter(|alpha| alpha.data().iter().any(|&a| a < 1.0)) {
        Some(opacity) if opacity.data().iter().all(|&a| a == 0.0) => Regions::default(),
        Some(opacity) => Regions::of_product(pyramid::resize(&opacity, size).map(|v| v.clamp(0.0, 1.0))),
        None => Regions::painted(&pyramid::resize_picture(&picture(&image), size)),
    };
    if regions == Regions::default() {
        let reason = "nothing is painted in it: white is the product".to_owned();
        return Err(Error::NotMedia { path: path.into(), wanted: "a mask", reason });
    }
    Ok(regions)
}

/// Writes an 8-bit PNG, whole or not at all.
///
/// # Errors
/// When it cannot be written.
pub fn save_png(picture: &Picture, path: &Path) -> Result<(), Error> {
    let size = picture.size();
    let image = image::RgbImage::from_raw(size.width as u32, size.height as u32, picture.to_rgb8());
    let failed = |reason: &str| Error::Write { path: path.into(), reason: reason.into() };
    let image = image.ok_or_else(|| failed("it has more pixels than a PNG holds"))?;
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, image::ImageFormat::Png).map_err(|e| failed(&e.to_string()))?;
    temp::write_whole(path, |writer| writer.write_all(&bytes.into_inner()))
}

/// Writes an 8-bit PNG with this opacity, whole or not at all.
///
/// # Errors
/// When it cannot be written.
pub fn save_cutout(picture: &Picture, alpha: &Mask, path: &Path) -> Result<(), Error> {
    let opacity = alpha.data().iter().map(|a| (a * 255.0).round().clamp(0.0, 255.0) as u8);
    let pixels = picture.to_rgb8();
    let rgba = pixels.as_chunks::<3>().0.iter().zip(opacity).flat_map(|(&[r, g, b], a)| [r, g, b, a]).collect();
    let image = image::RgbaImage::from_raw(alpha.width() as u32, alpha.height() as u32, rgba);
    let failed = |reason: &str| Error::Write { path: path.into(), reason: reason.into() };
    let image = image.ok_or_else(|| failed("it has more pixels than a PNG holds"))?;
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, image::ImageFormat::Png).map_err(|e| failed(&e.to_string()))?;
    temp::write_whole(path, |writer| writer.write_all(&bytes.into_inner()))
}

/// The bytes of an 8-bit PNG.
pub fn png_bytes(picture: &Picture) -> Vec<u8> {
    encoded(picture, image::ImageFormat::Png)
}

/// A picture after it was a JPEG of the usual quality.
pub fn as_jpeg(picture: &Picture) -> Picture {
    let bytes = encoded(picture, image::ImageFormat::Jpeg);
    image::load_from_memory(&bytes).map_or_else(|_| picture.clone(), |image| self::picture(&image))
}

fn encoded(picture: &Picture, format: image::ImageFormat) -> Vec<u8> {
    let size = picture.size();
    let image = image::RgbImage::from_raw(size.width as u32, size.height as u32, picture.to_rgb8());
    let mut bytes = Cursor::new(Vec::new());
    image.map(|image| image.write_to(&mut bytes, format)).transpose().expect("8-bit R'G'B' goes into any format");
    bytes.into_inner()
}

/// The bytes of a still's file, where whoever decodes it sees the pixels that we see: upright and opaque.
///
/// # Errors
/// As [`load_seed`].
pub fn load_plain_file(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    let bytes = read(path)?;
    let unreadable = |error: ImageError| not_a_still(path, &error.to_string());
    let reader = ImageReader::new(Cursor::new(&bytes)).with_guessed_format().map_err(|e| Error::reading(path, e))?;
    let mut decoder = reader.into_decoder().map_err(unreadable)?;
    let is_upright = decoder.orientation().map_err(unreadable)? == image::metadata::Orientation::NoTransforms;
    let is_plain = is_upright && !decoder.color_type().has_alpha();
    drop(decoder);
    Ok(is_plain.then_some(bytes))
}

/// Makes the folder `path` and its parents, where they are missing.
///
/// # Errors
/// When it cannot be made.
pub fn make_folder(path: &Path) -> Result<(), Error> {
    fs_err::create_dir_all(path).map_err(|e| Error::writing(path, &e))
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let about = std::fs::metadata(path).map_err(|e| Error::reading(path, e))?;
    if about.is_dir() {
        return Err(not_a_still(path, "it is a folder"));
    }
    if about.len() > MAX_STILL_BYTES {
        return Err(not_a_still(path, "its file is larger than 1 GiB"));
    }
    std::fs::read(path).map_err(|e| Error::reading(path, e))
}

/// Decodes upright; looks at the header first, so that nothing is allocated for a picture that is too large.
fn decode(path: &Path, bytes: &[u8]) -> Result<DynamicImage, Error> {
    let explain = |error: ImageError| match error {
        ImageError::Unsupported(_) => not_a_still(path, "its content is no known still format"),
        other => not_a_still(path, &other.to_string()),
    };
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|e| Error::reading(path, e))?;
    reader.no_limits();
    let mut decoder = reader.into_decoder().map_err(explain)?;
    check_size(path, decoder.dimensions())?;
    let orientation = decoder.orientation().map_err(explain)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(explain)?;
    image.apply_orientation(orientation);
    Ok(image)
}

fn check_size(path: &Path, (width, height): (u32, u32)) -> Result<(), Error> {
    let (width, height) = (u64::from(width), u64::from(height));
    if width == 0 || height == 0 {
        return Err(not_a_still(path, "it has no pixels"));
    }
    if width * height <= MAX_STILL_PIXELS && width.max(height) <= MAX_STILL_SIDE {
        return Ok(());
    }
    let limit = format!("{} megapixels and {MAX_STILL_SIDE} pixels a side", MAX_STILL_PIXELS / 1_000_000);
    Err(Error::TooLarge { path: path.into(), width, height, limit })
}

fn limited(image: DynamicImage, size: Size) -> DynamicImage {
    if (image.width() as usize, image.height() as usize) == (size.width, size.height) {
        return image;
    }
    image.resize_exact(size.width as u32, size.height as u32, image::imageops::FilterType::CatmullRom)
}

fn is_deep(image: &DynamicImage) -> bool {
    image.color().bytes_per_pixel() / image.color().channel_count() > 1
}

fn picture(image: &DynamicImage) -> Picture {
    let size = Size::new(image.width() as usize, image.height() as usize);
    if !is_deep(image) {
        return Picture::from_rgb8(size, image.to_rgb8().as_raw());
    }
    let deep = image.to_rgb32f();
    let channel =
        |c: usize| Plane::from_vec(size.width, size.height, deep.as_raw().iter().skip(c).step_by(3).copied().collect());
    Picture { rgb: [channel(0), channel(1), channel(2)] }
}

fn alpha(image: &DynamicImage) -> Option<Mask> {
    let size = (image.width() as usize, image.height() as usize);
    if !image.color().has_alpha() {
        return None;
    }
    let opacity = if is_deep(image) {
        image.to_rgba16().pixels().map(|p| f32::from(p[3]) / 65_535.0).collect()
    } else {
        image.to_rgba8().pixels().map(|p| f32::from(p[3]) / 255.0).collect()
    };
    Some(Plane::from_vec(size.0, size.1, opacity))
}

fn not_a_still(path: &Path, reason: &str) -> Error {
    Error::NotMedia { path: path.into(), wanted: "a still", reason: reason.into() }
}
