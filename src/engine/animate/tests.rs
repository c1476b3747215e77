//! The loop against a workshop that can be killed at any moment.

use super::{mock::*, sample::score, *};
use crate::{
    drift::{Cause, Verdict},
    store::ledger::AttemptState,
};
use fs_err as fs;

#[test]
fn a_broad_fault_is_asked_again_and_a_glitch_mended() {
    let scene = Scene::new("0.40", "2");
    let mut fake = Fake::new(vec![broad(80.0), glitch()]);
    let report = scene.run(&Start::Reuse, &mut fake).unwrap();
    let mended = report.takes.iter().map(|take| take.mended.as_ref().unwrap().decision.action.name());
    assert_eq!(mended.collect::<Vec<_>>(), ["retake", "accept"]);
    assert!(report.takes[1].motion < report.takes[0].motion);
    assert_eq!((report.verdict, report.delivered.take, report.delivered.is_mended), (Verdict::Hold, 2, true));
    assert_eq!((report.before.drift, report.after.drift), (80.0, 12.0));
    assert!(fs::read_to_string(&scene.job.out).unwrap().starts_with("mended 2 "));
    assert_eq!(report.cost.settled_micros.to_string(), "$0.80");
    assert_eq!(scene.states(), [AttemptState::Settled; 2]);
    assert_eq!(fs::read_dir(scene.home.root().join("staging")).unwrap().count(), 0, "nothing is left lying about");
}

#[test]
fn a_fault_between_good_frames_is_mended_then_asked_for_alone() {
    let scene = Scene::new("0.40", "2");
    let mut fake = Fake::new(vec![bracketed(80.0), hold()]);
    (fake.mended, fake.span_price) = (bracketed(70.0), "0.10".parse().ok());
    let report = scene.run(&Start::Reuse, &mut fake).unwrap();
    let [whole, span] = &report.takes[..] else { panic!("{} takes", report.takes.len()) };
    assert_eq!(whole.decision.action, Action::Mend);
    assert_eq!(whole.mended.as_ref().unwrap().decision.action, Action::Span { ends: [29, 61] });
    assert_eq!((span.span, whole.span), (Some([30, 60]), None));
    assert_eq!((report.verdict, report.delivered.take), (Verdict::Hold, 2));
    assert_eq!(report.cost.settled_micros.to_string(), "$0.50");
    assert_eq!(fs::read_dir(scene.home.root().join("staging")).unwrap().count(), 0, "nothing is left lying about");
    scene.run(&Start::Reuse, &mut fake).unwrap();
    assert_eq!((fake.generated, fake.scored), (2, 2), "the same again makes nothing");
}

#[test]
fn a_fault_that_reaches_the_end_is_asked_for_from_its_beginning_on() {
    let scene = Scene::new("0.40", "2");
    let mut late = score(Verdict::Drift, &[Cause::Geometry], &[[60, 99]]);
    late.judgement.drift = 80.0;
    let mut fake = Fake::new(vec![late.clone(), hold()]);
    (fake.mended, fake.span_price) = (late, "0.20".parse().ok());
    let report = scene.run(&Start::Reuse, &mut fake).unwrap();
    let [whole, tail] = &report.takes[..] else { panic!("{} takes", report.takes.len()) };
    assert_eq!(whole.mended.as_ref().unwrap().decision.action, Action::Tail { from: 59 });
    assert_eq!((tail.span, report.verdict, report.delivered.take), (Some([60, 99]), Verdict::Hold, 2));
    assert_eq!(report.cost.settled_micros.to_string(), "$0.60");
    scene.run(&Start::Reuse, &mut fake).unwrap();
    assert_eq!((fake.generated, fake.scored), (2, 2), "the same again makes nothing");
}

#[test]
fn the_best_of_those_asked_for_at_the_same_time_is_taken() {
    let mut scene = Scene::new("0.40", "2");
    scene.job.candidates = 3;
    let mut better = hold();
    better.judgement.drift = 3.0;
    let mut fake = Fake::new(vec![broad(80.0), hold(), better]);
    let report = scene.run(&Start::Reuse, &mut fake).unwrap();
    let actions: Vec<_> = report.takes.iter().map(|take| take.decision.action.name()).collect();
    assert_eq!((actions, report.delivered.take), (vec!["skip", "skip", "accept"], 3));
    assert_eq!((report.after.drift, scene.states()), (3.0, vec![AttemptState::Settled; 3]));
    scene.run(&Start::Reuse, &mut fake).unwrap();
    assert_eq!((fake.generated, fake.scored), (3, 3), "the same again makes nothing");
}

