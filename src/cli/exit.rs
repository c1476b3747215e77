//! Exit codes: the gate that scripts see.

use holdstill::{drift::Verdict, engine::Class};
use std::process::ExitCode;

/// How the process ends. The numbers are a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The clip holds, or the verb did what it was asked.
    Ok = 0,
    /// The clip drifts.
    Drift = 1,
    /// Wrong usage or configuration.
    Usage = 2,
    /// Media cannot be read or written.
    Media = 3,
    /// A provider failed.
    Provider = 4,
    /// Budget or consent is missing.
    Budget = 5,
    /// Too little could be judged.
    Unsure = 6,
    /// A fault of holdstill itself (`EX_SOFTWARE` of sysexits.h).
    Bug = 70,
    /// Stopped by the user.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl From<Verdict> for Exit {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Hold => Self::Ok,
            Verdict::Drift => Self::Drift,
            Verdict::Unsure => Self::Unsure,
        }
    }
}

impl From<Class> for Exit {
    fn from(class: Class) -> Self {
        match class {
            Class::Usage => Self::Usage,
            Class::Media => Self::Media,
            Class::Provider => Self::Provider,
            Class::Budget => Self::Budget,
            Class::Interrupted => Self::Interrupted,
            Class::Bug => Self::Bug,
        }
    }
}
