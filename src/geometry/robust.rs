//! Robust fitting of any model to matches: random minimal samples, scored and locally optimised under the marginalised
//! loss of MAGSAC++ (Barath et al., CVPR 2020) instead of a hard inlier threshold.

use super::{Match, Point, random::Random};

/// How a robust fit works.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Robust {
    /// The largest residual that a true match may have, pixels; noise of any smaller size is handled.
    pub threshold_px: f64,
    /// Upper bound on random samples; fewer are drawn once a better model is improbable.
    pub iterations: usize,
    /// Chooses the random draws.
    pub seed: u64,
}

impl Default for Robust {
    fn default() -> Self {
        Self { threshold_px: 1.5, iterations: 500, seed: 0 }
    }
}

impl Robust {
    /// The default fit with another threshold, pixels.
    pub fn within(threshold_px: f64) -> Self {
        Self { threshold_px, ..Self::default() }
    }
}

/// A model and how well the matches follow it.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit<M> {
    /// The model.
    pub model: M,
    /// For each match, whether its residual is below the threshold.
    pub inliers: Vec<bool>,
    /// Share of inliers among all matches, by count, `0..=1`.
    pub inlier_fraction: f64,
    /// Root mean square residual of the inliers, pixels.
    pub rms: f64,
}

/// What the search needs to know of a model. Matches come normalised: centred, with one common scale for both pictures.
pub(super) trait Estimate<const MINIMAL: usize> {
    type Model: Clone;

    /// The model through a minimal sample, `None` where the sample is degenerate.
    fn minimal(sample: &[Match; MINIMAL]) -> Option<Self::Model>;

    /// The weighted least-squares model of all `matches` near `start`, `None` where it is not determined.
    fn refine(start: &Self::Model, matches: &[Match], weights: &[f64]) -> Option<Self::Model>;

    /// Squared residual of one match; infinity where the model cannot map it.
    fn squared_error(model: &Self::Model, m: &Match) -> f64;

    /// Whether these matches, all of them true, determine the model.
    fn is_determined(matches: &[Match]) -> bool;
}

/// Moves both pictures' matches to zero mean and a common scale (Hartley 1997).
#[derive(Clone, Copy, Debug)]
pub(super) struct Normalisation {
    pub(super) from: Point,
    pub(super) to: Point,
    pub(super) scale: f64,
}

impl Normalisation {
    fn of(matches: &[Match]) -> Option<Self> {
        let n = matches.len() as f64;
        let mean = |f: fn(&Match) -> f64| matches.iter().map(f).sum::<f64>() / n;
        let from = Point::new(mean(|m| m.from.x), mean(|m| m.from.y));
        let to = Point::new(mean(|m| m.to.x), mean(|m| m.to.y));
        let spread = matches.iter().map(|m| m.from.distance(from) + m.to.distance(to)).sum::<f64>() / n;
        let scale = spread / (2.0 * std::f64::consts::SQRT_2);
        (scale.is_finite() && scale > 0.0).then_some(Self { from, to, scale })
    }

    fn apply(&self, m: &Match) -> Match {
        let shrink = |p: Point, centre: Point| Point::new((p.x - centre.x) / self.scale, (p.y - centre.y) / self.scale);
        Match { from: shrink(m.from, self.from), to: shrink(m.to, self.to), weight: m.weight }
    }
}

/// A fit in normalised coordinates, for the caller to take back to pixels.
pub(super) struct Found<M> {
    pub(super) model: M,
    pub(super) normalisation: Normalisation,
    inliers: Vec<bool>,
    rms: f64,
}

impl<M> Found<M> {
    /// The fit with its model taken to pixels by `denormalise`.
    pub(super) fn into_fit<P>(self, denormalise: impl FnOnce(M, &Normalisation) -> Option<P>) -> Option<Fit<P>> {
        let count = self.inliers.iter().filter(|&&i| i).count();
        Some(Fit {
            model: denormalise(self.model, &self.normalisation)?,
            inlier_fraction: count as f64 / self.inliers.len() as f64,
            inliers: self.inliers,
            rms: self.rms * self.normalisation.scale,
        })
    }
}

