//! The ruler: measures a clip against its seed, frame by frame, and judges it at the end.
//!
//! ```text
//! frame ─► register (seed-anchored) ─► read: cells, tracks ─► signals ─┐
//!   …        while those before are read                               ├─► geometry over time ─► fuse ─► judge
//! frame ─► register (seed-anchored) ─► read: cells, tracks ─► signals ─┘
//! ```
//!
//! It keeps no frame but the last few: a few numbers and the places of a grid of points for each, and the geometry of long clips is judged in
//! stretches of a fixed number of frames.

use super::{
    Judgement, Registration, Thresholds, cut,
    embedding::{self, Embedder},
    flicker, focus, freeze, fusion,
    geometry::Bending,
    glare,
    judge::{self, Series},
    line::{Line, Work},
    observation::{Glimpse, Observation},
    prepared::Prepared,
    reader::{Laid, Reader},
    registration::Registrar,
    rigid::Unexplained,
    series,
    signal::Signal,
};
use crate::{
    flow::{Params, Preset, Refine},
    frame::{Frame, Plane, Regions, Seed, Size, pyramid},
};
use std::sync::Arc;

/// Longest side of the picture that is measured, pixels.
pub(super) const WORKING_SIDE: usize = 512;
/// Share of the patches' bending that is their own noise where one rigid body explains the whole subject.
const EXCUSED: f32 = 0.5;

/// Share of points that no frame shows from which more says no more: where fine texture is soft or moves, none can be followed.
const UNSEEDED: f64 = 0.42;

/// Share of the longer side by which a subject is taken wider and narrower to see what hangs on it.
const MARGIN: f32 = 0.02;

/// Odds of a subject that bends by nature from which its bending begins to be, and surely is, excused: packs show plants and animals.
const PLIANT: (f64, f64) = (0.4, 0.8);

/// Frames over which what lasts is told from what flashes by.
const LASTING: usize = 9;
/// Frames to either side of one whose median says that a spot of texture is gone: for a single frame, few cells of it may be in view.
const SPOT_RADIUS: usize = 2;
/// Share of the subject's points that are lost from where it may be, and may surely be, another subject: one that is followed point by
/// point is the still's, whatever a network says of its view. Real subjects that became others lost 70 % and more; faithful ones that the
/// network took for others lost 17 % (a carton that a camera nears), 48 % (a jug that it circles) and 57 % (a tube that something passes).
const DOUBTED: (f64, f64) = (0.5, 0.7);

/// The flow that the ruler follows surfaces with: searched one level finer and weighted once more than the preset, so that
/// moving light is not taken for moving structure.
pub(super) fn careful_flow() -> Params {
    let medium = Params::from(Preset::Medium);
    Params { searched: 1, refine: Refine { weightings: 3, ..medium.refine }, ..medium }
}

/// What is asked of a clip besides what always is.
#[derive(Debug)]
pub struct Inquiry {
    /// The network that says whether it is still the subject; none where nobody does.
    pub embedder: Option<Embedder>,
    /// Whether to measure also with the subject taken wider and narrower by 2 % of the longer side, to say how much the drift
    /// hangs on where the product is taken to be ([`Judgement::range`]).
    pub wants_range: bool,
}

impl Default for Inquiry {
    /// The bundled network, and no range.
    fn default() -> Self {
        Self { embedder: Embedder::bundled(), wants_range: false }
    }
}

/// A seed that is ready to be measured against.
#[derive(Debug)]
pub struct Ruler {
    original: Size,
    clip: Size,
    fps: f64,
    line: Line<Register, Read>,
}

/// Lays one frame after the other onto the seed.
#[derive(Debug)]
struct Register {
    seed: Arc<Seed>,
    regions: Option<Regions>,
    working: Size,
    params: Params,
    glimpse: Option<Glimpse>,
    /// From the first frame on.
    laid: Option<(Arc<Prepared>, Registrar)>,
}

