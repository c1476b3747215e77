//! Decoding: the frames of a clip, in order, one at a time.

use super::{
    Error, Probe,
    probe::Video as VideoStream,
    scale::Scaler,
    source::{self, MAX_FRAME_PIXELS},
};
use crate::frame::{Frame, Size, Time};
use ffmpeg_next::{self as ffmpeg, codec, decoder, error::EAGAIN, format::context::Input, frame::Video};
use std::{
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
};

/// Frames that wait between the decoding thread and the reader: enough to overlap, few enough to bound memory.
const QUEUE: usize = 4;

/// What is wanted of a clip.
#[derive(Clone, Copy, Debug, Default)]
pub struct Want {
    /// Size of the pictures in pixels; the displayed size of the clip if `None`.
    pub size: Option<Size>,
}

/// How decoding ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ending {
    /// Frames that were handed out.
    pub frames: usize,
    /// Packets that could not be decoded and were skipped.
    pub skipped: usize,
    /// Whether the file ends before the frames that its index lists.
    pub truncated: bool,
}

/// The frames of a clip: upright, in the wanted size, R'G'B', in presentation order, the first at time 0.
///
/// A thread of its own decodes a few frames ahead; dropping the decoder ends it.
pub struct Decoder {
    probe: Probe,
    frames: Receiver<Message>,
    ending: Option<Ending>,
}

enum Message {
    Frame(Frame),
    Failed(Error),
    End(Ending),
}

impl Decoder {
    /// Opens the clip at `path`, which may be an image-sequence pattern such as `frames/%04d.png`.
    ///
    /// # Errors
    /// When it is missing, unreadable, no clip, without video, too large, or in a codec that FFmpeg lacks.
    pub fn open(path: &Path, want: &Want) -> Result<Self, Error> {
        let input = source::open(path)?;
        let stream = VideoStream::find(path, &input)?;
        let decoder = open_codec(path, &stream)?;
        let probe = stream.probe.clone();
        let size = want.size.unwrap_or(probe.size);
        let (sender, frames) = sync_channel(QUEUE);
        let (named, path) = (path.to_path_buf(), path.to_path_buf());
        thread::Builder::new()
            .name("decode".into())
            .spawn(move || {
                let work = Work {
                    path,
                    input,
                    decoder,
                    scaler: Scaler::new(size, stream.orientation),
                    clock: Clock::new(&stream),
                    ending: Ending::default(),
                    packets: 0,
                    packets_stated: stream.packets,
                    index: stream.index,
                };
                work.run(&sender);
            })
            .map_err(|source| Error::Unreadable { path: named, source })?;
        Ok(Self { probe, frames, ending: None })
    }

    /// What the clip says about itself.
    pub fn probe(&self) -> &Probe {
        &self.probe
    }

    /// How decoding ended: known once the iterator has returned `None`.
    pub fn ending(&self) -> Option<Ending> {
        self.ending
    }
}

impl Iterator for Decoder {
    type Item = Result<Frame, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.frames.recv().ok()? {
            Message::Frame(frame) => Some(Ok(frame)),
            Message::Failed(error) => Some(Err(error)),
            Message::End(ending) => {
                self.ending = Some(ending);
                None
            }
        }
    }
}

/// Opens the codec of a video stream, with as many threads as it can use.
pub(crate) fn open_codec(path: &Path, stream: &VideoStream) -> Result<decoder::Video, Error> {
    let unsupported = || Error::UnsupportedCodec { path: path.into(), codec: stream.probe.codec.clone() };
    let codec = decoder::find(stream.parameters.id()).ok_or_else(unsupported)?;
    let mut context = codec::Context::from_parameters(stream.parameters.clone())
        .map_err(|e| Error::Decode { path: path.into(), reason: e.to_string() })?;
    context.set_threading(codec::threading::Config {
        count: 0,
        ..codec::threading::Config::kind(codec::threading::Type::Frame)
    });
    let mut options = ffmpeg::Dictionary::new();
    options.set("max_pixels", &MAX_FRAME_PIXELS.to_string());
    let mut decoder = context.decoder();
    decoder.set_packet_time_base(stream.time_base);
    decoder.open_as_with(codec, options).and_then(decoder::Opened::video).map_err(|_| unsupported())
}

/// The decoding thread: reads packets, drains frames, converts and sends them.
struct Work {
    path: PathBuf,
    input: Input,
    decoder: decoder::Video,
    scaler: Scaler,
    clock: Clock,
    ending: Ending,
    packets: u64,
    packets_stated: Option<u64>,
    index: usize,
}

