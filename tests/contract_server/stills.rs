//! A server on this machine that edits stills: it answers as the recorded provider did, with the picture that it was
//! really sent, really edited.

use super::{Asked, Mischief, page, read, reply, send};
use crate::recording::Recording;
use base64::{Engine, prelude::BASE64_STANDARD};
use holdstill::{
    frame::{Picture, Size, pyramid},
    media,
};
use serde_json::{Value, json};
use std::{
    io::Write,
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

/// Bytes of an answer that nobody should read to its end.
const HUGE: usize = 80 << 20;
/// The path of a still that is handed over by its address.
const LINK: &str = "/tos/refined.png?sig=SIGNATURE-DO-NOT-PRINT";

/// What the editor does with a picture.
pub type Brush = fn(&Picture) -> Picture;

/// How the still comes back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Way {
    Inline,
    Link,
    /// Under somebody else's address.
    Elsewhere(&'static str),
}

pub struct Editor {
    pub base: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    is_released: Arc<AtomicBool>,
}

struct Play {
    path: String,
    answer: Value,
    mischief: Mischief,
    way: Way,
    brush: Brush,
    base: String,
    is_released: Arc<AtomicBool>,
    /// The last still that was made.
    made: Mutex<Vec<u8>>,
}

impl Editor {
    /// Plays exchange `at` of a recording.
    pub fn play(recorded: &str, at: usize, mischief: Mischief, way: Way, brush: Brush) -> Self {
        let recording = Recording::open(recorded);
        let exchange = &recording.exchanges[at];
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (asked, is_released): (Arc<Mutex<Vec<Asked>>>, Arc<AtomicBool>) = Default::default();
        let play = Play {
            path: exchange.path.clone(),
            answer: exchange.answer.body.clone(),
            mischief,
            way,
            brush,
            base: base.clone(),
            is_released: Arc::clone(&is_released),
            made: Mutex::default(),
        };
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let _ = play.serve(stream, &log);
            }
        });
        Self { base, asked, is_released }
    }

    pub fn release(&self) {
        self.is_released.store(true, Ordering::Relaxed);
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Requests that spend money.
    pub fn submits(&self) -> usize {
        self.asked().iter().filter(|asked| asked.method == "POST").count()
    }
}

