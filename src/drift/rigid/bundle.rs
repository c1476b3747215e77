//! One rigid body before a moving camera: bundle adjustment (Triggs et al., *Bundle Adjustment – A Modern Synthesis*, 1999) anchored
//! in the seed, whose every point keeps its ray and gets one unknown, its nearness (inverse depth).
//!
//! A frame has six unknowns: rotation and shift. That is what makes it strict: a bend that a free plane and a free
//! parallax would swallow does not fit a body that only turns and moves.

use super::{
    equations::Equations,
    view::{UNKNOWNS, View},
};
use nalgebra::{DMatrix, Matrix2, SMatrix, Vector2, Vector3};

/// Distance in standard deviations at which a sight counts half (Cauchy).
const HALF_WEIGHT: f64 = 3.0;
/// Standard deviation of a product's nearness around its mean: things are less deep than they are far.
const RELIEF: f64 = 0.15;
/// Steps that find a frame's view before everything is solved together.
const RESECTIONS: usize = 8;
/// Fewest sights from which a view is found.
const LEAST_SIGHTS: usize = 15;
/// How far the starts bulge towards the camera, as a share of the distance.
const ROUNDNESS: [f64; 2] = [0.0, 0.06];
/// Share of a cost that another explanation must stay below.
pub(super) const CLEARLY_LESS: f64 = 0.8;
/// Share of the cost that a step must still gain.
const GAIN: f64 = 2e-4;
/// Damping at which no step helps any more.
const STUCK: f64 = 1e4;

/// Where a landmark was seen in a frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sight {
    /// Pixels from the picture's centre.
    pub at: Vector2<f64>,
    /// Turns an error in pixels into standard deviations along the two axes of its uncertainty.
    pub whiten: Matrix2<f64>,
}

/// Sights of some landmarks in some frames.
#[derive(Clone, Debug)]
pub(super) struct Sights {
    /// Focal length, pixels.
    pub focal: f64,
    /// Ray of each landmark through the seed's pixel, at depth 1.
    pub rays: Vec<Vector3<f64>>,
    /// How much each landmark counts, `0..=1`.
    pub weights: Vec<f64>,
    /// Per frame and landmark; `None` where it was not seen.
    pub frames: Vec<Vec<Option<Sight>>>,
}

/// The body and its views.
#[derive(Clone, Debug)]
pub(super) struct Body {
    pub views: Vec<View>,
    /// Inverse depth of each landmark; about 1.
    pub nearness: Vec<f64>,
}

impl Body {
    /// A flat body that stays where the seed shows it.
    pub(super) fn at_rest(sights: &Sights) -> Self {
        Self { views: vec![View::at_rest(); sights.frames.len()], nearness: vec![1.0; sights.rays.len()] }
    }

    /// The same views of another, flat body of `landmarks` points.
    pub(super) fn with_landmarks(&self, nearness: f64, landmarks: usize) -> Self {
        Self { views: self.views.clone(), nearness: vec![nearness; landmarks] }
    }
}

impl Sights {
    /// The body and the views that explain the sights best, within `iterations` damped Gauss-Newton steps from each of a few
    /// starts: a small turn of a flat body looks the same to both sides (the reversal of Necker), so it is tried round, too.
    pub(super) fn explain(&self, iterations: usize) -> Body {
        let start = |roundness| {
            let body = self.settle(self.resect(self.round(roundness)), iterations);
            (self.cost(&body), body)
        };
        let (flat, round) = rayon::join(|| start(ROUNDNESS[0]), || start(ROUNDNESS[1]));
        let body = if round.0.total_cmp(&flat.0).is_lt() { round.1 } else { flat.1 };
        self.review(body, iterations)
    }

    /// The body that explains the sights best, from a relief that is not far from it.
    pub(super) fn explain_from(&self, nearness: Vec<f64>, iterations: usize) -> Body {
        self.improve(self.resect(nearness), iterations)
    }

    /// The body that explains the sights best, from one that is not far from it.
    pub(super) fn improve(&self, body: Body, iterations: usize) -> Body {
        self.review(self.settle(body, iterations), iterations)
    }

    /// A settled body once more, where a frame has a better view.
    fn review(&self, mut body: Body, iterations: usize) -> Body {
        if self.look_again(&mut body) {
            body = self.settle(body, iterations);
        }
        body
    }

