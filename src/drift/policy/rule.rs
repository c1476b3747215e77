//! The vocabulary of a policy: what can be limited or demanded, and how badly.

use crate::drift::Cause;
use serde::{Deserialize, Deserializer, Serialize, de};
use std::fmt;

/// How a breach counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The clip fails.
    #[default]
    Error,
    /// The clip passes, the breach is shown.
    Warn,
    /// Not looked at.
    Off,
}

impl Level {
    /// The word used in policies and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Off => "off",
        }
    }
}

/// Whose drift is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// All causes together.
    Drift,
    /// One cause.
    Cause(Cause),
    /// The frames at fault, counted.
    BadFrames,
}

impl Subject {
    /// The key in `[limits]`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Drift => "drift",
            Self::Cause(cause) => cause.name(),
            Self::BadFrames => "bad_frames",
        }
    }

    /// The statistics that exist for it.
    pub const fn statistics(self) -> &'static [Statistic] {
        match self {
            Self::Drift => &[Statistic::Clip, Statistic::Mean, Statistic::P95, Statistic::Max],
            Self::Cause(_) => &[Statistic::Mean, Statistic::P95, Statistic::Max],
            Self::BadFrames => &[Statistic::Run, Statistic::Count, Statistic::Share],
        }
    }

    fn all() -> impl Iterator<Item = Self> {
        [Self::Drift, Self::BadFrames].into_iter().chain(Cause::ALL.map(Self::Cause))
    }
}

/// Which figure of the subject is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Statistic {
    /// The clip-level drift, `0..=100`.
    Clip,
    /// Mean over frames, `0..=100`.
    Mean,
    /// 95th percentile over frames (nearest rank), `0..=100`.
    P95,
    /// The worst frame, `0..=100`.
    Max,
    /// Length of the longest run, in frames.
    Run,
    /// How many, in frames.
    Count,
    /// Share of all frames, `0..=1`.
    Share,
}

impl Statistic {
    const ALL: [Self; 7] = [Self::Clip, Self::Mean, Self::P95, Self::Max, Self::Run, Self::Count, Self::Share];

    /// The key below the subject.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clip => "clip",
            Self::Mean => "mean",
            Self::P95 => "p95",
            Self::Max => "max",
            Self::Run => "run",
            Self::Count => "count",
            Self::Share => "share",
        }
    }

    /// The largest limit that makes sense.
    pub const fn ceiling(self) -> f64 {
        match self {
            Self::Clip | Self::Mean | Self::P95 | Self::Max => 100.0,
            Self::Run | Self::Count => f64::MAX,
            Self::Share => 1.0,
        }
    }
}

/// One limit's name: `geometry.max`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LimitRule {
    /// Whose.
    pub subject: Subject,
    /// Which figure.
    pub statistic: Statistic,
}

impl fmt::Display for LimitRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.subject.name(), self.statistic.name())
    }
}

/// A figure that must not be reached.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// In the statistic's unit.
    pub limit: f64,
    /// How a breach counts.
    pub level: Level,
}

/// What can be demanded of the clip itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fact {
    /// Length in seconds.
    Duration,
    /// Frames per second.
    Fps,
    /// Displayed width in pixels.
    Width,
    /// Displayed height in pixels.
    Height,
    /// Shape.
    Aspect,
    /// Whether there is sound.
    Audio,
    /// How much moves (see [`super::Facts::motion`]).
    Motion,
}

impl Fact {
    /// The key in `[require]`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Duration => "duration",
            Self::Fps => "fps",
            Self::Width => "width",
            Self::Height => "height",
            Self::Aspect => "aspect",
            Self::Audio => "audio",
            Self::Motion => "motion",
        }
    }

    /// The unit of its figure.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Duration => " s",
            Self::Fps => " fps",
            Self::Width | Self::Height => " px",
            Self::Motion => " levels per frame",
            Self::Aspect | Self::Audio => "",
        }
    }
}

/// An inclusive range; an open end is `None`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// Smallest value that passes.
    pub min: Option<f64>,
    /// Largest value that passes.
    pub max: Option<f64>,
}

/// A shape, `width:height`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aspect {
    /// Parts of width, > 0.
    pub width: u32,
    /// Parts of height, > 0.
    pub height: u32,
}

impl Aspect {
    /// Reads `9:16`.
    pub fn parse(text: &str) -> Option<Self> {
        let (width, height) = text.split_once(':')?;
        let aspect = Self { width: width.trim().parse().ok()?, height: height.trim().parse().ok()? };
        (aspect.width > 0 && aspect.height > 0).then_some(aspect)
    }
}

/// What a fact must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Demand {
    /// A number in a range.
    Within(Bounds),
    /// A shape.
    Shape(Aspect),
    /// Sound, or no sound.
    Sound(bool),
}

/// A demand and how badly it is meant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Requirement {
    /// What the fact must be.
    pub demand: Demand,
    /// How a breach counts.
    pub level: Level,
}

/// Reads a word by a table of names, so that the error can list them.
fn by_name<'de, D: Deserializer<'de>, T: Copy>(
    deserializer: D,
    all: impl Iterator<Item = T>,
    name: impl Fn(T) -> &'static str,
) -> Result<T, D::Error> {
    let word = String::deserialize(deserializer)?;
    let known: Vec<T> = all.collect();
    known.iter().copied().find(|&t| name(t) == word).ok_or_else(|| {
        let names: Vec<String> = known.iter().map(|&t| format!("`{}`", name(t))).collect();
        de::Error::custom(format_args!("unknown key `{word}`, expected one of {}", names.join(", ")))
    })
}

impl<'de> Deserialize<'de> for Subject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        by_name(deserializer, Self::all(), Self::name)
    }
}

impl<'de> Deserialize<'de> for Statistic {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        by_name(deserializer, Self::ALL.into_iter(), Self::name)
    }
}
