//! Animated WebP, which FFmpeg does not read before version 8: decoded by the `image` crate instead.
//!
//! Container: <https://developers.google.com/speed/webp/docs/riff_container>.

use super::{Ending, Error, Probe, scale, source::check_size};
use crate::frame::{Frame, Picture, Plane, Size, Time, pyramid};
use image::{AnimationDecoder, ImageDecoder, ImageError, RgbaImage, codecs::webp::WebPDecoder};
use std::{
    fs::File,
    io::{BufReader, Read},
    path::Path,
};

/// Milliseconds of a frame whose duration is stated as 0: what browsers use.
const USUAL_MILLIS: u32 = 100;

/// An opened animation.
pub(crate) struct Animation {
    pub(crate) probe: Probe,
    decoder: WebPDecoder<BufReader<File>>,
}

impl Animation {
    /// Whether the file begins like a WebP that is animated: `RIFF….WEBPVP8X` with the animation flag.
    pub(crate) fn is_at(path: &Path) -> bool {
        const ANIMATED: u8 = 0b10;
        let mut head = [0; 21];
        let read = File::open(path).and_then(|mut file| file.read_exact(&mut head));
        read.is_ok() && &head[..4] == b"RIFF" && &head[8..16] == b"WEBPVP8X" && head[20] & ANIMATED != 0
    }

    /// Opens the animation at `path` and looks at its first frame.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let decoder = decoder(path)?;
        let (width, height) = decoder.dimensions();
        let size = Size::new(width as usize, height as usize);
        check_size(path, size)?;
        let mut frames = decoder.into_frames();
        let first =
            frames.next().ok_or_else(|| Error::NoFrames { path: path.into() })?.map_err(|e| damaged(path, &e))?;
        let probe = Probe {
            size,
            coded: size,
            fps: (1000, millis(&first) as i32),
            frames_estimate: None,
            duration_secs: None,
            codec: "webp".into(),
            container: "webp".into(),
            color: "rgb/pc".into(),
            has_audio: false,
            rotation_degrees: 0,
            sample_aspect: (1, 1),
            pixel_format: "rgba".into(),
            bits: 8,
        };
        Ok(Self { probe, decoder: self::decoder(path)? })
    }

    /// Gives every frame in `size` to `take`, which may stop it with an error. A damaged rest is left out.
    pub(crate) fn run<E>(self, size: Size, take: &mut dyn FnMut(Frame) -> Result<(), E>) -> Result<Ending, E> {
        let mut ending = Ending::default();
        let mut ticks = 0;
        for decoded in self.decoder.into_frames() {
            let Ok(decoded) = decoded else {
                ending.truncated = true;
                break;
            };
            let lasts = millis(&decoded);
            let picture = pyramid::resize_picture(&picture(&decoded.into_buffer()), size);
            take(Frame { index: ending.frames, time: Time { ticks, num: 1, den: 1000 }, picture })?;
            ticks += i64::from(lasts);
            ending.frames += 1;
        }
        Ok(ending)
    }
}

fn decoder(path: &Path) -> Result<WebPDecoder<BufReader<File>>, Error> {
    let file = File::open(path).map_err(|e| Error::reading(path, e))?;
    WebPDecoder::new(BufReader::new(file)).map_err(|e| damaged(path, &e))
}

fn damaged(path: &Path, error: &ImageError) -> Error {
    Error::Decode { path: path.into(), reason: error.to_string() }
}

fn millis(frame: &image::Frame) -> u32 {
    let (num, den) = frame.delay().numer_denom_ms();
    match num / den.max(1) {
        0 => USUAL_MILLIS,
        millis => millis,
    }
}

fn picture(image: &RgbaImage) -> Picture {
    let size = (image.width() as usize, image.height() as usize);
    let channel = |c: usize| Plane::from_vec(size.0, size.1, image.pixels().map(|p| f32::from(p[c]) / 255.0).collect());
    let mut picture = Picture { rgb: [channel(0), channel(1), channel(2)] };
    scale::blend(&mut picture, &channel(3));
    picture
}
