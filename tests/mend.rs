//! `holdstill mend`, end to end: what was mended, what was left and why, and what must survive it.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod scene;

use holdstill::frame::{Picture, oklab_from_srgb, srgb_from_oklab};
use scene::{Scene, warped, zoomed};
use serde_json::Value;
use std::{fs, path::Path, process::Command};

const FRAMES: usize = 24;

/// The camera's slow push-in at frame `i`.
fn pushed(i: usize) -> f32 {
    1.0 + 0.004 * i as f32
}

/// A push-in whose product is torn out of shape in frames 10 to 12.
fn glitch(i: usize) -> Picture {
    if (10..=12).contains(&i) { warped(pushed(i), 6.0) } else { zoomed(pushed(i)) }
}

/// A push-in whose hue turns by up to 40° from frame 6 on.
fn sliding(i: usize) -> Picture {
    let (sin, cos) = (5.0 * (i as f32 - 5.0).clamp(0.0, 8.0)).to_radians().sin_cos();
    recolored(&zoomed(pushed(i)), |[l, a, b]| [l, a * cos - b * sin, a * sin + b * cos])
}

/// A push-in that is brighter in every other frame from 8 to 16.
fn flickering(i: usize) -> Picture {
    let factor = if (8..=16).contains(&i) && i.is_multiple_of(2) { 1.06 } else { 1.0 };
    recolored(&zoomed(pushed(i)), |lab| lab.map(|v| factor * v))
}

fn recolored(picture: &Picture, f: impl Fn([f32; 3]) -> [f32; 3]) -> Picture {
    let mut out = picture.clone();
    let [r, g, b] = &mut out.rgb;
    for ((r, g), b) in r.data_mut().iter_mut().zip(g.data_mut()).zip(b.data_mut()) {
        [*r, *g, *b] = srgb_from_oklab(f(oklab_from_srgb([*r, *g, *b])));
    }
    out
}

/// Mends `clip` to `mended.mp4`; the report and the exit code.
fn mend(scene: &Scene, clip: &str) -> (Value, i32) {
    let output =
        scene.holdstill(&["mend", clip, "--seed", "still.png", "-o", "mended.mp4", "--json"]).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let report = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    (report, output.status.code().unwrap())
}

/// The only span of a report was mended as `kind`, in frames around `frames`, and nearly all of its drift went.
fn healed(report: &Value, kind: &str, frames: [u64; 2]) {
    let spans = report["spans"].as_array().unwrap();
    assert_eq!(spans.len(), 1, "{spans:#?}");
    let span = &spans[0];
    assert_eq!((&span["kind"], &span["is_accepted"]), (&kind.into(), &true.into()), "{span:#}");
    assert!(span["frames"][0].as_u64().unwrap() <= frames[0] && frames[1] <= span["frames"][1].as_u64().unwrap());
    let (before, after) = (span["before"].as_f64().unwrap(), span["after"].as_f64().unwrap());
    assert!(before >= 50.0 && after < 20.0, "{before} → {after}");
    let verdicts = (&report["before"]["verdict"], &report["after"]["verdict"]);
    assert_eq!(verdicts, (&"drift".into(), &"hold".into()), "{:#}", report["score"]["causes"]);
    assert!(!report["is_copy"].as_bool().unwrap());
}

fn same_bytes(scene: &Scene, a: &str, b: &str) -> bool {
    fs::read(scene.path(a)).unwrap() == fs::read(scene.path(b)).unwrap()
}

#[test]
fn a_glitch_is_bridged() {
    let scene = Scene::new().clip("clip.mp4", FRAMES, glitch);
    let (report, exit) = mend(&scene, "clip.mp4");
    healed(&report, "bridge", [10, 12]);
    assert_eq!(exit, 0);
    assert!(report["frames_replaced"].as_u64().unwrap() >= 3);
}

#[test]
fn sliding_colours_are_brought_back() {
    let scene = Scene::new().clip("clip.mp4", FRAMES, sliding);
    let (report, exit) = mend(&scene, "clip.mp4");
    healed(&report, "relock", [10, 23]);
    assert_eq!(exit, 0);
}

#[test]
fn flicker_is_evened_out() {
    let scene = Scene::new().clip("clip.mp4", FRAMES, flickering);
    let (report, exit) = mend(&scene, "clip.mp4");
    healed(&report, "deflicker", [8, 16]);
    assert_eq!(exit, 0);
}

