//! Every class of provider against a server that plays it from its recording and does it every mischief.
#![allow(unreachable_pub, dead_code, reason = "modules of a test")]
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod classes;
#[path = "../recording/mod.rs"]
mod recording;
#[path = "../scene/mod.rs"]
mod scene;
mod sdks;
#[path = "../contract_server/mod.rs"]
mod server;

use classes::{Class, classes};
use holdstill::{
    frame::Size,
    provider::{Error, Fate, Generated, Progress, Remote, Request, Shelf},
    store::Money,
};
use server::{Elsewhere, Faults, Mischief, Server};
use std::{fs, path::Path, sync::OnceLock};

/// What came of one attempt.
struct Outcome {
    made: Result<Generated, Error>,
    server: Server,
    elsewhere: Elsewhere,
    heard: Vec<Progress>,
    /// Whether the clip arrived whole.
    is_whole: bool,
    secs: f64,
}

const KEY: &str = "SECRET-KEY-DO-NOT-PRINT";

fn clip() -> &'static [u8] {
    static CLIP: OnceLock<Vec<u8>> = OnceLock::new();
    CLIP.get_or_init(|| {
        let scene = scene::Scene::new();
        scene::write_clip(&scene.path("c.mp4"), 4, |i| scene::zoomed(1.0 + 0.01 * i as f32));
        fs::read(scene.path("c.mp4")).unwrap()
    })
}

fn attempt(class: &Class, mischief: Mischief) -> Outcome {
    attempt_until(class, mischief, &|_| false)
}

/// The same, given up as soon as what the server was asked says so.
fn attempt_until(class: &Class, mischief: Mischief, is_enough: &dyn Fn(&Server) -> bool) -> Outcome {
    let mut recipe = Shelf::default().open(class.id).unwrap();
    recipe.manners.poll_secs = 0.01;
    // the pictures of a test are small
    recipe.picture.sides = None;
    let elsewhere = Elsewhere::open(clip());
    let faults =
        Faults { credit: class.credit.clone(), moderated: class.moderated.clone(), failed: class.failed.clone() };
    let at = class.at;
    // fal's recorded client asked for a sibling of the shipped model
    let model = recipe.model(Some(class.model), class.tier).unwrap().clone();
    let mut sent = model.clone();
    if class.id == "fal" {
        sent.path = Some(server::text("/fal-ai/bytedance/seedance/v1/lite/image-to-video"));
    }
    let server = Server::play(&recipe, class.recorded, at, faults, mischief, clip(), &elsewhere.base);
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("o.mp4");
    let base = format!("{}{}", server.base, class.base);
    let variable = recipe.base_variable();
    let env = |name: &str| if name == variable { Some(base.clone()) } else { Some(KEY.to_owned()) };
    let remote = Remote::new(recipe, sent, &env).unwrap();
    let mut heard = Vec::new();
    let began = std::time::Instant::now();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let request = request(&model, &out);
    let made = runtime
        .block_on(remote.generate(&request, "client-1", &mut |progress| heard.push(progress), &|| is_enough(&server)));
    let is_whole = fs::read(&out).is_ok_and(|bytes| bytes == clip());
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        usize::from(is_whole || folder.path().join("o.part.mp4").exists()),
        "{}",
        class.id
    );
    Outcome { made, server, elsewhere, heard, is_whole, secs: began.elapsed().as_secs_f64() }
}

fn request(model: &holdstill::provider::recipe::Model, out: &Path) -> Request {
    let still = recording::fixture("first.png");
    let aspect = model.ratios.keys().find(|shape| shape.contains(':')).map_or("still", String::as_str);
    Request {
        seed: still,
        last: None,
        out: out.to_owned(),
        prompt: "slow push".into(),
        duration_secs: f64::from(model.durations.nearest(5.0)),
        fps: 24,
        size: Size::new(720, 900),
        motion: "push-in".into(),
        strength: 1.0,
        rng_seed: 7,
        take: 1,
        mask: None,
        depth: None,
        aspect: aspect.into(),
        simulate: Vec::new(),
    }
}

/// Runs every class through a mischief and checks what came of it.
fn everywhere(mischief: Mischief, check: impl Fn(&Class, &Outcome)) {
    for class in classes() {
        let outcome = attempt(&class, mischief);
        if let Err(error) = &outcome.made {
            let told = format!("{error} {error:?} {}", error.hint());
            assert!(!told.contains(KEY), "{}: {told}", class.id);
        }
        check(&class, &outcome);
    }
}

fn is_made(class: &Class, outcome: &Outcome, submits: usize) {
    assert!(outcome.made.is_ok(), "{}: {:?}\n{:#?}", class.id, outcome.made, paths(outcome));
    assert_eq!((outcome.is_whole, outcome.server.submits()), (true, submits), "{}", class.id);
    let accepted = outcome.heard.iter().filter(|progress| matches!(progress, Progress::Accepted(_))).count();
    assert_eq!(accepted, 1, "{}: one receipt", class.id);
}

