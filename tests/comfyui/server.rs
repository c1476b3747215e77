//! A server on this machine that answers as a real `ComfyUI` did (`fixtures/providers/comfyui`).

use crate::{
    contract_server::{Asked, page, read, reply, send},
    recording::fixture,
};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    fs,
    net::TcpListener,
    sync::{Arc, Mutex},
    thread,
};

/// Recorded exchanges of a session.
pub struct Session(Vec<Value>);

impl Session {
    pub fn open(name: &str) -> Self {
        let text = fs::read_to_string(fixture(&format!("comfyui/{name}.json"))).unwrap();
        let session: Value = serde_json::from_str(&text).unwrap();
        Self(session["exchanges"].as_array().unwrap().clone())
    }

    /// What was sent in exchange `at`.
    pub fn sent(&self, at: usize) -> &Value {
        &self.0[at]["request"]["body_json"]
    }

    /// What was answered in exchange `at`.
    pub fn answer(&self, at: usize) -> &Value {
        &self.0[at]["response"]["body_json"]
    }

    pub fn status(&self, at: usize) -> u16 {
        self.0[at]["response"]["status"].as_u64().unwrap().try_into().unwrap()
    }
}

/// An answer.
#[derive(Clone)]
pub enum Answer {
    Json(u16, Value),
    /// `Retry-After`, seconds.
    Throttle(Option<u32>),
    /// What a gateway shows to strangers.
    Page,
    /// The connection is closed.
    Silence,
    /// The clip, called by this type.
    Clip(&'static str),
    /// The first half of the clip.
    Half,
    /// The page, called a clip.
    LyingPage,
    /// Somewhere else.
    Redirect(String),
}

/// Answers by method and path, each in its order; the last one stays.
#[derive(Default)]
pub struct Script(HashMap<String, Vec<Answer>>);

impl Script {
    /// The upload goes well; the queue is empty, and no job is known.
    pub fn new() -> Self {
        let upload = Session::open("upload");
        Self::default()
            .then("POST /upload/image", 200, upload.answer(0))
            .then("POST /interrupt", 200, &Value::Null)
            .then("POST /queue", 200, &Value::Null)
    }

    pub fn then(self, what: &str, status: u16, answer: &Value) -> Self {
        self.and(what, Answer::Json(status, answer.clone()))
    }

    pub fn and(mut self, what: &str, answer: Answer) -> Self {
        self.0.entry(what.to_owned()).or_default().push(answer);
        self
    }
}

pub struct Server {
    pub base: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// Plays a script. The recording's name for the job, `recorded`, is replaced by the one that the client chose.
    pub fn play(mut script: Script, recorded: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (log, recorded) = (Arc::clone(&asked), recorded.to_owned());
        let clip = fs::read(fixture("comfyui/motion.mp4")).unwrap();
        thread::spawn(move || {
            let mut job = recorded.clone();
            for mut stream in listener.incoming().flatten() {
                let Ok(question) = read(&mut stream) else { continue };
                log.lock().unwrap().push(question.clone());
                let path = question.path.split('?').next().unwrap().replace(&job, &recorded);
                if path == "/prompt" {
                    let sent: Value = serde_json::from_slice(&question.body).unwrap();
                    sent["prompt_id"].as_str().unwrap().clone_into(&mut job);
                }
                let answers = script.0.get_mut(&format!("{} {path}", question.method));
                let answer = match answers {
                    Some(answers) if answers.len() > 1 => answers.remove(0),
                    Some(answers) => answers[0].clone(),
                    None if path == "/view" => Answer::Clip("video/mp4"),
                    None if path == "/queue" => Answer::Json(200, json!({ "queue_running": [], "queue_pending": [] })),
                    None if path.starts_with("/history/") => Answer::Json(200, json!({})),
                    None => Answer::Json(404, Value::Null),
                };
                let range = question.header("range").and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-'));
                let from = range.map_or(0, |from| from.parse().unwrap());
                let status = if from > 0 { 206 } else { 200 };
                let rest = &clip[from..];
                let _ = match answer {
                    Answer::Json(status, Value::Null) => reply(&mut stream, status, &[], ""),
                    Answer::Json(status, body) => {
                        reply(&mut stream, status, &[], &body.to_string().replace(&recorded, &job))
                    }
                    Answer::Throttle(secs) => {
                        let header = secs.map(|secs| ("Retry-After".to_owned(), secs.to_string()));
                        reply(&mut stream, 429, header.as_slice(), "slow down")
                    }
                    Answer::Page => page(&mut stream),
                    Answer::Silence => Ok(()),
                    Answer::Clip(kind) => send(&mut stream, status, kind, rest.len(), rest),
                    Answer::Half => send(&mut stream, status, "video/mp4", clip.len(), &clip[..clip.len() / 2]),
                    Answer::LyingPage => send(&mut stream, 200, "video/mp4", 6, b"<html>"),
                    Answer::Redirect(place) => reply(&mut stream, 302, &[("Location".to_owned(), place)], ""),
                };
            }
        });
        Self { base, asked }
    }

    /// Everything that was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The bodies that were posted to `path`.
    pub fn posted(&self, path: &str) -> Vec<Value> {
        let asked = self.asked();
        let posted = asked.iter().filter(|asked| asked.method == "POST" && asked.path == path);
        posted.map(|asked| serde_json::from_slice(&asked.body).unwrap()).collect()
    }
}
