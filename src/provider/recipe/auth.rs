//! Proving who is asking. Keys come from the environment, go into one header, and are never printed.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::hmac;
use serde::Deserialize;
use serde_json::json;
use std::fmt;

/// Life of a signed token, seconds (Kling's documentation).
const TOKEN_LIFE_SECS: i64 = 1800;
/// How far the provider's clock may be behind ours, seconds (the same).
const TOKEN_SKEW_SECS: i64 = 5;

/// One way to prove it; names of environment variables, the first that is set counts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Auth {
    /// `Authorization: Bearer KEY`.
    Bearer {
        /// Variables that hold the key.
        env: Vec<String>,
    },
    /// `Authorization: WORD KEY`.
    Scheme {
        /// The word.
        word: String,
        /// Variables that hold the key.
        env: Vec<String>,
    },
    /// A header of its own.
    Header {
        /// Its name.
        name: String,
        /// Variables that hold the key.
        env: Vec<String>,
    },
    /// `Authorization: Bearer TOKEN`, a JSON Web Token signed with HMAC-SHA-256 (RFC 7519).
    JwtHs256 {
        /// Variables that hold the name of the key.
        issuer_env: Vec<String>,
        /// Variables that hold the key.
        secret_env: Vec<String>,
    },
}

/// A header that proves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Name of the header.
    pub header: String,
    /// Its value.
    pub value: Secret,
}

/// Text that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a text secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for the one place that sends it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

impl Auth {
    /// The header, where every variable that it needs is set. `now_secs` counts from 1970.
    pub fn credential(&self, env: &dyn Fn(&str) -> Option<String>, now_secs: i64) -> Option<Credential> {
        let first = |names: &[String]| names.iter().find_map(|name| env(name).filter(|key| !key.trim().is_empty()));
        let authorization = |value: String| Credential { header: "authorization".into(), value: Secret::new(value) };
        Some(match self {
            Self::Bearer { env } => authorization(format!("Bearer {}", first(env)?.trim())),
            Self::Scheme { word, env } => authorization(format!("{word} {}", first(env)?.trim())),
            Self::Header { name, env } => {
                Credential { header: name.to_ascii_lowercase(), value: Secret::new(first(env)?.trim()) }
            }
            Self::JwtHs256 { issuer_env, secret_env } => {
                let token = token(first(issuer_env)?.trim(), first(secret_env)?.trim(), now_secs);
                authorization(format!("Bearer {token}"))
            }
        })
    }

    /// The variables that it reads, for people.
    pub fn variables(&self) -> Vec<&str> {
        match self {
            Self::Bearer { env } | Self::Scheme { env, .. } | Self::Header { env, .. } => {
                env.iter().map(String::as_str).collect()
            }
            Self::JwtHs256 { issuer_env, secret_env } => {
                issuer_env.iter().chain(secret_env).map(String::as_str).collect()
            }
        }
    }
}

fn token(issuer: &str, secret: &str, now_secs: i64) -> String {
    let encode = |value: serde_json::Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let head = encode(json!({ "alg": "HS256", "typ": "JWT" }));
    let (until, since) = (now_secs + TOKEN_LIFE_SECS, now_secs - TOKEN_SKEW_SECS);
    let claims = encode(json!({ "iss": issuer, "exp": until, "nbf": since }));
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let signature = hmac::sign(&key, format!("{head}.{claims}").as_bytes());
    format!("{head}.{claims}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_that_is_set_counts() {
        let auth = Auth::Bearer { env: vec!["A".into(), "B".into()] };
        let env = |name: &str| (name == "B").then(|| " key\n".to_owned());
        let credential = auth.credential(&env, 0).unwrap();
        assert_eq!((credential.header.as_str(), credential.value.reveal()), ("authorization", "Bearer key"));
        assert!(!format!("{credential:?}").contains("key"), "keys do not print");
        assert_eq!(auth.credential(&|_| Some(" ".into()), 0), None);
    }

    #[test]
    fn tokens_are_those_of_the_standard() {
        // RFC 7515, appendix A.1, signs other claims; this one was made with Python's hmac
        let token = token("FAKE_AK", "FAKE_SK_0123456789abcdef0123456789", 1_795_349_444);
        let recorded = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJGQUtFX0FLIiwiZXhwIjoxNzk1MzUxMjQ0LCJuYmYiOjE3OTUzNDk0Mzl9.McsPXEIZYD6-KLqJHA36nI0CN83cf2iEtc2S4G62-UU";
        assert_eq!(token, recorded);
    }
}
