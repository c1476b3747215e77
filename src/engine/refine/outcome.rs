//! From the provider's still to the delivered one, with what changed on the way.

use super::{
    CameStill, REFINE_SCHEMA, RefineJob, RefineReport, Refined, RefinedFile, StillFile,
    desk::{Desk, Made},
    job::Input,
    percent,
};
use crate::{
    drift::leakage::{Change, LaidBack, keep_outside, lay_back, leakage},
    engine::{Error, animate::Cost},
    frame::{Picture, Size, pyramid},
    media::{self, TempOut},
    store::{Ledger, hash_of, ledger::AttemptState, ledger::RunState, ledger::Step},
};
use serde_json::json;
use std::path::Path;

/// Likeness of structure below which the answer hardly shows the still.
const HARDLY_LIKE: f64 = 0.5;
/// Share of changed pixels inside the mask below which nothing happened.
const NOTHING_HAPPENED: f64 = 0.01;
/// Share of the still that must be shown without a word.
const ALL_SHOWN: f64 = 0.995;

/// Refuses, before anything is spent, to write over files that no run of ours has made.
pub(super) fn check_target(ledger: &Ledger, job: &RefineJob) -> Result<(), Error> {
    let refuse = |what: String| Err(Error::Usage { what, hint: "choose another name with --out".into() });
    let out = &job.out;
    let same = |a: &Path, b: &Path| matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b);
    if std::iter::once(&job.still).chain(&job.mask).any(|input| same(input, out)) {
        return refuse(format!("{} is an input: the original stays as it is", out.display()));
    }
    if out.is_dir() {
        return refuse(format!("{} is a folder", out.display()));
    }
    let is_ours = out.exists() && ledger.has_delivered(&hash_of(out)?.to_hex())?;
    let beside = [job.out.clone(), job.report_path(), job.changes_path()];
    match beside.iter().find(|path| path.exists() && !is_ours) {
        Some(path) => refuse(format!("{} exists already and is not from an earlier run", path.display())),
        None => Ok(()),
    }
}

/// Lays the provider's still back over the original, measures it, and writes what the user may accept.
pub(super) fn deliver(desk: &mut Desk<'_>, input: &Input, made: &Made) -> Result<Refined, Error> {
    let blob = made.attempt.blob.ok_or_else(|| Error::Bug("an attempt with a still has none".into()))?;
    let came = desk.home.blobs().open(&blob)?;
    let (still, mask) = (&input.still.picture, input.mask.as_ref());
    let opaque = input.still.alpha.as_ref();
    let answer = media::load_picture(&came)?;
    let mut laid = lay_back(still, &answer);
    let mut measured = leakage(still, &laid, mask, opaque);
    let as_made = measured.outside;
    let shown = laid.seen_share();
    if let (true, Some(mask)) = (desk.job.keeps_outside, mask) {
        laid.picture = keep_outside(still, &laid.picture, mask);
        measured = leakage(still, &laid, Some(mask), opaque);
    }
    let (asked, rng_seed) = made.sent();
    let is_jpeg = !std::fs::read(&came).is_ok_and(|bytes| bytes.starts_with(b"\x89PNG"));
    let there = there_and_back(still, asked, answer.size(), is_jpeg);
    let floor = leakage(still, &LaidBack { picture: there, ..laid.clone() }, mask, opaque).outside;

    let refined = write(desk, input, &laid.picture)?;
    let [width, height] = [answer.size().width as u32, answer.size().height as u32];
    let came = CameStill {
        blake3: blob.to_hex().to_string(),
        asked,
        size: [width, height],
        shown,
        is_moved: laid.is_moved,
        is_reused: made.is_reused,
        outside: as_made,
    };
    let job = desk.job;
    let mut report = RefineReport {
        schema: REFINE_SCHEMA.into(),
        tool: format!("holdstill {}", env!("CARGO_PKG_VERSION")),
        command: job.command.clone(),
        run: desk.run.id.clone(),
        still: StillFile { path: job.still.display().to_string(), blake3: input.still.blake3.clone() },
        mask: job.mask.as_deref().map(file).transpose()?,
        provider: job.maker.id.clone(),
        model: job.maker.model.clone(),
        prompt: job.prompt.trim().to_owned(),
        rng_seed,
        came,
        refined,
        outside: measured.outside,
        inside: measured.inside,
        largest: measured.largest,
        floor,
        notes: Vec::new(),
        cost: cost(desk)?,
    };
    report.notes = notes(&report, input);
    settle(desk, made, &report)?;
    let text = serde_json::to_string_pretty(&report).expect("reports are plain data") + "\n";
    media::write_whole(&job.report_path(), |writer| writer.write_all(text.as_bytes()))?;
    Ok(Refined { report, picture: laid.picture, leakage: measured })
}

