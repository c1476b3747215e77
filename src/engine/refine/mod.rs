//! `refine`: a still edited by a provider before it is animated, and what else the edit changed.
//!
//! ```text
//! check ─► still there from an earlier run? ──yes──────────────────┐
//!            └─no─► consent ─► intend ─► one POST ─► store ─► settle ┤
//!                                        │ lost: unknown             ▼
//!                                        lay back ─► measure ─► keep outside ─► refined.png, refined.json
//! ```
//!
//! The mask is not sent: no provider here takes one. It says where leakage is measured, and what is put back. So another
//! mask, or keeping the outside, costs nothing: the still that was paid for is measured anew.

mod desk;
mod job;
mod origin;
mod outcome;
mod report;

pub use job::{EditorChoice, RefineJob};
pub use origin::SeedOrigin;
pub use report::{CameStill, REFINE_SCHEMA, RefineReport, RefinedFile, StillFile};

use super::{Cancel, Error, Event, animate::Start};
use crate::{
    drift::leakage::Leakage,
    frame::Picture,
    store::{Home, Ledger},
};
use desk::Desk;

/// A refined still, delivered.
#[derive(Clone, Debug)]
pub struct Refined {
    /// What was done, and what leaked.
    pub report: RefineReport,
    /// The refined still as it was written.
    pub picture: Picture,
    /// What changed in it.
    pub leakage: Leakage,
}

/// Refines a still. Blocks its thread until the end.
///
/// # Errors
/// Where an input cannot be used, nobody agreed to spend the money, or the provider makes no still.
pub fn refine(
    home: &Home,
    job: &RefineJob,
    start: &Start,
    hear: &mut dyn FnMut(Event),
    cancel: &Cancel,
) -> Result<Refined, Error> {
    let input = job.input()?;
    let mut desk = Desk::open(home, job, start, cancel)?;
    outcome::check_target(&desk.ledger, job)?;
    let made = desk.still(&input, hear);
    let refined = made.and_then(|made| outcome::deliver(&mut desk, &input, &made));
    if let Err(error) = &refined {
        desk.ledger.note(&desk.run.id, None, "warning", &error.to_string())?;
    }
    refined
}

/// Whether the job would have to pay: no earlier run of it has its still.
///
/// # Errors
/// Where the still or the ledger cannot be read.
pub fn must_pay(home: &Home, job: &RefineJob) -> Result<bool, Error> {
    let ledger = Ledger::open(home)?;
    let Some(run) = ledger.latest_run(&job.digest()?)? else { return Ok(true) };
    Ok(desk::kept(home, &ledger, &run)?.is_none())
}

/// The words for a share of pixels: `12 %`, `0.4 %`, `0 %`.
pub fn percent(share: f64) -> String {
    match 100.0 * share {
        none if none < 0.005 => "0 %".to_owned(),
        few if few < 9.95 => format!("{few:.2} %"),
        many => format!("{many:.0} %"),
    }
}
