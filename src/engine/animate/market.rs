//! A provider that loses answers, breaks, and whose customer is killed at random: whatever happens, nothing is paid
//! twice, no delivered clip is lost, and the budget holds.

use super::{
    gap::Gap,
    job::tests::job,
    sample::score,
    workshop::{Ear, Made, Mended, Offer, Patch, Sign, TakeRequest, Trace, Unmade, Workshop},
    *,
};
use crate::{
    drift::{Cause, ScoreReport, StyleDrift, Verdict},
    provider::{self, Ticket, Tier},
    store::ledger::AttemptState,
};
use fs_err as fs;
use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::Path,
};

/// Dice, the same for the same seed (Steele, Lea and Flood, `SplitMix64`, 2014).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % sides
    }
}

/// What the provider knows, and remembers whatever happens to us.
struct Market {
    dice: Dice,
    /// Whether jobs can be found by our name for them.
    finds: bool,
    price: i64,
    /// Our names in the order in which they were paid for.
    submits: Vec<String>,
    /// Take and price by job.
    jobs: BTreeMap<String, (u32, i64)>,
    kills: usize,
}

impl Market {
    fn maybe_die(&mut self) {
        if self.dice.roll(6) == 0 {
            self.kills += 1;
            resume_unwind(Box::new("killed"));
        }
    }

    fn unmade(error: provider::Error) -> Unmade {
        Unmade { cost: error.cost(), error: error.into() }
    }
}

impl Workshop for Market {
    fn generate(
        &mut self,
        request: &TakeRequest,
        client_id: &str,
        out: &Path,
        sign: &mut Ear<'_>,
    ) -> Result<Made, Unmade> {
        self.maybe_die();
        self.submits.push(client_id.to_owned());
        let price = request.patch.as_ref().map_or(self.price, |patch| patch.price.micros);
        self.jobs.insert(format!("job-{client_id}"), (request.take, price));
        self.maybe_die();
        if self.dice.roll(6) == 0 {
            return Err(Self::unmade(provider::Error::Unclear { provider: "m".into(), what: "cut".into() }));
        }
        let ticket = Ticket::of(&format!("job-{client_id}"));
        sign(Sign::Accepted(&ticket)).map_err(|error| Unmade { error, cost: None })?;
        self.collect(&ticket, request.take, out, sign)
    }

    fn keeps_jobs(&self) -> bool {
        true
    }

    fn collect(&mut self, ticket: &Ticket, take: u32, out: &Path, sign: &mut Ear<'_>) -> Result<Made, Unmade> {
        let &(asked, price) = self.jobs.get(ticket.job()).expect("only jobs that exist are asked about");
        assert_eq!(asked, take);
        self.maybe_die();
        sign(Sign::Working(0.5)).map_err(|error| Unmade { error, cost: None })?;
        self.maybe_die();
        let pending = || provider::Error::Pending { provider: "m".into(), job: "j".into(), what: "late".into() };
        if self.dice.roll(6) == 0 {
            return Err(Self::unmade(pending()));
        }
        fs::write(out, format!("clip of take {take}")).map_err(|_| Self::unmade(pending()))?;
        self.maybe_die();
        let cost = self.dice.roll(3);
        Ok(Made { cost: (cost > 0).then_some(Money { micros: price / cost.max(1) as i64 }) })
    }

    fn reconcile(&mut self, client_id: &str, _: Option<u64>, out: &Path) -> Result<Option<Trace>, Error> {
        let job = format!("job-{client_id}");
        let is_known = self.finds && self.jobs.contains_key(&job);
        Ok(if out.exists() {
            Some(Trace::Clip(out.to_owned()))
        } else {
            is_known.then(|| Trace::Job(Ticket::of(&job)))
        })
    }

    fn offer(&mut self, _: &Path, _: Gap, secs: f64) -> Result<Option<Offer>, Error> {
        Ok((self.price > 200_000).then_some(Offer { secs, price: Money { micros: self.price / 2 } }))
    }

    fn splice(&mut self, _: &Patch, made: &Path, out: &Path) -> Result<(), Error> {
        self.maybe_die();
        fs::copy(made, out).map(drop).map_err(Error::Scratch)
    }