impl Play {
    fn serve(&self, mut stream: TcpStream, log: &Mutex<Vec<Asked>>) -> std::io::Result<()> {
        let count = |method: &str| log.lock().unwrap().iter().filter(|asked| asked.method == method).count();
        if self.mischief == Mischief::DroppedUnread && count("POST") == 0 {
            log.lock().unwrap().push(Asked { method: "POST".into(), ..Asked::default() });
            return Ok(());
        }
        let asked = read(&mut stream)?;
        log.lock().unwrap().push(asked.clone());
        match asked.method.as_str() {
            "POST" if self.is_submit(&asked.path) => self.answer(&mut stream, &asked, count("POST")),
            "GET" if asked.path == LINK => self.hand_over(&mut stream, count("GET")),
            _ => reply(&mut stream, 404, &[], r#"{"error":{"code":"NotFound","message":"no such path"}}"#),
        }
    }

    /// The recorded path, with any model in it.
    fn is_submit(&self, path: &str) -> bool {
        match self.path.split_once("/models/") {
            None => path == self.path,
            Some((start, _)) => path.starts_with(&format!("{start}/models/")) && path.ends_with(":generateContent"),
        }
    }

    fn wait_if(&self, mischief: Mischief) {
        while self.mischief == mischief && !self.is_released.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn answer(&self, stream: &mut TcpStream, asked: &Asked, count: usize) -> std::io::Result<()> {
        self.wait_if(Mischief::HeldSubmit);
        let is_google = self.answer.get("candidates").is_some();
        let code = if is_google { "status" } else { "code" };
        let words = |status: &str, message: &str| json!({ "error": { code: status, "message": message } });
        match self.mischief {
            Mischief::Throttled(_) if count == 1 => {
                reply(stream, 429, &[("Retry-After".into(), "0".into())], &words("Throttled", "slow down").to_string())
            }
            Mischief::BrokenSubmit => reply(stream, 500, &[], "{}"),
            Mischief::DroppedRead => Ok(()),
            Mischief::PageForPoll => page(stream),
            Mischief::OutOfCredit if is_google => {
                reply(stream, 429, &[], &words("RESOURCE_EXHAUSTED", "check your billing").to_string())
            }
            Mischief::OutOfCredit => reply(stream, 403, &[], &words("AccountOverdueError", "top up").to_string()),
            Mischief::Moderated if is_google => {
                reply(stream, 200, &[], &json!({ "candidates": [{ "finishReason": "IMAGE_SAFETY" }] }).to_string())
            }
            Mischief::Moderated => {
                let words = words("InputImageSensitiveContentDetected.PolicyViolation", "no");
                reply(stream, 400, &[], &words.to_string())
            }
            Mischief::HugeAnswer => {
                write!(stream, "HTTP/1.1 200 x\r\nContent-Type: application/json\r\nContent-Length: {HUGE}\r\n\r\n")?;
                let chunk = vec![b' '; 1 << 16];
                (0..HUGE / chunk.len()).try_for_each(|_| stream.write_all(&chunk))
            }
            Mischief::WrongPicture => reply(stream, 200, &[], &self.holding(b"no picture at all").to_string()),
            _ => {
                let made = self.edited(&asked.body);
                let answer = self.holding(&made);
                *self.made.lock().unwrap() = made;
                reply(stream, 200, &[], &answer.to_string())
            }
        }
    }

    fn hand_over(&self, stream: &mut TcpStream, count: usize) -> std::io::Result<()> {
        self.wait_if(Mischief::HeldClip);
        let made = self.made.lock().unwrap().clone();
        match self.mischief {
            Mischief::PageForClip => page(stream),
            Mischief::ExpiredUrl => reply(stream, 403, &[], "expired"),
            Mischief::Truncated if count == 1 => send(stream, 200, "image/png", made.len(), &made[..made.len() / 2]),
            _ => send(stream, 200, "image/png", made.len(), &made),
        }
    }

    /// The picture of a request, edited, in the size that it asks for.
    fn edited(&self, body: &[u8]) -> Vec<u8> {
        let body: Value = serde_json::from_slice(body).unwrap();
        let data = body.pointer("/contents/0/parts/0/inlineData/data").or_else(|| body.get("image"));
        let data = data.unwrap().as_str().unwrap();
        // Google's client writes the other alphabet
        let data = data.rsplit(',').next().unwrap().replace('-', "+").replace('_', "/");
        let bytes = BASE64_STANDARD.decode(data).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("sent"), bytes).unwrap();
        let sent = media::load_picture(&folder.path().join("sent")).unwrap();
        let sent = match body["size"].as_str().and_then(|size| size.split_once('x')) {
            Some((w, h)) => pyramid::resize_picture(&sent, Size::new(w.parse().unwrap(), h.parse().unwrap())),
            None => sent,
        };
        media::png_bytes(&(self.brush)(&sent))
    }

    /// The recorded answer with this file in it.
    fn holding(&self, file: &[u8]) -> Value {
        let mut answer = self.answer.clone();
        if let Some(data) = answer.pointer_mut("/candidates/0/content/parts/0/inlineData/data") {
            *data = BASE64_STANDARD.encode(file).into();
            return answer;
        }
        answer["data"][0] = match self.way {
            Way::Inline => json!({ "b64_json": BASE64_STANDARD.encode(file) }),
            Way::Link => json!({ "url": format!("{}{LINK}", self.base) }),
            Way::Elsewhere(url) => json!({ "url": url }),
        };
        answer
    }
}
