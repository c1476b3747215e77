//! Is it the seed at all? Large-scale likeness that forgives detail but not another subject, and what a trained network sees.

use super::{
    cells::{FrameCells, SeedCells},
    embedding::{Embedder, EmbedderError, Embedding},
    series::quantile,
    signal::{Readings, Signal},
    structure::{forgiving, judged},
};
use crate::frame::Picture;

/// Looks per second of the clip: what a subject is does not change faster.
const LOOKS_PER_SEC: f64 = 8.0;
/// What steady motion of camera or subject changes in a second, 1 - cosine, look by look: a quarter of a turn in two seconds.
const STEADY: f32 = 0.025 * LOOKS_PER_SEC as f32;
/// A change from one look to the next leaps out beyond this many times the clip's usual one.
const LEAP: f32 = 2.5;
/// Usual change, 1 - cosine, beyond which nothing is steady any more: a drive past trees in a low sun has it.
const FASTEST: f32 = 0.05;
/// What another framing changes, 1 - cosine per percent of the diagonal that the picture has moved.
const FRAMING: f32 = 0.01;

/// Looks at some frames of a clip and holds them against the seed: what neither steady motion nor framing explains is another subject.
#[derive(Clone, Debug)]
pub(super) struct Witness {
    embedder: Embedder,
    /// What the network's distances are multiplied with.
    gauge: f32,
    seed: Embedding,
    every: usize,
    /// What steady motion changes from one look to the next, 1 - cosine.
    steady: f32,
    frames: usize,
    last: Option<Embedding>,
    looks: Vec<Look>,
    failure: Option<EmbedderError>,
}

/// What one look saw, 1 - cosine.
#[derive(Clone, Copy, Debug)]
struct Look {
    /// From the seed, beyond what framing explains.
    off: f32,
    /// From the look before; of the first one, in which nothing has moved, from the seed.
    step: f32,
}

impl Witness {
    /// Knows the seed as it lies over the clip's picture.
    ///
    /// # Errors
    /// When the network fails at the seed.
    pub(super) fn new(embedder: Embedder, still: &Picture, fps: f64) -> Result<Self, EmbedderError> {
        let seed = embedder.embed(still)?;
        let gauge = embedder.gauge(still)?;
        let every = (fps / LOOKS_PER_SEC).round().max(1.0) as usize;
        let steady = STEADY * every as f32 / fps.max(1.0) as f32;
        Ok(Self { embedder, gauge, seed, every, steady, frames: 0, last: None, looks: Vec::new(), failure: None })
    }

    /// Sees the next frame, whose content moved by up to `moved` percent of the diagonal.
    pub(super) fn see(&mut self, picture: &Picture, moved: f32) {
        if self.failure.is_none() && self.frames.is_multiple_of(self.every) {
            match self.embedder.embed(picture) {
                Ok(now) => self.look(now, moved),
                Err(failure) => self.failure = Some(failure),
            }
        }
        self.frames += 1;
    }

    fn look(&mut self, now: Embedding, moved: f32) {
        let distance = self.gauge * now.distance(&self.seed);
        let step = self.last.as_ref().map_or(distance, |last| self.gauge * now.distance(last));
        self.looks.push(Look { off: (distance - FRAMING * moved).max(0.0), step });
        self.last = Some(now);
    }

    /// Why it looks no more.
    pub(super) fn failure(&self) -> Option<&EmbedderError> {
        self.failure.as_ref()
    }

    /// How much of another subject each frame shows, 1 - cosine; between two looks the last one stands.
    pub(super) fn others(&self) -> impl Iterator<Item = f32> {
        others(&self.looks, self.steady)
            .into_iter()
            .flat_map(|other| std::iter::repeat_n(other, self.every))
            .take(self.frames)
    }
}

/// How far off each look is, as far as changes that leapt out of the clip's pace, or out of `steady` motion, have added up to it.
fn others(looks: &[Look], steady: f32) -> Vec<f32> {
    let mut steps: Vec<f32> = looks.iter().skip(1).map(|look| look.step).collect();
    let pace = quantile(&mut steps, 0.5).unwrap_or(0.0).min(FASTEST);
    let steady = steady.max(LEAP * pace);
    let mut leaps = 0.0;
    let other = |(i, look): (usize, &Look)| {
        leaps += (look.step - if i == 0 { 0.0 } else { steady }).max(0.0);
        look.off.min(leaps)
    };
    looks.iter().enumerate().map(other).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    /// At eight looks a second.
    const STEADY_LOOK: f32 = 0.025;

    fn looks(steps: &[f32]) -> Vec<Look> {
        steps.iter().map(|&step| Look { off: 0.5, step }).collect()
    }

    #[test]
    fn a_steady_pace_is_motion_and_what_leaps_out_of_it_is_not() {
        assert_eq!(others(&looks(&[0.0, 0.04, 0.05, 0.04, 0.05, 0.04]), STEADY_LOOK), [0.0; 6]);
        // 0.3 beyond two and a half times 0.04
        let leapt = others(&looks(&[0.0, 0.04, 0.04, 0.4, 0.04, 0.04]), STEADY_LOOK);
        assert_eq!(leapt[..3], [0.0; 3]);
        assert!(leapt[3..].iter().all(|other| (other - 0.3).abs() < 1e-6), "{leapt:?}");
    }

    #[test]
    fn the_first_look_counts_whole_and_nothing_is_steady_that_changes_all_the_time() {
        assert_eq!(others(&looks(&[0.2]), STEADY_LOOK)[0], 0.2);
        let boiling = others(&looks(&[0.0, 0.2, 0.2, 0.2]), STEADY_LOOK);
        // three times what is beyond the fastest steady pace
        assert!((boiling[3] - 0.225).abs() < 1e-6, "{boiling:?}");
        assert!(others(&[], STEADY_LOOK).is_empty());
    }
}
