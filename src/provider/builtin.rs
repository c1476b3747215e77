//! The built-in animator as a provider: free, offline, the same bits for the same request.

use super::{Error, Fate, Generated, Progress, Request, recipe::Ticket};
use crate::{
    animator::{Animator, Aspect, Camera, Defect, Morph, Shot, Simulation},
    frame::{Mask, Picture, Time, pyramid},
    media::{self, EncodeSettings, Encoder, TempOut},
    store::Money,
};

/// Frame rates that can be made, per second.
const RATES: std::ops::RangeInclusive<u32> = 1..=240;
/// Longest clip, seconds: beyond it a typing error is likelier than a film.
const LONGEST_SECS: f64 = 600.0;

/// A camera move and faults, checked before anything is made.
#[derive(Clone, Debug)]
pub struct Builtin {
    camera: Camera,
    aspect: Aspect,
    defects: Vec<Defect>,
}

impl Builtin {
    /// Understands the words of a request: camera move, shape, faults to simulate.
    ///
    /// # Errors
    /// [`Error::BadRequest`] names the word that is none.
    pub fn parse(motion: &str, aspect: &str, simulate: &[String]) -> Result<Self, Error> {
        let bad = |what: String| Error::BadRequest { what };
        Ok(Self {
            camera: motion.parse::<Camera>().map_err(|e| bad(e.to_string()))?,
            aspect: aspect.parse::<Aspect>().map_err(|e| bad(e.to_string()))?,
            defects: simulate
                .iter()
                .map(|text| text.parse().map_err(|e: crate::animator::ParseDefectError| bad(e.to_string())))
                .collect::<Result<_, _>>()?,
        })
    }

    /// Renders and encodes the clip at `request.out`, which appears only when it is complete.
    ///
    /// # Errors
    /// When length or rate are out of range, the still cannot be read, the clip cannot be written, or `is_cancelled`
    /// says so.
    pub fn generate(
        &self,
        request: &Request,
        progress: &mut dyn FnMut(Progress),
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<Generated, Error> {
        check_length(request)?;
        let film = self.film(request)?;
        progress(Progress::Accepted(Ticket::of(&format!("animator {}", request.rng_seed))));

        let total = film.frames();
        let (first, product) = (film.frame(0), film.product(0));
        let faults = Simulation::new(&self.defects, request.take, total, request.rng_seed, &first, &product);
        let fps = request.fps as i32;
        let target = TempOut::beside(&request.out)?;
        let explain = |error| target.explain(error);
        let settings = EncodeSettings::new(first.size(), (fps, 1));
        let mut encoder = Encoder::create(target.path(), &settings).map_err(explain)?;
        for index in 0..total {
            if is_cancelled() {
                return Err(Error::Cancelled { fate: Fate::Over, cost: Some(Money::ZERO) });
            }
            let source = faults.source(index);
            let picture = faults.apply(index, film.frame(source), &film.product(source));
            encoder.push(&picture, Time::of_frame(index, fps, 1)).map_err(explain)?;
            progress(Progress::Fraction((index + 1) as f64 / total as f64));
        }
        encoder.finish().map_err(explain)?;
        target.commit()?;
        Ok(Generated { cost: Some(Money::ZERO) })
    }

    /// A camera move over the still, or, where the end is given as well, the way from one picture to the other.
    fn film(&self, request: &Request) -> Result<Film, Error> {
        if let Some(last) = &request.last {
            let first = media::load_picture(&request.seed)?;
            let last = pyramid::resize_picture(&media::load_picture(last)?, first.size());
            let frames = (request.duration_secs * f64::from(request.fps)).round() as usize + 1;
            return Ok(Film::Morph { morph: Box::new(Morph::new(first, last)), frames });
        }
        let seed = media::load_seed(&request.seed)?;
        let size = seed.picture.size();
        let mask = request.mask.as_deref().map(|path| media::load_regions(path, size)).transpose()?;
        let mask = mask.and_then(|regions| regions.product);
        let depth = request.depth.as_deref().map(|path| media::load_mask(path, size)).transpose()?;
        let shot = Shot {
            camera: self.camera,
            duration_secs: request.duration_secs,
            fps: request.fps,
            aspect: self.aspect,
            longest: request.size.width.max(request.size.height),
            strength: request.strength,
        };
        Ok(Film::Shot(Box::new(Animator::new(&seed, depth.as_ref(), mask.as_ref(), &shot))))
    }
}

/// What is rendered.
enum Film {
    Shot(Box<Animator>),
    Morph { morph: Box<Morph>, frames: usize },
}

impl Film {
    fn frames(&self) -> usize {
        match self {
            Self::Shot(animator) => animator.frames(),
            Self::Morph { frames, .. } => *frames,
        }
    }

    fn frame(&self, index: usize) -> Picture {
        match self {
            Self::Shot(animator) => animator.frame(index),
            Self::Morph { morph, frames } => morph.at(index as f32 / (*frames - 1).max(1) as f32),
        }
    }

    /// Where the product is; nobody has told that of two frames of a clip.
    fn product(&self, index: usize) -> Mask {
        match self {
            Self::Shot(animator) => animator.product(index),
            Self::Morph { morph, .. } => morph.everywhere(),
        }
    }
}

fn check_length(request: &Request) -> Result<(), Error> {
    let Request { duration_secs, fps, .. } = *request;
    let bad = |what: String| Err(Error::BadRequest { what });
    if !(duration_secs > 0.0 && duration_secs <= LONGEST_SECS) {
        return bad(format!("a clip of {duration_secs} s cannot be made: it may have up to {LONGEST_SECS} s"));
    }
    if !RATES.contains(&fps) {
        return bad(format!("{fps} frames per second cannot be made: {} to {} can", RATES.start(), RATES.end()));
    }
    Ok(())
}
