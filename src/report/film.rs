//! A scored clip made visible, frame by frame: heat maps as pictures, annotations as a film.

use super::{annotate, heatmap};
use crate::{
    engine::{Cancel, Error, Event, ScoreJob, Scored, Stage},
    frame::{Frame, Size},
    media::{self, Decoder, EncodeSettings, Encoder, TempOut, Want},
};
use std::path::Path;

/// Longest side of an annotated film, pixels: enough to read, quick to write.
const FILM_LONGEST: usize = 1280;

/// Writes every frame with its heat map over it into `folder`, which is made if it is missing.
///
/// # Errors
/// When the clip cannot be read again or a picture cannot be written.
pub fn heat_maps(
    job: &ScoreJob,
    scored: &mut Scored,
    folder: &Path,
    hear: &mut dyn FnMut(Event),
    cancel: &Cancel,
) -> Result<(), Error> {
    media::make_folder(folder)?;
    let what = format!("heat maps in {}", folder.display());
    each_frame(job, scored, None, &what, hear, cancel, |frame, scored| {
        let picture = match scored.heat.get(frame.index)? {
            Some(heat) => heatmap::overlay(&frame.picture, &heat),
            None => frame.picture,
        };
        Ok(media::save_png(&picture, &folder.join(heatmap::file_name(frame.index)))?)
    })
}

/// Writes the clip to `out` with drift, cause, place and time drawn in.
///
/// # Errors
/// When the clip cannot be read again or the film cannot be written.
pub fn annotated(
    job: &ScoreJob,
    scored: &mut Scored,
    out: &Path,
    hear: &mut dyn FnMut(Event),
    cancel: &Cancel,
) -> Result<(), Error> {
    let clip = Size::new(scored.report.clip.width, scored.report.clip.height);
    let size = even(clip.fit(FILM_LONGEST));
    let target = TempOut::beside(out)?;
    let probe = media::probe(&job.clip)?;
    let audio_from = probe.has_audio.then(|| job.clip.clone());
    let settings = EncodeSettings { audio_from, ..EncodeSettings::new(size, probe.fps) };
    let mut encoder = Encoder::create(target.path(), &settings)?;
    let what = out.display().to_string();
    each_frame(job, scored, Some(size), &what, hear, cancel, |mut frame, scored| {
        if let Some(heat) = scored.heat.get(frame.index)? {
            frame.picture = heatmap::overlay(&frame.picture, &heat);
        }
        annotate::draw(&mut frame.picture, &scored.report, frame.index);
        Ok(encoder.push(&frame.picture, frame.time)?)
    })?;
    encoder.finish()?;
    Ok(target.commit()?)
}

/// Decodes the clip again and hands each frame to `work`.
fn each_frame(
    job: &ScoreJob,
    scored: &mut Scored,
    size: Option<Size>,
    what: &str,
    hear: &mut dyn FnMut(Event),
    cancel: &Cancel,
    mut work: impl FnMut(Frame, &mut Scored) -> Result<(), Error>,
) -> Result<(), Error> {
    let stage = Stage::Encode;
    let total = scored.report.judgement.frames.len() as u64;
    hear(Event::Begin { stage, what: what.to_owned(), total });
    for frame in Decoder::open(&job.clip, &Want { size })? {
        if cancel.is_requested() {
            return Err(Error::Interrupted);
        }
        let frame = frame?;
        let done = frame.index as u64 + 1;
        work(frame, scored)?;
        hear(Event::Progress { stage, done, total });
    }
    hear(Event::End { stage, what: what.to_owned() });
    Ok(())
}

/// The nearest size with even sides, as 4:2:0 chroma needs.
const fn even(size: Size) -> Size {
    const fn side(n: usize) -> usize {
        if n < 2 { 2 } else { n - n % 2 }
    }
    Size::new(side(size.width), side(size.height))
}
