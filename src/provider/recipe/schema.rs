//! The words of a recipe file. Unknown words are refused, so that a typing error is never a silent default.

use super::{
    among::Among,
    auth::Auth,
    fault::FaultRules,
    pointer::Pointer,
    price::{Decimal, Price},
    slot::Maps,
    states::StateRules,
    template::{Template, Text},
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One provider's interface as data.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Short name, as in `--provider ID`: small letters, digits and `-`.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// When its facts and prices were last looked up.
    pub as_of: Date,
    /// For people: what is special about it.
    #[serde(default)]
    pub note: String,
    /// Facts that no first-hand source confirms.
    #[serde(default)]
    pub unverified: Vec<String>,
    /// What comes back: a clip, by way of a job, or a still, in the answer to `submit` itself.
    #[serde(default)]
    pub makes: Makes,
    /// Where it listens; every path is appended to it.
    pub base_url: String,
    /// Ways to prove who is asking; the first whose variables are set is used.
    #[serde(default)]
    pub auth: Vec<Auth>,
    /// Headers of every request to the provider.
    #[serde(default)]
    pub headers: BTreeMap<String, Text>,
    /// How it takes pictures.
    pub picture: PictureRules,
    /// Calls that hand over a picture too large to be sent inline; the last one gives `picture_url`.
    #[serde(default)]
    pub upload: Vec<Call>,
    /// Its models.
    #[serde(rename = "model")]
    pub models: Vec<Model>,
    /// Tables for `{slot|map:NAME}`.
    #[serde(default)]
    pub map: Maps,
    /// The call that spends money; of a clip it takes at least `job`.
    pub submit: Call,
    /// The call that asks how it goes; a still has none.
    pub poll: Option<Call>,
    /// How answers to `poll` are read.
    #[serde(default)]
    pub states: StateRules,
    /// Where the clip or the still is.
    pub result: ResultRules,
    /// What the provider says that it cost.
    pub cost: Option<CostRules>,
    /// How errors are read.
    #[serde(default)]
    pub faults: FaultRules,
    /// The call that stops a job.
    pub cancel: Option<Call>,
    /// The call that finds a job by `client_id` when the answer to `submit` was lost; it takes `job`.
    pub find: Option<Call>,
    /// Where `find` answers with a list of jobs: which of them is ours. It takes `job` of that one.
    pub among: Option<Among>,
    /// The call that makes the final clip of a draft, by the draft's `job`; it takes `job` as well. Models say with
    /// `promoted` whose drafts it takes.
    pub promote: Option<Call>,
    /// How to behave.
    #[serde(default)]
    pub manners: Manners,
}

/// What a provider makes of a still.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Makes {
    /// A clip.
    #[default]
    Clip,
    /// Another still.
    Still,
}

impl Makes {
    /// The word in files and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clip => "clip",
            Self::Still => "still",
        }
    }
}

/// One HTTP call.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// `GET`, `POST`, `PUT` or `DELETE`; GET without a body, POST with one, unless given.
    pub method: Option<String>,
    /// Appended to the base URL; a lone slot may hold a whole URL.
    pub path: Text,
    /// More headers.
    #[serde(default)]
    pub headers: BTreeMap<String, Text>,
    /// The body.
    pub body: Option<Template>,
    /// The picture goes along as this field of a form, whose other fields are the body.
    pub file: Option<String>,
    /// Whether the key goes along; never to another origin than the provider's.
    #[serde(default = "yes")]
    pub key: bool,
    /// Values kept from the answer.
    #[serde(default)]
    pub take: BTreeMap<String, Pointer>,
    /// Values made after it.
    #[serde(default)]
    pub give: BTreeMap<String, Text>,
}

impl Call {
    /// A plain question to the provider, with the key.
    pub(in crate::provider) fn get(path: Text) -> Self {
        let (headers, take, give) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { method: None, path, headers, body: None, file: None, key: true, take, give }
    }
}

/// One model, as it is asked for in one tier.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// The provider's name for it.
    pub id: String,
    /// What it is good for.
    pub tier: Tier,
    /// Drafts and finals of one family look alike.
    pub family: String,
    /// What a clip costs.
    pub price: Price,
    /// Lengths that it makes; a still has none.
    #[serde(default)]
    pub durations: Durations,
    /// Shapes that it makes, as the provider writes them; none where it keeps the picture's.
    #[serde(default)]
    pub ratios: BTreeMap<String, String>,
    /// Least and most pixels (width × height) that a still may be asked for; a smaller one is enlarged on its way.
    pub pixels: Option<[u64; 2]>,
    /// Whether a clip can be told how to end.
    #[serde(default)]
    pub last_frame: bool,
    /// Whether the seed of randomness can be chosen.
    #[serde(default)]
    pub rng_seed: bool,
    /// The final clip that `promote` makes of this model's drafts, where it does.
    pub promoted: Option<Promoted>,
    /// More values for the templates.
    #[serde(default)]
    pub set: serde_json::Map<String, serde_json::Value>,
    /// Instead of the path of `submit`.
    pub path: Option<Text>,
    /// Instead of the body of `submit`.
    pub body: Option<Template>,
}

