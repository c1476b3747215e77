//! What a policy may demand of a clip beside its drift.

use crate::drift::ScoreReport;

/// The report's metric that says how much moves: 0 for a still picture dressed as a clip.
pub(crate) const MOTION_METRIC: &str = "motion";

/// The clip itself, in figures; `None` is "not known".
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Facts {
    /// Displayed width in pixels.
    pub width: usize,
    /// Displayed height in pixels.
    pub height: usize,
    /// Frames per second.
    pub fps: Option<f64>,
    /// Length in seconds.
    pub duration_secs: Option<f64>,
    /// Whether there is sound.
    pub has_audio: Option<bool>,
    /// Mean change of luma from frame to frame, in 8-bit levels (the report's metric `motion`).
    pub motion: Option<f64>,
}

impl Facts {
    /// Everything that the report tells; it does not tell of sound.
    pub fn of(report: &ScoreReport) -> Self {
        let fps = rate(&report.clip.fps);
        let last_secs = report.judgement.frames.last().map(|f| f.time_secs);
        Self {
            width: report.clip.width,
            height: report.clip.height,
            fps,
            duration_secs: last_secs.zip(fps).map(|(last, fps)| last + 1.0 / fps),
            has_audio: None,
            motion: report.judgement.metrics.get(MOTION_METRIC).map(|m| m.mean),
        }
    }
}

/// Reads `"24000/1001"`.
fn rate(fraction: &str) -> Option<f64> {
    let (num, den) = fraction.split_once('/').unwrap_or((fraction, "1"));
    let (num, den): (f64, f64) = (num.parse().ok()?, den.parse().ok()?);
    (num > 0.0 && den > 0.0).then(|| num / den)
}

#[cfg(test)]
mod tests {
    use super::rate;

    #[test]
    fn reads_rates() {
        assert_eq!(rate("24/1"), Some(24.0));
        assert_eq!(rate("30"), Some(30.0));
        assert!((rate("24000/1001").unwrap() - 23.976).abs() < 1e-3);
        for unknown in ["", "0/1", "24/0", "-1/1", "a/b"] {
            assert_eq!(rate(unknown), None, "{unknown}");
        }
    }
}
