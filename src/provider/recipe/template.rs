//! Request bodies as data: a TOML tree whose strings hold `{slots}`.
//!
//! A string that is one slot and nothing else takes the value with its JSON type, so that `{duration}` stays a number.
//! `{seed?}` leaves its key (or its item of a list) out where there is no value; nothing is ever dropped for being `0`
//! or `false`. A table with `"?" = "last"` is there only where `last` is.

use super::slot::{Misfit, Scope, Slot};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The key of a table that names the value without which the table is left out.
const ONLY_WITH: &str = "?";

/// A tree with slots.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "toml::Value")]
pub struct Template(Node);

#[derive(Clone, Debug, PartialEq)]
enum Node {
    Plain(Value),
    Text(Text),
    List(Vec<Node>),
    Table { only_with: Option<String>, fields: Vec<(String, Node)> },
}

impl Template {
    /// Fills the slots; `None` where everything was left out.
    ///
    /// # Errors
    /// Names the slot that has no value, or the value that is not allowed.
    pub fn render(&self, scope: &Scope<'_>) -> Result<Option<Value>, Misfit> {
        render(&self.0, scope)
    }

    /// Every slot, for the linter.
    pub(super) fn slots(&self) -> Vec<&Slot> {
        let mut found = Vec::new();
        collect(&self.0, &mut found);
        found
    }
}

/// A string with slots.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub struct Text(Vec<Piece>);

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Words(String),
    Slot(Slot),
}

impl Text {
    /// Reads a string.
    ///
    /// # Errors
    /// Says what is wrong with a slot.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            let Some(length) = rest[open..].find('}') else {
                return Err(format!("`{rest}` opens a slot and does not close it"));
            };
            if open > 0 {
                pieces.push(Piece::Words(rest[..open].to_owned()));
            }
            pieces.push(Piece::Slot(rest[open + 1..open + length].parse()?));
            rest = &rest[open + length + 1..];
        }
        if !rest.is_empty() || pieces.is_empty() {
            pieces.push(Piece::Words(rest.to_owned()));
        }
        Ok(Self(pieces))
    }

    /// Fills the slots, each value through `escape`; `None` where an optional one has no value.
    ///
    /// # Errors
    /// Names the slot that has no value, or the value that is not allowed.
    pub fn fill(&self, scope: &Scope<'_>, escape: fn(&str) -> String) -> Result<Option<String>, Misfit> {
        let mut filled = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Words(words) => filled += words,
                Piece::Slot(slot) => match slot.value(scope)? {
                    Some(Value::String(text)) => filled += &escape(&text),
                    Some(other) => filled += &escape(&other.to_string()),
                    None => return Ok(None),
                },
            }
        }
        Ok(Some(filled))
    }

    pub(super) fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.0.iter().filter_map(|piece| if let Piece::Slot(slot) = piece { Some(slot) } else { None })
    }
}