/// The reader has gone, or an error was handed to it: nothing more to do.
struct Stop;

impl Work {
    fn run(mut self, sender: &SyncSender<Message>) {
        let ended = self.decode_all(sender);
        if ended.is_err() {
            return;
        }
        let last = if self.ending.frames == 0 {
            Message::Failed(Error::NoFrames { path: self.path })
        } else {
            self.ending.truncated |= self.packets_stated.is_some_and(|stated| self.packets < stated);
            Message::End(self.ending)
        };
        // a reader that has gone needs no ending
        drop(sender.send(last));
    }

    fn decode_all(&mut self, sender: &SyncSender<Message>) -> Result<(), Stop> {
        let mut packet = ffmpeg::Packet::empty();
        loop {
            match packet.read(&mut self.input) {
                Ok(()) if packet.stream() == self.index => {
                    self.packets += 1;
                    self.send(&packet, sender)?;
                }
                Ok(()) | Err(ffmpeg::Error::Other { errno: EAGAIN }) => {}
                Err(ffmpeg::Error::Eof) => break,
                Err(_) => {
                    self.ending.truncated = true;
                    break;
                }
            }
        }
        if self.decoder.send_eof().is_err() {
            self.ending.skipped += 1;
        }
        self.drain(sender)
    }

    fn send(&mut self, packet: &ffmpeg::Packet, sender: &SyncSender<Message>) -> Result<(), Stop> {
        loop {
            match self.decoder.send_packet(packet) {
                Ok(()) => return self.drain(sender),
                Err(ffmpeg::Error::Other { errno: EAGAIN }) => self.drain(sender)?,
                Err(_) => {
                    self.ending.skipped += 1;
                    return Ok(());
                }
            }
        }
    }

    /// Takes every frame that is ready.
    fn drain(&mut self, sender: &SyncSender<Message>) -> Result<(), Stop> {
        let mut decoded = Video::empty();
        loop {
            match self.decoder.receive_frame(&mut decoded) {
                Ok(()) => self.hand_out(&decoded, sender)?,
                Err(ffmpeg::Error::Eof | ffmpeg::Error::Other { errno: EAGAIN }) => return Ok(()),
                Err(_) => self.ending.skipped += 1,
            }
        }
    }

    fn hand_out(&mut self, decoded: &Video, sender: &SyncSender<Message>) -> Result<(), Stop> {
        let message = match self.scaler.picture(decoded) {
            Ok(picture) => {
                let (index, time) = (self.ending.frames, self.clock.time(decoded));
                Message::Frame(Frame { index, time, picture })
            }
            Err(error) => Message::Failed(Error::Decode { path: self.path.clone(), reason: error.to_string() }),
        };
        let failed = matches!(message, Message::Failed(_));
        self.ending.frames += 1;
        sender.send(message).map_err(|_| Stop)?;
        if failed { Err(Stop) } else { Ok(()) }
    }
}

/// Presentation times from the first frame on, strictly rising.
pub(crate) struct Clock {
    base: ffmpeg::Rational,
    /// Ticks of one frame at the stated rate: used where a frame has no time.
    usual_step: i64,
    first: Option<i64>,
    last: Option<i64>,
}

impl Clock {
    pub(crate) fn new(stream: &VideoStream) -> Self {
        let (base, fps) = (stream.time_base, stream.probe.fps);
        let ticks = f64::from(fps.1) / f64::from(fps.0) * f64::from(base.1) / f64::from(base.0);
        Self { base, usual_step: (ticks.round() as i64).max(1), first: None, last: None }
    }

    /// The time of the next frame since the first.
    pub(crate) fn time(&mut self, decoded: &Video) -> Time {
        let ticks = self.ticks(decoded);
        let first = *self.first.get_or_insert(ticks);
        Time { ticks: ticks.saturating_sub(first), num: self.base.0, den: self.base.1 }
    }

    /// The next frame's own time in ticks of the stream; a missing or falling time becomes one usual step after the
    /// last.
    pub(crate) fn ticks(&mut self, decoded: &Video) -> i64 {
        let stated = decoded.timestamp().or_else(|| decoded.pts());
        let next = self.last.map(|last| last.saturating_add(self.usual_step));
        let ticks = match (stated, self.last) {
            (Some(stated), Some(last)) if stated > last => stated,
            (Some(stated), None) => stated,
            _ => next.unwrap_or(0),
        };
        self.last = Some(ticks);
        ticks
    }
}
