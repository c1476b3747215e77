//! Fine texture of the subject: smeared away, or invented. Whole-picture softness and grain (codec, focus) are not its fault,
//! so the subject is compared with the rest.

use super::{
    cells::{FrameCells, SeedCells, TEXTURED},
    series::weighted_quantile,
    signal::{Readings, Signal},
    structure::{self, LEAST_SEEN},
};

/// Energy that noise and compression leave in a band, levels².
const NOISE: f32 = 3.0;
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

/// Change of fine texture in every cell that can be judged, octaves of energy; NaN elsewhere. Light changes contrast in all bands
/// alike, so the fine bands are held against the cell's whole contrast.
pub(super) fn changes(seed: &SeedCells, frame: &FrameCells) -> Vec<f32> {
    let change = |f: f32, s: f32| ((f + NOISE) / (s + NOISE)).log2();
    (0..seed.grid.len())
        .map(|i| {
            let judged = frame.seen[i] >= LEAST_SEEN
                && frame.likeness[i] > LIKE
                && frame.facing[i] > FACING
                && seed.texture[i] > TEXTURED;
            if !judged || seed.bands.middle[i] <= LEAST_ENERGY {
                return f32::NAN;
            }
            let fine = change(frame.bands.fine[i], seed.bands.fine[i]);
            let middle = change(frame.bands.middle[i], seed.bands.middle[i]);
            let contrast = change(frame.texture[i], seed.texture[i]).clamp(-2.0, 2.0);
            0.5 * (fine + middle) - contrast
        })
        .collect()
}

/// What each cell has lost since the first frame (empty for that itself), octaves of energy, `>= 0`; nothing where it cannot be
/// judged.
pub(super) fn lost<'a>(first: &'a [f32], now: &'a [f32]) -> impl Iterator<Item = f32> + 'a {
    now.iter().enumerate().map(|(i, &change)| {
        let lost = usual(first, i) - change;
        if lost > 0.0 { lost } else { 0.0 }
    })
}

/// What a cell showed at first; 0 where that is not known.
fn usual(first: &[f32], i: usize) -> f32 {
    first.get(i).copied().filter(|usual| usual.is_finite()).unwrap_or(0.0)
}

/// Reads the detail signals of one frame from its [`changes`] and those of the clip's first frame, which show what the codec costs
/// (empty for the first frame itself).
pub(super) fn read(seed: &SeedCells, first: &[f32], now: &[f32], readings: &mut Readings) {
    let (mut subject, mut rest) = (Vec::new(), Vec::new());
    for (i, &change) in now.iter().enumerate() {
        let usual = usual(first, i);
        subject.push((change - usual, seed.subject[i].powi(2)));
        rest.push((change - usual, (1.0 - seed.subject[i]).powi(2)));
    }
    let judged = |changes: &[f32]| -> f32 {
        (0..changes.len()).filter(|&i| changes[i].is_finite()).map(|i| seed.subject[i].powi(2)).sum()
    };
    if judged(now) < LEAST_JUDGED * judged(first) {
        return;
    }
    let changed = subject.clone();
    let lost = weighted_quantile(&mut subject, 0.4).unwrap_or(0.0);
    let lost_elsewhere = weighted_quantile(&mut rest, 0.6).unwrap_or(0.0).min(0.0);
    let beyond = lost - FINE_AGAINST_COARSE * lost_elsewhere;
    readings.set(Signal::Smear, (-beyond).max(0.0));
    // print that melts may be a small part of a subject
    let is_gone = |&(change, _): &(f32, f32)| change - FINE_AGAINST_COARSE * lost_elsewhere < -GONE;
    let gone: Vec<bool> = changed.iter().map(is_gone).collect();
    let spot: f32 = structure::largest_group(&seed.grid, &gone).iter().map(|&i| changed[i].1).sum();
    readings.set(Signal::SmearSpot, 100.0 * spot / judged(now).max(f32::MIN_POSITIVE));
    readings.set(Signal::Grain, weighted_quantile(&mut subject, 0.5).unwrap_or(0.0).max(0.0));
}
