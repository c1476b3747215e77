//! Frames gathered into as many columns as a chart has room for.

use crate::drift::FrameDrift;

/// One column of a chart: a run of frames, shown by its worst.
pub(super) struct Column<'a> {
    /// First frame (0-based).
    pub(super) first: usize,
    /// Last frame (0-based), included.
    pub(super) last: usize,
    /// The frame with the most drift.
    pub(super) worst: &'a FrameDrift,
    /// The most of the charted value, `0..=100`.
    pub(super) value: f64,
}

/// At most `room` columns of equal length (the last may be shorter); nothing bad is averaged away.
pub(super) fn columns<'a>(
    frames: &'a [FrameDrift],
    room: usize,
    value: impl Fn(&FrameDrift) -> f64,
) -> Vec<Column<'a>> {
    let length = frames.len().div_ceil(room.max(1)).max(1);
    let column = |(at, run): (usize, &'a [FrameDrift])| {
        let worst = run.iter().rev().max_by(|a, b| a.drift.total_cmp(&b.drift))?;
        let value = run.iter().map(&value).filter(|v| v.is_finite()).fold(0.0, f64::max).min(100.0);
        Some(Column { first: at * length, last: at * length + run.len() - 1, worst, value })
    };
    frames.chunks(length).enumerate().filter_map(column).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn frame(index: usize, drift: f64) -> FrameDrift {
        FrameDrift { index, time_secs: 0.0, drift, confidence: 1.0, causes: BTreeMap::new() }
    }

    #[test]
    fn keeps_every_peak() {
        let frames: Vec<_> = (0..1001).map(|i| frame(i, if i == 777 { 90.0 } else { 1.0 })).collect();
        let columns = columns(&frames, 100, |f| f.drift);
        assert_eq!(columns.len(), 91);
        let peak = columns.iter().find(|c| c.value == 90.0).unwrap();
        assert!((peak.first..=peak.last).contains(&777));
        assert_eq!(peak.worst.index, 777);
        assert_eq!(columns.last().unwrap().last, 1000);
    }

    #[test]
    fn no_frames_no_columns() {
        assert!(columns(&[], 10, |f| f.drift).is_empty());
        assert_eq!(columns(&[frame(0, 5.0)], 0, |f| f.drift).len(), 1);
    }
}
