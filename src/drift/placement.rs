//! How the seed lies over the clip's picture: providers stretch, crop or pad a still to their own shape.
//!
//! The search runs once, on the first frame, over thumbnails: shapes (stretched, covering, contained) × zooms × shifts, judged
//! by zero-mean correlation. It only has to come near; the dense registration does the rest.

use crate::{
    flow::{self, Flow},
    frame::{Picture, Plane, Size, pyramid},
    geometry::{Homography, Match, Point, Robust, fit_affine, fit_similarity},
};

/// Longest side of the thumbnails that are compared, pixels.
const THUMBNAIL: usize = 64;
/// Crops (> 1) and paddings (< 1) that are tried around each shape.
const ZOOMS: [f64; 9] = [1.0, 0.8, 0.9, 1.1, 1.2, 1.35, 1.5, 1.75, 2.0];
/// Largest shift that is tried, as a share of the thumbnail.
const SHIFT: f64 = 0.3;
/// Gain in correlation that another placement must bring over the plainest one.
const CLEARLY_BETTER: f64 = 0.04;
/// Shapes that differ by less than this are one shape.
const SAME_SHAPE: f64 = 0.02;
/// Movement of a corner below which the dense registration needs no better start, pixels.
const NEAR_ENOUGH: f64 = 1.0;

/// Share of points that an affinity must explain beyond what a similarity does.
const CLEARLY_MORE: f64 = 0.1;
/// Ratio of the scales along and across, minus 1, up to which a provider squeezes what it does not crop.
const MOST_SQUEEZED: f64 = 0.15;

/// An axis-parallel placement, refined by a similarity or a slight squeeze: maps canvas pixels into the seed.
#[derive(Clone, Debug)]
pub(crate) struct Placement {
    /// `seed_from_canvas`.
    seed_from_canvas: Homography,
}

impl Placement {
    /// Finds how `seed` lies over a canvas that shows `frame`.
    pub(crate) fn find(seed: &Picture, frame: &Picture) -> Self {
        let canvas = frame.size();
        let thumbnail = canvas.fit(THUMBNAIL);
        let target = pyramid::resize(&frame.luma(), thumbnail);
        let seed_thumbnail_size = seed.size().fit(2 * THUMBNAIL);
        let small_seed = pyramid::resize(&seed.luma(), seed_thumbnail_size);
        let mut best: Option<(f64, Self)> = None;
        for shape in shapes(seed.size(), canvas) {
            for zoom in ZOOMS {
                let (reach_x, reach_y) = if zoom == 1.0 && best.is_none() { (0, 0) } else { reach(thumbnail) };
                for dy in (-reach_y..=reach_y).step_by(2) {
                    for dx in (-reach_x..=reach_x).step_by(2) {
                        let shift = (dx as f64 / thumbnail.width as f64, dy as f64 / thumbnail.height as f64);
                        let placement = Self::axis_parallel(seed.size(), canvas, shape, zoom, shift);
                        let likeness = placement.likeness(&small_seed, seed.size(), &target, canvas);
                        let needed = best.as_ref().map_or(f64::NEG_INFINITY, |(l, p)| {
                            l + if p.is_plain(seed.size(), canvas) { CLEARLY_BETTER } else { 0.0 }
                        });
                        if likeness > needed {
                            best = Some((likeness, placement));
                        }
                    }
                }
                if zoom == 1.0 && best.as_ref().is_some_and(|(l, _)| *l > 0.9) {
                    break;
                }
            }
            if best.as_ref().is_some_and(|(l, _)| *l > 0.9) {
                break;
            }
        }
        best.map_or_else(|| Self::plain(seed.size(), canvas), |(_, placement)| placement)
    }

    /// The seed stretched over the canvas.
    pub(crate) fn plain(seed: Size, canvas: Size) -> Self {
        Self::axis_parallel(seed, canvas, shapes(seed, canvas)[0], 1.0, (0.0, 0.0))
    }

    /// Corrects the placement by what the dense flow `frame_from_canvas` says, where that moves it noticeably.
    pub(crate) fn refined(&self, flow: &Flow, trusted: &Plane<f32>) -> Option<Self> {
        let size = flow.size();
        let step = (size.width.max(size.height) / 48).max(1);
        let mut matches = Vec::new();
        for y in (step / 2..size.height).step_by(step) {
            for x in (step / 2..size.width).step_by(step) {
                if trusted.at(x, y) > 0.0 {
                    let (u, v) = flow.at(x, y);
                    let from = Point { x: x as f64, y: y as f64 };
                    let to = Point { x: from.x + f64::from(u), y: from.y + f64::from(v) };
                    matches.push(Match { from, to, weight: 1.0 });
                }
            }
        }
        let near = Robust::within(1.0);
        let plain = fit_similarity(&matches, &near);
        let needed = plain.as_ref().map_or(0.0, |fit| fit.inlier_fraction) + CLEARLY_MORE;
        let squeezed = fit_affine(&matches, &near)
            .filter(|fit| fit.inlier_fraction > needed && squeeze(&fit.model) < MOST_SQUEEZED);
        let fit = squeezed.or(plain)?;
        let corners = [(0, 0), (size.width, 0), (0, size.height), (size.width, size.height)];
        let moved = corners
            .iter()
            .map(|&(x, y)| Point { x: x as f64, y: y as f64 })
            .map(|corner| fit.model.apply(corner).distance(corner))
            .fold(0.0, f64::max);
        if fit.inlier_fraction < 0.5 || !moved.is_finite() || moved < NEAR_ENOUGH {
            return None;
        }
        let canvas_from_frame = fit.model.inverse()?;
        Some(Self { seed_from_canvas: canvas_from_frame.then(&self.seed_from_canvas) })
    }

