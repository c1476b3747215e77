//! What is to be filmed: move, length, rate, shape.

use super::camera::{Camera, Pose};
use crate::frame::Size;
use std::{fmt, str::FromStr};

/// Longest side of a frame unless told otherwise, pixels.
pub(crate) const DEFAULT_LONGEST: usize = 1280;

/// The shape of the frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Aspect {
    /// As the still.
    #[default]
    Still,
    /// Width to height.
    Ratio(u32, u32),
}

impl Aspect {
    /// The shapes of the channels.
    pub const NAMES: [&'static str; 5] = ["still", "9:16", "1:1", "4:5", "16:9"];

    /// Width over height; that of `still` where the shape follows it.
    pub(crate) fn ratio(self, still: Size) -> f64 {
        match self {
            Self::Still => still.width.max(1) as f64 / still.height.max(1) as f64,
            Self::Ratio(w, h) => f64::from(w) / f64::from(h),
        }
    }
}

impl fmt::Display for Aspect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Still => f.pad("still"),
            Self::Ratio(w, h) => f.pad(&format!("{w}:{h}")),
        }
    }
}

impl FromStr for Aspect {
    type Err = ParseShotError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "still" => Ok(Self::Still),
            "9:16" => Ok(Self::Ratio(9, 16)),
            "1:1" => Ok(Self::Ratio(1, 1)),
            "4:5" => Ok(Self::Ratio(4, 5)),
            "16:9" => Ok(Self::Ratio(16, 9)),
            _ => Err(ParseShotError::new("aspect", text, &Self::NAMES.join(", "))),
        }
    }
}

/// A word that describes no shot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no {what}: it is one of {known}")]
pub struct ParseShotError {
    what: &'static str,
    text: String,
    known: String,
}

impl ParseShotError {
    pub(crate) fn new(what: &'static str, text: &str, known: &str) -> Self {
        Self { what, text: text.to_owned(), known: known.to_owned() }
    }
}

/// One camera move over one still.
#[derive(Clone, Debug, PartialEq)]
pub struct Shot {
    /// How the camera moves.
    pub camera: Camera,
    /// Length in seconds, > 0.
    pub duration_secs: f64,
    /// Frames per second, 24, 25 or 30 by custom.
    pub fps: u32,
    /// Shape of the frames.
    pub aspect: Aspect,
    /// Longest side of the frames in pixels; a smaller still is not enlarged.
    pub longest: usize,
    /// How far the move goes, 1 = as a product film would, `0..=3`.
    pub strength: f64,
}

impl Default for Shot {
    fn default() -> Self {
        Self {
            camera: Camera::default(),
            duration_secs: 4.0,
            fps: 24,
            aspect: Aspect::default(),
            longest: DEFAULT_LONGEST,
            strength: 1.0,
        }
    }
}

impl Shot {
    /// Number of frames, 1 or more.
    pub fn frames(&self) -> usize {
        ((self.duration_secs * f64::from(self.fps)).round() as usize).max(1)
    }

    /// The camera's pose in frame `index`.
    pub(crate) fn pose(&self, index: usize) -> Pose {
        let last = (self.frames() - 1).max(1);
        self.camera.pose(index as f64 / last as f64, self.strength.clamp(0.0, 3.0))
    }
}
