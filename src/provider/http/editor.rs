//! Having a still edited: one paid request, whose answer is the still. There is no job to ask about, so that an answer
//! that is lost stays lost; one that only names an address is written down before the still is fetched.

use super::{Client, Download, Ended, Kind, Missing, Pace, client_of, submit::Counter, unsuitable};
use crate::{
    media,
    provider::{
        Error, Fate, Generated, Progress,
        recipe::{Edit, Fault, FaultClass, Makes, Model, Recipe, Sent, Shelf, Site, Ticket, Tier},
    },
    store::Money,
};
use serde_json::{Map, Value};
use std::path::Path;

/// Name of what it cost, millionths of a US dollar, among them.
const COST: &str = "cost_micros";

/// A provider of stills behind HTTP.
#[derive(Debug)]
pub struct Editor {
    recipe: Recipe,
    model: Model,
    site: Site,
    client: Client,
}

impl Editor {
    /// Name of the still's address, which may be signed, among the values of a receipt.
    pub const ADDRESS: &str = "picture";

    /// A provider by its id, with the model of this name or the first of the tier. `env` reads the environment.
    ///
    /// # Errors
    /// Where there is no such recipe or model, it makes clips, no key is set, or its base URL is overridden with one
    /// that may not be.
    pub fn open(
        shelf: &Shelf,
        id: &str,
        model: Option<&str>,
        tier: Tier,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Error> {
        let recipe = shelf.open(id)?.that_makes(Makes::Still)?;
        let model = recipe.model(model, tier)?.clone();
        let site = recipe.site(env)?;
        let client = client_of(&recipe, &site)?;
        Ok(Self { recipe, model, site, client })
    }

    /// Width and height to ask for of a still of this size, pixels.
    pub fn size_for(&self, still: [u32; 2]) -> [u32; 2] {
        self.model.size_for(still)
    }

    /// Checks, before anything is sent, whether the provider takes the still.
    ///
    /// # Errors
    /// [`Error::Unsuitable`] says what it takes.
    pub fn check(&self, edit: &Edit<'_>) -> Result<(), Error> {
        self.values(edit).map(drop)
    }

    /// Has a still made at `out`, which appears only when it is whole and can be read. Where the answer names an
    /// address, it is told, to be written down, before it is fetched.
    ///
    /// # Errors
    /// Their [`fate`](Error::fate) tells whether the request is over, perhaps accepted, or has a still to be fetched.
    pub async fn edit(
        &self,
        edit: &Edit<'_>,
        out: &Path,
        progress: &mut dyn FnMut(Progress),
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<Generated, Error> {
        let values = self.values(edit)?;
        let request = self.recipe.submit_request(&self.model, &values, Some(edit.picture), &self.site);
        let request = request.map_err(|misfit| unsuitable(&self.recipe, misfit))?;
        if is_cancelled() {
            return Err(Error::Cancelled { fate: Fate::Over, cost: Some(Money::ZERO) });
        }
        let mut pace = Pace::new(&self.recipe.manners, edit.client_id, is_cancelled);
        let counter = Counter { client: &self.client, recipe: &self.recipe };
        let edited = counter.pay(&request, &mut pace, |answer| self.recipe.read_edit(answer)).await?;
        let cost = edited.cost.as_ref().and_then(|charge| charge.usd);
        if let Some(charge) = &edited.cost {
            progress(Progress::Charged(charge.told.clone()));
        }
        match edited.made {
            Err(fault) => Err(self.refused(fault, cost)),
            Ok(Sent::Bytes(bytes)) => {
                self.keep(&bytes, out, cost)?;
                Ok(Generated { cost })
            }
            Ok(Sent::Link(address)) => {
                let ticket = ticket_of(edit.client_id, address, cost);
                progress(Progress::Accepted(ticket.clone()));
                self.collect(&ticket, out, is_cancelled).await
            }
        }
    }

    /// Fetches the still of an earlier answer to `out`.
    ///
    /// # Errors
    /// As [`Editor::edit`].
    pub async fn collect(
        &self,
        ticket: &Ticket,
        out: &Path,
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<Generated, Error> {
        let address = ticket.values.get(Self::ADDRESS).and_then(Value::as_str).unwrap_or_default();
        let cost = ticket.values.get(COST).and_then(Value::as_i64).map(|micros| Money { micros });
        let needs_key = self.recipe.result.key;
        let download = Download { client: &self.client, site: &self.site, needs_key, kind: Kind::Still };
        let mut pace = Pace::new(&self.recipe.manners, ticket.job(), is_cancelled);
        let unfetched = |what: String| Error::Unfetched { provider: self.recipe.id.clone(), what };
        match download.fetch(address, out, &mut pace).await {
            Ok(()) => Ok(Generated { cost }),
            Err(Missing::Disk(error)) => Err(media::Error::writing(out, &error).into()),
            Err(Missing::Expired(message)) => {
                Err(self.refused(Fault { class: FaultClass::Expired, code: "expired".into(), message }, cost))
            }
            Err(_) if pace.pause(0, None).await == Err(Ended::Cancelled) => {
                Err(Error::Cancelled { fate: Fate::Open, cost: None })
            }
            Err(Missing::Broken(what) | Missing::Forbidden(what)) => Err(unfetched(what)),
        }
    }

    /// Puts a still that came with the answer at `out`, where it can be read.
    fn keep(&self, bytes: &[u8], out: &Path, cost: Option<Money>) -> Result<(), Error> {
        let part = media::TempOut::beside(out)?;
        std::fs::write(part.path(), bytes).map_err(|error| media::Error::writing(out, &error))?;
        if let Err(error) = media::load_picture(part.path()) {
            let message = format!("what came is no still: {}", part.explain(error));
            let fault = Fault { class: FaultClass::ProviderError, code: "no-picture".into(), message };
            return Err(self.refused(fault, cost));
        }
        Ok(part.commit()?)
    }

    fn values(&self, edit: &Edit<'_>) -> Result<Map<String, Value>, Error> {
        self.recipe.edit_values(&self.model, edit).map_err(|misfit| unsuitable(&self.recipe, misfit))
    }

    fn refused(&self, fault: Fault, cost: Option<Money>) -> Error {
        Error::Refused { provider: self.recipe.id.clone(), fault, cost }
    }
}

fn ticket_of(client_id: &str, address: String, cost: Option<Money>) -> Ticket {
    let mut ticket = Ticket::of(client_id);
    ticket.values.insert(Editor::ADDRESS.into(), address.into());
    if let Some(cost) = cost {
        ticket.values.insert(COST.into(), cost.micros.into());
    }
    ticket
}
