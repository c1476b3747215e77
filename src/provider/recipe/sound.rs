//! Whether the parts of a recipe fit together: every slot is given, every map is there, every answer is read.

use super::{
    price::Price,
    schema::{Call, Durations, Makes, Model, Recipe, Tier},
    site,
    slot::Slot,
    states::JobState,
    template::{Template, Text},
    values::NAMES,
};
use std::collections::BTreeSet;

/// Methods that calls may have.
const METHODS: [&str; 4] = ["GET", "POST", "PUT", "DELETE"];
/// What calls that begin a job must take.
const NO_JOB: &str = "it must say where the job's name is: take = { job = \"/id\" }";

/// What is still known of a request when its answer was lost.
const ECHOED: [&str; 3] = ["client_id", "model", "rng_seed"];

/// Whether something fits, where it stands, and what it should be.
type Rule<'a> = (bool, &'a [&'a str], &'a str);

/// Something that does not fit, and where.
pub(super) struct Flaw {
    /// Path of keys.
    pub(super) place: Vec<String>,
    /// The slot behind it.
    pub(super) slot: Option<String>,
    /// What does not fit.
    pub(super) what: String,
}

impl Flaw {
    fn new(place: &[&str], what: impl Into<String>) -> Self {
        Self { place: place.iter().map(|&key| key.to_owned()).collect(), slot: None, what: what.into() }
    }
}

/// Everything that does not fit.
pub(super) fn flaws(recipe: &Recipe) -> Vec<Flaw> {
    let mut flaws = flaws_of_parts(recipe);
    flaws.extend(flaws_of_models(recipe));
    flaws.extend(flaws_of_calls(recipe));
    flaws
}

fn flaws_of_parts(recipe: &Recipe) -> Vec<Flaw> {
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let Recipe { cost, upload, .. } = recipe;
    let is_read_once = cost.as_ref().is_none_or(|cost| cost.at.is_none() != cost.header.is_none());
    let rules: [Rule<'_>; 4] = [
        (!recipe.id.is_empty() && recipe.id.bytes().all(is_plain), &["id"], "small letters, digits and `-` only"),
        (!recipe.models.is_empty(), &["model"], "a recipe has one model or more"),
        (is_read_once, &["cost"], "either `at`, a place in the answer, or `header`"),
        (
            upload.is_empty() || taken(upload).contains("picture_url"),
            &["upload"],
            "one of its calls must take or give `picture_url`",
        ),
    ];
    let of_kind = match recipe.makes {
        Makes::Clip => rules_of_a_clip(recipe).to_vec(),
        Makes::Still => rules_of_a_still(recipe).to_vec(),
    };
    let broken = rules.into_iter().chain(of_kind).filter(|(is_fine, ..)| !is_fine);
    let broken = broken.map(|(_, place, what)| Flaw::new(place, what));
    let base = site::check_base(&recipe.base_url).err().map(|what| Flaw::new(&["base_url"], what));
    base.into_iter().chain(broken).collect()
}

/// A clip is made by a job, which is asked about until the clip is there.
fn rules_of_a_clip(recipe: &Recipe) -> [Rule<'_>; 10] {
    let promotes = recipe.models.iter().any(|model| model.promoted.is_some());
    let Recipe { states, result, .. } = recipe;
    let has_end = states.words.values().any(|state| *state == JobState::Succeeded);
    [
        (recipe.submit.take.contains_key("job"), &["submit"], NO_JOB),
        (recipe.poll.is_some(), &["poll"], "it must say how a job is asked about: path = \"/jobs/{job}\""),
        (recipe.find.as_ref().is_none_or(|call| call.take.contains_key("job")), &["find"], NO_JOB),
        (
            recipe.among.as_ref().is_none_or(|among| recipe.find.is_some() && !among.same.is_empty()),
            &["among"],
            "it needs the call [find], and what a job of the list echoes: same = { rng_seed = \"/seed\" }",
        ),
        (recipe.promote.as_ref().is_none_or(|call| call.take.contains_key("job")), &["promote"], NO_JOB),
        (recipe.promote.is_none() || promotes, &["promote"], "no model says with `promoted` that its drafts are taken"),
        (
            states.at.is_none() != states.done.is_none(),
            &["states"],
            "either `at`, the place of a word, or `done`, the place of a flag",
        ),
        (states.at.is_none() || has_end, &["states", "words"], "no word means `succeeded`"),
        (
            result.video.is_empty() != result.path.is_none(),
            &["result"],
            "either `video`, places of the clip's URL, or `path`, where the clip itself is",
        ),
        (result.picture.is_empty(), &["result", "picture"], "a clip is at `video` or `path`"),
    ]
}

