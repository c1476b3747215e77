//! The colours of a new part brought to those of the clip: exactly at both joints, gliding from one to the other.

use crate::{
    drift::Pair,
    frame::{Picture, Plane, oklab_from_srgb, pyramid},
    repair::ColorMap,
};

/// Longest side at which colours are compared, pixels: noise and a pixel of misplacement are averaged away.
const LONGEST: usize = 96;

/// Corrections at both joints; none where there is no joint, or nothing to go by.
pub(super) struct Tone(pub(super) [Option<ColorMap>; 2]);

/// From an end of the new part to the frame that it stands for.
pub(super) fn fit(end: &Picture, wanted: &Picture) -> Option<ColorMap> {
    ColorMap::fit(&pairs(wanted, end))
}

impl Tone {
    /// `picture` at the share `t` (`0..=1`) of the way from the first joint to the second.
    pub(super) fn apply(&self, picture: Picture, t: f32) -> Picture {
        let corrected = |map: &ColorMap| map.apply(&picture, 1.0, (-map.log_gain()).exp());
        match &self.0 {
            [Some(first), Some(last)] => mixed(&corrected(first), &corrected(last), t),
            [Some(only), None] | [None, Some(only)] => corrected(only),
            [None, None] => picture,
        }
    }
}

/// The same places of two pictures of the same thing.
fn pairs(wanted: &Picture, found: &Picture) -> Vec<Pair> {
    let size = wanted.size().fit(LONGEST);
    let [wanted, found] = [wanted, found].map(|picture| pyramid::resize_picture(picture, size));
    let color = |picture: &Picture, x: usize, y: usize| oklab_from_srgb([0, 1, 2].map(|c| picture.rgb[c].at(x, y)));
    let pair = |x: usize, y: usize| Pair {
        place: [(x as f32 + 0.5) / size.width as f32, (y as f32 + 0.5) / size.height as f32],
        still: color(&wanted, x, y),
        frame: color(&found, x, y),
        trust: 1.0,
    };
    (0..size.height).flat_map(|y| (0..size.width).map(move |x| (x, y))).map(|(x, y)| pair(x, y)).collect()
}

fn mixed(a: &Picture, b: &Picture, t: f32) -> Picture {
    let channel = |c: usize| {
        let (a, b): (&Plane<f32>, &Plane<f32>) = (&a.rgb[c], &b.rgb[c]);
        let samples = a.data().iter().zip(b.data()).map(|(a, b)| a + (b - a) * t).collect();
        Plane::from_vec(a.width(), a.height(), samples)
    };
    Picture { rgb: [channel(0), channel(1), channel(2)] }
}
