//! From a recipe and values to an HTTP request. Pure: no clock, no network, no environment.

use super::{
    Credential,
    multipart::{File, Form},
    picture::Picture,
    schema::{Call, Model, Recipe},
    slot::{Maps, Misfit, Scope, plain},
    wire::{Body, HttpRequest},
};
use serde_json::{Map, Value};
use url::Url;

/// Where a provider is reached, and as whom.
#[derive(Clone, Debug)]
pub struct Site {
    /// The base URL, the recipe's or another one.
    pub base: Url,
    /// The key.
    pub credential: Option<Credential>,
}

impl Site {
    /// Whether a URL belongs to the provider's origin: scheme, host and port.
    pub fn owns(&self, url: &Url) -> bool {
        self.base.origin() == url.origin()
    }
}

impl Call {
    /// The values that are made after the call.
    pub(in crate::provider) fn given(
        &self,
        values: &Map<String, Value>,
        maps: &Maps,
    ) -> Result<Map<String, Value>, Misfit> {
        let scope = Scope { values, maps };
        let mut given = Map::new();
        for (name, text) in &self.give {
            if let Some(value) = text.fill(&scope, str::to_owned)? {
                given.insert(name.clone(), value.into());
            }
        }
        Ok(given)
    }
}

impl Recipe {
    /// The request that spends money.
    ///
    /// # Errors
    /// Says which value is missing or not allowed.
    pub fn submit_request(
        &self,
        model: &Model,
        values: &Map<String, Value>,
        picture: Option<&Picture>,
        site: &Site,
    ) -> Result<HttpRequest, Misfit> {
        let mut call = self.submit.clone();
        if let Some(path) = &model.path {
            call.path = path.clone();
        }
        call.body = model.body.clone().or(call.body);
        self.request(&call, "POST", values, picture, site)
    }

    /// Any call of the recipe but `submit`; `GET` unless it carries something.
    ///
    /// # Errors
    /// Says which value is missing or not allowed.
    pub fn call_request(
        &self,
        call: &Call,
        values: &Map<String, Value>,
        picture: Option<&Picture>,
        site: &Site,
    ) -> Result<HttpRequest, Misfit> {
        let carries = call.body.is_some() || call.file.is_some();
        self.request(call, if carries { "POST" } else { "GET" }, values, picture, site)
    }

    fn request(
        &self,
        call: &Call,
        method: &str,
        values: &Map<String, Value>,
        picture: Option<&Picture>,
        site: &Site,
    ) -> Result<HttpRequest, Misfit> {
        let scope = Scope { values, maps: &self.map };
        let path = call.path.fill(&scope, escape)?.ok_or_else(|| Misfit("its path has no value".into()))?;
        let url = url_of(&path, &site.base)?;
        let is_own = site.owns(&url);
        let mut headers = Vec::new();
        for (name, text) in self.headers.iter().filter(|_| is_own).chain(&call.headers) {
            if let Some(value) = text.fill(&scope, one_line)? {
                headers.push((name.to_ascii_lowercase(), value));
            }
        }
        Ok(HttpRequest {
            method: call.method.as_deref().unwrap_or(method).to_owned(),
            url,
            headers,
            // never to another origin, whatever an answer says
            credential: site.credential.clone().filter(|_| call.key && is_own),
            body: body_of(call, values, &self.map, picture)?,
        })
    }
}

fn body_of(call: &Call, values: &Map<String, Value>, maps: &Maps, picture: Option<&Picture>) -> Result<Body, Misfit> {
    let json = match &call.body {
        Some(template) => template.render(&Scope { values, maps })?,
        None => None,
    };
    let Some(field) = &call.file else { return Ok(json.map_or(Body::Empty, Body::Json)) };
    let Some(Picture::Bytes { name, bytes, .. }) = picture else {
        return Err(Misfit("it takes pictures as files, not as links".into()));
    };
    let mime = picture.and_then(Picture::mime).unwrap_or_else(|| "application/octet-stream".into());
    let fields = match json {
        Some(Value::Object(table)) => table.into_iter().map(|(key, value)| (key, plain(&value))).collect(),
        Some(_) => return Err(Misfit("the fields of its form are no table".into())),
        None => Vec::new(),
    };
    let file = File { field: field.clone(), name: name.clone(), mime, bytes: bytes.to_vec() };
    Ok(Body::Form(Form::new(fields, file)))
}

/// A path after the base URL, or a whole URL from an answer.
pub(super) fn url_of(path: &str, base: &Url) -> Result<Url, Misfit> {
    let text =
        if path.starts_with('/') { format!("{}{path}", base.as_str().trim_end_matches('/')) } else { path.to_owned() };
    let misfit = || Misfit("it names a place that is no web address".into());
    let url = Url::parse(&text).map_err(|_| misfit())?;
    if !["http", "https"].contains(&url.scheme()) || !url.has_host() {
        return Err(misfit());
    }
    // a job called `..` must not climb out of its place
    if path.starts_with('/') && !url.path().starts_with(base.path().trim_end_matches('/')) {
        return Err(misfit());
    }
    Ok(url)
}

/// Values inside a path: whole URLs stay, everything else loses what would end the path (RFC 3986).
fn escape(value: &str) -> String {
    if value.starts_with("https://") || value.starts_with("http://") {
        return value.to_owned();
    }
    let keeps = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/:@=+,".contains(&byte);
    let encoded = value.bytes().map(|b| if keeps(b) { char::from(b).to_string() } else { format!("%{b:02X}") });
    encoded.collect::<String>().replace("..", "%2E%2E")
}

/// Values inside a header: what would begin another header is left out.
fn one_line(value: &str) -> String {
    value.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_cannot_climb_out_of_a_path() {
        let base = Url::parse("https://api.example/v1").unwrap();
        for (value, expected) in [
            ("a b?c#d", "https://api.example/v1/t/a%20b%3Fc%23d"),
            ("models/x/operations/1", "https://api.example/v1/t/models/x/operations/1"),
        ] {
            assert_eq!(url_of(&format!("/t/{}", escape(value)), &base).unwrap().as_str(), expected);
        }
        let climbed = url_of(&format!("/t/{}", escape("../../admin")), &base);
        assert!(climbed.is_err() || climbed.is_ok_and(|url| url.path().starts_with("/v1/t")));
        assert!(url_of("file:///etc/passwd", &base).is_err());
    }
}
