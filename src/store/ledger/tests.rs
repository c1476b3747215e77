use super::*;
use crate::store::Money;
use fs_err as fs;
use proptest::prelude::*;

const QUOTED: Money = Money { micros: 400_000 };

struct Bench {
    _folder: tempfile::TempDir,
    home: Home,
    ledger: Ledger,
    run: String,
}

fn bench(budget: Option<i64>) -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::open(Some(folder.path())).unwrap();
    let mut ledger = Ledger::open(&home).unwrap();
    let budget = budget.map(|micros| Money { micros });
    let run = ledger.begin_run(&NewRun { recipe_digest: "r", job: "{}", start: "{}", budget }).unwrap().id;
    Bench { _folder: folder, home, ledger, run }
}

fn intent(run: &str, price: i64) -> Intent<'_> {
    Intent { run, take: 1, provider: "p", request_digest: "d", request: "{}", price: Money { micros: price } }
}

fn step_to(state: AttemptState, cost: i64) -> Step<'static> {
    let cost = Money { micros: cost };
    match state {
        AttemptState::Intended | AttemptState::Unknown => Step::Unknown { what: "lost" },
        AttemptState::Submitted => Step::Submitted { job_id: "j", ticket: "{}" },
        AttemptState::Running => Step::Running,
        AttemptState::Downloaded => Step::Downloaded { blob: blake3::hash(b"clip"), cost: Some(cost) },
        AttemptState::Scored => Step::Scored { judge_digest: "j", score: "{}" },
        AttemptState::Settled => Step::Settled { decision: "{}" },
        AttemptState::Failed => Step::Failed { code: "c", what: "w", cost },
        AttemptState::Cancelled => Step::Cancelled { cost },
    }
}

fn any_state() -> impl Strategy<Value = AttemptState> {
    prop::sample::select(AttemptState::ALL.to_vec())
}

#[test]
fn an_attempt_lives_its_life() {
    let Bench { mut ledger, run, .. } = bench(Some(1_000_000));
    let attempt = ledger.intend(&intent(&run, 400_000)).unwrap();
    assert_eq!(ledger.purse(&run).unwrap(), Purse { reserved: QUOTED, settled: Money::ZERO, estimated: QUOTED });
    for state in [
        AttemptState::Submitted,
        AttemptState::Running,
        AttemptState::Downloaded,
        AttemptState::Scored,
        AttemptState::Settled,
    ] {
        assert_eq!(ledger.advance(attempt.id, &step_to(state, 350_000)).unwrap().state, state);
    }
    let settled = &ledger.attempts(&run).unwrap()[0];
    assert_eq!((settled.cost, settled.blob), (Some(Money { micros: 350_000 }), Some(blake3::hash(b"clip"))));
    assert_eq!(
        ledger.purse(&run).unwrap(),
        Purse { reserved: Money::ZERO, settled: Money { micros: 350_000 }, estimated: QUOTED }
    );
    let diary: Vec<_> = ledger.events(&run).unwrap().into_iter().map(|event| event.what).collect();
    assert_eq!(diary, ["intended", "submitted", "running", "downloaded", "scored", "settled"]);
}

