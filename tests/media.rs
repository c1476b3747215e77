//! Clips as FFmpeg makes them, read back through `holdstill::media`.

use holdstill::media::{Decoder, Want};
use std::{path::Path, process::Command};

fn ffmpeg(arguments: &str, out: &Path) {
    let mut command = Command::new("ffmpeg");
    command.args(["-loglevel", "error", "-y"]).args(arguments.split_whitespace()).arg(out);
    let made = command.output().expect("the ffmpeg command is installed by `make test`");
    assert!(made.status.success(), "{command:?}: {}", String::from_utf8_lossy(&made.stderr));
}

#[test]
fn a_clip_gives_all_its_frames_in_order_with_exact_times() {
    let folder = tempfile::tempdir().unwrap();
    let clip = folder.path().join("clip.mp4");
    ffmpeg("-f lavfi -i testsrc2=s=160x120:r=24 -frames:v 10 -pix_fmt yuv420p", &clip);
    let mut decoder = Decoder::open(&clip, &Want::default()).unwrap();
    println!("{:?}", decoder.probe());
    let frames: Vec<_> = decoder.by_ref().map(Result::unwrap).collect();
    assert_eq!(frames.len(), 10);
    for (index, frame) in frames.iter().enumerate() {
        assert_eq!(frame.index, index);
        assert!((frame.time.secs() - index as f64 / 24.0).abs() < 1e-9);
        assert_eq!((frame.picture.size().width, frame.picture.size().height), (160, 120));
    }
    let ending = decoder.ending().unwrap();
    assert_eq!((ending.frames, ending.skipped, ending.truncated), (10, 0, false));
}
