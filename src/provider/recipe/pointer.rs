//! Places in an answer: RFC 6901 JSON pointers with one extension, `/[type=video]` is the first item whose `type` is
//! `video`.

use serde::Deserialize;
use serde_json::Value;
use std::fmt;

/// A place in a JSON document.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Pointer {
    text: String,
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Item { key: String, value: String },
}

impl Pointer {
    /// The value at the place; a `null` counts as absent.
    pub fn find<'a>(&self, document: &'a Value) -> Option<&'a Value> {
        let found = self.steps.iter().try_fold(document, |value, step| match (step, value) {
            (Step::Key(key), Value::Object(table)) => table.get(key),
            (Step::Key(key), Value::Array(items)) => items.get(key.parse::<usize>().ok()?),
            (Step::Item { key, value }, Value::Array(items)) => {
                items.iter().find(|item| item.get(key).is_some_and(|found| super::slot::plain(found) == *value))
            }
            _ => None,
        });
        found.filter(|value| !value.is_null())
    }

    /// The text or number at the place, as text; empty texts count as absent.
    pub fn text(&self, document: &Value) -> Option<String> {
        self.find(document)
            .filter(|value| !value.is_object() && !value.is_array())
            .map(super::slot::plain)
            .filter(|text| !text.is_empty())
    }
}

impl TryFrom<String> for Pointer {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let Some(rest) = text.strip_prefix('/') else {
            return Err(format!("`{text}` is no pointer into an answer: it begins with `/`, as in `/data/task_id`"));
        };
        let steps = rest.split('/').map(step).collect();
        Ok(Self { text, steps })
    }
}

fn step(text: &str) -> Step {
    let unescape = |text: &str| text.replace("~1", "/").replace("~0", "~");
    match text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')?.split_once('=')) {
        Some((key, value)) => Step::Item { key: unescape(key), value: unescape(value) },
        None => Step::Key(unescape(text)),
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn finds_keys_indices_and_the_first_item_that_fits() {
        let answer = json!({ "a/b": [{ "t": "x", "u": 1 }, { "t": "y", "u": 2 }], "null": null, "empty": "" });
        let at = |text: &str| Pointer::try_from(text.to_owned()).unwrap().text(&answer);
        assert_eq!(at("/a~1b/0/u").as_deref(), Some("1"));
        assert_eq!(at("/a~1b/[t=y]/u").as_deref(), Some("2"));
        for absent in ["/a~1b/[t=z]/u", "/a~1b/7", "/null", "/empty", "/a~1b", "/a~1b/0/u/v"] {
            assert_eq!(at(absent), None, "{absent}");
        }
        assert!(Pointer::try_from("a".to_owned()).is_err());
    }
}
