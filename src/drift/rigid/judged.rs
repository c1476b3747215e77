//! What a body leaves of each frame, and how much of that is a warp.

use super::{
    STEPS,
    bundle::{Body, Sights},
    enough, evidence, extent,
    trimmed::Trimmed,
    visibility::Surface,
    warp,
};
use nalgebra::Vector2;

/// Change of shape, as a share of the subject's extent, that no view of a rigid body makes.
const FARTHEST: f64 = 0.5;

/// How well a body explains one frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Judged {
    /// 1 to within the noise; 0 where it does not, or too little is seen to tell.
    pub explained: f64,
    /// Smooth part of what it leaves, as far as that is no noise: root mean square pixels.
    pub warp: f64,
    /// The same, as far as the body explains the motion.
    pub rigid_warp: f64,
}

/// How surely the clip has shown that its subject is rigid, `0..=1`, and one answer per frame for the `body` of all of them, whose
/// landmarks are at `places` of the seed, pixels.
pub(super) fn judged(
    body: &Body,
    places: &[Vector2<f64>],
    sights: &Sights,
    surface: &Surface<'_>,
) -> (f64, Vec<Judged>) {
    let (mut rigid, mut judged) = by(body, places, sights, surface);
    if let Some(rest) = Trimmed::find(sights, body, STEPS.1) {
        let (first, by_rest) = by(&rest.body, places, sights, surface);
        rigid = rigid.max(rest.sure * first);
        clear(&mut judged, &by_rest, &rest.kept, rest.sure);
    }
    (rigid, judged)
}

/// Takes from the frames that were `kept`, as the body of all `judged` them, what the body found from these does not find there, as far as
/// that is `sure`.
fn clear(judged: &mut [Judged], by_rest: &[Judged], kept: &[bool], sure: f64) {
    for ((all, rest), _) in judged.iter_mut().zip(by_rest).zip(kept).filter(|(_, kept)| **kept) {
        all.warp += sure * (rest.warp - all.warp).min(0.0);
        all.rigid_warp += sure * (rest.rigid_warp - all.rigid_warp).min(0.0);
    }
}

/// How surely the first looks are those of the rigid `body`, and what it leaves of each frame.
fn by(body: &Body, places: &[Vector2<f64>], sights: &Sights, surface: &Surface<'_>) -> (f64, Vec<Judged>) {
    let (left, farthest) = (sights.leftovers(body), FARTHEST * extent(places));
    let of_frame = |t: usize| {
        if !enough(&left[t]) {
            return Judged::default();
        }
        let shown: Vec<Vector2<f64>> = sights.shown(body, t).collect();
        let off = evidence::unexplained(&sights.frames[t], &left[t]);
        let warp = warp(places, sights, t, &surface.without_edge_on(&shown, &left[t]), off);
        let reshaped = evidence::reshaped(places, &shown);
        let credible = if reshaped < farthest { reshaped / (reshaped + warp).max(f64::MIN_POSITIVE) } else { 0.0 };
        Judged { explained: 1.0 - off, warp, rigid_warp: warp * credible }
    };
    (evidence::first(sights, &left), (0..sights.frames.len()).map(of_frame).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_kept_is_cleared_and_only_of_what_its_body_does_not_show() {
        let warped = |warp: f64| Judged { explained: 1.0, warp, rigid_warp: 0.5 * warp };
        let mut judged = [4.0, 1.0, 4.0].map(warped);
        clear(&mut judged, &[2.0, 3.0, 2.0].map(warped), &[true, true, false], 0.5);
        assert_eq!(judged, [3.0, 1.0, 4.0].map(warped));
    }
}
