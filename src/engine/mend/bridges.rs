//! The frames of bridged spans, one by one, from a decoder that runs a bridge's length ahead.
//!
//! Only the two frames on each side of the span at hand are kept.

use super::attempt::Span;
use crate::{
    engine::Error,
    frame::{Frame, Picture},
    media::{Decoder, Want},
    repair::{Banks, Between, Kind},
};
use std::{collections::VecDeque, path::Path};

/// A frame (0-based) with its tone mended; `None` where it is fine.
pub(super) type Toned<'a> = dyn Fn(usize, &Picture) -> Option<Picture> + 'a;

/// Makes bridged frames in order.
pub(super) struct Bridges<'a> {
    ahead: Option<Decoder>,
    /// The last two frames that were decoded.
    recent: VecDeque<Frame>,
    /// Spans to come, in order.
    spans: VecDeque<[usize; 2]>,
    times: Vec<f64>,
    current: Option<([usize; 2], Between)>,
    toned: &'a Toned<'a>,
}

impl<'a> Bridges<'a> {
    /// Prepares to bridge those of `spans` that are to be bridged; `times` are the frames' in seconds.
    pub(super) fn open(clip: &Path, spans: &[Span], times: Vec<f64>, toned: &'a Toned<'a>) -> Result<Self, Error> {
        let spans: VecDeque<_> = spans.iter().filter(|s| s.kind == Kind::Bridge).map(|s| s.frames).collect();
        let ahead = if spans.is_empty() { None } else { Some(Decoder::open(clip, &Want { size: None })?) };
        Ok(Self { ahead, recent: VecDeque::new(), spans, times, current: None, toned })
    }

    /// The new frame `index`; `None` where the clip's own stays. Called with rising indices.
    pub(super) fn frame(&mut self, index: usize) -> Result<Option<Picture>, Error> {
        if let Some(span) = self.spans.pop_front_if(|span| span[0] <= index) {
            self.current = self.build(span)?.map(|between| (span, between));
        }
        let Some(([first, last], between)) = &self.current else { return Ok(None) };
        if index > *last {
            self.current = None;
            return Ok(None);
        }
        let (from, to) = (self.times[first - 1], self.times[last + 1]);
        let even = (index + 1 - first) as f64 / (last + 2 - first) as f64;
        let t = if to > from { (self.times[index] - from) / (to - from) } else { even };
        Ok(Some(between.at(t as f32)))
    }

    /// Reads the frames around a span; `None` if the clip ends before its far bank.
    fn build(&mut self, [first, last]: [usize; 2]) -> Result<Option<Between>, Error> {
        self.read_to(first - 1)?;
        let near: Vec<Frame> = self.recent.iter().filter(|f| f.index < first).cloned().collect();
        self.read_to(last + 2)?;
        let mut far = self.recent.iter().filter(|f| f.index > last);
        let (after, later) = (far.next().cloned(), far.next().cloned());
        let mut near = near.into_iter().rev();
        let (Some(before), Some(after)) = (near.next(), after) else { return Ok(None) };
        let earlier = near.next();
        let steps = self.steps([first, last]);
        let picture = |frame: Frame| (self.toned)(frame.index, &frame.picture).unwrap_or(frame.picture);
        Ok(Some(Between::new(Banks {
            earlier: earlier.map(picture),
            before: picture(before),
            after: picture(after),
            later: later.map(picture),
            steps,
        })))
    }

    /// Length of the gap in steps like those just before and after it.
    fn steps(&self, [first, last]: [usize; 2]) -> f32 {
        let time = |t: usize| self.times.get(t).copied();
        let step = |from: Option<usize>, to: usize| Some(time(to)? - time(from?)?);
        let beside = [step((first - 1).checked_sub(1), first - 1), step(Some(last + 1), last + 2)];
        let known: Vec<f64> = beside.into_iter().flatten().filter(|&s| s > 0.0).collect();
        let across = step(Some(first - 1), last + 1).unwrap_or(0.0);
        if known.is_empty() || across <= 0.0 {
            return (last + 2 - first) as f32;
        }
        (across * known.len() as f64 / known.iter().sum::<f64>()) as f32
    }

    /// Decodes up to and including frame `index`, or to the end.
    fn read_to(&mut self, index: usize) -> Result<(), Error> {
        while self.recent.back().is_none_or(|frame| frame.index < index) {
            let Some(frame) = self.ahead.as_mut().and_then(Iterator::next) else { break };
            if self.recent.len() == 2 {
                self.recent.pop_front();
            }
            self.recent.push_back(frame?);
        }
        Ok(())
    }
}