    /// `canvas_from_seed`, scaled to a clip whose full size is `clip`.
    pub(crate) fn clip_from_seed(&self, canvas: Size, clip: Size) -> [[f64; 3]; 3] {
        let (sx, sy) = (clip.width as f64 / canvas.width as f64, clip.height as f64 / canvas.height as f64);
        let scale = Homography([[sx, 0.0, 0.5 * (sx - 1.0)], [0.0, sy, 0.5 * (sy - 1.0)], [0.0, 0.0, 1.0]]);
        self.seed_from_canvas.inverse().map_or_else(|| Homography::identity().0, |inverse| inverse.then(&scale).0)
    }

    /// The other way round, and in other sizes: how the picture of the canvas lies over the seed. `found` are the sizes of
    /// seed and canvas, `wanted` those of the picture and of the seed that it is laid over.
    pub(crate) fn turned(&self, found: (Size, Size), wanted: (Size, Size)) -> Self {
        let canvas_from_seed = match self.seed_from_canvas.inverse() {
            Some(inverse) if !self.is_stretched(found.0, found.1) => inverse,
            _ => return Self::stretched(wanted.0, wanted.1),
        };
        let scale = |from: Size, to: Size| {
            let (sx, sy) = (to.width as f64 / from.width as f64, to.height as f64 / from.height as f64);
            Homography([[sx, 0.0, 0.5 * (sx - 1.0)], [0.0, sy, 0.5 * (sy - 1.0)], [0.0, 0.0, 1.0]])
        };
        let onto = scale(wanted.1, found.0).then(&canvas_from_seed).then(&scale(found.1, wanted.0));
        Self { seed_from_canvas: onto }
    }

    /// Whether all of the seed lies on all of the canvas.
    pub(crate) fn is_stretched(&self, seed: Size, canvas: Size) -> bool {
        self.seed_from_canvas.0 == Self::stretched(seed, canvas).seed_from_canvas.0
    }

    fn stretched(seed: Size, canvas: Size) -> Self {
        let step = (seed.width as f64 / canvas.width as f64, seed.height as f64 / canvas.height as f64);
        Self::axis_parallel(seed, canvas, step, 1.0, (0.0, 0.0))
    }

    /// The seed's picture on the canvas.
    pub(crate) fn lay(&self, seed: &Picture, canvas: Size) -> Picture {
        let [r, g, b] = &seed.rgb;
        Picture { rgb: [self.lay_plane(r, canvas), self.lay_plane(g, canvas), self.lay_plane(b, canvas)] }
    }

    /// One plane of the seed's size on the canvas.
    pub(crate) fn lay_plane(&self, plane: &Plane<f32>, canvas: Size) -> Plane<f32> {
        let from = Size::new(plane.width(), plane.height());
        let plain = Self::plain(from, canvas);
        if plain.seed_from_canvas.0 == self.seed_from_canvas.0 {
            return pyramid::resize(plane, canvas);
        }
        // shrink first, so that sampling between pixels does not alias
        let [[a, ..], [_, d, _], _] = self.seed_from_canvas.0;
        let shrink = |side: usize, step: f64| ((side as f64 / step.abs().max(1.0)).round() as usize).max(1);
        let small = Size::new(shrink(from.width, a), shrink(from.height, d));
        let plane = pyramid::resize(plane, small);
        let (sx, sy) = (small.width as f64 / from.width as f64, small.height as f64 / from.height as f64);
        let flow = Flow::from_fn(canvas, |x, y| {
            let at = self.seed_from_canvas.apply(Point { x: x as f64, y: y as f64 });
            let (sample_x, sample_y) = ((at.x + 0.5) * sx - 0.5, (at.y + 0.5) * sy - 0.5);
            ((sample_x - x as f64) as f32, (sample_y - y as f64) as f32)
        });
        flow::warp(&plane, &flow)
    }

    /// 1 where a canvas pixel shows the seed, else 0.
    pub(crate) fn visible(&self, seed: Size, canvas: Size) -> Plane<f32> {
        Plane::from_fn(canvas.width, canvas.height, |x, y| {
            let at = self.seed_from_canvas.apply(Point { x: x as f64, y: y as f64 });
            let inside = |v: f64, side: usize| v >= -0.75 && v <= side as f64 - 0.25;
            if inside(at.x, seed.width) && inside(at.y, seed.height) { 1.0 } else { 0.0 }
        })
    }

