//! Reading a recipe with every complaint on its line: TOML, words, and whether the parts fit together.

use super::{
    schema::{Call, Model, Recipe},
    slot::Slot,
    states::JobState,
    values::NAMES,
};
use std::collections::BTreeSet;
use toml::de::{DeTable, DeValue};
use url::Url;

/// Methods that calls may have.
const METHODS: [&str; 4] = ["GET", "POST", "PUT", "DELETE"];

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
        let complaints: Vec<_> = check(&recipe)
            .into_iter()
            .map(|(place, what)| Complaint {
                line: line_of(text, &place),
                what: format!("{}: {what}", place.join(".")),
            })
            .collect();
        if complaints.is_empty() { Ok(recipe) } else { Err(complaints) }
    }
}

/// A path of keys, and what is wrong there.
type Found = (Vec<String>, String);

fn check(recipe: &Recipe) -> Vec<Found> {
    let mut found = Vec::new();
    let mut complain = |place: &[&str], what: &str| {
        found.push((place.iter().map(|&key| key.to_owned()).collect(), what.to_owned()));
    };
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if recipe.id.is_empty() || !recipe.id.bytes().all(is_plain) {
        complain(&["id"], "small letters, digits and `-` only");
    }
    if let Err(what) = super::site::check_base(&recipe.base_url) {
        complain(&["base_url"], &what);
    }
    if recipe.models.is_empty() {
        complain(&["model"], "a recipe has one model or more");
    }
    if !recipe.submit.take.contains_key("job") {
        complain(&["submit"], "it must say where the job's name is: take = { job = \"/id\" }");
    }
    if recipe.find.as_ref().is_some_and(|call| !call.take.contains_key("job")) {
        complain(&["find"], "it must say where the job's name is: take = { job = \"/id\" }");
    }
    let states = &recipe.states;
    if states.at.is_none() == states.done.is_none() {
        complain(&["states"], "either `at`, the place of a word, or `done`, the place of a flag");
    }
    if states.at.is_some() && !states.words.values().any(|state| *state == JobState::Succeeded) {
        complain(&["states", "words"], "no word means `succeeded`");
    }
    if recipe.result.video.is_empty() == recipe.result.path.is_none() {
        complain(&["result"], "either `video`, places of the clip's URL, or `path`, where the clip itself is");
    }
    if recipe.cost.as_ref().is_some_and(|cost| cost.at.is_none() == cost.header.is_none()) {
        complain(&["cost"], "either `at`, a place in the answer, or `header`");
    }
    if !recipe.upload.is_empty() && !taken(&recipe.upload).contains("picture_url") {
        complain(&["upload"], "one of its calls must take or give `picture_url`");
    }
    found.extend(check_models(recipe));
    found.extend(check_calls(recipe));
    found
}

fn check_models(recipe: &Recipe) -> Vec<Found> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for (index, model) in recipe.models.iter().enumerate() {
        let place = |key: &str| vec!["model".to_owned(), index.to_string(), key.to_owned()];
        if !seen.insert((&model.id, model.tier.name())) {
            found.push((place("id"), format!("`{}` is there twice in the same tier", model.id)));
        }
        if model.body.is_none() && recipe.submit.body.is_none() {
            found.push((place("id"), "neither the model nor `submit` has a body".into()));
        }
        let known = known(recipe, &[model], &[]);
        let slots =
            model.body.iter().flat_map(|body| body.slots()).chain(model.path.iter().flat_map(|path| path.slots()));
        found.extend(slots.filter_map(|slot| Some((place("body"), wrong(recipe, slot, &known)?))));
    }
    found
}

fn check_calls(recipe: &Recipe) -> Vec<Found> {
    let mut found = Vec::new();
    let models: Vec<&Model> = recipe.models.iter().collect();
    let uploads = recipe.upload.iter().map(|call| ("upload", call, &recipe.upload[..]));
    let submitted = std::slice::from_ref(&recipe.submit);
    let calls = uploads.chain([("submit", &recipe.submit, &[][..]), ("poll", &recipe.poll, submitted)]);
    let calls = calls.chain(recipe.result.hop.iter().map(|call| ("result", call, submitted)));
    let calls = calls.chain(recipe.cancel.iter().map(|call| ("cancel", call, submitted)));
    let calls = calls.chain(recipe.find.iter().map(|call| ("find", call, &[][..])));
    for (name, call, earlier) in calls.chain(recipe.promote.iter().map(|call| ("promote", call, submitted))) {
        let mut known = known(recipe, &models, earlier);
        if name == "result" {
            known.extend(recipe.poll.take.keys().cloned());
        }
        let place = |key: &str| vec![name.to_owned(), key.to_owned()];
        if call.method.as_deref().is_some_and(|method| !METHODS.contains(&method)) {
            found.push((place("method"), format!("there are {}", METHODS.join(", "))));
        }
        let slots = call.path.slots().map(|slot| ("path", slot));
        let slots = slots.chain(call.body.iter().flat_map(|body| body.slots()).map(|slot| ("body", slot)));
        let slots = slots.chain(call.headers.values().flat_map(|text| text.slots()).map(|slot| ("headers", slot)));
        found.extend(slots.filter_map(|(key, slot)| Some((place(key), wrong(recipe, slot, &known)?))));
    }
    let known = known(recipe, &models, submitted);
    let slots = recipe.result.path.iter().flat_map(|path| path.slots());
    let result = || vec!["result".to_owned(), "path".to_owned()];
    found.extend(slots.filter_map(|slot| Some((result(), wrong(recipe, slot, &known)?))));
    found
}

fn known(recipe: &Recipe, models: &[&Model], earlier: &[Call]) -> BTreeSet<String> {
    let mut known: BTreeSet<String> = NAMES.iter().map(|&name| name.to_owned()).collect();
    known.extend(models.iter().flat_map(|model| model.set.keys().cloned()));
    known.extend(taken(earlier));
    known.extend(taken(&recipe.upload));
    known
}

fn taken(calls: &[Call]) -> BTreeSet<String> {
    calls.iter().flat_map(|call| call.take.keys().chain(call.give.keys()).cloned()).collect()
}

fn wrong(recipe: &Recipe, slot: &Slot, known: &BTreeSet<String>) -> Option<String> {
    if !known.contains(&slot.name) {
        let names = known.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        return Some(format!("nothing gives `{}`; known are {names}", slot.name));
    }
    let missing = slot.maps().find(|map| !recipe.map.contains_key(*map))?;
    Some(format!("there is no [map.{missing}]"))
}

fn line_at(text: &str, offset: usize) -> usize {
    text[..offset.min(text.len())].matches('\n').count() + 1
}

/// The line of the deepest key of the path that the file has.
fn line_of(text: &str, place: &[String]) -> usize {
    let Ok(table) = DeTable::parse(text) else { return 1 };
    let mut offset = 0;
    let mut table = table.into_inner();
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
    line_at(text, offset)
}

/// Reads a URL for the linter and the override alike.
pub(super) fn parse_url(text: &str) -> Result<Url, String> {
    Url::parse(text).map_err(|_| format!("`{text}` is no web address"))
}