/// Draws needed so that one of them is clean with probability 1 − this.
const MISS: f64 = 1e-4;
/// Never stop before this many samples.
const MIN_SAMPLES: usize = 24;
/// Reweighted refinements of each new best model, and of the final one.
const LOCAL_STEPS: usize = 4;
const FINAL_STEPS: usize = 12;

/// The best model of `matches`, or `None` where they do not determine one.
pub(super) fn search<E: Estimate<N>, const N: usize>(matches: &[Match], robust: &Robust) -> Option<Found<E::Model>> {
    let usable: Vec<usize> = (0..matches.len()).filter(|&i| matches[i].is_usable()).collect();
    if usable.len() < N || robust.threshold_px.is_nan() || robust.threshold_px <= 0.0 {
        return None;
    }
    let raw: Vec<Match> = usable.iter().map(|&i| matches[i]).collect();
    let normalisation = Normalisation::of(&raw)?;
    let data: Vec<Match> = raw.iter().map(|m| normalisation.apply(m)).collect();
    let loss = Loss::new(robust.threshold_px / normalisation.scale);

    let mut random = Random::new(robust.seed);
    let mut best: Option<(E::Model, f64)> = None;
    let mut needed = robust.iterations.max(1);
    let mut drawn = 0;
    while drawn < needed {
        drawn += 1;
        let sample = random.distinct::<N>(data.len()).map(|i| data[i]);
        let Some(model) = E::minimal(&sample) else { continue };
        let floor = best.as_ref().map_or(0.0, |b| b.1);
        let Some(support) = loss.support_above::<E, N>(&model, &data, floor) else { continue };
        let (model, support) = loss.climb::<E, N>(model, support, &data, LOCAL_STEPS);
        let share = loss.inlier_share::<E, N>(&model, &data);
        needed = needed.min(samples_needed(share, N).max(MIN_SAMPLES));
        best = Some((model, support));
    }
    let (model, support) = best?;
    let (model, _) = loss.climb::<E, N>(model, support, &data, FINAL_STEPS);

    let errors: Vec<f64> = data.iter().map(|m| E::squared_error(&model, m)).collect();
    let kept: Vec<Match> = data.iter().zip(&errors).filter(|&(_, &e)| e < loss.limit).map(|(m, _)| *m).collect();
    if kept.len() < N || !E::is_determined(&kept) {
        return None;
    }
    let mut inliers = vec![false; matches.len()];
    let mut sum = 0.0;
    for (&i, &e) in usable.iter().zip(&errors) {
        if e < loss.limit {
            inliers[i] = true;
            sum += e;
        }
    }
    Some(Found { model, normalisation, inliers, rms: (sum / kept.len() as f64).sqrt() })
}

fn samples_needed(inlier_share: f64, sample_size: usize) -> usize {
    let clean = inlier_share.powi(sample_size as i32);
    if clean >= 1.0 { 1 } else { (MISS.ln() / (1.0 - clean).ln()).min(1e9).ceil() as usize }
}

/// Entries of the tabulated loss over the squared residual.
const TABLE: usize = 512;
/// 99 % quantile of the chi distribution with 2 degrees of freedom (a 2-D residual), in noise sigmas.
const QUANTILE: f64 = 3.034_854_258_770_293;

/// MAGSAC++: the weight of a residual, averaged over all noise levels up to `threshold / QUANTILE`, for 2-D residuals:
/// `w(r) ∝ erfc(r / √2σ) − erfc(QUANTILE / √2)`, and its loss `ρ(r) = ∫ x w(x) dx`. Both are tables over `r²`.
struct Loss {
    limit: f64,
    weight: Vec<f64>,
    gain: Vec<f64>,
}

