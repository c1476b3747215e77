//! What one frame left behind.

use super::{change::Change, cut, geometry::Bent, signal::Readings};
use crate::frame::Plane;

/// What a frame shows before it is laid onto the seed.
#[derive(Clone, Debug)]
pub(super) struct Glimpse {
    pub(super) luma: Plane<f32>,
    thumbnail: Plane<f32>,
    /// Since the frame before.
    pub(super) change: Change,
    /// Unlikeness to the frame before, `0..=1`.
    pub(super) step: f64,
}

impl Glimpse {
    /// What `luma` (`0..=255`) shows after the frame `before`.
    pub(super) fn new(luma: Plane<f32>, before: Option<&Self>) -> Self {
        let thumbnail = cut::thumbnail(&luma);
        let change = before.map_or(Change::default(), |before| Change::between(&before.luma, &luma));
        let step = before.map_or(0.0, |before| f64::from(cut::step(&before.thumbnail, &thumbnail)));
        Self { luma, thumbnail, change, step }
    }
}

/// What one frame left behind.
#[derive(Clone, Debug)]
pub(crate) struct Observation {
    pub(crate) time_secs: f64,
    pub(crate) readings: Readings,
    /// Natural logarithm of the light gained since the first frame: by the picture, and by the subject.
    pub(crate) log_gains: [f64; 2],
    /// Since the frame before.
    pub(crate) change: Change,
    /// Unlikeness to the frame before, `0..=1`.
    pub(crate) step: f64,
    /// Share of the picture that is light which the seed has nowhere near, percent.
    pub(crate) glare: f64,
    /// Change of the aligned surface's lightness since the frame before, Oklab × 100.
    pub(crate) boil: f64,
    /// Percent of the subject that the largest place of it makes which shows something else.
    pub(crate) hole: f64,
    /// How surely the light beside the subject is the still's, or one as even: `0..=1`.
    pub(crate) same_light: f64,
    /// How surely the focus has left the subject for what surrounds it, `0..=1`.
    pub(crate) focus_left: f64,
    /// Share of the subject's points that could be followed, `0..=1`.
    pub(crate) tracked: f64,
    /// Displacement from the seed of the points that moved farthest, of which any small thing may be made, percent of the
    /// diagonal.
    pub(crate) farthest: f64,
    /// Share of the subject's texture that could be compared, `0..=1`.
    pub(crate) seen: f64,
    /// Where it looks least like the seed: `[x, y, width, height]`, pixels of the canvas.
    pub(crate) region: [usize; 4],
    /// Where it bends, worst first; known only at the end.
    pub(crate) bent: Vec<Bent>,
}