fn fails(class: &Class, outcome: &Outcome, code: &str, fate: Fate, submits: usize) {
    let Err(error) = &outcome.made else { panic!("{} made a clip: {:#?}", class.id, paths(outcome)) };
    assert_eq!((error.code(), error.fate()), (code, fate), "{}: {error}\n{:#?}", class.id, paths(outcome));
    assert_eq!(outcome.server.submits(), submits, "{}", class.id);
}

fn paths(outcome: &Outcome) -> Vec<String> {
    outcome.server.asked().iter().map(|asked| format!("{} {}", asked.method, asked.path)).collect()
}

#[test]
fn a_clip_is_made_with_one_submit() {
    everywhere(Mischief::None, |class, outcome| {
        is_made(class, outcome, 1);
        let cost = outcome.made.as_ref().unwrap().cost.map(|cost| cost.to_string());
        let expected = match class.id {
            "runway" | "xai" | "openrouter" => Some("$0.25".to_owned()),
            _ => None,
        };
        assert_eq!(cost, expected, "{}", class.id);
    });
}

#[test]
fn a_slow_job_is_waited_for() {
    everywhere(Mischief::Slow, |class, outcome| is_made(class, outcome, 1));
}

#[test]
fn a_throttled_submit_is_sent_again_when_the_provider_says_so() {
    everywhere(Mischief::Throttled(None), |class, outcome| is_made(class, outcome, 2));
    let outcome = attempt(&classes()[0], Mischief::Throttled(Some(1)));
    is_made(&classes()[0], &outcome, 2);
    assert!(outcome.secs >= 1.0, "Retry-After is obeyed: {} s", outcome.secs);
}

#[test]
fn a_broken_submit_is_perhaps_charged_and_never_repeated_blindly() {
    everywhere(Mischief::BrokenSubmit, |class, outcome| match class.id {
        "comfy-router" => {
            fails(class, outcome, "answer-lost", Fate::Unknown, 6);
            let asked = outcome.server.asked();
            let keys: std::collections::BTreeSet<_> =
                asked.iter().map(|asked| asked.header("idempotency-key")).collect();
            assert_eq!(keys.into_iter().collect::<Vec<_>>(), [Some("client-1")], "the provider knows it again");
        }
        _ => fails(class, outcome, "answer-lost", Fate::Unknown, 1),
    });
}

#[test]
fn a_page_that_calls_itself_a_success_is_perhaps_charged() {
    everywhere(Mischief::PageForSubmit, |class, outcome| {
        let submits = if class.id == "comfy-router" { 6 } else { 1 };
        fails(class, outcome, "answer-lost", Fate::Unknown, submits);
    });
}

#[test]
fn a_paid_clip_whose_address_is_withheld_today_is_not_given_up() {
    everywhere(Mischief::LockedResult, |class, outcome| {
        let has_hop = Shelf::default().open(class.id).unwrap().result.hop.is_some();
        if has_hop {
            fails(class, outcome, "job-pending", Fate::Open, 1);
        } else {
            is_made(class, outcome, 1);
        }
    });
}

#[test]
fn a_job_is_looked_for_by_our_name_and_only_a_plain_no_is_a_no() {
    let id = "kling";
    let job = serde_json::json!({ "code": 0, "data": { "task_id": "job-9", "task_status": "submitted" } }).to_string();
    let none = serde_json::json!({ "code": 0, "data": {} }).to_string();
    for (status, body, found) in [
        (200, job.as_str(), Some(Some("job-9"))),
        (200, none.as_str(), Some(None)),
        (404, "{}", Some(None)),
        (200, "<html>", None),
        (401, "{}", None),
        (429, "{}", None),
        (503, "", None),
    ] {
        let asked = server::always(status, body);
        let recipe = Shelf::default().open(id).unwrap();
        let variable = recipe.base_variable();
        let base = asked.base.clone();
        let env = |name: &str| match name {
            _ if name == variable => Some(base.clone()),
            "KLINGAI_API_KEY" => Some(KEY.to_owned()),
            _ => None,
        };
        let model = recipe.models[0].clone();
        let remote = Remote::new(recipe, model, &env).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let answer = runtime.block_on(remote.find("client-1"));
        match (answer, found) {
            (Ok(ticket), Some(job)) => {
                assert_eq!(ticket.as_ref().map(holdstill::provider::Ticket::job), job, "HTTP {status} {body}");
            }
            (Err(error), None) => assert_eq!(error.code(), "answer-lost", "HTTP {status} {body}"),
            (answer, _) => panic!("HTTP {status} {body}: {answer:?}"),
        }
        assert!(asked.path().contains("client-1"), "{}", asked.path());
    }
}

