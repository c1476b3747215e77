//! The ruler: measures a clip against its seed, frame by frame, and judges it at the end.
//!
//! ```text
//! frame ─► register (seed-anchored) ─► cells, tracks ─► signals ─┐
//!   …                                                            ├─► geometry over time ─► fuse ─► judge
//! frame ─► register (seed-anchored) ─► cells, tracks ─► signals ─┘
//! ```
//!
//! It keeps no frame: a few numbers and the places of a grid of points for each, and the geometry of long clips is judged in
//! stretches of a fixed number of frames.

use super::{
    FrameDrift, Judgement, Registration, Thresholds,
    cells::{FrameCells, SeedCells},
    color, cut, detail,
    embedding::{Embedder, EmbedderError},
    flicker, freeze, fusion,
    geometry::{self, Bending},
    judge::{self, Series},
    observation::{Glimpse, Observation},
    prepared::Prepared,
    rigid::{Sightings, Unexplained},
    series,
    signal::Signal,
    structure,
    tracks::{Displacements, Torn},
};
use crate::{
    flow::{Params, Preset, Refine},
    frame::{Frame, Mask, Picture, Plane, Seed, Size, pyramid},
};
use std::borrow::Cow;

/// Longest side of the picture that is measured, pixels.
pub(super) const WORKING_SIDE: usize = 512;
/// Frames whose geometry is judged together: ten seconds at 24 frames per second.
const STRETCH: usize = 240;

/// Exponent from lightness to light: Oklab takes the cube root.
const LIGHT_PER_LIGHTNESS: f64 = 3.0;
/// Share of the patches' bending that is their own noise where one rigid body explains the whole subject.
const EXCUSED: f32 = 0.5;

/// Frames over which what lasts is told from what flashes by.
const LASTING: usize = 9;

/// The flow that the ruler follows surfaces with: searched one level finer and weighted once more than the preset, so that
/// moving light is not taken for moving structure.
pub(super) fn careful_flow() -> Params {
    let medium = Params::from(Preset::Medium);
    Params { searched: 1, refine: Refine { weightings: 3, ..medium.refine }, ..medium }
}

/// A seed that is ready to be measured against.
#[derive(Debug)]
pub struct Ruler {
    seed: Seed,
    mask: Option<Mask>,
    clip: Size,
    fps: f64,
    params: Params,
    embedder: Option<Embedder>,
    prepared: Option<Prepared>,
    glimpse: Option<Glimpse>,
    observations: Vec<Observation>,
    stretch: Vec<Displacements>,
    sightings: Sightings,
    bending: Vec<Bending>,
    unexplained: Vec<Unexplained>,
    heat: Option<Plane<f32>>,
}

impl Ruler {
    /// A ruler for clips of `clip` pixels and `fps` frames per second, made from `seed`; `mask` (of the seed's size) says where
    /// fidelity matters.
    pub fn new(seed: &Seed, mask: Option<&Mask>, clip: Size, fps: f64) -> Self {
        Self {
            seed: seed.clone(),
            mask: mask.cloned(),
            clip,
            fps,
            params: careful_flow(),
            embedder: Embedder::bundled(),
            prepared: None,
            glimpse: None,
            observations: Vec::new(),
            stretch: Vec::new(),
            sightings: Sightings::default(),
            bending: Vec::new(),
            unexplained: Vec::new(),
            heat: None,
        }
    }

    /// Lets another network than the bundled one say whether it is still the subject.
    #[must_use]
    pub fn with_embedder(mut self, embedder: Embedder) -> Self {
        self.embedder = Some(embedder);
        self
    }

    /// The size in which frames are wanted.
    pub fn working_size(&self) -> Size {
        self.clip.fit(WORKING_SIDE)
    }

    /// Measures the next frame. What it returns is provisional: geometry is judged over time, in [`Ruler::finish`].
    pub fn measure(&mut self, frame: &Frame) -> FrameDrift {
        let picture = self.at_working_size(&frame.picture);
        let glimpse = Glimpse::new(picture.luma(), self.glimpse.as_ref());
        let observation = self.observe(&picture, &glimpse, frame.time.secs());
        if let Some(Ok(witness)) = self.prepared.as_mut().and_then(|prepared| prepared.witness.as_mut()) {
            witness.see(&picture, observation.moved as f32);
        }
        self.glimpse = Some(glimpse);
        self.observations.push(observation);
        if self.stretch.len() >= STRETCH {
            self.judge_stretch();
        }
        let last = self.observations.len() - 1;
        provisional(last, &self.observations[last])
    }

