//! Sending one request, and telling apart whether it can have arrived.

use crate::provider::recipe::{Credential, HttpRequest, HttpResponse, is_private_address};
use reqwest::{
    Method, RequestBuilder, Response,
    dns::{Addrs, Name, Resolve, Resolving},
    header::HeaderValue,
    redirect::Policy,
};
use std::{error::Error as _, sync::Arc, time::Duration};

/// Longest time to reach a server.
const CONNECT_LIMIT: Duration = Duration::from_secs(15);
/// Longest time for an answer of an interface; pictures go up in it.
const ANSWER_LIMIT: Duration = Duration::from_mins(3);
/// Longest silence of a download.
const SILENCE_LIMIT: Duration = Duration::from_mins(1);
/// Largest answer of an interface, bytes: some send pictures along.
const LARGEST_ANSWER: usize = 32 << 20;
/// What we call ourselves.
const USER_AGENT: &str = concat!("holdstill/", env!("CARGO_PKG_VERSION"));

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::provider) enum Trouble {
    /// The request cannot have arrived.
    Unreached(String),
    /// It may have arrived.
    Lost(String),
}

impl Trouble {
    pub(in crate::provider) fn words(&self) -> &str {
        match self {
            Self::Unreached(what) | Self::Lost(what) => what,
        }
    }
}

/// Two ways out: to the provider, and to where clips lie.
#[derive(Clone, Debug)]
pub(in crate::provider) struct Client {
    api: reqwest::Client,
    clips: reqwest::Client,
}

impl Client {
    /// `may_be_private` is for providers on this machine or in this network.
    pub(in crate::provider) fn new(may_be_private: bool) -> Result<Self, String> {
        // whoever was first has set the same one
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = || {
            let builder = reqwest::Client::builder().user_agent(USER_AGENT).connect_timeout(CONNECT_LIMIT);
            // a key or a POST never follows a redirect; downloads check each step themselves
            builder.redirect(Policy::none()).no_proxy().referer(false)
        };
        let clips = builder().read_timeout(SILENCE_LIMIT);
        let clips = if may_be_private { clips } else { clips.dns_resolver(Arc::new(PublicOnly)) };
        Ok(Self {
            api: builder().timeout(ANSWER_LIMIT).build().map_err(|error| words(&error))?,
            clips: clips.build().map_err(|error| words(&error))?,
        })
    }

    /// Sends a request of a recipe once.
    pub(in crate::provider) async fn send(&self, request: &HttpRequest) -> Result<HttpResponse, Trouble> {
        let method = Method::from_bytes(request.method.as_bytes()).unwrap_or(Method::GET);
        let mut call = self.api.request(method, request.url.clone()).header("accept", "application/json");
        for (name, value) in &request.headers {
            call = call.header(name, value);
        }
        call = signed(call, request.credential.as_ref());
        call = match request.body.encoded() {
            Some((mime, bytes)) => call.header("content-type", mime).body(bytes),
            None => call,
        };
        let mut answer = call.send().await.map_err(|error| trouble(&error))?;
        let headers = headers_of(&answer);
        let status = answer.status().as_u16();
        let mut body = Vec::new();
        loop {
            match answer.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() <= LARGEST_ANSWER => body.extend(&chunk),
                Ok(Some(_)) => return Err(Trouble::Lost("its answer is too large".into())),
                Ok(None) => return Ok(HttpResponse::new(status, headers, &body)),
                Err(error) => return Err(Trouble::Lost(words(&error))),
            }
        }
    }

    /// Begins a download, from byte `from` on.
    pub(in crate::provider) async fn open(&self, request: &HttpRequest, from: u64) -> Result<Response, Trouble> {
        let mut call = self.clips.get(request.url.clone());
        call = signed(call, request.credential.as_ref());
        if from > 0 {
            call = call.header("range", format!("bytes={from}-"));
        }
        call.send().await.map_err(|error| trouble(&error))
    }
}

/// A request with its key, which no layer below may log.
fn signed(call: RequestBuilder, credential: Option<&Credential>) -> RequestBuilder {
    let Some(credential) = credential else { return call };
    let key = HeaderValue::from_str(credential.value.reveal()).map(|mut key| {
        key.set_sensitive(true);
        key
    });
    match key {
        Ok(key) => call.header(&credential.header, key),
        // refused when it is sent, as any header that cannot be
        Err(_) => call.header(&credential.header, credential.value.reveal()),
    }
}

fn headers_of(answer: &Response) -> Vec<(String, String)> {
    let text = |value: &reqwest::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    answer.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect()
}

fn trouble(error: &reqwest::Error) -> Trouble {
    if error.is_connect() || error.is_builder() {
        Trouble::Unreached(words(error))
    } else {
        Trouble::Lost(words(error))
    }
}

/// The innermost reason, without the URL: it may be signed.
pub(super) fn words(error: &reqwest::Error) -> String {
    let innermost = std::iter::successors(error.source(), |&inner| inner.source()).last();
    match innermost {
        Some(inner) => inner.to_string(),
        None if error.is_timeout() => "it took too long".to_owned(),
        None => "the connection broke".to_owned(),
    }
}

/// Names that resolve into a private network are no names of clips.
#[derive(Debug)]
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<_> = found.filter(|address| !is_private_address(address.ip())).collect();
            if public.is_empty() {
                return Err("the name leads into a private network".into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}