#[test]
fn a_round_is_as_large_as_the_budget_and_asks_again_as_one() {
    let mut scene = Scene::new("0.40", "0.80");
    scene.job.candidates = 3;
    let mut fake = Fake::new(vec![broad(80.0), broad(70.0)]);
    fake.mended = broad(70.0);
    let report = scene.run(&Start::Reuse, &mut fake).unwrap();
    assert_eq!((fake.generated, scene.spent().to_string()), (2, "$0.80".into()));
    let mended: Vec<_> = report.takes.iter().map(|take| take.mended.as_ref().unwrap().decision.action.name()).collect();
    assert_eq!((mended, report.delivered.take), (vec!["skip", "stop"], 2), "{}", report.stop);
    assert!(report.takes.iter().all(|take| take.motion == 1.0));
}

#[test]
fn a_round_that_was_cut_off_is_the_same_round_again() {
    for death in [Death::BeforeStore, Death::WhileScoring] {
        let mut scene = Scene::new("", "");
        scene.job.candidates = 3;
        let mut fake = Fake::new(vec![broad(80.0), glitch(), broad(80.0)]);
        scene.die(death, &mut fake);
        assert_eq!(scene.states().len(), 3, "{death:?}: all of them are written down before the first is made");
        let report = scene.run(&scene.resume(false), &mut fake).unwrap();
        let takes: Vec<_> = report.takes.iter().map(|take| take.take).collect();
        assert_eq!((takes, report.delivered.take, fake.generated), (vec![1, 2, 3], 2, 3), "{death:?}");
    }
}

#[test]
fn what_held_last_time_is_begun_with() {
    let scene = Scene::new("", "");
    scene.run(&Start::Reuse, &mut Fake::new(vec![broad(80.0), hold()])).unwrap();
    let next = Scene { job: AnimateJob { prompt: "another".into(), ..scene.job.clone() }, ..scene };
    let planned = plan(&next.home, &next.job).unwrap().start;
    assert!(planned.motion < 1.0 && planned.prompt.contains("exact shape"), "{planned:?}");
    let begun = next.run(&Start::Reuse, &mut Fake::new(vec![broad(80.0), hold()])).unwrap();
    assert_eq!(begun.takes[0].motion, planned.motion);
    assert!(begun.takes[1].motion < planned.motion);
    let same = next.run(&Start::Reuse, &mut Fake::new(vec![])).unwrap();
    assert!(same.takes.iter().all(|take| take.is_reused), "a run keeps what it began with");
    let fresh = next.run(&Start::Fresh, &mut Fake::new(vec![hold()])).unwrap();
    assert_eq!(fresh.takes[0].motion, 1.0);
    let other = AnimateJob { motion: "orbit".into(), ..next.job.clone() };
    assert_eq!(plan(&next.home, &other).unwrap().start, Influence::default());
}

#[test]
fn a_span_is_asked_for_again_while_it_is_the_cheapest_way() {
    let scene = Scene::new("0.40", "2");
    let mut fake = Fake::new(vec![bracketed(60.0), bracketed(65.0), hold()]);
    (fake.mended, fake.span_price) = (bracketed(60.0), "0.10".parse().ok());
    let report = scene.run(&Start::Reuse, &mut fake).unwrap();
    let spans: Vec<_> = report.takes.iter().map(|take| take.span.is_some()).collect();
    assert_eq!((spans, report.delivered.take), (vec![false, true, true], 3));

    let dear = Scene::new("0.40", "2");
    fake.span_price = "0.50".parse().ok();
    let report = dear.run(&Start::Reuse, &mut fake).unwrap();
    assert!(report.takes.iter().all(|take| take.span.is_none()), "a whole take costs less");

    let poor = Scene::new("0.40", "0.45");
    fake.span_price = "0.10".parse().ok();
    let report = poor.run(&Start::Reuse, &mut fake).unwrap();
    assert_eq!((report.takes.len(), report.drift), (1, 60.0), "{}", report.stop);
}

#[test]
fn a_paid_retake_is_not_forgotten_when_the_budget_is_spent() {
    let scene = Scene::new("0.40", "0.80");
    let mut fake = Fake::new(vec![broad(80.0), glitch()]);
    scene.die(Death::WhileMending, &mut fake);
    let report = scene.run(&scene.resume(false), &mut fake).unwrap();
    assert_eq!((fake.generated, report.takes.len(), report.delivered.take), (2, 2, 2));
}

