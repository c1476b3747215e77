//! One attempt: the clip with the chosen spans mended, written to a temporary file.

use super::bridges::Bridges;
use crate::{
    drift::FrameDrift,
    engine::{Cancel, Error, Event, Stage},
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
}

/// Writes `clip` to `out` with `spans` (in order of time) mended; `frames` are the clip's, as measured.
pub(super) fn write(
    clip: &Path,
    out: &Path,
    spans: &[Span],
    frames: &[FrameDrift],
    hear: &mut dyn FnMut(Event),
    cancel: &Cancel,
) -> Result<RewriteStats, Error> {
    let total = frames.len() as u64;
    let times: Vec<f64> = frames.iter().map(|f| f.time_secs).collect();
    let mut bridges = Bridges::open(clip, spans, times)?;
    let mut failed = None;
    let rewritten = media::rewrite(clip, out, RewriteSettings::default(), &mut |index, _| {
        if cancel.is_requested() {
            return Err(Stop);
        }
        hear(Event::Progress { stage: Stage::Mend, done: index as u64 + 1, total });
        bridges.frame(index).map_err(|error| {
            failed = Some(error);
            Stop
        })
    });
    match failed {
        Some(error) => Err(error),
        None => Ok(rewritten?),
    }
}
