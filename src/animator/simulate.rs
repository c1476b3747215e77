//! Injecting known faults into rendered frames. A simulation, said to be one wherever it is offered.

use super::{
    defect::{Defect, DefectKind},
    layer::{dilated, smoothed},
    warp::displaced,
};
use crate::frame::{Mask, Picture, Plane, Rect, Size, pyramid};
use std::f32::consts::{PI, TAU};

/// Opacity from which a pixel counts for the product's box.
const INSIDE: f32 = 0.5;

/// Wavelength of swimming in shares of the product's diagonal.
const SWIM_WAVELENGTH: f32 = 0.22;

/// Reduction at which the product's surroundings are worked out.
const COARSE: usize = 4;

/// Size of a scrambled stroke in shares of the product's diagonal.
const STROKE: f32 = 0.03;

/// The faults of one take of one clip.
#[derive(Debug)]
pub struct Simulation {
    defects: Vec<Defect>,
    frames: usize,
    seed: u64,
    label: Option<[f32; 4]>,
}

impl Simulation {
    /// The faults of `take` (1-based) in a clip of `frames` frames; `first` is its first frame and `product` where the
    /// product is in it. The same `rng_seed` injects the same faults.
    pub fn new(defects: &[Defect], take: u32, frames: usize, rng_seed: u64, first: &Picture, product: &Mask) -> Self {
        let defects = defects.iter().filter(|defect| defect.take.is_none_or(|only| only == take)).cloned().collect();
        let label = bounds(product).map(|area| busiest_part(&first.luma(), area));
        Self { defects, frames, seed: rng_seed, label }
    }

    /// Which frame is to be rendered as frame `index`: an earlier one while the picture stands still.
    pub fn source(&self, index: usize) -> usize {
        let frozen = self.defects.iter().filter(|defect| defect.kind == DefectKind::Freeze);
        let spans = frozen.map(|defect| defect.span(self.frames));
        spans.filter(|(first, last)| (*first..=*last).contains(&index)).map(|(first, _)| first).min().unwrap_or(index)
    }

    /// Frame `index` with its faults; `product` is where the product is in it.
    pub fn apply(&self, index: usize, picture: Picture, product: &Mask) -> Picture {
        let Some(area) = bounds(product) else { return picture };
        self.defects.iter().fold(picture, |picture, defect| {
            let level = defect.onset(index, self.frames) * defect.strength;
            if level <= 0.0 { picture } else { self.inject(defect.kind, level as f32, index, &picture, product, area) }
        })
    }

    fn inject(
        &self,
        kind: DefectKind,
        level: f32,
        index: usize,
        picture: &Picture,
        product: &Mask,
        area: Rect,
    ) -> Picture {
        match kind {
            DefectKind::Freeze => picture.clone(),
            DefectKind::Hue => hue_turned(picture, product, level.to_radians()),
            DefectKind::Flicker => {
                let sign = if index.is_multiple_of(2) { 1.0 } else { -1.0 };
                let gain = 1.0 + sign * level / 100.0;
                Picture { rgb: picture.rgb.clone().map(|plane| plane.map(|v| (v * gain).clamp(0.0, 1.0))) }
            }
            _ => {
                let diagonal = Size::new(area.width, area.height).diagonal() as f32;
                let amplitude = level / 100.0 * diagonal;
                let label = self.label.unwrap_or([0.0, 0.0, 1.0, 1.0]);
                let reach = if kind == DefectKind::Garble { product.clone() } else { surroundings(product, diagonal) };
                displaced(picture, |x, y| {
                    let inside = reach.at(x, y);
                    if inside <= 0.0 {
                        return (0.0, 0.0);
                    }
                    let u = (x as f32 - area.x as f32) / area.width as f32;
                    let v = (y as f32 - area.y as f32) / area.height as f32;
                    let (dx, dy) = match kind {
                        DefectKind::Bend => ((PI * v.clamp(0.0, 1.0)).sin(), 0.0),
                        DefectKind::Bulge => bulge(u, v, area),
                        DefectKind::Melt => (0.0, self.run_down(u, v)),
                        DefectKind::Garble => self.scramble(x, y, diagonal, inside_box(u, v, label)),
                        _ => swim(x as f32, y as f32, SWIM_WAVELENGTH * diagonal, index as f32),
                    };
                    (amplitude * inside * dx, amplitude * inside * dy)
                })
            }
        }
    }

    /// Downward flow of the lower part, in columns of their own speed.
    fn run_down(&self, u: f32, v: f32) -> f32 {
        let depth = ((v - 0.3) / 0.7).clamp(0.0, 1.0);
        let (column, between) = ((u * 7.0).floor(), (u * 7.0).fract());
        let speed = |column: f32| 0.35 + 0.65 * self.noise(column as i64, 0);
        let smooth = between * between * (3.0 - 2.0 * between);
        depth * depth * (speed(column) + (speed(column + 1.0) - speed(column)) * smooth)
    }

    /// Each stroke-sized patch is moved on its own.
    fn scramble(&self, x: usize, y: usize, diagonal: f32, weight: f32) -> (f32, f32) {
        let cell = (STROKE * diagonal).max(2.0);
        let (px, py) = (x as f32 / cell, y as f32 / cell);
        let (ix, iy) = (px.floor() as i64, py.floor() as i64);
        let (fx, fy) = (px.fract(), py.fract());
        let corner = |dx: i64, dy: i64, salt: i64| 2.0 * self.noise(ix + dx + 7919 * salt, iy + dy) - 1.0;
        let mix = |salt: i64| {
            let top = corner(0, 0, salt) * (1.0 - fx) + corner(1, 0, salt) * fx;
            let bottom = corner(0, 1, salt) * (1.0 - fx) + corner(1, 1, salt) * fx;
            top * (1.0 - fy) + bottom * fy
        };
        (2.0 * weight * mix(1), 2.0 * weight * mix(2))
    }

