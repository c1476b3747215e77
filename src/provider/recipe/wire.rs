//! HTTP messages as plain data: what a recipe makes and what it reads, without a network.

use super::{Credential, multipart};
use serde_json::Value;
use url::Url;

/// A request that is ready to be sent.
#[derive(Clone, PartialEq)]
pub struct HttpRequest {
    /// `GET`, `POST`, `PUT` or `DELETE`.
    pub method: String,
    /// Where to.
    pub url: Url,
    /// Without the credential and the content type.
    pub headers: Vec<(String, String)>,
    /// The header with the key.
    pub credential: Option<Credential>,
    /// What it carries.
    pub body: Body,
}

/// What a request carries.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// Nothing.
    Empty,
    /// JSON.
    Json(Value),
    /// A form with a file.
    Form(multipart::Form),
}

impl Body {
    /// Media type and bytes; `None` where there is no body.
    pub fn encoded(&self) -> Option<(String, Vec<u8>)> {
        match self {
            Self::Empty => None,
            Self::Json(value) => Some(("application/json".into(), value.to_string().into_bytes())),
            Self::Form(form) => Some((form.content_type(), form.bytes())),
        }
    }
}

impl std::fmt::Debug for HttpRequest {
    /// Without query and body: signatures and pictures do not belong into logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, shown(&self.url))
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpResponse {
    /// HTTP status.
    pub status: u16,
    /// Names in small letters.
    pub headers: Vec<(String, String)>,
    /// The body as JSON; `null` where it is none.
    pub body: Value,
    /// Whether the body was JSON, or empty.
    pub is_json: bool,
}

impl HttpResponse {
    /// Reads a body.
    pub fn new(status: u16, headers: Vec<(String, String)>, body: &[u8]) -> Self {
        let is_blank = body.iter().all(u8::is_ascii_whitespace);
        let json = serde_json::from_slice(body);
        Self { status, headers, is_json: is_blank || json.is_ok(), body: json.unwrap_or(Value::Null) }
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// A URL for people and logs: without user, query and fragment, which may hold secrets.
pub fn shown(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
}
