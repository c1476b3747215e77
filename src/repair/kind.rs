//! The mends by name.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What is done to the frames of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Remade from the good frames on both sides.
    Bridge,
    /// Brought back to the still's colours.
    Relock,
    /// Brought to an even brightness.
    Deflicker,
    /// Left as it is.
    None,
}

impl Kind {
    /// The word used in JSON and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bridge => "bridge",
            Self::Relock => "relock",
            Self::Deflicker => "deflicker",
            Self::None => "none",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A way to mend a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// What is done.
    pub kind: Kind,
    /// First and last frame that it changes, 0-based, both included.
    pub frames: [usize; 2],
}