/// The final clip of a draft, made by the provider from the draft's own job: it promises the same content.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promoted {
    /// What it costs, by the length of the draft.
    pub price: Price,
    /// Days for which the provider takes a draft, from its request on.
    pub keeps_days: u32,
    /// For people: `1080p`.
    pub resolution: String,
}

/// What a model is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Cheap and quick.
    Draft,
    /// As good as it gets.
    Final,
}

impl Tier {
    /// The word in files and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Final => "final",
        }
    }
}

/// Lengths of clips in seconds.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Durations {
    /// Only these.
    These(Vec<u32>),
    /// Every whole second from the first to the last.
    Between {
        /// Shortest.
        from: u32,
        /// Longest.
        to: u32,
    },
}

impl Default for Durations {
    fn default() -> Self {
        Self::These(Vec::new())
    }
}

impl Durations {
    /// Whether a clip may have this length.
    pub fn allow(&self, secs: f64) -> bool {
        match self {
            Self::These(these) => these.iter().any(|&whole| f64::from(whole) == secs),
            Self::Between { from, to } => secs.fract() == 0.0 && (f64::from(*from)..=f64::from(*to)).contains(&secs),
        }
    }

    /// The shortest allowed length that is not shorter, or the longest there is.
    pub fn nearest(&self, secs: f64) -> u32 {
        let all: Vec<u32> = match self {
            Self::These(these) => these.clone(),
            Self::Between { from, to } => (*from..=*to).collect(),
        };
        let longer = all.iter().copied().filter(|&whole| f64::from(whole) >= secs).min();
        longer.or_else(|| all.iter().copied().max()).unwrap_or(0)
    }
}

impl std::fmt::Display for Durations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::These(these) => {
                write!(f, "{} s", these.iter().map(u32::to_string).collect::<Vec<_>>().join(", "))
            }
            Self::Between { from, to } => write!(f, "{from}–{to} s"),
        }
    }
}

/// How a picture is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// By a public URL alone.
    Url,
    /// As `data:image/png;base64,…`.
    DataUri,
    /// As bare base64, with the media type beside it.
    Base64,
    /// As a file of the form that submits.
    File,
    /// Uploaded first.
    Upload,
}

/// What pictures the provider takes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PictureRules {
    /// How they are handed over.
    pub send: Encoding,
    /// Media types without `image/`.
    pub formats: Vec<String>,
    /// Largest file in bytes.
    pub max_bytes: u64,
    /// Largest file in bytes that goes inline; a larger one is uploaded.
    pub max_inline_bytes: Option<u64>,
    /// Whether a PNG may have no channel of opacity.
    #[serde(default)]
    pub opaque: bool,
    /// Shortest and longest side in pixels.
    pub sides: Option<[u32; 2]>,
    /// Least and greatest width divided by height.
    pub aspect: Option<[f64; 2]>,
}

/// Where the clip is once the job has succeeded.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResultRules {
    /// Places of a clip's URL, the first that is there counts.
    #[serde(default)]
    pub video: Vec<Pointer>,
    /// Places of a still, as base64, data URI or URL; the first that is there counts.
    #[serde(default)]
    pub picture: Vec<Pointer>,
    /// A call between the last poll and the URL.
    pub hop: Option<Call>,
    /// Where the clip itself is, instead of a URL in an answer.
    pub path: Option<Text>,
    /// Whether the download needs the key; it is only sent to the provider's origin.
    #[serde(default)]
    pub key: bool,
    /// Whether an answer without a URL means that the clip was held back by moderation.
    #[serde(default)]
    pub is_moderated_if_absent: bool,
}

/// What the provider says that a job cost.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CostRules {
    /// Place in the answer.
    pub at: Option<Pointer>,
    /// Or a header of the answer that holds the URL.
    pub header: Option<String>,
    /// What is counted: `credits`, `tokens`, `seconds`, `usd`.
    pub unit: String,
    /// US dollars for one of them, where that is known.
    pub usd: Option<Decimal>,
}

/// How to behave towards the provider.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Manners {
    /// Pause between two polls, seconds.
    pub poll_secs: f64,
    /// After this long we stop asking; the job stays and can be taken up again. Seconds.
    pub deadline_secs: f64,
    /// Statuses of `submit` that mean "not accepted, ask again later", besides 429.
    pub not_accepted: Vec<u16>,
    /// Jobs that we let run at the same time.
    pub at_once: usize,
    /// Whether `submit` may be repeated safely, because it carries a key by which the provider knows it again.
    pub is_idempotent: bool,
}

impl Default for Manners {
    fn default() -> Self {
        Self { poll_secs: 5.0, deadline_secs: 1800.0, not_accepted: Vec::new(), at_once: 2, is_idempotent: false }
    }
}

const fn yes() -> bool {
    true
}
