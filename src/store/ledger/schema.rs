//! Tables of the ledger and how older ones are brought up to date.

use crate::store::Error;
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// One script per schema version, the first makes version 1. Only ever append.
const MIGRATIONS: [&str; 4] = [
    include_str!("schema_1.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
];

/// Brings the database to the newest schema; safe when several processes do it at once.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), Error> {
    let error = |e| Error::database(path, e);
    let known = MIGRATIONS.len() as i64;
    if version(connection).map_err(error)? == known {
        return Ok(());
    }
    let change = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(error)?;
    let found = version(&change).map_err(error)?;
    if !(0..=known).contains(&found) {
        return Err(Error::NewerSchema { path: path.to_owned(), found, known });
    }
    for script in &MIGRATIONS[found as usize..] {
        change.execute_batch(script).map_err(error)?;
    }
    change.pragma_update(None, "user_version", known).map_err(error)?;
    change.commit().map_err(error)
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}
