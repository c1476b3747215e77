//! Is it the seed at all? Large-scale likeness that forgives detail but not another subject, and what a trained network sees.

use super::{
    cells::{FrameCells, SeedCells},
    embedding::{Embedder, Embedding},
    signal::{Readings, Signal},
    structure::{forgiving, judged},
};
use crate::frame::Picture;

/// Looks per second of the clip: what a subject is does not change faster.
const LOOKS_PER_SEC: f64 = 8.0;
/// What steady motion of camera or subject changes from one look to the next, 1 - cosine: a quarter of a turn in two seconds.
const STEADY: f32 = 0.025;
/// What another framing changes, 1 - cosine per percent of the diagonal that the picture has moved.
const FRAMING: f32 = 0.01;

/// Looks at some frames of a clip and holds them against the seed: what neither steady motion nor framing explains is another subject.
#[derive(Clone, Debug)]
pub(super) struct Witness {
    embedder: Embedder,
    seed: Embedding,
    every: usize,
    frames: usize,
    last: Option<Embedding>,
    /// Sum of all changes since the seed beyond the steady ones.
    leaps: f32,
    other: f32,
}

impl Witness {
    /// Knows the seed as it lies over the clip's picture; `None` where the library carries no network.
    pub(super) fn new(seed: &Picture, fps: f64) -> Option<Self> {
        let embedder = Embedder::bundled()?;
        let seed = embedder.embed(seed);
        let every = (fps / LOOKS_PER_SEC).round().max(1.0) as usize;
        Some(Self { embedder, seed, every, frames: 0, last: None, leaps: 0.0, other: 0.0 })
    }

    /// Reads the signal of the next frame, whose content moved by up to `moved` percent of the diagonal; between two looks the
    /// last one stands.
    pub(super) fn read(&mut self, picture: &Picture, moved: f32, readings: &mut Readings) {
        if self.frames.is_multiple_of(self.every) {
            let now = self.embedder.embed(picture);
            let distance = now.distance(&self.seed);
            // nothing has moved in the first frame: all of its distance counts
            self.leaps += self.last.as_ref().map_or(distance, |last| (now.distance(last) - STEADY).max(0.0));
            self.other = (distance - FRAMING * moved).clamp(0.0, self.leaps);
            self.last = Some(now);
        }
        readings.set(Signal::Other, self.other);
        self.frames += 1;
    }
}

/// Reads the identity signal of one frame.
pub(super) fn read(seed: &SeedCells, frame: &FrameCells, readings: &mut Readings) {
    let (mut sum, mut all) = (0.0f32, 0.0f32);
    for i in judged(seed, frame) {
        let weight = 0.1 + seed.subject[i];
        sum += weight * forgiving(frame, i).max(0.0);
        all += weight;
    }
    readings.set(Signal::Foreign, if all > 0.0 { 1.0 - sum / all } else { 0.0 });
}
