//! One attempt: the clip with the chosen spans mended, written to a temporary file.

use super::{bridges::Bridges, tones::Tones};
use crate::{
    drift::{Cause, FrameDrift},
    engine::{Cancel, Error, Event, Stage},
    frame::Picture,
    media::{self, RewriteSettings, RewriteStats, Stop},
    repair::Kind,
};
use std::path::Path;

/// Frames that are mended together.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Span {
    /// First and last, 0-based, both included.
    pub(super) frames: [usize; 2],
    /// How.
    pub(super) kind: Kind,
    /// The causes that this is to heal.
    pub(super) causes: Vec<Cause>,
}

/// Writes `clip` to `out` with `spans` (in order of time) mended; `frames` are the clip's, as measured. `tones` are needed
/// where colour or brightness is to be mended. What is bridged is made of frames whose tone is mended.
pub(super) fn write(
    clip: &Path,
    out: &Path,
    spans: &[Span],
    frames: &[FrameDrift],
    tones: Option<&Tones>,
    hear: &mut dyn FnMut(Event),
    cancel: &Cancel,
) -> Result<RewriteStats, Error> {
    let total = frames.len() as u64;
    let times: Vec<f64> = frames.iter().map(|f| f.time_secs).collect();
    let toned = |index: usize, picture: &Picture| tones.and_then(|tones| tones.frame(index, picture, spans));
    let mut bridges = Bridges::open(clip, spans, times, &toned)?;
    let mut failed = None;
    let rewritten = media::rewrite(clip, out, RewriteSettings::default(), &mut |index, own| {
        if cancel.is_requested() {
            return Err(Stop);
        }
        hear(Event::Progress { stage: Stage::Mend, done: index as u64 + 1, total });
        let mut mended = || match bridges.frame(index)? {
            None if tones.is_some() => Ok(toned(index, &own()?)),
            bridged => Ok(bridged),
        };
        mended().map_err(|error| {
            failed = Some(error);
            Stop
        })
    });
    match failed {
        Some(error) => Err(error),
        None => Ok(rewritten?),
    }
}
