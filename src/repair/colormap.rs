//! How a frame's colours have to change to be the still's again: an affine map of the opponent colours for every cell of
//! a coarse grid, fitted to what lies around it and tied to one map of the whole frame (a local linear model as in the
//! guided filter, He, Sun and Tang, PAMI 2013, with bilinear slicing as in Chen et al., *Bilateral Guided Upsampling*,
//! SIGGRAPH Asia 2016). The frame keeps its own structure, exposure and light: put back are turned or faded colours, the
//! lightness that goes with them (greys have none of that), and the contrast of the whole frame.

use super::moments::{Moments, Theta, features};
use crate::{
    drift::Pair,
    frame::{Picture, oklab_from_srgb, srgb_from_oklab},
};
use rayon::prelude::*;

/// Cells along either side of the frame.
const CELLS: usize = 16;
/// Spread of the places that a cell's map is fitted to, cells.
const SPREAD: f64 = 1.0;
/// What the whole frame's map is worth against a cell's own, in shares of an average cell's pairs.
const PRIOR: f64 = 0.02;
/// What leaving the colours alone is worth against the whole frame's map, in shares of all pairs.
const DOUBT: f64 = 5e-4;
/// Rounds of fitting; pairs that do not follow count less in each.
const ROUNDS: usize = 5;
/// Distance from the fit at which a pair counts half, Oklab × 100: about two just noticeable differences.
const ODD: f32 = 2.0;
/// Lightness below which colour is noise, Oklab × 100.
const DARK: f32 = 12.0;
/// Local deviation from the frame's gain that halves a pair's say (highlights and shadows that move), natural logarithm.
const LOCAL_LIGHT: f32 = 0.12;

/// Four coefficients each for L, a and b.
type Cell = [f32; 12];

/// What is added to a frame's colours, by place.
#[derive(Clone, Debug, PartialEq)]
pub struct ColorMap {
    /// Row by row, `CELLS` × `CELLS`: what is added to L, a and b per unit of each feature.
    cells: Vec<Cell>,
    /// Lightness against the still, ratio of Oklab L: the exposure, which the map leaves as it is.
    gain: f32,
}

impl ColorMap {
    /// The map that fits `pairs`; `None` where there are too few to tell.
    pub fn fit(pairs: &[Pair]) -> Option<Self> {
        let lit: Vec<Pair> = pairs.iter().filter(|p| p.still[0] > DARK && p.frame[0] > 0.5 * DARK).copied().collect();
        let gain = gain(&lit)?;
        let wanted = |pair: &Pair| [0, 1, 2].map(|k| gain * pair.still[k] - pair.frame[k]);
        let trust = |pair: &Pair| {
            let local = (pair.frame[0] / pair.still[0] / gain).ln();
            pair.trust / (1.0 + (local / LOCAL_LIGHT).powi(2))
        };
        let mut weights: Vec<f32> = lit.iter().map(trust).collect();
        let mut cells = Vec::new();
        for _ in 0..ROUNDS {
            cells = fit_cells(&lit, &weights, wanted);
            for (weight, pair) in weights.iter_mut().zip(&lit) {
                let (want, have) = (wanted(pair), added(&cells, pair.place, pair.frame));
                let odd = (want[1] - have[1]).hypot(want[2] - have[2]) / ODD;
                *weight = trust(pair) / (1.0 + odd * odd);
            }
        }
        Some(Self { cells, gain })
    }

    /// Lightness against the still, natural logarithm of the ratio of Oklab L.
    pub fn log_gain(&self) -> f32 {
        self.gain.ln()
    }

    /// The weighted mean of maps, with the gain of the first.
    pub(super) fn blend(own: &Self, parts: &[(&Self, f32)]) -> Self {
        let total: f32 = parts.iter().map(|(_, weight)| weight).sum();
        let mut mean = Self { cells: vec![[0.0; 12]; own.cells.len()], gain: own.gain };
        for (map, weight) in parts {
            let share = weight / total;
            for (sum, cell) in mean.cells.iter_mut().zip(&map.cells) {
                sum.iter_mut().zip(cell).for_each(|(s, v)| *s += share * v);
            }
        }
        mean
    }

    /// `picture` with `strength` (`0..=1`) of the map in it, and its lightness multiplied by `light` (ratio of Oklab L).
    pub fn apply(&self, picture: &Picture, strength: f32, light: f32) -> Picture {
        let size = picture.size();
        let mut out = picture.clone();
        let [r, g, b] = &mut out.rgb;
        let width = size.width.max(1);
        let rows = (
            r.data_mut().par_chunks_mut(width),
            g.data_mut().par_chunks_mut(width),
            b.data_mut().par_chunks_mut(width),
        );
        rows.into_par_iter().enumerate().for_each(|(y, (r, g, b))| {
            let row = Row::new(&self.cells, (y as f32 + 0.5) / size.height as f32);
            for (x, ((r, g), b)) in r.iter_mut().zip(g).zip(b).enumerate() {
                let lab = oklab_from_srgb([*r, *g, *b]);
                let change = row.added((x as f32 + 0.5) / size.width as f32, lab);
                [*r, *g, *b] = srgb_from_oklab([0, 1, 2].map(|k| light * (lab[k] + strength * change[k])));
            }
        });
        out
    }
}

