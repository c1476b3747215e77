//! `selftest`: the ruler measured on the user's own still, by clips whose truth is known.

mod film;
mod parts;
mod plan;
mod report;

pub use report::{Part, SELFTEST_SCHEMA, SelftestReport, Trial};

use super::{Cancel, Error, Event, ScoreJob, Scored, Stage, score};
use crate::{
    animator::DefectKind,
    drift::{Cause, MetricSummary, Thresholds},
    media,
};
use film::{Nuisance, Studio, Take};
use plan::{LONGEST, Plan, QUICK_LONGEST, SECS, faithful, faulty};
use std::{collections::BTreeMap, path::PathBuf};

/// Numbers of threads that must give the same bytes.
const THREADS: [usize; 3] = [1, 2, 16];

/// What is to be tested on.
#[derive(Clone, Debug)]
pub struct SelftestJob {
    /// The still.
    pub seed: PathBuf,
    /// The product in it, if the user said so.
    pub mask: Option<PathBuf>,
    /// Depth for parallax, near is bright.
    pub depth: Option<PathBuf>,
    /// Fewer and smaller clips.
    pub is_quick: bool,
}

/// Makes clips of the still with and without known faults and measures them.
///
/// # Errors
/// When the still cannot be read, a clip cannot be written to the temporary folder, or the user asked to stop.
pub fn selftest(job: &SelftestJob, hear: &mut dyn FnMut(Event), cancel: &Cancel) -> Result<SelftestReport, Error> {
    let plan = if job.is_quick { Plan::quick() } else { Plan::whole() };
    let total = (plan.clips() + 1) as u64;
    hear(Event::Begin { stage: Stage::Score, what: "self-test".to_owned(), total });
    let mut bench = Bench { studio: studio(job)?, done: 0, total, hear, cancel, trials: Vec::new() };

    let mut floor = BTreeMap::new();
    let mut held = Vec::new();
    for take in &plan.faithful {
        let (trial, scored) = bench.run(take)?;
        raise(&mut floor, &scored.report.judgement.metrics);
        held.push(trial);
    }
    let mut found = Vec::new();
    let mut overlaps = Vec::new();
    for take in &plan.faulty {
        let (trial, scored) = bench.run(take)?;
        overlaps.extend(bench.overlap(take, &trial, scored)?);
        found.push(trial);
    }
    let stronger = plan.stronger.iter().map(|run| bench.all(run)).collect::<Result<Vec<_>, _>>()?;
    let under = |take: fn(Nuisance) -> Take| plan.nuisances.iter().map(|&n| take(n)).collect::<Vec<_>>();
    let harmless = bench.all(&under(faithful))?;
    let harmful = bench.all(&under(|nuisance| faulty(DefectKind::Swim, 1.0, nuisance)))?;

    let parts = vec![
        parts::separation(&held, &found),
        parts::localisation(&overlaps),
        parts::monotonicity(&stronger),
        parts::invariance(&harmless, &harmful),
        bench.determinism()?,
    ];
    let trials = bench.trials;
    hear(Event::End { stage: Stage::Score, what: format!("self-test: {} clips", trials.len()) });
    let tool = concat!("holdstill ", env!("CARGO_PKG_VERSION"));
    let seed = job.seed.display().to_string();
    Ok(SelftestReport { schema: SELFTEST_SCHEMA, tool, seed, parts, noise_floor: floor, trials })
}

fn studio(job: &SelftestJob) -> Result<Studio, Error> {
    let seed = media::load_seed(&job.seed)?;
    let like_seed = |path: &PathBuf| media::load_mask(path, seed.picture.size());
    Ok(Studio {
        mask: job.mask.as_ref().map(like_seed).transpose()?,
        depth: job.depth.as_ref().map(like_seed).transpose()?,
        longest: if job.is_quick { QUICK_LONGEST } else { LONGEST },
        secs: SECS,
        folder: tempfile::tempdir().map_err(Error::Scratch)?,
        seed,
    })
}

/// Films and measures takes one by one.
struct Bench<'a> {
    studio: Studio,
    done: u64,
    total: u64,
    hear: &'a mut dyn FnMut(Event),
    cancel: &'a Cancel,
    trials: Vec<Trial>,
}

impl Bench<'_> {
    fn run(&mut self, take: &Take) -> Result<(Trial, Scored), Error> {
        let scored = self.measure(take)?;
        self.done += 1;
        (self.hear)(Event::Progress { stage: Stage::Score, done: self.done, total: self.total });
        let judgement = &scored.report.judgement;
        let trial = Trial {
            name: take.name(),
            is_faulty: take.defect.is_some(),
            drift: judgement.drift,
            verdict: judgement.verdict,
            causes: judgement.causes.iter().map(|finding| finding.cause).collect(),
            first_bad_frame: judgement.first_bad_frame,
        };
        self.trials.push(trial.clone());
        Ok((trial, scored))
    }

    fn all(&mut self, takes: &[Take]) -> Result<Vec<Trial>, Error> {
        takes.iter().map(|take| self.run(take).map(|(trial, _)| trial)).collect()
    }

    fn measure(&self, take: &Take) -> Result<Scored, Error> {
        let film = self.studio.film(take)?;
        let (clip, seed, mask) = (film.clip, film.seed, film.mask);
        let job = ScoreJob {
            clip,
            seed,
            mask,
            embedder: None,
            wants_range: false,
            thresholds: Thresholds::default(),
            command: String::new(),
        };
        score(&job, &mut |_| {}, self.cancel)
    }

    /// How well the heat of the worst frame covers the fault; faults without a place have none.
    fn overlap(&self, take: &Take, trial: &Trial, mut scored: Scored) -> Result<Option<(String, f64)>, Error> {
        let placed = [Cause::Geometry, Cause::Structure, Cause::Text, Cause::Color];
        let findings = &scored.report.judgement.causes;
        let Some(finding) = findings.iter().find(|finding| placed.contains(&finding.cause)) else { return Ok(None) };
        let index = finding.worst_frame;
        let Some(heat) = scored.heat.get(index)? else { return Ok(None) };
        Ok(Some((trial.name.clone(), parts::overlap(&heat, &self.studio.truth(take, index)))))
    }

    /// The same clip measured in pools of several sizes.
    fn determinism(&mut self) -> Result<Part, Error> {
        let take = faulty(DefectKind::Swim, 1.0, Nuisance::None);
        let film = self.studio.film(&take)?;
        let job = ScoreJob {
            clip: film.clip,
            seed: film.seed,
            mask: film.mask,
            embedder: None,
            wants_range: false,
            thresholds: Thresholds::default(),
            command: String::new(),
        };
        let mut reports = Vec::new();
        for threads in THREADS {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            let pool = pool.map_err(|error| Error::Scratch(std::io::Error::other(error)))?;
            let cancel = self.cancel.clone();
            let scored = pool.install(|| score(&job, &mut |_| {}, &cancel))?;
            reports.push(serde_json::to_string(&scored.report).unwrap_or_default());
        }
        self.done += 1;
        (self.hear)(Event::Progress { stage: Stage::Score, done: self.done, total: self.total });
        Ok(parts::determinism(&reports, &THREADS))
    }
}

/// Raises the floor to what one more faithful move shows.
fn raise(floor: &mut BTreeMap<String, MetricSummary>, metrics: &BTreeMap<String, MetricSummary>) {
    for (name, metric) in metrics {
        let known = floor.entry(name.clone()).or_insert_with(|| metric.clone());
        known.mean = known.mean.max(metric.mean);
        known.p95 = known.p95.max(metric.p95);
        known.max = known.max.max(metric.max);
    }
}
