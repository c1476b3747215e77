//! Where a seed comes from: a still that was refined says so in the report beside it.

use super::{REFINE_SCHEMA, RefineReport, percent};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{fmt, path::Path};

/// Largest report that is read, bytes.
const LARGEST_REPORT: u64 = 1 << 20;

/// The refinement that a still came from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SeedOrigin {
    /// The still before.
    pub still: String,
    /// Its BLAKE3, hexadecimal.
    pub still_blake3: String,
    /// Who refined it, and with which model.
    pub provider: String,
    /// Share of the pixels outside the mask that changed, `0..=1`.
    pub leaked: f64,
    /// Whether the file is still the one that was delivered; otherwise it was changed after that.
    pub is_as_refined: bool,
}

impl SeedOrigin {
    /// The origin of a still whose file has this BLAKE3, where a report on it lies beside it.
    pub fn of(still: &Path, blake3: &str) -> Option<Self> {
        let path = still.with_extension("json");
        if std::fs::metadata(&path).ok()?.len() > LARGEST_REPORT {
            return None;
        }
        let report: RefineReport = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
        (report.schema == REFINE_SCHEMA).then(|| Self {
            is_as_refined: report.refined.blake3 == blake3,
            leaked: report.outside.changed_share,
            provider: format!("{}/{}", report.provider, report.model),
            still: report.still.path,
            still_blake3: report.still.blake3,
        })
    }
}

impl fmt::Display for SeedOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { still, provider, .. } = self;
        if self.is_as_refined {
            write!(f, "refined from {still} by {provider}, {} changed outside the mask", percent(self.leaked))
        } else {
            write!(f, "changed after it was refined from {still} by {provider}")
        }
    }
}
