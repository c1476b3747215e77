//! Decoding: the frames of a clip, in order, one at a time.

use super::{
    Ending, Error, Probe,
    animation::Animation,
    clock::Clock,
    reading::{Found, Reading},
    scale::Scaler,
};
use crate::frame::{Frame, Picture, Size, Time};
use std::{
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
};

/// Frames that wait between the decoding thread and the reader: enough to overlap, few enough to bound memory.
const QUEUE: usize = 4;

/// Frames after which a clip is no clip: more than an hour at 120 frames per second.
const MAX_FRAMES: usize = 500_000;

/// What is wanted of a clip.
#[derive(Clone, Copy, Debug, Default)]
pub struct Want {
    /// Size of the pictures in pixels; the displayed size of the clip if `None`.
    pub size: Option<Size>,
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
        Self::open_sized(path, |shown| want.size.unwrap_or(shown))
    }

    /// [`Self::open`] where the size that is wanted depends on the one at which players show the clip.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_sized(path: &Path, wanted: impl FnOnce(Size) -> Size) -> Result<Self, Error> {
        if Animation::is_at(path) {
            return Self::open_animation(path, wanted);
        }
        let (stream, reading) = Reading::open(path)?;
        let size = wanted(stream.probe.size);
        Self::start(path, stream.probe.clone(), move |delivery| {
            let mut scaler = Scaler::new(size, stream.orientation);
            let mut clock = Clock::new(&stream);
            reading.run(&mut |found| match found {
                Found::Frame(decoded) => {
                    let picture = scaler.picture(decoded).map_err(Stop::Failed)?;
                    delivery.hand_out(clock.time(decoded), picture)
                }
                Found::Packet(_) => Ok(()),
            })
        })
    }

    fn open_animation(path: &Path, wanted: impl FnOnce(Size) -> Size) -> Result<Self, Error> {
        let animation = Animation::open(path)?;
        let probe = animation.probe.clone();
        let size = wanted(probe.size);
        Self::start(path, probe, move |delivery| {
            animation.run(size, &mut |frame| delivery.hand_out(frame.time, frame.picture))
        })
    }

    /// Starts the thread that reads the clip and hands out its frames.
    fn start(
        path: &Path,
        probe: Probe,
        read: impl FnOnce(&mut Delivery) -> Result<Ending, Stop> + Send + 'static,
    ) -> Result<Self, Error> {
        let (sender, frames) = sync_channel(QUEUE);
        let owned = path.to_path_buf();
        let thread = thread::Builder::new().name("decode".into()).spawn(move || {
            let mut delivery = Delivery { index: 0, sender };
            let ended = read(&mut delivery);
            delivery.end(&ended, owned);
        });
        match thread {
            Ok(_) => Ok(Self { probe, frames, ending: None }),
            Err(source) => Err(Error::Unreadable { path: path.into(), source }),
        }
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

/// The decoding thread's side of the channel.
struct Delivery {
    index: usize,
    sender: SyncSender<Message>,
}

/// Why delivery stopped before the end.
enum Stop {
    ReaderGone,
    TooLong,
    Failed(ffmpeg_next::Error),
}

impl Delivery {
    fn hand_out(&mut self, time: Time, picture: Picture) -> Result<(), Stop> {
        if self.index == MAX_FRAMES {
            return Err(Stop::TooLong);
        }
        let frame = Frame { index: self.index, time, picture };
        self.index += 1;
        self.sender.send(Message::Frame(frame)).map_err(|_| Stop::ReaderGone)
    }

    fn end(self, ended: &Result<Ending, Stop>, path: PathBuf) {
        let last = match ended {
            Ok(ending) if ending.frames == 0 => Message::Failed(Error::NoFrames { path }),
            Ok(ending) => Message::End(*ending),
            Err(Stop::TooLong) => Message::Failed(Error::TooLong { path, frames: MAX_FRAMES }),
            Err(Stop::Failed(error)) => Message::Failed(Error::Decode { path, reason: error.to_string() }),
            Err(Stop::ReaderGone) => return,
        };
        if self.sender.send(last).is_err() {
            tracing::debug!("the reader of a clip left before its end");
        }
    }
}
