//! The workshop with real crafts: provider, ruler, mender.

use super::{
    AnimateJob, Influence, draft,
    gap::Gap,
    provider::Provider,
    splice,
    workshop::{self, Made, Mended, Offer, Order, Patch, Sign, TakeRequest, Trace, Unmade, Workshop},
};
use crate::{
    drift::{ScoreReport, StyleDrift, Thresholds},
    engine::{Cancel, Error, Event, MendJob, ScoreJob, Stage, command_line, mend_scored, score_as, style_drift},
    frame::Size,
    media,
    provider::{self, Generated, Progress, Request, Ticket},
    store::{Home, Money},
};
use std::{cell::RefCell, future::poll_fn, path::Path, task::Poll};

/// Shorter side of the clip in pixels for the shapes that platforms name.
const SHORT_SIDE: usize = 720;
/// Longest side of a clip that keeps the still's shape, in pixels.
const LONGEST_SIDE: usize = 1280;
/// Units of a generating provider's progress: percent.
const PERCENT: u64 = 100;

/// The listener, shared by the loop and the crafts.
type Ear<'e> = RefCell<&'e mut (dyn FnMut(Event) + 'e)>;

pub(super) struct Crew<'a, 'e> {
    job: &'a AnimateJob,
    provider: Provider,
    /// What is made final.
    draft: Option<draft::Found>,
    size: Size,
    hear: &'a Ear<'e>,
    cancel: &'a Cancel,
}

impl<'a, 'e> Crew<'a, 'e> {
    /// Checks everything that can be checked before money is spent: the still can be read, the command understood.
    pub(super) fn new(home: &Home, job: &'a AnimateJob, hear: &'a Ear<'e>, cancel: &'a Cancel) -> Result<Self, Error> {
        let seed = media::load_seed(&job.still)?;
        for picture in [&job.mask, &job.depth].into_iter().flatten() {
            media::load_mask(picture, seed.picture.size())?;
        }
        let provider = Provider::open(job)?;
        let draft = job.draft.as_ref().map(|draft| draft.find(home)).transpose()?;
        let crew = Self { job, provider, draft, size: clip_size(&job.aspect, seed.original), hear, cancel };
        let influence = Influence::default();
        let first = TakeRequest { recipe: String::new(), take: 1, rng_seed: 0, influence, patch: None };
        let first = crew.request(&first, Path::new(""));
        match &crew.provider {
            Provider::Remote(remote) => match crew.exact_draft()? {
                Some(draft) => remote.check_promote(draft)?,
                None => remote.check(&first)?,
            },
            Provider::Command(_, able) => able.check(&first)?,
            Provider::Builtin(_) | Provider::Comfy(_) => {}
        }
        Ok(crew)
    }

    /// The receipt of the draft that the provider makes final by itself, where it does.
    fn exact_draft(&self) -> Result<Option<&Ticket>, Error> {
        if !self.job.is_exact() {
            return Ok(None);
        }
        let ticket = self.draft.as_ref().and_then(|draft| draft.ticket.as_ref());
        let missing = || Error::Usage {
            what: "the draft has no receipt of the provider, by which its final could be asked for".into(),
            hint: "--rerender asks a final model of its family anew, which does not reproduce the draft".into(),
        };
        ticket.map_or_else(|| Err(missing()), |ticket| Ok(Some(ticket)))
    }

    /// Has a provider work on a take: its progress is told and written down as it comes.
    async fn oversee(
        &self,
        take: u32,
        sign: &mut workshop::Ear<'_>,
        work: impl AsyncFnOnce(&mut dyn FnMut(Progress), &dyn Fn() -> bool) -> Result<Generated, provider::Error>,
    ) -> Result<Made, Unmade> {
        let stage = Stage::Generate;
        let what = format!("take {take} by {}", self.job.maker.name());
        self.tell(Event::Begin { stage, what: what.clone(), total: PERCENT });
        let broken = RefCell::new(None);
        let mut progress = |progress: Progress| {
            let told = match &progress {
                Progress::Accepted(ticket) => sign(Sign::Accepted(ticket)),
                Progress::Fraction(done) => sign(Sign::Working(*done)),
                Progress::Charged(told) => sign(Sign::Charged(told)),
                Progress::Message(words) => sign(Sign::Told(words)),
            };
            if let Err(error) = told {
                broken.borrow_mut().get_or_insert(error);
            }
            if let Progress::Fraction(done) = progress {
                let done = (done * PERCENT as f64).round() as u64;
                self.tell(Event::Progress { stage, done, total: PERCENT });
            }
        };
        let is_cancelled = || self.cancel.is_requested() || broken.borrow().is_some();
        let made = work(&mut progress, &is_cancelled).await;
        match (made, broken.into_inner()) {
            (_, Some(error)) => Err(Unmade { error, cost: None }),
            (Ok(made), None) => {
                self.tell(Event::End { stage, what });
                Ok(Made { cost: made.cost })
            }
            (Err(error), None) => Err(Unmade { cost: error.cost(), error: error.into() }),
        }
    }

    /// Has a clip made.
    async fn make(&self, order: Order<'_>, sign: &mut workshop::Ear<'_>) -> Result<Made, Unmade> {
        let Order { request: take, client_id, out } = order;
        let mut request = self.request(take, out);
        if let Some(patch) = &take.patch {
            aim(&mut request, patch).map_err(|error| Unmade { error, cost: Some(Money::ZERO) })?;
        }
        let draft = self.exact_draft().map_err(|error| Unmade { error, cost: Some(Money::ZERO) })?;
        let work = async |progress: &mut dyn FnMut(Progress), is_cancelled: &dyn Fn() -> bool| match &self.provider {
            Provider::Builtin(animator) => animator.generate(&request, progress, is_cancelled),
            Provider::Command(command, _) => command.generate(&request, &self.job.folder, progress, is_cancelled).await,
            Provider::Comfy(comfy) => comfy.generate(&request, client_id, progress, is_cancelled).await,
            Provider::Remote(remote) => match draft {
                Some(draft) => remote.promote(draft, client_id, out, progress, is_cancelled).await,
                None => remote.generate(&request, client_id, progress, is_cancelled).await,
            },
        };
        self.oversee(take.take, sign, work).await
    }

    fn tell(&self, event: Event) {
        (self.hear.borrow_mut())(event);
    }

    fn request(&self, take: &TakeRequest, out: &Path) -> Request {
        let job = self.job;
        Request {
            seed: job.still.clone(),
            last: None,
            out: out.to_owned(),
            prompt: take.influence.prompt_of(&job.prompt),
            duration_secs: job.duration_secs,
            fps: job.fps,
            size: self.size,
            motion: job.motion.clone(),
            strength: take.influence.motion,
            rng_seed: take.rng_seed,
            take: take.take,
            mask: job.mask.clone(),
            depth: job.depth.clone(),
            aspect: job.aspect.clone(),
            simulate: job.simulate.clone(),
        }
    }

    /// Measures `clip` against the still, told as `label`.
    fn measure(&self, stage: Stage, clip: &Path, label: &str) -> Result<ScoreReport, Error> {
        let job = ScoreJob {
            clip: clip.to_owned(),
            seed: self.job.still.clone(),
            mask: self.job.mask.clone(),
            embedder: None,
            wants_range: false,
            thresholds: Thresholds { drift_fail: self.job.drift_fail },
            command: command_line(clip, &self.job.still, self.job.mask.as_deref(), None),
        };
        let mut hear = |event| match event {
            Event::Begin { stage, total, .. } => self.tell(Event::Begin { stage, what: label.to_owned(), total }),
            Event::End { stage, .. } => self.tell(Event::End { stage, what: label.to_owned() }),
            // the loop tells it with the take's name
            Event::Judged { .. } => {}
            other => self.tell(other),
        };
        Ok(score_as(stage, &job, &mut hear, self.cancel)?.report)
    }
}

impl Workshop for Crew<'_, '_> {
    fn generate(
        &mut self,
        take: &TakeRequest,
        client_id: &str,
        out: &Path,
        sign: &mut workshop::Ear<'_>,
    ) -> Result<Made, Unmade> {
        let runtime = runtime().map_err(|error| Unmade { error, cost: None })?;
        runtime.block_on(self.make(Order { request: take, client_id, out }, sign))
    }

    fn generate_all(&mut self, orders: &[Order<'_>], sign: &mut workshop::Ears<'_>) -> Vec<Result<Made, Unmade>> {
        let at_once = match &self.provider {
            Provider::Builtin(_) | Provider::Comfy(_) => 1,
            Provider::Command(_, able) => able.at_once,
            Provider::Remote(remote) => remote.at_once(),
        };
        let sign = RefCell::new(sign);
        let mut made = Vec::new();
        for (chunk, orders) in orders.chunks(at_once.max(1)).enumerate() {
            let make = async |(at, order): (usize, &Order<'_>)| {
                let at = chunk * at_once.max(1) + at;
                self.make(*order, &mut |heard| (sign.borrow_mut())(at, heard)).await
            };
            match runtime() {
                Ok(runtime) => made.extend(runtime.block_on(all(orders.iter().enumerate().map(make)))),
                Err(error) => made.push(Err(Unmade { error, cost: Some(Money::ZERO) })),
            }
        }
        made
    }

    fn keeps_jobs(&self) -> bool {
        matches!(self.provider, Provider::Remote(_) | Provider::Comfy(_))
    }

    fn collect(
        &mut self,
        ticket: &Ticket,
        take: u32,
        out: &Path,
        sign: &mut workshop::Ear<'_>,
    ) -> Result<Made, Unmade> {
        // fetched, and cut off before it was stored
        if media::probe(out).is_ok() {
            return Ok(Made { cost: None });
        }
        let runtime = runtime().map_err(|error| Unmade { error, cost: None })?;
        let work = async |progress: &mut dyn FnMut(Progress), is_cancelled: &dyn Fn() -> bool| match &self.provider {
            Provider::Comfy(comfy) => comfy.collect(ticket, out, progress, is_cancelled).await,
            Provider::Remote(remote) => remote.collect(ticket, out, progress, is_cancelled).await,
            Provider::Builtin(_) | Provider::Command(..) => {
                let what = format!("{} keeps no jobs", self.job.maker.name());
                Err(provider::Error::BadRequest { what })
            }
        };
        runtime.block_on(self.oversee(take, sign, work))
    }

    fn reconcile(&mut self, client_id: &str, rng_seed: Option<u64>, out: &Path) -> Result<Option<Trace>, Error> {
        // a half-written MP4 has no index and cannot be probed
        if media::probe(out).is_ok() {
            return Ok(Some(Trace::Clip(out.to_owned())));
        }
        let runtime = runtime()?;
        // an exact final has the seed of its draft, which must not be taken for it
        let rng_seed = rng_seed.filter(|_| !self.job.is_exact());
        let job = match &self.provider {
            Provider::Comfy(comfy) => runtime.block_on(comfy.find(client_id))?,
            Provider::Remote(remote) => runtime.block_on(remote.find(client_id, rng_seed))?,
            Provider::Builtin(_) | Provider::Command(..) => None,
        };
        Ok(job.map(Trace::Job))
    }

    fn offer(&mut self, clip: &Path, gap: Gap, secs: f64) -> Result<Option<Offer>, Error> {
        let price = self.job.maker.price();
        let is_open = gap.after.is_none();
        let offer = match &self.provider {
            // it leads from one picture to another, and begins every other move at rest
            Provider::Builtin(_) => (!is_open).then_some((secs, price)),
            Provider::Command(_, able) => able.offer(secs, is_open, price),
            Provider::Comfy(comfy) => (is_open || comfy.takes_last()).then_some((secs, price)),
            Provider::Remote(remote) => remote.offer(secs, is_open),
        };
        let Some((secs, price)) = offer else { return Ok(None) };
        Ok(splice::ends_of(clip, gap)?.map(|_| Offer { secs, price }))
    }

    fn splice(&mut self, patch: &Patch, made: &Path, out: &Path) -> Result<(), Error> {
        splice::splice(&patch.clip, made, patch.gap, out, self.cancel)
    }

    fn score(&mut self, clip: &Path, take: u32) -> Result<ScoreReport, Error> {
        self.measure(Stage::Score, clip, &format!("take {take}"))
    }

    fn mend(&mut self, clip: &Path, score: &ScoreReport, out: &Path, take: u32) -> Result<Mended, Error> {
        let job = MendJob {
            clip: clip.to_owned(),
            seed: self.job.still.clone(),
            mask: self.job.mask.clone(),
            out: out.to_owned(),
            thresholds: Thresholds { drift_fail: self.job.drift_fail },
            command: self.job.command.clone(),
        };
        let label = format!("take {take}, mended");
        let mut hear = |event| match event {
            Event::Begin { stage: Stage::Verify, total, .. } => {
                self.tell(Event::Begin { stage: Stage::Verify, what: label.clone(), total });
            }
            Event::End { stage: Stage::Verify, .. } => {
                self.tell(Event::End { stage: Stage::Verify, what: label.clone() });
            }
            Event::Judged { drift, verdict, .. } => self.tell(Event::Judged { what: label.clone(), drift, verdict }),
            other => self.tell(other),
        };
        let mended = mend_scored(&job, score, &mut hear, self.cancel)?;
        let report = serde_json::to_value(&mended).map_err(|error| Error::Bug(error.to_string()))?;
        Ok(Mended { report, score: mended.score })
    }

    fn style(&mut self, last: &Path) -> Result<StyleDrift, Error> {
        let draft = self.draft.as_ref().and_then(|draft| draft.clip.as_deref());
        let gone = || Error::Usage {
            what: "the draft's clip is gone from the store, or damaged".into(),
            hint: "`holdstill score` measures the final alone".into(),
        };
        style_drift(draft.ok_or_else(gone)?, last, &mut |event| self.tell(event), self.cancel)
    }
}

/// Turns a request into one for a part of a clip: from one of its frames on, to another one where that stays.
fn aim(request: &mut Request, patch: &Patch) -> Result<(), Error> {
    let ends = splice::ends_of(&patch.clip, patch.gap)?;
    let (first, last) = ends.ok_or_else(|| Error::Bug("the ends of a span are no two pictures any more".into()))?;
    request.size = first.size();
    request.seed = request.out.with_extension("first.png");
    media::save_png(&first, &request.seed)?;
    if let Some(last) = last {
        let path = request.out.with_extension("last.png");
        media::save_png(&last, &path)?;
        request.last = Some(path);
    }
    request.duration_secs = patch.secs;
    // mask and depth are the still's
    (request.mask, request.depth) = (None, None);
    Ok(())
}

/// One thread is enough to wait on.
pub(in crate::engine) fn runtime() -> Result<tokio::runtime::Runtime, Error> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Scratch)
}

