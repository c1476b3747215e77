//! SIGKILL in every state of an attempt, then `runs resume`: nothing is paid twice, nothing paid is lost.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod scene;

use holdstill::store::{
    Home, Ledger,
    ledger::{Attempt, AttemptState},
};
use predicates::prelude::*;
use scene::Scene;
use std::{
    fs,
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

/// A program that notes its call and delivers only once a file called `go` is there.
const MODEL: &str = r#"#!/bin/sh
echo call >> calls
while [ ! -e go ]; do sleep 0.02; done
cp good.mp4 "$1.part.mp4" && mv "$1.part.mp4" "$1"
"#;
const ANIMATE: [&str; 4] = ["animate", "still.png", "--command", "sh model {out}"];
const PRICE: [&str; 5] = ["--command-price", "0.40", "--yes", "--budget", "0.80"];
const PATIENCE: Duration = Duration::from_secs(90);

fn scene() -> Scene {
    Scene::new().faithful("good.mp4").file("model", MODEL)
}

fn attempts(scene: &Scene) -> Vec<Attempt> {
    let ledger = Ledger::open(&Home::open(Some(&scene.path("home"))).unwrap()).unwrap();
    ledger.runs(1).unwrap().first().map(|run| ledger.attempts(&run.id).unwrap()).unwrap_or_default()
}

fn run_id(scene: &Scene) -> String {
    Ledger::open(&Home::open(Some(&scene.path("home"))).unwrap()).unwrap().runs(1).unwrap().remove(0).id
}

fn calls(scene: &Scene) -> usize {
    fs::read_to_string(scene.path("calls")).unwrap_or_default().lines().count()
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "waited in vain until {what}");
        sleep(Duration::from_millis(5));
    }
}

/// Starts `animate` and kills it, without warning, as soon as its attempt is seen in `state`.
fn kill_when(scene: &Scene, state: AttemptState, price: &[&str]) {
    kill_once(scene, &[&ANIMATE[..], price].concat(), &|_| {}, &format!("the attempt is {state}"), || {
        attempts(scene).first().is_some_and(|attempt| attempt.state == state)
            && (state != AttemptState::Submitted || calls(scene) == 1)
    });
}

/// Kills it between two states: the step to `next` never ends.
fn kill_before(scene: &Scene, next: AttemptState) {
    let update = format!("UPDATE OF state ON attempts WHEN new.state = '{next}'");
    kill_inside(scene, &update, &[&ANIMATE[..], &PRICE].concat(), &|_| {}, &|state| state.may_become(next));
}

/// Kills a command in the midst of a change of the ledger, which never ends because a trigger counts for ever inside of it.
/// `nudge` does something to the process first; `is_it` knows the state of the last attempt by then.
fn kill_inside(scene: &Scene, change: &str, args: &[&str], nudge: &dyn Fn(u32), is_it: &dyn Fn(AttemptState) -> bool) {
    let home = Home::open(Some(&scene.path("home"))).unwrap();
    drop(Ledger::open(&home).unwrap());
    let ledger = rusqlite::Connection::open(home.ledger_path()).unwrap();
    ledger.busy_timeout(Duration::ZERO).unwrap();
    let table = format!("CREATE TABLE endless (n); INSERT INTO endless VALUES {};", ["(0)"; 100].join(","));
    ledger.execute_batch(&table).unwrap();
    let many = ["endless"; 12].join(" JOIN ");
    let trigger = format!("CREATE TRIGGER hold BEFORE {change} BEGIN SELECT count(*) FROM {many}; END");
    ledger.execute_batch(&trigger).unwrap();
    // a transaction is only refused while the other one is in its trigger
    let is_held = || ledger.execute_batch("BEGIN IMMEDIATE; ROLLBACK").is_err();
    let is_there = || attempts(scene).last().is_some_and(|attempt| is_it(attempt.state)) && is_held();
    let what = format!("{change} is under way");
    kill_once(scene, args, nudge, &what, || {
        is_there() && {
            sleep(Duration::from_millis(200));
            is_there()
        }
    });
    ledger.execute_batch("DROP TRIGGER hold; DROP TABLE endless").unwrap();
}

