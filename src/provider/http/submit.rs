//! The one request that spends money, `submit` or `promote`. It is sent again only where it cannot have been accepted, or
//! where the provider knows it again.

use super::{
    Remote,
    client::Trouble,
    pace::{Ended, Pace},
};
use crate::{
    provider::{
        Error, Fate,
        recipe::{Call, Fault, HttpRequest, Submitted, Ticket},
    },
    store::Money,
};

/// Most times that a request is sent.
const TRIES: u32 = 6;

impl Remote {
    /// Sends `request`, which `order` made.
    pub(super) async fn submit(
        &self,
        order: &Call,
        request: &HttpRequest,
        pace: &mut Pace<'_>,
    ) -> Result<Ticket, Error> {
        // what was once perhaps accepted stays so, whatever is answered to its repetition
        let mut doubt: Option<String> = None;
        let mut tried = 0;
        loop {
            tried += 1;
            let mut asked = None;
            let error = match self.client.send(request).await {
                Ok(answer) => match self.recipe.read_order(order, &answer) {
                    Submitted::Accepted(ticket) => return Ok(ticket),
                    Submitted::Refused(fault) => return Err(self.certain(self.declined(fault), doubt)),
                    Submitted::Later(fault) => {
                        asked = answer.retry_after(jiff::Timestamp::now());
                        self.declined(fault)
                    }
                    Submitted::Unclear(what) => self.unclear(doubt.insert(what)),
                },
                Err(Trouble::Lost(what)) => self.unclear(doubt.insert(what)),
                Err(Trouble::Unreached(what)) => Error::Unreached { provider: self.recipe.id.clone(), what },
            };
            let may_repeat = doubt.is_none() || self.recipe.manners.is_idempotent;
            if tried == TRIES || !may_repeat {
                return Err(self.certain(error, doubt));
            }
            match pace.pause(tried, asked).await {
                Ok(()) => {}
                Err(Ended::Late) => return Err(self.certain(error, doubt)),
                Err(Ended::Cancelled) if doubt.is_some() => {
                    return Err(Error::Cancelled { fate: Fate::Unknown, cost: None });
                }
                Err(Ended::Cancelled) => return Err(Error::Cancelled { fate: Fate::Over, cost: Some(Money::ZERO) }),
            }
        }
    }

    /// An error that claims no more than is known.
    fn certain(&self, error: Error, doubt: Option<String>) -> Error {
        doubt.map_or(error, |what| self.unclear(&what))
    }

    fn declined(&self, fault: Fault) -> Error {
        Error::Refused { provider: self.recipe.id.clone(), fault, cost: Some(Money::ZERO) }
    }

    fn unclear(&self, what: &str) -> Error {
        Error::Unclear { provider: self.recipe.id.clone(), what: what.to_owned() }
    }
}
