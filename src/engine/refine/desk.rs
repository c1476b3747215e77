//! One run at work: the ledger, the lock, and the way from a request to a still in the store.

use super::job::{Input, RefineJob};
use crate::{
    engine::{
        Cancel, Class, Error, Event, Stage,
        animate::{Start, runtime},
    },
    frame::{Size, pyramid},
    media,
    provider::{
        self, Editor, Fate, Generated, Progress, Shelf, Ticket,
        recipe::{Edit, Picture},
    },
    store::{
        Environment, Home, Ledger, Money, RunLock,
        ledger::{Attempt, AttemptState, Intent, NewRun, Run, Step},
    },
};

/// The run, held by this process alone.
pub(super) struct Desk<'a> {
    pub(super) home: &'a Home,
    pub(super) ledger: Ledger,
    pub(super) run: Run,
    pub(super) job: &'a RefineJob,
    may_resubmit: bool,
    cancel: &'a Cancel,
    _lock: RunLock,
}

/// A still that a provider made, in the store.
pub(super) struct Made {
    pub(super) attempt: Attempt,
    /// Whether it was there from an earlier invocation.
    pub(super) is_reused: bool,
}

/// What was sent, as the ledger keeps it.
#[derive(serde::Serialize, serde::Deserialize)]
struct SentRequest {
    digest: String,
    rng_seed: u64,
    size: [u32; 2],
}

impl<'a> Desk<'a> {
    pub(super) fn open(home: &'a Home, job: &'a RefineJob, start: &Start, cancel: &'a Cancel) -> Result<Self, Error> {
        let mut ledger = Ledger::open(home)?;
        let digest = job.digest()?;
        let json = serde_json::to_string(job).expect("jobs are plain data");
        let earlier = match start {
            Start::Fresh => None,
            Start::Reuse => ledger.latest_run(&digest)?,
            Start::Resume { run, .. } => Some(same_request(ledger.run(run)?, &digest)?),
        };
        let run = match earlier {
            Some(run) => run,
            None => {
                ledger.begin_run(&NewRun { recipe_digest: &digest, job: &json, start: "null", budget: job.budget })?
            }
        };
        let lock = home.lock_run(&run.id)?;
        let run = ledger.reopen_run(&run.id, &json, job.budget)?;
        let may_resubmit = matches!(start, Start::Resume { may_resubmit: true, .. });
        Ok(Self { home, ledger, run, job, may_resubmit, cancel, _lock: lock })
    }

    /// The still of this run: from the store where it is there, otherwise made and paid for now.
    pub(super) fn still(&mut self, input: &Input, hear: &mut dyn FnMut(Event)) -> Result<Made, Error> {
        if let Some(attempt) = self.earlier()? {
            return Ok(Made { attempt, is_reused: true });
        }
        self.check_consent()?;
        let editor = self.editor()?;
        let size = input.still.picture.size();
        let asked = editor.size_for([size.width as u32, size.height as u32]);
        let picture = to_send(self.job, input, asked)?;
        let rng_seed = self.job.rng_seed_of(&self.run.recipe_digest, self.run.salt);
        let mut edit =
            Edit { prompt: self.job.prompt.trim(), picture: &picture, size: asked, rng_seed, client_id: "check" };
        editor.check(&edit)?;
        let request = SentRequest { digest: self.run.recipe_digest.clone(), rng_seed, size: asked };
        let attempt = self.ledger.intend(&Intent {
            run: &self.run.id,
            take: 1,
            provider: &self.job.maker.id,
            request_digest: &self.run.recipe_digest,
            request: &serde_json::to_string(&request).expect("requests are plain data"),
            price: self.job.maker.price,
        })?;
        edit.client_id = &attempt.client_id;
        let (stage, what) = (Stage::Generate, format!("the still by {}", self.job.maker.id));
        hear(Event::Begin { stage, what: what.clone(), total: 0 });
        let made = self.carry(&attempt, |out, progress, is_cancelled, runtime| {
            runtime.block_on(editor.edit(&edit, out, progress, is_cancelled))
        })?;
        hear(Event::End { stage, what });
        Ok(Made { attempt: made, is_reused: false })
    }