fn kill_once(scene: &Scene, args: &[&str], nudge: &dyn Fn(u32), what: &str, is_so: impl Fn() -> bool) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_holdstill"))
        .current_dir(scene.path(""))
        .env("HOLDSTILL_HOME", scene.path("home"))
        .args(args)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    nudge(child.id());
    wait_until(what, is_so);
    child.kill().unwrap();
    child.wait().unwrap();
}

fn resume(scene: &Scene, more: &[&str]) -> assert_cmd::assert::Assert {
    scene.holdstill(&[&["runs", "resume", &run_id(scene)], more].concat()).assert()
}

#[test]
fn a_paid_take_that_was_cut_off_is_found_again_and_never_paid_twice() {
    let scene = scene();
    kill_when(&scene, AttemptState::Submitted, &PRICE);
    for _ in 0..2 {
        resume(&scene, &[]).code(5).stderr(predicate::str::contains("--resubmit"));
    }
    assert_eq!((calls(&scene), attempts(&scene)[0].state), (1, AttemptState::Unknown));

    // the program survived us and delivers after all
    fs::write(scene.path("go"), "").unwrap();
    let clip = Home::open(Some(&scene.path("home"))).unwrap().staging_path(attempts(&scene)[0].id);
    wait_until("the clip is there", || clip.exists());
    resume(&scene, &[]).code(0).stdout(predicate::str::contains("$0.40 of $0.80"));
    assert_eq!((calls(&scene), attempts(&scene).len()), (1, 1));
}

#[test]
fn a_lost_paid_take_is_made_again_only_when_told_so_and_counts_as_charged() {
    let scene = scene();
    kill_when(&scene, AttemptState::Submitted, &PRICE);
    fs::write(scene.path("go"), "").unwrap();
    let clip = Home::open(Some(&scene.path("home"))).unwrap().staging_path(attempts(&scene)[0].id);
    wait_until("the clip is there", || clip.exists());
    fs::remove_file(&clip).unwrap();
    resume(&scene, &["--resubmit"]).code(0).stdout(predicate::str::contains("$0.80 of $0.80"));
    assert_eq!(calls(&scene), 2);
}

#[test]
fn a_free_take_that_was_cut_off_is_made_again() {
    let scene = scene();
    kill_when(&scene, AttemptState::Submitted, &[]);
    fs::write(scene.path("go"), "").unwrap();
    resume(&scene, &[]).code(0).stdout(predicate::str::contains("HOLD"));
    let made = attempts(&scene).iter().filter(|attempt| attempt.state == AttemptState::Settled).count();
    assert_eq!(made, 1);
}

#[test]
fn a_stored_take_is_never_made_again() {
    let scene = scene().file("go", "");
    kill_when(&scene, AttemptState::Downloaded, &PRICE);
    resume(&scene, &[]).code(0).stdout(predicate::str::contains("$0.40 of $0.80"));
    assert_eq!((calls(&scene), attempts(&scene).len()), (1, 1));
    assert_eq!(fs::read(scene.path("out/still.mp4")).unwrap(), fs::read(scene.path("good.mp4")).unwrap());
}