#[test]
fn a_paid_span_is_never_lost_or_paid_twice() {
    for death in [Death::BeforeStore, Death::WhileSplicing] {
        let scene = Scene::new("0.40", "0.50");
        let mut fake = Fake::new(vec![bracketed(80.0), hold()]);
        (fake.mended, fake.span_price) = (bracketed(80.0), "0.10".parse().ok());
        if death == Death::BeforeStore {
            // the first take is stored, the span's is not
            fake.death = Death::WhileMending;
            scene.die(Death::WhileMending, &mut fake);
        }
        scene.die(death, &mut fake);
        let report = scene.run(&scene.resume(false), &mut fake).unwrap();
        assert_eq!((fake.generated, report.verdict, report.takes.len()), (2, Verdict::Hold, 2), "{death:?}");
        assert_eq!(scene.spent().to_string(), "$0.50", "{death:?}");
    }
}

#[test]
fn the_same_recipe_again_makes_and_measures_nothing() {
    let scene = Scene::new("0.40", "2");
    let mut fake = Fake::new(vec![broad(80.0), hold()]);
    let first = scene.run(&Start::Reuse, &mut fake).unwrap();
    let again = scene.run(&Start::Reuse, &mut fake).unwrap();
    assert_eq!((fake.generated, fake.scored), (2, 2));
    assert!(again.takes.iter().all(|take| take.is_reused));
    assert_eq!(again.delivered, first.delivered);
    let fresh = scene.run(&Start::Fresh, &mut fake).unwrap();
    assert_eq!(fake.generated, 4);
    assert_ne!(fresh.takes[0].rng_seed, first.takes[0].rng_seed);
}

#[test]
fn the_best_take_is_delivered_when_none_holds() {
    let scene = Scene::new("", "");
    let mut fake = Fake::new(vec![broad(70.0), broad(55.0), broad(90.0)]);
    fake.mended = broad(85.0);
    let report = scene.run(&Start::Reuse, &mut fake).unwrap();
    assert_eq!((report.verdict, report.drift, report.delivered.take), (Verdict::Drift, 55.0, 2));
    assert!(!report.delivered.is_mended);
    assert!(report.stop.contains("no take of 3 is left"), "{}", report.stop);
}

#[test]
fn the_budget_stops_the_takes() {
    let scene = Scene::new("0.40", "0.79");
    let mut fake = Fake::new(vec![broad(70.0)]);
    fake.mended = broad(70.0);
    let report = scene.run(&Start::Reuse, &mut fake).unwrap();
    assert_eq!(fake.generated, 1);
    assert!(report.stop.contains("budget does not cover another take at $0.40"), "{}", report.stop);

    let poor = Scene::new("0.40", "0.39");
    assert_eq!(poor.run(&Start::Reuse, &mut fake).unwrap_err().code(), "over-budget");
    let silent = Scene { job: AnimateJob { is_consented: false, ..scene.job.clone() }, ..Scene::new("", "") };
    assert_eq!(silent.run(&Start::Reuse, &mut fake).unwrap_err().code(), "budget");
    assert_eq!(fake.generated, 1);
}

#[test]
fn a_free_take_is_made_again_after_any_death_but_never_after_it_was_stored() {
    for death in
        [Death::BeforeSubmit, Death::AfterSubmit, Death::WhileRunning, Death::WhileScoring, Death::WhileMending]
    {
        let scene = Scene::new("", "");
        let mut fake = Fake::new(vec![glitch()]);
        scene.die(death, &mut fake);
        let report = scene.run(&scene.resume(false), &mut fake).unwrap();
        assert_eq!(report.verdict, Verdict::Hold, "{death:?}");
        let expected = if matches!(death, Death::WhileScoring | Death::WhileMending) { 1 } else { 2 };
        assert_eq!(fake.generated, expected, "{death:?}");
        assert_eq!(report.lost.len(), expected - 1, "{death:?}");
    }
}

#[test]
fn a_paid_take_is_never_paid_twice_without_being_asked() {
    for death in [Death::BeforeSubmit, Death::AfterSubmit, Death::WhileRunning] {
        let scene = Scene::new("0.40", "0.80");
        let mut fake = Fake::new(vec![hold()]);
        scene.die(death, &mut fake);
        for _ in 0..2 {
            let error = scene.run(&scene.resume(false), &mut fake).unwrap_err();
            assert!(error.hint().contains("--resubmit"), "{death:?}");
        }
        assert_eq!((fake.generated, scene.states()), (1, vec![AttemptState::Unknown]), "{death:?}");
        assert_eq!(scene.run(&scene.resume(true), &mut fake).unwrap().verdict, Verdict::Hold);
        assert_eq!((fake.generated, scene.spent().to_string()), (2, "$0.80".into()), "the lost one counts as charged");
    }
}

