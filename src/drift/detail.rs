//! Fine texture of the subject: smeared away, or invented. Whole-picture softness and grain (codec, focus) are not its fault,
//! so the subject is compared with the rest.

use super::{
    cells::{FrameCells, SeedCells, TEXTURED},
    series::weighted_quantile,
    signal::{Readings, Signal},
    structure::{self, LEAST_SEEN},
};

/// Energy that noise and compression leave in a band, levels².
pub(super) const NOISE: f32 = 3.0;
/// Energy in the middle band from which a cell's texture is judged, levels².
const LEAST_ENERGY: f32 = 6.0;
/// Softness costs the subject's print up to this many times what it costs the rest's coarser texture.
const FINE_AGAINST_COARSE: f32 = 2.0;
/// Size in the frame, relative to the seed, from which a cell's fine texture can be seen at all.
const FACING: f32 = 0.8;
/// Share of the first frame's cells, by weight, that must still be judged.
const LEAST_JUDGED: f32 = 0.2;
/// Octaves of energy from which a place's texture is gone.
const GONE: f32 = 1.5;
/// Likeness from which loss of texture is smearing and not other content.
const LIKE: f32 = 0.35;

/// Change of fine texture or of edges in every cell, octaves of energy; NaN where nothing like it is seen. Light changes contrast in all
/// bands alike, so the fine bands are held against the cell's whole contrast.
pub(super) fn changes(seed: &SeedCells, frame: &FrameCells) -> Vec<f32> {
    let change = |f: f32, s: f32| ((f + NOISE) / (s + NOISE)).log2();
    (0..seed.grid.len())
        .map(|i| {
            let is_like = frame.seen[i] >= LEAST_SEEN && frame.likeness[i] > LIKE;
            if !is_like || seed.bands.middle[i] <= LEAST_ENERGY {
                return f32::NAN;
            }
            let fine = change(frame.bands.fine[i], seed.bands.fine[i]);
            let middle = change(frame.bands.middle[i], seed.bands.middle[i]);
            let contrast = change(frame.texture[i], seed.texture[i]).clamp(-2.0, 2.0);
            0.5 * (fine + middle) - contrast
        })
        .collect()
}

/// Those of the [`changes`] that are of fine texture which can be judged; NaN elsewhere.
pub(super) fn fine(seed: &SeedCells, frame: &FrameCells, changes: &[f32]) -> Vec<f32> {
    let is_judged = |i: usize| frame.facing[i] > FACING && seed.texture[i] > TEXTURED;
    changes.iter().enumerate().map(|(i, &change)| if is_judged(i) { change } else { f32::NAN }).collect()
}

/// What each cell has lost since the first frame (empty for that itself), octaves of energy, `>= 0`; nothing where it cannot be
/// judged.
pub(super) fn lost<'a>(first: &'a [f32], now: &'a [f32]) -> impl Iterator<Item = f32> + 'a {
    now.iter().enumerate().map(|(i, &change)| {
        let lost = usual(first, i) - change;
        if lost > 0.0 { lost } else { 0.0 }
    })
}

/// Octaves of energy that textured surroundings of the subject have lost since the first frame, `>= 0`.
pub(super) fn lost_elsewhere(seed: &SeedCells, first: &[f32], now: &[f32]) -> f32 {
    let change = |(i, &change): (usize, &f32)| (change - usual(first, i), (1.0 - seed.subject[i]).powi(2));
    let mut rest: Vec<(f32, f32)> = now.iter().enumerate().map(change).collect();
    weighted_quantile(&mut rest, 0.6).map_or(0.0, |change| (-change).max(0.0))
}

/// What a cell showed at first; 0 where that is not known.
fn usual(first: &[f32], i: usize) -> f32 {
    first.get(i).copied().filter(|usual| usual.is_finite()).unwrap_or(0.0)
}

/// Reads the detail signals of one frame from its [`fine`] changes and those of the clip's first frame, which show what the codec costs
/// (empty for the first frame itself), and from what is [`lost_elsewhere`].
pub(super) fn read(seed: &SeedCells, first: &[f32], now: &[f32], lost_elsewhere: f32, readings: &mut Readings) {
    let mut subject: Vec<(f32, f32)> =
        now.iter().enumerate().map(|(i, &change)| (change - usual(first, i), seed.subject[i].powi(2))).collect();
    let judged = |changes: &[f32]| -> f32 {
        (0..changes.len()).filter(|&i| changes[i].is_finite()).map(|i| seed.subject[i].powi(2)).sum()
    };
    if judged(now) < LEAST_JUDGED * judged(first) {
        return;
    }
    let changed = subject.clone();
    let lost = weighted_quantile(&mut subject, 0.4).unwrap_or(0.0);
    let beyond = lost + FINE_AGAINST_COARSE * lost_elsewhere;
    readings.set(Signal::Smear, (-beyond).max(0.0));
    // print that melts may be a small part of a subject
    let is_gone = |&(change, _): &(f32, f32)| change + FINE_AGAINST_COARSE * lost_elsewhere < -GONE;
    let gone: Vec<bool> = changed.iter().map(is_gone).collect();
    let spot: f32 = structure::largest_group(&seed.grid, &gone).iter().map(|&i| changed[i].1).sum();
    readings.set(Signal::SmearSpot, 100.0 * spot / judged(now).max(f32::MIN_POSITIVE));
    readings.set(Signal::Grain, weighted_quantile(&mut subject, 0.5).unwrap_or(0.0).max(0.0));
}
