//! The final clip of a draft, made by the provider from the draft's own job.

use super::{Pace, Remote};
use crate::provider::{
    Error, Generated, Progress,
    recipe::{Call, FaultClass, HttpRequest, Ticket},
};
use std::path::Path;

impl Remote {
    /// Checks, before anything is sent, whether the provider makes finals of drafts with this receipt.
    ///
    /// # Errors
    /// [`Error::Unsuitable`] says why not.
    pub fn check_promote(&self, draft: &Ticket) -> Result<(), Error> {
        self.promotion(draft, "check").map(drop)
    }

    /// Has the final of a draft made at `out`, as [`Remote::generate`] makes clips: one paid request, its receipt told
    /// before the job is asked about.
    ///
    /// # Errors
    /// As [`Remote::generate`], and [`Error::DraftGone`] where the provider does not know the draft any more.
    pub async fn promote(
        &self,
        draft: &Ticket,
        client_id: &str,
        out: &Path,
        progress: &mut dyn FnMut(Progress),
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<Generated, Error> {
        let (call, request) = self.promotion(draft, client_id)?;
        let mut pace = Pace::new(&self.recipe.manners, client_id, is_cancelled);
        let ordered = self.order(call, &request, client_id, &mut pace, is_cancelled).await;
        let ticket = ordered.map_err(|error| gone(error, draft))?;
        progress(Progress::Accepted(ticket.clone()));
        self.collect(&ticket, out, progress, is_cancelled).await
    }

    fn promotion(&self, draft: &Ticket, client_id: &str) -> Result<(&Call, HttpRequest), Error> {
        let call = self.recipe.promote.as_ref().ok_or_else(|| Error::Unsuitable {
            provider: self.recipe.id.clone(),
            what: "it makes no finals of drafts".into(),
            hint: "`--rerender` asks a final model for the same thing anew".into(),
        })?;
        let mut values = self.job_values(draft);
        values.insert("client_id".into(), client_id.into());
        Ok((call, self.call(call, &values, None)?))
    }
}

/// A refusal that says that the draft is not there, as what it is.
fn gone(error: Error, draft: &Ticket) -> Error {
    match error {
        Error::Refused { provider, fault, .. } if matches!(fault.class, FaultClass::NotFound | FaultClass::Expired) => {
            Error::DraftGone { provider, job: draft.job().to_owned(), fault }
        }
        other => other,
    }
}
