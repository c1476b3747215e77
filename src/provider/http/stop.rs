//! Stopping a job, but never one that has ended: some providers delete what they are told to cancel.

use super::{Remote, client::Trouble};
use crate::provider::{
    Error,
    recipe::{Call, HttpResponse, JobState, Polled, Ticket},
};

/// What came of stopping a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// It was stopped; what it had cost until then is not told.
    Now,
    /// It had ended before, and stays as it is.
    Ended,
    /// The provider cannot be told to stop.
    Never,
}

impl Remote {
    /// Stops a job.
    ///
    /// # Errors
    /// Where the provider cannot be asked, or refuses; the job goes on.
    pub async fn stop(&self, ticket: &Ticket) -> Result<Stopped, Error> {
        let Some(cancel) = &self.recipe.cancel else { return Ok(Stopped::Never) };
        let answer = self.tell(&self.poll, ticket).await?;
        match self.recipe.read_poll(&answer) {
            Polled::Standing(standing) => match standing.state {
                JobState::Queued | JobState::Running | JobState::Unheard(_) => {}
                _ => return Ok(Stopped::Ended),
            },
            Polled::Later(fault) | Polled::Refused(fault) => return Err(self.pending(ticket, fault.message)),
        }
        let answer = self.tell(cancel, ticket).await?;
        if answer.is_success() {
            return Ok(Stopped::Now);
        }
        Err(self.pending(ticket, self.recipe.fault(&answer).message))
    }

    async fn tell(&self, call: &Call, ticket: &Ticket) -> Result<HttpResponse, Error> {
        let request = self.call(call, &self.job_values(ticket), None)?;
        let sent = self.client.send(&request).await;
        sent.map_err(|trouble: Trouble| self.pending(ticket, trouble.words().to_owned()))
    }
}
