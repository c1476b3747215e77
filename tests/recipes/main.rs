//! Every shipped recipe against what the provider's own client really sent, and against the answers it was given.
//! `cargo test --test recipes -- --nocapture` prints the table.
#![allow(unreachable_pub, reason = "modules of a test")]
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod cases;
#[path = "../recording/mod.rs"]
mod recording;
mod stills;

use cases::{Case, cases};
use holdstill::provider::recipe::{
    Body, Call, Encoding, HttpRequest, JobState, Polled, Recipe, Shelf, Site, Submitted, Ticket, Tier,
};
use recording::{Exchange, Recording, picture};
use serde_json::{Map, Value, json};

#[test]
fn recipes_send_what_the_official_clients_send() {
    println!(
        "{:<14} {:<44} {:<4} {:<5} {:<8} {:<5} {:<32} {:<30} cost",
        "recipe", "model", "path", "auth", "headers", "body", "states", "clip"
    );
    let mut wrong = Vec::new();
    for case in cases() {
        let recording = Recording::open(case.recorded);
        let recipe = Shelf::default().open(case.recipe).unwrap();
        let model = recipe.model(Some(case.model.0), case.model.1).unwrap();
        let exchange = &recording.exchanges[case.at];
        let site = site(&recipe, &recording, case.base, exchange);
        let values = values(&case, &recipe, &recording);
        let request = recipe.submit_request(model, &values, Some(&picture("first.png")), &site).unwrap();
        let path = request.method == exchange.method && same_path(&request, exchange);
        let auth = request.credential.as_ref().is_some_and(|c| exchange.header(&c.header) == Some(c.value.reveal()));
        let ours = |name: &str| name != "x-fal-no-retry";
        let headers = request
            .headers
            .iter()
            .filter(|(name, _)| ours(name))
            .all(|(name, value)| exchange.header(name) == Some(value));
        let body = same_body(&request.body, exchange, case.ignored);
        let (states, clip, cost) = follow(&recipe, &values, &recording, case.at, &site);
        let told = format!("{states} | {clip} | {cost}");
        let fits = states == case.states && clip.ends_with(case.ends.0) && cost == case.ends.1;
        let word = |fine: bool| if fine { "ok" } else { "NO" };
        println!(
            "{:<14} {:<44} {:<4} {:<5} {:<8} {:<5} {states:<32} {clip:<30} {cost}",
            case.recipe,
            case.model.0,
            word(path),
            word(auth),
            word(headers),
            word(body)
        );
        if !(path && auth && headers && body && fits) {
            wrong.push(format!(
                "{} {}: {told}\n  ours   {} {:?}\n  theirs {} {:?}",
                case.recipe, case.model.0, request.url, request.body, exchange.path, exchange.json
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The recorded stand-in, with the key or the clock of the recording.
fn site(recipe: &Recipe, recording: &Recording, base: &str, exchange: &Exchange) -> Site {
    let env = |name: &str| match (recipe.id.as_str(), name) {
        ("kling", "KLINGAI_API_KEY") if exchange.header("authorization").unwrap().len() > 40 => None,
        ("kling", "KLINGAI_ACCESS_KEY") => Some("FAKE_AK".to_owned()),
        ("kling", "KLINGAI_SECRET_KEY") => Some("FAKE_SK_0123456789abcdef0123456789".to_owned()),
        ("huggingface", _) => Some("hf_FAKE_KEY".to_owned()),
        _ => Some("FAKE_KEY".to_owned()),
    };
    let recorded_at = 1_795_349_444;
    let credential = recipe.auth.iter().find_map(|auth| auth.credential(&env, recorded_at));
    Site { base: format!("{}{base}", recording.base).parse().unwrap(), credential }
}

fn values(case: &Case, recipe: &Recipe, recording: &Recording) -> Map<String, Value> {
    let mut values = case.values.as_object().unwrap().clone();
    values.entry("model").or_insert_with(|| case.model.0.into());
    for name in ["first", "last"] {
        let Some(text) = values.get(name).and_then(Value::as_str).map(str::to_owned) else { continue };
        let value = match text.strip_prefix('@') {
            Some(_) if recipe.picture.send == Encoding::File => continue,
            Some(file) => picture(file).inline(recipe.picture.send).unwrap(),
            None => text.replace("{base}", &recording.base),
        };
        values.insert(name.into(), value.into());
        values.insert(format!("{name}_mime"), "image/png".into());
    }
    values
}

fn same_path(request: &HttpRequest, exchange: &Exchange) -> bool {
    let ours = request.url.as_str().split_once("://").unwrap().1;
    let ours = &ours[ours.find('/').unwrap()..];
    ours == exchange.path.split("?fal_webhook").next().unwrap()
}

fn same_body(body: &Body, exchange: &Exchange, ignored: &[&str]) -> bool {
    match body {
        Body::Json(json) => {
            let (mut ours, mut theirs) = (json.clone(), exchange.json.clone().unwrap());
            for place in ignored {
                remove(&mut ours, place);
                remove(&mut theirs, place);
            }
            ours == theirs
        }
        Body::Form(form) => {
            // the parts, whatever the boundary
            let theirs = String::from_utf8_lossy(exchange.bytes.as_deref().unwrap()).into_owned();
            let file = form.file();
            form.fields().iter().all(|(name, value)| theirs.contains(&format!("name=\"{name}\"\r\n\r\n{value}\r\n")))
                && theirs.contains(&format!("name=\"{}\"; filename=\"{}\"", file.field, file.name))
                && theirs.matches("Content-Disposition").count() == form.fields().len() + 1
        }
        Body::Empty => false,
    }
}

fn remove(value: &mut Value, place: &str) {
    let (parent, key) = place.rsplit_once('/').unwrap();
    if let Some(Value::Object(table)) = value.pointer_mut(parent) {
        table.remove(key);
    }
}

/// Reads the recorded answers after a submit, until the clip is found: states, its address, its price.
fn follow(
    recipe: &Recipe,
    values: &Map<String, Value>,
    recording: &Recording,
    at: usize,
    site: &Site,
) -> (String, String, String) {
    let Submitted::Accepted(ticket) = recipe.read_submit(&recording.exchanges[at].answer) else {
        return ("not accepted".into(), String::new(), String::new());
    };
    let (mut values, poll) = (with(values, &ticket), recipe.poll.as_ref().unwrap());
    let (mut states, mut clip, mut charge) = (Vec::new(), None, None);
    let mut answers = recording.exchanges[at + 1..].iter().peekable();
    while let Some(exchange) = answers.next_if(|exchange| asks(recipe, poll, &values, site, exchange)) {
        let Polled::Standing(standing) = recipe.read_poll(&exchange.answer) else { panic!("{:?}", exchange.path) };
        values.extend(poll.taken(&exchange.answer));
        charge = standing.cost.or(charge);
        let state = standing.state;
        if !(states.last() == Some(&JobState::Succeeded) && state == JobState::Succeeded) {
            states.push(state);
        }
        clip = standing.video.or(clip);
    }
    if let Some(hop) = &recipe.result.hop
        && let Some(exchange) = answers.find(|exchange| asks(recipe, hop, &values, site, exchange))
    {
        clip = recipe.video(&exchange.answer);
        charge = recipe.charge(&exchange.answer).or(charge);
    }
    if let (Some(path), Some(JobState::Succeeded)) = (&recipe.result.path, states.last()) {
        let scope = holdstill::provider::recipe::Scope { values: &values, maps: &recipe.map };
        clip = path.fill(&scope, str::to_owned).unwrap();
    }
    let told = states.iter().map(|state| format!("{state:?}").to_lowercase()).collect::<Vec<_>>().join(" ");
    let dash = |text: String| if text.is_empty() { "-".to_owned() } else { text };
    let charge = charge.map(|charge| match charge.usd {
        Some(usd) if !charge.told.ends_with("credits") => format!("{} = {usd}", charge.told),
        _ => charge.told,
    });
    (dash(told), clip.unwrap_or_else(|| "-".into()), charge.unwrap_or_else(|| "-".into()))
}

fn with(values: &Map<String, Value>, ticket: &Ticket) -> Map<String, Value> {
    values.clone().into_iter().chain(ticket.values.clone()).collect()
}

/// Whether the recorded request is the call that the recipe would make next.
fn asks(recipe: &Recipe, call: &Call, values: &Map<String, Value>, site: &Site, exchange: &Exchange) -> bool {
    let request = recipe.call_request(call, values, None, site).unwrap();
    let plain = |path: &str| path.split("?logs=").next().unwrap().split("?stream=").next().unwrap().to_owned();
    let ours = request.url.as_str().split_once("://").unwrap().1;
    // the recording's router was reached without its prefix
    let ours = ours[ours.find('/').unwrap()..].replace("/fal-ai/fal-ai/", "/fal-ai/");
    request.method == exchange.method && ours == plain(&exchange.path)
}

#[test]
fn drafts_become_finals_as_the_vendor_s_own_client_does_it() {
    for (id, recorded) in [("ark", "ark_byteplus"), ("ark-cn", "ark_volcengine")] {
        let recording = Recording::open(recorded);
        let recipe = Shelf::default().open(id).unwrap();
        let Submitted::Accepted(draft) = recipe.read_submit(&recording.exchanges[0].answer) else { panic!("no draft") };
        let exchange = &recording.exchanges[4];
        let name = exchange.json.as_ref().unwrap()["model"].as_str().unwrap();
        let model = recipe.model(Some(name), Tier::Draft).unwrap();
        assert!(recipe.promoted(model).is_some_and(|promoted| promoted.resolution == "1080p"), "{id}");
        let site = site(&recipe, &recording, "/api/v3", exchange);
        let mut values = with(&model.set, &draft);
        values.insert("model".into(), name.into());
        let promote = recipe.promote.as_ref().unwrap();
        let request = recipe.call_request(promote, &values, None, &site).unwrap();
        assert!(same_path(&request, exchange) && same_body(&request.body, exchange, &[]), "{:?}", request.body);
        assert_eq!(request.method, exchange.method);
        assert!(matches!(recipe.read_order(promote, &exchange.answer), Submitted::Accepted(_)), "{id}");
    }
}

/// No client of Runway's was recorded at this: what is sent follows its types, and the recipe says that it is not confirmed.
#[test]
fn runway_s_finals_follow_its_client_s_types_and_are_said_to_be_unconfirmed() {
    let recipe = Shelf::default().open("runway").unwrap();
    let recording = Recording::open("runway");
    let values = json!({ "model": "seedance2_5", "job": "d2e3", "draft": true });
    let site = site(&recipe, &recording, "", &recording.exchanges[2]);
    let promote = recipe.promote.as_ref().unwrap();
    let request = recipe.call_request(promote, values.as_object().unwrap(), None, &site).unwrap();
    assert!(request.url.path() == "/v1/text_to_video" && request.method == "POST", "{request:?}");
    assert_eq!(request.body, Body::Json(json!({ "model": "seedance2_5", "draftTaskId": "d2e3" })));
    assert!(recipe.unverified.iter().any(|fact| fact.contains("draftTaskId")));
}

#[test]
fn pictures_are_uploaded_and_jobs_stopped_as_recorded() {
    for (id, recorded, base, upload, cancel) in [
        ("runway", "runway", "", &[0, 1][..], Some(10)),
        ("replicate", "replicate", "", &[0], Some(7)),
        ("dashscope", "dashscope", "/api/v1", &[0, 1], Some(8)),
        ("fal", "fal", "", &[], Some(8)),
        ("luma-dream", "luma", "", &[], Some(5)),
        ("ark", "ark_byteplus", "/api/v3", &[], Some(6)),
        ("gemini", "google_sdk3", "", &[], Some(2)),
        ("openai-videos", "openai", "/v1", &[], Some(5)),
        ("comfy-router", "comfy_router", "", &[], Some(6)),
    ] {
        let recording = Recording::open(recorded);
        let recipe = Shelf::default().open(id).unwrap();
        let mut values = json!({ "picture_name": "first.png", "first_mime": "image/png", "model": "wan2.6-i2v-flash" })
            .as_object()
            .unwrap()
            .clone();
        for (call, &at) in recipe.upload.iter().zip(upload) {
            let exchange = &recording.exchanges[at];
            let site = site(&recipe, &recording, base, &recording.exchanges[0]);
            let request = recipe.call_request(call, &values, Some(&picture("first.png")), &site).unwrap();
            assert_eq!(
                (request.method.as_str(), same_path(&request, exchange)),
                (exchange.method.as_str(), true),
                "{id} {at}"
            );
            assert_eq!(request.credential.is_some(), exchange.header("authorization").is_some(), "{id} {at}: the key");
            if request.body != Body::Empty {
                assert!(same_body(&request.body, exchange, &[]), "{id} {at}: {:?}", request.body);
            }
            values.extend(call.taken(&exchange.answer));
        }
        let Some(at) = cancel else { continue };
        let exchange = &recording.exchanges[at];
        let submit = recording.exchanges[..at].iter().rev().find_map(|e| match recipe.read_submit(&e.answer) {
            Submitted::Accepted(ticket) if e.method == "POST" => Some(ticket),
            _ => None,
        });
        let mut values = with(&values, &submit.unwrap());
        values.insert("model".into(), "byteplus/seedance-1-0-pro-fast-251015".into());
        let site = site(&recipe, &recording, base, &recording.exchanges[2]);
        let request = recipe.call_request(recipe.cancel.as_ref().unwrap(), &values, None, &site).unwrap();
        assert_eq!(
            (request.method.as_str(), same_path(&request, exchange)),
            (exchange.method.as_str(), true),
            "{id}: {request:?}"
        );
    }
}

#[test]
fn every_shipped_recipe_is_sound_and_priced() {
    let shelf = Shelf::default();
    for id in shelf.ids() {
        let recipe = shelf.open(&id).unwrap();
        assert_eq!(recipe.id, id);
        assert!(!recipe.unverified.is_empty(), "{id}: nothing here was tried against a live provider");
        for model in &recipe.models {
            let secs = f64::from(model.durations.nearest(5.0));
            assert!(model.price.of(secs).is_some_and(|price| price.micros > 0), "{id} {}", model.id);
        }
    }
    assert_eq!(shelf.open("../ark").unwrap_err().code(), "no-such-provider");
}
