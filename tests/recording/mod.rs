//! Recorded requests of official clients (`fixtures/providers`).

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test file uses a part of it; a test stops at the first surprise"
)]

use holdstill::provider::recipe::{HttpResponse, Picture};
use serde_json::{Value, json};
use std::{fs, path::PathBuf};

/// One recorded session.
pub struct Recording {
    /// Where the client was pointed.
    pub base: String,
    /// What was said.
    pub exchanges: Vec<Exchange>,
}

/// A request and its answer.
pub struct Exchange {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub json: Option<Value>,
    pub bytes: Option<Vec<u8>>,
    pub answer: HttpResponse,
}

impl Recording {
    pub fn open(name: &str) -> Self {
        let text = fs::read_to_string(fixture(&format!("{name}.json"))).unwrap();
        let all: Value = serde_json::from_str(&text).unwrap();
        let exchanges = all["exchanges"].as_array().unwrap().iter().map(exchange).collect();
        Self { base: all["base_url"].as_str().unwrap().to_owned(), exchanges }
    }
}

impl Exchange {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

pub fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/providers").join(name)
}

/// `first.png` or `last.png`.
pub fn picture(name: &str) -> Picture {
    Picture::Bytes { name: name.to_owned(), bytes: fs::read(fixture(name)).unwrap().into(), size: [64, 64] }
}

fn exchange(value: &Value) -> Exchange {
    let (request, response) = (&value["request"], &value["response"]);
    let pairs = |list: &Value| match list {
        Value::Array(list) => list.iter().map(|pair| (text(&pair[0]), text(&pair[1]))).collect(),
        Value::Object(table) => table.iter().map(|(key, value)| (key.clone(), text(value))).collect(),
        _ => Vec::new(),
    };
    let body = match &response["body_json"] {
        Value::Null => String::new(),
        json => json.to_string(),
    };
    Exchange {
        method: text(&request["method"]),
        path: text(&request["path"]),
        headers: pairs(&request["headers"]),
        json: request.get("body_json").map(without_nulls),
        bytes: request["body_base64"].as_str().map(decode),
        answer: HttpResponse::new(
            response["status"].as_u64().unwrap() as u16,
            pairs(&response["headers"]),
            body.as_bytes(),
        ),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn decode(text: &str) -> Vec<u8> {
    use base64::{Engine, prelude::BASE64_STANDARD};
    BASE64_STANDARD.decode(text).unwrap()
}

/// Some clients spell absent fields as `null`.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(table) => {
            json!(
                table
                    .iter()
                    .filter(|(_, v)| !v.is_null())
                    .map(|(k, v)| (k.clone(), without_nulls(v)))
                    .collect::<serde_json::Map<_, _>>()
            )
        }
        Value::Array(list) => list.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}
