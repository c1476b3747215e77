//! How much changed, where it was not asked for and where it was.

use super::LaidBack;
use crate::{
    drift::{
        canvas::WINDOW,
        correlation::{NOISE_VARIANCE, Prepared},
        series::quantile,
        window,
    },
    frame::{Mask, Picture, Plane, Size, cielab_from_srgb, delta_e_2000, pyramid},
};
use image::{GrayImage, Luma};
use imageproc::region_labelling::{Connectivity, connected_components};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// ΔE₀₀ from which a pixel counts as changed: about 1 is just noticeable side by side, about 2 is what JPEG and a change
/// of size leave at edges, and 3 is seen without being told where to look.
pub const CHANGED_DELTA_E: f32 = 3.0;
/// Longer side of the pictures that are compared, pixels.
const MEASURED_AT: usize = 1024;
/// Radius of the mean before colours are compared, pixels.
const SMOOTH: usize = 1;
/// Distance to the mask's edge up to which nothing is held against the provider, pixels: edges of masks are soft.
const MARGIN: usize = 2;
/// Part of a pixel that may belong to the mask without being inside.
const NOTHING: f32 = 0.004;
/// Fewest pixels of a region that is told, as a share of the picture.
const LEAST_REGION: f64 = 1e-5;

/// How much a part of the picture changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// Share of the picture that the part takes, `0..=1`.
    pub part: f64,
    /// Median of the colour difference ΔE₀₀.
    pub delta_e_median: f64,
    /// Its 95th percentile.
    pub delta_e_p95: f64,
    /// Share of the part's pixels that differ by more than ΔE₀₀ 3, `0..=1`.
    pub changed_share: f64,
    /// Likeness of structure where there is any (mean zero-mean normalised correlation), `-1..=1`: 1 is the same.
    pub structure: Option<f64>,
}

/// A connected place that changed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChangedRegion {
    /// Its box in pixels of the still: x, y, width, height.
    pub rect: [usize; 4],
    /// Share of the picture that it takes, `0..=1`.
    pub part: f64,
    /// Mean ΔE₀₀ in it.
    pub delta_e: f64,
}

/// What changed in a still.
#[derive(Clone, Debug)]
pub struct Leakage {
    /// Where nothing was to change: outside the mask, or everywhere where there is none.
    pub outside: Change,
    /// Inside the mask.
    pub inside: Option<Change>,
    /// The largest connected place outside that changed.
    pub largest: Option<ChangedRegion>,
    /// ΔE₀₀ of every place, at most 1024 pixels on the longer side.
    pub delta_e: Plane<f32>,
}

/// Compares a still with what was made of it. `mask` says where it was to change, `opaque` where the still shows
/// anything; both of the still's size.
pub fn leakage(still: &Picture, refined: &LaidBack, mask: Option<&Mask>, opaque: Option<&Mask>) -> Leakage {
    let size = still.size();
    let at = size.fit(MEASURED_AT);
    let (before, after) = (pyramid::resize_picture(still, at), pyramid::resize_picture(&refined.picture, at));
    let delta_e = differences(&before, &after);
    let sight = Sight { likeness: Prepared::new(&before.luma(), WINDOW).with(&after.luma()).likeness, delta_e };
    let texture = Prepared::new(&before.luma(), WINDOW).variance().clone();
    let is_shown = shown(&refined.seen, opaque, at);
    let mask = mask.map(|mask| pyramid::resize(mask, at));
    let near = mask.as_ref().map(|mask| window::mean(mask, MARGIN));
    let outside: Vec<bool> =
        (0..is_shown.len()).map(|i| is_shown[i] && near.as_ref().is_none_or(|near| near.data()[i] < NOTHING)).collect();
    let inside = mask.map(|mask| (0..is_shown.len()).map(|i| is_shown[i] && mask.data()[i] > 0.5).collect::<Vec<_>>());
    Leakage {
        outside: sight.change(&outside, &texture),
        inside: inside.map(|inside| sight.change(&inside, &texture)),
        largest: largest(&sight.delta_e, &outside, size),
        delta_e: sight.delta_e,
    }
}

/// Two aligned pictures compared, pixel by pixel.
struct Sight {
    likeness: Plane<f32>,
    delta_e: Plane<f32>,
}

