//! How much work the flow may do.

use std::{fmt, str::FromStr};

/// A named point between speed and accuracy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Preset {
    /// For previews: searched up to an eighth of the resolution, refined up to half.
    Fast,
    /// For measuring: half resolution.
    #[default]
    Medium,
    /// For mending: full resolution.
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
    /// Finest pyramid level that is worked on: 0 is full resolution, 1 half, 2 a quarter.
    pub finest: usize,
    /// Finest pyramid level that is searched; finer ones are only refined.
    pub searched: usize,
    /// Distance between neighbouring patches, pixels of the level, `1..=8`.
    pub stride: usize,
    /// Most inverse-search steps of one patch in one pass; there are two passes.
    pub steps: usize,
    /// What follows the search on each level.
    pub refine: Refine,
}

/// The knobs of the variational refinement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Refine {
    /// How often a level is warped and its problem made linear again.
    pub warps: usize,
    /// The same for the finest level, where a warp costs most.
    pub last_warps: usize,
    /// How often the robust weights are taken anew for one warp.
    pub weightings: usize,
    /// Relaxation sweeps for one weighting.
    pub sweeps: usize,
}

impl From<Preset> for Params {
    fn from(preset: Preset) -> Self {
        let refine = Refine { warps: 2, last_warps: 1, weightings: 2, sweeps: 5 };
        match preset {
            Preset::Fast => {
                Self { finest: 1, searched: 3, stride: 5, steps: 3, refine: Refine { sweeps: 4, ..refine } }
            }
            Preset::Medium => {
                Self { finest: 1, searched: 2, stride: 5, steps: 8, refine: Refine { last_warps: 2, ..refine } }
            }
            Preset::Fine => {
                Self { finest: 0, searched: 2, stride: 5, steps: 8, refine: Refine { sweeps: 4, ..refine } }
            }
        }
    }
}

impl Default for Params {
    fn default() -> Self {
        Preset::default().into()
    }
}
