//! The server is faithful: the official clients finish on it, from submit to clip.
//!
//! Where `HOLDSTILL_SDK_PYTHON` names a Python that has them:
//! `pip install runwayml lumaai replicate openai dashscope google-genai fal-client`.

use crate::{
    clip,
    server::{Elsewhere, Faults, Mischief, Server},
};
use holdstill::provider::Shelf;
use serde_json::Value;
use std::process::Command;

/// Recipe, recording, and its exchange that submits.
const CLIENTS: [(&str, &str, usize); 7] = [
    ("runway", "runway", 2),
    ("luma-dream", "luma", 0),
    ("replicate", "replicate", 1),
    ("openai-videos", "openai", 0),
    ("dashscope", "dashscope", 2),
    ("gemini", "google_sdk3", 0),
    ("fal", "fal", 2),
];

#[test]
fn the_official_clients_finish() {
    let Ok(python) = std::env::var("HOLDSTILL_SDK_PYTHON") else { return };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contract/sdks.py");
    let mut unfinished = Vec::new();
    for (id, recorded, at) in CLIENTS {
        let recipe = Shelf::default().open(id).unwrap();
        let elsewhere = Elsewhere::open(clip());
        let faults = Faults { credit: (402, Value::Null), moderated: Value::Null, failed: Value::Null };
        let server = Server::play(&recipe, recorded, at, faults, Mischief::None, clip(), &elsewhere.base);
        let run = Command::new(&python).args([script, &id.replace('-', "_"), &server.base]).output().unwrap();
        let (told, wrong) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
        println!("{id:<14} {} requests, {} bytes of clip", server.asked().len(), told.trim());
        if told.trim() != clip().len().to_string() {
            let asked: Vec<_> = server.asked().iter().map(|asked| format!("{} {}", asked.method, asked.path)).collect();
            unfinished.push(format!("{id}: {asked:?}\n{wrong}"));
        }
    }
    assert!(unfinished.is_empty(), "{}", unfinished.join("\n"));
}
