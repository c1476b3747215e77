//! Floor 4: the verbs, without a face. They speak [`Event`]s; who listens draws.

pub mod animate;
mod batch;
mod calibrate;
mod error;
mod event;
mod gate;
mod heat;
mod mend;
pub mod refine;
mod score;
mod selftest;
mod style;

pub use calibrate::{CALIBRATION_SCHEMA, CalibrationReport, LabelledCase, LabelledClip, calibrate};
pub use error::{Class, Error};
pub use event::{Cancel, Event, Stage};
pub use gate::{GATE_SCHEMA, GateCase, GateError, GateOutcome, GateReport, Gated, gate};
pub use heat::HeatMaps;
pub use mend::{MEND_SCHEMA, MendJob, MendReport, SpanReport, mend, mend_scored};
pub use score::{ScoreJob, Scored, command_line, quoted, score, score_as};
pub use selftest::{Part, SELFTEST_SCHEMA, SelftestJob, SelftestReport, Trial, selftest};
pub use style::style_drift;
