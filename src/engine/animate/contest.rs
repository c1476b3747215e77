//! The loop: takes are made, measured and mended until one holds or nothing more can be done; the best one wins.

use super::{
    Action, Decision, Influence, MendedTake, Standing, TakeReport,
    bases::Bases,
    decide::{Means, decide},
    memory,
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
    /// The take's clip before it was mended; the same where it was not.
    pub(super) made: PathBuf,
    pub(super) score: ScoreReport,
    /// The story of its mending, where it was mended.
    pub(super) mend: Option<serde_json::Value>,
}

/// Lower is better: a hold before a doubt before a drift, then by drift.
type Rank = (u8, f64);

impl Entry {
    fn rank(&self) -> Rank {
        let judgement = &self.score.judgement;
        let verdict = match judgement.verdict {
            Verdict::Hold => 0,
            Verdict::Unsure => 1,
            Verdict::Drift => 2,
        };
        (verdict, judgement.drift)
    }
}

/// Works through the takes.
pub(super) fn hold(
    session: &mut Session<'_>,
    workshop: &mut dyn Workshop,
    hear: &mut dyn FnMut(Event),
) -> Result<Won, Error> {
    let mut contest = Contest::new(memory::start_of(&session.run));
    let (mut take, mut patch) = (1, None::<Patch>);
    loop {
        session.check_cancel()?;
        let round = match patch.take() {
            Some(patch) => vec![session.candidate(workshop, take, &contest.influence, Some(patch))],
            None => session.round(workshop, take, &contest.influence).unwrap_or_else(|error| vec![Err(error)]),
        };
        let is_alone = contest.best.is_none() && round.iter().all(Result::is_err);
        let (mut candidates, mut stop) = (Vec::new(), String::new());
        for outcome in round {
            match outcome {
                Ok(candidate) => candidates.push(candidate),
                // a failed take does not cost the user the takes there are
                Err(error) if !is_alone && is_survived(&error) => {
                    stop = format!("take {take} failed: {error}");
                    session.ledger.note(&session.run.id, None, "warning", &stop)?;
                    hear(Event::Warning { what: stop.clone() });
                }
                Err(error) => return Err(error),
            }
            take += 1;
        }
        if candidates.is_empty() {
            return contest.won(stop);
        }
        let Decision { action, reason } = contest.weigh(&candidates, session, workshop, hear)?;
        match action {
            Action::Span { .. } | Action::Tail { .. } => patch = contest.bases.ask(take - 1, session)?,
            Action::Retake { influence } => contest.influence = influence,
            _ => return contest.won(reason),
        }
    }
}

fn is_survived(error: &Error) -> bool {
    matches!(error.class(), Class::Provider | Class::Budget | Class::Media)
}

/// What is known after some takes.
struct Contest {
    best: Option<Entry>,
    first: Option<ScoreReport>,
    takes: Vec<TakeReport>,
    /// What whole takes are asked for with.
    influence: Influence,
    bases: Bases,
}

impl Contest {
    fn new(influence: Influence) -> Self {
        Self { best: None, first: None, takes: Vec::new(), influence, bases: Bases::default() }
    }

    fn won(self, stop: String) -> Result<Won, Error> {
        let missing = || Error::Bug("a take was measured and none is the best".into());
        let entry = self.best.ok_or_else(missing)?;
        let first = self.first.ok_or_else(missing)?;
        Ok(Won { entry, first, takes: self.takes, stop })
    }

    /// Weighs the takes of a round: one that holds as it was made ends it, the best of them; then the first that can be
    /// mended; then the last one says how it goes on.
    fn weigh(
        &mut self,
        round: &[Candidate],
        session: &mut Session<'_>,
        workshop: &mut dyn Workshop,
        hear: &mut dyn FnMut(Event),
    ) -> Result<Decision, Error> {
        let holds = round.iter().filter(|candidate| candidate.score.judgement.verdict == Verdict::Hold);
        let winner = holds.min_by(|a, b| a.score.judgement.drift.total_cmp(&b.score.judgement.drift));
        let mut winner = winner.map(|candidate| candidate.request.take);
        let mut last = Decision::aside("nothing was made");
        for (candidate, left) in round.iter().zip((0..round.len()).rev()) {
            self.first.get_or_insert_with(|| candidate.score.clone());
            let take = candidate.request.take;
            if let Some(winner) = winner.filter(|&winner| winner != take) {
                let decision = Decision::aside(&format!("take {winner}, asked for at the same time, is taken"));
                announce(session, candidate, &decision, hear)?;
                self.takes.push(report_of(candidate, decision));
                continue;
            }
            last = self.judge(candidate, left > 0, session, workshop, hear)?;
            if last.action == Action::Accept {
                winner = Some(take);
            }
        }
        Ok(last)
    }

    /// Decides on a take and mends it where that is the decision; `is_followed` by another one of its round, it asks for
    /// nothing.
    fn judge(
        &mut self,
        candidate: &Candidate,
        is_followed: bool,
        session: &mut Session<'_>,
        workshop: &mut dyn Workshop,
        hear: &mut dyn FnMut(Event),
    ) -> Result<Decision, Error> {
        let take = candidate.request.take;
        self.bases.add(candidate, session, workshop)?;
        let price = session.job.maker.price();
        let no_retake = session.no_retake(take, price)?;
        let retake = match &no_retake {
            None => Ok(self.bases.retake(price, session.job.duration_secs)),
            Some(reason) => Err(reason.as_str()),
        };
        let part = self.bases.cheapest(take, session)?;
        let decide = |score: &ScoreReport, is_mended| {
            let decision = decide(score, &self.influence, Means { retake, part, is_mended });
            if is_followed { decision.without_asking() } else { decision }
        };
        let decision = decide(&candidate.score, false);
        announce(session, candidate, &decision, hear)?;
        let made = candidate.clip.clone();
        let mut entry = Entry { take, clip: made.clone(), made, score: candidate.score.clone(), mend: None };
        let mut last = decision.clone();
        let mut report = report_of(candidate, decision);
        if last.action == Action::Mend {
            let out = session.home.mended_path(candidate.attempt.id);
            let mended = workshop.mend(&candidate.clip, &candidate.score, &out, take)?;
            last = decide(&mended.score, true);
            session.ledger.note(&session.run.id, Some(candidate.attempt.id), "decision", &last.reason)?;
            hear(Event::Decision { what: last.reason.clone() });
            report.mended = Some(MendedTake { outcome: Standing::from(&mended.score), decision: last.clone() });
            let made = candidate.clip.clone();
            let repaired = Entry { take, clip: out, made, score: mended.score, mend: Some(mended.report) };
            if repaired.rank() < entry.rank() {
                entry = repaired;
            }
        }
        self.takes.push(report);
        if self.best.as_ref().is_none_or(|best| entry.rank() < best.rank()) {
            self.best = Some(entry);
        }
        Ok(last)
    }
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
        span: request.patch.as_ref().map(|patch| patch.gap.inside(score.judgement.frames.len())),
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
