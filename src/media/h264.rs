//! The video encoder: H.264 by libx264, or the next best that the installed FFmpeg has.

use super::{Error, probe::Tags, scale::Painter, swscale::Layout};
use ffmpeg_next::{self as ffmpeg, Codec, Dictionary, Packet, Rational, codec, encoder, error::EAGAIN, frame::Video};
use std::{collections::BTreeMap, path::Path};

/// Encoders by falling preference.
const ENCODERS: [&str; 4] = ["libx264", "libopenh264", "h264_videotoolbox", "mpeg4"];

/// Threads of the encoder. A constant, not the number of cores: libx264 gives the same bits on every machine only for
/// the same number of threads.
const THREADS: usize = 4;

/// What libx264 is told beside quality, without and with AVX-512. `force-cfr` states the frame rate in the stream and
/// not the length of a tick; times pass through all the same. With AVX-512 its rate control (macroblock tree, build
/// 164) reads memory that it never wrote: the same frames became other bits from run to run. Up to AVX2 it does not.
const X264_PARAMS: [&str; 2] = ["force-cfr=1", "force-cfr=1:asm=avx2"];

/// Seconds between key frames at most: how far a player has to go back when one seeks.
const KEY_SECS: f64 = 2.0;

/// Bits per pixel and frame for encoders without constant quality; generous, about what x264 spends at CRF 16.
const BITS_PER_PIXEL: f64 = 0.25;

/// How hard the encoder searches: time against size, not against quality.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Speed {
    /// Quick previews.
    Fast,
    /// x264's own default.
    #[default]
    Medium,
    /// Smallest files.
    Slow,
}

/// What is to be encoded.
pub(crate) struct Target {
    pub(crate) layout: Layout,
    pub(crate) tags: Tags,
    pub(crate) fps: Rational,
    pub(crate) time_base: Rational,
    pub(crate) sample_aspect: Rational,
    pub(crate) crf: u8,
    pub(crate) speed: Speed,
}

/// An open encoder.
pub(crate) struct VideoEncoder {
    encoder: encoder::video::Encoder,
    target: Target,
    /// Durations of the frames inside the encoder, by time: encoders do not hand them on. Holds as many entries as the
    /// encoder holds frames.
    durations: BTreeMap<i64, i64>,
}

impl VideoEncoder {
    /// Opens the best encoder there is.
    pub(crate) fn open(target: Target, path: &Path) -> Result<Self, Error> {
        let mut refused = None;
        for name in ENCODERS {
            let Some(codec) = encoder::find_by_name(name) else { continue };
            match open(codec, name, &target) {
                Ok(encoder) => return Ok(Self { encoder, target, durations: BTreeMap::new() }),
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        Err(match refused {
            Some(error) => {
                Error::Write { path: path.into(), reason: format!("the encoder refused its settings: {error}") }
            }
            None => Error::EncoderMissing { wanted: "H.264" },
        })
    }

    pub(crate) fn context(&self) -> &codec::Context {
        self.encoder.as_ref()
    }

    pub(crate) fn target(&self) -> &Target {
        &self.target
    }

    /// What turns pictures into frames for this encoder.
    pub(crate) fn painter(&self, orientation: super::orient::Orientation) -> Painter {
        Painter::new(self.target.layout, orientation)
    }

    /// Takes a frame to be shown at `ticks`, for `duration` ticks if that is known.
    pub(crate) fn send(&mut self, frame: &mut Video, ticks: i64, duration: Option<i64>) -> Result<(), ffmpeg::Error> {
        if let Some(duration) = duration {
            self.durations.insert(ticks, duration);
        }
        frame.set_pts(Some(ticks));
        frame.set_kind(ffmpeg::picture::Type::None);
        let tags = self.target.tags;
        frame.set_color_space(tags.space);
        frame.set_color_range(tags.range);
        self.encoder.send_frame(frame)
    }

    /// Says that no frame will follow.
    pub(crate) fn end(&mut self) -> Result<(), ffmpeg::Error> {
        self.encoder.send_eof()
    }

    /// The next finished packet, if there is one.
    pub(crate) fn receive(&mut self) -> Result<Option<Packet>, ffmpeg::Error> {
        let mut packet = Packet::empty();
        match self.encoder.receive_packet(&mut packet) {
            Ok(()) => {
                let duration = packet.pts().and_then(|pts| self.durations.remove(&pts));
                packet.set_duration(duration.unwrap_or_else(|| packet.duration()));
                Ok(Some(packet))
            }
            Err(ffmpeg::Error::Eof | ffmpeg::Error::Other { errno: EAGAIN }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn open(codec: Codec, name: &str, target: &Target) -> Result<encoder::video::Encoder, ffmpeg::Error> {
    let Layout { size, pixel, .. } = target.layout;
    let mut context = codec::Context::new_with_codec(codec);
    context.set_threading(codec::threading::Config {
        count: THREADS,
        ..codec::threading::Config::kind(codec::threading::Type::Frame)
    });
    context.set_flags(codec::Flags::GLOBAL_HEADER);
    context.set_time_base(target.time_base);
    context.set_frame_rate(Some(target.fps));
    let mut video = context.encoder().video()?;
    video.set_width(size.width as u32);
    video.set_height(size.height as u32);
    video.set_format(pixel);
    video.set_aspect_ratio(target.sample_aspect);
    video.set_colorspace(target.tags.space);
    video.set_color_range(target.tags.range);
    video.set_color_primaries(target.tags.primaries);
    video.set_color_transfer_characteristic(target.tags.transfer);
    set_chroma_location(&mut video, target.tags.chroma);
    let per_second = f64::from(target.fps.0) / f64::from(target.fps.1);
    video.set_gop((per_second * KEY_SECS).round().max(1.0) as u32);
    let mut options = Dictionary::new();
    if name == "libx264" {
        options.set("crf", &target.crf.to_string());
        options.set("preset", target.speed.x264_preset());
        options.set("x264-params", X264_PARAMS[usize::from(has_avx512())]);
    } else {
        let pixels = (size.width * size.height) as f64;
        video.set_bit_rate((pixels * per_second * BITS_PER_PIXEL) as usize);
    }
    video.open_as_with(codec, options)
}

/// Whether libx264 would use AVX-512; what has it has all that `asm=avx2` allows.
fn has_avx512() -> bool {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    return std::arch::is_x86_feature_detected!("avx512f");
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
    false
}

impl Speed {
    fn x264_preset(self) -> &'static str {
        match self {
            Self::Fast => "veryfast",
            Self::Medium => "medium",
            Self::Slow => "slow",
        }
    }
}

#[expect(unsafe_code, reason = "the safe wrapper does not show this field")]
fn set_chroma_location(video: &mut encoder::video::Video, location: ffmpeg::chroma::Location) {
    // SAFETY: the context is alive and not yet open.
    unsafe { (*video.as_mut_ptr()).chroma_sample_location = location.into() }
}
