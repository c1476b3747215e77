//! The ledger: runs, attempts, events and money in one SQLite file, written ahead of every step.
//!
//! Several processes may use it at once. Every change is one `BEGIN IMMEDIATE` transaction, so what was read inside it
//! is still true when it is written; the log is synced before a call returns (`synchronous = FULL`).

mod attempt;
mod money;
mod run;
mod schema;
mod settings;
mod spending;
mod state;
mod waits;

pub use attempt::{Attempt, Intent, Step};
pub use money::Purse;
pub use run::{LedgerEvent, NewRun, Run};
pub use settings::Scope;
pub use spending::{Grouping, Spending};
pub use state::{AttemptState, RunState};

use super::{Error, Home};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::{
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

/// How long we wait for another process to finish its transaction.
const BUSY_WAIT: Duration = Duration::from_secs(10);
/// Pause between attempts to switch the journal, for which SQLite itself does not wait.
const BUSY_PAUSE: Duration = Duration::from_millis(20);

/// An open ledger. One per thread; cheap to open.
#[derive(Debug)]
pub struct Ledger {
    connection: Connection,
    path: PathBuf,
}

impl Ledger {
    /// Opens the ledger of `home`, creating or upgrading it.
    pub fn open(home: &Home) -> Result<Self, Error> {
        let path = home.ledger_path();
        let mut connection = Connection::open(&path).map_err(|e| Error::database(&path, e))?;
        configure(&connection, &path)?;
        schema::migrate(&mut connection, &path)?;
        Ok(Self { connection, path })
    }

    fn change<T>(&mut self, work: impl FnOnce(&Transaction<'_>) -> Result<T, Failure>) -> Result<T, Error> {
        let path = &self.path;
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|e| Error::database(path, e))?;
        let outcome = work(&transaction).map_err(|failure| failure.at(path))?;
        transaction.commit().map_err(|e| Error::database(path, e))?;
        Ok(outcome)
    }

    fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, Failure>) -> Result<T, Error> {
        work(&self.connection).map_err(|failure| failure.at(&self.path))
    }
}

fn configure(connection: &Connection, path: &Path) -> Result<(), Error> {
    let error = |e| Error::database(path, e);
    connection.busy_timeout(BUSY_WAIT).map_err(error)?;
    connection.pragma_update(None, "foreign_keys", true).map_err(error)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(error)?;
    // what is deleted is overwritten: receipts may hold signed addresses
    connection.pragma_update(None, "secure_delete", true).map_err(error)?;
    let began = Instant::now();
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL").map_err(error) {
            Err(Error::Locked { .. }) if began.elapsed() < BUSY_WAIT => thread::sleep(BUSY_PAUSE),
            outcome => return outcome,
        }
    }
}

/// What goes wrong inside a transaction, before the file's name is added to it.
enum Failure {
    Database(rusqlite::Error),
    Store(Error),
}

impl Failure {
    fn at(self, path: &Path) -> Error {
        match self {
            Self::Database(source) => Error::database(path, source),
            Self::Store(error) => error,
        }
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(source: rusqlite::Error) -> Self {
        Self::Database(source)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

/// Now, to the microsecond, as the ledger writes it.
fn now() -> String {
    format!("{:.6}", jiff::Timestamp::now())
}

#[cfg(test)]
mod tests;
