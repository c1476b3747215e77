//! `{name}`, `{name?}`, `{name|filter}`: the places of a template that a request fills.

use serde_json::{Map, Number, Value};
use std::{collections::BTreeMap, str::FromStr};

/// Tables of a recipe that turn our words into the provider's: `map.onoff.true = "on"`.
pub type Maps = BTreeMap<String, Map<String, Value>>;

/// The request does not fit the recipe: said before anything is sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Misfit(pub String);

/// What fills the slots.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// Values by name; one that is absent is not there at all.
    pub values: &'a Map<String, Value>,
    /// The recipe's tables.
    pub maps: &'a Maps,
}

impl Scope<'_> {
    /// Whether a value is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }
}

/// One place to fill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Whose value.
    pub name: String,
    is_optional: bool,
    filters: Vec<Filter>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Filter {
    /// As text: `5` becomes `"5"`.
    Text,
    /// As text with its unit: `5` becomes `"5s"`.
    Secs,
    /// In capitals.
    Upper,
    /// Through a table of the recipe.
    Map(String),
}

impl Slot {
    /// The value as the provider wants it; `None` where it is absent and may be.
    pub(super) fn value(&self, scope: &Scope<'_>) -> Result<Option<Value>, Misfit> {
        let Some(value) = scope.values.get(&self.name) else {
            let name = &self.name;
            return if self.is_optional { Ok(None) } else { Err(Misfit(format!("it needs a value for `{name}`"))) };
        };
        let filtered = self.filters.iter().try_fold(value.clone(), |value, filter| self.filter(filter, &value, scope));
        filtered.map(Some)
    }

    /// The tables that the slot goes through, for the linter.
    pub(super) fn maps(&self) -> impl Iterator<Item = &str> {
        self.filters.iter().filter_map(|filter| if let Filter::Map(name) = filter { Some(name.as_str()) } else { None })
    }

    fn filter(&self, filter: &Filter, value: &Value, scope: &Scope<'_>) -> Result<Value, Misfit> {
        let text = plain(value);
        Ok(match filter {
            Filter::Text => Value::String(text),
            Filter::Secs => Value::String(text + "s"),
            Filter::Upper => Value::String(text.to_uppercase()),
            Filter::Map(table) => {
                let table = scope.maps.get(table).ok_or_else(|| Misfit(format!("the recipe has no map `{table}`")))?;
                let refusal = || {
                    let possible = table.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
                    Misfit(format!("`{text}` is no possible {}: possible are {possible}", self.name))
                };
                table.get(&text).cloned().ok_or_else(refusal)?
            }
        })
    }
}

impl FromStr for Slot {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split('|');
        let head = parts.next().unwrap_or_default();
        let name = head.strip_suffix('?').unwrap_or(head);
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
            return Err(format!("`{{{text}}}` is no slot: write {{name}}, {{name?}} or {{name|filter}}"));
        }
        Ok(Self {
            name: name.to_owned(),
            is_optional: head.ends_with('?'),
            filters: parts.map(filter).collect::<Result<_, _>>()?,
        })
    }
}

fn filter(word: &str) -> Result<Filter, String> {
    match (word, word.strip_prefix("map:")) {
        ("text", _) => Ok(Filter::Text),
        ("secs", _) => Ok(Filter::Secs),
        ("upper", _) => Ok(Filter::Upper),
        (_, Some(table)) if !table.is_empty() => Ok(Filter::Map(table.to_owned())),
        _ => Err(format!("`{word}` is no filter: there are text, secs, upper and map:NAME")),
    }
}

/// A value as it would stand in a sentence: texts without quotes.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A number without a needless fraction: `5`, `2.5`.
pub(super) fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return Value::Number((value as i64).into());
    }
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}
