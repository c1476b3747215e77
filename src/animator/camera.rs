//! Camera moves and where the camera stands in the course of one.

use std::{fmt, str::FromStr};

/// How the camera moves. Every move starts and ends at rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Camera {
    /// Towards the product.
    #[default]
    PushIn,
    /// Away from the product.
    PullOut,
    /// Looking to the left.
    PanLeft,
    /// Looking to the right.
    PanRight,
    /// Looking up.
    TiltUp,
    /// Looking down.
    TiltDown,
    /// Around the product, which stays in place while what is behind it moves.
    Orbit,
    /// Not at all.
    Still,
}

impl Camera {
    /// Every move.
    pub const ALL: [Self; 8] = [
        Self::PushIn,
        Self::PullOut,
        Self::PanLeft,
        Self::PanRight,
        Self::TiltUp,
        Self::TiltDown,
        Self::Orbit,
        Self::Still,
    ];

    /// The word used on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PushIn => "push-in",
            Self::PullOut => "pull-out",
            Self::PanLeft => "pan-left",
            Self::PanRight => "pan-right",
            Self::TiltUp => "tilt-up",
            Self::TiltDown => "tilt-down",
            Self::Orbit => "orbit",
            Self::Still => "still",
        }
    }

    /// The pose at `progress` (`0..=1`, 0 = the still itself) of a move of `strength` (1 = as a product film would).
    pub(crate) fn pose(self, progress: f64, strength: f64) -> Pose {
        let amount = ease(progress.clamp(0.0, 1.0)) * strength;
        let mut pose = Pose::default();
        match self {
            Self::PushIn => pose.dolly = DOLLY * amount,
            Self::PullOut => pose.dolly = -DOLLY * amount,
            Self::PanLeft => pose.turn.0 = TURN * amount,
            Self::PanRight => pose.turn.0 = -TURN * amount,
            Self::TiltUp => pose.turn.1 = TURN * amount,
            Self::TiltDown => pose.turn.1 = -TURN * amount,
            Self::Orbit => pose.truck = TRUCK * amount,
            Self::Still => {}
        }
        pose
    }

    /// Share of the width and height that the move needs beyond the frame, `0..0.3`.
    pub(crate) fn margin(self, strength: f64) -> f64 {
        let share = match self {
            Self::PushIn | Self::Still => 0.0,
            Self::PullOut => DOLLY,
            Self::PanLeft | Self::PanRight | Self::TiltUp | Self::TiltDown => TURN,
            Self::Orbit => TRUCK * 0.6,
        };
        (share * strength).min(0.3)
    }
}

/// Advance of a push-in in units of the product's distance: the product grows by 1 / (1 − 0.13) = 15 %.
const DOLLY: f64 = 0.13;
/// A pan or tilt in shares of the longer side.
const TURN: f64 = 0.07;
/// Sideways travel of an orbit: shift between the nearest and the farthest in shares of the longer side.
const TRUCK: f64 = 0.09;

/// Where the camera stands, relative to where the still was taken.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Pose {
    /// Advance along the view in units of the product's distance.
    pub(crate) dolly: f64,
    /// Shift of the whole picture in shares of the longer side, x and y.
    pub(crate) turn: (f64, f64),
    /// Sideways travel: parallax about the product in shares of the longer side.
    pub(crate) truck: f64,
}

/// Quintic ease (Perlin 2002): at rest at both ends, without a jerk.
fn ease(t: f64) -> f64 {
    t * t * t * (t * (t * 6.0 - 15.0) + 10.0)
}

impl fmt::Display for Camera {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Camera {
    type Err = super::ParseShotError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let names = || Self::ALL.map(Self::name).join(", ");
        let found = Self::ALL.into_iter().find(|camera| camera.name() == text);
        found.ok_or_else(|| super::ParseShotError::new("camera move", text, &names()))
    }
}
