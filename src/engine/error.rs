//! Why a verb could not finish.

use crate::{drift::EmbedderError, media, provider, store};

/// Every way in which a verb fails. The face turns it into `error:`, `caused by:`, `hint:` and an exit code.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A picture or a clip cannot be read or written.
    #[error(transparent)]
    Media(#[from] media::Error),
    /// The user's network cannot be used.
    #[error(transparent)]
    Embedder(#[from] EmbedderError),
    /// A provider made no clip.
    #[error(transparent)]
    Provider(#[from] provider::Error),
    /// The ledger, a stored clip or a setting cannot be used.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The user asked for something that cannot be.
    #[error("{what}")]
    Usage {
        /// What is wrong.
        what: String,
        /// What to do instead.
        hint: String,
    },
    /// The money does not allow it, or nobody agreed to spend it.
    #[error("{what}")]
    Budget {
        /// What is wrong.
        what: String,
        /// What to do instead.
        hint: String,
    },
    /// The folder for temporary files cannot be used.
    #[error("cannot use a temporary file in {}", std::env::temp_dir().display())]
    Scratch(#[source] std::io::Error),
    /// The user asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// A fault of holdstill itself.
    #[error("internal error: {0}")]
    Bug(String),
}

/// What an error means for the exit code of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Wrong usage or configuration.
    Usage,
    /// Media cannot be read or written.
    Media,
    /// A provider failed.
    Provider,
    /// Budget or consent is missing.
    Budget,
    /// Interrupted.
    Interrupted,
    /// A bug.
    Bug,
}

impl Error {
    /// A stable word for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Media(error) => error.code(),
            Self::Embedder(error) => error.code(),
            Self::Provider(error) => error.code(),
            Self::Store(error) => error.code(),
            Self::Usage { .. } => "usage",
            Self::Budget { .. } => "budget",
            Self::Scratch(_) => "scratch",
            Self::Interrupted => "interrupted",
            Self::Bug(_) => "bug",
        }
    }

    /// What to do about it; empty where nothing helps.
    pub fn hint(&self) -> String {
        match self {
            Self::Media(error) => error.hint(),
            Self::Embedder(error) => error.hint(),
            Self::Provider(error) => error.hint(),
            Self::Store(error) => error.hint(),
            Self::Usage { hint, .. } | Self::Budget { hint, .. } => hint.clone(),
            Self::Scratch(_) => "free some space there, or set TMPDIR to a folder with room".to_owned(),
            Self::Interrupted => String::new(),
            Self::Bug(_) => "please report it with the command that you ran".to_owned(),
        }
    }

    /// Whether there is no use in going on with another clip.
    pub(super) fn concerns_every_clip(&self) -> bool {
        matches!(self.class(), Class::Interrupted) || matches!(self, Self::Embedder(_))
    }

    /// Which exit code it deserves.
    pub fn class(&self) -> Class {
        match self {
            Self::Usage { .. } | Self::Embedder(_) => Class::Usage,
            Self::Provider(error) => class_of_provider(error),
            Self::Store(error) => class_of_store(error),
            Self::Budget { .. } => Class::Budget,
            Self::Interrupted | Self::Media(media::Error::Stopped) => Class::Interrupted,
            Self::Media(_) | Self::Scratch(_) => Class::Media,
            Self::Bug(_) => Class::Bug,
        }
    }
}

fn class_of_provider(error: &provider::Error) -> Class {
    match error {
        error if error.is_usage() => Class::Usage,
        provider::Error::Media(_) => Class::Media,
        provider::Error::Cancelled { .. } => Class::Interrupted,
        _ => Class::Provider,
    }
}

fn class_of_store(error: &store::Error) -> Class {
    use store::Error as Store;
    match error {
        Store::OverBudget { .. } => Class::Budget,
        Store::DiskFull { .. } | Store::Io { .. } | Store::BlobDamaged { .. } => Class::Media,
        _ => Class::Usage,
    }
}
