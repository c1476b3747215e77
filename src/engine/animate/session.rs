//! One run at work: the ledger, the lock, and the way from a request to a measured clip.

use super::{
    AnimateJob, Influence,
    decide::bracket,
    job::digest_of,
    workshop::{Ear, Made, Patch, Sign, TakeRequest, Unmade, Workshop},
};
use crate::{
    drift::{ScoreReport, Verdict},
    engine::{Cancel, Class, Error},
    provider::Fate,
    store::{
        Home, Ledger, Money, RunLock,
        ledger::{Attempt, AttemptState, Intent, Run, Step},
    },
};
use blake3::Hash;
use std::path::{Path, PathBuf};

/// The run, held by this process alone.
pub(super) struct Session<'a> {
    pub(super) home: &'a Home,
    pub(super) ledger: Ledger,
    pub(super) run: Run,
    pub(super) job: &'a AnimateJob,
    /// Whether an attempt that was perhaps charged may be made again.
    pub(super) may_resubmit: bool,
    pub(super) cancel: &'a Cancel,
    pub(super) _lock: RunLock,
}

/// A measured clip of this run.
pub(super) struct Candidate {
    pub(super) request: TakeRequest,
    pub(super) attempt: Attempt,
    pub(super) clip: PathBuf,
    pub(super) score: ScoreReport,
    pub(super) is_reused: bool,
}

