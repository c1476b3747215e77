//! The still laid under a frame, so that a reader can blink between the two.

use crate::{
    flow::{self, Preset},
    frame::{Picture, Plane, Seed, Size, sample},
    geometry::{Homography, Match, Point, Robust, fit_homography},
};

/// What the frame shows beside the still, gamma-encoded `0..=1`.
const NOTHING: f32 = 0.5;
/// Spacing of the points where the motion is read, pixels of the exhibit.
const STEP: usize = 8;
/// Residual below which a point follows the camera, pixels of the exhibit.
const FOLLOWS_WITHIN_PX: f64 = 2.0;
/// Share of points that must follow the camera before the still is moved with it, `0..=1`.
const LEAST_FOLLOWING: f64 = 0.3;
/// Largest magnification against the first frame that is taken for camera motion.
const MOST_STRETCH: f64 = 2.5;

/// A still and how it lies under the clip's first frame.
pub(super) struct Backdrop {
    still: Picture,
    /// Maps pixels of the exhibit to pixels of `still`.
    still_from_shown: Homography,
    /// Size of the exhibit.
    size: Size,
}

impl Backdrop {
    /// `clip_from_seed` is a report's registration: from pixels of the still's file to pixels of `clip`.
    /// `None` where it cannot be turned around.
    pub(super) fn new(seed: Seed, clip_from_seed: [[f64; 3]; 3], clip: Size, size: Size) -> Option<Self> {
        let clip_from_shown = resized(size, clip);
        let still_from_seed = resized(seed.original, seed.picture.size());
        let seed_from_clip = Homography(clip_from_seed).inverse()?;
        let still_from_shown = clip_from_shown.then(&seed_from_clip).then(&still_from_seed);
        Some(Self { still: seed.picture, still_from_shown, size })
    }

    /// The still as `frame` shows it: moved as the frame's camera moved since the first frame, where that can be told.
    pub(super) fn under(&self, frame: &Picture) -> Picture {
        let first = self.drawn(&self.still_from_shown);
        match first_from_frame(&first, frame) {
            Some(first_from_frame) => self.drawn(&first_from_frame.then(&self.still_from_shown)),
            None => first,
        }
    }

    fn drawn(&self, still_from_shown: &Homography) -> Picture {
        let (right, bottom) = (self.still.size().width as f32, self.still.size().height as f32);
        let channel = |plane: &Plane<f32>| {
            Plane::from_fn(self.size.width, self.size.height, |x, y| {
                let there = still_from_shown.apply(Point::new(x as f64, y as f64));
                let (x, y) = (there.x as f32, there.y as f32);
                let is_inside = x > -1.0 && y > -1.0 && x < right && y < bottom;
                if is_inside { sample::bilinear(plane, x, y) } else { NOTHING }
            })
        };
        let [r, g, b] = &self.still.rgb;
        Picture { rgb: [channel(r), channel(g), channel(b)] }
    }
}

/// The plane motion that most of the picture follows.
fn first_from_frame(first: &Picture, frame: &Picture) -> Option<Homography> {
    let size = frame.size();
    if first.size() != size {
        return None;
    }
    let motion = flow::dense(&frame.luma(), &first.luma(), &Preset::Fast.into(), None);
    let moved = |x: usize, y: usize| {
        let (u, v) = motion.at(x, y);
        let from = Point::new(x as f64, y as f64);
        Match::new(from, Point::new(from.x + f64::from(u), from.y + f64::from(v)))
    };
    let rows = (0..size.height).step_by(STEP);
    let matches: Vec<Match> = rows.flat_map(|y| (0..size.width).step_by(STEP).map(move |x| moved(x, y))).collect();
    let fit = fit_homography(&matches, &Robust::within(FOLLOWS_WITHIN_PX))?;
    let centre = Point::new(size.width as f64 / 2.0, size.height as f64 / 2.0);
    let plausible = fit.model.stretches_at(centre).iter().all(|s| (1.0 / MOST_STRETCH..=MOST_STRETCH).contains(s));
    (plausible && fit.inlier_fraction >= LEAST_FOLLOWING).then_some(fit.model)
}

/// `to_from` of a resize: pixel centres lie at integers.
fn resized(from: Size, to: Size) -> Homography {
    let sx = to.width as f64 / from.width.max(1) as f64;
    let sy = to.height as f64 / from.height.max(1) as f64;
    Homography([[sx, 0.0, 0.5 * sx - 0.5], [0.0, sy, 0.5 * sy - 0.5], [0.0, 0.0, 1.0]])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn still(size: Size) -> Picture {
        let wave = |x: f32, y: f32| 0.5 + 0.2 * (x / 5.0 + (y / 9.0).cos()).sin() + 0.2 * (y / 6.0 + x / 17.0).sin();
        let plane = Plane::from_fn(size.width, size.height, |x, y| wave(x as f32, y as f32));
        Picture { rgb: [plane.clone(), plane.clone(), plane] }
    }

    fn seed(picture: Picture, original: Size) -> Seed {
        Seed { picture, alpha: None, path: String::new(), blake3: String::new(), original }
    }

    fn mean_difference(a: &Picture, b: &Picture) -> f32 {
        let (a, b) = (a.rgb[0].data(), b.rgb[0].data());
        a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f32>() / a.len() as f32
    }

    #[test]
    fn lies_still_under_the_first_frame() {
        let size = Size::new(96, 72);
        let clip = Size::new(192, 144);
        let clip_from_seed = resized(Size::new(384, 288), clip).0;
        let backdrop = Backdrop::new(seed(still(size), Size::new(384, 288)), clip_from_seed, clip, size).unwrap();
        assert!(mean_difference(&backdrop.drawn(&backdrop.still_from_shown), &still(size)) < 1e-4);
    }

    /// A zoom of 1.08 about the centre: without the camera the wave is off by up to 4 px of its 30 px period.
    #[test]
    fn follows_the_camera() {
        let size = Size::new(128, 96);
        let backdrop = Backdrop::new(seed(still(size), size), Homography::identity().0, size, size).unwrap();
        let zoom = Homography([[1.0 / 1.08, 0.0, 4.74], [0.0, 1.0 / 1.08, 3.56], [0.0, 0.0, 1.0]]);
        let frame = backdrop.drawn(&zoom);
        let left = mean_difference(&still(size), &frame);
        let followed = mean_difference(&backdrop.under(&frame), &frame);
        assert!(followed < 0.25 * left, "{followed} of {left}");
    }
}
