//! Everything that can go wrong between us and a `ComfyUI` server, or a gateway before it.

use super::{RUN, RUNNING, generate, open, refusal, wait, workflow};
use crate::{
    contract_server::Elsewhere,
    server::{Answer, Script, Server, Session},
};
use holdstill::provider::{Error, Fate, Generated, Progress, Stopped};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

struct Outcome {
    made: Result<Generated, Error>,
    told: Vec<Progress>,
    server: Server,
    is_whole: bool,
    took: Duration,
}

/// Has a clip made by a server that answers as recorded but for what `spoil` adds to its script.
fn attempt(spoil: impl FnOnce(Script) -> Script) -> Outcome {
    let session = Session::open("run");
    let script = spoil(Script::new()).then("POST /prompt", 200, session.answer(0)).then(
        &format!("GET /history/{RUN}"),
        200,
        session.answer(2),
    );
    let server = Server::play(script, RUN);
    let folder = tempfile::tempdir().unwrap();
    let began = Instant::now();
    let (made, told) = generate(&open(&server.base, &workflow()), RUN, folder.path(), u32::MAX);
    let is_whole = folder.path().join("clip.mp4").exists();
    assert!(is_whole || made.is_err());
    Outcome { made, told, server, is_whole, took: began.elapsed() }
}

impl Outcome {
    fn submits(&self) -> usize {
        self.server.asked().iter().filter(|asked| asked.path == "/prompt").count()
    }

    fn is_made(&self, submits: usize) {
        assert!(self.made.is_ok() && self.is_whole, "{:?}", self.made);
        assert_eq!(self.submits(), submits);
    }

    fn is_left(&self, code: &str, fate: Fate) {
        let error = self.made.as_ref().unwrap_err();
        assert_eq!((error.code(), error.fate(), self.submits()), (code, fate, 1), "{error}");
        assert!(!self.is_whole && !error.hint().is_empty());
    }
}

fn history(answer: Answer) -> impl FnOnce(Script) -> Script {
    move |script| script.and(&format!("GET /history/{RUN}"), answer)
}

#[test]
fn a_throttle_is_waited_out_and_its_word_obeyed() {
    attempt(|script| script.and("POST /prompt", Answer::Throttle(None))).is_made(2);
    let told = attempt(|script| script.and("POST /prompt", Answer::Throttle(Some(3))));
    told.is_made(2);
    assert!(told.took >= Duration::from_secs(3), "{:?}", told.took);
}

#[test]
fn a_broken_dropped_or_strange_answer_to_a_submit_is_perhaps_accepted() {
    for answer in [Answer::Json(500, json!({})), Answer::Json(502, Value::Null), Answer::Silence, Answer::Page] {
        attempt(|script| script.and("POST /prompt", answer)).is_left("answer-lost", Fate::Unknown);
    }
}

#[test]
fn a_broken_dropped_or_strange_answer_to_a_question_says_nothing_of_the_job() {
    for answer in [Answer::Json(503, Value::Null), Answer::Silence, Answer::Page] {
        attempt(history(answer.clone())).is_made(1);
        // the queue is behind the same gateway
        let queue = answer.clone();
        attempt(|script| history(answer)(script).and("GET /queue", queue)).is_made(1);
    }
    let gateway = attempt(|script| {
        let pages = (0..20).fold(script, |script, _| history(Answer::Page)(script));
        pages.and("GET /queue", Answer::Page)
    });
    gateway.is_left("job-pending", Fate::Open);
}

#[test]
fn a_slow_job_is_waited_for() {
    let queue = json!({ "queue_running": [[0, RUN, {}, {}, []]], "queue_pending": [] });
    let slow = attempt(|script| {
        let script = (0..6).fold(script, |script, _| history(Answer::Json(200, json!({})))(script));
        script.then("GET /queue", 200, &queue)
    });
    slow.is_made(1);
    assert!(slow.told.contains(&Progress::Fraction(0.0)));
}

#[test]
fn a_job_that_ends_with_an_unheard_word_and_no_clip_is_no_success() {
    let entry = json!({ RUN: { "prompt": [0, RUN, {}, {}, []], "outputs": {}, "status": { "status_str": "pondering", "completed": false, "messages": [] } } });
    let (message, code) = refusal(attempt(history(Answer::Json(200, entry))).made);
    assert!(message.contains("saved no clip"), "{message}");
    assert_eq!(code, "provider-invalid-input");
}

#[test]
fn a_clip_is_fetched_to_its_end_or_left_with_its_job() {
    let broken = attempt(|script| script.and("GET /view", Answer::Half).and("GET /view", Answer::Clip("video/mp4")));
    broken.is_made(1);
    let ranges = broken.server.asked().into_iter().filter(|asked| asked.header("range").is_some()).count();
    assert_eq!(ranges, 1, "it goes on where it broke off");
    attempt(|script| script.and("GET /view", Answer::Clip("application/octet-stream"))).is_made(1);
    attempt(|script| script.and("GET /view", Answer::Json(404, Value::Null))).is_left("job-pending", Fate::Open);
}

#[test]
fn a_page_is_no_clip_whatever_it_is_called() {
    let called = [Answer::Page, Answer::LyingPage];
    // both wait out the same pauses
    std::thread::scope(|scope| {
        for answer in called {
            scope.spawn(|| attempt(|script| script.and("GET /view", answer)).is_left("job-pending", Fate::Open));
        }
    });
}

#[test]
fn a_clip_elsewhere_is_fetched_only_from_where_it_may_lie() {
    let clip = std::fs::read(crate::recording::fixture("comfyui/motion.mp4")).unwrap();
    let elsewhere = Elsewhere::open(&clip);
    let place = format!("{}/clip.mp4", elsewhere.base);
    attempt(|script| script.and("GET /view", Answer::Redirect(place))).is_made(1);
    assert_eq!(elsewhere.visits().len(), 1);
    let public = Answer::Redirect("http://cdn.example/clip.mp4".into());
    attempt(|script| script.and("GET /view", public)).is_left("job-pending", Fate::Open);
}

#[test]
fn stopping_is_believed_only_where_the_server_says_so() {
    let session = Session::open("cancel");
    let stop = |script: Script| {
        let server = Server::play(script, RUNNING);
        wait(open(&server.base, &workflow()).stop(RUNNING))
    };
    let queue = |script: Script| script.then("GET /queue", 200, session.answer(2));
    assert_eq!(stop(queue(Script::new())).unwrap(), Stopped::Now);
    assert_eq!(stop(Script::new()).unwrap(), Stopped::Ended);
    assert_eq!(stop(Script::new().and("GET /queue", Answer::Page)).unwrap_err().code(), "answer-lost");
    let deaf = Script::default().then("POST /interrupt", 500, &Value::Null);
    assert_eq!(stop(queue(deaf)).unwrap_err().code(), "answer-lost");
}
