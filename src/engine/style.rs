//! How a final differs from its draft, measured on their files. No frame is kept but the first ones' pyramids.

use super::{Cancel, Error, Event, Stage};
use crate::{
    drift::{StyleDrift, StyleMeter},
    frame::{Frame, Picture, Size},
    media::{self, Decoder, Want},
};
use std::path::Path;

/// Moments that are compared, spread evenly from the first frames to the last.
const MOMENTS: usize = 12;
/// Side of the frames that are only counted, pixels.
const COUNTED: usize = 16;

/// Compares two clips in the same moments, as shares of their lengths, whatever their sizes and frame rates.
///
/// # Errors
/// When a clip cannot be read, or the user asked to stop.
pub fn style_drift(
    draft: &Path,
    last: &Path,
    hear: &mut dyn FnMut(Event),
    cancel: &Cancel,
) -> Result<StyleDrift, Error> {
    let what = "final beside its draft".to_owned();
    let stage = Stage::Compare;
    let counts = [count(draft, cancel)?, count(last, cancel)?];
    let moments = counts.into_iter().min().unwrap_or(0).clamp(1, MOMENTS);
    hear(Event::Begin { stage, what: what.clone(), total: moments as u64 });
    let mut meter = StyleMeter::default();
    let [mut drafts, mut lasts] = [Seeker::open(draft)?, Seeker::open(last)?];
    for moment in 0..moments {
        let at =
            |count: usize| (moment * (count - 1) + moments.saturating_sub(1) / 2) / moments.saturating_sub(1).max(1);
        meter.see(&drafts.seek(at(counts[0]), cancel)?, &lasts.seek(at(counts[1]), cancel)?);
        hear(Event::Progress { stage, done: moment as u64 + 1, total: moments as u64 });
    }
    hear(Event::End { stage, what });
    meter.finish().ok_or_else(|| Error::Bug("two clips were compared in no moment".into()))
}

/// A clip that is read forwards.
struct Seeker<'a> {
    path: &'a Path,
    frames: Decoder,
}

impl<'a> Seeker<'a> {
    fn open(path: &'a Path) -> Result<Self, Error> {
        let size = StyleMeter::working_size(media::probe(path)?.size);
        Ok(Self { path, frames: Decoder::open(path, &Want { size: Some(size) })? })
    }

    /// Frame `index`, which lies before none that was asked for.
    fn seek(&mut self, index: usize, cancel: &Cancel) -> Result<Picture, Error> {
        while let Some(frame) = self.frames.next().transpose()? {
            check(cancel)?;
            if frame.index == index {
                return Ok(frame.picture);
            }
        }
        Err(media::Error::NoFrames { path: self.path.into() }.into())
    }
}

/// Frames of a clip, 1 or more: containers do not always tell the truth.
fn count(path: &Path, cancel: &Cancel) -> Result<usize, Error> {
    let mut count = 0;
    for frame in Decoder::open(path, &Want { size: Some(Size::new(COUNTED, COUNTED)) })? {
        let Frame { index, .. } = frame?;
        check(cancel)?;
        count = index + 1;
    }
    if count == 0 { Err(media::Error::NoFrames { path: path.into() }.into()) } else { Ok(count) }
}

fn check(cancel: &Cancel) -> Result<(), Error> {
    if cancel.is_requested() { Err(Error::Interrupted) } else { Ok(()) }
}
