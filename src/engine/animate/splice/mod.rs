//! Putting a new part into a clip, between two of its frames that pass, or after one.
//!
//! ```text
//! clip  ── … first ┊ at fault … ┊ last … ──        the ends are the clip's own and stay
//! new        first ─────────────  last             its colours and its pace are matched at the joints
//! ```

mod pace;
mod tone;

use super::gap::Gap;
use crate::{
    engine::{Cancel, Error},
    flow::{self, Preset},
    frame::{Frame, Picture, Size, pyramid},
    media::{self, Decoder, RewriteSettings, Stop, TempOut, Want},
    repair::{Banks, Between},
};
use pace::Pace;
use std::path::Path;
use tone::Tone;

/// Longest side at which motion is measured, pixels.
const LONGEST: usize = 256;
/// Motion below this cannot be told from noise, pixels a frame of the working size.
const LEAST_SPEED: f64 = 0.05;
/// Distance from where it began at which flow there and back still agrees, pixels of the working size: half a pixel either way.
const RETURNS: f32 = 1.0;
/// Share of the places whose flow must agree.
const MOST: f64 = 0.5;
/// Distance from a frame of the new clip within which it is taken as it is, frames.
const NEAR: f64 = 0.15;
/// Mean difference of two ends below which they are one picture, R'G'B' `0..=1`: one 8-bit level, twice what encoding
/// makes of a picture that stands still.
const SAME: f64 = 1.0 / 255.0;

/// The frames beside a gap; `None` where the clip has them not, or they show no difference: a model that is given the same
/// picture twice makes a picture that stands still.
pub(super) fn ends_of(clip: &Path, gap: Gap) -> Result<Option<(Picture, Option<Picture>)>, Error> {
    let [first, last] = pictures(clip, [Some(gap.before), gap.after], None)?;
    let Some(first) = first else { return Ok(None) };
    let Some(last) = last else { return Ok(gap.after.is_none().then_some((first, None))) };
    let apart = first.rgb.iter().zip(&last.rgb).flat_map(|(a, b)| a.data().iter().zip(b.data()));
    let sum: f64 = apart.map(|(a, b)| f64::from((a - b).abs())).sum();
    let samples = (3 * first.size().width * first.size().height).max(1);
    Ok((sum / samples as f64 >= SAME).then_some((first, Some(last))))
}

/// Writes `clip` to `out` with the frames in `gap` replaced by those of `patch`: its first frame stands for the one
/// before the gap, its last one for the one after it. What is longer than a gap without an end is cut off.
pub(super) fn splice(clip: &Path, patch: &Path, gap: Gap, out: &Path, cancel: &Cancel) -> Result<(), Error> {
    let probe = media::probe(clip)?;
    let (size, first) = (probe.size, gap.before);
    let last = count(patch)?.saturating_sub(1);
    let [earlier, first_end, last_end, later] =
        pictures(clip, [first.checked_sub(1), Some(first), gap.after, gap.after.map(|after| after + 1)], None)?;
    let [first_new, second_new, last_but_one, last_new] =
        pictures(patch, [Some(0), Some(1), last.checked_sub(1), Some(last)], Some(size))?;
    let (Some(first_end), Some(first_new)) = (first_end, first_new) else {
        return Err(media::Error::NoFrames { path: patch.into() }.into());
    };
    let begin = ratio(speed(earlier.as_ref(), Some(&first_end)), speed(Some(&first_new), second_new.as_ref()));
    let tone_of = |new: Option<&Picture>, end: Option<&Picture>| tone::fit(new?, end?);
    let first_tone = tone_of(Some(&first_new), Some(&first_end));
    let (steps, pace, tone) = if let Some(after) = gap.after {
        let end = ratio(speed(last_end.as_ref(), later.as_ref()), speed(last_but_one.as_ref(), last_new.as_ref()));
        let tone = Tone([first_tone, tone_of(last_new.as_ref(), last_end.as_ref())]);
        (after - first, Pace::new(after - first, last as f64, [begin, end]), tone)
    } else {
        let steps = count(clip)?.saturating_sub(first + 1);
        let source = (steps as f64 * rate(media::probe(patch)?.fps) / rate(probe.fps)).min(last as f64);
        (steps, Pace::new(steps, source, [begin, None]), Tone([first_tone, None]))
    };
    let mut frames = Frames::open(patch, size)?;
    let temp = TempOut::beside(out)?;
    let mut failed = None;
    let written = media::rewrite(clip, temp.path(), RewriteSettings::default(), &mut |index, _| {
        if cancel.is_requested() {
            return Err(Stop);
        }
        if index <= first || gap.after.is_some_and(|after| index >= after) {
            return Ok(None);
        }
        let step = index - first;
        let made = frames.at(pace.at(step)).map(|made| made.map(|p| tone.apply(p, step as f32 / steps as f32)));
        made.map_err(|error| {
            failed = Some(error);
            Stop
        })
    });
    match failed {
        Some(error) => return Err(error),
        None => written.map_err(|error| temp.explain(error))?,
    };
    Ok(temp.commit()?)
}