#[test]
fn a_stretch_that_stands_still_while_the_move_goes_on_is_remade() {
    let held = |i: usize| zoomed(1.0 + 0.012 * if (10..=14).contains(&i) { 10.0 } else { i as f32 });
    let scene = Scene::new().clip("clip.mp4", FRAMES, held);
    let (report, exit) = mend(&scene, "clip.mp4");
    healed(&report, "bridge", [11, 14]);
    assert_eq!(exit, 0);
}

#[test]
fn a_faithful_clip_is_handed_on_as_it_is() {
    let scene = Scene::new().faithful("clip.mp4");
    let (report, exit) = mend(&scene, "clip.mp4");
    assert_eq!((exit, report["is_copy"].as_bool(), report["frames_replaced"].as_u64()), (0, Some(true), Some(0)));
    assert!(report["spans"].as_array().unwrap().is_empty());
    assert!(same_bytes(&scene, "clip.mp4", "mended.mp4"));
    let again = scene.holdstill(&["mend", "clip.mp4", "--seed", "still.png", "-o", "other.mp4"]).output().unwrap();
    assert!(String::from_utf8(again.stdout).unwrap().starts_with("nothing to mend"));
}

#[test]
fn a_hopeless_clip_keeps_its_frames_and_is_told_why() {
    let scene = Scene::new().warped("clip.mp4");
    let (report, exit) = mend(&scene, "clip.mp4");
    assert_eq!((exit, report["is_copy"].as_bool()), (1, Some(true)));
    assert!(same_bytes(&scene, "clip.mp4", "mended.mp4"));
    let spans = report["spans"].as_array().unwrap();
    assert!(!spans.is_empty());
    for span in spans {
        assert_eq!((&span["is_accepted"], &span["before"]), (&false.into(), &span["after"]));
    }
    let reason = spans.last().unwrap()["reason"].as_str().unwrap();
    assert!(reason.contains("the end of the clip"), "{reason}");
}

#[test]
fn sound_times_tags_and_rotation_survive() {
    let scene = Scene::new().clip("plain.mp4", FRAMES, glitch);
    // a frame is missing in the middle, the rows are stored as columns, and there is sound
    let recipe = "-i plain.mp4 -f lavfi -i sine=d=2 -vf setpts=(N+gte(N\\,16))/12/TB,transpose=2 -fps_mode vfr \
                  -c:v libx264 -crf 8 -c:a aac -colorspace bt709 -color_primaries bt709 -color_trc bt709 -color_range tv";
    let stored = "-i stored.mp4 -c copy -metadata:s:v rotate=270";
    for (recipe, out) in [(recipe, "stored.mp4"), (stored, "clip.mp4")] {
        let mut command = Command::new("ffmpeg");
        command.current_dir(scene.path("")).args(["-v", "error"]).args(recipe.split_whitespace()).arg(out);
        assert!(command.status().unwrap().success());
    }
    let (report, _) = mend(&scene, "clip.mp4");
    healed(&report, "bridge", [10, 12]);
    for entries in [
        "packet=pts_time,data_hash -select_streams a -show_data_hash md5",
        "frame=pts_time -select_streams v",
        "stream=color_space,color_primaries,color_transfer,color_range,width,height -select_streams v",
        "stream_side_data=rotation -select_streams v",
    ] {
        let (was, is) = (probed(&scene.path("clip.mp4"), entries), probed(&scene.path("mended.mp4"), entries));
        assert!(!was.is_empty());
        assert_eq!(was, is, "{entries}");
    }
    assert_eq!(probed(&scene.path("mended.mp4"), "stream_side_data=rotation -select_streams v"), ["-90"]);
}

/// What `ffprobe` shows of a file, its lines in order.
fn probed(file: &Path, entries: &str) -> Vec<String> {
    let mut command = Command::new("ffprobe");
    command.args(["-v", "error", "-of", "csv=p=0", "-show_entries"]).args(entries.split_whitespace()).arg(file);
    let shown = String::from_utf8(command.output().unwrap().stdout).unwrap();
    let mut lines: Vec<String> = shown.lines().map(|line| line.trim_end_matches(',').to_owned()).collect();
    lines.retain(|line| !line.is_empty());
    lines
}
