//! Money of a run: reserved before a call, settled after it, never above the budget by our own doing.

use super::{Attempt, Failure, Ledger, Run, now};
use crate::store::{Error, Money};
use rusqlite::{Connection, OptionalExtension, params};

/// What a run has committed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purse {
    /// For attempts whose cost is not known yet.
    pub reserved: Money,
    /// For attempts whose cost is known.
    pub settled: Money,
    /// Quoted for all of them, before they were made.
    pub estimated: Money,
}

impl Purse {
    /// Reserved and settled together.
    pub fn committed(&self) -> Option<Money> {
        self.reserved.checked_add(self.settled)
    }
}

impl Ledger {
    /// What a further call of the run that is quoted at `price` must be expected to cost.
    pub fn expected_cost(&self, run: &str, price: Money) -> Result<Money, Error> {
        self.read(|db| expected(db, run, price))
    }

    /// What the run has reserved and spent.
    pub fn purse(&self, run: &str) -> Result<Purse, Error> {
        self.read(|db| purse(db, run))
    }
}

fn purse(db: &Connection, run: &str) -> Result<Purse, Failure> {
    let sum = |kind: &str| -> Result<Money, Failure> {
        let query = match kind {
            "settle" => "SELECT micros FROM money WHERE run = ?1 AND kind = 'settle'",
            "estimate" => "SELECT micros FROM money WHERE run = ?1 AND kind = 'reserve'",
            _ => {
                "SELECT micros FROM money AS r WHERE run = ?1 AND kind = 'reserve' AND NOT EXISTS
                 (SELECT 1 FROM money AS s WHERE s.attempt = r.attempt AND s.kind = 'settle')"
            }
        };
        let mut query = db.prepare(query)?;
        let mut total = Money::ZERO;
        for micros in query.query_map([run], |row| row.get(0))? {
            total = total.checked_add(Money { micros: micros? }).ok_or(Error::MoneyOverflow)?;
        }
        Ok(total)
    };
    Ok(Purse { reserved: sum("reserve")?, settled: sum("settle")?, estimated: sum("estimate")? })
}

/// What a call of the run that is quoted at `price` must be expected to cost: beyond it, the most by which a call of the run
/// cost more than it was quoted at.
fn expected(db: &Connection, run: &str, price: Money) -> Result<Money, Failure> {
    let query = "SELECT max(0, coalesce(max(cost - price), 0)) FROM attempts WHERE run = ?1 AND cost IS NOT NULL";
    let beyond = Money { micros: db.query_row(query, [run], |row| row.get(0))? };
    Ok(price.checked_add(beyond).ok_or(Error::MoneyOverflow)?)
}

/// Refuses a call that the budget does not cover. A free call, of a provider that has charged nothing yet, is always covered.
pub(super) fn check_budget(db: &Connection, run: &Run, price: Money) -> Result<(), Failure> {
    let committed = purse(db, &run.id)?.committed().ok_or(Error::MoneyOverflow)?;
    let price = expected(db, &run.id, price)?;
    let total = committed.checked_add(price).ok_or(Error::MoneyOverflow)?;
    match run.budget {
        Some(budget) if price > Money::ZERO && total > budget => {
            Err(Error::OverBudget { price, committed, budget }.into())
        }
        _ => Ok(()),
    }
}

pub(super) fn reserve(db: &Connection, attempt: &Attempt) -> Result<(), Failure> {
    enter(db, attempt, "reserve", attempt.price)
}

/// Writes the cost down; the first settlement stands.
pub(super) fn settle(db: &Connection, attempt: &Attempt, cost: Money) -> Result<(), Failure> {
    let settled = db
        .query_row("SELECT 1 FROM money WHERE attempt = ?1 AND kind = 'settle'", [attempt.id], |_| Ok(()))
        .optional()?;
    if settled.is_some() {
        return Ok(());
    }
    db.execute("UPDATE attempts SET cost = ?2 WHERE id = ?1", params![attempt.id, cost.micros])?;
    enter(db, attempt, "settle", cost)
}

fn enter(db: &Connection, attempt: &Attempt, kind: &str, amount: Money) -> Result<(), Failure> {
    db.execute(
        "INSERT INTO money (run, attempt, at, kind, micros) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![attempt.run, attempt.id, now(), kind, amount.micros],
    )?;
    Ok(())
}
