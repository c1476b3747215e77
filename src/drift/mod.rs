//! Floor 2: what drift is: signals, fusion, policy, verdict, report.
//!
//! ```text
//! frame ─► registration ─┬► tracks ─► geometry    is the motion of the patches rigid?
//!    ▲        (seed)     ├► cells ──► structure   does each patch still look like the seed?
//!    │                   │        ├─► color, detail, identity
//!  canvas                └► series ─► flicker, freeze, cut
//!                                     all ─► calibration ─► fusion ─► judge
//! ```
//!
//! What motion explains is removed before anything is measured: a faithful clip may zoom, pan, roll, turn and refocus.

mod advice;
mod alignment;
mod barrier;
mod calibration;
mod canvas;
mod cells;
mod change;
mod color;
mod conformal;
mod correlation;
mod cubic;
mod cut;
mod detail;
mod embedding;
mod explain;
mod flicker;
mod focus;
mod freeze;
mod fusion;
mod geometry;
mod glare;
mod identity;
mod judge;
mod judgement;
pub mod leakage;
mod letters;
mod line;
mod observation;
mod placement;
pub mod policy;
mod prepared;
mod reader;
mod registration;
mod report;
mod rigid;
mod roc;
mod ruler;
mod series;
mod signal;
mod spans;
mod structure;
mod style;
mod subject;
mod tears;
mod tracks;
mod window;

pub use advice::{Advice, LONGEST_BRIDGE, LONGEST_BRIDGE_SECS, is_bridgeable};
pub use alignment::{Aligner, Pair};
pub use conformal::{Calibrated, Uncalibrated, calibrate};
pub use embedding::{Embedder, EmbedderError, Embedding};
pub use judgement::{Judgement, Spot};
pub use policy::{Breach, DRIFT_FAIL, Decision, Facts, Policy, Thresholds};
pub use report::{
    Cause, CauseFinding, ClipInfo, FrameDrift, MetricSummary, Registration, SCORE_SCHEMA, ScoreReport, SeedInfo,
    Verdict,
};
pub use roc::{Judged, Roc, RocPoint, roc};
pub use ruler::{Inquiry, Ruler};
pub use style::{Spread, StyleDrift, StyleMeter};
pub use subject::likely_subject;