/// The trusted middle of the ratios of lightness.
fn gain(pairs: &[Pair]) -> Option<f32> {
    let mut ratios: Vec<(f32, f32)> = pairs.iter().map(|p| (p.frame[0] / p.still[0], p.trust)).collect();
    ratios.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let half = 0.5 * ratios.iter().map(|(_, trust)| f64::from(*trust)).sum::<f64>();
    let mut below = 0.0;
    let middle = ratios.iter().find(|(_, trust)| {
        below += f64::from(*trust);
        below >= half
    });
    middle.map(|(ratio, _)| *ratio).filter(|ratio| half > 0.0 && (0.2..=5.0).contains(ratio))
}

fn fit_cells(pairs: &[Pair], weights: &[f32], wanted: impl Fn(&Pair) -> [f32; 3]) -> Vec<Cell> {
    let mut grid = vec![Moments::default(); CELLS * CELLS];
    let cell = |share: f32| ((share * CELLS as f32).max(0.0) as usize).min(CELLS - 1);
    for (pair, &weight) in pairs.iter().zip(weights) {
        let [x, y] = pair.place;
        grid[cell(y) * CELLS + cell(x)].add(features(pair.frame), wanted(pair), weight);
    }
    let mut whole = Moments::default();
    for moments in &grid {
        whole.join(moments, 1.0);
    }
    let common = whole.solve(DOUBT * whole.mass(), &Theta::zeros());
    let prior = PRIOR * whole.mass() / grid.len() as f64;
    let across = spread(&grid, 1, CELLS);
    let around = spread(&across, CELLS, 1);
    let flat = |theta: Theta| std::array::from_fn(|i| theta[(i % 4, i / 4)] as f32);
    let fitted = |moments: &Moments| {
        let mut theta = moments.solve(prior, &common);
        // lightness that does not go with the colours is light, and light is local: only the whole frame's is put back
        theta.fixed_view_mut::<2, 1>(0, 0).copy_from(&common.fixed_view::<2, 1>(0, 0));
        flat(theta)
    };
    around.iter().map(fitted).collect()
}

/// Each cell's moments with those of its neighbours along one direction: `step` from cell to cell, `line` between lines.
fn spread(grid: &[Moments], step: usize, line: usize) -> Vec<Moments> {
    let radius = (3.0 * SPREAD).ceil() as usize;
    let mut out = vec![Moments::default(); grid.len()];
    for start in 0..CELLS {
        for at in 0..CELLS {
            let sum = &mut out[start * line + at * step];
            for other in at.saturating_sub(radius)..=(at + radius).min(CELLS - 1) {
                let distance = (other as f64 - at as f64) / SPREAD;
                sum.join(&grid[start * line + other * step], (-0.5 * distance * distance).exp());
            }
        }
    }
    out
}

/// What the map adds to `color` at `place`.
fn added(cells: &[Cell], [x, y]: [f32; 2], color: [f32; 3]) -> [f32; 3] {
    Row::new(cells, y).added(x, color)
}

/// The cells' maps between their rows, at one height.
struct Row([Cell; CELLS]);

/// The two cells around a share of a side, and how far the place is from the first to the second.
fn between(share: f32) -> (usize, usize, f32) {
    let at = (share * CELLS as f32 - 0.5).clamp(0.0, (CELLS - 1) as f32);
    let first = at as usize;
    (first, (first + 1).min(CELLS - 1), at - first as f32)
}

fn mixed(a: &Cell, b: &Cell, t: f32) -> Cell {
    std::array::from_fn(|i| a[i] + (b[i] - a[i]) * t)
}

impl Row {
    fn new(cells: &[Cell], share: f32) -> Self {
        let (above, below, t) = between(share);
        Self(std::array::from_fn(|x| mixed(&cells[above * CELLS + x], &cells[below * CELLS + x], t)))
    }

