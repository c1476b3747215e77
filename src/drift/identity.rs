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

/// Looks at some frames of a clip and holds them against the seed.
#[derive(Clone, Debug)]
pub(super) struct Witness {
    embedder: Embedder,
    seed: Embedding,
    every: usize,
    seen: usize,
    last: Option<Embedding>,
    /// Distances from the seed and from the look before.
    latest: [f32; 2],
}

impl Witness {
    /// Knows the seed as it lies over the clip's picture; `None` where the library carries no network.
    pub(super) fn new(seed: &Picture, fps: f64) -> Option<Self> {
        let embedder = Embedder::bundled()?;
        let seed = embedder.embed(seed);
        let every = (fps / LOOKS_PER_SEC).round().max(1.0) as usize;
        Some(Self { embedder, seed, every, seen: 0, last: None, latest: [0.0; 2] })
    }

    /// Reads the signals of the next frame; between two looks the last one stands.
    pub(super) fn read(&mut self, picture: &Picture, readings: &mut Readings) {
        if self.seen.is_multiple_of(self.every) {
            let now = self.embedder.embed(picture);
            let step = self.last.as_ref().map_or(0.0, |last| now.distance(last));
            self.latest = [now.distance(&self.seed), step];
            self.last = Some(now);
        }
        readings.set(Signal::Other, self.latest[0]);
        readings.set(Signal::Morph, self.latest[1]);
        if self.seen < self.every {
            readings.set(Signal::Start, self.latest[0]);
        }
        self.seen += 1;
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
