//! Reading a recipe, with every complaint on its line.

use super::{schema::Recipe, sound};
use toml::de::{DeTable, DeValue};

/// Something wrong with a recipe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// 1-based line.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

impl Recipe {
    /// Reads and checks a recipe.
    ///
    /// # Errors
    /// Every complaint: one where the file cannot be read at all, all of them where its parts do not fit.
    pub fn parse(text: &str) -> Result<Self, Vec<Complaint>> {
        let recipe: Self = toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            vec![Complaint { line: line_at(text, start), what: error.message().trim().replace('\n', ", ") }]
        })?;
        let complaint = |flaw: sound::Flaw| Complaint {
            line: line_of(text, &flaw.place, flaw.slot.as_deref()),
            what: format!("{}: {}", flaw.place.join("."), flaw.what),
        };
        let complaints: Vec<_> = sound::flaws(&recipe).into_iter().map(complaint).collect();
        if complaints.is_empty() { Ok(recipe) } else { Err(complaints) }
    }
}

fn line_at(text: &str, offset: usize) -> usize {
    text[..offset.min(text.len())].matches('\n').count() + 1
}

/// The line of the deepest key of the path that the file has, or of the slot behind it.
fn line_of(text: &str, place: &[String], slot: Option<&str>) -> usize {
    let offset = offset_of(text, place).unwrap_or(0);
    let behind = slot.and_then(|name| text[offset..].find(&format!("{{{name}")));
    line_at(text, offset + behind.unwrap_or(0))
}

fn offset_of(text: &str, place: &[String]) -> Option<usize> {
    let mut table = DeTable::parse(text).ok()?.into_inner();
    let mut offset = 0;
    let mut keys = place.iter();
    while let Some(key) = keys.next() {
        let Some((name, value)) = table.into_iter().find(|(name, _)| name.get_ref() == key) else { break };
        offset = name.span().start;
        table = match value.into_inner() {
            DeValue::Table(inner) => inner,
            DeValue::Array(items) => {
                let index = keys.next().and_then(|index| index.parse::<usize>().ok()).unwrap_or(0);
                let Some(item) = items.into_iter().nth(index) else { break };
                offset = item.span().start;
                let DeValue::Table(inner) = item.into_inner() else { break };
                inner
            }
            _ => break,
        };
    }
    Some(offset)
}
