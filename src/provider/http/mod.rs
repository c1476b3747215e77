//! Driving a recipe over HTTP: one paid request, its receipt written down at once, then patience.
//!
//! ```text
//! wish ─► check ─► upload ─► POST (once) ─► receipt ─► poll … ─► download ─► probe ─► rename
//!                              │ lost: unknown          │ late, Ctrl-C: the job stays, and is taken up again
//! ```

mod client;
mod download;
mod editor;
mod pace;
mod poll;
mod promote;
mod stop;
mod submit;

pub use editor::Editor;
pub use stop::Stopped;

pub(super) use client::{Client, Trouble};
pub(super) use download::{Download, Kind, Missing};
pub(super) use pace::{Ended, Pace};

use super::{
    Error, Fate, Generated, Progress, Request,
    recipe::{Call, HttpRequest, Makes, Misfit, Model, Picture, Recipe, Shelf, Site, Ticket, Tier, Wish},
};
use crate::store::Money;
use serde_json::{Map, Value};
use std::path::Path;

/// Fresh addresses of a clip that are asked for after one has expired.
const MOST_ADDRESSES: u32 = 3;

/// Providers take 31 bits of a seed of randomness.
const SEED_BITS: u64 = 0x7fff_ffff;

/// A provider behind HTTP.
#[derive(Debug)]
pub struct Remote {
    recipe: Recipe,
    /// The recipe's call that asks about a job.
    poll: Call,
    model: Model,
    site: Site,
    client: Client,
}

