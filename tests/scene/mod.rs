//! A folder with stills and clips in it, and the command run inside: tests read as sentences.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test file uses a part of it; a test stops at the first surprise"
)]

use assert_cmd::Command;
use holdstill::{
    frame::{Picture, Plane, Size, Time, sample},
    media::{self, EncodeSettings, Encoder},
};
use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

pub const SIZE: Size = Size::new(192, 144);
pub const FPS: i32 = 12;

pub struct Scene {
    dir: TempDir,
}

impl Scene {
    /// An empty folder with `still.png` in it.
    pub fn new() -> Self {
        let scene = Self { dir: TempDir::with_prefix("scene-").unwrap() };
        media::save_png(&product(), &scene.path("still.png")).unwrap();
        scene
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn file(self, name: &str, contents: impl AsRef<[u8]>) -> Self {
        fs::write(self.path(name), contents).unwrap();
        self
    }

    /// A clip of `frames` frames; `frame(i)` draws them.
    pub fn clip(self, name: &str, frames: usize, frame: impl Fn(usize) -> Picture) -> Self {
        write_clip(&self.path(name), frames, frame);
        self
    }

    /// A faithful clip: the still under a slow zoom.
    pub fn faithful(self, name: &str) -> Self {
        self.clip(name, 24, |i| zoomed(1.0 + 0.004 * i as f32))
    }

    /// The same zoom, but the product is warped more and more from frame 8 on.
    pub fn warped(self, name: &str) -> Self {
        self.clip(name, 24, |i| warped(1.0 + 0.004 * i as f32, 0.6 * i.saturating_sub(7) as f32))
    }

    /// The command, in this folder, with a home of its own and no colour.
    pub fn holdstill(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_holdstill"));
        command.current_dir(self.dir.path()).env("HOLDSTILL_HOME", self.path("home")).env("NO_COLOR", "1").args(args);
        command
    }

    /// Names of everything in the folder, sorted.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(self.dir.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

pub fn write_clip(path: &Path, frames: usize, frame: impl Fn(usize) -> Picture) {
    let settings = EncodeSettings::new(SIZE, (FPS, 1));
    let mut encoder = Encoder::create(path, &settings).unwrap();
    for i in 0..frames {
        encoder.push(&frame(i), Time::of_frame(i, FPS, 1)).unwrap();
    }
    encoder.finish().unwrap();
}

/// A carton with printed bars and dots before a softly textured wall.
pub fn product() -> Picture {
    let noise = |x: usize, y: usize, cell: usize| {
        let mut h = ((x / cell) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
            ^ ((y / cell) as u64).wrapping_mul(0xC2B2_AE3D_27D4_EB4F);
        h ^= h >> 29;
        h = h.wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (h >> 40) as f32 / (1u64 << 24) as f32
    };
    let at = |x: usize, y: usize| -> [f32; 3] {
        let wall = 0.55 + 0.12 * noise(x, y, 12) + 0.06 * noise(x, y, 5);
        let in_box = (60..132).contains(&x) && (30..122).contains(&y);
        if !in_box {
            return [wall, wall * 0.98, wall * 0.94];
        }
        let print = (x / 6 + y / 9).is_multiple_of(3) || noise(x, y, 4) > 0.72;
        let shade = 0.85 + 0.15 * noise(x, y, 3);
        if print { [0.93 * shade, 0.9 * shade, 0.82 * shade] } else { [0.72 * shade, 0.16 * shade, 0.14 * shade] }
    };
    let channel = |c: usize| soften(&Plane::from_fn(SIZE.width, SIZE.height, |x, y| at(x, y)[c]));
    Picture { rgb: [channel(0), channel(1), channel(2)] }
}

/// The still magnified about its centre.
pub fn zoomed(scale: f32) -> Picture {
    warped(scale, 0.0)
}

/// The still magnified about its centre, its product bent in waves of `amplitude` pixels.
pub fn warped(scale: f32, amplitude: f32) -> Picture {
    let (cx, cy) = (SIZE.width as f32 / 2.0, SIZE.height as f32 / 2.0);
    remapped(|x, y| {
        let (x, y) = ((x - cx) / scale + cx, (y - cy) / scale + cy);
        let fade = (-((x - 96.0) / 40.0).powi(2) - ((y - 76.0) / 50.0).powi(2)).exp();
        (x + amplitude * fade * (y / 13.0).sin(), y + amplitude * fade * (x / 11.0).cos())
    })
}

/// The still read at `from(x, y)` for each pixel.
pub fn remapped(from: impl Fn(f32, f32) -> (f32, f32)) -> Picture {
    let still = product();
    let channel = |c: usize| {
        Plane::from_fn(SIZE.width, SIZE.height, |x, y| {
            let (sx, sy) = from(x as f32, y as f32);
            sample::bilinear(&still.rgb[c], sx, sy)
        })
    };
    Picture { rgb: [channel(0), channel(1), channel(2)] }
}

fn soften(plane: &Plane<f32>) -> Plane<f32> {
    let (w, h) = (plane.width(), plane.height());
    Plane::from_fn(w, h, |x, y| {
        let mut sum = 0.0;
        for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
            sum += plane.at((x + dx).min(w - 1), (y + dy).min(h - 1));
        }
        sum / 4.0
    })
}
