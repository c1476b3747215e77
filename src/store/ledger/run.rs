//! Runs: one `animate` from its still to its final clip, however often it was interrupted.

use super::{Failure, Ledger, RunState, now};
use crate::store::{Error, Money};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use std::str::FromStr;
use uuid::Uuid;

/// Fewest letters of an id that name a run.
const SHORTEST_PREFIX: usize = 4;

/// What is known when a run begins.
#[derive(Clone, Debug)]
pub struct NewRun<'a> {
    /// BLAKE3 (hexadecimal) of everything that makes two runs the same.
    pub recipe_digest: &'a str,
    /// JSON: everything needed to resume.
    pub job: &'a str,
    /// JSON: what it begins with beyond what the user asked for.
    pub start: &'a str,
    /// Most that may be spent.
    pub budget: Option<Money>,
}

/// A run as the ledger knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// UUID v7.
    pub id: String,
    /// When it began, RFC 3339 in UTC.
    pub created: String,
    /// When it last changed, RFC 3339 in UTC.
    pub updated: String,
    /// Where it stands.
    pub state: RunState,
    /// BLAKE3 (hexadecimal) of everything that makes two runs the same.
    pub recipe_digest: String,
    /// 0, or how many runs of the recipe came before when it was begun afresh.
    pub salt: u32,
    /// JSON: everything needed to resume.
    pub job: String,
    /// JSON: what it began with beyond what the user asked for, if anything.
    pub start: Option<String>,
    /// Most that may be spent.
    pub budget: Option<Money>,
    /// JSON of the final report, once there is one.
    pub report: Option<String>,
}

/// One line of a run's diary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LedgerEvent {
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// Row of the attempt it is about, if any.
    pub attempt: Option<i64>,
    /// `state`, `decision`, `warning` or `result`.
    pub kind: String,
    /// For a person.
    pub what: String,
}