    /// These landmarks and those of `others`, which all count in full.
    pub(super) fn joined(&self, others: &Self) -> Self {
        let join = |(own, others): (&Vec<_>, &Vec<_>)| own.iter().chain(others).copied().collect();
        Self {
            focal: self.focal,
            rays: [&self.rays[..], &others.rays].concat(),
            weights: self.weights.iter().copied().chain(others.rays.iter().map(|_| 1.0)).collect(),
            frames: self.frames.iter().zip(&others.frames).map(join).collect(),
        }
    }

    /// The same, seen through a lens `length` times as long.
    pub(super) fn through(mut self, length: f64) -> Self {
        self.focal *= length;
        for ray in &mut self.rays {
            (ray.x, ray.y) = (ray.x / length, ray.y / length);
        }
        self
    }

    /// The same, of the first `frames` alone.
    pub(super) fn until(&self, frames: usize) -> Self {
        let frames = self.frames.iter().take(frames).cloned().collect();
        Self { focal: self.focal, rays: self.rays.clone(), weights: self.weights.clone(), frames }
    }

    fn settle(&self, mut body: Body, iterations: usize) -> Body {
        let (mut cost, mut damping) = (self.cost(&body), 1e-3);
        for _ in 0..iterations {
            let equations = self.equations(&body);
            let mut better = None;
            while better.is_none() && damping < STUCK {
                better = equations
                    .step(&body, damping)
                    .map(|body| (self.cost(&body), body))
                    .filter(|(candidate, _)| *candidate < cost);
                damping *= if better.is_some() { 0.2 } else { 4.0 };
            }
            let Some((next, found)) = better else { break };
            let gained = cost - next > GAIN * cost;
            (body, cost, damping) = (found, next, damping.max(1e-6));
            if !gained {
                break;
            }
        }
        body
    }

    /// Tries each frame's view afresh from its neighbours' on both sides, and keeps what explains it better: whether any was.
    fn look_again(&self, body: &mut Body) -> bool {
        let mut any = false;
        let frames = self.frames.len();
        for t in (0..frames).chain((0..frames).rev()) {
            for near in [t.checked_sub(1), Some(t + 1).filter(|&t| t < frames)].into_iter().flatten() {
                let view = self.resection(t, body.views[near], &body.nearness);
                if self.cost_of(t, &view, &body.nearness)
                    < CLEARLY_LESS * self.cost_of(t, &body.views[t], &body.nearness)
                {
                    body.views[t] = view;
                    any = true;
                }
            }
        }
        any
    }

    /// Nearness of a body that bulges towards the camera by `roundness`.
    fn round(&self, roundness: f64) -> Vec<f64> {
        let count = self.rays.len().max(1) as f64;
        let centre = self.rays.iter().sum::<Vector3<f64>>() / count;
        let spread = self.rays.iter().map(|ray| (ray - centre).norm_squared()).sum::<f64>() / count;
        self.rays.iter().map(|ray| 1.0 + roundness * (1.0 - (ray - centre).norm_squared() / spread.max(1e-9))).collect()
    }

    /// Where a frame shows the body's landmarks: pixels from the picture's centre.
    pub(super) fn shown(&self, body: &Body, t: usize) -> impl Iterator<Item = Vector2<f64>> {
        self.shown_from(&body.views[t], &body.nearness)
    }

    /// Where a view shows the landmarks, of this nearness: pixels from the picture's centre.
    pub(super) fn shown_from(&self, view: &View, nearness: &[f64]) -> impl Iterator<Item = Vector2<f64>> {
        self.rays.iter().zip(nearness).map(|(ray, &nearness)| view.show(ray, nearness, self.focal).at)
    }

    /// What the body leaves of each sight: pixels, `[frame][landmark]`.
    pub(super) fn leftovers(&self, body: &Body) -> Vec<Vec<Option<Vector2<f64>>>> {
        let left = |(sights, view): (&Vec<Option<Sight>>, &View)| {
            (0..self.rays.len())
                .map(|i| sights[i].map(|s| s.at - view.show(&self.rays[i], body.nearness[i], self.focal).at))
                .collect()
        };
        self.frames.iter().zip(&body.views).map(left).collect()
    }