impl TryFrom<String> for Text {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl TryFrom<toml::Value> for Template {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Self, String> {
        Ok(Self(read(value)?))
    }
}

fn read(value: toml::Value) -> Result<Node, String> {
    Ok(match value {
        toml::Value::String(text) => Node::Text(Text::parse(&text)?),
        toml::Value::Integer(number) => Node::Plain(number.into()),
        toml::Value::Float(number) => Node::Plain(number.into()),
        toml::Value::Boolean(flag) => Node::Plain(flag.into()),
        toml::Value::Datetime(time) => Node::Plain(time.to_string().into()),
        toml::Value::Array(items) => Node::List(items.into_iter().map(read).collect::<Result<_, _>>()?),
        toml::Value::Table(mut table) => {
            let only_with = match table.remove(ONLY_WITH) {
                None => None,
                Some(toml::Value::String(name)) => Some(name),
                Some(_) => return Err(format!("\"{ONLY_WITH}\" names the value that the table needs")),
            };
            let fields = table.into_iter().map(|(key, value)| Ok((key, read(value)?)));
            Node::Table { only_with, fields: fields.collect::<Result<_, String>>()? }
        }
    })
}

fn render(node: &Node, scope: &Scope<'_>) -> Result<Option<Value>, Misfit> {
    Ok(match node {
        Node::Plain(value) => Some(value.clone()),
        Node::Text(Text(pieces)) => match pieces.as_slice() {
            [Piece::Slot(slot)] => slot.value(scope)?,
            _ => Text(pieces.clone()).fill(scope, str::to_owned)?.map(Value::String),
        },
        Node::List(items) => {
            let mut list = Vec::new();
            for item in items {
                list.extend(render(item, scope)?);
            }
            (!list.is_empty() || items.is_empty()).then_some(Value::Array(list))
        }
        Node::Table { only_with: Some(name), .. } if !scope.has(name) => None,
        Node::Table { fields, .. } => {
            let mut table = Map::new();
            for (key, field) in fields {
                if let Some(value) = render(field, scope)? {
                    table.insert(key.clone(), value);
                }
            }
            (!table.is_empty() || fields.is_empty()).then_some(Value::Object(table))
        }
    })
}

fn collect<'a>(node: &'a Node, found: &mut Vec<&'a Slot>) {
    match node {
        Node::Plain(_) => {}
        Node::Text(text) => found.extend(text.slots()),
        Node::List(items) => items.iter().for_each(|item| collect(item, found)),
        Node::Table { fields, .. } => fields.iter().for_each(|(_, field)| collect(field, found)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::recipe::slot::Maps;
    use serde_json::json;

    fn render(body: &str, values: &Value) -> Result<Option<Value>, String> {
        let template: Template = toml::from_str::<toml::Table>(body).unwrap()["body"].clone().try_into().unwrap();
        let maps = toml::from_str::<Maps>("onoff = { true = \"on\", false = \"off\" }").unwrap();
        let scope = Scope { values: values.as_object().unwrap(), maps: &maps };
        template.render(&scope).map_err(|misfit| misfit.to_string())
    }

    #[test]
    fn a_lone_slot_keeps_its_type_and_filters_change_it() {
        let body = r#"body = { d = "{d}", s = "{d|text}", u = "{r|upper}", sec = "{d|secs}", t = "x {d} y", on = "{a|map:onoff}", n = 1, e = {}, l = [] }"#;
        let values = json!({ "d": 5, "r": "480p", "a": false });
        let expected =
            json!({ "d": 5, "s": "5", "u": "480P", "sec": "5s", "t": "x 5 y", "on": "off", "n": 1, "e": {}, "l": [] });
        assert_eq!(render(body, &values), Ok(Some(expected)));
    }

    #[test]
    fn what_is_absent_is_left_out_and_what_is_zero_is_not() {
        let body = r#"body = { seed = "{seed?}", list = ["{hook?}"], frames = [{ "?" = "last", url = { u = "{last}" }, role = "last" }], deep = { x = "{last?}" }, p = "a {last?}" }"#;
        assert_eq!(render(body, &json!({ "seed": 0 })), Ok(Some(json!({ "seed": 0 }))));
        let full = render(body, &json!({ "last": "L" })).unwrap().unwrap();
        assert_eq!(
            full,
            json!({ "frames": [{ "url": { "u": "L" }, "role": "last" }], "deep": { "x": "L" }, "p": "a L" })
        );
    }

    #[test]
    fn a_value_that_is_not_allowed_is_named_with_those_that_are() {
        let error = render("body = { on = \"{a|map:onoff}\" }", &json!({ "a": "maybe" })).unwrap_err();
        assert_eq!(error, "`maybe` is no possible a: possible are true, false");
        assert!(render("body = { a = \"{b}\" }", &json!({})).unwrap_err().contains("needs a value for `b`"));
    }

    #[test]
    fn slots_are_checked_when_they_are_read() {
        for bad in ["{", "{}", "{a|shout}", "{a b}", "{a|map:}"] {
            assert!(Text::parse(bad).is_err(), "{bad}");
        }
    }
}
