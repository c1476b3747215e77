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

/// Reads the detail signals of one frame; `gain` is the frame's lightness gain against the seed.
pub(super) fn read(seed: &SeedCells, frame: &FrameCells, gain: f32, readings: &mut Readings) {
    let contrast = gain.powi(2).clamp(0.25, 4.0);
    let mut subject = Vec::new();
    for i in 0..seed.grid.len() {
        let judged = frame.seen[i] >= LEAST_SEEN && frame.likeness[i] > LIKE && seed.texture[i] > TEXTURED;
        if judged && seed.bands.middle[i] > LEAST_ENERGY {
            let change = |f: &[f32], s: &[f32]| ((f[i] / contrast + NOISE) / (s[i] + NOISE)).log2();
            let fine = change(&frame.bands.fine, &seed.bands.fine);
            let middle = change(&frame.bands.middle, &seed.bands.middle);
            subject.push((0.5 * (fine + middle), seed.subject[i]));
        }
    }
    readings.set(Signal::Smear, weighted_quantile(&mut subject, 0.5).map_or(0.0, |change| (-change).max(0.0)));
    readings.set(Signal::Grain, weighted_quantile(&mut subject, 0.5).map_or(0.0, |change| change.max(0.0)));
}