/// Waits for all of them at the same time; what came of them, in their order.
async fn all<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> = futures.map(|future| (Some(Box::pin(future)), None)).collect();
    poll_fn(|context| {
        for (future, outcome) in &mut waiting {
            if let Some(Poll::Ready(ready)) = future.as_mut().map(|future| future.as_mut().poll(context)) {
                (*future, *outcome) = (None, Some(ready));
            }
        }
        if waiting.iter().all(|(future, _)| future.is_none()) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    waiting.into_iter().filter_map(|(_, outcome)| outcome).collect()
}

/// Size of the clip in pixels, both sides even.
fn clip_size(aspect: &str, still: Size) -> Size {
    let even = |side: f64| ((side / 2.0).round() as usize * 2).max(2);
    let sides = aspect.split_once(':').and_then(|(w, h)| Some((w.parse::<f64>().ok()?, h.parse::<f64>().ok()?)));
    if let Some((width, height)) = sides {
        let unit = SHORT_SIDE as f64 / width.min(height);
        Size::new(even(width * unit), even(height * unit))
    } else {
        let fitted = still.fit(LONGEST_SIDE);
        Size::new(even(fitted.width as f64), even(fitted.height as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_even_and_of_the_shape() {
        for (aspect, expected) in [
            ("9:16", Size::new(720, 1280)),
            ("16:9", Size::new(1280, 720)),
            ("4:5", Size::new(720, 900)),
            ("1:1", Size::new(720, 720)),
            ("still", Size::new(1280, 854)),
        ] {
            assert_eq!(clip_size(aspect, Size::new(3000, 2001)), expected, "{aspect}");
        }
        assert_eq!(clip_size("still", Size::new(1, 1)), Size::new(2, 2));
    }
}
