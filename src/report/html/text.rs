//! Words and figures as the page writes them.

use crate::drift::ScoreReport;

/// A drift in `0..=100`, without decimals that nobody can see.
pub(super) fn drift(value: f64) -> String {
    format!("{value:.0}")
}

/// A share in `0..=1` as a percentage.
pub(super) fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

/// A figure with three significant digits.
pub(super) fn figure(value: f64) -> String {
    let decimals = match value.abs() {
        v if v >= 100.0 => 0,
        v if v >= 10.0 => 1,
        v if v >= 1.0 => 2,
        _ => 3,
    };
    format!("{value:.decimals$}")
}

/// The last part of a path.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or(path)
}

/// `frames 41–66`, both included.
pub(super) fn frames([first, last]: [usize; 2]) -> String {
    if first == last { format!("frame {first}") } else { format!("frames {first}–{last}") }
}

/// `1 frame`, `2 frames`.
pub(super) fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// When a frame is shown, `1.71 s`; empty where the report does not list it.
pub(super) fn when(report: &ScoreReport, frame: usize) -> String {
    let time = report.judgement.frames.iter().find(|f| f.index == frame).map(|f| f.time_secs);
    time.map(|secs| format!("{secs:.2} s")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_for_people() {
        assert_eq!(figure(123.4), "123");
        assert_eq!(figure(0.0123), "0.012");
        assert_eq!(file_name("a/b/"), "b");
        assert_eq!(file_name("c.mp4"), "c.mp4");
        assert_eq!(file_name(""), "");
        assert_eq!(frames([3, 3]), "frame 3");
        assert_eq!(count(1, "frame"), "1 frame");
    }
}
