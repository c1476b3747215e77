//! Demuxing and decoding one clip from its first packet to its last, whatever is damaged between.

use super::{
    Error,
    animation::Animation,
    probe::Video as VideoStream,
    source::{self, MAX_FRAME_PIXELS},
    span::Span,
};
use crate::frame::Size;
use ffmpeg_next::{
    self as ffmpeg, Packet, codec, codec::threading, decoder, error::EAGAIN, format::context::Input, frame::Video,
};
use std::{path::Path, thread};

/// Errors in a row after which a decoder or demuxer is given up: a damaged stretch is shorter, a loop is not.
const MAX_FAILURES: usize = 1000;

/// Frames that an index may count without holding them: AVI counts the empty frame with which B-frames begin.
const UNCOUNTED: u64 = 1;

/// How decoding ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ending {
    /// Frames that were decoded.
    pub frames: usize,
    /// Packets that could not be decoded and were skipped.
    pub skipped: usize,
    /// Whether the file ends before the frames that its index lists.
    pub truncated: bool,
}

/// What a clip gives while it is read.
pub(crate) enum Found<'a> {
    /// The next frame of the video stream, in presentation order.
    Frame(&'a mut Video),
    /// The next packet of any other stream.
    Packet(&'a mut Packet),
}

/// A clip that is being read.
pub(crate) struct Reading {
    pub(crate) input: Input,
    decoder: decoder::Video,
    index: usize,
    packets: u64,
    packets_stated: Option<u64>,
    span: Span,
    ending: Ending,
}

impl Reading {
    /// Opens the clip at `path` and the codec of its video.
    pub(crate) fn open(path: &Path) -> Result<(VideoStream, Self), Error> {
        if Animation::is_at(path) {
            return Err(Error::UnsupportedCodec { path: path.into(), codec: "animated WebP".into() });
        }
        let input = source::open(path)?;
        let stream = VideoStream::find(path, &input)?;
        let decoder = open_codec(path, &stream)?;
        let reading = Self {
            decoder,
            index: stream.index,
            packets: 0,
            packets_stated: stream.packets,
            span: Span::stated(&input),
            input,
            ending: Ending::default(),
        };
        Ok((stream, reading))
    }

    /// Reads to the end and gives everything to `take`, which may stop it with an error.
    pub(crate) fn run<E>(mut self, take: &mut dyn FnMut(Found<'_>) -> Result<(), E>) -> Result<Ending, E> {
        let mut failures = 0;
        while failures < MAX_FAILURES {
            let mut packet = Packet::empty();
            let read = packet.read(&mut self.input);
            if read.is_ok() {
                self.span.extend(&packet, &self.input);
            }
            match read {
                Ok(()) if packet.stream() == self.index => self.decode(&packet, take)?,
                Ok(()) => take(Found::Packet(&mut packet))?,
                Err(ffmpeg::Error::Eof) => break,
                Err(_) => {
                    failures += 1;
                    continue;
                }
            }
            failures = 0;
        }
        if self.decoder.send_eof().is_ok() {
            self.drain(take)?;
        }
        let is_short = self.packets_stated.map_or(self.span.is_short(), |stated| self.packets + UNCOUNTED < stated);
        Ok(Ending { truncated: is_short || failures > 0, ..self.ending })
    }

    fn decode<E>(&mut self, packet: &Packet, take: &mut dyn FnMut(Found<'_>) -> Result<(), E>) -> Result<(), E> {
        self.packets += 1;
        let mut sent = self.decoder.send_packet(packet);
        if sent == Err(ffmpeg::Error::Other { errno: EAGAIN }) {
            self.drain(take)?;
            sent = self.decoder.send_packet(packet);
        }
        self.ending.skipped += usize::from(sent.is_err());
        self.drain(take)
    }

    /// Takes every frame that is ready.
    fn drain<E>(&mut self, take: &mut dyn FnMut(Found<'_>) -> Result<(), E>) -> Result<(), E> {
        for _ in 0..MAX_FAILURES {
            let mut frame = Video::empty();
            match self.decoder.receive_frame(&mut frame) {
                Ok(()) => {
                    self.ending.frames += 1;
                    take(Found::Frame(&mut frame))?;
                }
                Err(ffmpeg::Error::Eof | ffmpeg::Error::Other { errno: EAGAIN }) => break,
                Err(_) => self.ending.skipped += 1,
            }
        }
        Ok(())
    }
}

/// Opens the codec of a video stream.
fn open_codec(path: &Path, stream: &VideoStream) -> Result<decoder::Video, Error> {
    let unsupported = || Error::UnsupportedCodec { path: path.into(), codec: stream.probe.codec.clone() };
    let codec = decoder::find(stream.parameters.id()).ok_or_else(unsupported)?;
    let mut context = codec::Context::from_parameters(stream.parameters.clone())
        .map_err(|e| Error::Decode { path: path.into(), reason: e.to_string() })?;
    context.set_threading(threading::Config {
        count: threads(stream.probe.coded),
        ..threading::Config::kind(threading::Type::Frame)
    });
    let mut options = ffmpeg::Dictionary::new();
    options.set("max_pixels", &MAX_FRAME_PIXELS.to_string());
    let mut decoder = context.decoder();
    decoder.set_packet_time_base(stream.time_base);
    decoder.open_as_with(codec, options).and_then(decoder::Opened::video).map_err(|_| unsupported())
}

/// Threads that decode frames of `size`; 0: as many as the codec wants. More than one costs it an eighth more of the CPU, which
/// two cores need for what is done with the frames: there, one for every two megapixels keeps up.
fn threads(size: Size) -> usize {
    const KEEPS_UP: usize = 1920 * 1088;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    if cores <= 2 { (size.width * size.height).div_ceil(KEEPS_UP).max(1) } else { 0 }
}
