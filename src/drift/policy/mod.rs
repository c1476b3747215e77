//! Policy: which measured drift a clip may have, and what else is demanded of it.
//!
//! A policy is data (`gate.toml`), laid over one of three presets:
//!
//! ```toml
//! extends = "standard"            # draft | standard | strict
//! unsure = "fail"                 # or "pass"
//!
//! [limits]                        # reaching a limit is a breach
//! drift.clip = 50                 # the clip's drift, 0..=100
//! geometry.max = 60               # over frames: mean | p95 | max of drift or of any cause
//! color.p95 = { limit = 40, level = "warn" }
//! bad_frames.run = 3              # longest run; also count, share (0..=1)
//!
//! [require]
//! duration = { min = 4, max = 15 }    # seconds
//! aspect = "9:16"
//! fps = 24
//! width = { min = 720 }
//! audio = true
//! motion = { min = 0.2, level = "error" }   # levels of luma per frame: a frozen "video" is no video
//! ```
//!
//! One function, [`Policy::judge`], decides; exit code, `JUnit`, Markdown and HTML all show its [`Decision`].

mod error;
mod facts;
mod judge;
mod parse;
mod rule;

pub use error::PolicyError;
pub use facts::Facts;
pub(crate) use facts::MOTION_METRIC;
pub use judge::{Breach, Decision};
pub use rule::{Aspect, Bounds, Demand, Fact, Level, Limit, LimitRule, Requirement, Statistic, Subject};

use serde::Deserialize;
use std::{collections::BTreeMap, fmt, str::FromStr};

/// Drift from which a frame or a clip is at fault, `0..=100`: where a careful person starts to object
/// (calibrated on labelled clips).
pub const DRIFT_FAIL: f64 = 50.0;

/// What the ruler must know of a policy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// Drift from which a frame or a clip is at fault, `0..=100`.
    pub drift_fail: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { drift_fail: DRIFT_FAIL }
    }
}

/// The policies that come with the tool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// Only what nobody would accept.
    Draft,
    /// Fails at drift ≥ 50.
    #[default]
    Standard,
    /// No single objectionable frame.
    Strict,
}

impl Preset {
    /// Every preset, from lenient to strict.
    pub const ALL: [Self; 3] = [Self::Draft, Self::Standard, Self::Strict];

    /// The word used in files and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Standard => "standard",
            Self::Strict => "strict",
        }
    }

    /// Its `gate.toml`.
    pub const fn source(self) -> &'static str {
        match self {
            Self::Draft => include_str!("presets/draft.toml"),
            Self::Standard => include_str!("presets/standard.toml"),
            Self::Strict => include_str!("presets/strict.toml"),
        }
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Preset {
    type Err = PolicyError;

    fn from_str(word: &str) -> Result<Self, PolicyError> {
        Self::ALL
            .into_iter()
            .find(|p| p.name() == word)
            .ok_or_else(|| PolicyError::UnknownPreset { word: word.to_owned() })
    }
}

/// What becomes of a clip of which too little could be judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnUnsure {
    /// The clip passes.
    Pass,
    /// The clip does not pass; its outcome is `unsure`.
    #[default]
    Fail,
}

/// Limits and demands that a clip must keep.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// The preset's name, or the file's.
    pub name: String,
    /// What becomes of a clip of which too little could be judged.
    pub unsure: OnUnsure,
    /// Limits on measured drift.
    pub limits: BTreeMap<LimitRule, Limit>,
    /// Demands on the clip itself.
    pub require: BTreeMap<Fact, Requirement>,
}

impl Default for Policy {
    fn default() -> Self {
        Self::preset(Preset::Standard)
    }
}

impl Policy {
    /// One of the policies that come with the tool.
    pub fn preset(preset: Preset) -> Self {
        let empty = Self {
            name: preset.name().to_owned(),
            unsure: OnUnsure::Fail,
            limits: BTreeMap::new(),
            require: BTreeMap::new(),
        };
        parse::lay_over(empty, preset.source(), preset.name()).expect("the presets are tested")
    }

    /// Reads a policy. `name` is shown in errors and reports: a path, say.
    pub fn parse(text: &str, name: &str) -> Result<Self, PolicyError> {
        let base = Self::preset(parse::extends(text, name)?);
        parse::lay_over(base, text, name)
    }

    /// What the ruler must know: where drift fails the clip.
    pub fn thresholds(&self) -> Thresholds {
        let clip = LimitRule { subject: Subject::Drift, statistic: Statistic::Clip };
        let drift_fail = self.limits.get(&clip).filter(|l| l.level == Level::Error).map_or(DRIFT_FAIL, |l| l.limit);
        Thresholds { drift_fail }
    }
}
