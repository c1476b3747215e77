//! The score report: the contract that users script against (`holdstill/score/1`).

use super::{Advice, Judgement};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

/// Name and version of the report's schema.
pub const SCORE_SCHEMA: &str = "holdstill/score/1";

/// Why a frame or a clip drifted. The order is the order of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// The surface moves as no rigid object does: it bends, bulges, swims.
    Geometry,
    /// Content in the aligned place is not the seed's: replaced, vanished or new.
    Structure,
    /// Colour left the seed's after exposure and illuminant are explained.
    Color,
    /// Printed text or a logo lost its shapes.
    Text,
    /// Brightness jumps from frame to frame.
    Flicker,
    /// Fine texture was smeared or invented.
    Detail,
    /// It is not the seed's subject at all.
    Identity,
    /// The picture stands still where its neighbours move.
    Freeze,
    /// A hard cut inside the clip.
    Cut,
}

impl Cause {
    /// Every cause, in the order of reports.
    pub const ALL: [Self; 9] = [
        Self::Geometry,
        Self::Structure,
        Self::Color,
        Self::Text,
        Self::Flicker,
        Self::Detail,
        Self::Identity,
        Self::Freeze,
        Self::Cut,
    ];

    /// The word used in JSON, policies and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Geometry => "geometry",
            Self::Structure => "structure",
            Self::Color => "color",
            Self::Text => "text",
            Self::Flicker => "flicker",
            Self::Detail => "detail",
            Self::Identity => "identity",
            Self::Freeze => "freeze",
            Self::Cut => "cut",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What the ruler says of a clip. Never a silent hold: too little evidence is `unsure`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Faithful to the seed within the policy.
    Hold,
    /// Not faithful.
    Drift,
    /// Too little of the seed could be judged.
    Unsure,
}

impl Verdict {
    /// The word used in JSON and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::Drift => "drift",
            Self::Unsure => "unsure",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The still, as the report names it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SeedInfo {
    /// Path as given.
    pub path: String,
    /// BLAKE3 of the file, hexadecimal.
    pub blake3: String,
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
}

/// The clip, as the report names it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClipInfo {
    /// Path as given.
    pub path: String,
    /// BLAKE3 of the file, hexadecimal (of the first file of an image sequence).
    pub blake3: String,
    /// Displayed width in pixels, after rotation and sample aspect.
    pub width: usize,
    /// Displayed height in pixels, after rotation and sample aspect.
    pub height: usize,
    /// Average frame rate as a fraction, `"24/1"`.
    pub fps: String,
    /// Frames decoded.
    pub frames: usize,
    /// Codec by FFmpeg's name.
    pub codec: String,
    /// Matrix and range, `"bt709/tv"`.
    pub color: String,
}

/// How the clip's picture lies over the seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Registration {
    /// `"affine"` or `"none"` when the seed was not found.
    pub kind: String,
    /// `clip_from_seed`: maps seed pixels (column vector `x, y, 1`) to clip pixels.
    pub matrix: [[f64; 3]; 3],
    /// Share of the seed's picture that the clip's frame shows, `0..=1`.
    pub visible_fraction: f64,
}

/// One cause of drift, with place and time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CauseFinding {
    /// Which cause.
    pub cause: Cause,
    /// Its drift over the clip, `0..=100`.
    pub drift: f64,
    /// First frame at fault (0-based).
    pub first_frame: usize,
    /// Last frame at fault (0-based).
    #[serde(default)]
    pub last_frame: usize,
    /// Frame where it is worst (0-based).
    pub worst_frame: usize,
    /// Where it is worst: `[x, y, width, height]` in clip pixels.
    pub region: [usize; 4],
    /// One sentence for a person, with size and unit.
    pub explain: String,
    /// The innocent explanation that was tried first, and what it leaves.
    #[serde(default)]
    pub rejected: String,
    /// What to do next.
    #[serde(default)]
    pub advice: Advice,
    /// The same as a sentence, with frames.
    #[serde(default)]
    pub next: String,
}

/// Statistics of one signal over the frames.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MetricSummary {
    /// Unit of mean, 95th percentile and maximum, e.g. `"% of diagonal"`.
    pub unit: String,
    /// Mean over frames.
    pub mean: f64,
    /// 95th percentile over frames.
    pub p95: f64,
    /// Maximum over frames.
    pub max: f64,
    /// Drift of the clip had this signal not been asked, `0..=100`: the verdict hangs on a signal as far as this is lower.
    #[serde(default)]
    pub without: f64,
}

/// Drift of one frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FrameDrift {
    /// 0-based frame.
    pub index: usize,
    /// Presentation time in seconds.
    pub time_secs: f64,
    /// `0..=100`; about 50 is where a careful person starts to object.
    pub drift: f64,
    /// Share of the evidence that could be judged, `0..=1`.
    pub confidence: f64,
    /// Drift by cause, `0..=100`.
    pub causes: BTreeMap<Cause, f64>,
}

/// The whole report on one clip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScoreReport {
    /// Always [`SCORE_SCHEMA`].
    pub schema: String,
    /// Tool and version.
    pub tool: String,
    /// The command that reproduces the report.
    pub command: String,
    /// The still.
    pub seed: SeedInfo,
    /// The clip.
    pub clip: ClipInfo,
    /// What was measured; its fields stand beside these in JSON.
    #[serde(flatten)]
    pub judgement: Judgement,
}
