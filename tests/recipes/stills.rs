//! Recipes that make stills, against what the vendors' own clients sent and were answered.

use crate::{
    recording::{Recording, fixture},
    same_path,
};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE},
};
use holdstill::provider::recipe::{Body, Sent, Shelf, Site, Submitted, Tier};
use serde_json::{Value, json};

struct Case {
    recipe: &'static str,
    recorded: &'static str,
    at: usize,
    base: &'static str,
    values: Value,
    /// The still that comes and what it costs.
    ends: (&'static str, &'static str),
}

fn cases() -> Vec<Case> {
    let ark = |recorded, first: &str| Case {
        recipe: "seedream",
        recorded,
        at: 7,
        base: "/api/v3",
        values: json!({ "model": "seedream-5-0-260128", "prompt": "remove the background", "first": first, "size": "2048x2048", "rng_seed": 7 }),
        ends: ("link", "1 stills"),
    };
    let png = std::fs::read(fixture("first.png")).unwrap();
    let data_uri = format!("data:image/png;base64,{}", BASE64_STANDARD.encode(&png));
    vec![
        Case {
            recipe: "gemini-image",
            recorded: "google_sdk3",
            at: 3,
            base: "",
            // the client writes the other alphabet of base64
            values: json!({ "model": "gemini-3-pro-image-preview", "prompt": "keep the square, make it blue", "first": BASE64_URL_SAFE.encode(&png), "first_mime": "image/png", "rng_seed": 7, "ratio": "1:1", "resolution": "2K" }),
            ends: ("first.png", "1557 tokens"),
        },
        ark("ark_byteplus", &data_uri),
        ark("ark_volcengine", &data_uri),
    ]
}

#[test]
fn stills_are_asked_for_and_found_as_recorded() {
    for case in cases() {
        let recording = Recording::open(case.recorded);
        let exchange = &recording.exchanges[case.at];
        let recipe = Shelf::default().open(case.recipe).unwrap();
        let credential = recipe.auth[0].credential(&|_| Some("FAKE_KEY".into()), 0);
        let site = Site { base: format!("{}{}", recording.base, case.base).parse().unwrap(), credential };
        let model = recipe.model(None, Tier::Final).unwrap();
        let request = recipe.submit_request(model, case.values.as_object().unwrap(), None, &site).unwrap();
        assert_eq!((request.method.as_str(), same_path(&request, exchange)), ("POST", true), "{}", request.url);
        let credential = request.credential.as_ref().unwrap();
        assert_eq!(exchange.header(&credential.header), Some(credential.value.reveal()), "{}", case.recorded);
        let Body::Json(ours) = request.body else { panic!("{}", case.recorded) };
        let theirs = exchange.json.clone().unwrap();
        assert_eq!(ours, theirs, "{}", case.recorded);
        let Submitted::Accepted(edited) = recipe.read_edit(&exchange.answer) else { panic!("{}", case.recorded) };
        let came = match edited.made.unwrap() {
            Sent::Bytes(bytes) if bytes == std::fs::read(fixture("first.png")).unwrap() => "first.png",
            Sent::Bytes(_) => "other bytes",
            Sent::Link(link) if link == "https://example.com/x.png" => "link",
            Sent::Link(_) => "other link",
        };
        assert_eq!((came, edited.cost.unwrap().told.as_str()), case.ends, "{}", case.recorded);
    }
}