impl Session<'_> {
    /// The measured clip of take `take`: from the ledger where it is there, otherwise made now.
    pub(super) fn candidate(
        &mut self,
        workshop: &mut dyn Workshop,
        take: u32,
        influence: &Influence,
        patch: Option<Patch>,
    ) -> Result<Candidate, Error> {
        let request = self.request(take, influence, patch);
        let earlier = self.earlier_clip(workshop, &request)?;
        let is_reused = earlier.is_some();
        let attempt = match earlier {
            Some(attempt) => attempt,
            None => self.make(workshop, &request)?,
        };
        let mut clip = self.home.blobs().path(&blob_of(&attempt)?);
        if let Some(patch) = &request.patch {
            let spliced = self.home.spliced_path(attempt.id);
            if !spliced.exists() {
                workshop.splice(patch, &clip, &spliced)?;
            }
            clip = spliced;
        }
        let (attempt, score) = self.measured(workshop, attempt, &clip)?;
        Ok(Candidate { request, attempt, clip, score, is_reused })
    }

    /// The span of a measured clip that can be asked for alone: what is at fault lies between frames that pass, and the
    /// provider makes it for no more than a whole take, within the budget.
    pub(super) fn patch(&self, workshop: &mut dyn Workshop, candidate: &Candidate) -> Result<Option<Patch>, Error> {
        let Candidate { request, attempt, clip, score, .. } = candidate;
        let ends = bracket(score, self.job.drift_fail).filter(|_| score.judgement.verdict == Verdict::Drift);
        let Some(ends) = ends.filter(|_| request.take < self.job.takes) else { return Ok(None) };
        let [from, to] = ends.map(|end| score.judgement.frames[end].time_secs);
        let Some(offer) = workshop.offer(clip, ends, to - from)? else { return Ok(None) };
        let is_worth = offer.price <= self.job.maker.price() && self.no_retake(request.take, offer.price)?.is_none();
        let patch = Patch { base: attempt.id, ends, secs: offer.secs, price: offer.price, clip: clip.clone() };
        Ok(is_worth.then_some(patch))
    }

    /// Why no further take at `price` can be asked for after `take`, if so.
    pub(super) fn no_retake(&self, take: u32, price: Money) -> Result<Option<String>, Error> {
        if take >= self.job.takes {
            return Ok(Some(format!("no take of {} is left", self.job.takes)));
        }
        // what was paid for, or is reserved, before a crash needs no money any more
        let is_over = |state| matches!(state, AttemptState::Failed | AttemptState::Cancelled);
        if self.ledger.attempts(&self.run.id)?.iter().any(|next| next.take == take + 1 && !is_over(next.state)) {
            return Ok(None);
        }
        let committed = self.ledger.purse(&self.run.id)?.committed().and_then(|sum| sum.checked_add(price));
        let is_covered = match (self.job.budget, committed) {
            (None, _) => true,
            (Some(budget), Some(total)) => price == Money::ZERO || total <= budget,
            (Some(_), None) => false,
        };
        Ok((!is_covered).then(|| format!("the budget does not cover another take at {price}")))
    }

    fn request(&self, take: u32, influence: &Influence, patch: Option<Patch>) -> TakeRequest {
        let recipe = self.run.recipe_digest.clone();
        let rng_seed = self.job.rng_seed_of(&recipe, self.run.salt, take);
        TakeRequest { recipe, take, rng_seed, influence: influence.clone(), patch }
    }

    /// Has a clip made: every state is on disk before the step it announces.
    fn make(&mut self, workshop: &mut dyn Workshop, request: &TakeRequest) -> Result<Attempt, Error> {
        let json = serde_json::to_string(request).expect("requests are plain data");
        let attempt = self.ledger.intend(&Intent {
            run: &self.run.id,
            take: request.take,
            provider: self.job.maker.name(),
            request_digest: &digest_of(request),
            request: &json,
            price: request.patch.as_ref().map_or_else(|| self.job.maker.price(), |patch| patch.price),
        })?;
        match self.carry(&attempt, |out, sign| workshop.generate(request, &attempt.client_id, out, sign))? {
            Ok(attempt) => Ok(attempt),
            Err(unmade) if unmade.fate() == Fate::Unknown => {
                let what = unmade.error.to_string();
                let attempt = self.ledger.advance(attempt.id, &Step::Unknown { what: &what })?;
                self.traced(workshop, &attempt)?.ok_or(unmade.error)
            }
            Err(unmade) => Err(self.failed(&attempt, unmade)),
        }
    }

    /// Lets a maker work on an attempt and brings its clip into the store.
    pub(super) fn carry(
        &mut self,
        attempt: &Attempt,
        work: impl FnOnce(&Path, &mut Ear<'_>) -> Result<Made, Unmade>,
    ) -> Result<Result<Attempt, Unmade>, Error> {
        let out = self.home.staging_path(attempt.id);
        let mut state = attempt.state;
        let (ledger, run) = (&mut self.ledger, &self.run.id);
        let mut write_down = |sign: Sign<'_>| -> Result<(), Error> {
            let ticket;
            let step = match (sign, state) {
                (Sign::Accepted(given), AttemptState::Intended | AttemptState::Unknown) => {
                    ticket = serde_json::to_string(given).expect("receipts are plain data");
                    Step::Submitted { job_id: given.job(), ticket: &ticket }
                }
                (Sign::Working(_), AttemptState::Intended | AttemptState::Submitted) => Step::Running,
                (Sign::Told(what), _) => return Ok(ledger.note(run, Some(attempt.id), "provider", what)?),
                _ => return Ok(()),
            };
            state = ledger.advance(attempt.id, &step)?.state;
            Ok(())
        };
        let made = match work(&out, &mut write_down) {
            Ok(made) => made,
            Err(unmade) => return Ok(Err(unmade)),
        };
        let blob = self.home.blobs().put(&out)?;
        if state == AttemptState::Intended {
            self.ledger.advance(attempt.id, &Step::Running)?;
        }
        let attempt = self.ledger.advance(attempt.id, &Step::Downloaded { blob, cost: made.cost })?;
        // the blob is safe, the copy is of no more use
        let _ = fs_err::remove_file(&out);
        Ok(Ok(attempt))
    }

    /// Ends an attempt without a clip, unless its job goes on. Where the provider does not say what it charged, the
    /// quoted price is counted.
    pub(super) fn failed(&mut self, attempt: &Attempt, unmade: Unmade) -> Error {
        let cost = unmade.cost.unwrap_or(attempt.price);
        let what = unmade.error.to_string();
        let step = match (unmade.fate(), unmade.error.class()) {
            (Fate::Open, _) => return unmade.error,
            (Fate::Unknown, _) => Step::Unknown { what: &what },
            (Fate::Over, Class::Interrupted) => Step::Cancelled { cost },
            (Fate::Over, _) => Step::Failed { code: unmade.error.code(), what: &what, cost },
        };
        let _ = fs_err::remove_file(self.home.staging_path(attempt.id));
        match self.ledger.advance(attempt.id, &step) {
            Ok(_) => unmade.error,
            Err(error) => error.into(),
        }
    }

    fn measured(
        &mut self,
        workshop: &mut dyn Workshop,
        attempt: Attempt,
        clip: &Path,
    ) -> Result<(Attempt, ScoreReport), Error> {
        let judge = self.job.judge_digest(&self.run.recipe_digest);
        let known = attempt.score.as_deref().filter(|_| attempt.judge_digest.as_deref() == Some(judge.as_str()));
        if let Some(score) = known.and_then(|json| serde_json::from_str(json).ok()) {
            return Ok((attempt, score));
        }
        let score = match workshop.score(clip, attempt.take) {
            Ok(score) => score,
            Err(error) if attempt.state == AttemptState::Downloaded && matches!(error, Error::Media(_)) => {
                let what = error.to_string();
                let step =
                    Step::Failed { code: error.code(), what: &what, cost: attempt.cost.unwrap_or(attempt.price) };
                self.ledger.advance(attempt.id, &step)?;
                return Err(error);
            }
            Err(error) => return Err(error),
        };
        if attempt.state != AttemptState::Downloaded {
            return Ok((attempt, score));
        }
        let json = serde_json::to_string(&score).expect("reports are plain data");
        let attempt = self.ledger.advance(attempt.id, &Step::Scored { judge_digest: &judge, score: &json })?;
        Ok((attempt, score))
    }

    /// Stops between two steps where the user asked to.
    pub(super) fn check_cancel(&self) -> Result<(), Error> {
        if self.cancel.is_requested() { Err(Error::Interrupted) } else { Ok(()) }
    }
}

fn blob_of(attempt: &Attempt) -> Result<Hash, Error> {
    attempt.blob.ok_or_else(|| Error::Bug(format!("attempt {} has no clip in state {}", attempt.id, attempt.state)))
}