impl Sight {
    fn change(&self, part: &[bool], texture: &Plane<f32>) -> Change {
        let chosen = || part.iter().enumerate().filter(|(_, is_in)| **is_in).map(|(i, _)| i);
        let mut values: Vec<f32> = chosen().map(|i| self.delta_e.data()[i]).collect();
        let count = values.len();
        if count == 0 {
            return Change::default();
        }
        let changed = values.iter().filter(|&&value| value > CHANGED_DELTA_E).count();
        let textured: Vec<f64> = chosen()
            .filter(|&i| texture.data()[i] > 4.0 * NOISE_VARIANCE)
            .map(|i| f64::from(self.likeness.data()[i]))
            .collect();
        let mean = textured.iter().sum::<f64>() / textured.len().max(1) as f64;
        let mut at = |q| f64::from(quantile(&mut values, q).unwrap_or_default());
        Change {
            part: count as f64 / part.len() as f64,
            delta_e_median: at(0.5),
            delta_e_p95: at(0.95),
            changed_share: changed as f64 / count as f64,
            structure: (!textured.is_empty()).then_some(mean),
        }
    }
}

/// ΔE₀₀ between two pictures of one size, each smoothed a little.
fn differences(before: &Picture, after: &Picture) -> Plane<f32> {
    let [before, after] = [lab(before), lab(after)];
    let mut differences = before[0].clone();
    differences.data_mut().par_iter_mut().enumerate().for_each(|(i, difference)| {
        let at = |lab: &[Plane<f32>; 3]| lab.each_ref().map(|plane| f64::from(plane.data()[i]));
        *difference = delta_e_2000(at(&before), at(&after)) as f32;
    });
    differences
}

fn lab(picture: &Picture) -> [Plane<f32>; 3] {
    let [r, g, b] = &picture.rgb;
    let rgb = |i: usize| [r.data()[i], g.data()[i], b.data()[i]].map(|v| v.clamp(0.0, 1.0));
    let lab: Vec<[f32; 3]> =
        (0..r.data().len()).into_par_iter().map(|i| cielab_from_srgb(rgb(i)).map(|v| v as f32)).collect();
    let channel = |c: usize| Plane::from_vec(r.width(), r.height(), lab.iter().map(|lab| lab[c]).collect());
    [0, 1, 2].map(|c| window::mean(&channel(c), SMOOTH))
}

/// Whether each pixel shows the still's place in both pictures, away from the edges of what is shown.
fn shown(seen: &Plane<f32>, opaque: Option<&Mask>, at: Size) -> Vec<bool> {
    let whole = |plane: &Plane<f32>| {
        let near = window::mean(&pyramid::resize(plane, at), SMOOTH);
        near.data().iter().map(|&v| v > 1.0 - NOTHING).collect::<Vec<_>>()
    };
    let mut shown = whole(seen);
    if let Some(opaque) = opaque {
        shown.iter_mut().zip(whole(opaque)).for_each(|(shown, opaque)| *shown &= opaque);
    }
    shown
}

/// The largest connected place among `part` that changed, in pixels of a still of `size`.
fn largest(delta_e: &Plane<f32>, part: &[bool], size: Size) -> Option<ChangedRegion> {
    let (width, height) = (delta_e.width(), delta_e.height());
    let is_changed = |x: u32, y: u32| {
        let i = y as usize * width + x as usize;
        part[i] && delta_e.data()[i] > CHANGED_DELTA_E
    };
    let changed = GrayImage::from_fn(width as u32, height as u32, |x, y| Luma([u8::from(is_changed(x, y))]));
    let labels = connected_components(&changed, Connectivity::Eight, Luma([0]));
    let mut regions: BTreeMap<u32, Region> = BTreeMap::new();
    for (x, y, label) in labels.enumerate_pixels().filter(|(.., label)| label.0[0] > 0) {
        let (x, y) = (x as usize, y as usize);
        regions.entry(label.0[0]).or_insert(Region::at(x, y)).add(x, y, delta_e.at(x, y));
    }
    let region = regions.into_values().max_by_key(|region| region.count)?;
    let part = region.count as f64 / delta_e.data().len() as f64;
    (part >= LEAST_REGION).then(|| region.told(part, [size.width, size.height], [width, height]))
}

struct Region {
    /// First and last column and row.
    x: [usize; 2],
    y: [usize; 2],
    count: usize,
    sum: f64,
}

impl Region {
    fn at(x: usize, y: usize) -> Self {
        Self { x: [x, x], y: [y, y], count: 0, sum: 0.0 }
    }

    fn add(&mut self, x: usize, y: usize, delta_e: f32) {
        self.x = [self.x[0].min(x), self.x[1].max(x)];
        self.y = [self.y[0].min(y), self.y[1].max(y)];
        self.count += 1;
        self.sum += f64::from(delta_e);
    }

    fn told(&self, part: f64, size: [usize; 2], measured: [usize; 2]) -> ChangedRegion {
        let span = |[first, last]: [usize; 2], axis: usize| {
            let start = first * size[axis] / measured[axis];
            let end = ((last + 1) * size[axis]).div_ceil(measured[axis]);
            (start, end - start)
        };
        let ((x, width), (y, height)) = (span(self.x, 0), span(self.y, 1));
        ChangedRegion { rect: [x, y, width, height], part, delta_e: self.sum / self.count as f64 }
    }
}
