//! What is told of a final besides its score: where it comes from, and how it differs from its draft.

use super::{AnimateJob, Draft, Link, workshop::Workshop};
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
    /// What the user should know, for a person.
    pub warnings: Vec<String>,
}

impl Promotion {
    /// What a job that makes a draft final has to tell of its `clip`. Where the two cannot be compared, it says so: the
    /// final is paid for.
    pub(super) fn of(job: &AnimateJob, workshop: &mut dyn Workshop, clip: &Path) -> Result<Option<Self>, Error> {
        let Some(draft) = job.draft.clone() else { return Ok(None) };
        let mut warnings = Vec::new();
        let style = match workshop.style(clip) {
            Ok(style) => Some(style),
            Err(error) if error.class() == Class::Interrupted => return Err(error),
            Err(error) => {
                warnings.push(format!("the final could not be held beside its draft: {error}"));
                None
            }
        };
        let beyond = style.filter(|_| draft.link == Link::Exact).map(|style| style.beyond()).unwrap_or_default();
        if !beyond.is_empty() {
            let what = beyond.join(", ");
            warnings.push(format!(
                "the provider promises the draft's content, and the final is farther from it than another size and \
                 encoding explain: {what}"
            ));
        }
        Ok(Some(Self { draft, final_model: job.maker.model(), style, warnings }))
    }
}
