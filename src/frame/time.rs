//! Exact time: integer ticks of a rational base, never float seconds inside.

/// A presentation time of `ticks × num / den` seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time {
    /// Ticks since the start of the clip.
    pub ticks: i64,
    /// Numerator of the tick length in seconds.
    pub num: i32,
    /// Denominator of the tick length in seconds, > 0.
    pub den: i32,
}

impl Time {
    /// Time of frame `index` at a constant rate of `fps_num / fps_den` frames per second.
    pub fn of_frame(index: usize, fps_num: i32, fps_den: i32) -> Self {
        Self { ticks: index as i64, num: fps_den, den: fps_num }
    }

    /// The time in seconds, for display and for statistics.
    pub fn secs(self) -> f64 {
        self.ticks as f64 * f64::from(self.num) / f64::from(self.den)
    }
}
