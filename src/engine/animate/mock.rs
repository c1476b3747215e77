//! A workshop for tests that can be killed at any moment: no pictures, only money, files and states.

use super::{
    gap::Gap,
    sample::score,
    workshop::{Ear, Made, Mended, Offer, Patch, Sign, TakeRequest, Trace, Unmade, Workshop},
    *,
};
use crate::{
    drift::{Cause, ScoreReport, StyleDrift, Verdict},
    provider::Ticket,
    store::ledger::AttemptState,
};
use fs_err as fs;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

/// Where the process dies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Death {
    Never,
    BeforeSubmit,
    AfterSubmit,
    WhileRunning,
    BeforeStore,
    WhileScoring,
    WhileMending,
    WhileSplicing,
}

pub(super) struct Fake {
    pub(super) death: Death,
    pub(super) generated: usize,
    pub(super) scored: usize,
    pub(super) fails: bool,
    /// What a span costs, where it is offered.
    pub(super) span_price: Option<Money>,
    /// Scores of take 1, 2, …
    pub(super) scores: Vec<ScoreReport>,
    pub(super) mended: ScoreReport,
}

impl Fake {
    pub(super) fn new(scores: Vec<ScoreReport>) -> Self {
        Self { death: Death::Never, generated: 0, scored: 0, fails: false, span_price: None, scores, mended: hold() }
    }

    fn die_if(&self, moment: Death) {
        if self.death == moment {
            std::panic::resume_unwind(Box::new("killed"));
        }
    }
}

impl Workshop for Fake {
    fn generate(
        &mut self,
        request: &TakeRequest,
        _client_id: &str,
        out: &Path,
        sign: &mut Ear<'_>,
    ) -> Result<Made, Unmade> {
        let unmade = |error| Unmade { error, cost: None };
        self.generated += 1;
        self.die_if(Death::BeforeSubmit);
        sign(Sign::Accepted(&Ticket::of("job"))).map_err(unmade)?;
        self.die_if(Death::AfterSubmit);
        sign(Sign::Working(0.5)).map_err(unmade)?;
        self.die_if(Death::WhileRunning);
        if self.fails {
            return Err(unmade(Error::Bug("out of paint".into())));
        }
        fs::write(out, format!("{} {}", request.take, request.rng_seed)).unwrap();
        self.die_if(Death::BeforeStore);
        Ok(Made { cost: None })
    }

    fn keeps_jobs(&self) -> bool {
        false
    }

    fn collect(&mut self, _: &Ticket, _: u32, _: &Path, _: &mut Ear<'_>) -> Result<Made, Unmade> {
        Err(Unmade { error: Error::Bug("keeps no jobs".into()), cost: None })
    }

    fn reconcile(&mut self, _: &str, _: Option<u64>, out: &Path) -> Result<Option<Trace>, Error> {
        Ok(out.exists().then(|| Trace::Clip(out.to_owned())))
    }

    fn offer(&mut self, _: &Path, _: Gap, secs: f64) -> Result<Option<Offer>, Error> {
        Ok(self.span_price.map(|price| Offer { secs, price }))
    }

    fn splice(&mut self, patch: &Patch, made: &Path, out: &Path) -> Result<(), Error> {
        self.die_if(Death::WhileSplicing);
        assert!(patch.clip.exists());
        fs::copy(made, out).map(drop).map_err(Error::Scratch)
    }

    fn score(&mut self, clip: &Path, _take: u32) -> Result<ScoreReport, Error> {
        self.die_if(Death::WhileScoring);
        self.scored += 1;
        let text = fs::read_to_string(clip).unwrap();
        let take: usize = text.split(' ').next().unwrap().parse().unwrap();
        Ok(self.scores[take - 1].clone())
    }

    /// What is broad is beyond it.
    fn mend(&mut self, clip: &Path, score: &ScoreReport, out: &Path, _take: u32) -> Result<Mended, Error> {
        fs::write(out, format!("mended {}", fs::read_to_string(clip).unwrap())).unwrap();
        let is_broad = score.judgement.bad_spans == broad(0.0).judgement.bad_spans;
        let score = if is_broad { score.clone() } else { self.mended.clone() };
        if !is_broad {
            self.die_if(Death::WhileMending);
        }
        Ok(Mended { report: serde_json::json!({}), score })
    }

    fn style(&mut self, _: &Path) -> Result<StyleDrift, Error> {
        Err(Error::Bug("there is no draft".into()))
    }
}

pub(super) fn hold() -> ScoreReport {
    let mut report = score(Verdict::Hold, &[], &[]);
    report.judgement.drift = 12.0;
    report
}

pub(super) fn broad(drift: f64) -> ScoreReport {
    let mut report = score(Verdict::Drift, &[Cause::Geometry], &[[10, 89]]);
    report.judgement.drift = drift;
    report
}

pub(super) fn glitch() -> ScoreReport {
    score(Verdict::Drift, &[Cause::Geometry], &[[40, 45]])
}

/// At fault between frames that pass.
pub(super) fn bracketed(drift: f64) -> ScoreReport {
    let mut report = score(Verdict::Drift, &[Cause::Geometry], &[[30, 60]]);
    report.judgement.drift = drift;
    report
}

pub(super) struct Scene {
    pub(super) _folder: tempfile::TempDir,
    pub(super) home: Home,
    pub(super) job: AnimateJob,
}

impl Scene {
    pub(super) fn new(price: &str, budget: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let still = folder.path().join("still.png");
        fs::write(&still, "still").unwrap();
        let home = Home::open(Some(&folder.path().join("home"))).unwrap();
        let job = AnimateJob {
            maker: Maker::Command { line: "make {out}".into(), price: price.parse().ok() },
            budget: budget.parse().ok(),
            is_consented: true,
            out: folder.path().join("out/final.mp4"),
            ..job::tests::job(&still)
        };
        Self { _folder: folder, home, job }
    }

    pub(super) fn run(&self, start: &Start, fake: &mut Fake) -> Result<AnimateReport, Error> {
        work(&self.home, &self.job, start, fake, &mut |_| {}, &Cancel::default()).map(|animated| animated.report)
    }

    /// Runs until the process dies.
    pub(super) fn die(&self, death: Death, fake: &mut Fake) {
        fake.death = death;
        let outcome = catch_unwind(AssertUnwindSafe(|| self.run(&Start::Reuse, fake)));
        assert!(outcome.is_err(), "{death:?} did not happen");
        fake.death = Death::Never;
    }

    pub(super) fn ledger(&self) -> (Ledger, Run) {
        let ledger = Ledger::open(&self.home).unwrap();
        let run = ledger.runs(1).unwrap().remove(0);
        (ledger, run)
    }

    pub(super) fn states(&self) -> Vec<AttemptState> {
        let (ledger, run) = self.ledger();
        ledger.attempts(&run.id).unwrap().into_iter().map(|attempt| attempt.state).collect()
    }

    pub(super) fn spent(&self) -> Money {
        let (ledger, run) = self.ledger();
        ledger.purse(&run.id).unwrap().committed().unwrap()
    }

    pub(super) fn resume(&self, may_resubmit: bool) -> Start {
        Start::Resume { run: self.ledger().1.id, may_resubmit }
    }
}
