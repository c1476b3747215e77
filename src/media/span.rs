//! How much of the time that a container's header states its packets cover: tells a cut file where no frames are
//! counted (Matroska).

use ffmpeg_next::{Packet, ffi, format::context::Input};

/// All in seconds.
pub(crate) struct Span {
    stated: Option<f64>,
    start: f64,
    end: f64,
}

impl Span {
    /// Part of the stated duration that may be missing without a cut: headers are estimates.
    const SLACK: f64 = 0.1;
    /// Seconds that may be missing besides: some headers count the last frame's duration, its packet may not state it.
    const SLACK_SECS: f64 = 0.2;

    /// What the container's header states.
    #[expect(unsafe_code, reason = "the safe wrapper does not show where a duration comes from")]
    pub(crate) fn stated(input: &Input) -> Self {
        use ffi::AVDurationEstimationMethod::AVFMT_DURATION_FROM_STREAM as FROM_HEADER;
        // SAFETY: the context is alive.
        let (method, start) = unsafe { ((*input.as_ptr()).duration_estimation_method, (*input.as_ptr()).start_time) };
        let secs = |ticks: i64| ticks as f64 / f64::from(ffi::AV_TIME_BASE);
        let start = if start == ffi::AV_NOPTS_VALUE { 0.0 } else { secs(start) };
        let is_stated = method == FROM_HEADER && input.duration() > 0;
        Self { stated: is_stated.then(|| secs(input.duration())), start, end: start }
    }

    /// Takes note of a packet of any stream.
    pub(crate) fn extend(&mut self, packet: &Packet, input: &Input) {
        let Some((stream, pts)) = input.stream(packet.stream()).zip(packet.pts().or_else(|| packet.dts())) else {
            return;
        };
        let base = stream.time_base();
        let end = pts.saturating_add(packet.duration()) as f64 * f64::from(base.0) / f64::from(base.1);
        self.end = self.end.max(end);
    }

    /// Whether the packets so far leave out a good part.
    pub(crate) fn is_short(&self) -> bool {
        let covered = self.end - self.start;
        self.stated.is_some_and(|stated| covered < stated * (1.0 - Self::SLACK) - Self::SLACK_SECS)
    }
}
