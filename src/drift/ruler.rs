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
    alignment::{lay, pulled_half},
    canvas::Canvas,
    cells::{FrameCells, SeedCells},
    color, cut, detail, flicker, freeze, fusion,
    geometry::{self, Bending, Bent},
    identity::{self, Witness},
    judge::{self, Series},
    placement::Placement,
    registration::{Registered, Registrar},
    rigid::{Landmarks, Sightings, Unexplained},
    series,
    signal::{Readings, Signal},
    structure,
    tracks::{Displacements, Points, Torn},
};
use crate::{
    flow::{Params, Preset, Refine},
    frame::{Frame, Mask, Picture, Plane, Seed, Size, oklab_from_picture, pyramid},
};
use std::borrow::Cow;

/// Longest side of the picture that is measured, pixels.
pub(super) const WORKING_SIDE: usize = 512;
/// Frames whose geometry is judged together: ten seconds at 24 frames per second.
const STRETCH: usize = 240;

/// Exponent from lightness to light: Oklab takes the cube root.
const LIGHT_PER_LIGHTNESS: f64 = 3.0;
/// Share of the seen points among which the farthest moved is looked for: a thing of half a percent of the picture may move.
const FARTHEST: f64 = 0.995;

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

/// What one frame left behind.
#[derive(Clone, Debug)]
pub(crate) struct Observation {
    pub(crate) time_secs: f64,
    pub(crate) readings: Readings,
    /// Natural logarithm of the light gained since the first frame.
    pub(crate) log_gain: f64,
    /// Mean absolute change of luma since the frame before, levels.
    pub(crate) change: f64,
    /// Unlikeness to the frame before, `0..=1`.
    pub(crate) step: f64,
    /// Change of the aligned surface's lightness since the frame before, Oklab × 100.
    pub(crate) boil: f64,
    /// Share of the subject's points that could be followed, `0..=1`.
    pub(crate) tracked: f64,
    /// Displacement from the seed that 95 % of the points do not exceed, percent of the diagonal.
    pub(crate) moved: f64,
    /// The same for the points that moved farthest, of which any small thing may be made.
    pub(crate) farthest: f64,
    /// Share of the subject's texture that could be compared, `0..=1`.
    pub(crate) seen: f64,
    /// Where it looks least like the seed: `[x, y, width, height]`, pixels of the canvas.
    pub(crate) region: [usize; 4],
    /// Where it bends, worst first; known only at the end.
    pub(crate) bent: Vec<Bent>,
}

/// A seed that is ready to be measured against.
#[derive(Debug)]
pub struct Ruler {
    seed: Seed,
    mask: Option<Mask>,
    clip: Size,
    fps: f64,
    params: Params,
    prepared: Option<Prepared>,
    observations: Vec<Observation>,
    stretch: Vec<Displacements>,
    sightings: Sightings,
    bending: Vec<Bending>,
    unexplained: Vec<Unexplained>,
    heat: Option<Plane<f32>>,
}

