//! Floor 4: the verbs, without a face. They speak [`Event`]s; who listens draws.

mod error;
mod event;
mod heat;

pub use error::{Class, Error};
pub use event::{Cancel, Event, Stage};
pub use heat::HeatMaps;