#[test]
fn a_paid_clip_is_never_lost() {
    for death in [Death::BeforeStore, Death::WhileScoring, Death::WhileMending] {
        let scene = Scene::new("0.40", "0.40");
        let mut fake = Fake::new(vec![glitch()]);
        scene.die(death, &mut fake);
        let report = scene.run(&scene.resume(false), &mut fake).unwrap();
        assert_eq!((fake.generated, report.verdict), (1, Verdict::Hold), "{death:?}");
        assert_eq!(scene.spent().to_string(), "$0.40", "{death:?}");
    }
}

#[test]
fn a_failed_take_is_counted_and_told() {
    let scene = Scene::new("0.40", "2");
    let mut fake = Fake::new(vec![hold()]);
    fake.fails = true;
    assert_eq!(scene.run(&Start::Reuse, &mut fake).unwrap_err().code(), "bug");
    assert_eq!((scene.states(), scene.spent().to_string()), (vec![AttemptState::Failed], "$0.40".into()));
    fake.fails = false;
    let report = scene.run(&Start::Reuse, &mut fake).unwrap();
    assert_eq!((report.lost.len(), report.lost[0].reason.as_str()), (1, "internal error: out of paint"));
}

#[test]
fn a_stranger_s_file_is_not_written_over_but_our_own_is() {
    let scene = Scene::new("", "");
    let mut fake = Fake::new(vec![hold()]);
    fs::create_dir_all(scene.job.out.parent().unwrap()).unwrap();
    fs::write(&scene.job.out, "holiday").unwrap();
    assert_eq!(scene.run(&Start::Reuse, &mut fake).unwrap_err().code(), "usage");
    assert_eq!((fake.generated, fs::read_to_string(&scene.job.out).unwrap().as_str()), (0, "holiday"));
    fs::remove_file(&scene.job.out).unwrap();
    scene.run(&Start::Reuse, &mut fake).unwrap();
    scene.run(&Start::Fresh, &mut fake).unwrap();
    assert_eq!(fs::read_dir(scene.job.out.parent().unwrap()).unwrap().count(), 1, "no temporary file stays");
}

#[test]
fn an_exact_final_is_mended_but_neither_it_nor_a_part_of_it_is_asked_for_again() {
    let scene = Scene::new("0.40", "9");
    let draft = Draft {
        link: Link::Exact,
        run: "r".into(),
        attempt: 1,
        take: 1,
        model: "m".into(),
        family: "f".into(),
        final_family: "f".into(),
        blake3: String::new(),
        influence: Influence { motion: 0.7, prompt: String::new() },
    };
    let exact = Scene { job: AnimateJob { draft: Some(draft), ..scene.job.clone() }, ..scene };
    let mut fake = Fake::new(vec![bracketed(80.0), hold()]);
    (fake.mended, fake.span_price) = (bracketed(80.0), "0.10".parse().ok());
    let report = exact.run(&Start::Reuse, &mut fake).unwrap();
    assert_eq!((fake.generated, report.verdict), (1, Verdict::Drift));
    assert!(report.stop.contains("asked for again has the same content"), "{}", report.stop);
    assert_eq!(report.takes[0].motion, 0.7, "as the draft was asked for");
    let promotion = report.promotion.unwrap();
    assert!(promotion.style.is_none() && promotion.warnings[0].contains("could not be held beside its draft"));

    let mut anew = exact.job.clone();
    anew.draft.as_mut().unwrap().link = Link::Rerender;
    let mut fake = Fake::new(vec![broad(80.0), hold()]);
    let report = Scene { job: anew, ..exact }.run(&Start::Reuse, &mut fake).unwrap();
    assert_eq!((fake.generated, report.verdict), (2, Verdict::Hold), "a re-render is asked again");
}

#[test]
fn a_changed_still_cannot_be_resumed() {
    let scene = Scene::new("", "");
    let mut fake = Fake::new(vec![hold()]);
    scene.run(&Start::Reuse, &mut fake).unwrap();
    fs::write(&scene.job.still, "another").unwrap();
    assert_eq!(scene.run(&scene.resume(false), &mut fake).unwrap_err().code(), "usage");
}