/// The frames of these places (0-based), where there are such.
fn pictures<const N: usize>(
    clip: &Path,
    places: [Option<usize>; N],
    size: Option<Size>,
) -> Result<[Option<Picture>; N], Error> {
    let mut found = [const { None }; N];
    let last = places.iter().flatten().max().map_or(0, |last| last + 1);
    for frame in Decoder::open(clip, &Want { size })?.take(last) {
        let Frame { index, picture, .. } = frame?;
        for (found, _) in found.iter_mut().zip(places).filter(|(_, place)| *place == Some(index)) {
            *found = Some(picture.clone());
        }
    }
    Ok(found)
}

/// Frames per second.
fn rate((frames, secs): (i32, i32)) -> f64 {
    f64::from(frames) / f64::from(secs)
}

fn count(clip: &Path) -> Result<usize, Error> {
    let small = Want { size: Some(Size::new(16, 16)) };
    let mut count = 0;
    for frame in Decoder::open(clip, &small)? {
        count = frame?.index + 1;
    }
    Ok(count)
}

/// Mean motion from one frame to the next, in pixels of the working size, of the places whose flow leads back to where it began;
/// `None` where there are no such two frames, or few such places: repeated patterns lead astray.
fn speed(from: Option<&Picture>, to: Option<&Picture>) -> Option<f64> {
    let small = |picture: &Picture| pyramid::resize(&picture.luma(), picture.size().fit(LONGEST));
    let (from, to) = (small(from?), small(to?));
    let (there, back) = rayon::join(
        || flow::dense(&from, &to, &Preset::Medium.into(), None),
        || flow::dense(&to, &from, &Preset::Medium.into(), None),
    );
    let returns = flow::consistency(&there, &back);
    let moves = there.u.data().iter().zip(there.v.data()).zip(returns.data());
    let sure: Vec<f64> =
        moves.filter(|(_, returns)| **returns < RETURNS).map(|((u, v), _)| f64::from(u.hypot(*v))).collect();
    let is_known = sure.len() as f64 > MOST * returns.data().len() as f64;
    is_known.then(|| sure.iter().sum::<f64>() / sure.len() as f64)
}

/// Steps of the new clip for a step of the old one.
fn ratio(old: Option<f64>, new: Option<f64>) -> Option<f64> {
    let new = new.filter(|&new| new >= LEAST_SPEED)?;
    old.map(|old| old / new)
}

/// The frames of a clip at rising places, between its frames as well. Two frames are kept.
struct Frames {
    decoder: Decoder,
    pair: [Option<Frame>; 2],
}

impl Frames {
    fn open(clip: &Path, size: Size) -> Result<Self, Error> {
        Ok(Self { decoder: Decoder::open(clip, &Want { size: Some(size) })?, pair: [None, None] })
    }

    /// The picture at `place`, in frames; the last one beyond the end.
    fn at(&mut self, place: f64) -> Result<Option<Picture>, Error> {
        while self.pair[1].as_ref().is_none_or(|frame| (frame.index as f64) < place) {
            let Some(frame) = self.decoder.next() else { break };
            self.pair = [self.pair[1].take(), Some(frame?)];
        }
        let [before, Some(after)] = &self.pair else { return Ok(None) };
        let ahead = after.index as f64 - place;
        Ok(Some(match before {
            Some(before) if ahead > 1.0 - NEAR => before.picture.clone(),
            Some(before) if ahead > NEAR => {
                let [before, after] = [before, after].map(|frame| frame.picture.clone());
                Between::new(Banks { earlier: None, before, after, later: None, steps: 1.0 }).at(1.0 - ahead as f32)
            }
            _ => after.picture.clone(),
        }))
    }
}

#[cfg(test)]
mod tests;