/// What the way alone does to a still: enlarged or not when it is sent, encoded, and brought back to its size.
fn there_and_back(still: &Picture, asked: [u32; 2], came: Size, is_lossy: bool) -> Picture {
    let own = still.size();
    let [width, height] = asked.map(|side| side as usize);
    let sent = if width > own.width { Size::new(width, height) } else { own };
    let there = pyramid::resize_picture(&pyramid::resize_picture(still, sent), came);
    let there = if is_lossy { media::as_jpeg(&there) } else { there };
    pyramid::resize_picture(&there, own)
}

/// Writes the refined still, with the original's opacity where it has one.
fn write(desk: &mut Desk<'_>, input: &Input, picture: &Picture) -> Result<RefinedFile, Error> {
    let job = desk.job;
    if let Some(folder) = job.out.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        media::make_folder(folder)?;
    }
    let temp = TempOut::beside(&job.out)?;
    let saved = match &input.still.alpha {
        Some(alpha) => media::save_cutout(picture, alpha, temp.path()),
        None => media::save_png(picture, temp.path()),
    };
    saved.map_err(|error| temp.explain(error))?;
    let blake3 = hash_of(temp.path())?.to_hex().to_string();
    desk.ledger.note_delivery(&desk.run.id, &blake3)?;
    temp.commit()?;
    let size = picture.size();
    Ok(RefinedFile {
        path: job.out.display().to_string(),
        blake3,
        size: [size.width as u32, size.height as u32],
        keeps_outside: job.keeps_outside,
    })
}

/// What a person should know beyond the numbers.
fn notes(report: &RefineReport, input: &Input) -> Vec<String> {
    let mut notes = Vec::new();
    if report.mask.is_none() {
        notes.push("no mask was given: what was to change and what leaked are not told apart".to_owned());
    }
    if report.came.outside.structure.is_some_and(|likeness| likeness < HARDLY_LIKE) {
        notes.push("the answer hardly shows the still: look at it before you animate it".to_owned());
    }
    if report.inside.is_some_and(|inside| inside.changed_share < NOTHING_HAPPENED) {
        notes.push("next to nothing changed inside the mask".to_owned());
    }
    if report.came.shown < ALL_SHOWN {
        let hidden = percent(1.0 - report.came.shown);
        notes.push(format!("the answer is cropped: {hidden} of the still are its own pixels"));
    }
    let original = &input.still.original;
    let came = report.came.size;
    if (came[0] as usize) < original.width {
        notes.push(format!("the answer is smaller than the still ({}×{}): fine texture is lost", came[0], came[1]));
    }
    notes
}

/// Ends the attempt and the run. A still that was settled before stays so.
fn settle(desk: &mut Desk<'_>, made: &Made, report: &RefineReport) -> Result<(), Error> {
    let json = serde_json::to_string(report).expect("reports are plain data");
    let decision = json!({ "action": "deliver", "reason": outside_in_words(&report.outside) }).to_string();
    if made.attempt.state == AttemptState::Downloaded {
        let judge_digest = desk.run.recipe_digest.clone();
        desk.ledger.advance(made.attempt.id, &Step::Scored { judge_digest: &judge_digest, score: &json })?;
    }
    if made.attempt.state != AttemptState::Settled {
        desk.ledger.advance(made.attempt.id, &Step::Settled { decision: &decision })?;
    }
    desk.ledger.end_run(&desk.run.id, RunState::Finished, Some(&json))?;
    Ok(())
}

fn outside_in_words(outside: &Change) -> String {
    format!("{} changed outside the mask", percent(outside.changed_share))
}

fn cost(desk: &Desk<'_>) -> Result<Cost, Error> {
    let purse = desk.ledger.purse(&desk.run.id)?;
    Ok(Cost {
        quoted_micros: desk.job.maker.price,
        settled_micros: purse.settled,
        reserved_micros: purse.reserved,
        budget_micros: desk.job.budget,
    })
}

fn file(path: &Path) -> Result<StillFile, Error> {
    Ok(StillFile { path: path.display().to_string(), blake3: hash_of(path)?.to_hex().to_string() })
}