/// Everything that is made once, when the first frame shows how the seed lies.
#[derive(Debug)]
struct Prepared {
    placement: Placement,
    canvas: Canvas,
    cells: SeedCells,
    points: Points,
    landmarks: Landmarks,
    registrar: Registrar,
    luma_before: Plane<f32>,
    thumbnail_before: Plane<f32>,
    residual_before: Vec<f32>,
    lightness_before: Vec<f32>,
    log_gain: f64,
    detail_first: Vec<f32>,
    witness: Option<Witness>,
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
            prepared: None,
            observations: Vec::new(),
            stretch: Vec::new(),
            sightings: Sightings::default(),
            bending: Vec::new(),
            unexplained: Vec::new(),
            heat: None,
        }
    }

    /// The size in which frames are wanted.
    pub fn working_size(&self) -> Size {
        self.clip.fit(WORKING_SIDE)
    }

    /// Measures the next frame. What it returns is provisional: geometry is judged over time, in [`Ruler::finish`].
    pub fn measure(&mut self, frame: &Frame) -> FrameDrift {
        let picture = self.at_working_size(&frame.picture);
        let luma = picture.luma();
        if self.prepared.is_none() {
            self.prepared = Some(self.prepare(&picture, &luma));
        }
        let Some(prepared) = &mut self.prepared else { unreachable!("it was prepared above") };
        let registered = prepared.registrar.register(&prepared.canvas, &luma);
        let cells = cells_of(prepared, &picture, &registered);
        let torn = Torn::new(&prepared.points, &registered);
        let displacements = Displacements::read(&prepared.points, &registered, &torn);
        self.sightings.push(|| prepared.landmarks.find(&registered, &torn));
        let detail = detail::changes(&prepared.cells, &cells);
        let residual = color::residual_lightness(&prepared.cells, &cells);
        let lightness = color::lightness(&prepared.cells, &cells);
        prepared.log_gain += LIGHT_PER_LIGHTNESS * f64::from(color::step(&prepared.lightness_before, &lightness)).ln();
        let observation = observe(prepared, frame, &cells, &luma, &displacements, &residual, &detail);
        if let Some(witness) = &mut prepared.witness {
            witness.see(&picture, observation.moved as f32);
        }
        self.heat = Some(heat(&prepared.cells, &cells));
        self.stretch.push(displacements);
        prepared.thumbnail_before = cut::thumbnail(&luma);
        prepared.luma_before = luma;
        prepared.residual_before = residual;
        prepared.lightness_before = lightness;
        if prepared.detail_first.is_empty() {
            prepared.detail_first = detail;
        }
        self.observations.push(observation);
        if self.stretch.len() >= STRETCH {
            self.judge_stretch();
        }
        let last = self.observations.len() - 1;
        provisional(last, &self.observations[last])
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
        let witnessed = self.prepared.as_ref().is_none_or(|prepared| prepared.witness.is_some());
        let (clip, fps) = (self.clip, self.fps);
        judge::judge(Series { observations, registration, witnessed, scale, working, clip, fps }, *thresholds)
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
        let witness = self.prepared.as_ref().and_then(|prepared| prepared.witness.as_ref());
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

    /// Lays the seed over the first frame and prepares all that depends on it.
    fn prepare(&self, first: &Picture, luma: &Plane<f32>) -> Prepared {
        let size = self.working_size();
        let (placement, canvas) = lay(&self.seed, self.mask.as_ref(), size, self.params, first, luma);
        let points = Points::new(&canvas);
        let cells = SeedCells::new(&canvas);
        Prepared {
            landmarks: Landmarks::new(&points, &canvas, &cells),
            cells,
            points,
            registrar: Registrar::new(self.params),
            luma_before: luma.clone(),
            thumbnail_before: cut::thumbnail(luma),
            residual_before: Vec::new(),
            lightness_before: Vec::new(),
            log_gain: 0.0,
            detail_first: Vec::new(),
            witness: Witness::new(&placement.lay(&self.seed.picture, size), self.fps),
            placement,
            canvas,
        }
    }
}

fn series_of(observations: &[Observation], of: fn(&Observation) -> f64) -> Vec<f64> {
    observations.iter().map(of).collect()
}

fn cells_of(prepared: &Prepared, picture: &Picture, registered: &Registered) -> FrameCells {
    FrameCells::new(
        &prepared.canvas,
        &prepared.cells.grid,
        registered,
        &oklab_from_picture(&pulled_half(picture, &registered.flow)),
    )
}

fn observe(
    prepared: &Prepared,
    frame: &Frame,
    cells: &FrameCells,
    luma: &Plane<f32>,
    displacements: &Displacements,
    residual: &[f32],
    detail: &[f32],
) -> Observation {
    let seed = &prepared.cells;
    let mut readings = Readings::default();
    let percent = |length: f32| 100.0 * length / prepared.canvas.size().diagonal() as f32;
    let (moved, farthest) = (percent(displacements.length(0.95)), percent(displacements.length(FARTHEST)));
    structure::read(seed, cells, farthest, &mut readings);
    color::read(seed, cells, &mut readings);
    detail::read(seed, &prepared.detail_first, detail, &mut readings);
    identity::read(seed, cells, &mut readings);
    let n = luma.data().len().max(1) as f64;
    let change =
        luma.data().iter().zip(prepared.luma_before.data()).map(|(a, b)| f64::from((a - b).abs())).sum::<f64>() / n;
    Observation {
        time_secs: frame.time.secs(),
        readings,
        log_gain: prepared.log_gain,
        change,
        step: f64::from(cut::step(&prepared.thumbnail_before, &cut::thumbnail(luma))),
        boil: f64::from(color::boil(seed, &prepared.residual_before, residual)),
        tracked: f64::from(displacements.seen(&prepared.points)),
        moved: f64::from(moved),
        farthest: f64::from(farthest),
        seen: judge::seen(seed, cells),
        region: judge::region(seed, cells),
        bent: Vec::new(),
    }
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
