//! The settings there are, their defaults and what their values must look like.

use super::nearest::nearest;
use crate::store::Money;
use std::{fmt, str::FromStr};

/// Most takes that a run may ask for.
const MOST_TAKES: u32 = 20;
/// Longest clip in seconds.
const LONGEST_SECS: f64 = 600.0;

/// A setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// Who makes the clips.
    Provider,
    /// Draft or final quality.
    Tier,
    /// Most that a run may spend.
    Budget,
    /// Most takes of a run.
    Takes,
    /// Takes asked for at the same time.
    Candidates,
    /// Shape of the clip.
    Aspect,
    /// Frames per second.
    Fps,
    /// Length of the clip.
    Duration,
    /// What counts as drift.
    Policy,
    /// Workflow of a `ComfyUI` server.
    Workflow,
    /// Data folder.
    Home,
}

impl Key {
    /// Every key, in the order of `config show`.
    pub const ALL: [Self; 11] = [
        Self::Provider,
        Self::Tier,
        Self::Budget,
        Self::Takes,
        Self::Candidates,
        Self::Aspect,
        Self::Fps,
        Self::Duration,
        Self::Policy,
        Self::Workflow,
        Self::Home,
    ];

    /// The name in files; in the environment `HOLDSTILL_` and the same in capitals.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Tier => "tier",
            Self::Budget => "budget",
            Self::Takes => "takes",
            Self::Candidates => "candidates",
            Self::Aspect => "aspect",
            Self::Fps => "fps",
            Self::Duration => "duration",
            Self::Policy => "policy",
            Self::Workflow => "workflow",
            Self::Home => "home",
        }
    }

    /// What it is for, in one line.
    pub const fn help(self) -> &'static str {
        match self {
            Self::Provider => "who makes the clips: animator (built in), command, or a provider such as fal",
            Self::Tier => "draft or final",
            Self::Budget => "most that a run may spend, in US dollars",
            Self::Takes => "most takes that a run may ask for",
            Self::Candidates => "takes that are asked for at the same time",
            Self::Aspect => "shape of the clip: 9:16, 1:1, 4:5, 16:9 or still",
            Self::Fps => "frames per second",
            Self::Duration => "length of the clip, e.g. 5s",
            Self::Policy => "what counts as drift: draft, standard, strict or a gate.toml",
            Self::Workflow => "workflow of your ComfyUI server, exported with “Export (API)”",
            Self::Home => "folder for runs, clips and the ledger",
        }
    }

    /// The built-in value.
    pub(super) const fn default(self) -> Option<&'static str> {
        match self {
            Self::Provider => Some("animator"),
            Self::Tier => Some("final"),
            Self::Takes => Some("3"),
            Self::Candidates => Some("1"),
            Self::Aspect => Some("still"),
            Self::Fps => Some("24"),
            Self::Duration => Some("4s"),
            Self::Policy => Some("standard"),
            Self::Budget | Self::Workflow | Self::Home => None,
        }
    }

    /// Whether the value is a path, to be understood from the folder of the file that names it.
    pub(super) fn is_path(self, value: &str) -> bool {
        match self {
            Self::Workflow | Self::Home => true,
            Self::Policy => std::path::Path::new(value).extension().is_some(),
            _ => false,
        }
    }

    /// Whether `value` will do; otherwise what would.
    pub(super) fn check(self, value: &str) -> Result<(), &'static str> {
        let (right, expected) = match self {
            Self::Provider => (is_provider(value), "animator, command, or one that `holdstill providers` lists"),
            Self::Tier => (["draft", "final"].contains(&value), "draft or final"),
            Self::Budget => (value.parse::<Money>().is_ok(), "an amount in US dollars such as 3 or 2.50"),
            Self::Takes | Self::Candidates => {
                (value.parse().is_ok_and(|n: u32| (1..=MOST_TAKES).contains(&n)), "a whole number from 1 to 20")
            }
            Self::Aspect => {
                (["9:16", "1:1", "4:5", "16:9", "still"].contains(&value), "one of 9:16, 1:1, 4:5, 16:9, still")
            }
            Self::Fps => (["24", "25", "30"].contains(&value), "24, 25 or 30"),
            Self::Duration => (duration_secs(value).is_some(), "a time such as 5s or 2.5s, at most 600s"),
            Self::Policy | Self::Workflow | Self::Home => (!value.trim().is_empty(), "not empty"),
        };
        if right { Ok(()) } else { Err(expected) }
    }
}

/// `ID` or `ID/MODEL`; whether there is one is known only where recipes are.
fn is_provider(value: &str) -> bool {
    let id = value.split('/').next().unwrap_or_default();
    !id.is_empty() && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Seconds of `5s`, `5` or `2.5s`; `None` for anything else and outside `0..=600`.
pub(super) fn duration_secs(text: &str) -> Option<f64> {
    let digits = text.trim().strip_suffix('s').unwrap_or(text.trim());
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let secs: f64 = digits.parse().ok().filter(|_| plain)?;
    (secs > 0.0 && secs <= LONGEST_SECS).then_some(secs)
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Key {
    /// The nearest name, if any is near.
    type Err = Option<&'static str>;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let names = Self::ALL.map(Self::name);
        Self::ALL.into_iter().find(|key| key.name() == name).ok_or_else(|| nearest(name, &names))
    }
}