impl Loss {
    fn new(threshold: f64) -> Self {
        let limit = threshold * threshold;
        let tail = complementary_error(QUANTILE / std::f64::consts::SQRT_2);
        let weight: Vec<f64> = (0..=TABLE)
            .map(|i| {
                let r = (i as f64 / TABLE as f64).sqrt() * QUANTILE;
                (complementary_error(r / std::f64::consts::SQRT_2) - tail).max(0.0) / (1.0 - tail)
            })
            .collect();
        // x dx = d(x²) / 2, so the loss is the running mean of the weight over r²; the gain is what is left of it
        let mut rho = vec![0.0; TABLE + 1];
        for i in 1..=TABLE {
            rho[i] = rho[i - 1] + f64::midpoint(weight[i - 1], weight[i]);
        }
        let gain = rho.iter().map(|r| 1.0 - r / rho[TABLE]).collect();
        Self { limit, weight, gain }
    }

    fn lookup(&self, table: &[f64], squared_error: f64) -> f64 {
        if squared_error < self.limit {
            let at = squared_error / self.limit * TABLE as f64;
            let i = at as usize;
            table[i] + (table[i + 1] - table[i]) * (at - i as f64)
        } else {
            0.0
        }
    }

    /// Total gain of a model, or `None` as soon as it cannot exceed `floor`.
    fn support_above<E: Estimate<N>, const N: usize>(
        &self,
        model: &E::Model,
        data: &[Match],
        floor: f64,
    ) -> Option<f64> {
        let mut hope: f64 = data.iter().map(|m| m.weight).sum();
        let mut support = 0.0;
        for block in data.chunks(64) {
            for m in block {
                support += m.weight * self.lookup(&self.gain, E::squared_error(model, m));
                hope -= m.weight;
            }
            if support + hope <= floor {
                return None;
            }
        }
        (support > floor).then_some(support)
    }

    /// Iteratively reweighted refinement, as long as the support grows.
    fn climb<E: Estimate<N>, const N: usize>(
        &self,
        mut model: E::Model,
        mut support: f64,
        data: &[Match],
        steps: usize,
    ) -> (E::Model, f64) {
        for _ in 0..steps {
            let weights: Vec<f64> =
                data.iter().map(|m| m.weight * self.lookup(&self.weight, E::squared_error(&model, m))).collect();
            let Some(next) = E::refine(&model, data, &weights) else { break };
            let Some(better) = self.support_above::<E, N>(&next, data, support) else { break };
            let gained = better - support;
            (model, support) = (next, better);
            if gained <= 1e-12 * better {
                break;
            }
        }
        (model, support)
    }

    fn inlier_share<E: Estimate<N>, const N: usize>(&self, model: &E::Model, data: &[Match]) -> f64 {
        data.iter().filter(|m| E::squared_error(model, m) < self.limit).count() as f64 / data.len() as f64
    }
}

/// erfc for x ≥ 0, absolute error < 1.5e-7 (Abramowitz & Stegun 7.1.26).
fn complementary_error(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let series =
        t * (0.254_829_592 + t * (-0.284_496_736 + t * (1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429))));
    series * (-x * x).exp()
}

/// Ratio of the smaller to the larger spread (standard deviation) of points: 0 on a line or in one place.
pub(super) fn roundness(points: impl Iterator<Item = Point> + Clone) -> f64 {
    let n = points.clone().count() as f64;
    let (sx, sy) = points.clone().fold((0.0, 0.0), |(x, y), p| (x + p.x, y + p.y));
    let (mx, my) = (sx / n, sy / n);
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for p in points {
        let (x, y) = (p.x - mx, p.y - my);
        xx += x * x;
        xy += x * y;
        yy += y * y;
    }
    let middle = f64::midpoint(xx, yy);
    let radius = ((xx - yy) / 2.0).hypot(xy);
    if middle + radius <= f64::EPSILON { 0.0 } else { ((middle - radius).max(0.0) / (middle + radius)).sqrt() }
}
