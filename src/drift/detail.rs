//! Fine texture of the subject: smeared away, or invented. Whole-picture softness and grain (codec, focus) are not its fault,
//! so the subject is compared with the rest.

use super::{
    cells::{FrameCells, SeedCells, TEXTURED},
    series::weighted_quantile,
    signal::{Readings, Signal},
    structure::LEAST_SEEN,
};

/// Energy that noise and compression leave in a band, levels².
const NOISE: f32 = 3.0;
/// Energy in the middle band from which a cell's texture is judged, levels².
const LEAST_ENERGY: f32 = 6.0;
/// Likeness from which loss of texture is smearing and not other content.
const LIKE: f32 = 0.35;

/// Reads the detail signals of one frame. Light changes contrast in all bands alike, so the fine bands are held against the
/// cell's whole contrast.
pub(super) fn read(seed: &SeedCells, frame: &FrameCells, readings: &mut Readings) {
    let mut subject = Vec::new();
    for i in 0..seed.grid.len() {
        let judged = frame.seen[i] >= LEAST_SEEN && frame.likeness[i] > LIKE && seed.texture[i] > TEXTURED;
        if judged && seed.bands.middle[i] > LEAST_ENERGY {
            let change = |f: f32, s: f32| ((f + NOISE) / (s + NOISE)).log2();
            let fine = change(frame.bands.fine[i], seed.bands.fine[i]);
            let middle = change(frame.bands.middle[i], seed.bands.middle[i]);
            let contrast = change(frame.texture[i], seed.texture[i]).clamp(-2.0, 2.0);
            subject.push((0.5 * (fine + middle) - contrast, seed.subject[i]));
        }
    }
    let change = weighted_quantile(&mut subject, 0.5).unwrap_or(0.0);
    readings.set(Signal::Smear, (-change).max(0.0));
    readings.set(Signal::Grain, change.max(0.0));
}
