//! What machines read, word for word: snapshots of every format, with measured figures blanked.
//!
//! `INSTA_UPDATE=always cargo test --test golden` writes them anew; read the difference before it is committed.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod scene;

use holdstill::media;
use scene::{Scene, warped, zoomed};
use std::fs;

const FRAMES: usize = 16;

/// A faithful and a warped clip as lossless frames, so that no encoder's choices show.
fn scene() -> Scene {
    let scene = Scene::new();
    for (folder, bend) in [("good", 0.0), ("bad", 0.8)] {
        fs::create_dir(scene.path(folder)).unwrap();
        for i in 0..FRAMES {
            let frame = match i.saturating_sub(7) {
                0 => zoomed(1.0 + 0.004 * i as f32),
                late => warped(1.0 + 0.004 * i as f32, bend * late as f32),
            };
            media::save_png(&frame, &scene.path(folder).join(format!("{i:04}.png"))).unwrap();
        }
    }
    scene
}

/// Blanks what depends on the build, the machine or the last bits of a measurement.
fn blanked(check: impl FnOnce()) {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"\b[0-9a-f]{64}\b", "[hash]");
    settings.add_filter(r"\d+\.\d+(e-?\d+)?", "[figure]");
    settings.add_filter(r"\[figure\]\.\d+", "[version]");
    settings.add_filter(r"\bframe \d+", "frame [n]");
    settings.add_filter(r#""frame": \d+"#, r#""frame": "[n]""#);
    settings.bind(check);
}

#[test]
fn a_score_in_json() {
    let scene = scene();
    let output = scene.holdstill(&["score", "bad/%04d.png", "--seed", "still.png", "--json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut report: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    let frames = report["frames"].as_array_mut().unwrap();
    assert_eq!(frames.len(), FRAMES);
    frames.truncate(1);
    report["metrics"].as_object_mut().unwrap().retain(|name, _| name == "bend");
    for cause in report["causes"].as_array_mut().unwrap() {
        assert!(cause["region"].as_array().is_some_and(|region| region.len() == 4));
        cause["region"] = "[place]".into();
        cause["worst_frame"] = "[frame]".into();
    }
    blanked(|| insta::assert_json_snapshot!(report));
}

#[test]
fn a_gate_in_every_format() {
    let scene = scene();
    let formats = [("--junit", "gate.xml"), ("--sarif", "gate.sarif"), ("--markdown", "gate.md")];
    let mut args =
        vec!["gate", "good/%04d.png", "bad/%04d.png", "missing.mp4", "--seed", "still.png", "--policy", "strict"];
    args.extend(formats.iter().flat_map(|&(flag, name)| [flag, name]));
    scene.holdstill(&args).assert().code(3);
    for (_, name) in formats {
        let text = fs::read_to_string(scene.path(name)).unwrap();
        blanked(|| insta::assert_snapshot!(name, text));
    }
}
