//! The earlier clip that a job makes final, and how.

use super::{AnimateJob, Influence};
use crate::{
    engine::Error,
    provider::Ticket,
    store::{Home, Ledger},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// How a final comes from its draft. The three are never taken for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Link {
    /// The provider makes it from the draft's own job, and promises the same content.
    Exact,
    /// A final model of the draft's family is asked for the same thing anew: another clip.
    Rerender,
    /// A model of another family is, because the user insists.
    Crossing,
}

impl Link {
    /// What a person is told.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Exact => "exact: the provider makes it from the draft's own job",
            Self::Rerender => "re-render: the same family is asked anew, which does not reproduce the draft",
            Self::Crossing => {
                "crossing: another family is asked anew, which reproduces neither the draft nor its style"
            }
        }
    }
}

/// The draft of a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Draft {
    /// How the final comes from it.
    pub link: Link,
    /// Its run.
    pub run: String,
    /// Its row in the ledger.
    pub attempt: i64,
    /// 1-based take of its run.
    pub take: u32,
    /// Its model.
    pub model: String,
    /// Its family.
    pub family: String,
    /// The family of the model that makes the final.
    pub final_family: String,
    /// BLAKE3 of its clip, hexadecimal.
    pub blake3: String,
    /// What it was asked for beyond the job.
    pub influence: Influence,
}

/// What the ledger and the store have of a draft.
pub(super) struct Found {
    /// Its clip; `None` where it is gone or damaged: the final is worth no less.
    pub(super) clip: Option<PathBuf>,
    /// The provider's receipt for it.
    pub(super) ticket: Option<Ticket>,
}

impl Draft {
    /// Looks the draft up.
    pub(super) fn find(&self, home: &Home) -> Result<Found, Error> {
        let attempts = Ledger::open(home)?.attempts(&self.run)?;
        let attempt = attempts.into_iter().find(|attempt| attempt.id == self.attempt);
        let attempt = attempt.ok_or_else(|| Error::Usage {
            what: format!("the ledger does not know attempt {} of run {}, the draft", self.attempt, self.run),
            hint: "use the home that the draft was made in, by --home or HOLDSTILL_HOME".into(),
        })?;
        let ticket = attempt.ticket.as_deref().and_then(|text| serde_json::from_str(text).ok());
        Ok(Found { clip: attempt.blob.and_then(|blob| home.blobs().open(&blob).ok()), ticket })
    }
}

impl AnimateJob {
    /// Whether the provider makes the clip from a draft's own job.
    pub fn is_exact(&self) -> bool {
        self.draft.as_ref().is_some_and(|draft| draft.link == Link::Exact)
    }
}
