//! What a stretch of frames shows of the landmarks: of every frame while they are few, of every second, fourth… as they get more,
//! so that a long stretch costs no more memory, and little more work, than a short one.

use super::{
    landmarks::{Found, Look},
    swatches::Swatches,
};

/// Most frames that are remembered.
const MOST: usize = 48;

/// Where one frame shows each landmark, how its place looks there, and the colours of the whole frame.
#[derive(Clone, Debug)]
pub(in super::super) struct Sighting {
    pub(super) found: Vec<Option<Found>>,
    pub(super) looks: Vec<Look>,
    pub(super) colours: Swatches,
}

/// The frames that are remembered, evenly spaced from the first on.
#[derive(Clone, Debug)]
pub(in super::super) struct Sightings {
    every: usize,
    frames: usize,
    kept: Vec<Sighting>,
}

impl Default for Sightings {
    fn default() -> Self {
        Self { every: 1, frames: 0, kept: Vec::new() }
    }
}

impl Sightings {
    /// Counts the next frame, and looks at it if it is one to be remembered.
    pub(in super::super) fn push(&mut self, look: impl FnOnce() -> Sighting) {
        if self.kept.len() == MOST && self.frames == MOST * self.every {
            let mut even = [true, false].into_iter().cycle();
            self.kept.retain(|_| even.next().unwrap_or(true));
            self.every *= 2;
        }
        if self.frames.is_multiple_of(self.every) {
            self.kept.push(look());
        }
        self.frames += 1;
    }

    /// Frames that were counted.
    pub(super) fn frames(&self) -> usize {
        self.frames
    }

    /// Those remembered, in order.
    pub(super) fn kept(&self) -> &[Sighting] {
        &self.kept
    }

    /// The number of the frame that was remembered as number `k`.
    pub(super) fn frame(&self, k: usize) -> usize {
        k * self.every
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Picture, Size};

    #[test]
    fn however_many_frames_few_are_remembered_evenly() {
        let mut sightings = Sightings::default();
        let mut looked = Vec::new();
        let picture = Picture::filled(Size { width: 6, height: 6 }, [0.5; 3]);
        for frame in 0..500 {
            sightings.push(|| {
                looked.push(frame);
                Sighting { found: Vec::new(), looks: vec![Look::Same; frame], colours: Swatches::new(&picture) }
            });
            assert!(sightings.kept().len() <= MOST);
        }
        assert_eq!(sightings.frames(), 500);
        // every frame up to 48, every second up to 96, fourth up to 192, eighth up to 384, sixteenth to the end
        assert_eq!(looked.len(), 48 + 24 + 24 + 24 + 8);
        for (k, sighting) in sightings.kept().iter().enumerate() {
            assert_eq!(sighting.looks.len(), sightings.frame(k));
        }
        assert_eq!(sightings.frame(sightings.kept().len() - 1), 496);
    }
}