/// Reads what was laid onto it.
#[derive(Debug)]
struct Read {
    seed: Arc<Seed>,
    embedder: Option<Embedder>,
    /// Whether somebody said where the product is.
    is_told: bool,
    /// How sure it is that the subject bends by nature, `0..=1`.
    pliant: f64,
    fps: f64,
    /// From the first frame on.
    reader: Option<(Arc<Prepared>, Reader)>,
    /// Whether the subject is taken wider and narrower, too.
    wants_range: bool,
    /// Readers that take it so, without a network.
    margins: Vec<(Arc<Prepared>, Reader)>,
}

impl Work for Register {
    type In = Frame;
    type Out = (Arc<Prepared>, Laid);

    fn work(&mut self, frame: Frame) -> Self::Out {
        let Self { seed, regions, working, params, .. } = self;
        let picture = frame.picture;
        let picture = if picture.size() == *working { picture } else { pyramid::resize_picture(&picture, *working) };
        let glimpse = Glimpse::new(picture.luma(), self.glimpse.as_ref());
        let (prepared, registrar) = self.laid.get_or_insert_with(|| {
            let prepared = Prepared::new(seed, regions.as_ref(), *params, &picture, &glimpse.luma);
            (Arc::new(prepared), Registrar::new(*params))
        });
        let registered = registrar.register(&prepared.canvas, &glimpse.luma);
        let (change, step) = (glimpse.change, glimpse.step);
        let glare = prepared.glare.percent(&glimpse.luma);
        self.glimpse = Some(glimpse);
        (Arc::clone(prepared), Laid { time_secs: frame.time.secs(), picture, registered, change, step, glare })
    }
}

impl Work for Read {
    type In = (Arc<Prepared>, Laid);
    type Out = Plane<f32>;

    fn work(&mut self, (prepared, laid): Self::In) -> Plane<f32> {
        let Self { seed, embedder, is_told, pliant, fps, wants_range, margins, .. } = self;
        let (prepared, reader) = self.reader.get_or_insert_with(|| {
            if *wants_range {
                let subjects = [-MARGIN, MARGIN].map(|margin| Arc::new(prepared.with_margin(margin)));
                *margins = subjects.map(|p| (Arc::clone(&p), Reader::new(&p, None, seed, *fps))).into();
            }
            let bends = if *is_told { None } else { embedding::odds_of_bending(&seed.picture) };
            *pliant = bends.map_or(0.0, |odds| series::ramp(f64::from(odds), PLIANT));
            let reader = Reader::new(&prepared, embedder.take(), seed, *fps);
            (prepared, reader)
        });
        for (prepared, reader) in margins {
            reader.read(prepared, &laid);
        }
        reader.read(prepared, &laid)
    }
}

impl Ruler {
    /// A ruler for clips of `clip` pixels and `fps` frames per second, made from `seed`; `regions` (of the seed's size)
    /// say where fidelity matters.
    pub fn new(seed: Arc<Seed>, regions: Option<Regions>, clip: Size, fps: f64) -> Self {
        Self::with(Inquiry::default(), seed, regions, clip, fps)
    }

    /// The same, asking what `inquiry` says.
    pub fn with(inquiry: Inquiry, seed: Arc<Seed>, regions: Option<Regions>, clip: Size, fps: f64) -> Self {
        let Inquiry { embedder, wants_range } = inquiry;
        let (original, working) = (seed.picture.size(), clip.fit(WORKING_SIDE));
        // who paints a product says that it is one, and what may bend of it
        let is_told = regions.as_ref().is_some_and(|regions| regions.product.is_some()) || seed.alpha.is_some();
        let register =
            Register { seed: Arc::clone(&seed), regions, working, params: careful_flow(), glimpse: None, laid: None };
        let read = Read { seed, embedder, is_told, pliant: 0.0, fps, reader: None, wants_range, margins: Vec::new() };
        Self { original, clip, fps, line: Line::new(register, read) }
    }

    /// The size in which frames are wanted.
    pub fn working_size(&self) -> Size {
        Self::working_size_of(self.clip)
    }

