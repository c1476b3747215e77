//! What a clip says about itself, before a frame is decoded.

use super::{
    Error,
    animation::Animation,
    matrix::{Matrix, is_full_range, is_rgb},
    orient::Orientation,
    source::{self, check_size},
};
use crate::frame::Size;
use ffmpeg_next::{self as ffmpeg, Rational, codec, ffi, format::context::Input, media};
use std::path::Path;

/// What a clip says about itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// Size at which players show it, in pixels: rotation and sample aspect ratio applied.
    pub size: Size,
    /// Size of the stored frames in pixels.
    pub coded: Size,
    /// Average frames per second as a fraction, both parts > 0.
    pub fps: (i32, i32),
    /// Number of frames that the container states or its duration implies; the true number is known after decoding.
    pub frames_estimate: Option<u64>,
    /// Duration in seconds that the container states.
    pub duration_secs: Option<f64>,
    /// FFmpeg's short name of the codec, such as `h264`.
    pub codec: String,
    /// Short name of the container, such as `mov,mp4,m4a,3gp,3g2,mj2`.
    pub container: String,
    /// Colour matrix and range as they are applied, such as `bt709/tv`; `bt601?/tv` where the clip states no matrix and
    /// its size decided.
    pub color: String,
    /// Whether there is an audio stream.
    pub has_audio: bool,
    /// Clockwise turn in degrees that was applied: 0, 90, 180 or 270.
    pub rotation_degrees: i32,
    /// Width of a stored pixel over its height, as a fraction; (1, 1) where pixels are square or nothing is said.
    pub sample_aspect: (i32, i32),
    /// FFmpeg's name of the pixel format, such as `yuv420p`.
    pub pixel_format: String,
    /// Bits per component.
    pub bits: u32,
}

/// Reads what the clip at `path` says about itself. `path` may be an image-sequence pattern such as `frames/%04d.png`.
///
/// # Errors
/// When it is missing, unreadable, no clip, without video, or larger than can be decoded.
pub fn probe(path: &Path) -> Result<Probe, Error> {
    if Animation::is_at(path) {
        return Ok(Animation::open(path)?.probe);
    }
    Ok(Video::find(path, &source::open(path)?)?.probe)
}

/// The video stream that is read, with all that decoding it needs.
pub(crate) struct Video {
    pub(crate) probe: Probe,
    pub(crate) index: usize,
    pub(crate) time_base: Rational,
    pub(crate) orientation: Orientation,
    /// Packets that the container's index counts.
    pub(crate) packets: Option<u64>,
    pub(crate) parameters: codec::Parameters,
    pub(crate) raw: Raw,
}

impl Video {
    pub(crate) fn find(path: &Path, input: &Input) -> Result<Self, Error> {
        if input.nb_streams() == 0 {
            return Err(Error::NoFrames { path: path.into() });
        }
        let stream = input.streams().best(media::Type::Video).ok_or_else(|| Error::NoVideo { path: path.into() })?;
        let parameters = stream.parameters();
        let raw = Raw::read(&parameters);
        let codec = parameters.id().name().to_string();
        if raw.coded.width == 0 || raw.coded.height == 0 {
            return Err(match codec::decoder::find(parameters.id()) {
                Some(_) => Error::NoFrames { path: path.into() },
                None => Error::UnsupportedCodec { path: path.into(), codec },
            });
        }
        check_size(path, raw.coded)?;
        let orientation = orientation(&stream);
        let aspect = sample_aspect(input, &stream);
        let shown = orientation.turned(square_pixels(raw.coded, aspect));
        check_size(path, shown)?;
        let fps = frame_rate(input, &stream);
        let duration_secs = duration_secs(input, &stream);
        let packets = u64::try_from(stream.frames()).ok().filter(|&n| n > 0);
        let implied = duration_secs.map(|secs| (secs * f64::from(fps.0) / f64::from(fps.1)).round() as u64);
        let pixel = raw.pixel.descriptor();
        let probe = Probe {
            size: shown,
            coded: raw.coded,
            fps,
            frames_estimate: packets.or(implied),
            duration_secs,
            codec,
            container: input.format().name().to_string(),
            color: Matrix::stated_or_usual(raw.tags.space, raw.coded, is_rgb(raw.pixel))
                .describe(raw.is_full(), raw.tags.space),
            has_audio: input.streams().best(media::Type::Audio).is_some(),
            rotation_degrees: orientation.clockwise_degrees(),
            sample_aspect: aspect,
            pixel_format: pixel.map_or_else(|| "unknown".into(), |d| d.name().to_string()),
            bits: bits(raw.pixel),
        };
        Ok(Self { probe, index: stream.index(), time_base: stream.time_base(), orientation, packets, parameters, raw })
    }
}

/// The fields of the codec parameters that the safe wrapper does not show.
#[derive(Clone, Copy)]
pub(crate) struct Raw {
    pub(crate) coded: Size,
    pub(crate) pixel: ffmpeg::format::Pixel,
    pub(crate) tags: Tags,
}

