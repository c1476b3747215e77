//! Why a provider made no clip.

use crate::{media, store::Money};
use std::io;

/// A failed take. Every variant has a stable [`code`](Error::code) and a [`hint`](Error::hint).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The command line cannot be understood.
    #[error("cannot understand the command line: {what}")]
    BadLine {
        /// What is wrong with it.
        what: String,
    },
    /// The program is not there or may not be run.
    #[error("cannot start `{program}`")]
    CannotStart {
        /// First word of the line.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// The program ended with an error.
    #[error("`{program}` ended with {status}{}", tail_of(stderr))]
    Failed {
        /// First word of the line.
        program: String,
        /// How it ended.
        status: String,
        /// The end of what it wrote to standard error.
        stderr: String,
        /// What it says that it cost all the same.
        cost: Option<Money>,
    },
    /// The program took too long and was stopped.
    #[error("`{program}` was stopped after {secs} s")]
    TimedOut {
        /// First word of the line.
        program: String,
        /// Limit in seconds.
        secs: u64,
        /// What it says that it cost all the same.
        cost: Option<Money>,
    },
    /// The program ended well but left no clip.
    #[error("`{program}` ended well but wrote nothing to {{out}}{}", tail_of(stderr))]
    NoOutput {
        /// First word of the line.
        program: String,
        /// The end of what it wrote to standard error.
        stderr: String,
        /// What it says that it cost all the same.
        cost: Option<Money>,
    },
    /// The request asks for something that the provider does not know.
    #[error("{what}")]
    BadRequest {
        /// What is wrong with it.
        what: String,
    },
    /// The still cannot be read or the clip cannot be written.
    #[error(transparent)]
    Media(#[from] media::Error),
    /// Somebody asked to stop.
    #[error("stopped")]
    Cancelled,
}

impl Error {
    /// A stable word for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadLine { .. } => "bad-command-line",
            Self::CannotStart { .. } => "command-not-started",
            Self::Failed { .. } => "command-failed",
            Self::TimedOut { .. } => "command-timed-out",
            Self::NoOutput { .. } => "command-no-output",
            Self::BadRequest { .. } => "bad-request",
            Self::Media(error) => error.code(),
            Self::Cancelled => "cancelled",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::BadLine { .. } => super::command::HELP.to_owned(),
            Self::CannotStart { .. } => "check the program's name, and that it may be executed".to_owned(),
            Self::Failed { .. } | Self::NoOutput { .. } => "run the command by hand to see what it needs".to_owned(),
            Self::TimedOut { .. } => "ask for a shorter clip, or a faster model".to_owned(),
            Self::BadRequest { .. } => "`holdstill animate --help` lists what there is".to_owned(),
            Self::Media(error) => error.hint(),
            Self::Cancelled => String::new(),
        }
    }

    /// What the provider says that it charged without making a clip; zero where it did not even start.
    pub fn cost(&self) -> Option<Money> {
        match self {
            Self::BadLine { .. } | Self::CannotStart { .. } | Self::BadRequest { .. } | Self::Media(_) => {
                Some(Money::ZERO)
            }
            Self::Failed { cost, .. } | Self::TimedOut { cost, .. } | Self::NoOutput { cost, .. } => *cost,
            Self::Cancelled => None,
        }
    }
}

fn tail_of(stderr: &str) -> String {
    let tail = stderr.trim();
    if tail.is_empty() { String::new() } else { format!("; its last words: {tail}") }
}
