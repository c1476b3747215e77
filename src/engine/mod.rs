//! Floor 4: the verbs, without a face. They speak [`Event`]s; who listens draws.

mod event;

pub use event::{Cancel, Event, Stage};
