//! Where the money went: by provider, tier or day, and what a second of accepted clip has cost.

use super::Ledger;
use crate::store::{Error, Money};

/// What attempts are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grouping {
    /// Who made them.
    Provider,
    /// Draft or final; `-` where a maker knows no tiers.
    Tier,
    /// The day, UTC.
    Day,
}

impl Grouping {
    const fn expression(self) -> &'static str {
        match self {
            Self::Provider => "attempts.provider",
            Self::Tier => "coalesce(json_extract(runs.job, '$.maker.tier'), '-')",
            Self::Day => "substr(attempts.created, 1, 10)",
        }
    }
}

/// What one group has cost and brought.
#[derive(Clone, Debug, PartialEq)]
pub struct Spending {
    /// Provider, tier or day.
    pub group: String,
    /// Requests.
    pub attempts: u32,
    /// Clips that came of them.
    pub clips: u32,
    /// Quoted for attempts whose cost is not known yet.
    pub reserved: Money,
    /// Charged.
    pub settled: Money,
    /// Length of the clips that hold and were delivered, as asked for, seconds.
    pub accepted_secs: f64,
}

impl Spending {
    /// What a second of accepted clip has cost, rounded up; `None` where nothing was accepted.
    pub fn per_accepted_second(&self) -> Option<Money> {
        let micros = (self.settled.micros as f64 / self.accepted_secs).ceil();
        (self.accepted_secs > 0.0 && micros.is_finite()).then_some(Money { micros: micros as i64 })
    }
}

impl Ledger {
    /// Every attempt of every run, grouped; in the order of the groups' names.
    pub fn spending(&self, by: Grouping) -> Result<Vec<Spending>, Error> {
        let query = format!(
            "SELECT {group} AS name, count(*), sum(attempts.blob IS NOT NULL),
                    sum(CASE WHEN attempts.cost IS NULL THEN attempts.price ELSE 0 END),
                    sum(coalesce(attempts.cost, 0)),
                    sum(CASE WHEN attempts.state = 'settled'
                              AND json_extract(runs.report, '$.verdict') = 'hold'
                              AND json_extract(runs.report, '$.final.take') = attempts.take
                             THEN json_extract(runs.job, '$.duration_secs') ELSE 0.0 END)
             FROM attempts JOIN runs ON runs.id = attempts.run GROUP BY name ORDER BY name",
            group = by.expression()
        );
        self.read(|db| {
            let mut query = db.prepare(&query)?;
            let groups = query.query_map([], |row| {
                Ok(Spending {
                    group: row.get(0)?,
                    attempts: row.get(1)?,
                    clips: row.get(2)?,
                    reserved: Money { micros: row.get(3)? },
                    settled: Money { micros: row.get(4)? },
                    accepted_secs: row.get(5)?,
                })
            })?;
            Ok(groups.collect::<Result<_, _>>()?)
        })
    }
}
