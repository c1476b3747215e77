//! A network of the user's own says whether it is still the subject.
//!
//! The last test needs an ONNX Runtime and says so where `ORT_DYLIB_PATH` names none:
//! `ORT_DYLIB_PATH=…/libonnxruntime.so cargo test --test embedder`.

mod scene;

use holdstill::frame::{Picture, Size};
use predicates::prelude::*;
use scene::{SIZE, Scene, zoomed};

/// From `[1, 3, 32, 32]` to the mean of each channel: one node, `GlobalAveragePool`.
const MEAN_COLOUR: &[u8] = include_bytes!("sample/mean_colour.onnx");

fn scene() -> Scene {
    Scene::new().faithful("good.mp4").file("mean.onnx", MEAN_COLOUR).file("none.onnx", "no network")
}

#[test]
fn a_missing_runtime_or_network_is_a_wrong_call_for_every_clip() {
    let scene = scene();
    let refused = |args: &[&str], words: &'static str| {
        let mut command = scene.holdstill(args);
        command.env("ORT_DYLIB_PATH", "/nowhere/libonnxruntime.so").assert().code(2).stderr(
            predicate::str::contains(words)
                .and(predicate::str::contains("hint:"))
                .and(predicate::str::is_match("error:.*(?s)error:").unwrap().not()),
        );
    };
    refused(
        &["score", "good.mp4", "--seed", "still.png", "--embedder", "mean.onnx"],
        "no ONNX Runtime could be loaded",
    );
    refused(&["score", "good.mp4", "--seed", "still.png", "--embedder", "gone.onnx"], "there is no such file");
    refused(&["gate", "good.mp4", "good.mp4", "--seed", "still.png", "--embedder", "mean.onnx"], "ONNX Runtime");
}

#[test]
fn the_users_network_sees_what_it_was_made_for() {
    if std::env::var_os("ORT_DYLIB_PATH").is_none() {
        eprintln!("skipped: ORT_DYLIB_PATH names no ONNX Runtime");
        return;
    }
    let red = |i: usize| {
        if i < 12 { zoomed(1.0) } else { Picture::filled(Size::new(SIZE.width, SIZE.height), [0.9, 0.1, 0.1]) }
    };
    let scene = scene().clip("red.mp4", 24, red);
    let other = |clip: &str| {
        let args = ["score", clip, "--seed", "still.png", "--embedder", "mean.onnx", "--json"];
        let stdout = scene.holdstill(&args).output().unwrap().stdout;
        let last = String::from_utf8(stdout).unwrap().lines().last().unwrap().to_owned();
        let report: serde_json::Value = serde_json::from_str(&last).unwrap();
        assert!(report["command"].as_str().unwrap().contains("--embedder mean.onnx"), "{report}");
        report["metrics"]["other"]["max"].as_f64().unwrap()
    };
    let (good, red) = (other("good.mp4"), other("red.mp4"));
    assert!(good < 0.1 && red > 0.5, "{good} {red}");
    let unfit = ["score", "good.mp4", "--seed", "still.png", "--embedder", "none.onnx"];
    scene.holdstill(&unfit).assert().code(2).stderr(predicate::str::contains("none.onnx cannot look at pictures"));
}