/// What a stream says about its colours.
#[derive(Clone, Copy)]
pub(crate) struct Tags {
    pub(crate) space: ffmpeg::color::Space,
    pub(crate) range: ffmpeg::color::Range,
    pub(crate) primaries: ffmpeg::color::Primaries,
    pub(crate) transfer: ffmpeg::color::TransferCharacteristic,
    pub(crate) chroma: ffmpeg::chroma::Location,
}

impl Tags {
    /// ITU-R BT.709 in studio range.
    pub(crate) const BT709: Self = Self {
        space: ffmpeg::color::Space::BT709,
        range: ffmpeg::color::Range::MPEG,
        primaries: ffmpeg::color::Primaries::BT709,
        transfer: ffmpeg::color::TransferCharacteristic::BT709,
        chroma: ffmpeg::chroma::Location::Left,
    };
}

impl Raw {
    #[expect(unsafe_code, reason = "the safe wrapper does not show these fields")]
    fn read(parameters: &codec::Parameters) -> Self {
        // SAFETY: `parameters` is alive and FFmpeg keeps its format within AVPixelFormat or -1.
        let raw = unsafe { &*parameters.as_ptr() };
        let side = |v: i32| usize::try_from(v).unwrap_or(0);
        let is_known = (0..ffi::AVPixelFormat::AV_PIX_FMT_NB as i32).contains(&raw.format);
        let pixel = if is_known {
            // SAFETY: the range was checked.
            unsafe { std::mem::transmute::<i32, ffi::AVPixelFormat>(raw.format) }.into()
        } else {
            ffmpeg::format::Pixel::None
        };
        Self {
            coded: Size::new(side(raw.width), side(raw.height)),
            pixel,
            tags: Tags {
                space: raw.color_space.into(),
                range: raw.color_range.into(),
                primaries: raw.color_primaries.into(),
                transfer: raw.color_trc.into(),
                chroma: raw.chroma_location.into(),
            },
        }
    }

    fn is_full(&self) -> bool {
        is_full_range(self.pixel, self.tags.range)
    }
}

#[expect(unsafe_code, reason = "the safe wrapper does not show this function")]
fn sample_aspect(input: &Input, stream: &ffmpeg::Stream<'_>) -> (i32, i32) {
    // SAFETY: both are alive; FFmpeg only reads them, though its signature says otherwise.
    let aspect = unsafe {
        ffi::av_guess_sample_aspect_ratio(input.as_ptr().cast_mut(), stream.as_ptr().cast_mut(), std::ptr::null_mut())
    };
    if aspect.num > 0 && aspect.den > 0 { (aspect.num, aspect.den) } else { (1, 1) }
}

/// As players do: the height stays, the width is stretched.
fn square_pixels(coded: Size, (num, den): (i32, i32)) -> Size {
    let width = (coded.width as f64 * f64::from(num) / f64::from(den)).round() as usize;
    Size::new(width.max(1), coded.height)
}

fn orientation(stream: &ffmpeg::Stream<'_>) -> Orientation {
    let matrix = stream.side_data().find(|data| data.kind() == codec::packet::side_data::Type::DisplayMatrix);
    let Some(matrix) = matrix else { return Orientation::UPRIGHT };
    let mut numbers = [0; 9];
    for (number, bytes) in numbers.iter_mut().zip(matrix.data().as_chunks::<4>().0) {
        *number = i32::from_ne_bytes(*bytes);
    }
    Orientation::from_display_matrix(&numbers)
}

/// Frames per second where nothing is stated: FFmpeg's own default for numbered pictures.
const USUAL_FPS: (i32, i32) = (25, 1);

fn frame_rate(input: &Input, stream: &ffmpeg::Stream<'_>) -> (i32, i32) {
    let is_still = input.format().name().ends_with("_pipe");
    let stated = [stream.avg_frame_rate(), stream.rate()];
    let found = stated.iter().find(|rate| rate.0 > 0 && rate.1 > 0 && !is_still);
    found.map_or(USUAL_FPS, |rate| (rate.0, rate.1))
}

fn duration_secs(input: &Input, stream: &ffmpeg::Stream<'_>) -> Option<f64> {
    let base = stream.time_base();
    let of_stream = (stream.duration() > 0).then(|| stream.duration() as f64 * f64::from(base.0) / f64::from(base.1));
    let of_clip = (input.duration() > 0).then(|| input.duration() as f64 / f64::from(ffi::AV_TIME_BASE));
    of_stream.or(of_clip)
}

#[expect(unsafe_code, reason = "the safe wrapper does not show component depths")]
fn bits(pixel: ffmpeg::format::Pixel) -> u32 {
    // SAFETY: descriptors are static tables.
    pixel.descriptor().map_or(8, |d| unsafe { (*d.as_ptr()).comp[0].depth.unsigned_abs() })
}
