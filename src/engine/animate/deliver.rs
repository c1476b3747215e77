//! The last steps: the best clip under its final name, and the report on it.

use super::{
    ANIMATE_SCHEMA, AnimateReport, Animated, Cost, Delivered, LostAttempt, Promotion, Standing, contest::Won, memory,
    session::Session,
};
use crate::{
    engine::{Error, command_line, refine::SeedOrigin},
    media::TempOut,
    store::{
        self, hash_of,
        ledger::{Attempt, AttemptState},
    },
};
use fs_err as fs;
use std::path::Path;

/// Refuses, before anything is spent, to write over a file that no run of ours has made.
pub(super) fn check_target(session: &Session<'_>) -> Result<(), Error> {
    let out = &session.job.out;
    let refuse =
        |what: String| Err(Error::Usage { what, hint: "choose another name with --out, or move the file away".into() });
    if out.is_dir() {
        return refuse(format!("{} is a folder", out.display()));
    }
    if out.exists() {
        let hash = hash_of(out)?.to_hex().to_string();
        if !session.ledger.has_delivered(&hash)? {
            return refuse(format!("{} exists already and is not from an earlier run", out.display()));
        }
    }
    Ok(())
}

/// Puts the winner in place and ends the run.
pub(super) fn deliver(session: &mut Session<'_>, won: Won, promotion: Option<Promotion>) -> Result<Animated, Error> {
    let Won { entry, first, takes, stop } = won;
    let out = session.job.out.clone();
    let blake3 = place(session, &entry.clip, &out)?;
    let mut score = entry.score.clone();
    score.clip.path = out.display().to_string();
    score.clip.blake3.clone_from(&blake3);
    score.command = command_line(&out, &session.job.still, session.job.mask.as_deref(), None);
    let report = AnimateReport {
        schema: ANIMATE_SCHEMA.into(),
        tool: format!("holdstill {}", env!("CARGO_PKG_VERSION")),
        command: session.job.command.clone(),
        run: session.run.id.clone(),
        recipe: session.run.recipe_digest.clone(),
        seed_origin: SeedOrigin::of(&session.job.still, &score.seed.blake3),
        verdict: score.judgement.verdict,
        drift: score.judgement.drift,
        stop,
        before: Standing::from(&first),
        after: Standing::from(&score),
        takes,
        lost: lost(session)?,
        delivered: Delivered {
            path: out.display().to_string(),
            blake3,
            take: entry.take,
            is_mended: entry.mend.is_some(),
        },
        mend: entry.mend,
        promotion,
        cost: cost(session)?,
        score,
    };
    memory::keep(session, &report.takes)?;
    session.end(&report)?;
    clear_staging(session, &report);
    Ok(Animated { report, first })
}

/// Copies `clip` beside `out`, checks that the copy is the clip that was measured, writes it down and renames it.
fn place(session: &mut Session<'_>, clip: &Path, out: &Path) -> Result<String, Error> {
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let write = |e| store::Error::io("write", out, e);
    fs::create_dir_all(folder).map_err(write)?;
    let temp = TempOut::beside(out)?;
    let mut source = fs::File::open(clip).map_err(|e| store::Error::io("read", clip, e))?;
    // bytes alone: the store's files are private, the delivered one is not
    let mut target = fs::OpenOptions::new().write(true).open(temp.path()).map_err(write)?;
    std::io::copy(&mut source, &mut target).map_err(write)?;
    let (measured, copied) = (hash_of(clip)?, hash_of(temp.path())?);
    if measured != copied {
        return Err(Error::Bug(format!("the copy of {} differs from it", clip.display())));
    }
    let blake3 = copied.to_hex().to_string();
    session.ledger.note_delivery(&session.run.id, &blake3)?;
    temp.commit()?;
    Ok(blake3)
}

/// Mended and spliced clips, and the ends of spans: the delivered one is in its place, the others have lost.
fn clear_staging(session: &Session<'_>, report: &AnimateReport) {
    for take in &report.takes {
        session.home.clear_staging(take.attempt);
    }
}

fn lost(session: &Session<'_>) -> Result<Vec<LostAttempt>, Error> {
    let attempts = session.ledger.attempts(&session.run.id)?;
    let lost = attempts.into_iter().filter(|attempt| !attempt.state.has_clip());
    let reason = |attempt: &Attempt| match attempt.state {
        AttemptState::Intended | AttemptState::Submitted | AttemptState::Running => {
            format!("the provider may still work on it: {} stay reserved", attempt.price)
        }
        _ => attempt.failure.clone().unwrap_or_default(),
    };
    Ok(lost
        .map(|attempt| LostAttempt {
            take: attempt.take,
            attempt: attempt.id,
            state: attempt.state,
            reason: reason(&attempt),
        })
        .collect())
}

fn cost(session: &Session<'_>) -> Result<Cost, Error> {
    let purse = session.ledger.purse(&session.run.id)?;
    Ok(Cost {
        quoted_micros: session.job.maker.price(),
        settled_micros: purse.settled,
        reserved_micros: purse.reserved,
        budget_micros: session.job.budget,
    })
}
