//! Giving a run up: jobs that still go on are stopped where the provider can do that, and the money is counted.

use super::{AnimateJob, crew::runtime, provider::Provider};
use crate::{
    engine::{Error, refine::RefineJob},
    provider::{Stopped, Ticket},
    store::{
        Home, Ledger, Money,
        ledger::{Attempt, RunState, Step},
    },
};
use serde::Serialize;

/// What became of an attempt that was on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AbandonedAttempt {
    /// Row in the ledger.
    pub attempt: i64,
    /// 1-based take.
    pub take: u32,
    /// Whether it is over; otherwise it may still be taken up.
    pub is_over: bool,
    /// What became of it, for a person.
    pub what: String,
}

/// Stops what still goes on of run `id` (or the last letters of it), which nobody may be working on. A job that has ended
/// already, or that cannot be stopped, stays, and `runs resume` fetches it.
///
/// # Errors
/// Where there is no such run, another process works on it, or the provider cannot be opened.
pub fn abandon(home: &Home, id: &str) -> Result<Vec<AbandonedAttempt>, Error> {
    let mut ledger = Ledger::open(home)?;
    let run = ledger.find_run(id)?;
    let _lock = home.lock_run(&run.id)?;
    if serde_json::from_str::<RefineJob>(&run.job).is_ok() {
        return Err(Error::Usage {
            what: format!("run {} refines a still: there is no job that could be stopped", run.id),
            hint: "`holdstill runs resume` takes it up again".into(),
        });
    }
    let job: AnimateJob = serde_json::from_str(&run.job).map_err(|_| Error::Usage {
        what: format!("run {} was made by another version and cannot be taken up", run.id),
        hint: "stop its jobs where the provider lists them".into(),
    })?;
    let open = |attempt: &Attempt| !attempt.state.is_final() && !attempt.state.has_clip();
    let attempts: Vec<Attempt> = ledger.attempts(&run.id)?.into_iter().filter(open).collect();
    let provider = Provider::open(&job)?;
    let runtime = runtime()?;
    let mut told = Vec::new();
    for attempt in attempts {
        let ticket: Option<Ticket> = attempt.ticket.as_deref().and_then(|text| serde_json::from_str(text).ok());
        let (cost, what) = match ticket.map(|ticket| runtime.block_on(provider.stop(&ticket))) {
            Some(Ok(Stopped::Now)) => (Some(attempt.price), "stopped; counted as charged in full"),
            Some(Ok(Stopped::Ended)) if attempt.price > Money::ZERO => (None, "it has ended already"),
            Some(Ok(Stopped::Never)) => (None, "the provider cannot be told to stop"),
            Some(Err(error)) => return Err(error),
            _ if attempt.price == Money::ZERO => (Some(Money::ZERO), "stopped; it was free"),
            _ => (None, "its answer was lost: perhaps charged, perhaps not"),
        };
        if let Some(cost) = cost {
            ledger.advance(attempt.id, &Step::Cancelled { cost })?;
        }
        told.push(AbandonedAttempt {
            attempt: attempt.id,
            take: attempt.take,
            is_over: cost.is_some(),
            what: what.into(),
        });
    }
    if told.iter().all(|attempt| attempt.is_over) && run.state == RunState::Open {
        ledger.end_run(&run.id, RunState::Failed, None)?;
    }
    Ok(told)
}