    /// Share of the seed's pixels that the canvas shows, `0..=1`.
    pub(crate) fn visible_fraction(&self, seed: Size, canvas: Size) -> f64 {
        let Some(canvas_from_seed) = self.seed_from_canvas.inverse() else { return 0.0 };
        let steps = 32;
        let seen = (0..steps * steps)
            .map(|i| Point {
                x: (f64::from(i % steps) + 0.5) / f64::from(steps) * seed.width as f64 - 0.5,
                y: (f64::from(i / steps) + 0.5) / f64::from(steps) * seed.height as f64 - 0.5,
            })
            .map(|p| canvas_from_seed.apply(p))
            .filter(|p| {
                (-0.5..canvas.width as f64 - 0.5).contains(&p.x) && (-0.5..canvas.height as f64 - 0.5).contains(&p.y)
            })
            .count();
        seen as f64 / f64::from(steps * steps)
    }

    fn is_plain(&self, seed: Size, canvas: Size) -> bool {
        self.seed_from_canvas.0 == Self::plain(seed, canvas).seed_from_canvas.0
    }

    fn axis_parallel(seed: Size, canvas: Size, shape: (f64, f64), zoom: f64, shift: (f64, f64)) -> Self {
        let (sx, sy) = (shape.0 / zoom, shape.1 / zoom);
        // centre of the canvas (shifted) on the centre of the seed, pixel centres at integers
        let offset = |side: usize, canvas: usize, step: f64, shift: f64| {
            0.5 * (side as f64 - 1.0) - step * (0.5 * (canvas as f64 - 1.0) + shift * canvas as f64)
        };
        let tx = offset(seed.width, canvas.width, sx, shift.0);
        let ty = offset(seed.height, canvas.height, sy, shift.1);
        Self { seed_from_canvas: Homography([[sx, 0.0, tx], [0.0, sy, ty], [0.0, 0.0, 1.0]]) }
    }

    /// Zero-mean correlation over the part of the thumbnail that shows the seed; less than half of it counts as unlike.
    fn likeness(&self, small_seed: &Plane<f32>, seed: Size, target: &Plane<f32>, canvas: Size) -> f64 {
        let (fx, fy) = (canvas.width as f64 / target.width() as f64, canvas.height as f64 / target.height() as f64);
        let (gx, gy) = (small_seed.width() as f64 / seed.width as f64, small_seed.height() as f64 / seed.height as f64);
        let [[a, _, tx], [_, d, ty], _] = self.seed_from_canvas.0;
        let column =
            |v: f64, from: f64, scale: f64, shift: f64, to: f64| ((from * (v + 0.5) - 0.5) * scale + shift + 0.5) * to;
        let xs: Vec<f64> = (0..target.width()).map(|x| column(x as f64, fx, a, tx, gx)).collect();
        let (mut n, mut sa, mut sb, mut saa, mut sbb, mut sab) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
        for y in 0..target.height() {
            let sy = column(y as f64, fy, d, ty, gy);
            if sy < 0.0 || sy >= small_seed.height() as f64 {
                continue;
            }
            let row = small_seed.row(sy as usize);
            for (&sx, &b) in xs.iter().zip(target.row(y)) {
                if sx < 0.0 || sx >= row.len() as f64 {
                    continue;
                }
                let (a, b) = (f64::from(row[sx as usize]), f64::from(b));
                n += 1.0;
                sa += a;
                sb += b;
                saa += a * a;
                sbb += b * b;
                sab += a * b;
            }
        }
        if n < 0.5 * target.data().len() as f64 {
            return -1.0;
        }
        let (va, vb) = (saa - sa * sa / n, sbb - sb * sb / n);
        (sab - sa * sb / n + n) / ((va + n) * (vb + n)).sqrt()
    }
}

/// Ratio of the larger to the smaller singular value of an affinity, minus 1.
fn squeeze(affine: &Homography) -> f64 {
    let [[a, b, _], [c, d, _], _] = affine.0;
    let (sum, difference) = ((a + d).hypot(b - c), (a - d).hypot(b + c));
    (sum + difference) / (sum - difference).abs().max(f64::MIN_POSITIVE) - 1.0
}

/// Seed pixels per canvas pixel along x and y: the plainest shape first.
fn shapes(seed: Size, canvas: Size) -> Vec<(f64, f64)> {
    let (x, y) = (seed.width as f64 / canvas.width as f64, seed.height as f64 / canvas.height as f64);
    if (x / y - 1.0).abs() < SAME_SHAPE {
        return vec![(x, y)];
    }
    let (cover, contain) = (x.min(y), x.max(y));
    vec![(cover, cover), (contain, contain), (x, y)]
}

fn reach(thumbnail: Size) -> (i32, i32) {
    ((thumbnail.width as f64 * SHIFT) as i32, (thumbnail.height as f64 * SHIFT) as i32)
}
