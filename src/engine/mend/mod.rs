//! `mend`: score → plan → rewrite the bad spans → score again → keep what the ruler finds better → rename.
//!
//! Whatever is not accepted keeps its original frames; where nothing is accepted the clip is copied as it is.

mod acceptance;
mod attempt;
mod bridges;
mod report;
mod tones;
mod trial;

pub use report::{MEND_SCHEMA, MendReport, SpanReport};

use super::{Cancel, Error, Event, ScoreJob, Stage, animate::Standing, command_line, score_as};
use crate::{
    drift::{ScoreReport, Thresholds},
    media::{self, RewriteStats, TempOut},
    repair::{self, Kind},
};
use acceptance::judge;
use attempt::Span;
use std::{
    io,
    path::{Path, PathBuf},
};
use tones::Tones;
use trial::Trial;

/// Rewrites before giving up on what still refuses: each drops at least one way of one span, and most clips need one or
/// two.
const MAX_ATTEMPTS: usize = 5;

/// What is to be mended.
#[derive(Clone, Debug)]
pub struct MendJob {
    /// The clip.
    pub clip: PathBuf,
    /// The still it was made from.
    pub seed: PathBuf,
    /// Where fidelity matters, if the user said so.
    pub mask: Option<PathBuf>,
    /// Where the mended clip goes: `.mp4`, `.mov` or `.mkv`; replaced if it exists.
    pub out: PathBuf,
    /// From which drift on a clip fails.
    pub thresholds: Thresholds,
    /// The command that reproduces the clip, for the record.
    pub command: String,
}

/// Measures a clip, mends what can be mended, and writes `job.out`.
///
/// # Errors
/// When seed, mask or clip cannot be read, the output cannot be written, or the user asked to stop; no output appears.
pub fn mend(job: &MendJob, hear: &mut dyn FnMut(Event), cancel: &Cancel) -> Result<MendReport, Error> {
    let before = measure(Stage::Score, job, &job.clip, &job.clip, hear, cancel)?;
    mend_scored(job, &before, hear, cancel)
}

/// [`mend`] for a clip that was measured already, as `before`.
///
/// # Errors
/// As [`mend`].
pub fn mend_scored(
    job: &MendJob,
    before: &ScoreReport,
    hear: &mut dyn FnMut(Event),
    cancel: &Cancel,
) -> Result<MendReport, Error> {
    let temp = TempOut::beside(&job.out)?;
    let limit = job.thresholds.drift_fail;
    let plans = repair::plan(before, limit).into_iter();
    let mut trials: Vec<Trial> = plans.map(|planned| Trial::new(planned, &before.judgement.frames)).collect();
    for trial in trials.iter().filter(|trial| trial.span().is_none()) {
        hear(Event::Decision { what: trial.told() });
    }
    let mut tones = None;
    for attempt in 1..=MAX_ATTEMPTS {
        let (mut tried, spans): (Vec<&mut Trial>, Vec<Span>) =
            trials.iter_mut().filter_map(|trial| trial.span().map(|span| (trial, span))).unzip();
        if tried.is_empty() {
            break;
        }
        if tones.is_none() {
            tones = read_tones(job, before, &spans, hear, cancel)?;
        }
        let stats = rewrite(job, before, temp.path(), &spans, tones.as_ref(), hear, cancel)
            .map_err(|error| explain(&temp, error))?;
        let after = measure(Stage::Verify, job, temp.path(), &job.out, hear, cancel)?;
        let mut is_kept = true;
        for (trial, span) in tried.iter_mut().zip(&spans) {
            let outcome = judge(&before.judgement.frames, &after.judgement.frames, span, &spans, limit);
            is_kept &= outcome.is_accepted;
            trial.take(outcome);
            if !trial.is_accepted() {
                hear(Event::Decision { what: trial.told() });
            }
        }
        if is_kept && after.judgement.drift <= before.judgement.drift {
            for trial in &tried {
                hear(Event::Decision { what: trial.told() });
            }
            temp.commit()?;
            return Ok(report(job, before, after, trials, Some(&stats)));
        }
        if is_kept || attempt == MAX_ATTEMPTS {
            for trial in tried.iter_mut().filter(|trial| trial.is_accepted()) {
                trial.refuse("the mended clip as a whole is no better");
                hear(Event::Decision { what: trial.told() });
            }
        }
    }
    let stats = keep(job, before, &temp, hear, cancel).map_err(|error| explain(&temp, error))?;
    let mut score = before.clone();
    if stats.is_some() {
        score = measure(Stage::Verify, job, temp.path(), &job.out, hear, cancel)?;
    }
    temp.commit()?;
    name(&mut score, job);
    Ok(report(job, before, score, trials, stats.as_ref()))
}

