//! A fault between frames that pass is asked for alone, put into the clip, and kept where the ruler finds it better.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod scene;

use holdstill::media;
use scene::{Scene, warped, zoomed};
use serde_json::Value;
use std::fs;

/// Plays a model: without a last frame it makes a clip that is warped from frame 9 to 26; between two frames, what should
/// have been there, slower and in more frames, and darker.
const MODEL: &str = "if [ -n \"$2\" ]; then cp \"$2\" last.png; cp patch.mp4 \"$1\"; else cp bad.mp4 \"$1\"; fi";

fn scene() -> Scene {
    let scale = |at: f32| 1.0 + 0.004 * at;
    let dark = |at: f32| {
        let mut picture = zoomed(scale(at));
        picture.rgb.iter_mut().for_each(|plane| *plane = plane.map(|v| 0.9 * v));
        picture
    };
    Scene::new()
        .clip("bad.mp4", 36, |i| warped(scale(i as f32), if (9..27).contains(&i) { 4.0 } else { 0.0 }))
        .clip("patch.mp4", 39, |i| dark(8.0 + i as f32 / 2.0))
        .file("model.sh", MODEL)
}

fn animate(scene: &Scene, command: &str) -> Value {
    let args = ["animate", "still.png", "--command", command, "--command-price", "0.40", "--duration", "3s", "--json"];
    let animated =
        scene.holdstill(&[&args[..], &["--takes", "2", "--budget", "1", "--yes"]].concat()).output().unwrap();
    let told = String::from_utf8_lossy(&animated.stdout).into_owned();
    serde_json::from_str(told.lines().last().unwrap()).unwrap()
}

#[test]
fn what_a_command_makes_between_two_frames_is_spliced_in() {
    let scene = scene();
    let report = animate(&scene, "sh model.sh {out} {last}");
    let [whole, span] = &report["takes"].as_array().unwrap()[..] else { panic!("{}", report["stop"]) };
    assert_eq!(
        (&whole["verdict"], &span["verdict"]),
        (&"drift".into(), &"hold".into()),
        "{}: {span}\n{whole}",
        report["stop"]
    );
    let ends = &whole["mended"]["decision"]["action"]["span"]["ends"];
    let [first, last] = [0, 1].map(|end| ends[end].as_u64().unwrap());
    assert!((6..=8).contains(&first) && (27..=29).contains(&last), "{ends}");
    assert_eq!((&span["span"][0], &span["span"][1]), (&(first + 1).into(), &(last - 1).into()));
    assert_eq!(report["cost"]["settled_micros"], 800_000);

    // the size as sent, and the clip's own frame
    let sent = media::load_picture(&scene.path("last.png")).unwrap();
    assert_eq!(sent.size(), scene::SIZE);
    let delivered = media::Decoder::open(&scene.path("out/still.mp4"), &media::Want::default()).unwrap();
    assert_eq!(delivered.count(), 36);
    assert_eq!(fs::read_dir(scene.path("home/staging")).unwrap().count(), 0, "nothing is left lying about");
}

#[test]
fn a_command_that_takes_no_last_frame_is_asked_for_the_whole_clip() {
    let report = animate(&scene(), "sh model.sh {out} ''");
    let takes = report["takes"].as_array().unwrap();
    assert!(takes.len() == 2 && takes.iter().all(|take| take.get("span").is_none()), "{}", report["stop"]);
}

#[test]
fn the_built_in_animator_goes_from_one_picture_to_another() {
    let scene = Scene::new();
    let animate =
        ["animate", "still.png", "--simulate", "swim:6:12-30@1", "--duration", "2s", "--takes", "2", "--json"];
    let animated = scene.holdstill(&animate).output().unwrap();
    let told = String::from_utf8_lossy(&animated.stdout).into_owned();
    let report: Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
    let [whole, span] = &report["takes"].as_array().unwrap()[..] else { panic!("{}", report["stop"]) };
    assert!(span["span"].is_array(), "{}", whole["decision"]);
    assert!(span["drift"].as_f64() < whole["drift"].as_f64(), "{} from {}", span["drift"], whole["drift"]);
}
