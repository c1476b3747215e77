//! What went wrong at the provider, in a closed list of classes: they decide whether to wait, to ask again or to stop.

use super::pointer::Pointer;
use serde::Deserialize;
use serde_json::Value;

/// Longest message of a provider that is passed on, in characters.
const LONGEST_MESSAGE: usize = 300;

/// Classes of failure (the closed list of Comfy Router, which covers every provider that was looked at).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultClass {
    /// The request is wrong.
    InvalidInput,
    /// Moderation held it back; asking the same again is pointless.
    Moderated,
    /// The key is wrong.
    Auth,
    /// The key may not do this.
    Forbidden,
    /// The account has no money left.
    OutOfCredit,
    /// Too many requests; later.
    RateLimited,
    /// Too many jobs at once; later.
    Busy,
    /// The provider broke.
    ProviderError,
    /// It took too long there.
    ProviderTimeout,
    /// It is down; later.
    Unavailable,
    /// It does not know the job or the model.
    NotFound,
    /// It has thrown the job or the clip away.
    Expired,
    /// The job was stopped.
    Canceled,
}

impl FaultClass {
    /// A stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::InvalidInput => "provider-invalid-input",
            Self::Moderated => "provider-moderated",
            Self::Auth => "provider-auth",
            Self::Forbidden => "provider-forbidden",
            Self::OutOfCredit => "provider-out-of-credit",
            Self::RateLimited => "provider-rate-limited",
            Self::Busy => "provider-busy",
            Self::ProviderError => "provider-broke",
            Self::ProviderTimeout => "provider-timeout",
            Self::Unavailable => "provider-unavailable",
            Self::NotFound => "provider-not-found",
            Self::Expired => "provider-expired",
            Self::Canceled => "provider-canceled",
        }
    }

    /// What to do about it.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::InvalidInput => {
                "change what the message names; `holdstill providers show` lists what each model takes"
            }
            Self::Moderated => "change the prompt or the still; asking the same again is held back again",
            Self::Auth => "check the key in the environment; `holdstill providers` names the variable",
            Self::Forbidden => "ask the provider to open the model for your account",
            Self::OutOfCredit => "top up the account, or choose another provider",
            Self::RateLimited | Self::Busy => "wait, then run the same command again",
            Self::ProviderError | Self::ProviderTimeout | Self::Unavailable => {
                "run the same command again later, or choose another provider"
            }
            Self::NotFound => "check the model's name, and that the key belongs to the same account",
            Self::Expired => "start anew with --fresh; the provider has thrown it away",
            Self::Canceled => "run the same command again to ask anew",
        }
    }

    /// Whether the same question may be answered later.
    pub const fn is_passing(self) -> bool {
        matches!(self, Self::RateLimited | Self::Busy | Self::ProviderError | Self::ProviderTimeout | Self::Unavailable)
    }
}

/// A failure as the provider told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What it means for us.
    pub class: FaultClass,
    /// The provider's own code, or the HTTP status.
    pub code: String,
    /// The provider's own words, without control characters and links.
    pub message: String,
}

/// Where errors are told, and what they mean.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FaultRules {
    /// Places of the provider's code.
    pub code: Vec<Pointer>,
    /// Places of its words.
    pub message: Vec<Pointer>,
    /// A place whose value tells success under any HTTP status.
    pub ok_when: Option<Equals>,
    /// What codes and words mean; the first rule that fits counts, then the HTTP status.
    #[serde(rename = "rule")]
    pub rules: Vec<FaultRule>,
}

/// A condition on an answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Equals {
    /// The place.
    pub at: Pointer,
    /// The value; absent where any value will do.
    pub equals: Option<Value>,
}

impl Equals {
    /// Whether the answer fulfils it.
    pub fn fits(&self, answer: &Value) -> bool {
        let found = self.at.find(answer);
        self.equals.as_ref().map_or(found.is_some(), |wanted| found == Some(wanted))
    }
}

/// Codes or words and what they mean; every part that is given must fit.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// HTTP status.
    pub status: Option<u16>,
    /// The provider's code begins so.
    #[serde(default)]
    pub codes: Vec<String>,
    /// The provider's words contain this, capitals aside.
    pub says: Option<String>,
    /// What it means.
    pub class: FaultClass,
}

impl FaultRules {
    /// Reads an error. `status` is the HTTP status; `fallback` is what it means where nothing says more.
    pub fn read(&self, status: u16, answer: &Value, fallback: FaultClass) -> Fault {
        let first = |places: &[Pointer]| places.iter().find_map(|place| place.text(answer));
        let code = first(&self.code);
        let message = first(&self.message).unwrap_or_default();
        let told = code.as_deref().unwrap_or_default();
        let lower = message.to_lowercase();
        let fits = |rule: &&FaultRule| {
            rule.status.is_none_or(|wanted| wanted == status)
                && (rule.codes.is_empty() || rule.codes.iter().any(|start| told.starts_with(start.as_str())))
                && rule.says.as_ref().is_none_or(|words| lower.contains(&words.to_lowercase()))
        };
        let class = self.rules.iter().find(fits).map(|rule| rule.class).or_else(|| of_status(status));
        Fault {
            class: class.unwrap_or(fallback),
            code: code.unwrap_or_else(|| format!("HTTP {status}")),
            message: printable(&message),
        }
    }
}

/// What an HTTP status means (RFC 9110) where the recipe says nothing else.
const fn of_status(status: u16) -> Option<FaultClass> {
    Some(match status {
        401 => FaultClass::Auth,
        402 => FaultClass::OutOfCredit,
        403 => FaultClass::Forbidden,
        404 => FaultClass::NotFound,
        408 | 504 => FaultClass::ProviderTimeout,
        410 => FaultClass::Expired,
        429 => FaultClass::RateLimited,
        400..=499 => FaultClass::InvalidInput,
        502 | 503 => FaultClass::Unavailable,
        500..=599 => FaultClass::ProviderError,
        _ => return None,
    })
}

/// A provider's words for our logs: no control characters, no links (they may be signed), not too long.
pub(in crate::provider) fn printable(message: &str) -> String {
    let words = message.split_whitespace().map(|word| if word.contains("://") { "(link)" } else { word });
    let line = words.collect::<Vec<_>>().join(" ");
    line.chars().filter(|c| !c.is_control()).take(LONGEST_MESSAGE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_rule_wins_over_the_status() {
        let rules: FaultRules = toml::from_str(
            "code = [\"/code\"]\nmessage = [\"/message\"]\n[[rule]]\ncodes = [\"110\"]\nclass = \"out-of-credit\"\n\
             [[rule]]\nsays = \"Sensitive\"\nclass = \"moderated\"\n",
        )
        .unwrap();
        let read = |status, answer| rules.read(status, &answer, FaultClass::ProviderError);
        assert_eq!(read(429, json!({ "code": 1102 })).class, FaultClass::OutOfCredit);
        assert_eq!(read(429, json!({ "code": 1303 })).class, FaultClass::RateLimited);
        assert_eq!(read(200, json!({ "message": "it is sensitive" })).class, FaultClass::Moderated);
        assert_eq!(read(200, json!({})).class, FaultClass::ProviderError);
        let told = read(400, json!({ "message": "see\nhttps://x/?sig=abc \u{7}now" }));
        assert_eq!((told.code.as_str(), told.message.as_str()), ("HTTP 400", "see (link) now"));
    }
}