    /// The size in which frames of clips of `clip` pixels are wanted.
    pub fn working_size_of(clip: Size) -> Size {
        clip.fit(WORKING_SIDE)
    }

    /// Takes the next frame, which is measured while others are waited for. Gives the heat of the frames that have been measured
    /// since, in order: where each drifts, `0..=100`, in working size.
    pub fn measure(&mut self, frame: Frame) -> Vec<Plane<f32>> {
        self.line.put(frame)
    }

    /// Measures all frames to the last, and gives the heat of those whose heat was not given yet.
    pub fn catch_up(&mut self) -> Vec<Plane<f32>> {
        self.line.rest()
    }

    /// Judges the clip.
    pub fn finish(self, thresholds: &Thresholds) -> Judgement {
        let working = self.working_size();
        let Self { original: still, clip, fps, line } = self;
        let (_, read) = line.end();
        let pliant = read.pliant;
        let scale =
            (clip.width as f64 / working.width.max(1) as f64, clip.height as f64 / working.height.max(1) as f64);
        let Some((prepared, reader)) = read.reader else {
            let (registration, observations) = (Registration::none(), Vec::new());
            let series = Series {
                observations,
                registration,
                prepared: None,
                blind: None,
                pliant,
                scale,
                working,
                clip,
                still,
                fps,
            };
            return judge::judge(series, *thresholds);
        };
        let (seen_as_other, blind) = (reader.others(), reader.blind());
        let judged = |prepared: Arc<Prepared>, mut reader: Reader| {
            reader.judge_stretch(&prepared);
            let mut observations = std::mem::take(&mut reader.observations);
            complete(&mut observations, &reader, &seen_as_other, pliant, working, fps);
            let registration = registration(&prepared, still, clip, working);
            let (prepared, blind) = (Some(prepared), blind.clone());
            judge::judge(
                Series { observations, registration, prepared, blind, pliant, scale, working, clip, still, fps },
                *thresholds,
            )
        };
        let others: Vec<f64> = read.margins.into_iter().map(|(p, reader)| judged(p, reader).drift).collect();
        let judgement = judged(prepared, reader);
        if others.is_empty() { judgement } else { judgement.between(&others, *thresholds) }
    }
}

fn registration(prepared: &Prepared, original: Size, clip: Size, working: Size) -> Registration {
    Registration {
        kind: "affine".to_owned(),
        matrix: prepared.placement.clip_from_seed(working, clip),
        visible_fraction: prepared.placement.visible_fraction(original, working),
    }
}

impl Registration {
    fn none() -> Self {
        Self {
            kind: "none".to_owned(),
            matrix: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
            visible_fraction: 0.0,
        }
    }
}