    /// Mean robust cost of each landmark's sights under a body's views; 0 of none.
    pub(super) fn costs(&self, body: &Body) -> Vec<f64> {
        let cost = |i: usize| {
            let of_frame = |(t, view): (usize, &View)| self.off(t, i, view, body.nearness[i]);
            let costs: Vec<f64> = body.views.iter().enumerate().filter_map(of_frame).map(|off| robust(&off)).collect();
            costs.iter().sum::<f64>() / costs.len().max(1) as f64
        };
        (0..self.rays.len()).map(cost).collect()
    }

    /// Views of a body, each found from the one before.
    fn resect(&self, nearness: Vec<f64>) -> Body {
        let mut views = Vec::with_capacity(self.frames.len());
        let mut view = View::at_rest();
        for t in 0..self.frames.len() {
            view = self.resection(t, view, &nearness);
            views.push(view);
        }
        Body { views, nearness }
    }

    /// The view of frame `t`, found from `view`.
    pub(super) fn resection(&self, t: usize, mut view: View, nearness: &[f64]) -> View {
        let sights = &self.frames[t];
        if sights.iter().flatten().count() < LEAST_SIGHTS {
            return view;
        }
        for _ in 0..RESECTIONS {
            let (mut pull, strength) = view.prior();
            let mut matrix = SMatrix::<f64, UNKNOWNS, UNKNOWNS>::from_diagonal(&strength);
            self.each(sights, &view, nearness, |_, by_view, _, off, weight| {
                matrix += by_view.transpose() * by_view * weight;
                pull += by_view.transpose() * off * weight;
            });
            let Some(cholesky) = matrix.cholesky() else { break };
            view = view.moved(&cholesky.solve(&pull));
        }
        view
    }

    /// Hands over each sight of a frame: landmark, whitened derivatives by view and by nearness, whitened error
    /// and robust weight.
    fn each(
        &self,
        sights: &[Option<Sight>],
        view: &View,
        nearness: &[f64],
        mut use_it: impl FnMut(usize, &SMatrix<f64, 2, UNKNOWNS>, &Vector2<f64>, &Vector2<f64>, f64),
    ) {
        for (i, sight) in sights.iter().enumerate() {
            let Some(sight) = sight else { continue };
            let shown = view.show(&self.rays[i], nearness[i], self.focal);
            let off = sight.whiten * (sight.at - shown.at);
            let by_view = sight.whiten * shown.by_view(view, nearness[i]);
            let by_nearness = sight.whiten * (shown.by_point() * view.shift);
            let weight = self.weights[i] / (1.0 + off.norm_squared() / (HALF_WEIGHT * HALF_WEIGHT));
            use_it(i, &by_view, &by_nearness, &off, weight);
        }
    }

    fn equations(&self, body: &Body) -> Equations {
        let (frames, landmarks) = (self.frames.len(), self.rays.len());
        let stiff = 1.0 / (RELIEF * RELIEF);
        let mut equations = Equations {
            views: Vec::with_capacity(frames),
            pulls: Vec::with_capacity(frames),
            relief: vec![stiff; landmarks],
            relief_pulls: body.nearness.iter().map(|n| (1.0 - n) * stiff).collect(),
            coupling: DMatrix::zeros(UNKNOWNS * frames, landmarks),
        };
        for (t, (sights, view)) in self.frames.iter().zip(&body.views).enumerate() {
            let (mut pull, strength) = view.prior();
            let mut matrix = SMatrix::<f64, UNKNOWNS, UNKNOWNS>::from_diagonal(&strength);
            let Equations { relief, relief_pulls, coupling, .. } = &mut equations;
            self.each(sights, view, &body.nearness, |i, by_view, by_nearness, off, weight| {
                let weighted = by_view.transpose() * weight;
                matrix += weighted * by_view;
                pull += weighted * off;
                relief[i] += weight * by_nearness.norm_squared();
                relief_pulls[i] += weight * by_nearness.dot(off);
                coupling.fixed_view_mut::<UNKNOWNS, 1>(UNKNOWNS * t, i).copy_from(&(weighted * by_nearness));
            });
            equations.views.push(matrix);
            equations.pulls.push(pull);
        }
        equations
    }

