//! Calibration from a person's labels, as a brand would run it.

mod scene;

use predicates::prelude::*;
use scene::{Scene, warped, zoomed};
use std::fs;

/// Three faithful clips and one that warps, with a person's labels.
fn scene(rows: &str) -> Scene {
    Scene::new()
        .clip("a.mp4", 8, |i| zoomed(1.0 + 0.004 * i as f32))
        .clip("b.mp4", 8, |i| zoomed(1.0 + 0.008 * i as f32))
        .clip("bad.mp4", 12, |i| warped(1.0 + 0.004 * i as f32, 0.9 * i as f32))
        .file("labels.csv", rows)
}

const ROWS: &str = "clip,seed,label\na.mp4,still.png,accept\nb.mp4, still.png, yes\nbad.mp4,still.png,reject\n";

#[test]
fn a_threshold_follows_from_labels_and_the_gate_takes_it() {
    let scene = scene(ROWS);
    let args = ["calibrate", "labels.csv", "--false-alarms", "0.4", "-o", "gate.toml", "--roc", "roc.svg"];
    scene
        .holdstill(&args)
        .assert()
        .code(0)
        .stdout(predicate::str::contains("CALIBRATED").and(predicate::str::contains("area under the ROC 1.000")));
    let drawing = fs::read_to_string(scene.path("roc.svg")).unwrap();
    let drawing = roxmltree::Document::parse(&drawing).unwrap();
    assert!(drawing.descendants().any(|node| node.has_tag_name("polyline")));
    assert!(drawing.descendants().any(|node| node.has_tag_name("circle")));
    let gate = |clip| scene.holdstill(&["gate", clip, "--seed", "still.png", "--policy", "gate.toml"]);
    gate("a.mp4").assert().code(0);
    gate("bad.mp4").assert().code(1);
}

#[test]
fn too_little_data_is_said_and_no_policy_is_written() {
    let scene = scene(ROWS);
    scene
        .holdstill(&["calibrate", "labels.csv", "-o", "gate.toml"])
        .assert()
        .code(6)
        .stdout(predicate::str::contains("UNCALIBRATED 2 clips were accepted, a rate of 10.0 % needs 9"));
    assert!(!scene.path("gate.toml").exists());
}

#[test]
fn what_is_wrong_with_the_labels_is_named() {
    let fails = |rows: &str, words: &str| {
        scene(rows).holdstill(&["calibrate", "labels.csv"]).assert().code(2).stderr(predicate::str::contains(words));
    };
    fails("clip,seed,label\na.mp4,still.png,perhaps\n", "line: 2");
    fails("clip,seed\na.mp4,still.png\n", "missing field `label`");
    fails("clip,seed,label\n", "list no clip");
    let missing = scene("clip,seed,label\na.mp4,still.png,accept\nnone.mp4,still.png,reject\n");
    missing
        .holdstill(&["calibrate", "labels.csv", "--false-alarms", "0.5"])
        .assert()
        .code(3)
        .stdout(predicate::str::contains("none.mp4 does not exist").and(predicate::str::contains("1 of 2 clips")));
}
