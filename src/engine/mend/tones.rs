//! Colour and brightness of a clip beside its still's, read once for all frames, and given back frame by frame.
//!
//! A few kilobytes are kept for each frame up to the last one that is to be mended, never a picture.

use super::attempt::Span;
use crate::{
    drift::Aligner,
    engine::{Cancel, Error, Event, MendJob, Stage},
    frame::Picture,
    media::{self, Decoder, Want},
    repair::{ColorMap, Kind, deflickering, feather, steadied},
};

/// Frames read beyond the last one that is mended: what is smoothed over time looks ahead.
const AHEAD: usize = 9;

/// The corrections of every frame.
pub(super) struct Tones {
    maps: Vec<Option<ColorMap>>,
    /// Factors of lightness that take the flicker off.
    light: Vec<f32>,
    /// Frames of the clip.
    count: usize,
}

impl Tones {
    /// Reads the clip of `count` frames up to frame `last`.
    pub(super) fn read(
        job: &MendJob,
        last: usize,
        count: usize,
        hear: &mut dyn FnMut(Event),
        cancel: &Cancel,
    ) -> Result<Self, Error> {
        let (stage, what) = (Stage::Mend, "colours beside the still's".to_owned());
        let wanted = (last + 1 + AHEAD).min(count);
        hear(Event::Begin { stage, what: what.clone(), total: wanted as u64 });
        let seed = media::load_seed(&job.seed)?;
        let regions = job.mask.as_deref().map(|path| media::load_regions(path, seed.picture.size())).transpose()?;
        let mut aligner = Aligner::new(&seed, regions.as_ref(), media::probe(&job.clip)?.size);
        let decoder = Decoder::open(&job.clip, &Want { size: Some(aligner.working_size()) })?;
        let mut maps = Vec::with_capacity(wanted);
        for frame in decoder.take(wanted) {
            if cancel.is_requested() {
                return Err(Error::Interrupted);
            }
            maps.push(ColorMap::fit(&aligner.pairs(&frame?.picture)));
            hear(Event::Progress { stage, done: maps.len() as u64, total: wanted as u64 });
        }
        hear(Event::End { stage, what });
        let mut log_gain = 0.0;
        let log_gains: Vec<f32> = maps
            .iter()
            .map(|map| {
                log_gain = map.as_ref().map_or(log_gain, ColorMap::log_gain);
                log_gain
            })
            .collect();
        Ok(Self { light: deflickering(&log_gains), maps: steadied(&maps), count })
    }

    /// Frame `index` as `spans` want it; `None` where they leave it alone.
    pub(super) fn frame(&self, index: usize, picture: &Picture, spans: &[Span]) -> Option<Picture> {
        let strength = |kind: Kind| {
            let spans = spans.iter().filter(|span| span.kind == kind);
            spans.map(|span| feather(span.frames, index, self.count)).fold(0.0, f32::max)
        };
        let (color, light) = (strength(Kind::Relock), strength(Kind::Deflicker));
        if color <= 0.0 && light <= 0.0 {
            return None;
        }
        let map = self.maps.get(index)?.as_ref()?;
        Some(map.apply(picture, color, self.light[index].powf(light)))
    }
}
