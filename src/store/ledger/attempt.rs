//! Attempts: one request to a provider, from the intent to the settled price.

use super::{
    AttemptState, Failure, Ledger, money, now,
    run::{add_event, one_run, read_word},
};
use crate::store::{Error, Money};
use blake3::Hash;
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};
use uuid::Uuid;

/// A request that is about to be made.
#[derive(Clone, Debug)]
pub struct Intent<'a> {
    /// The run it belongs to.
    pub run: &'a str,
    /// 1-based take.
    pub take: u32,
    /// Name of the provider.
    pub provider: &'a str,
    /// BLAKE3 (hexadecimal) of the canonical request.
    pub request_digest: &'a str,
    /// JSON of the request.
    pub request: &'a str,
    /// Quoted price; zero for free providers.
    pub price: Money,
}

/// What happens to an attempt next, with what is learned by it.
#[derive(Clone, Debug)]
pub enum Step<'a> {
    /// The provider took the request.
    Submitted {
        /// Its name for the job.
        job_id: &'a str,
        /// JSON of its receipt.
        ticket: &'a str,
    },
    /// The provider works on it.
    Running,
    /// The clip is in the blob store.
    Downloaded {
        /// Its content.
        blob: Hash,
        /// What the provider says it cost; the quoted price where it says nothing.
        cost: Option<Money>,
    },
    /// The clip was measured.
    Scored {
        /// What the score depends on besides the clip, BLAKE3 (hexadecimal).
        judge_digest: &'a str,
        /// JSON of the score report.
        score: &'a str,
    },
    /// Price and decision are known.
    Settled {
        /// JSON of the decision.
        decision: &'a str,
    },
    /// No usable clip will come.
    Failed {
        /// Stable word.
        code: &'a str,
        /// For a person.
        what: &'a str,
        /// What was charged all the same.
        cost: Money,
    },
    /// The user stopped it.
    Cancelled {
        /// What was charged all the same.
        cost: Money,
    },
    /// The answer was lost.
    Unknown {
        /// For a person.
        what: &'a str,
    },
}

impl Step<'_> {
    /// The state that the step leads to.
    pub fn target(&self) -> AttemptState {
        match self {
            Self::Submitted { .. } => AttemptState::Submitted,
            Self::Running => AttemptState::Running,
            Self::Downloaded { .. } => AttemptState::Downloaded,
            Self::Scored { .. } => AttemptState::Scored,
            Self::Settled { .. } => AttemptState::Settled,
            Self::Failed { .. } => AttemptState::Failed,
            Self::Cancelled { .. } => AttemptState::Cancelled,
            Self::Unknown { .. } => AttemptState::Unknown,
        }
    }
}

/// An attempt as the ledger knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Row.
    pub id: i64,
    /// The run it belongs to.
    pub run: String,
    /// When it was written down, RFC 3339 in UTC.
    pub created: String,
    /// 1-based take.
    pub take: u32,
    /// Our own name for it, UUID v7, sent along where the provider allows.
    pub client_id: String,
    /// Name of the provider.
    pub provider: String,
    /// BLAKE3 (hexadecimal) of the canonical request.
    pub request_digest: String,
    /// JSON of the request.
    pub request: String,
    /// Where it stands.
    pub state: AttemptState,
    /// The provider's name for the job.
    pub job_id: Option<String>,
    /// JSON of the provider's receipt.
    pub ticket: Option<String>,
    /// Quoted price, reserved until the cost is known.
    pub price: Money,
    /// What it cost, once known.
    pub cost: Option<Money>,
    /// What the provider says that it charged, in its own units: `25 credits`.
    pub charged: Option<String>,
    /// The clip.
    pub blob: Option<Hash>,
    /// What the score depends on besides the clip, BLAKE3 (hexadecimal).
    pub judge_digest: Option<String>,
    /// JSON of the score report.
    pub score: Option<String>,
    /// JSON of the decision.
    pub decision: Option<String>,
    /// Why it failed: a stable word.
    pub failure_code: Option<String>,
    /// Why it failed, or why its end is unknown, for a person.
    pub failure: Option<String>,
}

