//! A server on this machine that plays a provider from the recording of its client, with or without mischief.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test file uses a part of it; a test stops at the first surprise"
)]

pub mod stills;

use super::recording::Recording;
use holdstill::provider::recipe::{Recipe, Text};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mischief {
    None,
    /// The job waits for ten polls more.
    Slow,
    /// The first submit is answered 429, with this `Retry-After`.
    Throttled(Option<u32>),
    /// Every submit is answered 500.
    BrokenSubmit,
    /// Every submit is answered with a page that calls itself a success.
    PageForSubmit,
    /// The call that tells where the clip is, where there is one, is answered 401.
    LockedResult,
    /// Two polls are answered 503.
    BrokenPolls,
    /// The connection of the first submit is closed unread.
    DroppedUnread,
    /// The connection of the first submit is closed after it was read; the job is there.
    DroppedRead,
    /// Submits are answered with the provider's word for an empty account.
    OutOfCredit,
    /// The last poll says that moderation held it back.
    Moderated,
    /// The last poll says that it failed.
    Failed,
    /// The first poll says a word that nobody knows.
    UnheardWord,
    /// The first address of the clip is dead.
    ExpiredUrl,
    /// The first download breaks off in the middle.
    Truncated,
    /// Downloads are pages.
    PageForClip,
    /// Downloads are pages that call themselves clips.
    LyingPageForClip,
    /// The clip says that it is larger than any clip.
    EndlessClip,
    /// The clip is called something else.
    OddlyCalledClip,
    /// Submits are answered 429, with the provider's words for an empty account.
    OutOfCreditAsThrottle,
    /// Two polls are answered with a page.
    PageForPoll,
    /// Polls are redirected to another host.
    RedirectedPolls,
    /// The download is redirected to another host.
    RedirectedClip,
    /// Submits are read, and not answered before [`Server::release`].
    HeldSubmit,
    /// The job does not go on before [`Server::release`].
    HeldPolls,
    /// Downloads do not begin before [`Server::release`].
    HeldClip,
    /// The answer to a submit never seems to end.
    HugeAnswer,
    /// What comes is no picture.
    WrongPicture,
}

/// What was asked.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Answers that the recordings do not have.
pub struct Faults {
    pub credit: (u16, Value),
    pub moderated: Value,
    pub failed: Value,
}

pub struct Server {
    pub base: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    submit: String,
    is_released: Arc<AtomicBool>,
}

/// Path of a question; status, headers and body of its answer.
type Recorded = (String, u16, Vec<(String, String)>, Value);

/// One recorded session, ready to be played.
struct Play {
    recipe: Recipe,
    mischief: Mischief,
    faults: Faults,
    /// Answers after the submit: path, status, headers, body.
    recorded: Vec<Recorded>,
    submit: (String, Value),
    clip: Vec<u8>,
    /// Where redirects lead.
    elsewhere: String,
    is_released: Arc<AtomicBool>,
}

impl Server {
    /// Plays exchange `at` of a recording and what follows it. Redirects lead to `elsewhere`.
    pub fn play(
        recipe: &Recipe,
        recorded: &str,
        at: usize,
        faults: Faults,
        mischief: Mischief,
        clip: &[u8],
        elsewhere: &str,
    ) -> Self {
        let recording = Recording::open(recorded);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let moved = |value: &Value| -> Value {
            let text = value
                .to_string()
                .replace(&recording.base, &base)
                .replace("https://generativelanguage.googleapis.com", &base);
            serde_json::from_str(
                &text.replace("https://example.com", &base).replace("/o.mp4\"", "/o.mp4?sig=SIGNATURE-DO-NOT-PRINT\""),
            )
            .unwrap()
        };
        let after = &recording.exchanges[at + 1..];
        let answers = after.iter().filter(|exchange| exchange.method == "GET");
        let answers =
            answers.map(|e| (e.path.clone(), e.answer.status, e.answer.headers.clone(), moved(&e.answer.body)));
        let mut recorded: Vec<_> = answers.collect();
        // some clients ask once more after the end
        recorded.dedup_by(|next, last| plain(&next.0) == plain(&last.0) && next.3 == last.3);
        let play = Play {
            recipe: recipe.clone(),
            mischief,
            faults,
            recorded,
            submit: (
                recording.exchanges[at].path.split("?fal_webhook").next().unwrap().to_owned(),
                moved(&recording.exchanges[at].answer.body),
            ),
            clip: clip.to_vec(),
            elsewhere: elsewhere.to_owned(),
            is_released: Arc::default(),
        };
        let is_released = Arc::clone(&play.is_released);
        let submit = play.submit.0.clone();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // one at a time: the order of what was asked is the order of the log
                let _ = play.serve(stream, &log);
            }
        });
        Self { base, asked, submit, is_released }
    }

    /// Lets go of what is held.
    pub fn release(&self) {
        self.is_released.store(true, Ordering::Relaxed);
    }

    /// Everything that was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Requests that spend money.
    pub fn submits(&self) -> usize {
        self.asked().iter().filter(|asked| asked.method == "POST" && asked.path.ends_with(&self.submit)).count()
    }
}

