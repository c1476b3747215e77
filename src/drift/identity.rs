//! Is it the seed at all? Large-scale likeness that forgives detail but not another subject.

use super::{
    cells::{FrameCells, SeedCells},
    signal::{Readings, Signal},
    structure::{forgiving, judged},
};

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