    /// Lays a frame onto the seed and reads all that it says.
    fn observe(&mut self, picture: &Picture, glimpse: &Glimpse, time_secs: f64) -> Observation {
        let prepared = self.prepared.get_or_insert_with(|| {
            let prepared = Prepared::new(&self.seed, self.mask.as_ref(), self.params, picture, &glimpse.luma);
            match self.embedder.clone() {
                Some(embedder) => prepared.with_witness(embedder, &self.seed, self.fps),
                None => prepared,
            }
        });
        let registered = prepared.registrar.register(&prepared.canvas, &glimpse.luma);
        let cells = prepared.cells_of(picture, &registered);
        let torn = Torn::new(&prepared.points, &registered);
        let displacements = Displacements::read(&prepared.points, &registered, &torn);
        self.sightings.push(|| prepared.landmarks.find(&registered, &torn));
        let detail = detail::changes(&prepared.cells, &cells);
        let residual = color::residual_lightness(&prepared.cells, &cells);
        let lightness = color::lightness(&prepared.cells, &cells);
        prepared.log_gain += LIGHT_PER_LIGHTNESS * f64::from(color::step(&prepared.lightness_before, &lightness)).ln();
        let observation = Observation::new(prepared, time_secs, glimpse, &cells, &displacements, &residual, &detail);
        self.heat = Some(heat(&prepared.cells, &cells));
        self.stretch.push(displacements);
        prepared.residual_before = residual;
        prepared.lightness_before = lightness;
        if prepared.detail_first.is_empty() {
            prepared.detail_first = detail;
        }
        observation
    }

    /// Where the last frame drifts, `0..=100`, in working size; `None` before the first frame.
    pub fn heat(&self) -> Option<&Plane<f32>> {
        self.heat.as_ref()
    }

    /// Judges the clip.
    pub fn finish(mut self, thresholds: &Thresholds) -> Judgement {
        self.judge_stretch();
        let working = self.working_size();
        let registration = self.registration(working);
        let mut observations = std::mem::take(&mut self.observations);
        self.complete(&mut observations);
        let scale = (
            self.clip.width as f64 / working.width.max(1) as f64,
            self.clip.height as f64 / working.height.max(1) as f64,
        );
        let blind = self.blind();
        let (clip, fps) = (self.clip, self.fps);
        judge::judge(Series { observations, registration, blind, scale, working, clip, fps }, *thresholds)
    }

    /// Why no network looked at the subject, or not to the end.
    fn blind(&self) -> Option<String> {
        let failed = |error: &EmbedderError| error.to_string();
        match self.prepared.as_ref()?.witness.as_ref() {
            None => Some("built without the feature `embedding`".to_owned()),
            Some(Err(error)) => Some(failed(error)),
            Some(Ok(witness)) => witness.failure().map(failed),
        }
    }