#[test]
fn a_clip_is_never_lost_and_never_made_twice_whatever_the_state_it_was_killed_in() {
    use AttemptState as S;
    for next in [S::Submitted, S::Running, S::Downloaded, S::Scored, S::Settled] {
        let model = MODEL.replace("cp", "echo '{\"progress\": 0.5}'; sleep 0.2; cp");
        let scene = scene().file("go", "").file("model", model);
        kill_before(&scene, next);
        let [killed] = &attempts(&scene)[..] else { panic!("one attempt") };
        assert!(killed.state.may_become(next) && killed.state != next, "{} before {next}", killed.state);
        if matches!(next, S::Submitted | S::Running) {
            let clip = Home::open(Some(&scene.path("home"))).unwrap().staging_path(killed.id);
            wait_until("the program delivers to nobody", || clip.exists());
        }
        resume(&scene, &[]).code(0).stdout(predicate::str::contains("$0.40 of $0.80"));
        assert_eq!((calls(&scene), attempts(&scene).len()), (1, 1), "before {next}");
        assert_eq!(attempts(&scene)[0].state, S::Settled, "before {next}");
    }
}

#[test]
fn a_settled_take_that_was_not_delivered_is_delivered() {
    let scene = scene().file("go", "");
    let end = "UPDATE OF state ON runs WHEN new.state = 'finished'";
    kill_inside(&scene, end, &[&ANIMATE[..], &PRICE].concat(), &|_| {}, &|state| state == AttemptState::Settled);
    resume(&scene, &[]).code(0).stdout(predicate::str::contains("$0.40 of $0.80"));
    assert_eq!((calls(&scene), attempts(&scene).len()), (1, 1));
    assert_eq!(fs::read(scene.path("out/still.mp4")).unwrap(), fs::read(scene.path("good.mp4")).unwrap());
}

#[test]
fn a_take_of_unknown_end_stays_so_until_the_user_s_word_is_written_down() {
    let scene = scene();
    kill_when(&scene, AttemptState::Submitted, &PRICE);
    fs::write(scene.path("go"), "").unwrap();
    let clip = Home::open(Some(&scene.path("home"))).unwrap().staging_path(attempts(&scene)[0].id);
    wait_until("the clip is there", || clip.exists());
    fs::remove_file(&clip).unwrap();
    let again = ["runs", "resume", &run_id(&scene), "--resubmit"];
    let word = "UPDATE OF state ON attempts WHEN old.state = 'unknown'";
    kill_inside(&scene, word, &again, &|_| {}, &|state| state == AttemptState::Unknown);
    resume(&scene, &[]).code(5).stderr(predicate::str::contains("--resubmit"));
    assert_eq!((calls(&scene), attempts(&scene)[0].state), (1, AttemptState::Unknown));
    resume(&scene, &["--resubmit"]).code(0).stdout(predicate::str::contains("$0.80 of $0.80"));
    assert_eq!(calls(&scene), 2);
}

#[test]
fn a_failed_or_stopped_take_keeps_its_cost_and_is_asked_for_anew() {
    let told = "INSERT ON events WHEN new.kind = 'warning'";
    // a process that is asked to stop while its program works, and one whose program breaks
    let stop = |scene: &Scene, id: u32| {
        wait_until("the program works", || calls(scene) == 1);
        Command::new("sh").args(["-c", &format!("kill -INT {id}")]).status().unwrap();
    };
    for (state, fails) in [(AttemptState::Failed, true), (AttemptState::Cancelled, false)] {
        let model = if fails { MODEL.replace("while", "[ -e go ] || exit 1; while") } else { MODEL.to_owned() };
        let scene = scene().file("model", model);
        let nudge = |id| {
            if state == AttemptState::Cancelled {
                stop(&scene, id);
            }
        };
        kill_inside(&scene, told, &[&ANIMATE[..], &PRICE].concat(), &nudge, &|found| found == state);
        let cost = attempts(&scene)[0].cost;
        assert_eq!(cost.map(|cost| cost.to_string()).as_deref(), Some("$0.40"), "{state}: counted as charged");
        fs::write(scene.path("go"), "").unwrap();
        resume(&scene, &[]).code(0).stdout(predicate::str::contains("$0.80 of $0.80"));
        let states: Vec<_> = attempts(&scene).iter().map(|attempt| attempt.state).collect();
        assert_eq!((states, calls(&scene)), (vec![state, AttemptState::Settled], 2));
    }
}