    fn added(&self, share: f32, color: [f32; 3]) -> [f32; 3] {
        let (left, right, t) = between(share);
        let map = mixed(&self.0[left], &self.0[right], t);
        let phi = features(color);
        let sum = |from: usize| phi.iter().zip(&map[from..]).map(|(p, m)| p * m).sum();
        [sum(0), sum(4), sum(8)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Plane, Size};
    use approx::assert_abs_diff_eq;

    /// Colours of every kind over the whole frame; the right half's are changed by `f`.
    fn pairs(f: impl Fn([f32; 3]) -> [f32; 3]) -> Vec<Pair> {
        let colors = [[40.0, 12.0, 6.0], [70.0, -3.0, 10.0], [85.0, 0.0, 2.0], [55.0, 4.0, -9.0], [25.0, 8.0, 1.0]];
        let place = |i: usize| [(i % 64) as f32 / 64.0 + 1.0 / 128.0, (i / 64) as f32 / 64.0 + 1.0 / 128.0];
        let pair = |i: usize| {
            let (still, place) = (colors[(i * 7 + i / 64) % 5], place(i));
            Pair { place, still, frame: if place[0] > 0.5 { f(still) } else { still }, trust: 1.0 }
        };
        (0..64 * 64).map(pair).collect()
    }

    fn turned([l, a, b]: [f32; 3]) -> [f32; 3] {
        let (sin, cos) = 0.4f32.sin_cos();
        [l, a * cos - b * sin, a * sin + b * cos]
    }

    #[test]
    fn nothing_to_change_changes_nothing() {
        let map = ColorMap::fit(&pairs(|c| c)).unwrap();
        assert!(map.cells.iter().flatten().all(|v| v.abs() < 1e-5));
        assert_eq!(map.log_gain(), 0.0);
        let picture = Picture::filled(Size::new(8, 6), [0.2, 0.6, 0.7]);
        let same = map.apply(&picture, 1.0, 1.0);
        assert_abs_diff_eq!(same.rgb[1].at(3, 3), 0.6, epsilon = 1e-3);
    }

    #[test]
    fn a_turned_half_is_turned_back_and_the_other_stays() {
        let pairs = pairs(turned);
        let map = ColorMap::fit(&pairs).unwrap();
        for pair in pairs.iter().filter(|p| (p.place[0] - 0.5).abs() > 0.2) {
            let [_, da, db] = added(&map.cells, pair.place, pair.frame);
            let off = (pair.frame[1] + da - pair.still[1]).hypot(pair.frame[2] + db - pair.still[2]);
            assert!(off < 0.5, "{pair:?}: {off}");
        }
    }

    #[test]
    fn exposure_stays_and_lost_contrast_comes_back() {
        let darker = |[l, a, b]: [f32; 3]| [0.9 * l, 0.9 * a, 0.9 * b];
        let everywhere = |f: &dyn Fn([f32; 3]) -> [f32; 3]| -> Vec<Pair> {
            pairs(|c| c).into_iter().map(|p| Pair { frame: f(p.still), ..p }).collect()
        };
        let map = ColorMap::fit(&everywhere(&darker)).unwrap();
        assert_abs_diff_eq!(map.log_gain(), 0.9f32.ln(), epsilon = 1e-4);
        assert!(map.cells.iter().flatten().all(|v| v.abs() < 0.01));
        // 55 is the middle of the lightnesses: it stays
        let flat = ColorMap::fit(&everywhere(&|[l, a, b]| [55.0 + 0.8 * (l - 55.0), a, b])).unwrap();
        let lightness = |l: f32| l + added(&flat.cells, [0.5, 0.5], [l, 0.0, 0.0])[0];
        assert_abs_diff_eq!(lightness(55.0 + 0.8 * 30.0), 85.0, epsilon = 0.5);
        assert_abs_diff_eq!(lightness(55.0 - 0.8 * 30.0), 25.0, epsilon = 0.5);
    }

    #[test]
    fn what_shows_something_else_does_not_pull() {
        let mut pairs = pairs(turned);
        for pair in pairs.iter_mut().step_by(9) {
            pair.frame = [pair.frame[0], pair.frame[1] + 25.0, pair.frame[2] - 20.0];
        }
        let map = ColorMap::fit(&pairs).unwrap();
        let right = |x: f32, still: [f32; 3]| {
            let frame = turned(still);
            let [_, da, db] = added(&map.cells, [x, 0.5], frame);
            (frame[1] + da - still[1]).hypot(frame[2] + db - still[2])
        };
        assert!(right(0.9, [40.0, 12.0, 6.0]) < 1.2, "{}", right(0.9, [40.0, 12.0, 6.0]));
    }

    #[test]
    fn light_is_a_factor_and_no_pairs_are_no_map() {
        assert_eq!(ColorMap::fit(&[]), None);
        let map = ColorMap::fit(&pairs(|c| c)).unwrap();
        let brighter = map.apply(&Picture { rgb: [0, 1, 2].map(|_| Plane::filled(2, 2, 0.5)) }, 0.0, 1.1);
        let lightness = |v: f32| oklab_from_srgb([v; 3])[0];
        assert_abs_diff_eq!(lightness(brighter.rgb[0].at(0, 0)), 1.1 * lightness(0.5), epsilon = 0.01);
    }
}