impl Play {
    fn wait_if(&self, mischief: Mischief) {
        while self.mischief == mischief && !self.is_released.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn serve(&self, mut stream: TcpStream, log: &Mutex<Vec<Asked>>) -> std::io::Result<()> {
        let submits = |log: &Mutex<Vec<Asked>>| {
            log.lock().unwrap().iter().filter(|a| a.method == "POST" && a.path == self.submit.0).count()
        };
        if self.mischief == Mischief::DroppedUnread && submits(log) == 0 {
            log.lock().unwrap().push(Asked { method: "POST".into(), path: self.submit.0.clone(), ..Asked::default() });
            return Ok(());
        }
        let asked = read(&mut stream)?;
        log.lock().unwrap().push(asked.clone());
        let polls = {
            let log = log.lock().unwrap();
            let is_poll = |a: &&Asked| a.method == "GET" && self.is_poll(&a.path);
            log.iter().filter(is_poll).count()
        };
        if asked.method == "POST" && asked.path == self.submit.0 {
            return self.answer_submit(&mut stream, submits(log));
        }
        if self.is_poll(&asked.path) {
            return self.answer_poll(&mut stream, &asked, polls);
        }
        // a list of jobs, none of which is ours
        if asked.method == "GET" && asked.path.starts_with(&format!("{}?", self.submit.0)) {
            return reply(&mut stream, 200, &[], r#"{ "total": 0, "items": [] }"#);
        }
        let hop = self.recorded.iter().find(|(path, ..)| plain(path) == plain(&asked.path));
        match hop {
            Some(_) if self.mischief == Mischief::LockedResult && self.recipe.result.hop.is_some() => {
                reply(&mut stream, 401, &[], "{}")
            }
            Some((_, status, headers, body)) if !body.is_null() => {
                reply(&mut stream, *status, headers, &body.to_string())
            }
            _ => {
                let fetched = log.lock().unwrap().iter().filter(|a| a.path == asked.path).count();
                self.answer_clip(&mut stream, &asked, fetched)
            }
        }
    }

    /// The path of the first recorded question; the others repeat it.
    fn is_poll(&self, path: &str) -> bool {
        plain(path) == plain(&self.recorded[0].0)
    }

    fn answer_submit(&self, stream: &mut TcpStream, count: usize) -> std::io::Result<()> {
        let (status, body) = (&self.faults.credit.0, &self.faults.credit.1);
        self.wait_if(Mischief::HeldSubmit);
        match self.mischief {
            Mischief::Throttled(None) if count == 1 => reply(stream, 429, &[], "{}"),
            Mischief::Throttled(Some(secs)) if count == 1 => {
                reply(stream, 429, &[("Retry-After".into(), secs.to_string())], "{}")
            }
            Mischief::BrokenSubmit => reply(stream, 500, &[], "{}"),
            Mischief::PageForSubmit => page(stream),
            Mischief::DroppedRead if count == 1 => Ok(()),
            Mischief::OutOfCredit => reply(stream, *status, &[], &body.to_string()),
            Mischief::OutOfCreditAsThrottle => reply(stream, 429, &[], &body.to_string()),
            _ => reply(stream, 200, &[], &self.submit.1.to_string()),
        }
    }

    fn answer_poll(&self, stream: &mut TcpStream, asked: &Asked, count: usize) -> std::io::Result<()> {
        let polls: Vec<_> = self.recorded.iter().filter(|(path, ..)| plain(path) == plain(&asked.path)).collect();
        let slow = if self.mischief == Mischief::Slow { 10 } else { 0 };
        let index = count.saturating_sub(1).saturating_sub(slow).min(polls.len() - 1);
        let is_held = self.mischief == Mischief::HeldPolls && !self.is_released.load(Ordering::Relaxed);
        let index = if is_held { 0 } else { index };
        let (_, status, headers, body) = polls[index];
        let is_last = index + 1 == polls.len();
        match self.mischief {
            Mischief::BrokenPolls if count <= 2 => reply(stream, 503, &[], ""),
            Mischief::PageForPoll if count <= 2 => page(stream),
            Mischief::RedirectedPolls => {
                reply(stream, 307, &[("Location".into(), format!("{}{}", self.elsewhere, asked.path))], "")
            }
            Mischief::Moderated if is_last => reply(stream, 200, &[], &self.faults.moderated.to_string()),
            Mischief::Failed if is_last => reply(stream, 200, &[], &self.faults.failed.to_string()),
            Mischief::UnheardWord if count == 1 => {
                let mut body = body.clone();
                if let Some(at) = &self.recipe.states.at {
                    *body.pointer_mut(&at.to_string()).unwrap() = "PONDERING".into();
                }
                reply(stream, 200, &[], &body.to_string())
            }
            _ => reply(stream, *status, headers, &if body.is_null() { String::new() } else { body.to_string() }),
        }
    }

    fn answer_clip(&self, stream: &mut TcpStream, asked: &Asked, count: usize) -> std::io::Result<()> {
        let from = asked
            .header("range")
            .and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
        let clip = &self.clip[from.unwrap_or(0)..];
        let status = if from.is_some() { 206 } else { 200 };
        self.wait_if(Mischief::HeldClip);
        match self.mischief {
            Mischief::ExpiredUrl if count == 1 => reply(stream, 403, &[], "expired"),
            Mischief::PageForClip => page(stream),
            Mischief::LyingPageForClip => send(stream, 200, "video/mp4", 6, b"<html>"),
            Mischief::EndlessClip => send(stream, 200, "video/mp4", 9 << 30, clip),
            Mischief::OddlyCalledClip => send(stream, status, "application/octet-stream", clip.len(), clip),
            Mischief::RedirectedClip => {
                reply(stream, 302, &[("Location".into(), format!("{}/clip.mp4", self.elsewhere))], "")
            }
            Mischief::Truncated if count == 1 => send(stream, status, "video/mp4", clip.len(), &clip[..clip.len() / 2]),
            _ => send(stream, status, "video/mp4", clip.len(), clip),
        }
    }
}

/// A host that only counts its visitors and has a clip.
pub struct Elsewhere {
    pub base: String,
    visits: Arc<Mutex<Vec<Asked>>>,
}

impl Elsewhere {
    pub fn open(clip: &[u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let visits: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (log, clip) = (Arc::clone(&visits), clip.to_vec());
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let Ok(asked) = read(&mut stream) else { continue };
                log.lock().unwrap().push(asked);
                let _ = send(&mut stream, 200, "video/mp4", clip.len(), &clip);
            }
        });
        Self { base, visits }
    }

