//! A command line with placeholders.

use crate::provider::{Error, Request};
use std::time::Duration;

/// Longest time that a take may need unless told otherwise.
/// How long a take may last unless told otherwise.
pub(crate) const LIMIT: Duration = Duration::from_hours(2);

/// The placeholders, for help texts.
pub const HELP: &str = "known placeholders are {seed} {out} {prompt} {duration} {width} {height} {fps} {motion} \
                        {strength} {rng_seed} {take} {mask} {depth} {last} {ask}; quote words with spaces";

/// Names between braces.
const NAMES: [&str; 15] = [
    "seed", "out", "prompt", "duration", "width", "height", "fps", "motion", "strength", "rng_seed", "take", "mask",
    "depth", "last", "ask",
];

/// A checked command line: words with placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    words: Vec<String>,
    limit: Duration,
}

impl Command {
    /// Splits and checks a line.
    pub fn parse(line: &str) -> Result<Self, Error> {
        let bad = |what: &str| Error::BadLine { what: what.to_owned() };
        let words = split(line).ok_or_else(|| bad("a quotation mark is not closed"))?;
        if words.first().is_none_or(String::is_empty) {
            return Err(bad("it is empty"));
        }
        let names: Vec<&str> = words.iter().flat_map(|word| placeholders(word)).collect();
        if let Some(unknown) = names.iter().find(|name| !NAMES.contains(name)) {
            return Err(bad(&format!("`{{{unknown}}}` is no placeholder")));
        }
        // a program that is asked finds the rest in the request
        if !names.contains(&"out") && !names.contains(&"ask") {
            return Err(bad("it does not say where the clip goes: {out} is missing"));
        }
        Ok(Self { words, limit: LIMIT })
    }

    /// Whether the line has a placeholder.
    pub(super) fn has(&self, wanted: &str) -> bool {
        self.words.iter().flat_map(|word| placeholders(word)).any(|name| name == wanted)
    }

    /// The same line with another limit of time for a take; two hours unless told otherwise.
    #[must_use]
    pub fn limited(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    pub(super) fn limit(&self) -> Duration {
        self.limit
    }

    /// The words for one request. Each placeholder is replaced inside its word, once: what it brings in is not read
    /// again.
    pub(super) fn filled(&self, request: &Request) -> Vec<String> {
        self.filled_with(&|name| value(name, request))
    }

    /// The words with `value` for each placeholder.
    pub(super) fn filled_with(&self, value: &dyn Fn(&str) -> String) -> Vec<String> {
        self.words.iter().map(|word| fill(word, value)).collect()
    }
}

/// The words of `line` as a POSIX shell would split them, with quotes and backslashes; nothing is expanded.
fn split(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (Some(open), close) if open == close => quote = None,
            (None | Some('"'), '\\') => word.get_or_insert_default().push(letters.next()?),
            (None, space) if space.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

/// The names between braces that look like placeholders: small letters and underscores.
fn placeholders(word: &str) -> impl Iterator<Item = &str> {
    word.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).filter(|name| is_name(name))
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

fn fill(word: &str, value: &dyn Fn(&str) -> String) -> String {
    let mut filled = String::new();
    let mut rest = word;
    while let Some(open) = rest.find('{') {
        filled.push_str(&rest[..open]);
        rest = &rest[open..];
        let name = rest[1..].split_once('}').map(|(name, _)| name).filter(|name| NAMES.contains(name));
        let taken = if let Some(name) = name {
            filled.push_str(&value(name));
            name.len() + 2
        } else {
            filled.push('{');
            1
        };
        rest = &rest[taken..];
    }
    filled + rest
}

fn value(name: &str, request: &Request) -> String {
    let path = |path: &Option<std::path::PathBuf>| path.as_ref().map(|p| p.display().to_string()).unwrap_or_default();
    match name {
        "seed" => request.seed.display().to_string(),
        "out" => request.out.display().to_string(),
        "prompt" => request.prompt.clone(),
        "duration" => request.duration_secs.to_string(),
        "width" => request.size.width.to_string(),
        "height" => request.size.height.to_string(),
        "fps" => request.fps.to_string(),
        "motion" => request.motion.clone(),
        "strength" => request.strength.to_string(),
        "rng_seed" => request.rng_seed.to_string(),
        "take" => request.take.to_string(),
        "mask" => path(&request.mask),
        "last" => path(&request.last),
        "ask" => "clip".to_owned(),
        _ => path(&request.depth),
    }
}
