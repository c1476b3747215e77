//! `animate`, `plan` and `runs` with a local program as provider, as scripts meet them.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod scene;

use predicates::prelude::*;
use scene::Scene;
use serde_json::Value;
use std::fs;

/// A program that notes its call, tells of its progress and delivers `good.mp4` or `bad.mp4`.
const MODEL: &str = r#"#!/bin/sh
echo "$2" >> calls
echo '{"progress": 0.5}'
cp "$3" "$1"
"#;

fn scene() -> Scene {
    Scene::new().faithful("good.mp4").warped("bad.mp4").file("model", MODEL)
}

fn animate<'a>(scene: &Scene, clip: &'a str, more: &[&'a str]) -> assert_cmd::Command {
    let line = format!("sh model {{out}} {{prompt}} {clip}");
    let mut command = scene.holdstill(&["animate", "still.png", "--prompt", "slow push; $(id)", "--command", &line]);
    command.args(more);
    command
}

fn calls(scene: &Scene) -> usize {
    fs::read_to_string(scene.path("calls")).unwrap_or_default().lines().count()
}

fn envelope(stdout: &[u8]) -> Value {
    serde_json::from_str(std::str::from_utf8(stdout).unwrap().lines().last().unwrap()).unwrap()
}

#[test]
fn a_faithful_take_is_delivered_bit_by_bit_and_never_made_again() {
    let scene = scene();
    animate(&scene, "good.mp4", &[]).assert().code(0).stdout(predicate::str::contains("HOLD"));
    assert_eq!(fs::read(scene.path("out/still.mp4")).unwrap(), fs::read(scene.path("good.mp4")).unwrap());
    assert_eq!(fs::read_to_string(scene.path("calls")).unwrap(), "slow push; $(id)\n");

    let again = animate(&scene, "good.mp4", &["--json"]).output().unwrap();
    let report = envelope(&again.stdout);
    assert_eq!((report["schema"].as_str(), report["verdict"].as_str()), (Some("holdstill/animate/1"), Some("hold")));
    assert_eq!((&report["takes"][0]["is_reused"], calls(&scene)), (&true.into(), 1));

    scene.holdstill(&["runs"]).assert().code(0).stdout(predicate::str::contains("finished  hold"));
    let run = report["run"].as_str().unwrap();
    let shown = scene.holdstill(&["runs", "show", &run[28..], "--json"]).output().unwrap();
    assert_eq!(envelope(&shown.stdout)["attempts"][0]["state"], "settled");
    scene.holdstill(&["runs", "show", "ffff-ffff"]).assert().code(2);
    animate(&scene, "good.mp4", &["--fresh"]).assert().code(0);
    assert_eq!(calls(&scene), 2);
}

#[test]
fn a_drifting_provider_is_asked_again_and_told_off_honestly() {
    let scene = scene();
    let output = animate(&scene, "bad.mp4", &["--takes", "2", "--json", "--out", "x.mp4"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let report = envelope(&output.stdout);
    assert_eq!((report["takes"].as_array().unwrap().len(), calls(&scene)), (2, 2));
    assert_eq!(report["verdict"], "drift");
    assert!(report["takes"][1]["motion"].as_f64() < report["takes"][0]["motion"].as_f64());
    assert!(scene.path("x.mp4").exists(), "the best take is there to be seen");
    let prompts = fs::read_to_string(scene.path("calls")).unwrap();
    assert!(prompts.lines().nth(1).unwrap().contains("keeps its exact shape"), "{prompts}");
}

#[test]
fn money_needs_a_budget_and_a_yes() {
    let scene = scene();
    for flags in [&[][..], &["--yes"], &["--budget", "1"]] {
        let more = [&["--command-price", "0.40"], flags].concat();
        animate(&scene, "good.mp4", &more).assert().code(5).stderr(predicate::str::contains("--yes --budget"));
    }
    animate(&scene, "good.mp4", &["--command-price", "0.40", "--yes", "--budget", "0.39"]).assert().code(5);
    assert_eq!(calls(&scene), 0);
    let paid = ["--command-price", "0.40", "--yes", "--budget", "0.40"];
    animate(&scene, "good.mp4", &paid).assert().code(0).stdout(predicate::str::contains("$0.40 of $0.40"));
    assert_eq!(calls(&scene), 1);
}

#[test]
fn candidates_are_made_at_the_same_time_and_what_held_is_planned_with_next_time() {
    let model = r#"if [ "$1" = capabilities ]; then echo '{"capabilities": {"at_once": 3}}'; exit; fi
touch "here-$3"
tries=0
while [ "$(ls here-* | wc -l)" -lt 3 ]; do tries=$((tries + 1)); [ $tries -lt 600 ] || exit 1; sleep 0.05; done
cp good.mp4 "$2"
"#;
    let scene = scene().file("together", model);
    let line = ["still.png", "--command", "sh together {ask} {out} {take}", "--candidates", "3"];
    let made = scene.holdstill(&[&["animate"], &line[..], &["--json"]].concat()).output().unwrap();
    let report = envelope(&made.stdout);
    let actions: Vec<_> = (0..3).map(|take| report["takes"][take]["decision"]["action"].to_string()).collect();
    assert_eq!(actions, [r#""accept""#, r#""skip""#, r#""skip""#], "{}", String::from_utf8_lossy(&made.stderr));
    let plan = scene.holdstill(&[&["plan"], &line[..], &["--motion", "orbit"]].concat()).assert().code(0);
    plan.stdout(predicate::str::contains("3 at the same time").and(predicate::str::contains("with what is asked for")));
}

#[test]
fn a_plan_sends_nothing() {
    let scene = scene();
    let plan = ["plan", "still.png", "--command", "sh model {out}", "--command-price", "0.40", "--takes", "2"];
    let shown = scene.holdstill(&plan).assert().code(0);
    shown.stdout(
        predicate::str::contains("$0.40 a call, at most $0.80").and(predicate::str::contains("Nothing was sent")),
    );
    assert_eq!(calls(&scene), 0);
    assert!(!scene.path("out").exists());
}

#[test]
fn mistakes_cost_nothing_and_have_their_codes() {
    let scene = scene().file("mine.mp4", "holiday");
    let cases: [(&[&str], i32, &str); 6] = [
        (&["animate", "none.png"], 3, "none.png"),
        (&["animate", "still.png", "--command", "x {nope} {out}"], 2, "{nope}"),
        (&["animate", "still.png", "--command", "/nowhere/model {out}"], 4, "/nowhere/model"),
        (&["animate", "still.png", "--command", "false {out}"], 4, "exit status: 1"),
        (&["animate", "still.png", "--motion", "somersault"], 2, "somersault"),
        (&["animate", "still.png", "--command", "sh model {out} x good.mp4", "--out", "mine.mp4"], 2, "mine.mp4"),
    ];
    for (args, code, word) in cases {
        let failed = scene.holdstill(args).assert().code(code);
        failed.stderr(predicate::str::contains(word).and(predicate::str::contains("hint:")));
    }
    assert_eq!((calls(&scene), fs::read_to_string(scene.path("mine.mp4")).unwrap().as_str()), (0, "holiday"));
}
