//! Streams that pass from one container to another as they are: audio and subtitles.

use super::{Error, sink::Sink, source};
use ffmpeg_next::{self as ffmpeg, Packet, Rational, error::EAGAIN, format::context::Input, media};
use std::path::Path;

/// Which streams of an input are carried over, and where to.
pub(crate) struct Carried {
    routes: Vec<Option<Route>>,
    /// Streams that the output's container cannot hold: `audio stream 1 (pcm_s16le)`.
    pub(crate) dropped: Vec<String>,
}

#[derive(Clone, Copy)]
struct Route {
    to: usize,
    time_base: Rational,
}

impl Carried {
    /// Adds to `sink` every stream of `input` of the kinds in `kinds`.
    pub(crate) fn plan(input: &Input, sink: &mut Sink, kinds: &[media::Type]) -> Result<Self, Error> {
        let mut carried = Self { routes: Vec::new(), dropped: Vec::new() };
        for stream in input.streams() {
            let kind = stream.parameters().medium();
            let to = if kinds.contains(&kind) { sink.add_copy(&stream)? } else { None };
            if to.is_none() && kinds.contains(&kind) {
                let codec = stream.parameters().id().name();
                carried.dropped.push(format!("{kind:?} stream {} ({codec})", stream.index()).to_lowercase());
            }
            carried.routes.push(to.map(|to| Route { to, time_base: stream.time_base() }));
        }
        Ok(carried)
    }

    /// How many streams are carried.
    pub(crate) fn count(&self) -> usize {
        self.routes.iter().flatten().count()
    }

    /// Writes a packet if its stream is carried, its times moved by `-shift` seconds.
    pub(crate) fn write(&self, packet: &mut Packet, shift_secs: f64, sink: &mut Sink) -> Result<(), Error> {
        let Some(Some(route)) = self.routes.get(packet.stream()) else { return Ok(()) };
        let shift = ticks(shift_secs, route.time_base);
        packet.set_pts(packet.pts().map(|pts| pts - shift));
        packet.set_dts(packet.dts().map(|dts| dts - shift));
        sink.write(packet, route.to, route.time_base)
    }

    fn secs(&self, packet: &Packet) -> Option<f64> {
        let base = self.routes.get(packet.stream())?.as_ref()?.time_base;
        let time = packet.dts().or_else(|| packet.pts())?;
        Some(time as f64 * f64::from(base.0) / f64::from(base.1))
    }
}

/// The audio of another clip, read as far as the pictures have come.
pub(crate) struct Soundtrack {
    input: Input,
    carried: Carried,
    /// Start of that clip's video in seconds: audio is moved so that it falls on the first picture.
    start_secs: f64,
    waiting: Option<Packet>,
    ended: bool,
}

impl Soundtrack {
    /// Adds the audio of the clip at `path` to `sink`.
    pub(crate) fn open(path: &Path, sink: &mut Sink) -> Result<Self, Error> {
        let input = source::open(path)?;
        let carried = Carried::plan(&input, sink, &[media::Type::Audio])?;
        let video = input.streams().best(media::Type::Video);
        let start_secs = video.filter(|v| v.start_time() != ffmpeg::ffi::AV_NOPTS_VALUE).map_or(0.0, |v| {
            let base = v.time_base();
            v.start_time() as f64 * f64::from(base.0) / f64::from(base.1)
        });
        Ok(Self { input, carried, start_secs, waiting: None, ended: false })
    }

    /// Writes the audio before `until_secs` of the new clip.
    pub(crate) fn write_until(&mut self, until_secs: f64, sink: &mut Sink) -> Result<(), Error> {
        while let Some(mut packet) = self.take() {
            let secs = self.carried.secs(&packet);
            if secs.is_some_and(|secs| secs - self.start_secs >= until_secs) {
                self.waiting = Some(packet);
                return Ok(());
            }
            self.carried.write(&mut packet, self.start_secs, sink)?;
        }
        Ok(())
    }

    fn take(&mut self) -> Option<Packet> {
        if let Some(packet) = self.waiting.take() {
            return Some(packet);
        }
        while !self.ended {
            let mut packet = Packet::empty();
            match packet.read(&mut self.input) {
                Ok(()) => return Some(packet),
                Err(ffmpeg::Error::Other { errno: EAGAIN }) => {}
                Err(_) => self.ended = true,
            }
        }
        None
    }
}

fn ticks(secs: f64, base: Rational) -> i64 {
    (secs * f64::from(base.1) / f64::from(base.0)).round() as i64
}