#[test]
fn a_download_that_does_not_begin_is_left_when_somebody_asks_to_stop() {
    for class in classes() {
        let began = std::time::Instant::now();
        let stop = |server: &Server| server.asked().len() > 1 && began.elapsed().as_secs_f64() > 1.0;
        let outcome = attempt_until(&class, Mischief::HeldClip, &stop);
        outcome.server.release();
        fails(&class, &outcome, "cancelled", Fate::Open, 1);
        assert!(outcome.secs < 10.0, "{}: {} s", class.id, outcome.secs);
    }
}

#[test]
fn a_dropped_connection_is_perhaps_charged() {
    for mischief in [Mischief::DroppedUnread, Mischief::DroppedRead] {
        everywhere(mischief, |class, outcome| match class.id {
            "comfy-router" => is_made(class, outcome, 2),
            _ => fails(class, outcome, "answer-lost", Fate::Unknown, 1),
        });
    }
}

#[test]
fn broken_polls_are_asked_again() {
    for mischief in [Mischief::BrokenPolls, Mischief::PageForPoll] {
        everywhere(mischief, |class, outcome| is_made(class, outcome, 1));
    }
}

#[test]
fn an_empty_account_is_told_apart_from_a_throttle() {
    everywhere(Mischief::OutOfCredit, |class, outcome| {
        fails(class, outcome, "provider-out-of-credit", Fate::Over, 1);
        assert_eq!(outcome.made.as_ref().unwrap_err().cost(), Some(Money::ZERO), "{}", class.id);
    });
}

#[test]
fn moderation_and_failure_end_a_job() {
    everywhere(Mischief::Moderated, |class, outcome| fails(class, outcome, "provider-moderated", Fate::Over, 1));
    everywhere(Mischief::Failed, |class, outcome| fails(class, outcome, "provider-broke", Fate::Over, 1));
}

#[test]
fn an_unheard_word_is_told_and_waited_out() {
    everywhere(Mischief::UnheardWord, |class, outcome| {
        is_made(class, outcome, 1);
        let is_told =
            outcome.heard.iter().any(|p| matches!(p, Progress::Message(words) if words.contains("PONDERING")));
        // flags and statuses leave no room for words
        assert_eq!(is_told, !["veo"].contains(&class.id), "{}", class.id);
    });
}

#[test]
fn an_expired_address_is_asked_for_anew() {
    everywhere(Mischief::ExpiredUrl, |class, outcome| is_made(class, outcome, 1));
}

#[test]
fn a_truncated_download_goes_on_where_it_broke_off() {
    everywhere(Mischief::Truncated, |class, outcome| {
        is_made(class, outcome, 1);
        let half = format!("bytes={}-", clip().len() / 2);
        let ranges: Vec<_> =
            outcome.server.asked().into_iter().filter_map(|asked| asked.header("range").map(str::to_owned)).collect();
        assert_eq!(ranges, [half], "{}", class.id);
    });
}

#[test]
fn a_page_is_no_clip_and_the_job_stays() {
    everywhere(Mischief::PageForClip, |class, outcome| fails(class, outcome, "job-pending", Fate::Open, 1));
}

#[test]
fn a_key_never_follows_a_redirect() {
    everywhere(Mischief::RedirectedPolls, |class, outcome| {
        fails(class, outcome, "job-pending", Fate::Open, 1);
        assert!(outcome.elsewhere.visits().is_empty(), "{}", class.id);
    });
    everywhere(Mischief::RedirectedClip, |class, outcome| {
        is_made(class, outcome, 1);
        let visits = outcome.elsewhere.visits();
        assert_eq!(visits.len(), 1, "{}", class.id);
        let is_bare = visits[0].headers.iter().all(|(_, value)| !value.contains(KEY));
        assert!(is_bare, "{}: {:?}", class.id, visits[0].headers);
    });
}

#[test]
fn only_the_provider_sees_the_key_and_a_clip_s_host_does_not() {
    everywhere(Mischief::None, |class, outcome| {
        for asked in outcome.server.asked() {
            let has_key = asked.headers.iter().any(|(_, value)| value.contains(KEY));
            let is_clip = ["/cdn/", "/delivery/", "/tos/", "/media/", "/oss/", "/o.mp4"]
                .iter()
                .any(|part| asked.path.starts_with(part));
            assert_eq!(has_key, !is_clip, "{}: {}", class.id, asked.path);
        }
    });
}

#[test]
fn nobody_listening_costs_nothing() {
    let class = &classes()[0];
    let mut recipe = Shelf::default().open(class.id).unwrap();
    recipe.manners.poll_secs = 0.01;
    let model = recipe.model(Some(class.model), class.tier).unwrap().clone();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let env = |name: &str| Some(if name.ends_with("_BASE_URL") { format!("http://{free}") } else { KEY.into() });
    let remote = Remote::new(recipe, model.clone(), &env).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let request = request(&model, &folder.path().join("o.mp4"));
    let error = runtime.block_on(remote.generate(&request, "c", &mut |_| {}, &|| false)).unwrap_err();
    assert_eq!((error.code(), error.cost()), ("provider-unreached", Some(Money::ZERO)));
}
