//! The path of a clip, in frames per second: decoding alone, and scoring from file to report.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use holdstill::{
    drift::Thresholds,
    engine::{self, Cancel, ScoreJob},
    frame::{Picture, Plane, Size, Time, sample},
    media::{self, Decoder, EncodeSettings, Encoder, Want},
};
use std::{hint::black_box, path::Path};

const SIZE: Size = Size::new(640, 360);
const FRAMES: usize = 24;
const FPS: (i32, i32) = (24, 1);

/// Three octaves of value noise: texture that neither aliases nor repeats.
fn still() -> Picture {
    let hash = |x: usize, y: usize, salt: u64| {
        let h = ((x as u64) << 32 | y as u64).wrapping_add(salt).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        ((h ^ (h >> 31)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 40) as f32 / (1u64 << 24) as f32
    };
    let channel = |salt: u64| {
        let octaves = [4, 12, 40].map(|cell| {
            let (w, h) = (SIZE.width / cell + 2, SIZE.height / cell + 2);
            (cell as f32, Plane::from_fn(w, h, |x, y| hash(x, y, salt + cell as u64)))
        });
        Plane::from_fn(SIZE.width, SIZE.height, |x, y| {
            octaves.iter().map(|(cell, noise)| sample::bilinear(noise, x as f32 / cell, y as f32 / cell)).sum::<f32>()
                / 3.0
        })
    };
    Picture { rgb: [channel(1), channel(2), channel(3)] }
}

/// The still under a slow zoom.
fn clip(path: &Path, still: &Picture) {
    let mut encoder = Encoder::create(path, &EncodeSettings::new(SIZE, FPS)).expect("a clip can be written");
    for i in 0..FRAMES {
        let scale = 1.0 + 0.01 * i as f32;
        let zoom = |plane: &Plane<f32>| {
            Plane::from_fn(SIZE.width, SIZE.height, |x, y| sample::bilinear(plane, x as f32 / scale, y as f32 / scale))
        };
        let [r, g, b] = &still.rgb;
        let picture = Picture { rgb: [zoom(r), zoom(g), zoom(b)] };
        encoder.push(&picture, Time::of_frame(i, FPS.0, FPS.1)).expect("a frame can be written");
    }
    encoder.finish().expect("a clip can be finished");
}

fn pipeline(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder for the clip");
    let (seed, path) = (folder.path().join("seed.png"), folder.path().join("clip.mp4"));
    let picture = still();
    media::save_png(&picture, &seed).expect("a still can be written");
    clip(&path, &picture);
    let thresholds = Thresholds::default();
    let job = ScoreJob {
        clip: path.clone(),
        seed,
        mask: None,
        embedder: None,
        wants_range: false,
        thresholds,
        command: String::new(),
    };

    let mut group = criterion.benchmark_group("pipeline 640x360");
    group.throughput(Throughput::Elements(FRAMES as u64)).sample_size(10);
    group.bench_function("decode", |b| {
        b.iter(|| Decoder::open(&path, &Want::default()).expect("the clip is there").map(black_box).count());
    });
    group.bench_function("score", |b| {
        b.iter(|| engine::score(&job, &mut |_| {}, &Cancel::default()).expect("the clip can be scored"));
    });
    group.finish();
}

criterion_group!(benches, pipeline);
criterion_main!(benches);