/// Fills in what only the whole series can tell.
fn complete(observations: &mut [Observation], reader: &Reader, others: &[f32], pliant: f64, working: Size, fps: f64) {
    let by_picture = flicker::jumps(&series_of(observations, |o| o.log_gains[0]));
    let by_subject = flicker::jumps(&series_of(observations, |o| o.log_gains[1]));
    let frozen = freeze::runs(&series_of(observations, |o| o.change.busiest), fps);
    let jumps = cut::jumps(&series_of(observations, |o| o.step));
    let boil = series::running_mean(&series_of(observations, |o| o.boil), LASTING);
    let lost = series::running_mean(&series_of(observations, |o| 1.0 - o.tracked), LASTING);
    let spots = series_of(observations, |o| o.readings.get(Signal::SmearSpot));
    let spots = series::running_median(&spots, SPOT_RADIUS);
    // where few points can be followed, those that can are followed less well
    let reliable = 1.0 - series::summary(&series_of(observations, |o| 1.0 - o.tracked)).0;
    // the still's own points, however far they move later, show in the frame that is closest to it
    let unseeded = observations.iter().map(|o| 1.0 - o.tracked).fold(UNSEEDED, f64::min);
    // what moves uncovers what was hidden: only a still, well-known scene makes a new thing certain
    let moved = fusion::pooled(&series_of(observations, |o| o.farthest));
    let certain = reliable.powi(3) / (1.0 + moved * moved);
    let percent = (reliable * 100.0 / working.diagonal().max(1.0)) as f32;
    let says = glare::says(&series_of(observations, |o| o.glare), fps);
    let stays = focus::stays(&series_of(observations, |o| o.focus_left), fps);
    let holes = holes(observations, &reader.unexplained);
    let nothing = Bending::default();
    let mut gone = 0.0f64;
    for (t, observation) in observations.iter_mut().enumerate() {
        let readings = &mut observation.readings;
        readings.set(Signal::Flicker, by_picture[t] as f32);
        readings.set(Signal::FlickerAlone, (by_subject[t] - by_picture[t]).max(0.0) as f32);
        readings.set(Signal::Frozen, frozen[t] as f32);
        readings.set(Signal::Jump, jumps[t] as f32);
        let bending = reader.bending.get(t).unwrap_or(&nothing);
        observation.bent.clone_from(&bending.spots);
        let unexplained = reader.unexplained.get(t).copied().unwrap_or_default();
        let stiff = 1.0 - pliant;
        let bends = percent * stiff as f32 * (1.0 - EXCUSED * unexplained.explained as f32);
        readings.set(Signal::Bend, bends * bending.typical[0]);
        readings.set(Signal::BendPeak, bends * bending.peak[0]);
        readings.set(Signal::BendWide, bends * bending.typical[1]);
        readings.set(Signal::BendWidePeak, bends * bending.peak[1]);
        readings.set(Signal::Warp, unexplained.warp as f32);
        readings.set(Signal::RigidWarp, (stiff * unexplained.rigid_warp) as f32);
        readings.set(Signal::RestWarp, (stiff * unexplained.rest_warp) as f32);
        readings.set(Signal::SceneWarp, (stiff * unexplained.scene_warp) as f32);
        readings.set(Signal::Excursion, (stiff * unexplained.excursion) as f32);
        readings.set(Signal::Missing, unexplained.missing as f32);
        readings.set(Signal::Garbled, unexplained.garbled as f32);
        readings.set(Signal::Vanished, (observation.same_light * unexplained.vanished) as f32);
        readings.set(Signal::Rewritten, (observation.same_light * unexplained.rewritten) as f32);
        // light that changes later brings nothing back
        gone = gone.min(unexplained.gone).max(observation.same_light * unexplained.gone);
        readings.set(Signal::Gone, gone as f32);
        readings.set(Signal::Hole, holes[t] as f32);
        let doubted = series::ramp(lost[t], DOUBTED) as f32;
        readings.set(Signal::Other, doubted * others.get(t).copied().unwrap_or(0.0));
        readings.set(Signal::Curl, percent * bending.raw);
        // what turns away takes its tracks along: those left at the rim are foreshortened most
        readings.set(Signal::Aspect, (100.0 * stiff * reliable * (1.0 - lost[t]).powi(2)) as f32 * bending.stretched);
        readings.set(Signal::Blob, (certain * readings.get(Signal::Blob)) as f32);
        readings.set(Signal::Boil, boil[t] as f32);
        readings.set(Signal::SmearSpot, spots[t] as f32);
        readings.set(Signal::Lost, lost[t] as f32);
        readings.set(Signal::Unseeded, unseeded as f32);
        glare::dim(readings, says[t]);
        focus::dim(readings, stays[t]);
    }
}

/// The largest place of the subject that shows something else for good, as surely as nothing excuses it and the light is the still's:
/// percent of the subject.
fn holes(observations: &[Observation], unexplained: &[Unexplained]) -> Vec<f64> {
    let unexcused = unexplained.iter().map(|unexplained| unexplained.unexcused).chain(std::iter::repeat(0.0));
    let holes: Vec<f64> =
        observations.iter().zip(unexcused).map(|(o, unexcused)| o.same_light * unexcused * o.hole).collect();
    series::for_good(&series::running_median(&holes, LASTING / 2))
}

fn series_of(observations: &[Observation], of: fn(&Observation) -> f64) -> Vec<f64> {
    observations.iter().map(of).collect()
}