    /// The still of an attempt from before, whose end is found first where it was cut off.
    fn earlier(&mut self) -> Result<Option<Attempt>, Error> {
        if let Some(attempt) = kept(self.home, &self.ledger, &self.run)? {
            return Ok(Some(attempt));
        }
        for attempt in self.ledger.attempts(&self.run.id)?.into_iter().rev() {
            if attempt.state.is_final() || attempt.state.has_clip() {
                continue;
            }
            let out = self.home.still_path(attempt.id);
            if media::load_picture(&out).is_ok() {
                // it came, and only the ledger does not know it yet
                return self.stored(&attempt, Generated { cost: None }).map(Some);
            }
            let ticket: Option<Ticket> = attempt.ticket.as_deref().and_then(|text| serde_json::from_str(text).ok());
            if let Some(ticket) = ticket {
                let editor = self.editor()?;
                let made = self.carry(&attempt, |out, _, is_cancelled, runtime| {
                    runtime.block_on(editor.collect(&ticket, out, is_cancelled))
                });
                return made.map(Some);
            }
            self.give_up(attempt)?;
        }
        Ok(None)
    }

    /// Gives an attempt up whose answer was lost: on the user's word, where it was perhaps paid.
    fn give_up(&mut self, mut attempt: Attempt) -> Result<(), Error> {
        if attempt.state != AttemptState::Unknown {
            attempt = self.ledger.advance(attempt.id, &Step::Unknown { what: "holdstill was cut off" })?;
        }
        let cost = attempt.price;
        if cost > Money::ZERO && !self.may_resubmit {
            return Err(Error::Budget {
                what: format!("the answer was lost after its request left, and may have been charged {cost}"),
                hint: format!(
                    "look at the provider's list of charges; to pay for it again: `holdstill runs resume {} --resubmit`",
                    self.run.id
                ),
            });
        }
        let what = "given up; counted as charged";
        self.ledger.advance(attempt.id, &Step::Failed { code: "cut-off", what, cost })?;
        Ok(())
    }

    /// Lets the provider work on an attempt and brings its still into the store; what it learns is written down before
    /// the next step.
    fn carry(
        &mut self,
        attempt: &Attempt,
        work: impl FnOnce(
            &std::path::Path,
            &mut dyn FnMut(Progress),
            &dyn Fn() -> bool,
            &tokio::runtime::Runtime,
        ) -> Result<Generated, provider::Error>,
    ) -> Result<Attempt, Error> {
        let out = self.home.still_path(attempt.id);
        let (runtime, cancel) = (runtime()?, self.cancel.clone());
        let (ledger, mut written) = (&mut self.ledger, Ok(()));
        let mut progress = |progress: Progress| {
            let told = match &progress {
                Progress::Accepted(ticket) => {
                    let json = serde_json::to_string(ticket).expect("receipts are plain data");
                    let step = Step::Submitted { job_id: ticket.job(), ticket: &json };
                    ledger.advance(attempt.id, &step).map(drop)
                }
                Progress::Charged(told) => ledger.charged(attempt.id, told),
                Progress::Message(words) => ledger.note(&attempt.run, Some(attempt.id), "provider", words),
                Progress::Fraction(_) => Ok(()),
            };
            if let Err(error) = told
                && written.is_ok()
            {
                written = Err(error);
            }
        };
        let made = work(&out, &mut progress, &|| cancel.is_requested(), &runtime);
        written?;
        match made {
            Ok(made) => self.stored(attempt, made),
            Err(error) => Err(self.failed(attempt, error)),
        }
    }

    fn stored(&mut self, attempt: &Attempt, made: Generated) -> Result<Attempt, Error> {
        let out = self.home.still_path(attempt.id);
        let blob = self.home.blobs().put(&out)?;
        let now = self.ledger.attempts(&self.run.id)?.into_iter().find(|row| row.id == attempt.id);
        if now.is_some_and(|now| now.state == AttemptState::Intended) {
            self.ledger.advance(attempt.id, &Step::Running)?;
        }
        let attempt = self.ledger.advance(attempt.id, &Step::Downloaded { blob, cost: made.cost })?;
        self.ledger.forget(attempt.id, Editor::ADDRESS)?;
        // the blob is safe, the copy is of no more use
        let _ = fs_err::remove_file(&out);
        Ok(attempt)
    }

