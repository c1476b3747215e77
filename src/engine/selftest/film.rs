//! Clips with known truth: a camera move over the still, a known fault or none, and what may happen to a good clip.

use crate::{
    animator::{Animator, Camera, Defect, Shot, Simulation},
    drift,
    engine::Error,
    frame::{Mask, Picture, Plane, Seed, Size, Time, pyramid},
    media::{self, EncodeSettings, Encoder},
};
use std::path::PathBuf;

/// Rate of the clips unless a nuisance says otherwise, frames per second.
const FPS: u32 = 24;
/// Share of each side that a cropped clip has lost.
const CROP: f64 = 0.04;
/// Seed of the simulation's randomness.
const RNG_SEED: u64 = 1;

/// What a channel or an edit does to a clip without harm to the product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nuisance {
    None,
    Mirrored,
    Cropped,
    Half,
    Crf(u8),
    Fps(u32),
}

impl Nuisance {
    pub(super) fn name(self) -> String {
        match self {
            Self::None => "as it is".to_owned(),
            Self::Mirrored => "mirrored".to_owned(),
            Self::Cropped => "cropped".to_owned(),
            Self::Half => "half size".to_owned(),
            Self::Crf(crf) => format!("crf {crf}"),
            Self::Fps(fps) => format!("{fps} fps"),
        }
    }

    fn fps(self) -> u32 {
        if let Self::Fps(fps) = self { fps } else { FPS }
    }

    fn apply(self, picture: Picture) -> Picture {
        match self {
            Self::Mirrored => mirrored(&picture),
            Self::Cropped => cropped(&picture),
            Self::Half => {
                let Size { width, height } = picture.size();
                pyramid::resize_picture(&picture, Size::new((width / 4).max(1) * 2, (height / 4).max(1) * 2))
            }
            Self::None | Self::Crf(_) | Self::Fps(_) => picture,
        }
    }
}

/// One clip to be made.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Take {
    pub(super) camera: Camera,
    pub(super) defect: Option<Defect>,
    pub(super) nuisance: Nuisance,
}

impl Take {
    pub(super) fn name(&self) -> String {
        let fault = self.defect.as_ref().map(|defect| format!(", {defect}")).unwrap_or_default();
        match self.nuisance {
            Nuisance::None => format!("{}{fault}", self.camera),
            nuisance => format!("{}{fault}, {}", self.camera, nuisance.name()),
        }
    }
}

/// The still, ready to be filmed.
pub(super) struct Studio {
    pub(super) seed: Seed,
    pub(super) mask: Option<Mask>,
    pub(super) depth: Option<Plane<f32>>,
    /// Longest side of the frames in pixels.
    pub(super) longest: usize,
    /// Length of the clips in seconds.
    pub(super) secs: f64,
    /// Where clips and mirrored stills lie.
    pub(super) folder: tempfile::TempDir,
}

/// A clip and what it is to be scored against.
pub(super) struct Film {
    pub(super) clip: PathBuf,
    pub(super) seed: PathBuf,
    pub(super) mask: Option<PathBuf>,
}

impl Studio {
    /// Makes the clip of `take`; the one made before it is replaced.
    pub(super) fn film(&self, take: &Take) -> Result<Film, Error> {
        let animator = self.animator(take);
        let faults = simulation(&animator, take);
        let clip = self.folder.path().join("clip.mp4");
        let mut encoder = None;
        let fps = take.nuisance.fps() as i32;
        for index in 0..animator.frames() {
            let picture = take.nuisance.apply(frame(&animator, &faults, index));
            let encoder = match &mut encoder {
                Some(encoder) => encoder,
                none => none.insert(Encoder::create(&clip, &settings(take, picture.size(), fps))?),
            };
            encoder.push(&picture, Time::of_frame(index, fps, 1))?;
        }
        encoder.map_or(Ok(()), Encoder::finish)?;
        let is_mirrored = take.nuisance == Nuisance::Mirrored;
        let laid_out = |name: &str, picture: &Picture| -> Result<PathBuf, Error> {
            let path = self.folder.path().join(name);
            media::save_png(&if is_mirrored { mirrored(picture) } else { picture.clone() }, &path)?;
            Ok(path)
        };
        let gray = |mask: &Mask| Picture { rgb: [mask.clone(), mask.clone(), mask.clone()] };
        let mask = self.mask.as_ref().map(|mask| laid_out("mask.png", &gray(mask))).transpose()?;
        Ok(Film { clip, seed: laid_out("seed.png", &self.seed.picture)?, mask })
    }

    /// Where frame `index` of a faulty take differs from a faultless one: mean difference of R'G'B', `0..=1`.
    pub(super) fn truth(&self, take: &Take, index: usize) -> Plane<f32> {
        let animator = self.animator(take);
        let clean = animator.frame(index.min(animator.frames() - 1));
        let faulty = frame(&animator, &simulation(&animator, take), index);
        let Size { width, height } = clean.size();
        let differ = |x, y| (0..3).map(|c| (clean.rgb[c].at(x, y) - faulty.rgb[c].at(x, y)).abs()).sum::<f32>() / 3.0;
        Plane::from_fn(width, height, differ)
    }

    fn animator(&self, take: &Take) -> Animator {
        let shot = Shot {
            camera: take.camera,
            duration_secs: self.secs,
            fps: take.nuisance.fps(),
            longest: self.longest,
            ..Shot::default()
        };
        // faults belong to the product, not to the picture: a scene that leans as a whole is another question
        Animator::new(&self.seed, self.depth.as_ref(), self.mask.as_ref(), &shot).or_product(drift::likely_subject)
    }
}

fn simulation(animator: &Animator, take: &Take) -> Simulation {
    let (first, product) = (animator.frame(0), animator.product(0));
    Simulation::new(take.defect.as_slice(), 1, animator.frames(), RNG_SEED, &first, &product)
}

fn frame(animator: &Animator, faults: &Simulation, index: usize) -> Picture {
    let source = faults.source(index);
    faults.apply(index, animator.frame(source), &animator.product(source))
}

fn settings(take: &Take, size: Size, fps: i32) -> EncodeSettings {
    let mut settings = EncodeSettings::new(size, (fps, 1));
    if let Nuisance::Crf(crf) = take.nuisance {
        settings.crf = crf;
    }
    settings
}

fn mirrored(picture: &Picture) -> Picture {
    let Size { width, height } = picture.size();
    Picture { rgb: picture.rgb.each_ref().map(|p| Plane::from_fn(width, height, |x, y| p.at(width - 1 - x, y))) }
}

/// Without a share of each side; sides stay even.
fn cropped(picture: &Picture) -> Picture {
    let Size { width, height } = picture.size();
    let cut = |side: usize| (side as f64 * CROP / 2.0).round() as usize * 2;
    let (left, top) = (cut(width), cut(height));
    let (w, h) = ((width - 2 * left).max(1), (height - 2 * top).max(1));
    Picture { rgb: picture.rgb.each_ref().map(|p| Plane::from_fn(w, h, |x, y| p.at(x + left, y + top))) }
}
