//! The life of an attempt: which state may follow which.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Where an attempt to have a clip made stands. Written to disk *before* the step that the state announces:
///
/// ```text
/// intended ─► submitted ─► running ─► downloaded ─► scored ─► settled
///     │           │           │           └───────────────► failed
///     ├───────────┴───────────┴─► failed, cancelled
///     └─────────────────────────► unknown ─► submitted, running, downloaded, failed, cancelled
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AttemptState {
    /// The money is reserved; the request may or may not have left.
    Intended,
    /// The provider took the request and named a job.
    Submitted,
    /// The provider works on it.
    Running,
    /// The clip is in the blob store.
    Downloaded,
    /// The clip was measured.
    Scored,
    /// Price and decision are known. Final.
    Settled,
    /// No usable clip will come. Final.
    Failed,
    /// Stopped by the user. Final.
    Cancelled,
    /// The answer was lost: perhaps charged, perhaps not.
    Unknown,
}

impl AttemptState {
    /// Every state.
    pub const ALL: [Self; 9] = [
        Self::Intended,
        Self::Submitted,
        Self::Running,
        Self::Downloaded,
        Self::Scored,
        Self::Settled,
        Self::Failed,
        Self::Cancelled,
        Self::Unknown,
    ];

    /// Whether an attempt in this state may become `next`.
    pub const fn may_become(self, next: Self) -> bool {
        use AttemptState as S;
        match self {
            S::Intended => matches!(next, S::Submitted | S::Running | S::Failed | S::Cancelled | S::Unknown),
            S::Submitted => matches!(next, S::Running | S::Downloaded | S::Failed | S::Cancelled | S::Unknown),
            S::Running => matches!(next, S::Downloaded | S::Failed | S::Cancelled | S::Unknown),
            S::Unknown => matches!(next, S::Submitted | S::Running | S::Downloaded | S::Failed | S::Cancelled),
            S::Downloaded => matches!(next, S::Scored | S::Failed),
            S::Scored => matches!(next, S::Settled),
            S::Settled | S::Failed | S::Cancelled => false,
        }
    }

    /// Whether nothing can follow.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Settled | Self::Failed | Self::Cancelled)
    }

    /// Whether its clip is in the blob store.
    pub const fn has_clip(self) -> bool {
        matches!(self, Self::Downloaded | Self::Scored | Self::Settled)
    }

    /// The word in the ledger and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Intended => "intended",
            Self::Submitted => "submitted",
            Self::Running => "running",
            Self::Downloaded => "downloaded",
            Self::Scored => "scored",
            Self::Settled => "settled",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for AttemptState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for AttemptState {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|state| state.name() == word).ok_or(())
    }
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RunState {
    /// Begun, and not brought to an end: working, interrupted or crashed.
    Open,
    /// Ended with a clip, whatever its verdict.
    Finished,
    /// Ended without a clip.
    Failed,
}

impl RunState {
    /// The word in the ledger and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Finished => "finished",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for RunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for RunState {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        [Self::Open, Self::Finished, Self::Failed].into_iter().find(|state| state.name() == word).ok_or(())
    }
}
