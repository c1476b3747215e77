//! What `refine` reports: the contract `holdstill/refine/1`.

use crate::{
    drift::leakage::{Change, ChangedRegion},
    engine::animate::Cost,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Name and version of the report's schema.
pub const REFINE_SCHEMA: &str = "holdstill/refine/1";

/// A picture's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StillFile {
    /// Path as given.
    pub path: String,
    /// BLAKE3 of the file, hexadecimal.
    pub blake3: String,
}

/// The refined still.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RefinedFile {
    /// Path as given.
    pub path: String,
    /// BLAKE3 of the file, hexadecimal.
    pub blake3: String,
    /// Width and height in pixels: the still's.
    pub size: [u32; 2],
    /// Whether everything outside the mask is the still's own.
    pub keeps_outside: bool,
}

/// The still as the provider made it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CameStill {
    /// BLAKE3 of its file in the store, hexadecimal.
    pub blake3: String,
    /// Width and height that were asked for, pixels.
    pub asked: [u32; 2],
    /// Width and height that came, pixels.
    pub size: [u32; 2],
    /// Share of the still that it shows, `0..=1`; less than 1 where it was cropped.
    pub shown: f64,
    /// Whether it was cropped, padded or shifted, not only scaled.
    pub is_moved: bool,
    /// Whether it was there already from an earlier invocation.
    pub is_reused: bool,
    /// What changed outside the mask before anything was put back.
    pub outside: Change,
}

/// The whole story of one `refine`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RefineReport {
    /// Always [`REFINE_SCHEMA`].
    pub schema: String,
    /// Tool and version.
    pub tool: String,
    /// The command that does the same.
    pub command: String,
    /// The run in the ledger.
    pub run: String,
    /// The still, which stays as it is.
    pub still: StillFile,
    /// Where it was to change.
    pub mask: Option<StillFile>,
    /// Who edited it.
    pub provider: String,
    /// With which model.
    pub model: String,
    /// What should change.
    pub prompt: String,
    /// Seed of randomness that was sent.
    pub rng_seed: u64,
    /// What the provider made.
    pub came: CameStill,
    /// The delivered file.
    pub refined: RefinedFile,
    /// What changed in it where nothing was to change: outside the mask, or everywhere where there is none.
    pub outside: Change,
    /// What changed in it inside the mask.
    pub inside: Option<Change>,
    /// The largest connected place outside the mask that changed.
    pub largest: Option<ChangedRegion>,
    /// What the way there and back (size, encoding) does to a still that nobody edits, outside the mask.
    pub floor: Change,
    /// What to know about it, for a person.
    pub notes: Vec<String>,
    /// Money.
    pub cost: Cost,
}
