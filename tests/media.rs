//! Clips as FFmpeg makes them, read back through `holdstill::media`.

use holdstill::{
    frame::{Picture, Plane, Size, Time},
    media::{Decoder, EncodeSettings, Encoder, Want},
};
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

/// A picture whose channels are ramps: smooth, so that 4:2:0 loses little.
fn ramps(size: Size, phase: f32) -> Picture {
    let (w, h) = (size.width as f32, size.height as f32);
    let plane = |f: &dyn Fn(f32, f32) -> f32| {
        Plane::from_fn(size.width, size.height, |x, y| f(x as f32 / w, y as f32 / h).clamp(0.0, 1.0))
    };
    Picture { rgb: [plane(&|x, _| x), plane(&|_, y| y), plane(&|x, y| (0.5 * (x + y) + phase).fract())] }
}

fn worst_difference(a: &Picture, b: &Picture) -> f32 {
    let channels = a.rgb.iter().zip(&b.rgb);
    channels.flat_map(|(a, b)| a.data().iter().zip(b.data()).map(|(a, b)| (a - b).abs())).fold(0.0, f32::max)
}

#[test]
fn encoded_pictures_come_back_with_their_colours_and_times() {
    let folder = tempfile::tempdir().unwrap();
    let clip = folder.path().join("clip.mp4");
    let size = Size::new(64, 48);
    let flat = Picture::filled(size, [0.8, 0.3, 0.1]);
    let mut encoder = Encoder::create(&clip, &EncodeSettings::new(size, (30000, 1001))).unwrap();
    for index in 0..12 {
        encoder.push(&flat, Time::of_frame(index, 30000, 1001)).unwrap();
    }
    encoder.finish().unwrap();

    let mut decoder = Decoder::open(&clip, &Want::default()).unwrap();
    assert_eq!(decoder.probe().color, "bt709/tv");
    assert_eq!(decoder.probe().fps, (30000, 1001));
    assert_eq!(decoder.probe().pixel_format, "yuv420p");
    let mut count = 0;
    for frame in decoder.by_ref() {
        let frame = frame.unwrap();
        assert_eq!(frame.time.secs(), Time::of_frame(count, 30000, 1001).secs());
        // 8-bit YUV: half a level in Y (1/438) plus half a level in each chroma times at most 1.86 (2 × 1/448 × 1.86),
        // plus x264's quantisation at CRF 16, a level on flat ground: 0.011 in all, of 0.2 for a wrong matrix
        let difference = worst_difference(&frame.picture, &flat);
        assert!(difference < 0.012, "frame {count}: {difference}");
        count += 1;
    }
    assert_eq!(count, 12);
    let _ = ramps;
}
