//! Focus that moves from the subject to what surrounds it: some of that gets sharper, and a lens blurs the subject's outline with the
//! rest of it. How much depends on depth, so what the subject loses then cannot be held against what the surroundings do, and blurred
//! beyond recognition it is still the subject. What melts keeps its outline.

use super::{
    cells::{FrameCells, SeedCells},
    detail::{self, NOISE},
    series::{self, quantile, ramp, weighted_quantile},
    signal::{Readings, Signal},
    structure::LEAST_SEEN,
};
use std::ops::Range;

/// Octaves that a twentieth of the surroundings gains from where it may have come, and surely came, into focus.
const SHARPENS: (f64, f64) = (0.25, 0.5);
/// Share of the surroundings that need not.
const REST: f64 = 0.95;
/// What half of the outline loses of the octaves that half of the subject does, from where a lens may, and surely does, blur both.
/// Where textures melt, 0.15 to 0.5; where the focus leaves, 0.55 to 0.9.
const ALIKE: (f64, f64) = (0.4, 0.55);
/// Octaves that half of the outline loses from where it may be, and surely is, out of focus.
const OUTLINE_BLURS: (f64, f64) = (0.2, 0.4);
/// Weight of the subject in cells that its outline crosses.
const CROSSED: Range<f32> = 0.1..0.8;
/// The same in cells that show the subject.
const SHOWN: Range<f32> = 0.5..f32::INFINITY;
/// Time on each side of a frame in which it has not left either, seconds: a pull takes a second.
const PULL_SECS: f64 = 0.5;
/// What a blurred subject seems to lose, or how it seems to bend where it can hardly be followed.
const UNSURE: [Signal; 7] = [
    Signal::Smear,
    Signal::SmearSpot,
    Signal::Other,
    Signal::Bend,
    Signal::BendPeak,
    Signal::BendWide,
    Signal::BendWidePeak,
];

/// What a frame's sharpness is told from, in every cell.
#[derive(Clone, Debug, Default)]
pub(super) struct Sharpness {
    /// Change of fine texture since the seed, octaves ([`detail::fine`]).
    pub(super) detail: Vec<f32>,
    /// The same of edges, too, and however small they are seen ([`detail::changes`]).
    edges: Vec<f32>,
    /// Energy of the fine and the middle band, octaves; NaN where it is not seen.
    energy: Vec<f32>,
}

impl Sharpness {
    pub(super) fn new(seed: &SeedCells, frame: &FrameCells) -> Self {
        let octaves = |energy: f32| (energy + NOISE).log2();
        let energy = |i: usize| {
            let is_seen = frame.seen[i] >= LEAST_SEEN;
            if is_seen { 0.5 * (octaves(frame.bands.fine[i]) + octaves(frame.bands.middle[i])) } else { f32::NAN }
        };
        let edges = detail::changes(seed, frame);
        let detail = detail::fine(seed, frame, &edges);
        Self { detail, edges, energy: (0..seed.grid.len()).map(energy).collect() }
    }

    /// How surely the focus has left the `subject`, which weighs so much in each cell, since the clip's `first` frame (empty for that
    /// itself), `0..=1`.
    pub(super) fn left(&self, subject: &[f32], first: &Self) -> f64 {
        let since = |((now, first), weight): ((&f32, &f32), f32)| (now - first, weight);
        let around = subject.iter().map(|subject| (1.0 - subject).powi(2));
        let mut gains: Vec<(f32, f32)> = self.energy.iter().zip(&first.energy).zip(around).map(since).collect();
        let gained = weighted_quantile(&mut gains, REST).map_or(0.0, f64::from);
        let blurred = |cells: &Range<f32>| {
            let changes = self.edges.iter().zip(&first.edges).zip(subject);
            let mut changes: Vec<f32> =
                changes.filter(|(_, subject)| cells.contains(subject)).map(|((now, first), _)| now - first).collect();
            quantile(&mut changes, 0.5).map_or(0.0, |change| f64::from(-change))
        };
        let (outline, whole) = (blurred(&CROSSED), blurred(&SHOWN));
        let is_lens = ramp(outline, OUTLINE_BLURS) * ramp(outline / whole.max(f64::MIN_POSITIVE), ALIKE);
        is_lens * ramp(gained, SHARPENS)
    }
}

/// How surely the focus stays on the subject in each frame, `0..=1`, from the series of how surely it has [`Sharpness::left`].
pub(super) fn stays(left: &[f64], fps: f64) -> Vec<f64> {
    let most = series::running_max(left, (PULL_SECS * fps).round() as usize);
    most.into_iter().map(|most| 1.0 - most).collect()
}

/// Lets the signals that blur disturbs count as far as the focus `stays`.
pub(super) fn dim(readings: &mut Readings, stays: f64) {
    readings.dim(&UNSURE, stays);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How surely the focus left a subject of 40 cells with an outline of 20, before a wall of 20 and on a table of 20, when these have
    /// lost so many octaves.
    fn left([subject, outline, wall, table]: [f32; 4]) -> f64 {
        let parts = [(1.0, 40), (0.5, 20), (0.0, 20), (0.0, 20)];
        let each = |values: [f32; 4]| -> Vec<f32> {
            values.into_iter().zip(parts).flat_map(|(value, (_, count))| std::iter::repeat_n(value, count)).collect()
        };
        let edges = [-subject, -outline, -wall, -table];
        let first = Sharpness { edges: vec![0.0; 100], energy: vec![5.0; 100], ..Sharpness::default() };
        let now = Sharpness { edges: each(edges), energy: each(edges.map(|change| 5.0 + change)), ..first.clone() };
        now.left(&each(parts.map(|(weight, _)| weight)), &first)
    }

    #[test]
    fn the_focus_has_left_when_the_outline_blurs_and_the_wall_gets_sharper() {
        assert!((left([1.5, 1.0, -1.0, 0.8]) - 1.0).abs() < 1e-9);
        assert_eq!(left([1.5, 0.1, -1.0, 0.8]), 0.0, "what melts keeps its outline");
        assert_eq!(left([1.5, 1.0, 0.0, 0.0]), 0.0, "its surroundings stay as they are");
        assert_eq!(left([1.5, 1.0, 0.8, 0.8]), 0.0, "everything blurs: nothing came into focus");
        assert_eq!(left([0.0, 0.0, -1.0, 0.8]), 0.0, "the subject is as sharp as it was");
    }

    #[test]
    fn before_and_after_it_leaves_it_may_have_begun_to() {
        let mut left = vec![0.0; 40];
        left[20] = 0.75;
        let stays = stays(&left, 24.0);
        assert_eq!((stays[7], stays[8], stays[32], stays[33]), (1.0, 0.25, 0.25, 1.0));
    }

    #[test]
    fn the_first_frame_has_lost_nothing() {
        let now = Sharpness { edges: vec![-1.0; 4], energy: vec![5.0; 4], ..Sharpness::default() };
        assert_eq!(now.left(&[1.0, 0.5, 0.0, 0.0], &Sharpness::default()), 0.0);
    }
}
