//! The answer for one frame, and the answers for the frames between those that were asked.

use super::{ENOUGH, MOSTLY};

/// What one rigid body leaves unexplained of a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in super::super) struct Unexplained {
    /// How well the body explains where the marks are: 1 to within the noise, 0 where it does not or too little is seen to tell.
    pub explained: f64,
    /// Smooth part of the motion that is left, as far as it is not noise: percent of the subject's extent.
    pub warp: f64,
    /// The same, as far as the clip has shown that its subject is rigid, and the body explains its motion.
    pub rigid_warp: f64,
    /// Smooth change of shape of a subject that rested at first, before a camera at rest: percent of the subject's extent.
    pub rest_warp: f64,
    /// Smooth change of shape of a subject that stood in its scene at first, while the camera moved: percent of the subject's extent.
    pub scene_warp: f64,
    /// Change of shape that comes and goes sooner than a body turns there and back, as far as the clip has shown that its subject
    /// is rigid: percent of the subject's extent.
    pub excursion: f64,
    /// Marks that should be in view and show something else: percent of those in view.
    pub missing: f64,
    /// The same, when most of them are fine print.
    pub garbled: f64,
    /// Marks that show something else of a subject that stands in its scene and is seen from the still's own side, where its surroundings
    /// show themselves: percent of those in view.
    pub vanished: f64,
    /// The same, when most of them are fine print.
    pub rewritten: f64,
    /// The largest part of the subject whose colour is gone for good: percent of what is in view.
    pub gone: f64,
    /// How surely nothing excuses what looks otherwise of a subject that stands in its scene and is seen from the still's own side: `0..=1`.
    pub unexcused: f64,
}

impl Unexplained {
    /// What lies between `self` and `next`, `0..=1` of the way.
    fn towards(&self, next: &Self, way: f64) -> Self {
        let between = |a: f64, b: f64| a + way * (b - a);
        Self {
            explained: between(self.explained, next.explained),
            warp: between(self.warp, next.warp),
            rigid_warp: between(self.rigid_warp, next.rigid_warp),
            rest_warp: between(self.rest_warp, next.rest_warp),
            scene_warp: between(self.scene_warp, next.scene_warp),
            excursion: between(self.excursion, next.excursion),
            missing: between(self.missing, next.missing),
            garbled: between(self.garbled, next.garbled),
            vanished: between(self.vanished, next.vanished),
            rewritten: between(self.rewritten, next.rewritten),
            gone: between(self.gone, next.gone),
            unexcused: between(self.unexcused, next.unexcused),
        }
    }
}

/// Values at the `chosen` frames, joined by straight lines; after the last one it stays.
pub(super) fn between(chosen: &[usize], values: &[Unexplained], frames: usize) -> Vec<Unexplained> {
    let mut result = vec![values.last().copied().unwrap_or_default(); frames];
    for (pair, ends) in chosen.windows(2).zip(values.windows(2)) {
        let length = (pair[1] - pair[0]) as f64;
        for (k, value) in result[pair[0]..=pair[1]].iter_mut().enumerate() {
            *value = ends[0].towards(&ends[1], k as f64 / length);
        }
    }
    result
}

/// Lets the last answer stand where a frame shows too few of the landmarks (`shown` says what share): what melts until it cannot be
/// followed did not get better.
pub(super) fn stand(values: &mut [Unexplained], shown: impl Fn(usize) -> f64) {
    for t in 1..values.len() {
        let (before, shown) = (values[t - 1], shown(t));
        let Unexplained { warp, rigid_warp, rest_warp, scene_warp, excursion, .. } = &mut values[t];
        if shown < MOSTLY {
            *excursion = excursion.max(before.excursion);
        }
        if shown < ENOUGH {
            *warp = warp.max(before.warp);
            *rigid_warp = rigid_warp.max(before.rigid_warp);
            *rest_warp = rest_warp.max(before.rest_warp);
            *scene_warp = scene_warp.max(before.scene_warp);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_for_the_most_part_did_not_get_better() {
        let shown = [1.0, 0.9, 0.45, 0.3, 0.6];
        let seen = [0.0, 0.3, 0.02, 0.01, 0.01];
        let mut values = seen.map(|v| Unexplained { rigid_warp: v, excursion: v, ..Default::default() });
        stand(&mut values, |t| shown[t]);
        assert_eq!(values.map(|value| value.excursion), [0.0, 0.3, 0.3, 0.3, 0.01]);
        assert_eq!(values.map(|value| value.rigid_warp), [0.0, 0.3, 0.02, 0.02, 0.01]);
    }
}
