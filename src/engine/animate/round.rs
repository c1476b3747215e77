//! Takes that are asked for at the same time.
//!
//! Every price is reserved before the first request leaves, and what came of them is looked at in the order of their
//! takes, whichever was finished first: taken up again after a crash, a round is the same round.

use super::{
    Influence,
    job::digest_of,
    session::{Candidate, Session, written_down},
    workshop::{Order, TakeRequest, Workshop},
};
use crate::{
    engine::{Class, Error},
    store::ledger::{Attempt, AttemptState},
};
use std::path::PathBuf;

/// The outcome of each take of a round, one or more, in their order.
pub(super) type Round = Vec<Result<Candidate, Error>>;

impl Session<'_> {
    /// The measured clips of the takes from `first` on: as many as the user wants at once, takes are left for, and the
    /// budget covers.
    pub(super) fn round(
        &mut self,
        workshop: &mut dyn Workshop,
        first: u32,
        influence: &Influence,
    ) -> Result<Round, Error> {
        let last = (first + self.job.candidates.max(1) - 1).min(self.job.takes.max(first));
        if first == last {
            return Ok(vec![self.candidate(workshop, first, influence, None)]);
        }
        let mut round: Vec<(TakeRequest, Option<Attempt>)> = Vec::new();
        for take in first..=last {
            let request = self.request(take, influence, None);
            if self.is_known(&request)? {
                round.push((request, None));
                continue;
            }
            match self.intended(&request) {
                Ok(attempt) => round.push((request, Some(attempt))),
                // there has to be one; more of them where there is money for more
                Err(error) if error.class() == Class::Budget && !round.is_empty() => break,
                Err(error) => return Err(error),
            }
        }
        let orders: Vec<_> = round.iter().filter_map(|(request, made)| Some((request, made.as_ref()?))).collect();
        let mut made = self.carry_all(workshop, &orders).into_iter();
        let mut outcomes = Vec::new();
        for (request, attempt) in round {
            outcomes.push(match attempt.and_then(|_| made.next()) {
                None => self.candidate(workshop, request.take, influence, None),
                Some(Ok(attempt)) => self.candidate_of(workshop, request, attempt, false),
                Some(Err(error)) => Err(error),
            });
        }
        Ok(outcomes)
    }

    /// Whether an attempt at this request is on its way, or has its clip.
    fn is_known(&self, request: &TakeRequest) -> Result<bool, Error> {
        let digest = digest_of(request);
        let is_over = |state| matches!(state, AttemptState::Failed | AttemptState::Cancelled);
        let attempts = self.ledger.attempts(&self.run.id)?;
        Ok(attempts.iter().any(|attempt| attempt.request_digest == digest && !is_over(attempt.state)))
    }

    /// Has several clips made and brings them into the store.
    fn carry_all(
        &mut self,
        workshop: &mut dyn Workshop,
        takes: &[(&TakeRequest, &Attempt)],
    ) -> Vec<Result<Attempt, Error>> {
        let outs: Vec<PathBuf> = takes.iter().map(|(_, attempt)| self.home.staging_path(attempt.id)).collect();
        let orders: Vec<Order<'_>> = takes
            .iter()
            .zip(&outs)
            .map(|(&(request, attempt), out)| Order { request, client_id: &attempt.client_id, out })
            .collect();
        let mut states = vec![AttemptState::Intended; takes.len()];
        let (ledger, run) = (&mut self.ledger, &self.run.id);
        let made = workshop.generate_all(&orders, &mut |at, sign| {
            states[at] = written_down(ledger, run, takes[at].1.id, states[at], sign)?;
            Ok(())
        });
        let outcomes = made.into_iter().zip(takes).zip(states).map(|((made, (_, attempt)), state)| match made {
            Ok(made) => self.stored(attempt.id, state, made),
            Err(unmade) => self.unmade(workshop, attempt, unmade),
        });
        outcomes.collect()
    }
}