    pub fn visits(&self) -> Vec<Asked> {
        self.visits.lock().unwrap().clone()
    }
}

/// Without what differs from one client to another.
fn plain(path: &str) -> String {
    let path = path.split("?logs=").next().unwrap().split("?stream=").next().unwrap();
    path.replace("/fal-ai/fal-ai/", "/fal-ai/")
}

/// Reads what a client asks; an error where it breaks off, as one that is killed does.
pub fn read(stream: &mut TcpStream) -> std::io::Result<Asked> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut next = || {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if line.ends_with('\n') { Ok(line) } else { Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof)) }
    };
    let line = next()?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let mut asked =
        Asked { method: words.next().unwrap_or_default(), path: words.next().unwrap_or_default(), ..Asked::default() };
    loop {
        let line = next()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        asked.headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let length = asked.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    asked.body = vec![0; length];
    reader.read_exact(&mut asked.body)?;
    Ok(asked)
}

pub fn reply(stream: &mut TcpStream, status: u16, headers: &[(String, String)], body: &str) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {status} x\r\nContent-Type: application/json\r\nConnection: close\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len())
}

pub fn page(stream: &mut TcpStream) -> std::io::Result<()> {
    let body = "<html>please sign in</html>";
    send(stream, 200, "text/html", body.len(), body.as_bytes())
}

pub fn send(stream: &mut TcpStream, status: u16, kind: &str, length: usize, body: &[u8]) -> std::io::Result<()> {
    write!(
        stream,
        "HTTP/1.1 {status} x\r\nContent-Type: {kind}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
    )?;
    stream.write_all(body)
}

/// The path of a call, for tests that read it.
pub fn text(path: &str) -> Text {
    Text::parse(path).unwrap()
}

/// A server that gives every question the same answer.
pub struct Parrot {
    pub base: String,
    path: Arc<Mutex<String>>,
}

impl Parrot {
    /// The path that was asked for last.
    pub fn path(&self) -> String {
        self.path.lock().unwrap().clone()
    }
}

/// Answers `status` and `body` to whatever is asked.
pub fn always(status: u16, body: &str) -> Parrot {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (path, body) = (Arc::new(Mutex::new(String::new())), body.to_owned());
    let heard = Arc::clone(&path);
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let Ok(asked) = read(&mut stream) else { continue };
            heard.lock().unwrap().clone_from(&asked.path);
            let _ = reply(&mut stream, status, &[], &body);
        }
    });
    Parrot { base, path }
}
