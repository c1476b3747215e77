//! Clips to test with, and how far pictures may differ.

use holdstill::{
    frame::{Frame, Picture, Plane, Size, Time},
    media::{Decoder, EncodeSettings, Encoder, Ending, Want},
};
use std::{
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// A folder for one test, and what it makes in it.
pub(crate) struct Bench(pub(crate) TempDir);

impl Bench {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs `ffmpeg ARGUMENTS NAME`; arguments are split at white space.
    pub(crate) fn ffmpeg(&self, arguments: &str, name: &str) -> PathBuf {
        let out = self.path(name);
        let mut command = Command::new("ffmpeg");
        command.args(["-loglevel", "error", "-y"]).args(arguments.split_whitespace()).arg(&out);
        let made = command.output().expect("the ffmpeg command is installed by `make test`");
        assert!(made.status.success(), "{command:?}: {}", String::from_utf8_lossy(&made.stderr));
        out
    }

    /// A clip of our own encoder.
    pub(crate) fn clip(&self, name: &str, size: Size, times: &[Time], picture: impl Fn(usize) -> Picture) -> PathBuf {
        let path = self.path(name);
        let mut encoder = Encoder::create(&path, &EncodeSettings::new(size, (24, 1))).unwrap();
        for (index, &time) in times.iter().enumerate() {
            encoder.push(&picture(index), time).unwrap();
        }
        encoder.finish().unwrap();
        path
    }
}

pub(crate) fn decode(path: &Path) -> (Vec<Frame>, Ending) {
    let mut decoder = Decoder::open(path, &Want::default()).unwrap();
    let frames = decoder.by_ref().map(Result::unwrap).collect();
    (frames, decoder.ending().expect("known after the last frame"))
}

pub(crate) fn secs(frames: &[Frame]) -> Vec<f64> {
    frames.iter().map(|frame| frame.time.secs()).collect()
}

pub(crate) fn constant_rate(count: usize) -> Vec<Time> {
    (0..count).map(|index| Time::of_frame(index, 24, 1)).collect()
}

/// Smooth ramps in every channel, so that 4:2:0 loses little; no symmetry, so that every turn is seen.
pub(crate) fn ramps(size: Size) -> Picture {
    let plane = |f: fn(f32, f32) -> f32| {
        let (w, h) = (size.width as f32, size.height as f32);
        Plane::from_fn(size.width, size.height, |x, y| f((x as f32 + 0.5) / w, (y as f32 + 0.5) / h))
    };
    Picture { rgb: [plane(|x, _| 0.1 + 0.4 * x), plane(|_, y| 0.2 + 0.3 * y), plane(|x, y| 0.5 + 0.1 * (x - y))] }
}

pub(crate) fn worst_difference(a: &Picture, b: &Picture) -> f32 {
    let channels = a.rgb.iter().zip(&b.rgb);
    channels.flat_map(|(a, b)| a.data().iter().zip(b.data()).map(|(a, b)| (a - b).abs())).fold(0.0, f32::max)
}

/// 8-bit studio YUV rounds Y by half of 1/219 and each chroma by half of 1/224, which reaches R'G'B' times at most
/// 1.86: 0.0023 + 0.0041. x264 at CRF 16 adds about a level on smooth ground: 0.005. A wrong matrix or range costs 0.03
/// and more in the colours used here.
pub(crate) const EIGHT_BIT: f32 = 0.0125;

/// And on [`ramps`] of 64×48: chroma is repeated past its last sample, which is off by a pixel's step, 0.3/48.
pub(crate) const RAMPS: f32 = EIGHT_BIT + 0.0063;
