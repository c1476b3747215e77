//! A `ComfyUI` server of one's own, driven through a workflow of one's own.
//!
//! ```text
//! still ─► /upload/image ─► workflow, filled ─► /prompt (our id) ─► /history + /queue … ─► /view ─► probe ─► rename
//! ```
//!
//! It is free and knows no keys, and it queues whatever it gets, the same id twice as well: a request is sent once, unless a
//! gateway throttles it, and after a lost answer its id is looked for in queue and history. Written against `ComfyUI` 0.3.64 and recordings of it.

mod answer;
mod workflow;

pub use workflow::{SLOTS, Workflow};

use super::{
    Error, Fate, Generated, Progress, Request, Stopped,
    http::{Client, Download, Ended, Kind, Missing, Pace, Trouble, picture_of},
    recipe::{Body, Fault, File, Form, HttpRequest, HttpResponse, Manners, Picture, Site, Ticket, check_base},
};
use crate::store::Money;
use answer::Place;
use serde_json::{Map, Value, json};
use std::path::Path;

/// Its name as a provider.
pub const ID: &str = "comfyui";
/// Where the server is where no variable says so: its own default.
pub const BASE_URL: &str = "http://127.0.0.1:8188";
/// Variables that name another server; the first that is set counts.
pub const VARIABLES: [&str; 2] = ["HOLDSTILL_COMFYUI_BASE_URL", "COMFYUI_URL"];

/// Folder of our stills among the server's inputs.
const FOLDER: &str = "holdstill";
/// Letters of a still's BLAKE3 in its name there: 64 bits.
const NAME_LETTERS: usize = 16;
/// Pause between two questions, seconds: it is our own machine.
const POLL_SECS: f64 = 0.5;
/// Longest wait for a job, queue included, seconds; then it is left, not lost.
pub(crate) const DEADLINE_SECS: f64 = 6.0 * 3600.0;
/// Questions in a row that may go unanswered, or after which a job that is nowhere is lost.
const MOST_FAILURES: u32 = 4;
/// Most times that a workflow is handed in, where a gateway throttles.
const MOST_SUBMITS: u32 = 6;

/// A `ComfyUI` server with a workflow.
#[derive(Debug)]
pub struct Comfy {
    workflow: Workflow,
    site: Site,
    client: Client,
    manners: Manners,
}

impl Comfy {
    /// Reads the workflow and finds the server. `env` reads the environment.
    ///
    /// # Errors
    /// Where the workflow cannot be filled, or the server may not be there.
    pub fn open(workflow: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let unsuitable = |what, hint: &str| Error::Unsuitable { provider: ID.into(), what, hint: hint.into() };
        let workflow = Workflow::parse(workflow)
            .map_err(|what| unsuitable(what, "`holdstill providers show comfyui` tells how to title its nodes"))?;
        let base = VARIABLES.iter().find_map(|name| env(name).filter(|url| !url.is_empty()));
        let base = check_base(base.as_deref().unwrap_or(BASE_URL))
            .map_err(|what| unsuitable(what, "give https://…, or http:// on this machine, through a tunnel perhaps"))?;
        let site = Site { base, credential: None };
        let client = Client::new(site.is_private()).map_err(unreached)?;
        let manners = Manners { poll_secs: POLL_SECS, deadline_secs: DEADLINE_SECS, ..Manners::default() };
        Ok(Self { workflow, site, client, manners })
    }

    /// Whether the workflow can be told how a clip ends.
    pub fn takes_last(&self) -> bool {
        self.workflow.has("last")
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
        let mut values = values(request);
        values.insert("first".into(), self.upload(&request.seed).await?);
        if let Some(last) = &request.last {
            values.insert("last".into(), self.upload(last).await?);
        }
        if !self.workflow.has("rng_seed") {
            progress(Progress::Message("the workflow has no seed of randomness: every take will be the same".into()));
        }
        if is_cancelled() {
            return Err(Error::Cancelled { fate: Fate::Over, cost: Some(Money::ZERO) });
        }
        let mut pace = Pace::new(&self.manners, client_id, is_cancelled);
        let ticket = self.submit(&self.workflow.filled(&values), client_id, &mut pace).await?;
        progress(Progress::Accepted(ticket.clone()));
        self.collect(&ticket, &request.out, progress, is_cancelled).await
    }