#[test]
fn a_job_belongs_to_one_attempt_and_what_is_forgotten_is_gone() {
    let Bench { home, mut ledger, run, _folder } = bench(None);
    let [first, second] = [0, 1].map(|_| ledger.intend(&intent(&run, 1)).unwrap());
    let ticket = r#"{"values":{"job":"j","picture":"https://x.example/?sig=SIGNATURE"}}"#;
    ledger.advance(first.id, &Step::Submitted { job_id: "j", ticket }).unwrap();
    assert!(ledger.is_job_of_another(&second, "j").unwrap());
    assert!(!ledger.is_job_of_another(&first, "j").unwrap() && !ledger.is_job_of_another(&second, "k").unwrap());
    ledger.forget(first.id, "picture").unwrap();
    let kept = ledger.attempts(&run).unwrap()[0].ticket.clone();
    assert_eq!(kept.as_deref(), Some(r#"{"values":{"job":"j"}}"#));
    for file in fs::read_dir(home.root()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
        let bytes = fs::read(&file).unwrap();
        assert!(!bytes.windows(9).any(|window| window == b"SIGNATURE"), "{}", file.display());
    }
}

#[test]
fn what_was_charged_is_told_once_and_summed_by_its_unit() {
    let Bench { mut ledger, run, _folder, .. } = bench(None);
    for told in ["25 credits", "2.5 credits", "7 ticks"] {
        let attempt = ledger.intend(&intent(&run, 40)).unwrap();
        ledger.charged(attempt.id, told).unwrap();
        ledger.charged(attempt.id, told).unwrap();
    }
    let notes = ledger.events(&run).unwrap().into_iter().filter(|event| event.what.contains("charged"));
    assert_eq!(notes.count(), 3);
    let [group] = &ledger.spending(Grouping::Provider).unwrap()[..] else { panic!("one provider") };
    let sums: Vec<_> = group.charged.iter().map(|(unit, sum)| format!("{sum} {unit}")).collect();
    assert_eq!((sums, group.estimated.micros), (vec!["27.5 credits".to_owned(), "7 ticks".to_owned()], 120));
}

#[test]
fn a_free_call_needs_no_budget_and_a_paid_one_cannot_break_it() {
    let Bench { mut ledger, run, .. } = bench(Some(500_000));
    ledger.intend(&intent(&run, 500_000)).unwrap();
    assert_eq!(ledger.intend(&intent(&run, 1)).unwrap_err().code(), "over-budget");
    ledger.intend(&intent(&run, 0)).unwrap();
    let other = bench(None);
    let mut ledger = other.ledger;
    ledger.intend(&intent(&other.run, i64::MAX)).unwrap();
    assert_eq!(ledger.intend(&intent(&other.run, 1)).unwrap_err().code(), "money-overflow");
}

#[test]
fn runs_are_found_by_a_part_of_their_id() {
    let Bench { mut ledger, run, .. } = bench(None);
    assert_eq!(ledger.find_run(&run[..13]).unwrap().id, run);
    assert_eq!(ledger.find_run(&run[28..]).unwrap().id, run);
    for bad in ["", "%", "0", "zzzzzz", "ffffffffffff-ffff"] {
        assert_eq!(ledger.find_run(bad).unwrap_err().code(), "no-such-run", "{bad}");
    }
    let second = ledger.begin_run(&NewRun { recipe_digest: "r", job: "{}", start: "{}", budget: None }).unwrap();
    assert_eq!(second.salt, 1);
    assert_eq!(ledger.latest_run("r").unwrap().unwrap().id, second.id);
    assert_eq!(ledger.find_run(&run[..4]).unwrap_err().code(), "ambiguous-run");
    assert_eq!(ledger.end_run(&run, RunState::Finished, Some("{}")).unwrap().state, RunState::Finished);
    assert_eq!(ledger.runs(10).unwrap().len(), 2);
}

#[test]
fn several_writers_share_one_ledger() {
    let Bench { home, run, _folder, .. } = bench(Some(20));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut ledger = Ledger::open(&home).unwrap();
                for _ in 0..10 {
                    if let Err(error) = ledger.intend(&intent(&run, 1)) {
                        assert_eq!(error.code(), "over-budget");
                    }
                }
            });
        }
    });
    let ledger = Ledger::open(&home).unwrap();
    assert_eq!(ledger.attempts(&run).unwrap().len(), 20, "the budget admits exactly twenty calls of 1");
}

