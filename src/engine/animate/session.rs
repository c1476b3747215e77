//! One run at work: the ledger, the lock, and the way from a request to a measured clip.

use super::{
    AnimateJob, Influence,
    gap::Gap,
    job::digest_of,
    workshop::{Ear, Made, Offer, Patch, Sign, TakeRequest, Unmade, Workshop},
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
        self.candidate_of(workshop, request, attempt, is_reused)
    }

    /// The measured clip of an attempt.
    pub(super) fn candidate_of(
        &mut self,
        workshop: &mut dyn Workshop,
        request: TakeRequest,
        attempt: Attempt,
        is_reused: bool,
    ) -> Result<Candidate, Error> {
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

    /// The parts of a measured clip that can be asked for alone: the provider makes them for no more than a whole take, and
    /// what it is not told how to end for less.
    pub(super) fn patches(&self, workshop: &mut dyn Workshop, candidate: &Candidate) -> Result<Vec<Patch>, Error> {
        let Candidate { request, attempt, clip, score, .. } = candidate;
        let mut patches = Vec::new();
        // an exact final has no parts that were asked for: its model makes drafts
        if score.judgement.verdict != Verdict::Drift || request.take >= self.job.takes || self.job.is_exact() {
            return Ok(patches);
        }
        let limit = self.job.drift_fail;
        for gap in [Gap::span(score, limit), Gap::open(score, limit)].into_iter().flatten() {
            let offer = workshop.offer(clip, gap, gap.secs(score))?;
            let whole = self.job.maker.price();
            let is_worth = |offer: &Offer| offer.price < whole || offer.price == whole && gap.after.is_some();
            if let Some(offer) = offer.filter(is_worth) {
                let (secs, price) = (offer.secs, offer.price);
                patches.push(Patch { base: attempt.id, gap, secs, price, clip: clip.clone() });
            }
        }
        Ok(patches)
    }

    /// Why no further take at `price` can be asked for after `take`, if so.
    pub(super) fn no_retake(&self, take: u32, price: Money) -> Result<Option<String>, Error> {
        if self.job.is_exact() {
            return Ok(Some("an exact final that is asked for again has the same content".into()));
        }
        if take >= self.job.takes {
            return Ok(Some(format!("no take of {} is left", self.job.takes)));
        }
        // what was paid for, or is reserved, before a crash needs no money any more
        let is_over = |state| matches!(state, AttemptState::Failed | AttemptState::Cancelled);
        if self.ledger.attempts(&self.run.id)?.iter().any(|next| next.take == take + 1 && !is_over(next.state)) {
            return Ok(None);
        }
        let price = self.ledger.expected_cost(&self.run.id, price)?;
        let committed = self.ledger.purse(&self.run.id)?.committed().and_then(|sum| sum.checked_add(price));
        let is_covered = match (self.job.budget, committed) {
            (None, _) => true,
            (Some(budget), Some(total)) => price == Money::ZERO || total <= budget,
            (Some(_), None) => false,
        };
        Ok((!is_covered).then(|| format!("the budget does not cover another take at {price}")))
    }

    pub(super) fn request(&self, take: u32, influence: &Influence, patch: Option<Patch>) -> TakeRequest {
        let recipe = self.run.recipe_digest.clone();
        let rng_seed = self.job.rng_seed_of(&recipe, self.run.salt, take);
        TakeRequest { recipe, take, rng_seed, influence: influence.clone(), patch }
    }

    /// Has a clip made: every state is on disk before the step it announces.
    fn make(&mut self, workshop: &mut dyn Workshop, request: &TakeRequest) -> Result<Attempt, Error> {
        let attempt = self.intended(request)?;
        match self.carry(&attempt, |out, sign| workshop.generate(request, &attempt.client_id, out, sign))? {
            Ok(attempt) => Ok(attempt),
            Err(unmade) => self.unmade(workshop, &attempt, unmade),
        }
    }

    /// The clip of a request that seems to have brought none, where a trace of it is found.
    pub(super) fn unmade(
        &mut self,
        workshop: &mut dyn Workshop,
        attempt: &Attempt,
        unmade: Unmade,
    ) -> Result<Attempt, Error> {
        if unmade.fate() != Fate::Unknown {
            return Err(self.failed(attempt, unmade));
        }
        let what = unmade.error.to_string();
        let attempt = self.ledger.advance(attempt.id, &Step::Unknown { what: &what })?;
        self.traced(workshop, &attempt)?.ok_or(unmade.error)
    }

    /// Writes down that a request is about to be made, and reserves its price.
    pub(super) fn intended(&mut self, request: &TakeRequest) -> Result<Attempt, Error> {
        let json = serde_json::to_string(request).expect("requests are plain data");
        Ok(self.ledger.intend(&Intent {
            run: &self.run.id,
            take: request.take,
            provider: self.job.maker.name(),
            request_digest: &digest_of(request),
            request: &json,
            price: request.patch.as_ref().map_or_else(|| self.job.maker.price(), |patch| patch.price),
        })?)
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
        let made = work(&out, &mut |sign| {
            state = written_down(ledger, run, attempt.id, state, sign)?;
            Ok(())
        });
        Ok(match made {
            Ok(made) => Ok(self.stored(attempt.id, state, made)?),
            Err(unmade) => Err(unmade),
        })
    }

    /// Brings the clip of an attempt into the store.
    pub(super) fn stored(&mut self, attempt: i64, state: AttemptState, made: Made) -> Result<Attempt, Error> {
        let out = self.home.staging_path(attempt);
        let blob = self.home.blobs().put(&out)?;
        if state == AttemptState::Intended {
            self.ledger.advance(attempt, &Step::Running)?;
        }
        let attempt = self.ledger.advance(attempt, &Step::Downloaded { blob, cost: made.cost })?;
        if let Some(cost) = made.cost.filter(|cost| *cost > attempt.price) {
            let what = format!("{} charged {cost} for what it quotes at {}", attempt.provider, attempt.price);
            self.ledger.note(&self.run.id, Some(attempt.id), "warning", &what)?;
        }
        // the blob is safe, the copy is of no more use
        let _ = fs_err::remove_file(&out);
        Ok(attempt)
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

/// Writes a sign of life of an attempt in `state` down; its state from then on.
pub(super) fn written_down(
    ledger: &mut Ledger,
    run: &str,
    attempt: i64,
    state: AttemptState,
    sign: Sign<'_>,
) -> Result<AttemptState, Error> {
    let ticket;
    let step = match (sign, state) {
        (Sign::Accepted(given), AttemptState::Intended | AttemptState::Unknown) => {
            ticket = serde_json::to_string(given).expect("receipts are plain data");
            Step::Submitted { job_id: given.job(), ticket: &ticket }
        }
        (Sign::Working(_), AttemptState::Intended | AttemptState::Submitted) => Step::Running,
        (Sign::Charged(told), _) => {
            ledger.charged(attempt, told)?;
            return Ok(state);
        }
        (Sign::Told(what), _) => {
            ledger.note(run, Some(attempt), "provider", what)?;
            return Ok(state);
        }
        _ => return Ok(state),
    };
    Ok(ledger.advance(attempt, &step)?.state)
}

fn blob_of(attempt: &Attempt) -> Result<Hash, Error> {
    attempt.blob.ok_or_else(|| Error::Bug(format!("attempt {} has no clip in state {}", attempt.id, attempt.state)))
}
