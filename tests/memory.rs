//! Memory depends on resolution, not on length: not beyond the 240 frames whose geometry is judged together.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![cfg(target_os = "linux")]

mod scene;

use scene::{FPS, Scene, zoomed};
use std::{
    fs,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

/// Peak resident memory of a child in KiB: `VmHWM` only grows, so the last reading before the end is the peak.
fn peak_kib(mut child: Child) -> u64 {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
        peak = peak.max(kib.unwrap_or(0));
        if let Some(exit) = child.try_wait().unwrap() {
            assert!(exit.code().is_some_and(|code| code != 3 && code < 64), "{exit}");
            return peak;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

fn score(scene: &Scene, clip: &str) -> u64 {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdstill"));
    command.args(["score", clip, "--seed", "still.png", "--threads", "2"]).current_dir(scene.path(""));
    peak_kib(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
}

#[test]
fn a_clip_of_a_minute_takes_no_more_memory_than_one_of_a_third_of_it() {
    let drifting = |i: usize| zoomed(1.0 + 0.02 * (i as f32 / 20.0).sin());
    let scene = Scene::new();
    let scene = scene.clip("short.mp4", 21 * FPS as usize, drifting).clip("long.mp4", 63 * FPS as usize, drifting);
    let (short, long) = (score(&scene, "short.mp4"), score(&scene, "long.mp4"));
    assert!(short > 10_000, "{short} KiB is no process that decodes video");
    let ratio = long as f64 / short as f64;
    assert!((0.9..=1.1).contains(&ratio), "21 s peaked at {short} KiB, 63 s at {long} KiB: {ratio:.2} times as much");
}
