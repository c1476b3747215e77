//! The one request that spends money, `submit` or `promote`. It is sent again only where it cannot have been accepted, or
//! where the provider knows it again.

use super::{
    Remote,
    client::{Client, Trouble},
    pace::{Ended, Pace},
};
use crate::{
    provider::{
        Error, Fate,
        recipe::{Call, Fault, HttpRequest, HttpResponse, Recipe, Submitted, Ticket},
    },
    store::Money,
};

/// Most times that a request is sent.
const TRIES: u32 = 6;

/// Where a request that spends money is handed in.
pub(super) struct Counter<'a> {
    pub(super) client: &'a Client,
    pub(super) recipe: &'a Recipe,
}

impl Remote {
    /// Sends `request`, which `order` made.
    pub(super) async fn submit(
        &self,
        order: &Call,
        request: &HttpRequest,
        pace: &mut Pace<'_>,
    ) -> Result<Ticket, Error> {
        let counter = Counter { client: &self.client, recipe: &self.recipe };
        counter.pay(request, pace, |answer| self.recipe.read_order(order, answer)).await
    }
}

impl Counter<'_> {
    /// Sends the request until it is accepted, refused, or perhaps accepted.
    pub(super) async fn pay<T>(
        &self,
        request: &HttpRequest,
        pace: &mut Pace<'_>,
        read: impl Fn(&HttpResponse) -> Submitted<T>,
    ) -> Result<T, Error> {
        // what was once perhaps accepted stays so, whatever is answered to its repetition
        let mut doubt: Option<String> = None;
        let mut tried = 0;
        loop {
            tried += 1;
            let mut asked = None;
            let error = match self.client.send(request).await {
                Ok(answer) => match read(&answer) {
                    Submitted::Accepted(accepted) => return Ok(accepted),
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