    fn score(&mut self, _: &Path, _: u32) -> Result<ScoreReport, Error> {
        self.maybe_die();
        let is_good = self.dice.roll(2) == 0;
        Ok(if is_good {
            score(Verdict::Hold, &[], &[])
        } else {
            let faults = [[10, 89], [20, 49], [60, 99]];
            score(Verdict::Drift, &[Cause::Geometry], &[faults[self.dice.roll(3) as usize]])
        })
    }

    fn mend(&mut self, clip: &Path, report: &ScoreReport, out: &Path, _: u32) -> Result<Mended, Error> {
        self.maybe_die();
        fs::copy(clip, out).map_err(Error::Scratch)?;
        Ok(Mended { report: serde_json::json!({}), score: report.clone() })
    }

    fn style(&mut self, _: &Path) -> Result<StyleDrift, Error> {
        Err(Error::Bug("there is no draft".into()))
    }
}

/// One run from its beginning to its end, through every death; returns how often it was killed.
fn live(seed: u64) -> usize {
    // the ledger syncs thousands of times: in memory where there is such a disk
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
    let still = folder.path().join("still.png");
    fs::write(&still, "still").unwrap();
    let home = Home::open(Some(&folder.path().join("home"))).unwrap();
    let mut dice = Dice(seed);
    let price = 100_000 * (1 + dice.roll(9) as i64);
    let budget = Money { micros: 100_000 * dice.roll(40) as i64 };
    let maker = Maker::Remote { id: "m".into(), model: "m".into(), tier: Tier::Final, price: Money { micros: price } };
    let (budget, out) = (Some(budget), folder.path().join("out/final.mp4"));
    let candidates = 1 + dice.roll(3) as u32;
    let job = AnimateJob { maker, budget, is_consented: true, candidates, out, ..job(&still) };
    let finds = dice.roll(2) == 0;
    let mut market = Market { dice, finds, price, submits: Vec::new(), jobs: BTreeMap::new(), kills: 0 };
    let mut start = Start::Reuse;
    loop {
        let outcome =
            catch_unwind(AssertUnwindSafe(|| work(&home, &job, &start, &mut market, &mut |_| {}, &Cancel::default())));
        let ledger = Ledger::open(&home).unwrap();
        let Some(run) = ledger.runs(1).unwrap().pop() else { continue };
        let attempts = ledger.attempts(&run.id).unwrap();
        check(&market, &ledger, &run, &attempts);
        // nothing can be found: only then is it paid for again, on the user's word
        let may_resubmit = matches!(&outcome, Ok(Err(error)) if error.code() == "budget");
        start = Start::Resume { run: run.id.clone(), may_resubmit };
        match outcome {
            Err(_) => {}
            // a program that another test starts at this moment holds our files open until it is loaded
            Ok(Err(error)) if error.code() == "run-busy" => {}
            Ok(Err(error)) if error.code() == "over-budget" => break,
            Ok(Err(error)) => assert!(["budget", "answer-lost", "job-pending"].contains(&error.code()), "{error}"),
            Ok(Ok(animated)) => {
                assert!(animated.report.delivered.path.ends_with("final.mp4"));
                break;
            }
        }
    }
    market.kills
}

fn check(market: &Market, ledger: &Ledger, run: &Run, attempts: &[crate::store::ledger::Attempt]) {
    let paid: BTreeSet<_> = market.submits.iter().collect();
    assert_eq!(paid.len(), market.submits.len(), "no attempt is paid for twice");
    let intended: BTreeSet<_> = attempts.iter().map(|attempt| &attempt.client_id).collect();
    assert!(paid.is_subset(&intended), "nothing is paid for that was not written down before");
    let committed = ledger.purse(&run.id).unwrap().committed().unwrap();
    assert!(Some(committed) <= run.budget, "{committed} of {:?}", run.budget);
    for attempt in attempts.iter().filter(|attempt| attempt.ticket.is_some()) {
        let is_lost = matches!(attempt.state, AttemptState::Failed | AttemptState::Cancelled);
        assert!(!is_lost, "a job with a receipt is never given up: {attempt:?}");
    }
}

#[test]
fn two_hundred_deaths_pay_nothing_twice_and_lose_nothing() {
    let mut kills = 0;
    let mut seed = 0;
    while kills < 200 {
        kills += live(seed);
        seed += 1;
        assert!(seed < 1000, "only {kills} deaths in {seed} runs");
    }
}
