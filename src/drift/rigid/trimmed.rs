//! The body of those frames that a body does explain (least trimmed squares: Rousseeuw, *Least Median of Squares Regression*, 1984).
//! A fault that lasts pulls the one body of all frames to a shape between, and leaves a part of itself in the frames that are
//! faultless: before it began, and after it healed. The body of the rest explains those to within the noise. What it says of
//! the frames that were set aside does not count, for they may show views that the rest does not determine.

use super::{
    super::series::ramp,
    bundle::{Body, Sights},
    enough,
    evidence::{self, RIGID},
};

/// How surely a frame is not explained that is set aside.
const APART: f64 = 0.5;
/// Most rounds of setting aside.
const ROUNDS: usize = 4;
/// Fewest frames that the rest must show well: the seed's and the first looks.
const FEWEST: usize = 4;

/// The body of the frames that it explains.
pub(super) struct Trimmed {
    pub body: Body,
    /// How surely it explains each of them, `0..=1`.
    pub sure: f64,
    /// Which frames it was found from.
    pub kept: Vec<bool>,
}

impl Trimmed {
    /// From the body of `all` frames, within so many damped steps a round; `None` where that explains each frame, or too few.
    pub(super) fn find(sights: &Sights, all: &Body, iterations: usize) -> Option<Self> {
        let mut trimmed = Self { body: all.clone(), sure: 0.0, kept: vec![true; sights.frames.len()] };
        for _ in 0..ROUNDS {
            let left = sights.leftovers(&trimmed.body);
            let explained = |t: usize| evidence::unexplained(&sights.frames[t], &left[t]) < APART;
            let kept: Vec<bool> = (0..left.len()).map(explained).collect();
            if kept == trimmed.kept {
                break;
            }
            if (0..left.len()).filter(|&t| kept[t] && enough(&left[t])).count() < FEWEST {
                return None;
            }
            trimmed.kept = kept;
            trimmed.improve(sights, iterations);
        }
        trimmed.sure = trimmed.explains(sights);
        trimmed.kept.contains(&false).then_some(trimmed)
    }

    fn improve(&mut self, sights: &Sights, iterations: usize) {
        let apart = || (0..self.kept.len()).filter(|&t| !self.kept[t]);
        let mut rest = sights.clone();
        for t in apart() {
            rest.frames[t].fill(None);
        }
        self.body = rest.improve(self.body.clone(), iterations);
        for t in apart() {
            self.body.views[t] = sights.resection(t, self.body.views[t], &self.body.nearness);
        }
    }

    /// How surely the body explains the frame of the rest that it explains worst, the first look among them.
    fn explains(&self, sights: &Sights) -> f64 {
        let left = sights.leftovers(&self.body);
        let explained = |t: usize| ramp(evidence::explained(&sights.frames[t], &left[t]), RIGID);
        let is_shown = |t: &usize| self.kept[*t] && enough(&left[*t]);
        let least = (1..left.len()).filter(is_shown).map(explained).fold(1.0, f64::min);
        if self.kept.get(1) == Some(&true) { least } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::stage, *};
    use nalgebra::Vector2;

    const FRAMES: usize = 24;

    /// Of a board that the camera passes, waved in the frames that `is_faulty` picks.
    fn passed(is_faulty: impl Fn(usize) -> bool) -> Sights {
        let wave = |p: Vector2<f64>| 4.0 * Vector2::new((p.y / 9.0).sin(), (p.x / 11.0).cos());
        let shift =
            |p: Vector2<f64>, t: usize| p * (0.004 * t as f64) + if is_faulty(t) { wave(p) } else { Vector2::zeros() };
        stage::grid(10, FRAMES, shift).1
    }

    #[test]
    fn frames_after_a_fault_are_as_faultless_as_those_before() {
        let sights = passed(|t| (6..18).contains(&t));
        let all = sights.explain(25);
        let trimmed = Trimmed::find(&sights, &all, 25).unwrap();
        assert!(trimmed.kept == (0..FRAMES).map(|t| !(6..18).contains(&t)).collect::<Vec<_>>() && trimmed.sure == 1.0);
        let cost = |body: &Body| sights.until(6).cost(&Body { views: body.views[..6].to_vec(), ..body.clone() });
        assert!(cost(&trimmed.body) < 0.5 * cost(&all), "{} {}", cost(&trimmed.body), cost(&all));
    }

    #[test]
    fn what_one_body_explains_is_not_trimmed_and_what_none_does_cannot_be() {
        for sights in [passed(|_| false), passed(|t| t > 1)] {
            assert!(Trimmed::find(&sights, &sights.explain(25), 25).is_none_or(|trimmed| trimmed.sure == 0.0));
        }
    }
}