impl Ledger {
    /// Writes down that a request is about to be made, and reserves its price; refused where the budget does not
    /// cover it.
    pub fn intend(&mut self, intent: &Intent<'_>) -> Result<Attempt, Error> {
        self.change(|db| {
            let run = one_run(db, intent.run)?;
            money::check_budget(db, &run, intent.price)?;
            db.execute(
                "INSERT INTO attempts
                 (run, take, client_id, provider, request_digest, request, state, price, created, updated)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)",
                params![
                    intent.run,
                    intent.take,
                    Uuid::now_v7().to_string(),
                    intent.provider,
                    intent.request_digest,
                    intent.request,
                    AttemptState::Intended.name(),
                    intent.price.micros,
                    now()
                ],
            )?;
            let attempt = one_attempt(db, db.last_insert_rowid())?;
            money::reserve(db, &attempt)?;
            add_event(db, intent.run, Some(attempt.id), "state", AttemptState::Intended.name())?;
            Ok(attempt)
        })
    }

    /// Moves an attempt on; a step that may not follow its state is refused and nothing changes.
    pub fn advance(&mut self, id: i64, step: &Step<'_>) -> Result<Attempt, Error> {
        self.change(|db| {
            let attempt = one_attempt(db, id)?;
            let (from, to) = (attempt.state, step.target());
            if !from.may_become(to) {
                return Err(Error::IllegalStep { attempt: id, from, to }.into());
            }
            write_step(db, &attempt, step)?;
            add_event(db, &attempt.run, Some(id), "state", to.name())?;
            one_attempt(db, id)
        })
    }

    /// Writes down what the provider says that an attempt was charged, in its own units.
    pub fn charged(&mut self, id: i64, told: &str) -> Result<(), Error> {
        self.change(|db| {
            let attempt = one_attempt(db, id)?;
            // asked again, it says the same again
            if attempt.charged.as_deref() != Some(told) {
                db.execute("UPDATE attempts SET charged = ?2, updated = ?3 WHERE id = ?1", params![id, told, now()])?;
                add_event(db, &attempt.run, Some(id), "provider", &format!("{} charged {told}", attempt.provider))?;
            }
            Ok(())
        })
    }

    /// Takes a value out of an attempt's receipt that is of no more use, such as the signed address of what was fetched. No
    /// trace of it stays in the file.
    pub fn forget(&mut self, id: i64, name: &str) -> Result<(), Error> {
        self.change(|db| {
            let place = format!("$.values.{name}");
            db.execute("UPDATE attempts SET ticket = json_remove(ticket, ?2) WHERE id = ?1", params![id, place])?;
            Ok(())
        })?;
        // the log may still hold the page as it was; where another process reads it, that one empties it later
        self.read(|db| Ok(db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?))
    }

    /// Whether another attempt, of any run, has this job of the same provider.
    pub fn is_job_of_another(&self, attempt: &Attempt, job_id: &str) -> Result<bool, Error> {
        self.read(|db| {
            let query = "SELECT count(*) FROM attempts WHERE job_id = ?1 AND provider = ?2 AND id <> ?3";
            let count: i64 = db.query_row(query, params![job_id, attempt.provider, attempt.id], |row| row.get(0))?;
            Ok(count > 0)
        })
    }

    /// The attempts of a run in the order they were made.
    pub fn attempts(&self, run: &str) -> Result<Vec<Attempt>, Error> {
        self.read(|db| {
            let mut query = db.prepare("SELECT * FROM attempts WHERE run = ?1 ORDER BY id")?;
            let rows = query.query_map([run], |row| Ok(read_attempt(row)))?;
            rows.map(|row| row?).collect()
        })
    }
}

fn write_step(db: &Connection, attempt: &Attempt, step: &Step<'_>) -> Result<(), Failure> {
    db.execute(
        "UPDATE attempts SET state = ?2, updated = ?3 WHERE id = ?1",
        params![attempt.id, step.target().name(), now()],
    )?;
    match step {
        Step::Running => {}
        Step::Submitted { job_id, ticket } => {
            db.execute(
                "UPDATE attempts SET job_id = ?2, ticket = ?3 WHERE id = ?1",
                params![attempt.id, job_id, ticket],
            )?;
        }
        Step::Downloaded { blob, cost } => {
            db.execute(
                "UPDATE attempts SET blob = ?2, failure = NULL WHERE id = ?1",
                params![attempt.id, blob.to_hex().as_str()],
            )?;
            money::settle(db, attempt, cost.unwrap_or(attempt.price))?;
        }
        Step::Scored { judge_digest, score } => {
            db.execute(
                "UPDATE attempts SET judge_digest = :judge, score = :score WHERE id = :id",
                named_params! { ":id": attempt.id, ":judge": judge_digest, ":score": score },
            )?;
        }
        Step::Settled { decision } => {
            db.execute("UPDATE attempts SET decision = ?2 WHERE id = ?1", params![attempt.id, decision])?;
        }
        Step::Failed { code, what, cost } => {
            db.execute(
                "UPDATE attempts SET failure_code = ?2, failure = ?3 WHERE id = ?1",
                params![attempt.id, code, what],
            )?;
            money::settle(db, attempt, *cost)?;
        }
        Step::Cancelled { cost } => money::settle(db, attempt, *cost)?,
        Step::Unknown { what } => {
            db.execute("UPDATE attempts SET failure = ?2 WHERE id = ?1", params![attempt.id, what])?;
        }
    }
    Ok(())
}

fn one_attempt(db: &Connection, id: i64) -> Result<Attempt, Failure> {
    db.query_row("SELECT * FROM attempts WHERE id = ?1", [id], |row| Ok(read_attempt(row)))
        .optional()?
        .ok_or_else(|| Error::BadRow { what: "row of an attempt", value: id.to_string() })?
}

fn read_attempt(row: &Row<'_>) -> Result<Attempt, Failure> {
    let blob = row.get::<_, Option<String>>("blob")?;
    let blob = blob.map(|hex| Hash::from_hex(&hex).map_err(|_| Error::BadRow { what: "BLAKE3", value: hex }));
    Ok(Attempt {
        id: row.get("id")?,
        run: row.get("run")?,
        created: row.get("created")?,
        take: row.get("take")?,
        client_id: row.get("client_id")?,
        provider: row.get("provider")?,
        request_digest: row.get("request_digest")?,
        request: row.get("request")?,
        state: read_word(row, "state", "state of an attempt")?,
        job_id: row.get("job_id")?,
        ticket: row.get("ticket")?,
        price: Money { micros: row.get("price")? },
        cost: row.get::<_, Option<i64>>("cost")?.map(|micros| Money { micros }),
        charged: row.get("charged")?,
        blob: blob.transpose()?,
        judge_digest: row.get("judge_digest")?,
        score: row.get("score")?,
        decision: row.get("decision")?,
        failure_code: row.get("failure_code")?,
        failure: row.get("failure")?,
    })
}