impl Remote {
    /// A provider by its id, with the model of this name or the first of the tier. `env` reads the environment.
    ///
    /// # Errors
    /// Where there is no such recipe or model, or no key, or its base URL is overridden with one that may not be.
    pub fn open(
        shelf: &Shelf,
        id: &str,
        model: Option<&str>,
        tier: Tier,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Error> {
        let recipe = shelf.open(id)?.that_makes(Makes::Clip)?;
        let model = recipe.model(model, tier)?.clone();
        Self::new(recipe, model, env)
    }

    /// The same from a recipe.
    ///
    /// # Errors
    /// As [`Remote::open`].
    pub fn new(recipe: Recipe, model: Model, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let recipe = recipe.that_makes(Makes::Clip)?;
        let poll = recipe.poll.clone().ok_or_else(|| Error::BadRecipe {
            complaints: vec![format!("{}: it does not say how a job is asked about", recipe.id)],
        })?;
        let site = recipe.site(env)?;
        let client = client_of(&recipe, &site)?;
        Ok(Self { recipe, poll, model, site, client })
    }

    /// Jobs that may run at the same time.
    pub const fn at_once(&self) -> usize {
        self.recipe.manners.at_once
    }

    /// Length (seconds) and price of a clip of at least `secs`, told how to end unless it is open; `None` where that
    /// cannot be.
    pub fn offer(&self, secs: f64, is_open: bool) -> Option<(f64, Money)> {
        let length = f64::from(self.model.durations.nearest(secs));
        let price = self.model.price.of(length)?;
        ((is_open || self.model.last_frame) && length >= secs).then_some((length, price))
    }

    /// Checks, before anything is sent, whether the provider makes what is wanted.
    ///
    /// # Errors
    /// [`Error::Unsuitable`] says what it makes.
    pub fn check(&self, request: &Request) -> Result<(), Error> {
        let picture = picture_of(&request.seed)?;
        self.values(request, "check", &picture, None).map(drop)
    }

    /// Has a clip made at `request.out`. The receipt is told, to be written down, before the job is asked about.
    ///
    /// # Errors
    /// Their [`fate`](Error::fate) tells whether the request is over, perhaps accepted, or has a job that goes on.
    pub async fn generate(
        &self,
        request: &Request,
        client_id: &str,
        progress: &mut dyn FnMut(Progress),
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<Generated, Error> {
        let picture = picture_of(&request.seed)?;
        let last = request.last.as_deref().map(picture_of).transpose()?;
        let mut values = self.values(request, client_id, &picture, last.as_ref())?;
        let mut pace = Pace::new(&self.recipe.manners, client_id, is_cancelled);
        // the last one first: what is left of the uploads is the first one's
        for (name, picture) in [("last", last.as_ref()), ("first", Some(&picture))] {
            if let Some(picture) = picture.filter(|picture| picture.is_uploaded(&self.recipe.picture)) {
                let url = self.upload(picture, &mut values).await?;
                values.extend(url.map(|url| (name.to_owned(), url)));
            }
        }
        let submit = self.recipe.submit_request(&self.model, &values, Some(&picture), &self.site);
        let submit = submit.map_err(|misfit| self.unsuitable(misfit))?;
        let ticket = self.order(&self.recipe.submit, &submit, client_id, &mut pace, is_cancelled).await?;
        progress(Progress::Accepted(ticket.clone()));
        self.collect(&ticket, &request.out, progress, is_cancelled).await
    }

    /// Sends a request that spends money, which `call` made; its receipt.
    async fn order(
        &self,
        call: &Call,
        request: &HttpRequest,
        client_id: &str,
        pace: &mut Pace<'_>,
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<Ticket, Error> {
        if is_cancelled() {
            return Err(Error::Cancelled { fate: Fate::Over, cost: Some(Money::ZERO) });
        }
        let mut ticket = self.submit(call, request, pace).await?;
        ticket.values.insert("client_id".into(), client_id.into());
        Ok(ticket)
    }

    /// Goes on with a job, perhaps of an earlier process: waits for its end and fetches the clip to `out`.
    ///
    /// # Errors
    /// As [`Remote::generate`].
    pub async fn collect(
        &self,
        ticket: &Ticket,
        out: &Path,
        progress: &mut dyn FnMut(Progress),
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<Generated, Error> {
        let mut pace = Pace::new(&self.recipe.manners, ticket.job(), is_cancelled);
        let needs_key = self.recipe.result.key;
        let download = Download { client: &self.client, site: &self.site, needs_key, kind: Kind::Clip };
        let mut what = String::new();
        for _ in 0..MOST_ADDRESSES {
            let job = self.follow(ticket, &mut pace, progress).await?;
            if let Some(charge) = &job.charge {
                progress(Progress::Charged(charge.told.clone()));
            }
            match download.fetch(&job.video, out, &mut pace).await {
                Ok(()) => return Ok(Generated { cost: job.charge.and_then(|charge| charge.usd) }),
                Err(Missing::Expired(why)) => what = why,
                Err(Missing::Broken(_)) if is_cancelled() => return Err(self.left(ticket, Ended::Cancelled)),
                Err(Missing::Broken(why) | Missing::Forbidden(why)) => return Err(self.pending(ticket, why)),
                Err(Missing::Disk(error)) => return Err(crate::media::Error::writing(out, &error).into()),
            }
            pace.pause(0, None).await.map_err(|ended| self.left(ticket, ended))?;
        }
        Err(self.pending(ticket, what))
    }

    /// Looks for the job of a request whose answer was lost, by our own name for it or by what its provider echoes of it.
    ///
    /// # Errors
    /// Where the provider cannot be asked. `None`: it has no such job, or cannot be asked for one.
    pub async fn find(&self, client_id: &str, rng_seed: Option<u64>) -> Result<Option<Ticket>, Error> {
        let Some(call) = &self.recipe.find else { return Ok(None) };
        let mut values = self.job_values(&Ticket::default());
        values.insert("client_id".into(), client_id.into());
        if let Some(seed) = rng_seed.filter(|_| self.model.rng_seed) {
            values.insert("rng_seed".into(), (seed & SEED_BITS).into());
        }
        let request = self.call(call, &values, None)?;
        let answer = self
            .client
            .send(&request)
            .await
            .map_err(|trouble| Error::Unclear { provider: self.recipe.id.clone(), what: trouble.words().to_owned() })?;
        if answer.status == 404 {
            return Ok(None);
        }
        let is_known = answer.is_success() && answer.is_json;
        if !is_known {
            let what = format!(
                "asked for the job, it answered HTTP {}: {}",
                answer.status,
                self.recipe.fault(&answer).message
            );
            return Err(Error::Unclear { provider: self.recipe.id.clone(), what });
        }
        let Some(values) = self.recipe.traced(call, &answer, &values) else { return Ok(None) };
        let mut ticket = Ticket { values };
        ticket.values.insert("client_id".into(), client_id.into());
        Ok(Some(ticket))
    }

    /// Hands a picture over; returns the address under which the provider knows it.
    async fn upload(&self, picture: &Picture, values: &mut Map<String, Value>) -> Result<Option<Value>, Error> {
        let provider = || self.recipe.id.clone();
        if let Picture::Bytes { name, .. } = picture {
            values.insert("picture_name".into(), name.as_str().into());
        }
        for call in &self.recipe.upload {
            let request = self.call(call, values, Some(picture))?;
            if !self.site.owns(&request.url) {
                self.site
                    .check_result(request.url.as_str())
                    .map_err(|what| Error::Unreached { provider: provider(), what })?;
            }
            let answer = self.client.send(&request).await;
            let answer = answer
                .map_err(|trouble| Error::Unreached { provider: provider(), what: trouble.words().to_owned() })?;
            if !answer.is_success() {
                let fault = self.recipe.fault(&answer);
                return Err(Error::Refused { provider: provider(), fault, cost: Some(Money::ZERO) });
            }
            values.extend(call.taken(&answer));
            let given = call.given(values, &self.recipe.map).map_err(|misfit| self.unsuitable(misfit))?;
            values.extend(given);
        }
        Ok(values.get("picture_url").cloned())
    }

    fn values(
        &self,
        request: &Request,
        client_id: &str,
        first: &Picture,
        last: Option<&Picture>,
    ) -> Result<Map<String, Value>, Error> {
        let prompt = request.spoken();
        let wish = Wish {
            prompt: &prompt,
            duration_secs: request.duration_secs,
            aspect: &request.aspect,
            size: [request.size.width, request.size.height],
            fps: request.fps,
            rng_seed: request.rng_seed & SEED_BITS,
            client_id,
            first,
            last,
        };
        self.recipe.values(&self.model, &wish).map_err(|misfit| self.unsuitable(misfit))
    }

    /// What the templates of later calls may use.
    fn job_values(&self, ticket: &Ticket) -> Map<String, Value> {
        let mut values = self.model.set.clone();
        values.insert("model".into(), self.model.id.clone().into());
        values.extend(ticket.values.clone());
        values
    }

    fn call(&self, call: &Call, values: &Map<String, Value>, picture: Option<&Picture>) -> Result<HttpRequest, Error> {
        self.recipe.call_request(call, values, picture, &self.site).map_err(|misfit| self.unsuitable(misfit))
    }

    fn unsuitable(&self, misfit: Misfit) -> Error {
        unsuitable(&self.recipe, misfit)
    }
}

fn unsuitable(recipe: &Recipe, misfit: Misfit) -> Error {
    Error::Unsuitable {
        provider: recipe.id.clone(),
        what: misfit.0,
        hint: format!("`holdstill providers show {}` lists what its models make", recipe.id),
    }
}

/// A way out to the provider, and into private networks only where it is in one itself.
fn client_of(recipe: &Recipe, site: &Site) -> Result<Client, Error> {
    Client::new(site.is_private()).map_err(|what| Error::Unreached { provider: recipe.id.clone(), what })
}

/// The still as the provider will get it: the file, unchanged.
pub(super) fn picture_of(path: &Path) -> Result<Picture, Error> {
    let unreadable = |error: std::io::Error| crate::media::Error::reading(path, error);
    let bytes = std::fs::read(path).map_err(unreadable)?;
    let reader = image::ImageReader::new(std::io::Cursor::new(&bytes)).with_guessed_format().map_err(unreadable)?;
    let size = reader.into_dimensions().map_err(|error| unreadable(std::io::Error::other(error)))?;
    let name = path.file_name().map_or_else(|| "still".into(), |name| name.to_string_lossy().into_owned());
    Ok(Picture::Bytes { name, bytes: bytes.into(), size: size.into() })
}
