//! Where the money went: by provider, tier or day, and what a second of accepted clip has cost.

use super::{Failure, Ledger};
use crate::store::{Error, Money};
use rusqlite::Connection;
use std::collections::BTreeMap;

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
    /// Quoted for all of them, before they were made.
    pub estimated: Money,
    /// Quoted for attempts whose cost is not known yet.
    pub reserved: Money,
    /// Charged.
    pub settled: Money,
    /// What the providers say that they charged, by their own units: 25 of `credits`.
    pub charged: BTreeMap<String, f64>,
    /// Length of the clips that hold and were delivered, as asked for, seconds.
    pub accepted_secs: f64,
}

impl Spending {
    /// What a second of accepted clip has cost, rounded up; `None` where nothing was accepted.
    pub fn per_accepted_second(&self) -> Option<Money> {
        self.settled.per_second(self.accepted_secs)
    }
}

impl Ledger {
    /// Every attempt of every run, grouped; in the order of the groups' names.
    pub fn spending(&self, by: Grouping) -> Result<Vec<Spending>, Error> {
        let query = format!(
            "SELECT {group} AS name, count(*), sum(attempts.blob IS NOT NULL), sum(attempts.price),
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
                    estimated: Money { micros: row.get(3)? },
                    reserved: Money { micros: row.get(4)? },
                    settled: Money { micros: row.get(5)? },
                    charged: BTreeMap::new(),
                    accepted_secs: row.get(6)?,
                })
            })?;
            let mut groups: Vec<Spending> = groups.collect::<Result<_, _>>()?;
            for (name, told) in charges(db, by)? {
                // of another word than a number and a unit, there is no sum
                let Some((count, unit)) = told.split_once(' ') else { continue };
                let group = groups.iter_mut().find(|group| group.group == name);
                if let (Some(group), Ok(count)) = (group, count.parse::<f64>()) {
                    *group.charged.entry(unit.to_owned()).or_default() += count;
                }
            }
            Ok(groups)
        })
    }
}

/// What providers say that they charged for an attempt, with the attempt's group.
fn charges(db: &Connection, by: Grouping) -> Result<Vec<(String, String)>, Failure> {
    let query = format!(
        "SELECT {}, charged FROM attempts JOIN runs ON runs.id = attempts.run WHERE charged IS NOT NULL",
        by.expression()
    );
    let mut query = db.prepare(&query)?;
    let charges = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(charges.collect::<Result<_, _>>()?)
}
