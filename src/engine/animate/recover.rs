//! After a crash or a lost answer: what became of the attempts that were cut off.
//!
//! A job whose receipt is in the ledger is asked about again. One without is looked for by our own name for it. What
//! cannot be found was perhaps charged: only the user may have it made, and paid for, again.

use super::{
    job::digest_of,
    session::Session,
    workshop::{TakeRequest, Trace, Workshop},
};
use crate::{
    engine::Error,
    provider::Ticket,
    store::{
        Money,
        ledger::{Attempt, AttemptState, Step},
    },
};

impl Session<'_> {
    /// The clip of the same request from before a crash or an earlier invocation. Attempts that were cut off are
    /// brought to an end first.
    pub(super) fn earlier_clip(
        &mut self,
        workshop: &mut dyn Workshop,
        request: &TakeRequest,
    ) -> Result<Option<Attempt>, Error> {
        let digest = digest_of(request);
        let attempts = self.ledger.attempts(&self.run.id)?;
        for attempt in attempts.into_iter().rev().filter(|attempt| attempt.request_digest == digest) {
            let attempt = self.ended(workshop, attempt)?;
            let is_intact = attempt.blob.is_some_and(|blob| self.home.blobs().open(&blob).is_ok());
            if attempt.state.has_clip() && is_intact {
                return Ok(Some(attempt));
            }
        }
        Ok(None)
    }

    /// An attempt with an end: its clip, or its failure.
    fn ended(&mut self, workshop: &mut dyn Workshop, mut attempt: Attempt) -> Result<Attempt, Error> {
        let is_cut_off =
            matches!(attempt.state, AttemptState::Intended | AttemptState::Submitted | AttemptState::Running);
        if is_cut_off && let Some(ticket) = receipt(workshop, &attempt) {
            return self.collected(workshop, &attempt, &ticket);
        }
        if is_cut_off {
            attempt = self.ledger.advance(attempt.id, &Step::Unknown { what: "holdstill was cut off" })?;
        }
        if attempt.state != AttemptState::Unknown {
            return Ok(attempt);
        }
        match self.traced(workshop, &attempt)? {
            Some(found) => Ok(found),
            None => self.given_up(&attempt),
        }
    }

    /// The clip of a job that goes on without us; a clip that was fetched already is not fetched again.
    fn collected(&mut self, workshop: &mut dyn Workshop, attempt: &Attempt, ticket: &Ticket) -> Result<Attempt, Error> {
        match self.carry(attempt, |out, sign| workshop.collect(ticket, attempt.take, out, sign))? {
            Ok(attempt) => Ok(attempt),
            Err(unmade) => Err(self.failed(attempt, unmade)),
        }
    }

    /// The clip of an attempt whose answer was lost, where it can be found.
    pub(super) fn traced(&mut self, workshop: &mut dyn Workshop, attempt: &Attempt) -> Result<Option<Attempt>, Error> {
        let request: Option<serde_json::Value> = serde_json::from_str(&attempt.request).ok();
        let rng_seed = request.and_then(|request| request["rng_seed"].as_u64());
        match workshop.reconcile(&attempt.client_id, rng_seed, &self.home.staging_path(attempt.id))? {
            None => Ok(None),
            // found by its seed, it may be that of an earlier attempt at the same thing
            Some(Trace::Job(ticket)) if self.ledger.is_job_of_another(attempt, ticket.job())? => Ok(None),
            Some(Trace::Clip(found)) => {
                let blob = self.home.blobs().put(&found)?;
                let attempt = self.ledger.advance(attempt.id, &Step::Downloaded { blob, cost: None })?;
                // the blob is safe, the copy is of no more use
                let _ = fs_err::remove_file(&found);
                Ok(Some(attempt))
            }
            Some(Trace::Job(ticket)) => {
                let json = serde_json::to_string(&ticket).expect("receipts are plain data");
                let step = Step::Submitted { job_id: ticket.job(), ticket: &json };
                let attempt = self.ledger.advance(attempt.id, &step)?;
                self.collected(workshop, &attempt, &ticket).map(Some)
            }
        }
    }

    /// Gives an attempt up that left no trace: at once where it was free, on the user's word where it was not.
    fn given_up(&mut self, attempt: &Attempt) -> Result<Attempt, Error> {
        let cost = attempt.price;
        let what = match (cost > Money::ZERO, self.may_resubmit) {
            (false, _) => "cut off; nothing was charged",
            (true, true) => "given up; counted as charged",
            (true, false) => {
                return Err(Error::Budget {
                    what: format!(
                        "take {} was cut off after its request left, and may have been charged {cost}",
                        attempt.take
                    ),
                    hint: format!(
                        "if the provider still works on it, wait and `holdstill runs resume {0}`; to pay for it again: \
                         `holdstill runs resume {0} --resubmit`",
                        self.run.id
                    ),
                });
            }
        };
        Ok(self.ledger.advance(attempt.id, &Step::Failed { code: "cut-off", what, cost })?)
    }
}

/// The receipt of a job that goes on without us.
fn receipt(workshop: &dyn Workshop, attempt: &Attempt) -> Option<Ticket> {
    let ticket = attempt.ticket.as_deref().filter(|_| workshop.keeps_jobs())?;
    serde_json::from_str(ticket).ok()
}