    /// What a body leaves: robust cost of all sights, and how unlikely its relief and its views are.
    pub(super) fn cost(&self, body: &Body) -> f64 {
        let relief: f64 = body.nearness.iter().map(|n| (n - 1.0).powi(2)).sum();
        let views = body.views.iter().enumerate().map(|(t, view)| self.cost_of(t, view, &body.nearness));
        relief / (RELIEF * RELIEF) + views.sum::<f64>()
    }

    fn cost_of(&self, t: usize, view: &View, nearness: &[f64]) -> f64 {
        let seen = (0..self.rays.len()).filter_map(|i| {
            let off = self.off(t, i, view, nearness[i])?;
            Some(self.weights[i] * robust(&off))
        });
        view.prior_cost() + seen.sum::<f64>()
    }

    /// Whitened error of a sight; `None` where there is none.
    fn off(&self, t: usize, i: usize, view: &View, nearness: f64) -> Option<Vector2<f64>> {
        let sight = self.frames[t][i].as_ref()?;
        Some(sight.whiten * (sight.at - view.show(&self.rays[i], nearness, self.focal).at))
    }
}

/// Cost of a whitened error (Cauchy).
fn robust(off: &Vector2<f64>) -> f64 {
    let half = HALF_WEIGHT * HALF_WEIGHT;
    half * (off.norm_squared() / half).ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::Rotation3;

    const FOCAL: f64 = 700.0;

    /// A cylinder's front that turns by up to 20 degrees, seen in 8 frames; `spoil` moves what is seen, by frame and place.
    fn turning(spoil: impl Fn(usize, Vector2<f64>) -> Vector2<f64>) -> Sights {
        let places: Vec<Vector2<f64>> =
            (0..100).map(|i| Vector2::new(f64::from(i % 10) - 4.5, f64::from(i / 10) - 4.5) * 16.0).collect();
        let rays: Vec<Vector3<f64>> = places.iter().map(|p| Vector3::new(p.x / FOCAL, p.y / FOCAL, 1.0)).collect();
        let depth = |p: &Vector2<f64>| 1.0 - (0.15f64.powi(2) - (p.x / FOCAL).powi(2)).max(0.0).sqrt();
        let frame = |t: usize| {
            let turn = Rotation3::from_axis_angle(&Vector3::y_axis(), 20.0f64.to_radians() * t as f64 / 7.0);
            places
                .iter()
                .zip(&rays)
                .map(|(place, ray)| {
                    let axis = Vector3::new(0.0, 0.0, 1.0);
                    let point = turn * (ray * depth(place) - axis) + axis;
                    let at = Vector2::new(point.x, point.y) * (FOCAL / point.z);
                    Some(Sight { at: at + spoil(t, *place), whiten: Matrix2::identity() * 10.0 })
                })
                .collect()
        };
        let frames = (0..8).map(frame).collect();
        Sights { focal: FOCAL, weights: vec![1.0; rays.len()], rays, frames }
    }

    /// Root mean square of what is left in the last frame, pixels.
    fn left(sights: &Sights) -> f64 {
        let left = sights.leftovers(&sights.explain(30)).pop().unwrap();
        (left.iter().flatten().map(Vector2::norm_squared).sum::<f64>() / left.len() as f64).sqrt()
    }

    #[test]
    fn a_turning_cylinder_is_explained_to_a_tenth_of_a_pixel() {
        let left = left(&turning(|_, _| Vector2::zeros()));
        assert!(left < 0.1, "{left}");
    }

    #[test]
    fn a_wave_that_runs_through_it_is_not() {
        let wave = |t: usize, p: Vector2<f64>| Vector2::new(2.0 * (p.y / 25.0 + t as f64).sin(), 0.0);
        let left = left(&turning(wave));
        assert!(left > 0.8, "{left}");
    }

    #[test]
    fn a_bend_that_grows_while_it_turns_is_not() {
        let bend =
            |t: usize, p: Vector2<f64>| Vector2::new(6.0 * (t as f64 - 3.0).max(0.0) / 4.0 * (p.y / 72.0).powi(2), 0.0);
        let left = left(&turning(bend));
        assert!(left > 0.3, "{left}");
    }
}
