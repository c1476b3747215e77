//! How much work the flow may do.

use std::{fmt, str::FromStr};

/// A named point between speed and accuracy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Preset {
    /// For previews: quarter resolution, few patches.
    Fast,
    /// For measuring: half resolution with refinement.
    #[default]
    Medium,
    /// For mending: full resolution with refinement.
    Fine,
}

impl Preset {
    /// All presets, fastest first.
    pub const ALL: [Self; 3] = [Self::Fast, Self::Medium, Self::Fine];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Medium => "medium",
            Self::Fine => "fine",
        }
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A preset name that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no flow preset is called `{0}`: choose fast, medium or fine")]
pub struct UnknownPreset(String);

impl FromStr for Preset {
    type Err = UnknownPreset;

    fn from_str(name: &str) -> Result<Self, UnknownPreset> {
        Self::ALL.into_iter().find(|preset| preset.name() == name).ok_or_else(|| UnknownPreset(name.to_owned()))
    }
}

/// The knobs of [`super::dense`]; start from a [`Preset`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Params {
    /// Finest pyramid level that is searched: 0 is full resolution, 1 half, 2 a quarter.
    pub finest: usize,
    /// Distance between neighbouring patches, pixels of the level, `1..=8`.
    pub stride: usize,
    /// Most inverse-search steps of one patch in one pass; there are two passes.
    pub steps: usize,
}

impl From<Preset> for Params {
    fn from(preset: Preset) -> Self {
        match preset {
            Preset::Fast => Self { finest: 2, stride: 4, steps: 6 },
            Preset::Medium => Self { finest: 1, stride: 4, steps: 8 },
            Preset::Fine => Self { finest: 0, stride: 4, steps: 8 },
        }
    }
}

impl Default for Params {
    fn default() -> Self {
        Preset::default().into()
    }
}
