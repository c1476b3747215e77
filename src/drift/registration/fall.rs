//! A sudden fall of the likeness to the seed: something went wrong, in the clip or in following it, and may be over in a moment.

/// Fall of the mean likeness, `0..=1`, from which it is one.
const SUDDEN: f32 = 0.05;
/// Frames within which a fall is sudden.
const AT_ONCE: usize = 3;
/// Likeness that a camera which goes on costs with each frame meanwhile: about that under a push to a box.
const FADE: f32 = 0.001;
/// Frames after which what it was before is forgotten: a fault of a moment is over, and each frame costs a start more until then.
const MOMENT: usize = 24;

/// A sudden fall of the likeness, for as long as it lasts.
#[derive(Clone, Debug, Default)]
pub(super) struct Fall {
    /// Likeness of the last frames.
    last: [f32; AT_ONCE],
    /// Likeness before the fall; 0 where none lasts.
    from: f32,
    /// Frames that it has lasted.
    frames: usize,
}

impl Fall {
    /// Likeness of the frame before.
    fn before(&self) -> f32 {
        self.last[AT_ONCE - 1]
    }

    /// Whether it falls to `likeness` within a frame.
    pub(super) fn begins(&self, likeness: f32) -> bool {
        likeness < self.before() - SUDDEN
    }

    /// How far `likeness` has fallen; 0 where it has not, or slowly.
    pub(super) fn depth(&self, likeness: f32) -> f32 {
        let fallen = self.last.iter().copied().fold(self.from, f32::max) - likeness;
        if fallen > SUDDEN { fallen } else { 0.0 }
    }

    /// Goes on to the next frame from one of this `likeness`.
    pub(super) fn go_on(&mut self, likeness: f32) {
        let depth = self.depth(likeness);
        let lasts = depth > 0.0 && self.frames < MOMENT;
        (self.from, self.frames) = if lasts { (likeness + depth - FADE, self.frames + 1) } else { (0.0, 0) };
        self.last.rotate_left(1);
        self.last[AT_ONCE - 1] = likeness;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fall_is_sudden_and_lasts_until_it_is_made_good_or_forgotten() {
        let mut fall = Fall::default();
        // a turn loses little in each frame
        for likeness in [1.0, 0.99, 0.98, 0.97, 0.96] {
            assert_eq!(fall.depth(likeness), 0.0);
            fall.go_on(likeness);
        }
        assert!((fall.depth(0.7) - 0.28).abs() < 1e-6);
        for _ in 0..MOMENT {
            fall.go_on(0.7);
        }
        assert!((fall.depth(0.7) - 0.256).abs() < 1e-6);
        let mut forgotten = fall.clone();
        forgotten.go_on(0.7);
        assert_eq!(forgotten.depth(0.7), 0.0);
        fall.go_on(0.94);
        assert_eq!(fall.depth(0.9), 0.0);
    }
}
