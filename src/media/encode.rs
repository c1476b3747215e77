//! Encoding pictures to an MP4 that every player shows: H.264, 4:2:0, BT.709 in studio range.

use super::{
    Error,
    carry::Soundtrack,
    h264::{Speed, Target, VideoEncoder},
    matrix::Matrix,
    orient::Orientation,
    probe::Tags,
    scale::Painter,
    sink::{NewVideo, Sink},
    swscale::Layout,
};
use crate::frame::{Picture, Size, Time};
use ffmpeg_next::{Rational, chroma::Location, format::Pixel};
use std::path::{Path, PathBuf};

/// Constant rate factor of libx264 at which a loss is not seen in still frames.
pub const FINE_CRF: u8 = 16;

/// Ticks per second at least, so that variable frame rates are kept to 0.1 ms.
const LEAST_TICKS: i32 = 10_000;

/// How a clip is to be encoded.
#[derive(Clone, Debug)]
pub struct EncodeSettings {
    /// Size in pixels; both sides even, for 4:2:0.
    pub size: Size,
    /// Frames per second as a fraction, both parts > 0.
    pub fps: (i32, i32),
    /// libx264's constant rate factor, 0 (lossless) to 51.
    pub crf: u8,
    /// How hard to search.
    pub speed: Speed,
    /// A clip whose audio is taken over, cut at the end of the pictures.
    pub audio_from: Option<PathBuf>,
}

impl EncodeSettings {
    /// Fine quality at medium speed without audio.
    pub fn new(size: Size, fps: (i32, i32)) -> Self {
        Self { size, fps, crf: FINE_CRF, speed: Speed::default(), audio_from: None }
    }
}

/// A clip being written. Dropping it without [`Encoder::finish`] leaves an unplayable file: write to a [`super::TempOut`].
pub struct Encoder {
    path: PathBuf,
    settings: EncodeSettings,
    video: VideoEncoder,
    painter: Painter,
    sink: Sink,
    index: usize,
    soundtrack: Option<Soundtrack>,
    last: Option<i64>,
}

impl Encoder {
    /// Starts a clip at exactly `path`.
    ///
    /// # Errors
    /// When a side is odd or 0, an encoder is missing, or the file cannot be written.
    pub fn create(path: &Path, settings: &EncodeSettings) -> Result<Self, Error> {
        check_size(path, settings.size)?;
        let mut sink = Sink::create(path)?;
        let video = VideoEncoder::open(target(settings), path)?;
        let index = sink.add_video(&NewVideo {
            encoder: video.context(),
            encoder_size: settings.size,
            time_base: video.target().time_base,
            fps: video.target().fps,
            sample_aspect: Rational(1, 1),
            orientation: Orientation::UPRIGHT,
        })?;
        let soundtrack = settings.audio_from.as_deref().map(|from| Soundtrack::open(from, &mut sink)).transpose()?;
        sink.start()?;
        let painter = video.painter(Orientation::UPRIGHT);
        Ok(Self { path: path.into(), settings: settings.clone(), video, painter, sink, index, soundtrack, last: None })
    }

    /// Appends a picture, shown from `time` on; times rise strictly.
    ///
    /// # Errors
    /// When the picture has another size than the clip, or the file cannot be written.
    pub fn push(&mut self, picture: &Picture, time: Time) -> Result<(), Error> {
        if picture.size() != self.settings.size {
            let reason = "the clip was begun in another size";
            return Err(Error::BadSize { path: self.path.clone(), size: picture.size(), reason });
        }
        let ticks = self.ticks(time);
        let mut frame = self.painter.frame(picture).map_err(|e| Error::muxing(&self.path, e))?;
        self.video.send(&mut frame, ticks, Some(self.frame_ticks())).map_err(|e| Error::muxing(&self.path, e))?;
        self.last = Some(ticks);
        self.write_ready()
    }

    /// Ends the clip; only then is it playable.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(mut self) -> Result<(), Error> {
        self.video.end().map_err(|e| Error::muxing(&self.path, e))?;
        self.write_ready()?;
        self.sink.finish()
    }

    /// Rounds to the clip's ticks; never before or at the last picture.
    fn ticks(&self, time: Time) -> i64 {
        let base = self.video.target().time_base;
        let rounded =
            (i128::from(time.ticks) * i128::from(time.num) * i128::from(base.1) * 2 / i128::from(time.den) + 1) / 2;
        let rounded = i64::try_from(rounded).unwrap_or(i64::MAX);
        self.last.map_or(rounded, |last| rounded.max(last + 1))
    }

    fn frame_ticks(&self) -> i64 {
        let Rational(_, per_second) = self.video.target().time_base;
        i64::from(per_second) * i64::from(self.settings.fps.1) / i64::from(self.settings.fps.0)
    }

    fn write_ready(&mut self) -> Result<(), Error> {
        let base = self.video.target().time_base;
        while let Some(mut packet) = self.video.receive().map_err(|e| Error::muxing(&self.path, e))? {
            self.sink.write(&mut packet, self.index, base)?;
        }
        let end = self.last.map_or(0, |last| last + self.frame_ticks());
        let Some(soundtrack) = &mut self.soundtrack else { return Ok(()) };
        soundtrack.write_until(end as f64 / f64::from(base.1), &mut self.sink)
    }
}

fn check_size(path: &Path, size: Size) -> Result<(), Error> {
    let reason = match (size.width, size.height) {
        (0, _) | (_, 0) => "it has no pixels",
        (w, h) if w % 2 == 1 || h % 2 == 1 => "4:2:0 needs even sides",
        _ => return Ok(()),
    };
    Err(Error::BadSize { path: path.into(), size, reason })
}

fn target(settings: &EncodeSettings) -> Target {
    let (num, den) = (settings.fps.0.max(1), settings.fps.1.max(1));
    let finer = (LEAST_TICKS + num - 1) / num;
    Target {
        layout: Layout {
            pixel: Pixel::YUV420P,
            size: settings.size,
            matrix: Matrix::Bt709,
            is_full: false,
            chroma: Location::Left,
        },
        tags: Tags::BT709,
        fps: Rational(num, den),
        time_base: Rational(1, num.saturating_mul(finer)),
        sample_aspect: Rational(1, 1),
        crf: settings.crf,
        speed: settings.speed,
    }
}
