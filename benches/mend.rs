//! How well frames between two good ones are remade: PSNR against the true frames, beside a cross-fade and FFmpeg's
//! `minterpolate`.
//!
//! `cargo bench --bench mend -- [CLIP…]` takes every `gap + 1`-th frame of each clip (default: an analytic scene) and
//! remakes the others. `bridge` may also look one frame beyond its banks, as `mend` does; `even` may not, like
//! `minterpolate`. With `HOLDSTILL_BENCH_OUT=DIR` the frames are kept as PNG.
#![expect(clippy::print_stdout, reason = "a table is what it is for")]

use holdstill::{
    frame::{Picture, Plane, Size, Time},
    media::{Decoder, Want, load_picture, save_png},
    repair::{Banks, Between},
};
use std::{
    error::Error,
    path::{Path, PathBuf},
    process::Command,
};

const LONGEST_SIDE: usize = 640;
const FRAMES: usize = 33;
const GAPS: [usize; 3] = [1, 3, 7];

fn main() -> Result<(), Box<dyn Error>> {
    let clips: Vec<PathBuf> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).map(PathBuf::from).collect();
    println!("| PSNR of remade frames, dB | gap | bridge | even | cross-fade | minterpolate | ms a frame |");
    println!("|---|---|---|---|---|---|---|");
    if clips.is_empty() {
        let frames: Vec<Picture> = (0..FRAMES).map(scene).collect();
        GAPS.iter().try_for_each(|&gap| row("analytic scene", &frames, gap))?;
    }
    for clip in clips {
        let frames = read(&clip)?;
        let name = clip.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        GAPS.iter().try_for_each(|&gap| row(&name, &frames, gap))?;
    }
    Ok(())
}

fn row(name: &str, frames: &[Picture], gap: usize) -> Result<(), Box<dyn Error>> {
    let step = gap + 1;
    let (mut bridge, mut even, mut fade, mut rival) =
        (Mean::default(), Mean::default(), Mean::default(), Mean::default());
    let folder = tempfile::tempdir()?;
    let other = minterpolate(frames, step, folder.path())?;
    let keep = std::env::var_os("HOLDSTILL_BENCH_OUT").map(PathBuf::from);
    let (mut millis, mut remade) = (0.0, 0);
    for start in (0..frames.len().saturating_sub(step)).step_by(step) {
        let (before, after) = (&frames[start], &frames[start + step]);
        let banks = |earlier: Option<&Picture>, later: Option<&Picture>| Banks {
            earlier: earlier.cloned(),
            before: before.clone(),
            after: after.clone(),
            later: later.cloned(),
            steps: step as f32,
        };
        let clock = std::time::Instant::now();
        let bent = Between::new(banks(start.checked_sub(1).map(|i| &frames[i]), frames.get(start + step + 1)));
        let made: Vec<Picture> = (1..step).map(|k| bent.at(k as f32 / step as f32)).collect();
        millis += clock.elapsed().as_secs_f64() * 1e3;
        remade += gap;
        let straight = Between::new(banks(None, None));
        for (k, made) in (1..step).zip(made) {
            let (t, truth) = (k as f32 / step as f32, &frames[start + k]);
            let plain = straight.at(t);
            // minterpolate makes no frames before its second or after its last but one: all are judged on those that it makes
            if let Some(picture) = other.get(&(start + k)) {
                bridge.add(psnr(&made, truth));
                even.add(psnr(&plain, truth));
                fade.add(psnr(&mix(before, after, t), truth));
                rival.add(psnr(picture, truth));
            }
            if let Some(folder) = &keep {
                for (kind, picture) in [
                    ("bridge", Some(&made)),
                    ("even", Some(&plain)),
                    ("truth", Some(truth)),
                    ("rival", other.get(&(start + k))),
                ] {
                    if let Some(picture) = picture {
                        save_png(picture, &folder.join(format!("{name}_{gap}_{:03}_{kind}.png", start + k)))?;
                    }
                }
            }
        }
    }
    println!(
        "| {name} | {gap} | {:.1} | {:.1} | {:.1} | {:.1} | {:.0} |",
        bridge.value(),
        even.value(),
        fade.value(),
        rival.value(),
        millis / remade as f64
    );
    Ok(())
}

#[derive(Default)]
struct Mean {
    sum: f64,
    count: f64,
}

impl Mean {
    fn add(&mut self, value: f64) {
        self.sum += value;
        self.count += 1.0;
    }

    fn value(&self) -> f64 {
        self.sum / self.count
    }
}

