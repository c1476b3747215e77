//! A failed verb, ready to be shown.

use super::Exit;
use holdstill::engine;
use std::error::Error;

/// What went wrong, why, and what to do.
#[derive(Debug)]
pub(crate) struct Failure {
    /// A stable word for scripts.
    pub(crate) code: &'static str,
    /// One sentence.
    pub(crate) message: String,
    /// The chain of reasons, outermost first.
    pub(crate) causes: Vec<String>,
    /// What to do; may be empty.
    pub(crate) hint: String,
    /// How the process ends.
    pub(crate) exit: Exit,
}

impl Failure {
    /// A mistake in what the user typed.
    pub(crate) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code: "usage", message: message.into(), causes: Vec::new(), hint: hint.into(), exit: Exit::Usage }
    }
}

impl<E: Into<engine::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        let error = error.into();
        let message = error.to_string();
        let causes = std::iter::successors(error.source(), |&e| e.source()).map(ToString::to_string);
        let causes = causes.filter(|cause| *cause != message).collect();
        Self { code: error.code(), causes, hint: error.hint(), exit: error.class().into(), message }
    }
}
