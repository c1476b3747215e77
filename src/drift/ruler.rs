//! The ruler: measures a clip against its seed, frame by frame, and judges it at the end.
//!
//! ```text
//! frame ─► register (seed-anchored) ─► read: cells, tracks ─► signals ─┐
//!   …          while the frame before is read                          ├─► geometry over time ─► fuse ─► judge
//! frame ─► register (seed-anchored) ─► read: cells, tracks ─► signals ─┘
//! ```
//!
//! It keeps no frame but the last: a few numbers and the places of a grid of points for each, and the geometry of long clips is judged in
//! stretches of a fixed number of frames.

use super::{
    Judgement, Registration, Thresholds, cut,
    embedding::Embedder,
    flicker, freeze, fusion,
    geometry::Bending,
    glare,
    judge::{self, Series},
    observation::{Glimpse, Observation},
    prepared::Prepared,
    reader::{Laid, Reader},
    registration::Registrar,
    series,
    signal::Signal,
};
use crate::{
    flow::{Params, Preset, Refine},
    frame::{Frame, Picture, Plane, Regions, Seed, Size, pyramid},
};

/// Longest side of the picture that is measured, pixels.
pub(super) const WORKING_SIDE: usize = 512;
/// Share of the patches' bending that is their own noise where one rigid body explains the whole subject.
const EXCUSED: f32 = 0.5;

/// Share of points that no frame shows from which more says no more: where fine texture is soft or moves, none can be followed.
const UNSEEDED: f64 = 0.42;

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
    regions: Option<Regions>,
    clip: Size,
    fps: f64,
    params: Params,
    embedder: Option<Embedder>,
    glimpse: Option<Glimpse>,
    at_work: Option<AtWork>,
}

/// What begins with the first frame.
#[derive(Debug)]
struct AtWork {
    prepared: Prepared,
    registrar: Registrar,
    reader: Reader,
    /// The last frame, until the next one comes.
    laid: Option<Laid>,
}

impl Ruler {
    /// A ruler for clips of `clip` pixels and `fps` frames per second, made from `seed`; `regions` (of the seed's size)
    /// say where fidelity matters.
    pub fn new(seed: &Seed, regions: Option<&Regions>, clip: Size, fps: f64) -> Self {
        Self {
            seed: seed.clone(),
            regions: regions.cloned(),
            clip,
            fps,
            params: careful_flow(),
            embedder: Embedder::bundled(),
            glimpse: None,
            at_work: None,
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

    /// Measures the next frame: lays it onto the seed while the frame before is read. Gives the heat of the frame before,
    /// unless this is the first: where it drifts, `0..=100`, in working size.
    pub fn measure(&mut self, frame: Frame) -> Option<&Plane<f32>> {
        let picture = self.at_working_size(frame.picture);
        let glimpse = Glimpse::new(picture.luma(), self.glimpse.as_ref());
        let at_work = self.at_work.get_or_insert_with(|| {
            let prepared = Prepared::new(&self.seed, self.regions.as_ref(), self.params, &picture, &glimpse.luma);
            let reader = Reader::new(&prepared, self.embedder.clone(), &self.seed, self.fps);
            AtWork { prepared, registrar: Registrar::new(self.params), reader, laid: None }
        });
        let AtWork { prepared, registrar, reader, laid } = at_work;
        let before = laid.take();
        let (registered, ()) = rayon::join(
            || registrar.register(&prepared.canvas, &glimpse.luma),
            || before.iter().for_each(|laid| reader.read(prepared, laid)),
        );
        let (change, step) = (glimpse.change, glimpse.step);
        let glare = prepared.glare.percent(&glimpse.luma);
        *laid = Some(Laid { time_secs: frame.time.secs(), picture, registered, change, step, glare });
        self.glimpse = Some(glimpse);
        before.and(reader.heat.as_ref())
    }

    /// Reads the last frame and gives its heat; `None` before the first.
    pub fn catch_up(&mut self) -> Option<&Plane<f32>> {
        let AtWork { prepared, reader, laid, .. } = self.at_work.as_mut()?;
        laid.take().iter().for_each(|laid| reader.read(prepared, laid));
        reader.heat.as_ref()
    }

    /// Judges the clip.
    pub fn finish(mut self, thresholds: &Thresholds) -> Judgement {
        self.catch_up();
        let working = self.working_size();
        let registration = self.registration(working);
        let (observations, blind) = match self.at_work.take() {
            Some(AtWork { prepared, mut reader, .. }) => {
                reader.judge_stretch(&prepared);
                let mut observations = std::mem::take(&mut reader.observations);
                complete(&mut observations, &reader, working, self.fps);
                (observations, reader.blind())
            }
            None => (Vec::new(), None),
        };
        let scale = (
            self.clip.width as f64 / working.width.max(1) as f64,
            self.clip.height as f64 / working.height.max(1) as f64,
        );
        let (clip, fps) = (self.clip, self.fps);
        judge::judge(Series { observations, registration, blind, scale, working, clip, fps }, *thresholds)
    }

    fn registration(&self, working: Size) -> Registration {
        match &self.at_work {
            Some(AtWork { prepared, .. }) => Registration {
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

    fn at_working_size(&self, picture: Picture) -> Picture {
        let size = self.working_size();
        if picture.size() == size { picture } else { pyramid::resize_picture(&picture, size) }
    }
}

/// Fills in what only the whole series can tell.
fn complete(observations: &mut [Observation], reader: &Reader, working: Size, fps: f64) {
    let flicker = flicker::jumps(&series_of(observations, |o| o.log_gain));
    let frozen = freeze::runs(&series_of(observations, |o| o.change), fps);
    let jumps = cut::jumps(&series_of(observations, |o| o.step));
    let boil = series::running_mean(&series_of(observations, |o| o.boil), LASTING);
    let lost = series::running_mean(&series_of(observations, |o| 1.0 - o.tracked), LASTING);
    // where few points can be followed, those that can are followed less well
    let reliable = 1.0 - series::summary(&series_of(observations, |o| 1.0 - o.tracked)).0;
    // the still's own points, however far they move later, show in the frame that is closest to it
    let unseeded = observations.iter().map(|o| 1.0 - o.tracked).fold(UNSEEDED, f64::min);
    // what moves uncovers what was hidden: only a still, well-known scene makes a new thing certain
    let moved = fusion::pooled(&series_of(observations, |o| o.farthest));
    let certain = reliable.powi(3) / (1.0 + moved * moved);
    let percent = (reliable * 100.0 / working.diagonal().max(1.0)) as f32;
    let others = reader.others();
    let says = glare::says(&series_of(observations, |o| o.glare), fps);
    let nothing = Bending::default();
    for (t, observation) in observations.iter_mut().enumerate() {
        let readings = &mut observation.readings;
        readings.set(Signal::Flicker, flicker[t] as f32);
        readings.set(Signal::Frozen, frozen[t] as f32);
        readings.set(Signal::Jump, jumps[t] as f32);
        let bending = reader.bending.get(t).unwrap_or(&nothing);
        observation.bent.clone_from(&bending.spots);
        let unexplained = reader.unexplained.get(t).copied().unwrap_or_default();
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
        readings.set(Signal::Unseeded, unseeded as f32);
        glare::dim(readings, says[t]);
    }
}

fn series_of(observations: &[Observation], of: fn(&Observation) -> f64) -> Vec<f64> {
    observations.iter().map(of).collect()
}
