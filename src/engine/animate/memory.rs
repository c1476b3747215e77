//! With what a run begins: with what held last time, for the same provider, model and camera move.
//!
//! A run keeps what it began with, whatever is learned meanwhile: taken up again, it asks for the same takes.

use super::{AnimateJob, Influence, TakeReport, session::Session};
use crate::{
    drift::Verdict,
    engine::Error,
    store::{Ledger, ledger::Run, ledger::Scope},
};

/// What a new run begins with; a final with what its draft was asked for.
pub(super) fn recall(ledger: &Ledger, job: &AnimateJob) -> Result<Influence, Error> {
    if let Some(draft) = &job.draft {
        return Ok(draft.influence.clone());
    }
    let model = job.maker.model();
    let known = ledger.remembered(scope(job, &model))?;
    Ok(read(known.as_deref()))
}

/// What a run began with.
pub(super) fn start_of(run: &Run) -> Influence {
    read(run.start.as_deref())
}

/// Remembers with what a whole take held as it was made. Injected faults teach nothing about a provider, and an exact final
/// was asked for nothing.
pub(super) fn keep(session: &mut Session<'_>, takes: &[TakeReport]) -> Result<(), Error> {
    let job = session.job;
    let held = takes.iter().find(|take| take.verdict == Verdict::Hold && take.span.is_none());
    let Some(held) = held.filter(|_| job.simulate.is_empty() && !job.is_exact()) else { return Ok(()) };
    let influence = Influence { motion: held.motion, prompt: held.prompt_added.clone() };
    let json = serde_json::to_string(&influence).expect("settings are plain data");
    let model = job.maker.model();
    session.ledger.remember(scope(job, &model), &session.run.id, &json)?;
    Ok(())
}

fn scope<'a>(job: &'a AnimateJob, model: &'a str) -> Scope<'a> {
    Scope { provider: job.maker.name(), model, motion: &job.motion }
}

/// What an older version wrote otherwise is as good as nothing.
fn read(json: Option<&str>) -> Influence {
    json.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
}
