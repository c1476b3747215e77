//! How long clips took to come: from the request that was written down to the clip in the store.

use super::{AttemptState, Ledger};
use crate::store::Error;
use rusqlite::params;

impl Ledger {
    /// How long the last clips of a provider's model took, seconds, the latest first and at most `most` of them. A request that
    /// waited until somebody took its run up again waited that long.
    pub fn waits(&self, provider: &str, model: &str, most: u32) -> Result<Vec<f64>, Error> {
        const SECS_PER_DAY: f64 = 86_400.0;
        self.read(|db| {
            let mut query = db.prepare(
                "SELECT (julianday(came.at) - julianday(attempts.created)) * ?1
                 FROM attempts
                 JOIN runs ON runs.id = attempts.run
                 JOIN events came ON came.attempt = attempts.id AND came.kind = 'state' AND came.what = ?2
                 WHERE attempts.provider = ?3
                   AND coalesce(json_extract(runs.job, '$.maker.model'), json_extract(runs.job, '$.maker.line'), '') = ?4
                 ORDER BY came.id DESC LIMIT ?5",
            )?;
            let came = AttemptState::Downloaded.name();
            let waits = query.query_map(params![SECS_PER_DAY, came, provider, model, most], |row| row.get(0))?;
            Ok(waits.collect::<Result<_, _>>()?)
        })
    }
}