#[test]
fn a_damaged_ledger_and_one_from_the_future_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::open(Some(folder.path())).unwrap();
    fs::write(home.ledger_path(), vec![0x5A; 8192]).unwrap();
    assert_eq!(Ledger::open(&home).unwrap_err().code(), "ledger-corrupt");
    fs::remove_file(home.ledger_path()).unwrap();
    Ledger::open(&home).unwrap().connection.pragma_update(None, "user_version", 999).unwrap();
    assert_eq!(Ledger::open(&home).unwrap_err().code(), "ledger-newer");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever steps are tried: the illegal ones change nothing, the final states stay, money is never lost.
    #[test]
    fn random_walks_stay_on_the_map(walk in prop::collection::vec((any_state(), 0..50_i64), 1..25)) {
        let Bench { _folder, mut ledger, run, .. } = bench(None);
        let attempt = ledger.intend(&intent(&run, 40)).unwrap();
        let mut state = AttemptState::Intended;
        for (target, cost) in walk {
            let step = step_to(target, cost);
            let legal = state.may_become(step.target());
            match ledger.advance(attempt.id, &step) {
                Ok(after) => {
                    prop_assert!(legal);
                    state = step.target();
                    prop_assert_eq!(after.state, state);
                }
                Err(error) => {
                    prop_assert!(!legal);
                    prop_assert_eq!(error.code(), "illegal-step");
                }
            }
            let now = &ledger.attempts(&run).unwrap()[0];
            prop_assert_eq!(now.state, state);
            prop_assert!(!state.has_clip() || now.blob.is_some());
            let purse = ledger.purse(&run).unwrap();
            let estimate = Purse { estimated: Money { micros: 40 }, ..Purse::default() };
            let expected = now.cost.map_or(
                Purse { reserved: Money { micros: 40 }, ..estimate },
                |settled| Purse { settled, ..estimate },
            );
            prop_assert_eq!(purse, expected);
            prop_assert!(!state.is_final() || now.cost.is_some());
        }
    }

    /// Calls that cost what was quoted never take the run above its budget, in whatever order they end.
    #[test]
    fn the_budget_holds(
        budget in 0..300_i64,
        calls in prop::collection::vec((0..100_i64, 0..=100_i64, prop::bool::ANY), 1..20),
    ) {
        let Bench { _folder, mut ledger, run, .. } = bench(Some(budget));
        for (price, share, lost) in calls {
            if let Ok(attempt) = ledger.intend(&intent(&run, price)) {
                let cost = price * share / 100;
                let last = if lost { AttemptState::Unknown } else { AttemptState::Failed };
                ledger.advance(attempt.id, &step_to(last, cost)).unwrap();
            }
            let committed = ledger.purse(&run).unwrap().committed().unwrap();
            prop_assert!(committed.micros <= budget);
        }
    }
}

#[test]
fn how_long_a_model_took_is_known_of_the_clips_that_came() {
    let Bench { mut ledger, .. } = bench(None);
    let job = r#"{"maker": {"kind": "remote", "id": "p", "model": "m"}}"#;
    let run = ledger.begin_run(&NewRun { recipe_digest: "m", job, start: "{}", budget: None }).unwrap().id;
    for come in [true, true, false] {
        let attempt = ledger.intend(&intent(&run, 0)).unwrap();
        ledger.advance(attempt.id, &step_to(AttemptState::Submitted, 0)).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(30));
        let state = if come { AttemptState::Downloaded } else { AttemptState::Failed };
        ledger.advance(attempt.id, &step_to(state, 0)).unwrap();
    }
    let waits = ledger.waits("p", "m", 10).unwrap();
    assert_eq!(waits.len(), 2);
    // slept by one clock, read by another that may be slewed meanwhile
    assert!(waits.iter().all(|wait| (0.02..60.0).contains(wait)), "{waits:?}");
    assert_eq!(ledger.waits("p", "m", 1).unwrap(), waits[..1]);
    assert!(ledger.waits("p", "another", 10).unwrap().is_empty());
    assert!(ledger.waits("q", "m", 10).unwrap().is_empty());
}

#[test]
fn what_a_call_cost_beyond_its_quote_is_expected_of_the_next() {
    let Bench { mut ledger, run, .. } = bench(Some(1_000_000));
    let settle = |ledger: &mut Ledger, quoted: i64, cost: i64| {
        let attempt = ledger.intend(&intent(&run, quoted)).unwrap();
        for state in [AttemptState::Submitted, AttemptState::Running, AttemptState::Downloaded] {
            ledger.advance(attempt.id, &step_to(state, cost)).unwrap();
        }
    };
    // less than quoted promises nothing
    settle(&mut ledger, 200_000, 100_000);
    assert_eq!(ledger.expected_cost(&run, Money { micros: 200_000 }).unwrap().micros, 200_000);
    settle(&mut ledger, 0, 350_000);
    assert_eq!(ledger.expected_cost(&run, Money::ZERO).unwrap().micros, 350_000);
    // 450 000 are spent
    let refused = ledger.intend(&intent(&run, 210_000)).unwrap_err();
    assert!(matches!(refused, Error::OverBudget { price, .. } if price.micros == 560_000), "{refused}");
    settle(&mut ledger, 0, 350_000);
    let free = ledger.intend(&intent(&run, 0)).unwrap_err();
    assert!(matches!(free, Error::OverBudget { .. }), "free by its quote alone: {free}");
}
