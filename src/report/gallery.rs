//! Reads the frames that prove a report again: the worst of each cause, with the still beside them.

use super::{Exhibit, backdrop::Backdrop};
use crate::{
    drift::{Cause, FrameDrift},
    engine::{Cancel, Error, ScoreJob, Scored},
    frame::{Picture, Plane, Size},
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
    for finding in &scored.report.judgement.causes {
        if wanted.len() < most && wanted.iter().all(|(frame, _)| *frame != finding.worst_frame) {
            wanted.push((finding.worst_frame, finding.cause));
        }
    }
    let Some(last) = wanted.iter().map(|(frame, _)| *frame).max() else { return Ok(Vec::new()) };

    let clip = Size::new(scored.report.clip.width, scored.report.clip.height);
    let size = clip.fit(LONGEST_SIDE);
    let backdrop = Backdrop::new(media::load_seed(&job.seed)?, scored.report.judgement.registration.matrix, clip, size);
    let mut found = Vec::new();
    for frame in Decoder::open(&job.clip, &Want { size: Some(size) })?.take(last + 1) {
        if cancel.is_requested() {
            return Err(Error::Interrupted);
        }
        let frame = frame?;
        if let Some(rank) = wanted.iter().position(|(index, _)| *index == frame.index) {
            let heat = scored.heat.get(frame.index)?;
            let measured = scored.report.judgement.frames.get(frame.index);
            let exhibit = exhibit(wanted[rank], measured, frame.picture, backdrop.as_ref(), heat);
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
    backdrop: Option<&Backdrop>,
    heat: Option<Plane<f32>>,
) -> Exhibit {
    let (time_secs, drift) = measured.map_or((0.0, 0.0), |m| (m.time_secs, m.drift));
    let seed = backdrop.map(|still| still.under(&frame));
    Exhibit { index, time_secs, drift, cause, frame, seed, heat }
}
