//! Reads what registered frames show, one after the other, and keeps a few numbers of each.

use super::{
    calibration,
    cells::{FrameCells, SeedCells},
    change::Change,
    color, detail,
    embedding::{Embedder, EmbedderError},
    focus::Sharpness,
    geometry::{self, Bending},
    identity::{self, Witness},
    judge,
    observation::Observation,
    prepared::Prepared,
    registration::Registered,
    rigid::{Sightings, Unexplained},
    signal::{Readings, Signal},
    structure,
    tears::Tears,
    tracks::Displacements,
};
use crate::frame::{Picture, Plane, Seed};

/// Frames whose geometry is judged together: ten seconds at 24 frames per second.
const STRETCH: usize = 240;
/// Exponent from lightness to light: Oklab takes the cube root.
const LIGHT_PER_LIGHTNESS: f64 = 3.0;
/// Share of the seen points among which the farthest moved is looked for: a thing of half a percent of the picture may move.
const FARTHEST: f64 = 0.995;

/// A frame laid onto the seed, not read yet.
#[derive(Debug)]
pub(super) struct Laid {
    pub(super) time_secs: f64,
    pub(super) picture: Picture,
    pub(super) registered: Registered,
    /// Since the frame before.
    pub(super) change: Change,
    /// Unlikeness to the frame before, `0..=1`.
    pub(super) step: f64,
    /// Share of the picture that is new light, percent.
    pub(super) glare: f64,
}

/// All that was read so far, and what the last frame left for the next.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) observations: Vec<Observation>,
    pub(super) bending: Vec<Bending>,
    pub(super) unexplained: Vec<Unexplained>,
    fps: f64,
    witness: Option<Result<Witness, EmbedderError>>,
    tears: Tears,
    stretch: Vec<Displacements>,
    sightings: Sightings,
    residual_before: Vec<f32>,
    lightness_before: Vec<f32>,
    log_gains: [f64; 2],
    sharpness_first: Sharpness,
}

impl Reader {
    /// A reader of a clip of `fps` frames per second, at which the network looks, too, if there is one.
    pub(super) fn new(prepared: &Prepared, embedder: Option<Embedder>, seed: &Seed, fps: f64) -> Self {
        Self {
            observations: Vec::new(),
            bending: Vec::new(),
            unexplained: Vec::new(),
            fps,
            witness: embedder.map(|embedder| Witness::new(embedder, &prepared.still(seed), fps)),
            tears: Tears::default(),
            stretch: Vec::new(),
            sightings: Sightings::default(),
            residual_before: Vec::new(),
            lightness_before: Vec::new(),
            log_gains: [0.0; 2],
            sharpness_first: Sharpness::default(),
        }
    }

    /// Reads the next frame. Gives where it drifts, `0..=100`, in working size.
    pub(super) fn read(&mut self, prepared: &Prepared, laid: &Laid) -> Plane<f32> {
        let Laid { time_secs, picture, registered, change, step, glare } = laid;
        let seed = &prepared.cells;
        let cells = prepared.cells_of(picture, registered);
        let torn = self.tears.find(&prepared.points, registered);
        let displacements = Displacements::read(&prepared.points, registered, &torn);
        self.sightings.push(|| prepared.landmarks.find(registered, &torn, picture));
        let sharpness = Sharpness::new(seed, &cells);
        let first = &self.sharpness_first;
        let lost_elsewhere = detail::lost_elsewhere(seed, &first.detail, &sharpness.detail);
        let residual = color::residual_lightness(seed, &cells);
        let lightness = color::lightness(seed, &cells);
        let weights: [fn(f32) -> f32; 2] = [|_| 1.0, |subject| subject.powi(2)];
        for (gain, weight) in self.log_gains.iter_mut().zip(weights) {
            let step = color::step(&self.lightness_before, &lightness, |i| weight(seed.subject[i]));
            *gain += LIGHT_PER_LIGHTNESS * f64::from(step);
        }
        let percent = |length: f32| 100.0 * length / prepared.canvas.size().diagonal() as f32;
        let [moved, farthest] = displacements.lengths([0.95, FARTHEST]).map(percent);
        let heat = heat(seed, &cells, &first.detail, &sharpness.detail);
        let mut readings = Readings::default();
        structure::read(seed, &cells, farthest, &mut readings);
        color::read(seed, &cells, &mut readings);
        detail::read(seed, &first.detail, &sharpness.detail, lost_elsewhere, &mut readings);
        identity::read(seed, &cells, &mut readings);
        self.observations.push(Observation {
            time_secs: *time_secs,
            readings,
            log_gains: self.log_gains,
            change: *change,
            step: *step,
            glare: *glare,
            boil: f64::from(color::boil(seed, &self.residual_before, &residual)),
            hole: f64::from(structure::hole(seed, &cells)),
            focus_left: sharpness.left(&seed.subject, first),
            same_light: f64::from(color::same_light(seed, &cells)),
            tracked: f64::from(displacements.seen(&prepared.points)),
            farthest: f64::from(farthest),
            seen: judge::seen(seed, &cells),
            region: judge::region(seed, &cells),
            bent: Vec::new(),
        });
        if let Some(Ok(witness)) = self.witness.as_mut() {
            witness.see(picture, moved);
        }
        self.stretch.push(displacements);
        (self.residual_before, self.lightness_before) = (residual, lightness);
        if self.sharpness_first.detail.is_empty() {
            self.sharpness_first = sharpness;
        }
        if self.stretch.len() >= STRETCH {
            self.judge_stretch(prepared);
        }
        seed.grid.spread(&heat)
    }

    /// Judges the geometry of the frames since the last stretch.
    pub(super) fn judge_stretch(&mut self, prepared: &Prepared) {
        let (stretch, sightings) = (std::mem::take(&mut self.stretch), std::mem::take(&mut self.sightings));
        let size = prepared.canvas.size();
        let (bending, unexplained) = rayon::join(
            || geometry::bending(&prepared.points, &stretch, size),
            || prepared.landmarks.unexplained(&sightings, self.fps),
        );
        self.bending.extend(bending);
        self.unexplained.extend(unexplained);
    }

    /// Why no network looked at the subject, or not to the end.
    pub(super) fn blind(&self) -> Option<String> {
        let failed = |error: &EmbedderError| error.to_string();
        match &self.witness {
            None => Some("built without the feature `embedding`".to_owned()),
            Some(Err(error)) => Some(failed(error)),
            Some(Ok(witness)) => witness.failure().map(failed),
        }
    }

    /// How much of another subject each frame shows, 1 - cosine; empty where no network looked.
    pub(super) fn others(&self) -> Vec<f32> {
        let witness = self.witness.as_ref().and_then(|witness| witness.as_ref().ok());
        witness.map(|witness| witness.others().collect()).unwrap_or_default()
    }
}

/// How wrong every cell is, `0..=100`: its structure, its colour or its texture, whichever is worst.
fn heat(seed: &SeedCells, frame: &FrameCells, detail_first: &[f32], detail: &[f32]) -> Vec<f32> {
    let mut heat = vec![0.0f32; seed.grid.len()];
    for i in structure::judged(seed, frame) {
        heat[i] = (100.0 * (1.0 - frame.likeness[i])).clamp(0.0, 100.0);
    }
    for (i, shift) in color::shifts(seed, frame) {
        heat[i] = heat[i].max(100.0 * calibration::severity(Signal::Hue, f64::from(shift)) as f32);
    }
    for (i, lost) in detail::lost(detail_first, detail).enumerate() {
        heat[i] = heat[i].max(100.0 * calibration::severity(Signal::Smear, f64::from(lost)) as f32);
    }
    heat
}
