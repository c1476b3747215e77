//! The workshop with real crafts: provider, ruler, mender.

use super::{
    AnimateJob, Influence,
    provider::Provider,
    splice,
    workshop::{self, Made, Mended, Offer, Patch, Sign, TakeRequest, Trace, Unmade, Workshop},
};
use crate::{
    drift::{ScoreReport, Thresholds},
    engine::{Cancel, Error, Event, MendJob, ScoreJob, Stage, command_line, mend_scored, score_as},
    frame::Size,
    media,
    provider::{self, Generated, Progress, Request, Ticket},
};
use std::{cell::RefCell, path::Path};

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
    size: Size,
    hear: &'a Ear<'e>,
    cancel: &'a Cancel,
}

impl<'a, 'e> Crew<'a, 'e> {
    /// Checks everything that can be checked before money is spent: the still can be read, the command understood.
    pub(super) fn new(job: &'a AnimateJob, hear: &'a Ear<'e>, cancel: &'a Cancel) -> Result<Self, Error> {
        let seed = media::load_seed(&job.still)?;
        for picture in [&job.mask, &job.depth].into_iter().flatten() {
            media::load_mask(picture, seed.picture.size())?;
        }
        let provider = Provider::open(job)?;
        let crew = Self { job, provider, size: clip_size(&job.aspect, seed.original), hear, cancel };
        let influence = Influence::default();
        let first = TakeRequest { recipe: String::new(), take: 1, rng_seed: 0, influence, patch: None };
        let first = crew.request(&first, Path::new(""));
        match &crew.provider {
            Provider::Remote(remote) => remote.check(&first)?,
            Provider::Command(_, able) => able.check(&first)?,
            Provider::Builtin(_) | Provider::Comfy(_) => {}
        }
        Ok(crew)
    }

    /// Has a provider work on a take: its progress is told and written down as it comes.
    fn oversee(
        &self,
        take: u32,
        sign: &mut workshop::Ear<'_>,
        work: impl FnOnce(&mut dyn FnMut(Progress), &dyn Fn() -> bool) -> Result<Generated, provider::Error>,
    ) -> Result<Made, Unmade> {
        let stage = Stage::Generate;
        let what = format!("take {take} by {}", self.job.maker.name());
        self.tell(Event::Begin { stage, what: what.clone(), total: PERCENT });
        let broken = RefCell::new(None);
        let mut progress = |progress: Progress| {
            let told = match &progress {
                Progress::Accepted(ticket) => sign(Sign::Accepted(ticket)),
                Progress::Fraction(done) => sign(Sign::Working(*done)),
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
        let made = work(&mut progress, &is_cancelled);
        match (made, broken.into_inner()) {
            (_, Some(error)) => Err(Unmade { error, cost: None }),
            (Ok(made), None) => {
                self.tell(Event::End { stage, what });
                Ok(Made { cost: made.cost })
            }
            (Err(error), None) => Err(Unmade { cost: error.cost(), error: error.into() }),
        }
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
            thresholds: Thresholds { drift_fail: self.job.drift_fail },
            command: command_line(clip, &self.job.still, self.job.mask.as_deref()),
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
        let mut request = self.request(take, out);
        if let Some(patch) = &take.patch {
            bracket(&mut request, patch).map_err(|error| Unmade { error, cost: Some(crate::store::Money::ZERO) })?;
        }
        let runtime = runtime().map_err(|error| Unmade { error, cost: None })?;
        self.oversee(take.take, sign, |progress, is_cancelled| match &self.provider {
            Provider::Builtin(animator) => animator.generate(&request, progress, is_cancelled),
            Provider::Command(command, _) => {
                runtime.block_on(command.generate(&request, &self.job.folder, progress, is_cancelled))
            }
            Provider::Comfy(comfy) => runtime.block_on(comfy.generate(&request, client_id, progress, is_cancelled)),
            Provider::Remote(remote) => runtime.block_on(remote.generate(&request, client_id, progress, is_cancelled)),
        })
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
        match &self.provider {
            Provider::Comfy(comfy) => self.oversee(take, sign, |progress, is_cancelled| {
                runtime.block_on(comfy.collect(ticket, out, progress, is_cancelled))
            }),
            Provider::Remote(remote) => self.oversee(take, sign, |progress, is_cancelled| {
                runtime.block_on(remote.collect(ticket, out, progress, is_cancelled))
            }),
            Provider::Builtin(_) | Provider::Command(..) => {
                let error = Error::Bug(format!("{} keeps no jobs", self.job.maker.name()));
                Err(Unmade { error, cost: None })
            }
        }
    }

    fn reconcile(&mut self, client_id: &str, out: &Path) -> Result<Option<Trace>, Error> {
        // a half-written MP4 has no index and cannot be probed
        if media::probe(out).is_ok() {
            return Ok(Some(Trace::Clip(out.to_owned())));
        }
        let runtime = runtime()?;
        let job = match &self.provider {
            Provider::Comfy(comfy) => runtime.block_on(comfy.find(client_id))?,
            Provider::Remote(remote) => runtime.block_on(remote.find(client_id))?,
            Provider::Builtin(_) | Provider::Command(..) => None,
        };
        Ok(job.map(Trace::Job))
    }

    fn offer(&mut self, clip: &Path, ends: [usize; 2], secs: f64) -> Result<Option<Offer>, Error> {
        let price = self.job.maker.price();
        let offer = match &self.provider {
            Provider::Builtin(_) => Some(Offer { secs, price }),
            Provider::Command(_, able) => {
                let secs = secs.max(able.shortest_secs);
                (able.last_frame && secs <= able.longest_secs).then_some(Offer { secs, price })
            }
            Provider::Comfy(comfy) => comfy.takes_last().then_some(Offer { secs, price }),
            Provider::Remote(remote) => remote.offer(secs).map(|(secs, price)| Offer { secs, price }),
        };
        let Some(offer) = offer else { return Ok(None) };
        Ok(splice::ends_of(clip, ends)?.map(|_| offer))
    }

    fn splice(&mut self, patch: &Patch, made: &Path, out: &Path) -> Result<(), Error> {
        splice::splice(&patch.clip, made, patch.ends, out, self.cancel)
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
}

/// Turns a request into one for a span: from one frame of the clip to another.
fn bracket(request: &mut Request, patch: &Patch) -> Result<(), Error> {
    let ends = splice::ends_of(&patch.clip, patch.ends)?;
    let [first, last] = ends.ok_or_else(|| Error::Bug("the ends of a span are no two pictures any more".into()))?;
    request.size = first.size();
    request.seed = request.out.with_extension("first.png");
    request.last = Some(request.out.with_extension("last.png"));
    for (picture, path) in [(&first, Some(&request.seed)), (&last, request.last.as_ref())] {
        path.map(|path| media::save_png(picture, path)).transpose()?;
    }
    request.duration_secs = patch.secs;
    // mask and depth are the still's
    (request.mask, request.depth) = (None, None);
    Ok(())
}

/// One thread is enough to wait on.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Error> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Scratch)
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
