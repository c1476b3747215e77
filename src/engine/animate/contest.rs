//! The loop: takes are made, measured and mended until one holds or nothing more can be done; the best one wins.

use super::{
    Action, Decision, Influence, MendedTake, Standing, TakeReport,
    decide::{Means, decide},
    session::{Candidate, Session},
    workshop::{Patch, Workshop},
};
use crate::{
    drift::{ScoreReport, Verdict},
    engine::{Class, Error, Event},
    store::{
        Money,
        ledger::{AttemptState, Step},
    },
};
use std::path::PathBuf;

/// The outcome of the takes.
pub(super) struct Won {
    pub(super) entry: Entry,
    /// The first take's score, as the provider made it.
    pub(super) first: ScoreReport,
    pub(super) takes: Vec<TakeReport>,
    /// Why the loop ended.
    pub(super) stop: String,
}

/// A clip that could be delivered.
pub(super) struct Entry {
    pub(super) take: u32,
    pub(super) clip: PathBuf,
    pub(super) score: ScoreReport,
    /// The story of its mending, where it was mended.
    pub(super) mend: Option<serde_json::Value>,
}

/// Lower is better: a hold before a doubt before a drift, then by drift.
type Rank = (u8, f64);

fn rank_of(score: &ScoreReport) -> Rank {
    let verdict = match score.judgement.verdict {
        Verdict::Hold => 0,
        Verdict::Unsure => 1,
        Verdict::Drift => 2,
    };
    (verdict, score.judgement.drift)
}

impl Entry {
    fn rank(&self) -> Rank {
        rank_of(&self.score)
    }
}

/// Works through the takes.
pub(super) fn hold(
    session: &mut Session<'_>,
    workshop: &mut dyn Workshop,
    hear: &mut dyn FnMut(Event),
) -> Result<Won, Error> {
    let mut best: Option<Entry> = None;
    let mut first: Option<ScoreReport> = None;
    let mut takes: Vec<TakeReport> = Vec::new();
    let mut influence = Influence::default();
    let mut patch: Option<(Patch, Rank)> = None;
    for take in 1.. {
        session.check_cancel()?;
        let asked = patch.take();
        let base = asked.as_ref().map(|(_, rank)| *rank);
        let candidate = match session.candidate(workshop, take, &influence, asked.map(|(patch, _)| patch)) {
            Ok(candidate) => candidate,
            // a failed retake does not cost the user the takes there are
            Err(error) => match (error.class(), best) {
                (Class::Provider | Class::Budget | Class::Media, Some(entry)) => {
                    let stop = format!("take {take} failed: {error}");
                    session.ledger.note(&session.run.id, None, "warning", &stop)?;
                    hear(Event::Warning { what: stop.clone() });
                    let first = first.unwrap_or_else(|| entry.score.clone());
                    return Ok(Won { entry, first, takes, stop });
                }
                _ => return Err(error),
            },
        };
        first.get_or_insert_with(|| candidate.score.clone());
        let no_retake = session.no_retake(take, session.job.maker.price())?;
        // a span that made nothing better would not do so the next time
        let has_gained = base.is_none_or(|base| rank_of(&candidate.score) < base);
        let next = if has_gained { session.patch(workshop, &candidate)? } else { None };
        let span = next.as_ref().map(|patch| patch.ends);
        let means = Means { no_retake: no_retake.as_deref(), span, is_mended: false };
        let decision = decide(&candidate.score, &influence, means);
        announce(session, &candidate, &decision, hear)?;
        let mut entry = Entry { take, clip: candidate.clip.clone(), score: candidate.score.clone(), mend: None };
        let mut last = decision.clone();
        let mut report = report_of(&candidate, decision);
        if last.action == Action::Mend {
            let out = session.home.mended_path(candidate.attempt.id);
            let mended = workshop.mend(&candidate.clip, &candidate.score, &out, take)?;
            last = decide(&mended.score, &influence, Means { is_mended: true, ..means });
            session.ledger.note(&session.run.id, Some(candidate.attempt.id), "decision", &last.reason)?;
            hear(Event::Decision { what: last.reason.clone() });
            report.mended = Some(MendedTake { outcome: Standing::from(&mended.score), decision: last.clone() });
            let repaired = Entry { take, clip: out, score: mended.score, mend: Some(mended.report) };
            if repaired.rank() < entry.rank() {
                entry = repaired;
            }
        }
        takes.push(report);
        if best.as_ref().is_none_or(|best| entry.rank() < best.rank()) {
            best = Some(entry);
        }
        match (last.action, best.take()) {
            (Action::Span { .. }, kept) => {
                patch = next.map(|patch| (patch, rank_of(&candidate.score)));
                best = kept;
            }
            (Action::Retake { influence: next }, kept) => {
                influence = next;
                best = kept;
            }
            (_, Some(entry)) => {
                let first = first.unwrap_or_else(|| entry.score.clone());
                return Ok(Won { entry, first, takes, stop: last.reason });
            }
            (_, None) => break,
        }
    }
    Err(Error::Bug("a take was measured and none is the best".into()))
}

/// Writes the decision down and tells it.
fn announce(
    session: &mut Session<'_>,
    candidate: &Candidate,
    decision: &Decision,
    hear: &mut dyn FnMut(Event),
) -> Result<(), Error> {
    let (attempt, score) = (&candidate.attempt, &candidate.score);
    hear(Event::Judged {
        what: format!("take {}", candidate.request.take),
        drift: score.judgement.drift,
        verdict: score.judgement.verdict,
    });
    session.ledger.note(&session.run.id, Some(attempt.id), "decision", &decision.reason)?;
    if attempt.state == AttemptState::Scored {
        let json = serde_json::to_string(decision).expect("decisions are plain data");
        session.ledger.advance(attempt.id, &Step::Settled { decision: &json })?;
    }
    hear(Event::Decision { what: decision.reason.clone() });
    Ok(())
}

fn report_of(candidate: &Candidate, decision: Decision) -> TakeReport {
    let Candidate { request, attempt, score, .. } = candidate;
    TakeReport {
        take: request.take,
        provider: attempt.provider.clone(),
        attempt: attempt.id,
        rng_seed: request.rng_seed,
        motion: request.influence.motion,
        prompt_added: request.influence.prompt.clone(),
        span: request.patch.as_ref().map(|patch| [patch.ends[0] + 1, patch.ends[1] - 1]),
        is_reused: candidate.is_reused,
        blake3: attempt.blob.map(|blob| blob.to_hex().to_string()).unwrap_or_default(),
        drift: score.judgement.drift,
        verdict: score.judgement.verdict,
        causes: score.judgement.causes.iter().map(|finding| finding.cause).collect(),
        bad_spans: score.judgement.bad_spans.clone(),
        cost_micros: attempt.cost.unwrap_or(Money::ZERO),
        decision,
        mended: None,
    }
}
