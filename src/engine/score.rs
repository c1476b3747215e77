//! `score`: decode → measure → judge, frame by frame; no frame is kept.

use super::{Cancel, Error, Event, HeatMaps, Stage};
use crate::{
    drift::{ClipInfo, Embedder, Inquiry, Judgement, Ruler, SCORE_SCHEMA, ScoreReport, SeedInfo, Thresholds},
    frame::{Regions, Seed},
    media::{self, Decoder, Ending, Probe},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// What is to be scored against what.
#[derive(Clone, Debug)]
pub struct ScoreJob {
    /// The clip: a file, or an image sequence such as `frames/%04d.png`.
    pub clip: PathBuf,
    /// The still it was made from.
    pub seed: PathBuf,
    /// Where fidelity matters, if the user said so.
    pub mask: Option<PathBuf>,
    /// The network that says whether it is still the subject: an ONNX file, or the bundled one.
    pub embedder: Option<PathBuf>,
    /// Whether to say how much hangs on where the product is taken to be; costs half as much again.
    pub wants_range: bool,
    /// From which drift on a clip fails.
    pub thresholds: Thresholds,
    /// The command that reproduces the report, for the record.
    pub command: String,
}

/// A scored clip.
#[derive(Debug)]
pub struct Scored {
    /// What was found.
    pub report: ScoreReport,
    /// Where each frame drifts.
    pub heat: HeatMaps,
}

/// Scores a clip against its seed.
///
/// # Errors
/// When seed, mask or clip cannot be read, or the user asked to stop.
pub fn score(job: &ScoreJob, hear: &mut dyn FnMut(Event), cancel: &Cancel) -> Result<Scored, Error> {
    score_as(Stage::Score, job, hear, cancel)
}

/// [`score`], reported as another stage of the pipeline.
///
/// # Errors
/// As [`score`].
pub fn score_as(stage: Stage, job: &ScoreJob, hear: &mut dyn FnMut(Event), cancel: &Cancel) -> Result<Scored, Error> {
    let (against, decoder) =
        rayon::join(|| Against::load(job), || Decoder::open_sized(&job.clip, Ruler::working_size_of));
    let (Against { seed, regions }, decoder) = (against?, decoder?);
    let probe = decoder.probe().clone();
    let what = job.clip.display().to_string();
    hear(Event::Begin { stage, what: what.clone(), total: probe.frames_estimate.unwrap_or(0) });

    let against = Against { seed: Arc::clone(&seed), regions };
    let (judgement, heat, decoder_notes) = measure(stage, job, against, decoder, hear, cancel)?;
    let report = report(job, &seed, &probe, judgement, decoder_notes)?;
    hear(Event::End { stage, what: format!("{what}: {} frames", report.judgement.frames.len()) });
    hear(Event::Judged { what, drift: report.judgement.drift, verdict: report.judgement.verdict });
    Ok(Scored { report, heat })
}

/// What clips are scored against.
struct Against {
    seed: Arc<Seed>,
    regions: Option<Regions>,
}

impl Against {
    fn load(job: &ScoreJob) -> Result<Self, Error> {
        let seed = media::load_seed(&job.seed)?;
        let regions = job.mask.as_deref().map(|path| media::load_regions(path, seed.picture.size())).transpose()?;
        Ok(Self { seed: Arc::new(seed), regions })
    }
}

fn measure(
    stage: Stage,
    job: &ScoreJob,
    Against { seed, regions }: Against,
    mut decoder: Decoder,
    hear: &mut dyn FnMut(Event),
    cancel: &Cancel,
) -> Result<(Judgement, HeatMaps, Vec<String>), Error> {
    let probe = decoder.probe().clone();
    let fps = f64::from(probe.fps.0) / f64::from(probe.fps.1.max(1));
    let own = job.embedder.as_deref().map(Embedder::load).transpose()?;
    let inquiry = Inquiry { embedder: own.or_else(Embedder::bundled), wants_range: job.wants_range };
    let mut ruler = Ruler::with(inquiry, seed, regions, probe.size, fps);
    let mut heat = HeatMaps::new(ruler.working_size())?;
    let total = probe.frames_estimate.unwrap_or(0);
    for frame in &mut decoder {
        if cancel.is_requested() {
            return Err(Error::Interrupted);
        }
        let frame = frame?;
        let done = frame.index as u64 + 1;
        for map in ruler.measure(frame) {
            heat.push(&map)?;
        }
        hear(Event::Progress { stage, done, total });
    }
    for map in ruler.catch_up() {
        heat.push(&map)?;
    }
    let notes = decoder.ending().map_or_else(Vec::new, notes);
    let judgement = ruler.finish(&job.thresholds);
    heat.warm(&judgement.spots)?;
    Ok((judgement, heat, notes))
}

/// What the reader should know of how decoding ended.
fn notes(ending: Ending) -> Vec<String> {
    let mut notes = Vec::new();
    if ending.skipped > 0 {
        notes.push(format!("{} damaged packets were skipped", ending.skipped));
    }
    if ending.truncated {
        notes.push(format!("the file is cut short: only {} frames could be read", ending.frames));
    }
    notes
}

fn report(
    job: &ScoreJob,
    seed: &Seed,
    probe: &Probe,
    mut judgement: Judgement,
    notes: Vec<String>,
) -> Result<ScoreReport, Error> {
    judgement.warnings.extend(notes);
    Ok(ScoreReport {
        schema: SCORE_SCHEMA.to_owned(),
        tool: concat!("holdstill ", env!("CARGO_PKG_VERSION")).to_owned(),
        command: job.command.clone(),
        seed: SeedInfo {
            path: seed.path.clone(),
            blake3: seed.blake3.clone(),
            width: seed.original.width,
            height: seed.original.height,
        },
        clip: ClipInfo {
            path: job.clip.display().to_string(),
            blake3: media::fingerprint(&job.clip)?,
            width: probe.size.width,
            height: probe.size.height,
            fps: format!("{}/{}", probe.fps.0, probe.fps.1),
            frames: judgement.frames.len(),
            codec: probe.codec.clone(),
            color: probe.color.clone(),
        },
        judgement,
    })
}

/// The shortest command line that scores `clip` against `seed` again.
pub fn command_line(clip: &Path, seed: &Path, mask: Option<&Path>, embedder: Option<&Path>) -> String {
    let mut line = format!("holdstill score {} --seed {}", quoted(clip), quoted(seed));
    for (option, path) in [("mask", mask), ("embedder", embedder)] {
        line += &path.map(|path| format!(" --{option} {}", quoted(path))).unwrap_or_default();
    }
    line
}

/// The path as a POSIX shell reads it back.
pub fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:=@%,".contains(c);
    if !text.is_empty() && text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_quoted_for_the_shell() {
        assert_eq!(quoted(Path::new("a/b-1.mp4")), "a/b-1.mp4");
        assert_eq!(quoted(Path::new("my clip.mp4")), "'my clip.mp4'");
        assert_eq!(quoted(Path::new("it's")), r"'it'\''s'");
    }
}
