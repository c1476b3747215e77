//! What a program can do: told by itself where its line has `{ask}`, otherwise read off the line.

use super::{Command, process};
use crate::{
    provider::{
        Error, Request,
        recipe::{Decimal, Price},
    },
    store::Money,
};
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;
use std::{path::Path, time::Duration};

/// Longest time that an answer may take.
const LIMIT: Duration = Duration::from_secs(30);
/// What `{ask}` becomes for the question.
pub(super) const QUESTION: &str = "capabilities";

/// What a program can do.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Capabilities {
    /// Whether it can be told how a clip ends.
    pub last_frame: bool,
    /// Shortest clip that it makes, seconds.
    pub shortest_secs: f64,
    /// Longest clip that it makes, seconds.
    pub longest_secs: f64,
    /// Clips that it makes at the same time.
    pub at_once: usize,
    /// Whether its clips have whole seconds.
    pub whole_secs: bool,
    /// Price of a second, where it does not charge the same for a clip of any length: `{"usd_per_sec": "0.10"}`.
    #[serde(deserialize_with = "per_second")]
    pub usd_per_sec: Option<Price>,
}

impl Default for Capabilities {
    fn default() -> Self {
        Self {
            last_frame: false,
            shortest_secs: 0.0,
            longest_secs: f64::INFINITY,
            at_once: 1,
            whole_secs: false,
            usd_per_sec: None,
        }
    }
}

/// As text or as a number, whose digits are kept: money is never a float.
fn per_second<'de, D: Deserializer<'de>>(source: D) -> Result<Option<Price>, D::Error> {
    let told = Value::deserialize(source)?.to_string();
    let price = Decimal::parse(told.trim_matches('"'));
    price.map(|price| Some(Price::PerSecond(price))).ok_or_else(|| de::Error::custom(format!("{told} is no price")))
}

impl Capabilities {
    /// Length (seconds) and price of a clip of at least `secs`, told how to end unless it is open; `None` where that
    /// cannot be. `price` is that of a clip whose length does not matter.
    pub fn offer(&self, secs: f64, is_open: bool, price: Money) -> Option<(f64, Money)> {
        let secs = if self.whole_secs { secs.ceil() } else { secs }.max(self.shortest_secs);
        let price = self.usd_per_sec.map_or(Some(price), |rate| rate.of(secs))?;
        ((is_open || self.last_frame) && secs <= self.longest_secs).then_some((secs, price))
    }

    /// Whether it makes what is asked for.
    ///
    /// # Errors
    /// [`Error::Unsuitable`] says what it makes.
    pub fn check(&self, request: &Request) -> Result<(), Error> {
        let Self { shortest_secs, longest_secs, .. } = self;
        if (*shortest_secs..=*longest_secs).contains(&request.duration_secs) {
            return Ok(());
        }
        let what = format!("it makes clips of {shortest_secs} to {longest_secs} s, not of {} s", request.duration_secs);
        Err(unsuitable(what, "give another --duration"))
    }
}

impl Command {
    /// Asks the program what it can do; one whose line has no `{ask}` is not started.
    ///
    /// # Errors
    /// When it cannot be started, fails, or its answer cannot be understood.
    pub async fn capabilities(&self, folder: &Path) -> Result<Capabilities, Error> {
        if !self.has("ask") {
            return Ok(Capabilities { last_frame: self.has("last"), ..Capabilities::default() });
        }
        let words = self.filled_with(&|name| if name == "ask" { QUESTION.to_owned() } else { String::new() });
        let mut told = None;
        let mut hear = |line: &str| {
            let said = serde_json::from_str::<Value>(line).ok();
            told = said.and_then(|mut said| said.get_mut(QUESTION).map(Value::take)).or(told.take());
        };
        let order =
            process::Order { words: &words, folder, stdin: b"{\"ask\":\"capabilities\"}".to_vec(), limit: LIMIT };
        let program = words[0].clone();
        match process::run(&order, &mut |_| {}, &mut hear, &|| false).await {
            Ok(process::Ended::Well { .. }) => {}
            Ok(process::Ended::Badly { status, stderr, .. }) => {
                return Err(Error::Failed { program, status: status.to_string(), stderr, cost: None });
            }
            Ok(_) => return Err(Error::TimedOut { program, secs: LIMIT.as_secs(), cost: None }),
            Err(source) => return Err(Error::CannotStart { program, source }),
        }
        let hint =
            "print a line such as {\"capabilities\": {\"last_frame\": true, \"longest_secs\": 10}}, or leave {ask} out";
        let told = told.ok_or_else(|| unsuitable("it was asked what it can do, and told nothing".into(), hint))?;
        serde_json::from_value(told)
            .map_err(|error| unsuitable(format!("what it says that it can do is not understood: {error}"), hint))
    }
}

fn unsuitable(what: String, hint: &str) -> Error {
    Error::Unsuitable { provider: "the command".into(), what, hint: hint.into() }
}