/// A still is in the answer to the one request: there is no job.
fn rules_of_a_still(recipe: &Recipe) -> [Rule<'_>; 3] {
    let Recipe { poll, result, upload, find, cancel, promote, .. } = recipe;
    let has_job = poll.is_some() || find.is_some() || cancel.is_some() || promote.is_some() || result.hop.is_some();
    let has_clip = !result.video.is_empty() || result.path.is_some();
    [
        (
            !has_job,
            &["makes"],
            "a still comes with the answer to `submit`: no poll, find, cancel, promote or result.hop",
        ),
        (!result.picture.is_empty() && !has_clip, &["result"], "`picture`, places of the still, and nothing of a clip"),
        (upload.is_empty(), &["upload"], "a still that is to be edited is sent inline"),
    ]
}

fn flaws_of_models(recipe: &Recipe) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    let mut seen = BTreeSet::new();
    for (index, model) in recipe.models.iter().enumerate() {
        let index = index.to_string();
        if !seen.insert((&model.id, model.tier.name())) {
            let what = format!("`{}` is there twice in the same tier", model.id);
            flaws.push(Flaw::new(&["model", &index, "id"], what));
        }
        if model.body.is_none() && recipe.submit.body.is_none() {
            flaws.push(Flaw::new(&["model", &index, "id"], "neither the model nor `submit` has a body"));
        }
        if model.promoted.is_some() && (recipe.promote.is_none() || model.tier == Tier::Final) {
            let what = "`promoted` is for drafts, and needs the call [promote]";
            flaws.push(Flaw::new(&["model", &index, "promoted"], what));
        }
        let is_still = recipe.makes == Makes::Still;
        if matches!(model.price, Price::PerStill(_)) != is_still {
            flaws.push(Flaw::new(
                &["model", &index, "price"],
                "`per_still` for stills, `per_second` or `per_clip` for clips",
            ));
        }
        if (model.durations == Durations::default()) != is_still {
            flaws.push(Flaw::new(&["model", &index, "durations"], "clips have `durations`, stills have none"));
        }
        let known = known(recipe, &[model], &[]);
        let bodies = model.body.iter().flat_map(Template::slots).map(|slot| ("body", slot));
        let slots = bodies.chain(model.path.iter().flat_map(Text::slots).map(|slot| ("path", slot)));
        flaws.extend(slots.filter_map(|(key, slot)| flaw_of(recipe, slot, &known, &["model", &index, key])));
    }
    flaws
}

fn flaws_of_calls(recipe: &Recipe) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    let models: Vec<&Model> = recipe.models.iter().collect();
    let submit = std::slice::from_ref(&recipe.submit);
    let answered: Vec<Call> = std::iter::once(&recipe.submit).chain(&recipe.poll).cloned().collect();
    let mut calls: Vec<(&[&str], &Call, &[Call])> =
        recipe.upload.iter().map(|call| (&["upload"][..], call, &recipe.upload[..])).collect();
    calls.push((&["submit"], &recipe.submit, &[]));
    calls.extend(recipe.poll.iter().map(|call| (&["poll"][..], call, submit)));
    calls.extend(recipe.result.hop.iter().map(|call| (&["result", "hop"][..], call, &answered[..])));
    calls.extend(recipe.cancel.iter().map(|call| (&["cancel"][..], call, submit)));
    calls.extend(recipe.find.iter().map(|call| (&["find"][..], call, &[][..])));
    calls.extend(recipe.promote.iter().map(|call| (&["promote"][..], call, submit)));
    for (place, call, earlier) in calls {
        if call.method.as_deref().is_some_and(|method| !METHODS.contains(&method)) {
            flaws.push(Flaw::new(&[place, &["method"]].concat(), format!("there are {}", METHODS.join(", "))));
        }
        let known = known(recipe, &models, earlier);
        let slots = call.path.slots().map(|slot| ("path", slot));
        let slots = slots.chain(call.body.iter().flat_map(Template::slots).map(|slot| ("body", slot)));
        let slots = slots.chain(call.headers.values().flat_map(Text::slots).map(|slot| ("headers", slot)));
        flaws.extend(slots.filter_map(|(key, slot)| flaw_of(recipe, slot, &known, &[place, &[key]].concat())));
    }
    let echoed = recipe.among.iter().flat_map(|among| among.same.keys());
    let strange = echoed.filter(|name| !ECHOED.contains(&name.as_str()));
    flaws.extend(strange.map(|name| {
        Flaw::new(&["among", "same", name], format!("`{name}` is not known by then; there are {}", ECHOED.join(", ")))
    }));
    let known = known(recipe, &models, submit);
    let slots = recipe.result.path.iter().flat_map(Text::slots);
    flaws.extend(slots.filter_map(|slot| flaw_of(recipe, slot, &known, &["result", "path"])));
    flaws
}

/// Every name that a slot may have there.
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

fn flaw_of(recipe: &Recipe, slot: &Slot, known: &BTreeSet<String>, place: &[&str]) -> Option<Flaw> {
    let missing = slot.maps().find(|map| !recipe.map.contains_key(*map));
    let what = match missing {
        _ if !known.contains(&slot.name) => {
            let names = known.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            format!("nothing gives `{}`; known are {names}", slot.name)
        }
        Some(map) => format!("there is no [map.{map}]"),
        None => return None,
    };
    Some(Flaw { slot: Some(slot.name.clone()), ..Flaw::new(place, what) })
}