    /// Fills in what only the whole series can tell.
    fn complete(&self, observations: &mut [Observation]) {
        let flicker = flicker::jumps(&series_of(observations, |o| o.log_gain));
        let frozen = freeze::runs(&series_of(observations, |o| o.change), self.fps);
        let jumps = cut::jumps(&series_of(observations, |o| o.step));
        let boil = series::running_mean(&series_of(observations, |o| o.boil), LASTING);
        let lost = series::running_mean(&series_of(observations, |o| 1.0 - o.tracked), LASTING);
        // where few points can be followed, those that can are followed less well
        let reliable = 1.0 - series::summary(&series_of(observations, |o| 1.0 - o.tracked)).0;
        // what moves uncovers what was hidden: only a still, well-known scene makes a new thing certain
        let moved = fusion::pooled(&series_of(observations, |o| o.farthest));
        let certain = reliable.powi(3) / (1.0 + moved * moved);
        let percent = (reliable * 100.0 / self.working_size().diagonal().max(1.0)) as f32;
        let witness = self.prepared.as_ref().and_then(|prepared| prepared.witness.as_ref()?.as_ref().ok());
        let others: Vec<f32> = witness.map(|witness| witness.others().collect()).unwrap_or_default();
        let nothing = Bending::default();
        for (t, observation) in observations.iter_mut().enumerate() {
            let readings = &mut observation.readings;
            readings.set(Signal::Flicker, flicker[t] as f32);
            readings.set(Signal::Frozen, frozen[t] as f32);
            readings.set(Signal::Jump, jumps[t] as f32);
            let bending = self.bending.get(t).unwrap_or(&nothing);
            observation.bent.clone_from(&bending.spots);
            let unexplained = self.unexplained.get(t).copied().unwrap_or_default();
            let bends = percent * (1.0 - EXCUSED * unexplained.explained as f32);
            readings.set(Signal::Bend, bends * bending.typical[0]);
            readings.set(Signal::BendPeak, bends * bending.peak[0]);
            readings.set(Signal::BendWide, bends * bending.typical[1]);
            readings.set(Signal::BendWidePeak, bends * bending.peak[1]);
            readings.set(Signal::Warp, unexplained.warp as f32);
            readings.set(Signal::RigidWarp, unexplained.rigid_warp as f32);
            readings.set(Signal::RestWarp, unexplained.rest_warp as f32);
            readings.set(Signal::Missing, unexplained.missing as f32);
            readings.set(Signal::Garbled, unexplained.garbled as f32);
            readings.set(Signal::Other, others.get(t).copied().unwrap_or(0.0));
            readings.set(Signal::Curl, percent * bending.raw);
            // what turns away takes its tracks along: those left at the rim are foreshortened most
            readings.set(Signal::Aspect, (100.0 * reliable * (1.0 - lost[t]).powi(2)) as f32 * bending.stretched);
            readings.set(Signal::Blob, (certain * readings.get(Signal::Blob)) as f32);
            readings.set(Signal::Boil, boil[t] as f32);
            readings.set(Signal::Lost, lost[t] as f32);
        }
    }

    fn judge_stretch(&mut self) {
        if let Some(prepared) = &self.prepared {
            let size = prepared.canvas.size();
            self.bending.extend(geometry::bending(&prepared.points, &self.stretch, size));
            self.unexplained.extend(prepared.landmarks.unexplained(&std::mem::take(&mut self.sightings)));
            self.stretch.clear();
        }
    }

    fn registration(&self, working: Size) -> Registration {
        match &self.prepared {
            Some(prepared) => Registration {
                kind: "affine".to_owned(),
                matrix: prepared.placement.clip_from_seed(working, self.clip),
                visible_fraction: prepared.placement.visible_fraction(self.seed.picture.size(), working),
            },
            None => Registration {
                kind: "none".to_owned(),
                matrix: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
                visible_fraction: 0.0,
            },
        }
    }

    fn at_working_size<'a>(&self, picture: &'a Picture) -> Cow<'a, Picture> {
        if picture.size() == self.working_size() {
            Cow::Borrowed(picture)
        } else {
            Cow::Owned(pyramid::resize_picture(picture, self.working_size()))
        }
    }
}

fn series_of(observations: &[Observation], of: fn(&Observation) -> f64) -> Vec<f64> {
    observations.iter().map(of).collect()
}

/// Unlikeness of every place whose texture lets it be judged.
fn heat(seed: &SeedCells, frame: &FrameCells) -> Plane<f32> {
    let mut values = vec![0.0f32; seed.grid.len()];
    for i in structure::judged(seed, frame) {
        values[i] = (100.0 * (1.0 - frame.likeness[i])).clamp(0.0, 100.0);
    }
    seed.grid.spread(&values)
}

fn provisional(index: usize, observation: &Observation) -> FrameDrift {
    let severities = fusion::severities(&observation.readings);
    FrameDrift {
        index,
        time_secs: observation.time_secs,
        drift: fusion::round(fusion::drift(&severities)),
        confidence: observation.seen,
        causes: fusion::by_cause(&severities),
    }
}