    /// Ends an attempt without a still, unless one lies ready. Where the provider does not say what it charged, the
    /// quoted price is counted.
    fn failed(&mut self, attempt: &Attempt, error: provider::Error) -> Error {
        let cost = error.cost().unwrap_or(attempt.price);
        let (fate, what) = (error.fate(), error.to_string());
        let error = Error::from(error);
        let step = match (fate, error.class()) {
            (Fate::Open, _) => return error,
            (Fate::Unknown, _) => Step::Unknown { what: &what },
            (Fate::Over, Class::Interrupted) => Step::Cancelled { cost },
            (Fate::Over, _) => Step::Failed { code: error.code(), what: &what, cost },
        };
        let is_over = fate == Fate::Over;
        let ended = self.ledger.advance(attempt.id, &step);
        let ended = ended.and_then(|_| if is_over { self.ledger.forget(attempt.id, Editor::ADDRESS) } else { Ok(()) });
        ended.err().map_or(error, Into::into)
    }

    fn check_consent(&self) -> Result<(), Error> {
        let price = self.job.maker.price;
        if price == Money::ZERO || self.job.is_consented && self.job.budget.is_some() {
            return Ok(());
        }
        let most = price.to_string();
        Err(Error::Budget {
            what: format!("the still costs {price}, and nobody agreed to spend it"),
            hint: format!("add --yes and --budget, e.g. `--yes --budget {}`", most.trim_start_matches('$')),
        })
    }

    fn editor(&self) -> Result<Editor, Error> {
        let choice = &self.job.maker;
        let environment = Environment::of_user()?;
        let env = |name: &str| environment.get(name);
        Ok(Editor::open(&Shelf::of_user(), &choice.id, Some(&choice.model), choice.tier, &env)?)
    }
}

/// The attempt of a run whose still is in the store, undamaged.
pub(super) fn kept(home: &Home, ledger: &Ledger, run: &Run) -> Result<Option<Attempt>, Error> {
    let is_kept = |attempt: &Attempt| {
        attempt.state.has_clip() && attempt.blob.is_some_and(|blob| home.blobs().open(&blob).is_ok())
    };
    Ok(ledger.attempts(&run.id)?.into_iter().rev().find(is_kept))
}

/// The still as it is sent: its file, unchanged, wherever that will do; otherwise its pixels as a PNG of the size that
/// is asked for.
fn to_send(job: &RefineJob, input: &Input, asked: [u32; 2]) -> Result<Picture, Error> {
    let own = input.still.picture.size();
    let [width, height] = asked.map(|side| side as usize);
    let is_enlarged = width > own.width || height > own.height;
    let stem = job.still.file_stem().map_or_else(|| "still".into(), |stem| stem.to_string_lossy().into_owned());
    if !is_enlarged && let Some(bytes) = media::load_plain_file(&job.still)? {
        let name = job.still.file_name().map_or(stem, |name| name.to_string_lossy().into_owned());
        let size = [own.width as u32, own.height as u32];
        return Ok(Picture::Bytes { name, bytes: bytes.into(), size });
    }
    let size = if is_enlarged { Size::new(width, height) } else { own };
    let bytes = media::png_bytes(&pyramid::resize_picture(&input.still.picture, size)).into();
    Ok(Picture::Bytes { name: format!("{stem}.png"), bytes, size: [size.width as u32, size.height as u32] })
}

fn same_request(run: Run, digest: &str) -> Result<Run, Error> {
    if run.recipe_digest == digest {
        return Ok(run);
    }
    Err(Error::Usage {
        what: format!("run {} was made from another still than there is now", run.id),
        hint: "bring the still back, or start anew with `holdstill refine`".into(),
    })
}

impl Made {
    /// Width and height that were asked for, and the seed of randomness.
    pub(super) fn sent(&self) -> ([u32; 2], u64) {
        let sent: Option<SentRequest> = serde_json::from_str(&self.attempt.request).ok();
        sent.map_or(([0, 0], 0), |sent| (sent.size, sent.rng_seed))
    }
}
