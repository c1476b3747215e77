//! The refined picture over the still: providers scale, crop, pad and shift what they were given.

use crate::{
    drift::{alignment::lay, ruler::careful_flow},
    frame::{Picture, Plane, Seed, pyramid},
};

/// Longer side of the pictures that are compared to find how they lie, pixels.
const FOUND_AT: usize = 1024;

/// A refined picture in the still's size and place.
#[derive(Clone, Debug)]
pub struct LaidBack {
    /// Its pixels; the still's own where it does not show them.
    pub picture: Picture,
    /// 1 where it shows the still's place, else 0.
    pub seen: Plane<f32>,
    /// Whether it is cropped, padded or shifted, not only scaled.
    pub is_moved: bool,
}

impl LaidBack {
    /// Share of the still's pixels that the refined picture shows, `0..=1`.
    pub fn seen_share(&self) -> f64 {
        let seen: f64 = self.seen.data().iter().map(|&v| f64::from(v)).sum();
        seen / self.seen.data().len().max(1) as f64
    }
}

/// Lays `refined` back over `still`.
pub fn lay_back(still: &Picture, refined: &Picture) -> LaidBack {
    let (size, came) = (still.size(), refined.size());
    // the search knows stills that were cropped for a clip: it lays the still over what came, which is then turned round
    let (seed_at, found_at) = (size.fit(2 * FOUND_AT), came.fit(FOUND_AT));
    let seed = Seed {
        picture: pyramid::resize_picture(still, seed_at),
        alpha: None,
        path: String::new(),
        blake3: String::new(),
        original: size,
    };
    let small = pyramid::resize_picture(refined, found_at);
    let (found, _) = lay(&seed, None, found_at, careful_flow(), &small, &small.luma());
    let is_moved = !found.is_stretched(seed_at, found_at);
    let placement = found.turned((seed_at, found_at), (came, size));
    let seen = placement.visible(came, size);
    let mut picture = placement.lay(refined, size);
    for (own, laid) in still.rgb.iter().zip(&mut picture.rgb) {
        for ((laid, &own), &seen) in laid.data_mut().iter_mut().zip(own.data()).zip(seen.data()) {
            *laid = if seen > 0.0 { laid.clamp(0.0, 1.0) } else { own };
        }
    }
    LaidBack { picture, seen, is_moved }
}
