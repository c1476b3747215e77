//! The command as scripts meet it: streams, exit codes, JSON, help.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod scene;

use predicates::prelude::*;
use scene::Scene;
use serde_json::Value;

fn last_line_json(stdout: &[u8]) -> Value {
    let text = std::str::from_utf8(stdout).unwrap();
    serde_json::from_str(text.lines().last().unwrap()).unwrap()
}

#[test]
fn a_faithful_clip_holds_and_a_warped_one_drifts() {
    let scene = Scene::new().faithful("good.mp4").warped("bad.mp4");
    scene
        .holdstill(&["score", "good.mp4", "--seed", "still.png"])
        .assert()
        .code(0)
        .stdout(predicate::str::contains("HOLD"));
    let bad = scene.holdstill(&["score", "bad.mp4", "--seed", "still.png"]).assert().code(1);
    bad.stdout(predicate::str::contains("DRIFT").and(predicate::str::contains("geometry")));
}

#[test]
fn json_ends_in_one_envelope_that_follows_the_schema() {
    let scene = Scene::new().warped("bad.mp4");
    let output = scene.holdstill(&["score", "bad.mp4", "--seed", "still.png", "--json"]).output().unwrap();
    let report = last_line_json(&output.stdout);
    assert_eq!(report["schema"], "holdstill/score/1");
    assert_eq!(report["verdict"], "drift");
    assert_eq!(report["clip"]["frames"], 24);
    assert_eq!(report["frames"].as_array().unwrap().len(), 24);
    assert_eq!(report["causes"][0]["cause"], "geometry");
    assert!(report["first_bad_frame"].as_u64().unwrap() >= 8, "{}", report["first_bad_frame"]);
    let events = std::str::from_utf8(&output.stdout).unwrap().lines().count() - 1;
    assert!(events >= 24, "{events} events");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn an_error_is_one_envelope_with_json_and_three_words_without() {
    let scene = Scene::new();
    let args = ["score", "none.mp4", "--seed", "still.png"];
    let plain = scene.holdstill(&args).assert().code(3);
    plain.stdout("").stderr(predicate::str::starts_with("error: ").and(predicate::str::contains("\nhint: ")));
    let json = scene.holdstill(&[&args[..], &["--json"]].concat()).output().unwrap();
    let envelope = last_line_json(&json.stdout);
    assert_eq!(envelope["schema"], "holdstill/error/1");
    assert_eq!(envelope["error"]["code"], "not-found");
    assert!(envelope["error"]["hint"].as_str().is_some_and(|hint| !hint.is_empty()));
}

#[test]
fn the_same_clip_scores_the_same_bits_for_any_number_of_threads() {
    let scene = Scene::new().warped("bad.mp4");
    let run = |threads: &str| {
        let args = ["score", "bad.mp4", "--seed", "still.png", "--json", "--threads", threads];
        last_line_json(&scene.holdstill(&args).output().unwrap().stdout)
    };
    let one = run("1");
    assert_eq!(one, run("2"));
    assert_eq!(one, run("16"));
}

#[test]
fn quiet_says_nothing_but_errors() {
    let scene = Scene::new().faithful("good.mp4");
    scene.holdstill(&["score", "good.mp4", "--seed", "still.png", "--quiet"]).assert().code(0).stderr("");
}

#[test]
fn wrong_usage_ends_with_2() {
    let scene = Scene::new();
    scene.holdstill(&["score"]).assert().code(2);
    scene.holdstill(&["scroe"]).assert().code(2).stderr(predicate::str::contains("score"));
    scene.holdstill(&["man", "nothing"]).assert().code(2).stderr(predicate::str::contains("hint:"));
}

#[test]
fn help_manual_and_completions_name_every_verb() {
    let scene = Scene::new();
    let verbs =
        ["animate", "score", "gate", "mend", "plan", "runs", "flow", "demo", "doctor", "config", "completions", "man"];
    let help = scene.holdstill(&["--help"]).output().unwrap().stdout;
    let manual = scene.holdstill(&["man"]).output().unwrap().stdout;
    let completions = scene.holdstill(&["completions", "bash"]).output().unwrap().stdout;
    for verb in verbs {
        for (what, text) in [("help", &help), ("manual", &manual), ("completions", &completions)] {
            assert!(String::from_utf8_lossy(text).contains(verb), "{verb} is not in the {what}");
        }
        scene.holdstill(&[verb, "--help"]).assert().code(0);
    }
}

#[test]
fn doctor_finds_ffmpeg() {
    let scene = Scene::new();
    scene
        .holdstill(&["doctor"])
        .assert()
        .stdout(predicate::str::contains("FFmpeg").and(predicate::str::contains("h264")));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let scene = Scene::new();
    let mut shell = assert_cmd::Command::new("sh");
    let line = format!("{} man | head -n 1", env!("CARGO_BIN_EXE_holdstill"));
    shell.current_dir(scene.path("")).args(["-c", &line]).assert().code(0).stderr("");
}
