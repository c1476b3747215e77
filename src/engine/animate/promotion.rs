//! What is told of a final besides its score: where it comes from, and how it differs from its draft.

use super::{AnimateJob, Draft, Link, contest::Entry, workshop::Workshop};
use crate::{
    drift::StyleDrift,
    engine::{Class, Error},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A final beside its draft.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Promotion {
    /// The draft, and how the final comes from it.
    #[serde(flatten)]
    pub draft: Draft,
    /// The model that made the final.
    pub final_model: String,
    /// How the delivered clip differs from the draft; absent where that could not be measured.
    pub style: Option<StyleDrift>,
    /// The same of the provider's clip, where it was mended before it was delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub style_unmended: Option<StyleDrift>,
    /// What the user should know, for a person.
    pub warnings: Vec<String>,
}

impl Promotion {
    /// What a job that makes a draft final has to tell of the clip that it delivers. Where the two cannot be compared, it
    /// says so: the final is paid for.
    pub(super) fn of(job: &AnimateJob, workshop: &mut dyn Workshop, entry: &Entry) -> Result<Option<Self>, Error> {
        let Some(draft) = job.draft.clone() else { return Ok(None) };
        let mut warnings = Vec::new();
        let style = measured(workshop, &entry.clip, &mut warnings)?;
        let style_unmended = match (&style, &entry.mend) {
            (Some(_), Some(_)) => measured(workshop, &entry.made, &mut warnings)?,
            _ => None,
        };
        // the provider promises nothing of our mends
        let promised = style_unmended.or(style).filter(|_| draft.link == Link::Exact);
        let beyond = promised.map(|style| style.beyond()).unwrap_or_default();
        if !beyond.is_empty() {
            warnings.push(format!(
                "the provider promises the draft's content, and its final is farther from it than another size and \
                 encoding explain: {}",
                beyond.join(", ")
            ));
        }
        Ok(Some(Self { draft, final_model: job.maker.model(), style, style_unmended, warnings }))
    }
}

/// How a clip differs from the draft; where that cannot be measured, a warning says why.
fn measured(workshop: &mut dyn Workshop, clip: &Path, warnings: &mut Vec<String>) -> Result<Option<StyleDrift>, Error> {
    match workshop.style(clip) {
        Ok(style) => Ok(Some(style)),
        Err(error) if error.class() == Class::Interrupted => Err(error),
        Err(error) => {
            warnings.push(format!("the final could not be held beside its draft: {error}"));
            Ok(None)
        }
    }
}
