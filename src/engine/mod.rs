//! Floor 4: the verbs, without a face. They speak [`Event`]s; who listens draws.

pub mod animate;
mod error;
mod event;
mod gate;
mod heat;
mod score;

pub use error::{Class, Error};
pub use event::{Cancel, Event, Stage};
pub use gate::{GATE_SCHEMA, GateCase, GateError, GateOutcome, GateReport, Gated, gate};
pub use heat::HeatMaps;
pub use score::{ScoreJob, Scored, command_line, score, score_as};