    /// A number in `0..1` for each lattice point: `SplitMix64` (Steele et al. 2014) of place and seed.
    fn noise(&self, x: i64, y: i64) -> f32 {
        let mut z =
            self.seed ^ (x as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (y as u64).wrapping_mul(0xD1B5_4A32_D192_ED03);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 40) as f32 / (1u64 << 24) as f32
    }
}

/// The product and, fading out, what is near it: so that its outline moves with it.
fn surroundings(product: &Mask, diagonal: f32) -> Mask {
    let size = Size::new(product.width(), product.height());
    let coarse = Size::new(size.width.div_ceil(COARSE), size.height.div_ceil(COARSE));
    let radius = |share: f32| ((share * diagonal / COARSE as f32).round() as usize).max(1);
    let near = dilated(&pyramid::resize(product, coarse), radius(0.06));
    pyramid::resize(&smoothed(&near, radius(0.05)), size).map(|v| v.clamp(0.0, 1.0))
}

/// Outward swelling about the product's shoulder, largest 1.
fn bulge(u: f32, v: f32, area: Rect) -> (f32, f32) {
    let side = area.width.max(area.height) as f32;
    let (x, y) = ((u - 0.6) * area.width as f32 / side / 0.25, (v - 0.4) * area.height as f32 / side / 0.25);
    // x·exp(−x²/2) is largest, exp(−½), at 1.
    let fall = (0.5 - 0.5 * x * x - 0.5 * y * y).exp();
    (x * fall, y * fall)
}

/// Travelling waves, largest 1 in each direction.
fn swim(x: f32, y: f32, wavelength: f32, index: f32) -> (f32, f32) {
    let phase = 0.25 * index;
    ((TAU * y / wavelength + phase).sin(), (TAU * x / (1.2 * wavelength) + 0.8 * phase).cos())
}

/// 1 inside the box, 0 outside, soft over a tenth of its side.
fn inside_box(u: f32, v: f32, [u0, v0, u1, v1]: [f32; 4]) -> f32 {
    let soft = |value: f32, low: f32, high: f32| {
        let edge = 0.1 * (high - low);
        ((value - low) / edge).clamp(0.0, 1.0).min(((high - value) / edge).clamp(0.0, 1.0))
    };
    soft(u, u0, u1) * soft(v, v0, v1)
}

/// The box of the product's inside.
fn bounds(product: &Mask) -> Option<Rect> {
    let (mut x0, mut y0, mut x1, mut y1) = (usize::MAX, usize::MAX, 0, 0);
    for y in 0..product.height() {
        for (x, &inside) in product.row(y).iter().enumerate() {
            if inside >= INSIDE {
                (x0, y0, x1, y1) = (x0.min(x), y0.min(y), x1.max(x + 1), y1.max(y + 1));
            }
        }
    }
    (x0 < x1).then(|| Rect { x: x0, y: y0, width: x1 - x0, height: y1 - y0 })
}

/// The half of the product's box (in shares of it: left, top, right, bottom) with the strongest edges: the print.
fn busiest_part(luma: &Plane<f32>, area: Rect) -> [f32; 4] {
    let energy = |u: f32, v: f32| {
        let x0 = area.x + (u * area.width as f32) as usize;
        let y0 = area.y + (v * area.height as f32) as usize;
        let (x1, y1) = ((x0 + area.width * 3 / 5).min(luma.width() - 1), (y0 + area.height / 2).min(luma.height() - 1));
        let mut sum = 0.0;
        for y in (y0..y1).step_by(2) {
            for x in (x0..x1).step_by(2) {
                let here = luma.at(x, y);
                sum += f64::from((luma.at(x + 1, y) - here).abs() + (luma.at(x, y + 1) - here).abs());
            }
        }
        sum
    };
    let starts = (0..=4).flat_map(|i| (0..=5).map(move |j| (0.1 * i as f32, 0.1 * j as f32)));
    let best = starts.max_by(|a, b| energy(a.0, a.1).total_cmp(&energy(b.0, b.1)));
    let (u, v) = best.unwrap_or((0.2, 0.25));
    [u, v, u + 0.6, v + 0.5]
}

/// The product's chroma turned by `angle` radians about grey; luma (BT.709) stays.
fn hue_turned(picture: &Picture, product: &Mask, angle: f32) -> Picture {
    let (sin, cos) = angle.sin_cos();
    let mut out = picture.clone();
    let [r, g, b] = &mut out.rgb;
    for (((r, g), b), &inside) in r.data_mut().iter_mut().zip(g.data_mut()).zip(b.data_mut()).zip(product.data()) {
        let luma = 0.2126 * *r + 0.7152 * *g + 0.0722 * *b;
        let (cb, cr) = ((*b - luma) / 1.8556, (*r - luma) / 1.5748);
        let (cb, cr) = (cb * cos - cr * sin, cb * sin + cr * cos);
        let (nr, nb) = (luma + 1.5748 * cr, luma + 1.8556 * cb);
        let ng = (luma - 0.2126 * nr - 0.0722 * nb) / 0.7152;
        let inside = inside.clamp(0.0, 1.0);
        for (old, new) in [(r, nr), (g, ng), (b, nb)] {
            *old = (*old + (new - *old) * inside).clamp(0.0, 1.0);
        }
    }
    out
}
