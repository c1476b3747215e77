//! The settings with which a clip held last.

use super::{Ledger, now};
use crate::store::Error;
use rusqlite::{OptionalExtension, params};

/// What settings are remembered for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope<'a> {
    /// Name of the provider.
    pub provider: &'a str,
    /// Its model, or what tells it from others of the same provider.
    pub model: &'a str,
    /// Camera move.
    pub motion: &'a str,
}

impl Ledger {
    /// Remembers the settings (JSON) with which a clip of `run` held, instead of earlier ones.
    pub fn remember(&mut self, scope: Scope<'_>, run: &str, settings: &str) -> Result<(), Error> {
        let Scope { provider, model, motion } = scope;
        self.change(|db| {
            db.execute(
                "INSERT OR REPLACE INTO settings (provider, model, motion, run, at, settings)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![provider, model, motion, run, now(), settings],
            )?;
            Ok(())
        })
    }

    /// The settings (JSON) with which a clip held last.
    pub fn remembered(&self, scope: Scope<'_>) -> Result<Option<String>, Error> {
        let Scope { provider, model, motion } = scope;
        self.read(|db| {
            let query = "SELECT settings FROM settings WHERE provider = ?1 AND model = ?2 AND motion = ?3";
            Ok(db.query_row(query, params![provider, model, motion], |row| row.get(0)).optional()?)
        })
    }
}
