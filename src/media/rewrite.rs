//! Replacing some frames of a clip and keeping all else: times, tags, rotation, aspect, audio, the other frames.

use super::{
    Ending, Error,
    carry::Carried,
    clock::Clock,
    h264::{Speed, Target, VideoEncoder},
    matrix::{self, Matrix},
    probe::{Tags, Video as VideoStream},
    reading::{Found, Reading},
    scale::{Painter, Scaler},
    sink::{NewVideo, Sink},
    swscale::Layout,
};
use crate::frame::{Picture, Size};
use ffmpeg_next::{self as ffmpeg, Rational, format::Pixel, frame::Video, media};
use std::{
    cell::RefCell,
    path::{Path, PathBuf},
};

/// How the rewritten clip is encoded.
#[derive(Clone, Copy, Debug)]
pub struct RewriteSettings {
    /// libx264's constant rate factor, 0 (lossless) to 51.
    pub crf: u8,
    /// How hard to search.
    pub speed: Speed,
}

impl Default for RewriteSettings {
    fn default() -> Self {
        Self { crf: super::FINE_CRF, speed: Speed::Medium }
    }
}

/// What [`rewrite`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RewriteStats {
    /// Frames written.
    pub frames: usize,
    /// Frames among them that were replaced.
    pub replaced: usize,
    /// Packets that could not be decoded and were left out.
    pub skipped: usize,
    /// Whether the input ends before the frames that its index lists.
    pub truncated: bool,
    /// Audio and subtitle streams that were copied.
    pub streams_copied: usize,
    /// Audio and subtitle streams that the output's container cannot hold.
    pub streams_dropped: Vec<String>,
}

/// Tells [`rewrite`] to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop;

/// Decides about the frame of an index (0-based): `None` keeps it, a picture of the displayed size replaces it. The
/// second argument gives the frame's own picture, for those who need it.
pub type Replace<'a> = dyn FnMut(usize, &dyn Fn() -> Result<Picture, Error>) -> Result<Option<Picture>, Stop> + 'a;

/// Decodes `input` and encodes it again as H.264 to `output` (`.mp4`, `.mov` or `.mkv`), with some frames replaced.
///
/// Kept frames go from the decoder's planes to the encoder in their own pixel format; there is no detour over R'G'B'.
/// What the encoder cannot take is brought to the nearest that it can: more than 10 bits to 10; R'G'B' to YUV 4:2:0
/// BT.709; odd sizes to 4:4:4, the only sampling in which H.264 has them.
///
/// # Errors
/// When the input cannot be read, the output cannot be written, or `replace` says stop ([`Error::Stopped`]).
pub fn rewrite(
    input: &Path,
    output: &Path,
    settings: RewriteSettings,
    replace: &mut Replace<'_>,
) -> Result<RewriteStats, Error> {
    let (stream, reading) = Reading::open(input)?;
    let mut sink = Sink::create(output)?;
    let encoder = open_encoder(&stream, settings, output)?;
    let index = sink.add_video(&NewVideo {
        encoder: encoder.context(),
        encoder_size: stream.raw.coded,
        time_base: encoder.target().time_base,
        fps: encoder.target().fps,
        sample_aspect: encoder.target().sample_aspect,
        orientation: stream.orientation,
    })?;
    let carried = Carried::plan(&reading.input, &mut sink, &[media::Type::Audio, media::Type::Subtitle])?;
    sink.set_metadata(reading.input.metadata().to_owned());
    sink.start()?;
    let mut rewriting = Rewriting {
        output: output.into(),
        painter: encoder.painter(stream.orientation),
        scaler: RefCell::new(Scaler::new(stream.probe.size, stream.orientation)),
        clock: Clock::new(&stream),
        stats: RewriteStats { streams_copied: carried.count(), ..RewriteStats::default() },
        encoder,
        sink,
        index,
    };
    let ending = reading.run(&mut |found| match found {
        Found::Frame(frame) => rewriting.take(frame, input, replace),
        Found::Packet(packet) => carried.write(packet, 0.0, &mut rewriting.sink),
    })?;
    if ending.frames == 0 {
        return Err(Error::NoFrames { path: input.into() });
    }
    let stats = rewriting.finish(ending)?;
    Ok(RewriteStats { streams_dropped: carried.dropped, ..stats })
}

/// The output side of a clip being rewritten.
struct Rewriting {
    output: PathBuf,
    scaler: RefCell<Scaler>,
    painter: Painter,
    clock: Clock,
    encoder: VideoEncoder,
    sink: Sink,
    index: usize,
    stats: RewriteStats,
}