impl Ledger {
    /// Begins a run.
    pub fn begin_run(&mut self, new: &NewRun<'_>) -> Result<Run, Error> {
        let id = Uuid::now_v7().to_string();
        self.change(|db| {
            let salt: u32 =
                db.query_row("SELECT count(*) FROM runs WHERE recipe_digest = ?1", [new.recipe_digest], |row| {
                    row.get(0)
                })?;
            db.execute(
                "INSERT INTO runs (id, created, updated, state, recipe_digest, salt, job, start, budget)
                 VALUES (?1, ?2, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![
                    id,
                    now(),
                    RunState::Open.name(),
                    new.recipe_digest,
                    salt,
                    new.job,
                    new.start,
                    new.budget.map(|budget| budget.micros)
                ],
            )?;
            one_run(db, &id)
        })
    }

    /// The newest run of this recipe, if there is any.
    pub fn latest_run(&self, recipe_digest: &str) -> Result<Option<Run>, Error> {
        self.read(|db| {
            db.query_row(
                "SELECT * FROM runs WHERE recipe_digest = ?1 ORDER BY id DESC LIMIT 1",
                [recipe_digest],
                |row| Ok(read_run(row)),
            )
            .optional()?
            .transpose()
        })
    }

    /// The run whose id begins with `prefix` (or ends with it: ends differ where beginnings are the clock's).
    pub fn find_run(&self, prefix: &str) -> Result<Run, Error> {
        let id = prefix.trim().to_ascii_lowercase();
        let plain = id.len() >= SHORTEST_PREFIX && id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
        if !plain {
            return Err(Error::NoSuchRun { id: prefix.to_owned() });
        }
        let matches: Vec<String> = self.read(|db| {
            let mut query = db.prepare("SELECT id FROM runs WHERE id LIKE ?1 || '%' OR id LIKE '%' || ?1")?;
            let ids = query.query_map([&id], |row| row.get(0))?.collect::<Result<_, _>>()?;
            Ok(ids)
        })?;
        match matches.as_slice() {
            [] => Err(Error::NoSuchRun { id: prefix.to_owned() }),
            [only] => self.run(only),
            several => Err(Error::AmbiguousRun { id: prefix.to_owned(), count: several.len() }),
        }
    }

    /// The run with exactly this id.
    pub fn run(&self, id: &str) -> Result<Run, Error> {
        self.read(|db| one_run(db, id))
    }

    /// The newest runs, newest first.
    pub fn runs(&self, limit: usize) -> Result<Vec<Run>, Error> {
        self.read(|db| {
            let mut query = db.prepare("SELECT * FROM runs ORDER BY id DESC LIMIT ?1")?;
            let rows = query.query_map([limit as i64], |row| Ok(read_run(row)))?;
            rows.map(|row| row?).collect()
        })
    }

    /// Takes an earlier run up again with what the user says this time.
    pub fn reopen_run(&mut self, id: &str, job: &str, budget: Option<Money>) -> Result<Run, Error> {
        self.change(|db| {
            db.execute(
                "UPDATE runs SET state = ?2, job = ?3, budget = ?4, updated = ?5 WHERE id = ?1",
                params![id, RunState::Open.name(), job, budget.map(|budget| budget.micros), now()],
            )?;
            one_run(db, id)
        })
    }

    /// Ends a run.
    pub fn end_run(&mut self, id: &str, state: RunState, report: Option<&str>) -> Result<Run, Error> {
        self.change(|db| {
            db.execute(
                "UPDATE runs SET state = ?2, report = coalesce(?3, report), updated = ?4 WHERE id = ?1",
                params![id, state.name(), report, now()],
            )?;
            one_run(db, id)
        })
    }

    /// Writes down, before it is renamed into place, that the run delivers this file, BLAKE3 in hexadecimal.
    pub fn note_delivery(&mut self, run: &str, blake3: &str) -> Result<(), Error> {
        self.note(run, None, "result", &delivery(blake3))
    }

    /// Whether a run of ours has delivered this file, BLAKE3 in hexadecimal, or was killed while it did.
    pub fn has_delivered(&self, blake3: &str) -> Result<bool, Error> {
        self.read(|db| {
            let query = "SELECT count(*) FROM events WHERE kind = 'result' AND what = ?1";
            Ok(db.query_row(query, [delivery(blake3)], |row| row.get::<_, i64>(0))? > 0)
        })
    }

    /// Adds a line to the run's diary.
    pub fn note(&mut self, run: &str, attempt: Option<i64>, kind: &str, what: &str) -> Result<(), Error> {
        self.change(|db| Ok(add_event(db, run, attempt, kind, what)?))
    }

    /// The run's diary, oldest line first.
    pub fn events(&self, run: &str) -> Result<Vec<LedgerEvent>, Error> {
        self.read(|db| {
            let mut query = db.prepare("SELECT at, attempt, kind, what FROM events WHERE run = ?1 ORDER BY id")?;
            let events = query.query_map([run], |row| {
                Ok(LedgerEvent { at: row.get(0)?, attempt: row.get(1)?, kind: row.get(2)?, what: row.get(3)? })
            })?;
            Ok(events.collect::<Result<_, _>>()?)
        })
    }
}

fn delivery(blake3: &str) -> String {
    format!("delivers {blake3}")
}

pub(super) fn add_event(
    db: &Connection,
    run: &str,
    attempt: Option<i64>,
    kind: &str,
    what: &str,
) -> rusqlite::Result<()> {
    db.execute(
        "INSERT INTO events (run, attempt, at, kind, what) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![run, attempt, now(), kind, what],
    )?;
    Ok(())
}

pub(super) fn one_run(db: &Connection, id: &str) -> Result<Run, Failure> {
    db.query_row("SELECT * FROM runs WHERE id = ?1", [id], |row| Ok(read_run(row)))
        .optional()?
        .ok_or_else(|| Error::NoSuchRun { id: id.to_owned() })?
}

fn read_run(row: &Row<'_>) -> Result<Run, Failure> {
    Ok(Run {
        id: row.get("id")?,
        created: row.get("created")?,
        updated: row.get("updated")?,
        state: read_word(row, "state", "state of a run")?,
        recipe_digest: row.get("recipe_digest")?,
        salt: row.get("salt")?,
        job: row.get("job")?,
        start: row.get("start")?,
        budget: row.get::<_, Option<i64>>("budget")?.map(|micros| Money { micros }),
        report: row.get("report")?,
    })
}

pub(super) fn read_word<T: FromStr>(row: &Row<'_>, column: &str, what: &'static str) -> Result<T, Failure> {
    let word: String = row.get(column)?;
    word.parse().map_err(|_| Failure::Store(Error::BadRow { what, value: word.clone() }))
}
