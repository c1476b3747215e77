//! Asking how a job goes, until it has an end. A broken answer is asked for again; a late job is left, not lost.

use super::{
    Remote,
    client::Trouble,
    pace::{Ended, Pace},
};
use crate::provider::{
    Error, Fate, Progress,
    recipe::{Call, Charge, Fault, FaultClass, HttpResponse, JobState, Polled, Standing, Ticket},
};
use serde_json::{Map, Value};
use std::time::Duration;

/// Questions in a row that may go unanswered before we leave the job.
const MOST_FAILURES: u32 = 6;

/// Longest that one question may take.
const LONGEST_QUESTION: Duration = Duration::from_mins(5);

/// A job that has succeeded.
pub(super) struct Finished {
    /// Where the clip is.
    pub(super) video: String,
    /// What it cost.
    pub(super) charge: Option<Charge>,
}

impl Remote {
    /// Follows a job to its end.
    pub(super) async fn follow(
        &self,
        ticket: &Ticket,
        pace: &mut Pace<'_>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Finished, Error> {
        let mut values = self.job_values(ticket);
        let mut heard = String::new();
        loop {
            let answer = self.ask(&self.poll, &values, ticket, pace).await?;
            let standing = match self.recipe.read_poll(&answer) {
                Polled::Standing(standing) => standing,
                Polled::Later(fault) | Polled::Refused(fault) => return Err(self.pending(ticket, told(&fault))),
            };
            match &standing.state {
                JobState::Queued | JobState::Running => {
                    progress(Progress::Fraction(standing.progress.unwrap_or_default()));
                }
                JobState::Unheard(word) if *word != heard => {
                    progress(Progress::Message(format!("{} says `{word}`", self.recipe.id)));
                    heard.clone_from(word);
                }
                JobState::Unheard(_) => {}
                JobState::Succeeded => {
                    values.extend(self.poll.taken(&answer));
                    return self.locate(values, standing, ticket, pace).await;
                }
                JobState::Failed | JobState::Moderated | JobState::Canceled | JobState::Expired | JobState::Lost => {
                    if let Some(charge) = &standing.cost {
                        progress(Progress::Charged(charge.told.clone()));
                    }
                    return Err(self.refused(standing));
                }
            }
            pace.pause(0, answer.retry_after(jiff::Timestamp::now()))
                .await
                .map_err(|ended| self.left(ticket, ended))?;
        }
    }

    /// The clip's address, by one more call where the recipe has one.
    async fn locate(
        &self,
        values: Map<String, Value>,
        standing: Standing,
        ticket: &Ticket,
        pace: &mut Pace<'_>,
    ) -> Result<Finished, Error> {
        let result = &self.recipe.result;
        let (mut video, mut charge) = (standing.video, standing.cost);
        if let Some(hop) = &result.hop {
            let answer = self.ask(hop, &values, ticket, pace).await?;
            if (400..500).contains(&answer.status) {
                let fault = self.recipe.fault(&answer);
                let is_end =
                    matches!(fault.class, FaultClass::InvalidInput | FaultClass::Moderated | FaultClass::Expired);
                if !is_end {
                    // the clip is there and paid for: a key that is wrong today may be right tomorrow
                    return Err(self.pending(ticket, told(&fault)));
                }
                return Err(Error::Refused { provider: self.recipe.id.clone(), fault, cost: None });
            }
            video = self.recipe.video(&answer);
            charge = self.recipe.charge(&answer).or(charge);
        }
        if let Some(path) = &result.path {
            let request = self.call(&Call::get(path.clone()), &values, None)?;
            video = Some(request.url.to_string());
        }
        let video = video.ok_or_else(|| self.pending(ticket, "it is done and names no clip".into()))?;
        Ok(Finished { video, charge })
    }

    /// One question, asked again while there is no proper answer.
    async fn ask(
        &self,
        call: &Call,
        values: &Map<String, Value>,
        ticket: &Ticket,
        pace: &mut Pace<'_>,
    ) -> Result<HttpResponse, Error> {
        let request = self.call(call, values, None)?;
        let mut failures = 0;
        loop {
            // a question may be dropped: it spends nothing
            let answer = pace.watch(LONGEST_QUESTION, self.client.send(&request)).await;
            let (what, asked) = match answer.map_err(|ended| self.left(ticket, ended))? {
                Ok(answer) => match self.recipe.read_poll(&answer) {
                    Polled::Later(fault) => (told(&fault), answer.retry_after(jiff::Timestamp::now())),
                    // some providers take a moment to know their own jobs
                    Polled::Standing(standing) if answer.status == 404 && failures < MOST_FAILURES => {
                        (standing.fault.as_ref().map(told).unwrap_or_default(), None)
                    }
                    _ => return Ok(answer),
                },
                Err(trouble @ (Trouble::Unreached(_) | Trouble::Lost(_))) => (trouble.words().to_owned(), None),
            };
            failures += 1;
            if failures > MOST_FAILURES {
                return Err(self.pending(ticket, what));
            }
            pace.pause(failures, asked).await.map_err(|ended| self.left(ticket, ended))?;
        }
    }

    fn refused(&self, standing: Standing) -> Error {
        let fault = standing.fault.unwrap_or_else(|| self.recipe.fault(&HttpResponse::new(200, Vec::new(), b"")));
        let cost = standing.cost.and_then(|charge| charge.usd);
        Error::Refused { provider: self.recipe.id.clone(), fault, cost }
    }

    pub(super) fn pending(&self, ticket: &Ticket, what: String) -> Error {
        Error::Pending { provider: self.recipe.id.clone(), job: ticket.job().to_owned(), what }
    }

    pub(super) fn left(&self, ticket: &Ticket, ended: Ended) -> Error {
        match ended {
            Ended::Cancelled => Error::Cancelled { fate: Fate::Open, cost: None },
            Ended::Late => self.pending(ticket, "it takes longer than we wait".into()),
        }
    }
}

fn told(fault: &Fault) -> String {
    if fault.message.is_empty() { fault.code.clone() } else { format!("{} ({})", fault.message, fault.code) }
}
