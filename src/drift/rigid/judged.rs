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
    let mut judged = by(body, places, sights, surface);
    let mut rigid = evidence::first(sights, &sights.leftovers(body));
    if let Some(rest) = Trimmed::find(sights, body, STEPS.1) {
        rest.clear(&mut judged, &by(&rest.body, places, sights, surface));
        rigid = rigid.max(rest.sure * evidence::first(sights, &sights.leftovers(&rest.body)));
    }
    (rigid, judged)
}

fn by(body: &Body, places: &[Vector2<f64>], sights: &Sights, surface: &Surface<'_>) -> Vec<Judged> {
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
    (0..sights.frames.len()).map(of_frame).collect()
}