/// What the mends of colour and brightness need, where `spans` has any.
fn read_tones(
    job: &MendJob,
    before: &ScoreReport,
    spans: &[Span],
    hear: &mut dyn FnMut(Event),
    cancel: &Cancel,
) -> Result<Option<Tones>, Error> {
    let toned = spans.iter().filter(|span| matches!(span.kind, Kind::Relock | Kind::Deflicker));
    let last = toned.map(|span| span.frames[1]).max();
    last.map(|last| Tones::read(job, last, before.judgement.frames.len(), hear, cancel)).transpose()
}

/// Writes the clip with `spans` mended.
fn rewrite(
    job: &MendJob,
    before: &ScoreReport,
    out: &Path,
    spans: &[Span],
    tones: Option<&Tones>,
    hear: &mut dyn FnMut(Event),
    cancel: &Cancel,
) -> Result<RewriteStats, Error> {
    let frames: usize = spans.iter().map(|span| span.frames[1] + 1 - span.frames[0]).sum();
    let what = match spans {
        [span] => format!("frames {}–{}", span.frames[0], span.frames[1]),
        _ => format!("{frames} frames in {} spans", spans.len()),
    };
    let stage = Stage::Mend;
    hear(Event::Begin { stage, what: what.clone(), total: before.judgement.frames.len() as u64 });
    let stats = attempt::write(&job.clip, out, spans, &before.judgement.frames, tones, hear, cancel)?;
    hear(Event::End { stage, what });
    Ok(stats)
}

/// Puts the clip itself into `temp`: copied where the file's kind is the same, encoded anew where it is not.
fn keep(
    job: &MendJob,
    before: &ScoreReport,
    temp: &TempOut,
    hear: &mut dyn FnMut(Event),
    cancel: &Cancel,
) -> Result<Option<RewriteStats>, Error> {
    let kind = |path: &Path| path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
    if kind(&job.clip) != kind(&job.out) || !job.clip.is_file() {
        return rewrite(job, before, temp.path(), &[], None, hear, cancel).map(Some);
    }
    let writing = |error: io::Error| media::Error::writing(temp.path(), &error);
    let mut from = std::fs::File::open(&job.clip).map_err(|error| media::Error::reading(&job.clip, error))?;
    let mut to = std::fs::OpenOptions::new().write(true).truncate(true).open(temp.path()).map_err(writing)?;
    io::copy(&mut from, &mut to).map_err(writing)?;
    Ok(None)
}

/// Measures `clip`, which the report and the events call `shown`.
fn measure(
    stage: Stage,
    job: &MendJob,
    clip: &Path,
    shown: &Path,
    hear: &mut dyn FnMut(Event),
    cancel: &Cancel,
) -> Result<ScoreReport, Error> {
    let task = ScoreJob {
        clip: clip.to_owned(),
        seed: job.seed.clone(),
        mask: job.mask.clone(),
        embedder: None,
        wants_range: false,
        thresholds: job.thresholds,
        command: command_line(shown, &job.seed, job.mask.as_deref(), None),
    };
    let shown = shown.display().to_string();
    let mut renamed = |event| match event {
        Event::Begin { stage, total, .. } => hear(Event::Begin { stage, what: shown.clone(), total }),
        Event::End { stage, .. } => hear(Event::End { stage, what: shown.clone() }),
        Event::Judged { drift, verdict, .. } => hear(Event::Judged { what: shown.clone(), drift, verdict }),
        other => hear(other),
    };
    let mut report = score_as(stage, &task, &mut renamed, cancel)?.report;
    report.clip.path = shown;
    Ok(report)
}

/// Names the delivered clip in a score of the clip that it is a copy of.
fn name(score: &mut ScoreReport, job: &MendJob) {
    score.clip.path = job.out.display().to_string();
    score.command = command_line(&job.out, &job.seed, job.mask.as_deref(), None);
}

fn report(
    job: &MendJob,
    before: &ScoreReport,
    score: ScoreReport,
    trials: Vec<Trial>,
    stats: Option<&RewriteStats>,
) -> MendReport {
    let dropped = stats.map_or(&[][..], |stats| &stats.streams_dropped);
    MendReport {
        schema: MEND_SCHEMA.to_owned(),
        tool: concat!("holdstill ", env!("CARGO_PKG_VERSION")).to_owned(),
        command: job.command.clone(),
        clip: job.clip.display().to_string(),
        out: job.out.display().to_string(),
        before: Standing::from(before),
        after: Standing::from(&score),
        spans: trials.into_iter().map(Trial::into_report).collect(),
        frames_replaced: stats.map_or(0, |stats| stats.replaced),
        is_copy: stats.is_none(),
        warnings: dropped.iter().map(|stream| format!("the output cannot hold a stream: {stream}")).collect(),
        score,
    }
}

fn explain(temp: &TempOut, error: Error) -> Error {
    match error {
        Error::Media(error) => Error::Media(temp.explain(error)),
        other => other,
    }
}
