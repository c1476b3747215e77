//! How fast a new part runs: as fast at its joints as the clip around it, and evenly in between.
//!
//! A cubic from time in the span to time in the new clip, with the slopes of the joints limited so that time never runs
//! backwards (Fritsch and Carlson, *Monotone Piecewise Cubic Interpolation*, SIAM J. Numer. Anal. 17, 1980).

/// Farthest that a joint's pace is taken from the mean, as a factor: what is farther off was measured on too little
/// motion. Below 3, where the cubic is monotone.
const WIDEST: f64 = 2.0;

/// Frames of the new clip for the frames of a span.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pace {
    /// Steps of the span, from end to end.
    steps: f64,
    /// Steps of the new clip, from end to end.
    source: f64,
    /// Steps of the new clip for a step of the span, at both joints.
    slopes: [f64; 2],
}

impl Pace {
    /// `steps` and `source` count the steps from end to end, 1 or more; `wanted` are steps of the new clip for a step of
    /// the span at both ends, where they are known.
    pub(super) fn new(steps: usize, source: f64, wanted: [Option<f64>; 2]) -> Self {
        let (steps, source) = (steps.max(1) as f64, source.max(1.0));
        let mean = source / steps;
        let slope = |wanted: Option<f64>| wanted.map_or(mean, |wanted| wanted.clamp(mean / WIDEST, mean * WIDEST));
        Self { steps, source, slopes: wanted.map(slope) }
    }

    /// The place in the new clip, in its frames, of frame `step` of the span: 0 at its first end.
    pub(super) fn at(&self, step: usize) -> f64 {
        let t = (step as f64 / self.steps).clamp(0.0, 1.0);
        let [start, end] = self.slopes.map(|slope| slope * self.steps);
        // Hermite's basis for the values 0 and `source`
        let (t2, t3) = (t * t, t * t * t);
        let place = (t3 - 2.0 * t2 + t) * start + (3.0 * t2 - 2.0 * t3) * self.source + (t3 - t2) * end;
        place.clamp(0.0, self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_abs_diff_eq;

    #[test]
    fn an_even_pace_is_a_line_and_ends_meet() {
        let pace = Pace::new(10, 40.0, [None, None]);
        for step in 0..=10 {
            assert_abs_diff_eq!(pace.at(step), 4.0 * step as f64, epsilon = 1e-12);
        }
        let uneven = Pace::new(10, 40.0, [Some(2.0), Some(7.0)]);
        assert_eq!((uneven.at(0), uneven.at(10)), (0.0, 40.0));
    }

    #[test]
    fn joints_run_as_wanted_and_time_never_runs_back() {
        let pace = Pace::new(100, 100.0, [Some(0.6), Some(1.5)]);
        assert_abs_diff_eq!(pace.at(1), 0.6, epsilon = 0.03);
        assert_abs_diff_eq!(pace.at(100) - pace.at(99), 1.5, epsilon = 0.03);
        for wanted in [[Some(0.0), Some(99.0)], [Some(99.0), Some(0.0)], [Some(99.0), Some(99.0)]] {
            let pace = Pace::new(30, 50.0, wanted);
            assert!((1..=30).all(|step| pace.at(step) >= pace.at(step - 1)), "{wanted:?}");
        }
    }
}
