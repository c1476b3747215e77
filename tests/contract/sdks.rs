//! The server is faithful: the official clients finish on it, from submit to clip.
//!
//! Where `HOLDSTILL_SDK_PYTHON` names a Python that has them:
//! `pip install runwayml lumaai replicate openai dashscope google-genai fal-client byteplus-python-sdk-v2
//! volcengine-ark-runtime`, and `HOLDSTILL_SDK_GENAI2` a folder with the last google-genai that asks for Veo clips:
//! `pip install --target FOLDER google-genai==2.34.0`.

use crate::{
    clip, recording,
    server::{
        Asked, Elsewhere, Faults, Mischief, Server,
        stills::{Editor, Way},
    },
};
use holdstill::{media, provider::Shelf};
use serde_json::Value;
use std::process::Command;

/// Recipe, recording, and its exchange that submits.
const CLIENTS: [(&str, &str, usize); 10] = [
    ("runway", "runway", 2),
    ("luma-dream", "luma", 0),
    ("replicate", "replicate", 1),
    ("openai-videos", "openai", 0),
    ("dashscope", "dashscope", 2),
    ("gemini", "google_sdk3", 0),
    ("fal", "fal", 2),
    ("ark", "ark_byteplus", 0),
    ("ark-cn", "ark_volcengine", 0),
    ("veo", "google_veo_sdk2", 0),
];
/// The same of recipes that make stills.
const EDITORS: [(&str, &str, usize); 2] = [("gemini-image", "google_sdk3", 3), ("seedream", "ark_byteplus", 7)];

#[test]
fn the_official_clients_finish() {
    let Ok(python) = std::env::var("HOLDSTILL_SDK_PYTHON") else { return };
    let mut unfinished = Vec::new();
    for (id, recorded, at) in CLIENTS {
        if id == "veo" && std::env::var_os("HOLDSTILL_SDK_GENAI2").is_none() {
            println!("{id:<14} left out: HOLDSTILL_SDK_GENAI2 is not set");
            continue;
        }
        let recipe = Shelf::default().open(id).unwrap();
        let elsewhere = Elsewhere::open(clip());
        let faults = Faults { credit: (402, Value::Null), moderated: Value::Null, failed: Value::Null };
        let server = Server::play(&recipe, recorded, at, faults, Mischief::None, clip(), &elsewhere.base);
        match finishes(&python, id, &server.base, clip().len(), &|| server.asked()) {
            Ok(told) => println!("{told}"),
            Err(what) => unfinished.push(what),
        }
    }
    assert!(unfinished.is_empty(), "{}", unfinished.join("\n"));
}

#[test]
fn the_official_clients_get_their_stills() {
    let Ok(python) = std::env::var("HOLDSTILL_SDK_PYTHON") else { return };
    let mut unfinished = Vec::new();
    for (id, recorded, at) in EDITORS {
        let editor = Editor::play(recorded, at, Mischief::None, Way::Inline, Clone::clone);
        let still = media::load_picture(&recording::fixture("first.png")).unwrap();
        let length = media::png_bytes(&still).len();
        match finishes(&python, id, &editor.base, length, &|| editor.asked()) {
            Ok(told) => println!("{told}"),
            Err(what) => unfinished.push(what),
        }
    }
    assert!(unfinished.is_empty(), "{}", unfinished.join("\n"));
}

/// Runs a client: how it went, or what went wrong where it did not bring all the bytes.
fn finishes(
    python: &str,
    id: &str,
    base: &str,
    length: usize,
    asked: &dyn Fn() -> Vec<Asked>,
) -> Result<String, String> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contract/sdks.py");
    let run = Command::new(python).args([script, &id.replace('-', "_"), base]).output().unwrap();
    let (told, wrong) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    if told.trim() == length.to_string() {
        return Ok(format!("{id:<14} {} requests, {length} bytes", asked().len()));
    }
    let paths: Vec<_> = asked().iter().map(|asked| format!("{} {}", asked.method, asked.path)).collect();
    Err(format!("{id}: {paths:?}\n{wrong}"))
}