fn psnr(a: &Picture, b: &Picture) -> f64 {
    let squares: f64 = (0..3)
        .flat_map(|c| a.rgb[c].data().iter().zip(b.rgb[c].data()))
        .map(|(a, b)| f64::from(a.clamp(0.0, 1.0) - b).powi(2))
        .sum();
    let count = 3 * a.size().width * a.size().height;
    -10.0 * (squares / count as f64).max(1e-9).log10()
}

fn mix(a: &Picture, b: &Picture, t: f32) -> Picture {
    Picture {
        rgb: [0, 1, 2].map(|c| {
            let (a, b) = (&a.rgb[c], &b.rgb[c]);
            Plane::from_fn(a.width(), a.height(), |x, y| a.at(x, y) * (1.0 - t) + b.at(x, y) * t)
        }),
    }
}

fn read(clip: &Path) -> Result<Vec<Picture>, Box<dyn Error>> {
    let size = holdstill::media::probe(clip)?.size.fit(LONGEST_SIDE);
    let frames: Result<Vec<_>, _> = Decoder::open(clip, &Want { size: Some(size) })?.take(FRAMES).collect();
    Ok(frames?.into_iter().map(|f| f.picture).collect())
}

/// FFmpeg's motion-compensated interpolation of every `step`-th frame, by frame number.
fn minterpolate(
    frames: &[Picture],
    step: usize,
    folder: &Path,
) -> Result<std::collections::BTreeMap<usize, Picture>, Box<dyn Error>> {
    for (k, picture) in frames.iter().step_by(step).enumerate() {
        save_png(picture, &folder.join(format!("in{k:03}.png")))?;
    }
    let filter = format!("minterpolate=fps={}:mi_mode=mci:mc_mode=aobmc:me_mode=bidir:vsbmc=1:scd=none", 10 * step);
    let status = Command::new("ffmpeg")
        .args(["-v", "error", "-framerate", "10", "-i"])
        .arg(folder.join("in%03d.png"))
        .args(["-vf", &filter, "-start_number", "0", "-frame_pts", "1"])
        .arg(folder.join("out%03d.png"))
        .status()?;
    let mut made = std::collections::BTreeMap::new();
    for number in 0..frames.len() {
        let path = folder.join(format!("out{number:03}.png"));
        if status.success() && path.exists() {
            made.insert(number, load_picture(&path)?);
        }
    }
    Ok(made)
}

/// A textured disc crosses an eased, slowly turning textured ground.
fn scene(index: usize) -> Picture {
    let s = Time::of_frame(index, 24, 1).secs() as f32;
    let (width, height) = (480.0, 270.0);
    let ease = 60.0 * s * s;
    let (sin, cos) = (0.15 * s).sin_cos();
    let (cx, cy) = (90.0 + 190.0 * s, 140.0 + 30.0 * (2.0 * s).sin());
    let at = |x: f32, y: f32, channel: u32| {
        let (gx, gy) = (x - width / 2.0, y - height / 2.0);
        let ground = texture(cos * gx + sin * gy + ease, cos * gy - sin * gx, channel);
        let disc = texture(x - cx, y - cy, 3 + channel) * 0.7 + 0.25;
        let edge = (45.0 - (x - cx).hypot(y - cy)).clamp(-0.5, 0.5) + 0.5;
        (ground + (disc - ground) * edge).clamp(0.0, 1.0)
    };
    let size = Size::new(480, 270);
    Picture { rgb: [0, 1, 2].map(|c| Plane::from_fn(size.width, size.height, |x, y| at(x as f32, y as f32, c))) }
}

/// Value noise of three octaves, `0..=1`: structure of every size, and no period that could be mistaken for motion.
fn texture(x: f32, y: f32, salt: u32) -> f32 {
    [(48.0, 0.5), (19.0, 0.3), (7.0, 0.2)].map(|(cell, share)| share * noise(x / cell, y / cell, salt)).iter().sum()
}

fn noise(x: f32, y: f32, salt: u32) -> f32 {
    let (left, top) = (x.floor(), y.floor());
    let smooth = |t: f32| t * t * (3.0 - 2.0 * t);
    let (fx, fy) = (smooth(x - left), smooth(y - top));
    let corner = |dx: i32, dy: i32| {
        let hash = (left as i32 + dx).wrapping_mul(0x1F12_3BB5) ^ (top as i32 + dy).wrapping_mul(0x5A0B_7E4D);
        let hash = (hash as u32 ^ salt.wrapping_mul(0x9E37_79B9)).wrapping_mul(0x85EB_CA6B);
        ((hash ^ (hash >> 13)).wrapping_mul(0xC2B2_AE35) >> 8) as f32 / (1u32 << 24) as f32
    };
    let mix = |a: f32, b: f32, t: f32| a + (b - a) * t;
    mix(mix(corner(0, 0), corner(1, 0), fx), mix(corner(0, 1), corner(1, 1), fx), fy)
}