    /// Goes on with a job, perhaps of an earlier process. Where somebody asks to stop, the job is stopped too.
    ///
    /// # Errors
    /// As [`Comfy::generate`].
    pub async fn collect(
        &self,
        ticket: &Ticket,
        out: &Path,
        progress: &mut dyn FnMut(Progress),
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<Generated, Error> {
        let job = ticket.job();
        let mut pace = Pace::new(&self.manners, job, is_cancelled);
        let clip = match self.follow(job, &mut pace, progress).await? {
            answer::Ended::Clip(place) => place,
            answer::Ended::Fault(fault) => return Err(refused(fault)),
        };
        let mut url = self.request("GET", "/view", Body::Empty)?.url;
        url.query_pairs_mut().extend_pairs(clip);
        let download = Download { client: &self.client, site: &self.site, needs_key: false, kind: Kind::Clip };
        download.fetch(url.as_str(), out, &mut pace).await.map_err(|missing| match missing {
            Missing::Disk(error) => crate::media::Error::writing(out, &error).into(),
            Missing::Expired(why) | Missing::Broken(why) | Missing::Forbidden(why) => pending(job, why),
        })?;
        Ok(Generated { cost: Some(Money::ZERO) })
    }

    /// Looks for the job of a request whose answer was lost, by our own name for it.
    ///
    /// # Errors
    /// Where the server cannot be asked.
    pub async fn find(&self, client_id: &str) -> Result<Option<Ticket>, Error> {
        let history = self.send("GET", &format!("/history/{client_id}"), Body::Empty).await.map_err(lost)?;
        let queue = self.send("GET", "/queue", Body::Empty).await.map_err(lost)?;
        if let Some(answer) = [&history, &queue].into_iter().find(|answer| !is_proper(answer)) {
            return Err(unclear(format!("asked for the job, {}", improper(answer))));
        }
        let is_there = history.body.get(client_id).is_some() || answer::place(&queue.body, client_id) != Place::Absent;
        Ok(is_there.then(|| Ticket::of(client_id)))
    }

    /// Stops a job: takes it out of the queue, or interrupts it. One that is over already stays as it is.
    ///
    /// # Errors
    /// Where the server cannot be asked.
    pub async fn stop(&self, job: &str) -> Result<Stopped, Error> {
        let queue = self.send("GET", "/queue", Body::Empty).await.map_err(lost)?;
        if !is_proper(&queue) {
            return Err(unclear(improper(&queue)));
        }
        let (path, body) = match answer::place(&queue.body, job) {
            // older servers interrupt whatever runs: it is ours
            Place::Running => ("/interrupt", json!({ "prompt_id": job })),
            Place::Waiting(_) => ("/queue", json!({ "delete": [job] })),
            Place::Absent => return Ok(Stopped::Ended),
        };
        let answer = self.send("POST", path, Body::Json(body)).await.map_err(lost)?;
        if answer.is_success() { Ok(Stopped::Now) } else { Err(unclear(format!("it answered HTTP {}", answer.status))) }
    }

    /// Hands a picture over, under a name that tells its content; returns the server's name for it.
    async fn upload(&self, path: &Path) -> Result<Value, Error> {
        let picture = picture_of(path)?;
        let format = picture.mime().unwrap_or_else(|| "image/png".into());
        let Picture::Bytes { bytes, .. } = picture else { return Ok(Value::Null) };
        let ending = format.rsplit_once('/').map_or("png", |(_, ending)| ending);
        let name = format!("{}.{ending}", &blake3::hash(&bytes).to_hex()[..NAME_LETTERS]);
        let file = File { field: "image".into(), name, mime: format, bytes: bytes.to_vec() };
        let fields = [("type", "input"), ("subfolder", FOLDER), ("overwrite", "true")];
        let form = Form::new(fields.map(|(name, value)| (name.into(), value.into())).to_vec(), file);
        let answer = self.send("POST", "/upload/image", Body::Form(form)).await;
        let answer = answer.map_err(|trouble| unreached(trouble.words().to_owned()))?;
        match (answer.body["name"].as_str(), answer.body["subfolder"].as_str().unwrap_or_default()) {
            (Some(name), "") if answer.is_success() => Ok(json!(name)),
            (Some(name), folder) if answer.is_success() => Ok(json!(format!("{folder}/{name}"))),
            _ => Err(unreached(format!("it did not take the still: HTTP {}", answer.status))),
        }
    }

    /// Hands the workflow in; again only where a gateway before the server says that it let nothing through.
    async fn submit(&self, nodes: &Value, client_id: &str, pace: &mut Pace<'_>) -> Result<Ticket, Error> {
        let body = json!({ "prompt": nodes, "client_id": client_id, "prompt_id": client_id });
        let mut tried = 0;
        loop {
            tried += 1;
            let answer = match self.send("POST", "/prompt", Body::Json(body.clone())).await {
                Ok(answer) => answer,
                Err(Trouble::Unreached(what)) => return Err(unreached(what)),
                Err(Trouble::Lost(what)) => return Err(unclear(what)),
            };
            match (answer.status, answer.body["prompt_id"].as_str()) {
                (200..=299, Some(job)) => return Ok(Ticket::of(job)),
                (429, _) if tried < MOST_SUBMITS => {}
                (400..=499, _) => return Err(refused(answer::refusal(answer.status, &answer.body, nodes))),
                (status, _) => return Err(unclear(format!("it answered HTTP {status}"))),
            }
            let asked = answer.retry_after(jiff::Timestamp::now());
            pace.pause(tried, asked).await.map_err(|ended| match ended {
                Ended::Late => refused(answer::refusal(answer.status, &answer.body, nodes)),
                Ended::Cancelled => Error::Cancelled { fate: Fate::Over, cost: Some(Money::ZERO) },
            })?;
        }
    }

    /// Asks until the job is in the history, or nowhere.
    async fn follow(
        &self,
        job: &str,
        pace: &mut Pace<'_>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<answer::Ended, Error> {
        let (mut troubles, mut absences, mut known) = (0, 0, None);
        loop {
            match self.look(job).await {
                Ok(Ok(ended)) => return Ok(ended),
                Ok(Err(Place::Absent)) if absences == MOST_FAILURES => {
                    return Ok(answer::Ended::Fault(answer::lost()));
                }
                // between queue and history a job is nowhere for a moment
                Ok(Err(Place::Absent)) => absences += 1,
                Err(trouble) if troubles == MOST_FAILURES => return Err(pending(job, trouble.words().to_owned())),
                Err(_) => troubles += 1,
                Ok(Err(place)) => {
                    (troubles, absences) = (0, 0);
                    if known.replace(place) != Some(place) {
                        progress(told(place));
                    }
                }
            }
            match pace.pause(troubles, None).await {
                Ok(()) => {}
                Err(Ended::Late) => return Err(pending(job, "it takes longer than we wait".into())),
                Err(Ended::Cancelled) => {
                    let fate = if self.stop(job).await.is_ok() { Fate::Over } else { Fate::Open };
                    return Err(Error::Cancelled { fate, cost: Some(Money::ZERO) });
                }
            }
        }
    }

    /// One look at history and queue: how the job ended, or where it is.
    async fn look(&self, job: &str) -> Result<Result<answer::Ended, Place>, Trouble> {
        let history = self.send("GET", &format!("/history/{job}"), Body::Empty).await?;
        if let Some(ended) = answer::ended(&history.body, job) {
            return Ok(Ok(ended));
        }
        let queue = self.send("GET", "/queue", Body::Empty).await?;
        // of a page that a gateway puts before the server, nothing follows
        match [&history, &queue].into_iter().find(|answer| !is_proper(answer)) {
            None => Ok(Err(answer::place(&queue.body, job))),
            Some(answer) => Err(Trouble::Lost(improper(answer))),
        }
    }

    async fn send(&self, method: &str, path: &str, body: Body) -> Result<HttpResponse, Trouble> {
        let request = self.request(method, path, body).map_err(|error| Trouble::Unreached(error.to_string()))?;
        self.client.send(&request).await
    }

    fn request(&self, method: &str, path: &str, body: Body) -> Result<HttpRequest, Error> {
        let url = format!("{}{path}", self.site.base.as_str().trim_end_matches('/'));
        let url = check_base(&url).map_err(unreached)?;
        Ok(HttpRequest { method: method.into(), url, headers: Vec::new(), credential: None, body })
    }
}

/// Whether an answer is the server's own: a table, as all of them are.
fn is_proper(answer: &HttpResponse) -> bool {
    answer.is_success() && answer.body.is_object()
}

fn improper(answer: &HttpResponse) -> String {
    let what = if answer.is_success() { ", and no table" } else { "" };
    format!("it answered HTTP {}{what}", answer.status)
}

fn values(request: &Request) -> Map<String, Value> {
    let frames = (request.duration_secs * f64::from(request.fps)).round() as u64;
    let values = [
        ("prompt", json!(request.spoken())),
        ("rng_seed", json!(request.rng_seed)),
        ("frames", json!(frames)),
        ("duration", json!(request.duration_secs)),
        ("fps", json!(request.fps)),
        ("width", json!(request.size.width)),
        ("height", json!(request.size.height)),
    ];
    values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn told(place: Place) -> Progress {
    match place {
        Place::Waiting(before) => Progress::Message(format!("{ID}: the job waits behind {before}")),
        _ => Progress::Fraction(0.0),
    }
}

fn refused(fault: Fault) -> Error {
    Error::Refused { provider: ID.into(), fault, cost: Some(Money::ZERO) }
}

fn unreached(what: String) -> Error {
    Error::Unreached { provider: ID.into(), what }
}

#[expect(clippy::needless_pass_by_value, reason = "errors are mapped by it")]
fn lost(trouble: Trouble) -> Error {
    unclear(trouble.words())
}

fn unclear(what: impl Into<String>) -> Error {
    Error::Unclear { provider: ID.into(), what: what.into() }
}

fn pending(job: &str, what: String) -> Error {
    Error::Pending { provider: ID.into(), job: job.to_owned(), what }
}
