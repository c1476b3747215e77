//! What can go wrong between holdstill and the disk.

use super::{Money, ledger::AttemptState};
use std::{io, path::PathBuf};

/// A failure of the store. Every variant has a stable [`code`](Error::code) and a [`hint`](Error::hint).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no home folder to put data into.
    #[error("no home folder was found to keep runs in")]
    NoHome,
    /// The disk is full.
    #[error("the disk is full while writing {}", path.display())]
    DiskFull {
        /// What was written.
        path: PathBuf,
    },
    /// A file or folder cannot be read or written.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// `"read"`, `"write"`, `"create"`.
        action: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another process holds the ledger for longer than we wait.
    #[error("the ledger {} stays locked by another process", path.display())]
    Locked {
        /// The ledger.
        path: PathBuf,
    },
    /// The ledger is not a readable database.
    #[error("the ledger {} is damaged", path.display())]
    Corrupt {
        /// The ledger.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The ledger was written by a newer holdstill.
    #[error("the ledger {} has schema {found}; this holdstill knows up to {known}", path.display())]
    NewerSchema {
        /// The ledger.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest one we know.
        known: i64,
    },
    /// Any other complaint of the database.
    #[error("the ledger {} refused the request", path.display())]
    Database {
        /// The ledger.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// A row holds a word that this version does not know.
    #[error("the ledger holds `{value}` where a {what} belongs")]
    BadRow {
        /// What was expected.
        what: &'static str,
        /// What was found.
        value: String,
    },
    /// The attempt cannot go from here to there.
    #[error("attempt {attempt} is {from} and cannot become {to}")]
    IllegalStep {
        /// Row of the attempt.
        attempt: i64,
        /// Where it is.
        from: AttemptState,
        /// Where it was asked to go.
        to: AttemptState,
    },
    /// The budget does not cover the next call.
    #[error("the next take costs {price}; {committed} of the budget of {budget} are already committed")]
    OverBudget {
        /// Price of the next call.
        price: Money,
        /// Reserved and spent so far.
        committed: Money,
        /// The limit.
        budget: Money,
    },
    /// The amounts do not fit the ledger's integers.
    #[error("the amount of money is too large to be counted")]
    MoneyOverflow,
    /// No run has this id.
    #[error("no run is called `{id}`")]
    NoSuchRun {
        /// As asked for.
        id: String,
    },
    /// Several runs begin with this id.
    #[error("`{id}` is the beginning of {count} runs")]
    AmbiguousRun {
        /// As asked for.
        id: String,
        /// How many match.
        count: usize,
    },
    /// Another process works on the run.
    #[error("run {id} is being worked on by another process")]
    RunBusy {
        /// The run.
        id: String,
    },
    /// A stored file is not what was stored.
    #[error("the stored file {} is missing or damaged", path.display())]
    BlobDamaged {
        /// The blob.
        path: PathBuf,
    },
    /// A configuration file or variable is wrong.
    #[error("{place}: {what}")]
    Config {
        /// `file:line` or the variable's name.
        place: String,
        /// What is wrong with it.
        what: String,
        /// What would be right.
        hint: String,
    },
}

impl Error {
    /// A stable word for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoHome => "no-home",
            Self::DiskFull { .. } => "disk-full",
            Self::Io { .. } => "store-io",
            Self::Locked { .. } => "ledger-locked",
            Self::Corrupt { .. } => "ledger-corrupt",
            Self::NewerSchema { .. } => "ledger-newer",
            Self::Database { .. } => "ledger-error",
            Self::BadRow { .. } => "ledger-bad-row",
            Self::IllegalStep { .. } => "illegal-step",
            Self::OverBudget { .. } => "over-budget",
            Self::MoneyOverflow => "money-overflow",
            Self::NoSuchRun { .. } => "no-such-run",
            Self::AmbiguousRun { .. } => "ambiguous-run",
            Self::RunBusy { .. } => "run-busy",
            Self::BlobDamaged { .. } => "blob-damaged",
            Self::Config { .. } => "bad-config",
        }
    }

    /// What the user can do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::NoHome => "set HOLDSTILL_HOME to a folder that can be written".into(),
            Self::DiskFull { path } => {
                format!("free some space on the disk of {}, then run the same command again", path.display())
            }
            Self::Io { .. } => {
                "check that the folder exists and that you may write to it, or set HOLDSTILL_HOME".into()
            }
            Self::Locked { .. } => "wait for the other holdstill to end, then try again".into(),
            Self::Corrupt { path, .. } => format!(
                "move {} away (keep it if paid runs are in it: `sqlite3 FILE .recover`); a new ledger is then begun",
                path.display()
            ),
            Self::NewerSchema { .. } => "use the newer holdstill, or another HOLDSTILL_HOME".into(),
            Self::Database { .. } | Self::BadRow { .. } => {
                "check the disk and that nothing else writes to the ledger; HOLDSTILL_HOME chooses another one".into()
            }
            Self::IllegalStep { .. } => "another process may have moved it; look with `holdstill runs show`".into(),
            Self::OverBudget { .. } => "raise --budget, or ask for fewer takes".into(),
            Self::MoneyOverflow => "give amounts of less than a billion dollars".into(),
            Self::NoSuchRun { .. } => "`holdstill runs` lists them".into(),
            Self::AmbiguousRun { .. } => "give more of its letters".into(),
            Self::RunBusy { .. } => "wait for it, or start another run with --fresh".into(),
            Self::BlobDamaged { .. } => "start anew with --fresh".into(),
            Self::Config { hint, .. } => hint.clone(),
        }
    }

    /// An I/O error with the file it happened to; a full disk is told apart.
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>, source: io::Error) -> Self {
        let path = path.into();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            _ => Self::Io { action, path, source },
        }
    }

    /// A database error, sorted by what the user can do about it.
    pub(crate) fn database(path: impl Into<PathBuf>, source: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        let path = path.into();
        match source.sqlite_error_code() {
            Some(Code::DiskFull) => Self::DiskFull { path },
            Some(Code::DatabaseBusy | Code::DatabaseLocked) => Self::Locked { path },
            Some(Code::DatabaseCorrupt | Code::NotADatabase) => Self::Corrupt { path, source },
            _ => Self::Database { path, source },
        }
    }
}
