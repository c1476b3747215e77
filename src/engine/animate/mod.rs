//! `animate`: from a still to a clip that holds still, whatever the provider does on the way.
//!
//! ```text
//! quote ─► consent ─► take: intend ─► generate ─► store ─► score ─► decide ─► accept ──┐
//!                       ▲                                            ├─► mend ─► score ─┤
//!                       └──────────── retake, or a span alone ◄──────┘                  ▼
//!                                                            verify ─► rename ─► report
//! ```
//!
//! Every arrow is in the ledger before it is walked: a run that was killed anywhere goes on where it stood, and a clip
//! that was paid for is never made twice.

mod abandon;
mod bases;
mod contest;
mod crew;
mod decide;
mod deliver;
mod draft;
mod gap;
mod influence;
mod job;
mod memory;
mod plan;
mod promote;
mod promotion;
mod provider;
mod recover;
mod report;
mod round;
mod session;
mod splice;
mod way;
mod workshop;

pub use abandon::{AbandonedAttempt, abandon};
pub use decide::{Action, Decision};
pub use draft::{Draft, Link};
pub use influence::Influence;
pub use job::{AnimateJob, Maker};
pub use plan::{PLAN_SCHEMA, Plan, plan};
pub use promote::{PromoteWish, promote};
pub use promotion::Promotion;
pub use report::{
    ANIMATE_SCHEMA, AnimateReport, Animated, Cost, Delivered, LostAttempt, MendedTake, Standing, TakeReport,
};

pub(in crate::engine) use {crew::runtime, job::digest_of};

use super::{Cancel, Error, Event};
use crate::store::{
    Home, Ledger, Money,
    ledger::{NewRun, Run, RunState},
};
use crew::Crew;
use session::Session;
use std::cell::RefCell;
use workshop::Workshop;

/// Which run an `animate` works on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// The newest run of the same recipe, with its takes; a new one where there is none.
    Reuse,
    /// A new run, with what the user asks for, not with what held last time.
    Fresh,
    /// This run.
    Resume {
        /// Its id.
        run: String,
        /// Whether an attempt that was perhaps charged may be made, and paid for, again.
        may_resubmit: bool,
    },
}

/// Makes a clip of a still, by whatever takes and mends it needs. Blocks its thread until the end.
pub fn animate(
    home: &Home,
    job: &AnimateJob,
    start: &Start,
    hear: &mut dyn FnMut(Event),
    cancel: &Cancel,
) -> Result<Animated, Error> {
    let hear = RefCell::new(hear);
    let mut crew = Crew::new(home, job, &hear, cancel)?;
    work(home, job, start, &mut crew, &mut |event| (hear.borrow_mut())(event), cancel)
}

fn work(
    home: &Home,
    job: &AnimateJob,
    start: &Start,
    workshop: &mut dyn Workshop,
    hear: &mut dyn FnMut(Event),
    cancel: &Cancel,
) -> Result<Animated, Error> {
    check_consent(job)?;
    let mut session = open(home, job, start, cancel)?;
    deliver::check_target(&session)?;
    let held = contest::hold(&mut session, workshop, hear).and_then(|won| {
        let promotion = Promotion::of(job, workshop, &won.entry)?;
        deliver::deliver(&mut session, won, promotion)
    });
    match held {
        Ok(animated) => Ok(animated),
        Err(error) => {
            session.ledger.note(&session.run.id, None, "warning", &error.to_string())?;
            Err(error)
        }
    }
}

/// Most that the job can cost, and whether somebody agreed to it.
fn check_consent(job: &AnimateJob) -> Result<(), Error> {
    let price = job.maker.price();
    if price == Money::ZERO || job.is_consented && job.budget.is_some() {
        return Ok(());
    }
    let most = price.checked_mul(i64::from(job.takes)).map_or_else(|| "too much".to_owned(), |most| most.to_string());
    Err(Error::Budget {
        what: format!("a take costs {price}, up to {most} in all, and nobody agreed to spend it"),
        hint: "add --yes and --budget, e.g. `--yes --budget 3.00`; `holdstill plan` shows the price".into(),
    })
}

fn open<'a>(home: &'a Home, job: &'a AnimateJob, start: &Start, cancel: &'a Cancel) -> Result<Session<'a>, Error> {
    let mut ledger = Ledger::open(home)?;
    let digest = job.recipe_digest()?;
    let json = serde_json::to_string(job).expect("jobs are plain data");
    let earlier: Option<Run> = match start {
        Start::Fresh => None,
        Start::Reuse => ledger.latest_run(&digest)?,
        Start::Resume { run, .. } => Some(ledger.run(run)?).map(|run| same_recipe(run, &digest)).transpose()?,
    };
    let run = if let Some(run) = earlier {
        run
    } else {
        let influence = if *start == Start::Fresh { Influence::default() } else { memory::recall(&ledger, job)? };
        let start = serde_json::to_string(&influence).expect("settings are plain data");
        ledger.begin_run(&NewRun { recipe_digest: &digest, job: &json, start: &start, budget: job.budget })?
    };
    let lock = home.lock_run(&run.id)?;
    let run = ledger.reopen_run(&run.id, &json, job.budget)?;
    let may_resubmit = matches!(start, Start::Resume { may_resubmit: true, .. });
    Ok(Session { home, ledger, run, job, may_resubmit, cancel, _lock: lock })
}

fn same_recipe(run: Run, digest: &str) -> Result<Run, Error> {
    if run.recipe_digest == digest {
        return Ok(run);
    }
    Err(Error::Usage {
        what: format!("run {} was made from other files than there are now, or by another version", run.id),
        hint: "bring the still, mask and depth back, or start anew with `holdstill animate`".into(),
    })
}

impl Session<'_> {
    fn end(&mut self, report: &AnimateReport) -> Result<(), Error> {
        let json = serde_json::to_string(report).expect("reports are plain data");
        self.ledger.end_run(&self.run.id, RunState::Finished, Some(&json))?;
        Ok(())
    }
}

#[cfg(test)]
mod market;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;
