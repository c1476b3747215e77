//! The one request that spends money. It is sent again only where it cannot have been accepted.

use super::{Remote, client::Trouble, pace::Pace};
use crate::{
    provider::{
        Error, Fate,
        recipe::{HttpRequest, Submitted, Ticket},
    },
    store::Money,
};

/// Most times that a request is sent which was not accepted.
const TRIES: u32 = 6;

impl Remote {
    pub(super) async fn submit(&self, request: &HttpRequest, pace: &mut Pace<'_>) -> Result<Ticket, Error> {
        let provider = || self.recipe.id.clone();
        let mut last = String::new();
        for tried in 0..TRIES {
            let mut asked = None;
            match self.client.send(request).await {
                Ok(answer) => match self.recipe.read_submit(&answer) {
                    Submitted::Accepted(ticket) => return Ok(ticket),
                    Submitted::Refused(fault) => {
                        return Err(Error::Refused { provider: provider(), fault, cost: Some(Money::ZERO) });
                    }
                    Submitted::Later(fault) if tried + 1 == TRIES => {
                        return Err(Error::Refused { provider: provider(), fault, cost: Some(Money::ZERO) });
                    }
                    Submitted::Later(_) => asked = answer.retry_after(jiff::Timestamp::now()),
                    Submitted::Unclear(what) => self.unclear(what, &mut last)?,
                },
                Err(Trouble::Lost(what)) => self.unclear(what, &mut last)?,
                Err(Trouble::Unreached(what)) if tried + 1 == TRIES => {
                    return Err(Error::Unreached { provider: provider(), what });
                }
                Err(Trouble::Unreached(_)) => {}
            }
            let is_withdrawn = last.is_empty();
            if pace.pause(tried, asked).await.is_err() {
                // what was perhaps accepted stays so, however often it was asked again
                return Err(if is_withdrawn {
                    Error::Cancelled { fate: Fate::Over, cost: Some(Money::ZERO) }
                } else {
                    Error::Cancelled { fate: Fate::Unknown, cost: None }
                });
            }
        }
        Err(Error::Unclear { provider: provider(), what: last })
    }

    /// A request that was perhaps accepted is repeated only where the provider knows it again.
    fn unclear(&self, what: String, last: &mut String) -> Result<(), Error> {
        if self.recipe.manners.is_idempotent {
            *last = what;
            return Ok(());
        }
        Err(Error::Unclear { provider: self.recipe.id.clone(), what })
    }
}
