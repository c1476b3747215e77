//! Why a provider made no clip.

use super::recipe::{Fault, FaultClass};
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
    /// No recipe has this id.
    #[error("no provider is called `{id}`")]
    NoSuchProvider {
        /// As asked for.
        id: String,
        /// Those there are.
        known: String,
    },
    /// A recipe cannot be used.
    #[error("{}", complaints.join("\n"))]
    BadRecipe {
        /// What is wrong, with file and line.
        complaints: Vec<String>,
    },
    /// The provider does not make what is wanted; nothing was sent.
    #[error("{provider} cannot make it: {what}")]
    Unsuitable {
        /// Id of the recipe.
        provider: String,
        /// What it does not make, and what it makes.
        what: String,
        /// What to do.
        hint: String,
    },
    /// No key is in the environment.
    #[error("no key for {provider} is set")]
    NoKey {
        /// Id of the recipe.
        provider: String,
        /// Variables that may hold it.
        variables: String,
    },
    /// The provider did not accept the request, or ended the job without a clip.
    #[error("{provider} said no: {} ({})", or_nothing(&fault.message), fault.code)]
    Refused {
        /// Id of the recipe.
        provider: String,
        /// What it said.
        fault: Fault,
        /// What it charged all the same; unknown where it does not say.
        cost: Option<Money>,
    },
    /// The provider does not know a draft any more; nothing was charged.
    #[error("{provider} does not find draft {job}: {} ({})", or_nothing(&fault.message), fault.code)]
    DraftGone {
        /// Id of the recipe.
        provider: String,
        /// The provider's name for the draft's job.
        job: String,
        /// What it said.
        fault: Fault,
    },
    /// The provider could not be reached; nothing was sent.
    #[error("cannot reach {provider}: {what}")]
    Unreached {
        /// Id of the recipe.
        provider: String,
        /// Why.
        what: String,
    },
    /// The answer to a paid request was lost: perhaps charged, perhaps not.
    #[error("the answer of {provider} was lost: {what}")]
    Unclear {
        /// Id of the recipe.
        provider: String,
        /// How.
        what: String,
    },
    /// The job goes on, but we stopped asking; it can be taken up again.
    #[error("{provider} still has job {job}: {what}")]
    Pending {
        /// Id of the recipe.
        provider: String,
        /// The provider's name for it.
        job: String,
        /// Why we stopped asking.
        what: String,
    },
    /// The still was made, but could not be fetched; its address is known.
    #[error("the still that {provider} made could not be fetched: {what}")]
    Unfetched {
        /// Id of the recipe.
        provider: String,
        /// Why.
        what: String,
    },
    /// The still cannot be read or the clip cannot be written.
    #[error(transparent)]
    Media(#[from] media::Error),
    /// Somebody asked to stop.
    #[error("stopped")]
    Cancelled {
        /// What became of the request.
        fate: Fate,
        /// What was charged, where that is known.
        cost: Option<Money>,
    },
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
            Self::NoSuchProvider { .. } => "no-such-provider",
            Self::BadRecipe { .. } => "bad-recipe",
            Self::Unsuitable { .. } => "unsuitable",
            Self::NoKey { .. } => "no-key",
            Self::Refused { fault, .. } => fault.class.code(),
            Self::DraftGone { .. } => "draft-gone",
            Self::Unreached { .. } => "provider-unreached",
            Self::Unclear { .. } => "answer-lost",
            Self::Pending { .. } => "job-pending",
            Self::Unfetched { .. } => "still-not-fetched",
            Self::Media(error) => error.code(),
            Self::Cancelled { .. } => "cancelled",
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
            Self::NoSuchProvider { known, .. } => format!("there are animator, command, {known}"),
            Self::BadRecipe { .. } => "`holdstill providers check FILE` examines a recipe".to_owned(),
            Self::Unsuitable { hint, .. } => hint.clone(),
            Self::NoKey { variables, .. } => format!("set {variables} in the environment"),
            Self::Refused { fault, .. } => fault.class.hint().to_owned(),
            Self::DraftGone { .. } => {
                "`holdstill promote RUN --rerender` asks a final model for the same thing anew, which does not reproduce the draft"
                    .to_owned()
            }
            Self::Unreached { .. } => "check the network, then run the same command again".to_owned(),
            Self::Unclear { .. } => {
                "`holdstill runs resume` looks for it; --resubmit pays again where it cannot be found".to_owned()
            }
            Self::Pending { .. } => "nothing is lost: `holdstill runs resume` goes on with it".to_owned(),
            Self::Unfetched { .. } => "nothing is lost: run the same command again to fetch it".to_owned(),
            Self::Media(error) => error.hint(),
            Self::Cancelled { .. } => String::new(),
        }
    }

    /// What the provider says that it charged without making a clip; zero where it did not even start.
    pub fn cost(&self) -> Option<Money> {
        match self {
            Self::BadLine { .. }
            | Self::CannotStart { .. }
            | Self::BadRequest { .. }
            | Self::NoSuchProvider { .. }
            | Self::BadRecipe { .. }
            | Self::Unsuitable { .. }
            | Self::NoKey { .. }
            | Self::DraftGone { .. }
            | Self::Unreached { .. }
            | Self::Media(_) => Some(Money::ZERO),
            Self::Failed { cost, .. }
            | Self::TimedOut { cost, .. }
            | Self::NoOutput { cost, .. }
            | Self::Refused { cost, .. }
            | Self::Cancelled { cost, .. } => *cost,
            Self::Unclear { .. } | Self::Pending { .. } | Self::Unfetched { .. } => None,
        }
    }

    /// What became of the request.
    pub const fn fate(&self) -> Fate {
        match self {
            Self::Unclear { .. } => Fate::Unknown,
            Self::Pending { .. } | Self::Unfetched { .. } => Fate::Open,
            Self::Cancelled { fate, .. } => *fate,
            _ => Fate::Over,
        }
    }

    /// Whether the request asks for what the provider cannot or may not make, rather than the provider being at fault.
    pub const fn is_usage(&self) -> bool {
        match self {
            Self::BadLine { .. }
            | Self::BadRequest { .. }
            | Self::NoSuchProvider { .. }
            | Self::BadRecipe { .. }
            | Self::Unsuitable { .. }
            | Self::NoKey { .. } => true,
            Self::Refused { fault, .. } => matches!(fault.class, FaultClass::Auth),
            _ => false,
        }
    }
}

/// What became of a request that brought no clip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is over; no clip will come.
    Over,
    /// Perhaps it was accepted.
    Unknown,
    /// Its job is known and can be asked about again.
    Open,
}

fn or_nothing(message: &str) -> &str {
    if message.is_empty() { "no reason given" } else { message }
}

fn tail_of(stderr: &str) -> String {
    let tail = stderr.trim();
    if tail.is_empty() { String::new() } else { format!("; its last words: {tail}") }
}
