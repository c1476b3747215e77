//! What an engine says while it works, and how it is told to stop.

use crate::drift::{FrameDrift, Verdict};
use serde::Serialize;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// A step of the pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// A provider makes a clip.
    Generate,
    /// Frames are decoded and measured against the seed.
    Score,
    /// Bad spans are repaired.
    Mend,
    /// The clip is encoded.
    Encode,
    /// The encoded clip is measured again.
    Verify,
    /// A final is held beside its draft.
    Compare,
}

/// One thing that happened. The same events feed bars, NDJSON and pages.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum Event {
    /// A stage began. `total` is in frames (of `generate` percent, of a self-test clips), 0 where unknown.
    Begin {
        /// Which stage.
        stage: Stage,
        /// What it works on, for a person.
        what: String,
        /// Units of work expected.
        total: u64,
    },
    /// A stage moved on.
    Progress {
        /// Which stage.
        stage: Stage,
        /// Units done.
        done: u64,
        /// Units expected, 0 where unknown.
        total: u64,
    },
    /// A frame was measured.
    Frame(FrameDrift),
    /// A stage ended.
    End {
        /// Which stage.
        stage: Stage,
        /// What came of it, for a person.
        what: String,
    },
    /// A clip was judged.
    Judged {
        /// What was judged, for a person.
        what: String,
        /// Its drift, `0..=100`.
        drift: f64,
        /// The decision.
        verdict: Verdict,
    },
    /// The engine chose what to do next, and why.
    Decision {
        /// For a person.
        what: String,
    },
    /// Something the user should know.
    Warning {
        /// For a person.
        what: String,
    },
}

/// A flag that asks running work to stop soon; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Asks to stop.
    pub fn request(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether somebody asked to stop.
    pub fn is_requested(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
