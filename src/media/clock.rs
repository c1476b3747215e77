//! Presentation times of decoded frames, made to rise.

use super::probe::Video as VideoStream;
use crate::frame::Time;
use ffmpeg_next::{Rational, frame::Video};

/// Gives each frame its time in ticks of the stream.
pub(crate) struct Clock {
    base: Rational,
    /// Ticks of one frame at the stated rate: used where a frame has no time.
    usual_step: i64,
    first: Option<i64>,
    last: Option<i64>,
}

impl Clock {
    pub(crate) fn new(stream: &VideoStream) -> Self {
        let (base, fps) = (stream.time_base, stream.probe.fps);
        let ticks = f64::from(fps.1) / f64::from(fps.0) * f64::from(base.1) / f64::from(base.0);
        Self { base, usual_step: (ticks.round() as i64).max(1), first: None, last: None }
    }

    /// The next frame's own time; a missing or falling time becomes one usual step after the last.
    pub(crate) fn ticks(&mut self, decoded: &Video) -> i64 {
        let stated = decoded.timestamp().or_else(|| decoded.pts());
        let ticks = match (stated, self.last) {
            (Some(stated), Some(last)) if stated > last => stated,
            (_, Some(last)) => last.saturating_add(self.usual_step),
            (stated, None) => stated.unwrap_or(0),
        };
        self.last = Some(ticks);
        self.first.get_or_insert(ticks);
        ticks
    }

    /// The next frame's time since the first frame.
    pub(crate) fn time(&mut self, decoded: &Video) -> Time {
        let ticks = self.ticks(decoded);
        Time {
            ticks: ticks.saturating_sub(self.first.unwrap_or(ticks)),
            num: self.base.numerator(),
            den: self.base.denominator(),
        }
    }
}
