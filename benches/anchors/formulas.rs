//! The published metrics of video consistency, from their papers. Dense inverse search stands in for RAFT and for matched SIFT
//! points, `MobileNetV2` for DINO and CLIP. All values are larger for worse clips.

use super::{
    fundamental::{Match, inlier_share, sampson_mean},
    similarity::{difference, psnr, ssim},
};
use holdstill::{
    drift::{Embedder, Embedding},
    flow::{self, Flow, Preset, consistency, warp_picture},
    frame::{Picture, Plane, Size, pyramid},
};
use nalgebra::Vector3;

/// Frames between two looks of the epipolar metric (15) and of the one that counts inliers (6, from the sixth frame on).
const EPIPOLAR_EVERY: usize = 15;
const INLIERS_EVERY: usize = 6;
const INLIERS_FROM: usize = 5;
/// Frames between two looks at structure and at what is shown.
const SEED_EVERY: usize = 4;
const SHOWN_EVERY: usize = 3;
/// Pixels between two matches, and their largest forward–backward error.
const GRID: usize = 8;
const CONSISTENT: f32 = 1.0;

/// The metrics of one clip, frame by frame.
pub(crate) struct Formulas {
    seed: Picture,
    embedder: Option<Embedder>,
    frames: usize,
    first: Option<Plane<f32>>,
    last: Option<Picture>,
    look: Option<Plane<f32>>,
    shown: Vec<Embedding>,
    flicker: Vec<f64>,
    unlike: Vec<f64>,
    noise: Vec<f64>,
    warping: Vec<f64>,
    there_and_back: Vec<f64>,
    epipolar: Vec<f64>,
    off_epipolar: Vec<f64>,
}

impl Formulas {
    pub(crate) fn new(seed: &Picture, size: Size) -> Self {
        Self {
            seed: pyramid::resize_picture(seed, size),
            embedder: Embedder::bundled(),
            frames: 0,
            first: None,
            last: None,
            look: None,
            shown: Vec::new(),
            flicker: Vec::new(),
            unlike: Vec::new(),
            noise: Vec::new(),
            warping: Vec::new(),
            there_and_back: Vec::new(),
            epipolar: Vec::new(),
            off_epipolar: Vec::new(),
        }
    }

    /// Sees the next frame.
    pub(crate) fn see(&mut self, frame: Picture) {
        let luma = frame.luma();
        if let Some(last) = &self.last {
            self.flicker.push(difference(last, &frame));
            let before = last.luma();
            let (forward, backward) = (between(&before, &luma), between(&luma, &before));
            self.warping.push(warping_error(last, &frame, &forward, &backward));
            let errors = consistency(&forward, &backward);
            let kept: Vec<f64> = errors.data().iter().filter(|e| e.is_finite()).map(|&e| f64::from(e)).collect();
            self.there_and_back.push(mean(&kept));
        }
        if self.frames.is_multiple_of(SEED_EVERY) {
            self.unlike.push(1.0 - ssim(&self.seed.luma(), &luma));
            self.noise.push(-psnr(&self.seed, &frame));
        }
        if self.frames.is_multiple_of(EPIPOLAR_EVERY) {
            let before = self.look.replace(luma.clone());
            self.epipolar.extend(before.and_then(|before| sampson_mean(&matches(&before, &luma))));
        }
        if self.frames % INLIERS_EVERY == INLIERS_FROM
            && let Some(first) = &self.first
        {
            self.off_epipolar.push(1.0 - inlier_share(&matches(first, &luma)));
        }
        if self.frames.is_multiple_of(SHOWN_EVERY) {
            self.shown.extend(self.embedder.as_ref().and_then(|embedder| embedder.embed(&frame).ok()));
        }
        self.first.get_or_insert(luma);
        self.last = Some(frame);
        self.frames += 1;
    }

    /// Name and value of each metric.
    pub(crate) fn values(&self) -> Vec<(&'static str, f64)> {
        let mut values = vec![
            ("VBench temporal flickering (Huang 2024)", mean(&self.flicker)),
            ("SSIM to the seed, min (Wang 2004)", most(&self.unlike)),
            ("PSNR to the seed, min", most(&self.noise)),
            ("warping error, mean (Lai 2018)", mean(&self.warping)),
            ("warping error, max (Lai 2018)", most(&self.warping)),
            ("forward–backward AEPE (WorldScore 2025)", mean(&self.there_and_back)),
            ("epipolar Sampson, mean (Kupyn 2025)", mean(&self.epipolar)),
            ("share off the epipolar lines (Li 2024)", mean(&self.off_epipolar)),
        ];
        if let Some(Ok(seed)) = self.embedder.as_ref().map(|embedder| embedder.embed(&self.seed)) {
            let off: Vec<f64> = self.shown.iter().map(|shown| f64::from(shown.distance(&seed))).collect();
            let steps: Vec<f64> = self.shown.windows(2).map(|pair| f64::from(pair[0].distance(&pair[1]))).collect();
            let least = off.iter().copied().reduce(f64::min).unwrap_or(0.0);
            values.push(("embedding to the seed, min cosine", most(&off)));
            values
                .push(("VBench-I2V subject on that embedding", 0.4 * least + 0.3 * mean(&steps) + 0.3 * most(&steps)));
        }
        values
    }
}

fn between(from: &Plane<f32>, to: &Plane<f32>) -> Flow {
    flow::dense(from, to, &Preset::Medium.into(), None)
}

/// Consistent matches on a grid.
fn matches(from: &Plane<f32>, to: &Plane<f32>) -> Vec<Match> {
    let forward = between(from, to);
    let errors = consistency(&forward, &between(to, from));
    let cells = (0..from.height()).step_by(GRID).flat_map(|y| (0..from.width()).step_by(GRID).map(move |x| (x, y)));
    let point = |x: f32, y: f32| Vector3::new(f64::from(x), f64::from(y), 1.0);
    cells
        .filter(|&(x, y)| errors.at(x, y) < CONSISTENT)
        .map(|(x, y)| {
            let (u, v) = forward.at(x, y);
            [point(x as f32, y as f32), point(x as f32 + u, y as f32 + v)]
        })
        .collect()
}

/// Mean squared error of the pulled-back frame where nothing is hidden (Lai et al. 2018, equation 6; hidden after Ruder et al. 2016,
/// equations 4 and 5).
fn warping_error(from: &Picture, to: &Picture, forward: &Flow, backward: &Flow) -> f64 {
    let pulled = warp_picture(to, forward);
    let returned = flow::chain(forward, backward);
    let size = forward.size();
    let squared = |(u, v): (f32, f32)| u * u + v * v;
    let (mut sum, mut count) = (0.0, 0usize);
    for y in 0..size.height {
        for x in 0..size.width {
            let (u, v) = forward.at(x, y);
            let (ru, rv) = returned.at(x, y);
            let there = squared((u, v));
            let is_hidden = squared((ru, rv)) > 0.01 * (there + squared((ru - u, rv - v))) + 0.5;
            let (right, below) =
                (forward.at((x + 1).min(size.width - 1), y), forward.at(x, (y + 1).min(size.height - 1)));
            let bends = squared((right.0 - u, right.1 - v)) + squared((below.0 - u, below.1 - v));
            if !is_hidden && bends <= 0.01 * there + 0.002 {
                sum += (0..3).map(|c| f64::from(pulled.rgb[c].at(x, y) - from.rgb[c].at(x, y)).powi(2)).sum::<f64>();
                count += 1;
            }
        }
    }
    sum / count.max(1) as f64
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

fn most(values: &[f64]) -> f64 {
    values.iter().copied().reduce(f64::max).unwrap_or(0.0)
}