impl Rewriting {
    fn take(&mut self, frame: &mut Video, input: &Path, replace: &mut Replace<'_>) -> Result<(), Error> {
        let ticks = self.clock.ticks(frame);
        let duration = Some(frame.packet().duration).filter(|&ticks| ticks > 0);
        let decode = |e: ffmpeg::Error| Error::Decode { path: input.into(), reason: e.to_string() };
        let own_picture = || self.scaler.borrow_mut().picture(frame).map_err(decode);
        let replacement = replace(self.stats.frames, &own_picture).map_err(|Stop| Error::Stopped)?;
        self.stats.frames += 1;
        let mut painted = match replacement {
            Some(picture) => {
                self.stats.replaced += 1;
                Some(self.painter.frame(&picture).map_err(decode)?)
            }
            None => self.painter.adapt(frame).map_err(decode)?,
        };
        let chosen = painted.as_mut().unwrap_or(frame);
        self.encoder.send(chosen, ticks, duration).map_err(|e| Error::muxing(&self.output, e))?;
        self.write_ready()
    }

    fn finish(mut self, ending: Ending) -> Result<RewriteStats, Error> {
        self.encoder.end().map_err(|e| Error::muxing(&self.output, e))?;
        self.write_ready()?;
        self.sink.finish()?;
        Ok(RewriteStats { skipped: ending.skipped, truncated: ending.truncated, ..self.stats })
    }

    fn write_ready(&mut self) -> Result<(), Error> {
        let base = self.encoder.target().time_base;
        while let Some(mut packet) = self.encoder.receive().map_err(|e| Error::muxing(&self.output, e))? {
            self.sink.write(&mut packet, self.index, base)?;
        }
        Ok(())
    }
}

/// Opens the encoder for the layout nearest to the input's, in 8 bits where it has no more.
fn open_encoder(stream: &VideoStream, settings: RewriteSettings, output: &Path) -> Result<VideoEncoder, Error> {
    let target = |layout: Layout, tags: Tags| Target {
        layout,
        tags,
        fps: Rational(stream.probe.fps.0, stream.probe.fps.1),
        time_base: stream.time_base,
        sample_aspect: Rational(stream.probe.sample_aspect.0, stream.probe.sample_aspect.1),
        crf: settings.crf,
        speed: settings.speed,
    };
    let (layout, tags) = nearest_layout(stream, stream.probe.bits > 8);
    let opened = VideoEncoder::open(target(layout, tags), output);
    if opened.is_ok() || stream.probe.bits <= 8 {
        return opened;
    }
    let (layout, tags) = nearest_layout(stream, false);
    VideoEncoder::open(target(layout, tags), output)
}

fn nearest_layout(stream: &VideoStream, is_deep: bool) -> (Layout, Tags) {
    let raw = stream.raw;
    let is_rgb = matrix::is_rgb(raw.pixel);
    let tags = if is_rgb { Tags::BT709 } else { raw.tags };
    let pixel = nearest_pixel(raw.pixel, raw.coded, is_deep);
    let layout = Layout {
        pixel,
        size: raw.coded,
        matrix: Matrix::stated_or_usual(tags.space, raw.coded, false),
        is_full: matrix::is_full_range(pixel, tags.range),
        chroma: tags.chroma,
    };
    (layout, tags)
}

/// The nearest of the pixel formats that H.264 has.
fn nearest_pixel(pixel: Pixel, size: Size, is_deep: bool) -> Pixel {
    let stated = pixel.descriptor().map_or((1, 1), |d| (d.log2_chroma_w(), d.log2_chroma_h()));
    let halved = if matrix::is_rgb(pixel) || pixel == Pixel::GRAY8 { (1, 1) } else { stated };
    let can_halve = (size.width.is_multiple_of(2), size.height.is_multiple_of(2));
    match (halved, can_halve) {
        ((1.., 1..), (true, true)) if is_deep => Pixel::YUV420P10LE,
        ((1, 1), (true, true)) if pixel == Pixel::YUVJ420P => pixel,
        ((1.., 1..), (true, true)) => Pixel::YUV420P,
        ((1.., 0), (true, _)) if is_deep => Pixel::YUV422P10LE,
        ((1, 0), (true, _)) if pixel == Pixel::YUVJ422P => pixel,
        ((1.., 0), (true, _)) => Pixel::YUV422P,
        _ if is_deep => Pixel::YUV444P10LE,
        _ if matrix::is_jpeg(pixel) => Pixel::YUVJ444P,
        _ => Pixel::YUV444P,
    }
}
