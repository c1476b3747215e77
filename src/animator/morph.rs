//! From one picture to another: what is asked for between two frames of a clip.
//!
//! Each frame is read from the nearer picture along the motion between them, which is taken to be straight and even;
//! half way one is faded into the other. A mixture of both all the way would be soft.

use super::warp::displaced;
use crate::{
    flow::{self, Flow, Preset},
    frame::{Mask, Picture, Plane},
};

/// Half of the time in which one picture is faded into the other, as a share of the whole.
const FADE: f32 = 0.1;

/// Two pictures of one size with the motion between them.
#[derive(Debug)]
pub struct Morph {
    first: Picture,
    last: Picture,
    last_from_first: Flow,
}

impl Morph {
    /// Measures the motion.
    ///
    /// # Panics
    /// If the sizes differ: that is a bug of the caller.
    pub fn new(first: Picture, last: Picture) -> Self {
        let last_from_first = flow::dense(&first.luma(), &last.luma(), &Preset::Fine.into(), None);
        Self { first, last, last_from_first }
    }

    /// A mask of the whole picture.
    pub fn everywhere(&self) -> Mask {
        let size = self.first.size();
        Plane::filled(size.width, size.height, 1.0)
    }

    /// The picture at `t`: 0 is the first one, 1 the last.
    pub fn at(&self, t: f32) -> Picture {
        let t = t.clamp(0.0, 1.0);
        let along = |picture: &Picture, share: f32| {
            displaced(picture, |x, y| {
                let (u, v) = self.last_from_first.at(x, y);
                (share * u, share * v)
            })
        };
        let (first, last) = (|| along(&self.first, t), || along(&self.last, t - 1.0));
        let share = (0.5 + (t - 0.5) / (2.0 * FADE)).clamp(0.0, 1.0);
        if share == 0.0 {
            return first();
        }
        if share == 1.0 {
            return last();
        }
        let (first, last) = (first(), last());
        let channel = |c: usize| {
            let pairs = first.rgb[c].data().iter().zip(last.rgb[c].data());
            let samples = pairs.map(|(a, b)| a + (b - a) * share).collect();
            Plane::from_vec(first.rgb[c].width(), first.rgb[c].height(), samples)
        };
        Picture { rgb: [channel(0), channel(1), channel(2)] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(shift: f32) -> Picture {
        let channel = |c: f32| {
            Plane::from_fn(64, 48, |x, y| {
                let (x, y) = (x as f32 + shift, y as f32);
                0.5 + 0.2 * (0.3 * x + c).sin() + 0.2 * (0.25 * y + 0.05 * x).cos()
            })
        };
        Picture { rgb: [channel(0.0), channel(1.0), channel(2.0)] }
    }

    #[test]
    fn the_middle_of_a_pan_lies_half_way() {
        let morph = Morph::new(wave(0.0), wave(4.0));
        assert_eq!((morph.at(0.0), morph.at(1.0)), (wave(0.0), wave(4.0)));
        let (middle, truth) = (morph.at(0.5), wave(2.0));
        for y in 6..42 {
            for x in 8..56 {
                let off = (middle.rgb[0].at(x, y) - truth.rgb[0].at(x, y)).abs();
                // a twentieth of the pattern's height; the mean of both pictures is ten times that off
                assert!(off < 0.02, "{x}, {y}: {off}");
            }
        }
    }
}
