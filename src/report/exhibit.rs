//! The pictures that prove a finding.

use crate::{
    drift::Cause,
    frame::{Picture, Plane},
};

/// One bad frame beside what it should look like.
#[derive(Clone, Debug)]
pub struct Exhibit {
    /// 0-based frame.
    pub index: usize,
    /// Presentation time in seconds.
    pub time_secs: f64,
    /// Its drift, `0..=100`.
    pub drift: f64,
    /// Its strongest cause.
    pub cause: Cause,
    /// The frame.
    pub frame: Picture,
    /// The still, warped to lie over the frame; the same shape, any size.
    pub seed: Option<Picture>,
    /// Where it drifts, `0..=100` per pixel; the same shape, any size.
    pub heat: Option<Plane<f32>>,
}
