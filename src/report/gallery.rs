//! Reads the frames that prove a report again: the worst of each cause, with the still beside them.

use super::Exhibit;
use crate::{
    drift::{Cause, FrameDrift},
    engine::{Cancel, Error, ScoreJob, Scored},
    frame::{Picture, Plane, Size, sample},
    geometry::{Homography, Point},
    media::{self, Decoder, Want},
};

/// Longest side of an exhibited picture, pixels.
const LONGEST_SIDE: usize = 640;

/// Reads the worst frame of up to `most` causes, worst cause first; nothing where nothing is at fault.
///
/// # Errors
/// As [`crate::engine::score`].
pub fn collect(job: &ScoreJob, scored: &mut Scored, most: usize, cancel: &Cancel) -> Result<Vec<Exhibit>, Error> {
    let mut wanted: Vec<(usize, Cause)> = Vec::new();
    for finding in &scored.report.causes {
        if wanted.len() < most && wanted.iter().all(|(frame, _)| *frame != finding.worst_frame) {
            wanted.push((finding.worst_frame, finding.cause));
        }
    }
    let Some(last) = wanted.iter().map(|(frame, _)| *frame).max() else { return Ok(Vec::new()) };

    let clip = Size::new(scored.report.clip.width, scored.report.clip.height);
    let size = clip.fit(LONGEST_SIDE);
    let seed = aligned_seed(job, scored, clip, size)?;
    let mut found = Vec::new();
    for frame in Decoder::open(&job.clip, &Want { size: Some(size) })?.take(last + 1) {
        if cancel.is_requested() {
            return Err(Error::Interrupted);
        }
        let frame = frame?;
        if let Some(rank) = wanted.iter().position(|(index, _)| *index == frame.index) {
            let heat = scored.heat.get(frame.index)?;
            let measured = scored.report.frames.get(frame.index);
            let exhibit = exhibit(wanted[rank], measured, frame.picture, seed.clone(), heat);
            found.push((rank, exhibit));
        }
    }
    found.sort_by_key(|(rank, _)| *rank);
    Ok(found.into_iter().map(|(_, exhibit)| exhibit).collect())
}

fn exhibit(
    (index, cause): (usize, Cause),
    measured: Option<&FrameDrift>,
    frame: Picture,
    seed: Picture,
    heat: Option<Plane<f32>>,
) -> Exhibit {
    let (time_secs, drift) = measured.map_or((0.0, 0.0), |m| (m.time_secs, m.drift));
    Exhibit { index, time_secs, drift, cause, frame, seed: Some(seed), heat }
}

/// The still as the clip's first frame shows it, in `size`; mid-grey where it shows nothing.
fn aligned_seed(job: &ScoreJob, scored: &Scored, clip: Size, size: Size) -> Result<Picture, Error> {
    let seed = media::load_seed(&job.seed)?.picture;
    let original = Size::new(scored.report.seed.width, scored.report.seed.height);
    let Some(seed_from_clip) = Homography(scored.report.registration.matrix).inverse() else { return Ok(seed) };
    let ratio = |a: usize, b: usize| a as f64 / b.max(1) as f64;
    let (sx, sy) = (ratio(clip.width, size.width), ratio(clip.height, size.height));
    let (tx, ty) = (ratio(seed.size().width, original.width), ratio(seed.size().height, original.height));
    let (right, bottom) = (seed.size().width as f32, seed.size().height as f32);
    let channel = |plane: &Plane<f32>| {
        Plane::from_fn(size.width, size.height, |x, y| {
            let here = Point { x: (x as f64 + 0.5) * sx - 0.5, y: (y as f64 + 0.5) * sy - 0.5 };
            let there = seed_from_clip.apply(here);
            let (x, y) = ((there.x * tx) as f32, (there.y * ty) as f32);
            let is_inside = x > -1.0 && y > -1.0 && x < right && y < bottom;
            if is_inside { sample::bilinear(plane, x, y) } else { 0.5 }
        })
    };
    let [r, g, b] = &seed.rgb;
    Ok(Picture { rgb: [channel(r), channel(g), channel(b)] })
}
