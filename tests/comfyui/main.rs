//! `ComfyUI`, from recordings of a real server; and, where `COMFYUI_URL` is set, a live one.
#![allow(unreachable_pub, dead_code, reason = "modules of a test")]
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "../contract_server/mod.rs"]
mod contract_server;
mod failures;
#[path = "../recording/mod.rs"]
mod recording;
#[path = "../scene/mod.rs"]
mod scene;
mod server;

use holdstill::{
    frame::Size,
    media,
    provider::{Comfy, Error, Fate, Generated, Progress, Request, Ticket},
    store::Money,
};
use recording::fixture;
use scene::Scene;
use serde_json::{Value, json};
use server::{Script, Server, Session};
use std::{cell::Cell, fs, path::Path};

/// The job of `run.json`.
const RUN: &str = "11111111-2222-4333-8444-555555555555";
/// The job of `failure.json`.
const FAILURE: &str = "cd1f3fcf-b1f8-4ea2-9b38-86a038c2d83c";
/// The running and the waiting job of `cancel.json`.
const RUNNING: &str = "6e04b979-6205-44c3-aa88-677242144e0a";
const WAITING: &str = "bfa82f6c-19d9-4fae-8ed6-8c96d976e6fe";

fn request(folder: &Path) -> Request {
    Request {
        seed: fixture("first.png"),
        last: None,
        out: folder.join("clip.mp4"),
        prompt: "turn".into(),
        duration_secs: 1.0,
        fps: 24,
        size: Size::new(64, 64),
        motion: "push-in".into(),
        strength: 1.0,
        rng_seed: 7,
        take: 1,
        mask: None,
        depth: None,
        aspect: "still".into(),
        simulate: Vec::new(),
    }
}

fn open(base: &str, workflow: &Value) -> Comfy {
    let env = |name: &str| (name == "COMFYUI_URL").then(|| base.to_owned());
    Comfy::open(&workflow.to_string(), &env).unwrap()
}

/// Has a clip made under the name `job`; somebody asks to stop after so many questions whether to.
fn generate(comfy: &Comfy, job: &str, folder: &Path, patience: u32) -> (Result<Generated, Error>, Vec<Progress>) {
    let mut told = Vec::new();
    let left = Cell::new(patience);
    let is_cancelled = || left.replace(left.get().saturating_sub(1)) == 0;
    let made = wait(comfy.generate(&request(folder), job, &mut |progress| told.push(progress), &is_cancelled));
    (made, told)
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// The workflow that `run.json` sends.
fn workflow() -> Value {
    Session::open("run").sent(0)["prompt"].clone()
}

fn refusal(made: Result<Generated, Error>) -> (String, &'static str) {
    let error = made.unwrap_err();
    assert_eq!((error.cost(), error.fate()), (Some(Money::ZERO), Fate::Over), "{error}");
    (error.to_string(), error.code())
}

#[test]
fn a_recorded_run_is_sent_and_read_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let session = Session::open("run");
    let history = format!("GET /history/{RUN}");
    let script = Script::new()
        .then("POST /prompt", session.status(0), session.answer(0))
        .then(&history, 200, &json!({}))
        .then(&history, 200, session.answer(2))
        .then("GET /queue", 200, session.answer(1));
    let server = Server::play(script, RUN);
    let (made, told) = generate(&open(&server.base, &workflow()), RUN, folder.path(), u32::MAX);
    assert_eq!(made.unwrap(), Generated { cost: Some(Money::ZERO) });
    assert_eq!(media::probe(&folder.path().join("clip.mp4")).unwrap().frames_estimate, Some(12));
    assert!(told.contains(&Progress::Accepted(Ticket::of(RUN))) && told.contains(&Progress::Fraction(0.0)), "{told:?}");
    let sent = server.posted("/prompt").remove(0);
    assert_eq!((&sent["prompt"], &sent["prompt_id"]), (&session.sent(0)["prompt"], &json!(RUN)));
    let view = server.asked().pop().unwrap().path;
    assert_eq!(view, "/view?filename=probe_00001_.mp4&subfolder=video&type=output", "the clip, not the pictures");
}

#[test]
fn a_refusal_names_the_node() {
    let folder = tempfile::tempdir().unwrap();
    let session = Session::open("refusals");
    for (at, words) in [
        (0, "node 1 “seed frame” (LoadImage): Custom validation failed for node: image - Invalid image file"),
        (1, "node 3 (RepeatImageBatch): Value 0 smaller than min of 1: amount"),
        (2, "Cannot execute because node NoSuchNode does not exist.: Node ID '#4'"),
        (3, "Prompt has no outputs"),
    ] {
        let server = Server::play(Script::new().then("POST /prompt", session.status(at), session.answer(at)), RUN);
        let (made, _) = generate(&open(&server.base, &workflow()), RUN, folder.path(), u32::MAX);
        let (message, code) = refusal(made);
        assert!(message.contains(words), "{message}");
        assert_eq!((code, server.posted("/prompt").len()), ("provider-invalid-input", 1));
    }
}

#[test]
fn a_failure_at_work_names_the_node_and_a_deleted_job_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let session = Session::open("failure");
    let script = || Script::new().then("POST /prompt", 200, session.answer(0));
    let broken = script().then(&format!("GET /history/{FAILURE}"), 200, session.answer(1));
    let server = Server::play(broken, FAILURE);
    let (made, _) = generate(&open(&server.base, &workflow()), FAILURE, folder.path(), u32::MAX);
    let (message, code) = refusal(made);
    assert!(message.contains("node 5 (SaveVideo): **** ERROR: Saving image outside the output folder"), "{message}");
    assert_eq!(code, "provider-broke");

    let server = Server::play(script(), FAILURE);
    let (made, _) = generate(&open(&server.base, &workflow()), FAILURE, folder.path(), u32::MAX);
    let (message, code) = refusal(made);
    assert!(message.contains("does not know the job any more"), "{message}");
    assert_eq!((code, server.posted("/prompt").len()), ("provider-not-found", 1));
}

#[test]
fn stopping_interrupts_our_job_alone() {
    let folder = tempfile::tempdir().unwrap();
    let session = Session::open("cancel");
    for (job, path, body) in
        [(RUNNING, "/interrupt", json!({ "prompt_id": RUNNING })), (WAITING, "/queue", json!({ "delete": [WAITING] }))]
    {
        let script = Script::new().then("POST /prompt", 200, &json!({ "prompt_id": job }));
        let server = Server::play(script.then("GET /queue", 200, session.answer(2)), job);
        let (made, told) = generate(&open(&server.base, &workflow()), job, folder.path(), 6);
        let error = made.unwrap_err();
        assert!(matches!(error, Error::Cancelled { fate: Fate::Over, .. }), "{error}");
        let stops = [server.posted("/interrupt"), server.posted("/queue")].concat();
        assert_eq!((server.posted(path), stops.len()), (vec![body], 1));
        let waits = Progress::Message("comfyui: the job waits behind 1".into());
        assert_eq!(told.contains(&waits), job == WAITING, "{told:?}");
    }
    let interrupted = Script::new().then("POST /prompt", 200, session.answer(0)).then(
        &format!("GET /history/{RUNNING}"),
        200,
        session.answer(6),
    );
    let server = Server::play(interrupted, RUNNING);
    let (made, _) = generate(&open(&server.base, &workflow()), RUNNING, folder.path(), u32::MAX);
    assert_eq!(refusal(made).1, "provider-canceled");
}

#[test]
fn a_lost_answer_is_looked_for_in_queue_and_history() {
    let (run, cancel) = (Session::open("run"), Session::open("cancel"));
    let found = |script: Script, job: &str| {
        let server = Server::play(script, job);
        let found = wait(open(&server.base, &workflow()).find(job)).unwrap();
        found.map(|ticket| ticket.job().to_owned())
    };
    let history = Script::new().then(&format!("GET /history/{RUN}"), 200, run.answer(2));
    assert_eq!(found(history, RUN).as_deref(), Some(RUN));
    for job in [RUNNING, WAITING] {
        let queue = Script::new().then("GET /queue", 200, cancel.answer(2));
        assert_eq!(found(queue, job).as_deref(), Some(job));
    }
    assert_eq!(found(Script::new(), RUN), None);
}

#[test]
fn the_whole_loop_runs_on_a_workflow() {
    let scene = Scene::new();
    fs::write(scene.path("my.json"), workflow().to_string()).unwrap();
    let session = Session::open("run");
    let script = Script::new().then("POST /prompt", 200, session.answer(0));
    let server = Server::play(script.then(&format!("GET /history/{RUN}"), 200, session.answer(2)), RUN);
    let animate = ["animate", "still.png", "--workflow", "my.json", "--takes", "1", "--out", "o.mp4", "--json"];
    let animated = scene.holdstill(&animate).env("COMFYUI_URL", &server.base).output().unwrap();
    let told = String::from_utf8_lossy(&animated.stdout);
    let report: Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
    assert_eq!(report["takes"][0]["provider"], "comfyui", "{}", String::from_utf8_lossy(&animated.stderr));
    assert!(scene.path("o.mp4").exists());
    let shown = scene.holdstill(&["providers", "show", "comfyui"]).assert().code(0);
    shown.stdout(predicates::str::contains("holdstill: width height frames"));
    let none = scene.holdstill(&["animate", "still.png", "--provider", "comfyui"]).assert().code(2);
    none.stderr(predicates::str::contains("--workflow"));
}

/// Runs `pan.json` (no weights are needed) and every failure on the server that `COMFYUI_URL` names.
#[test]
fn a_live_server_does_as_recorded() {
    let Ok(base) = std::env::var("COMFYUI_URL") else { return };
    let folder = tempfile::tempdir().unwrap();
    let workflow: Value = serde_json::from_slice(&fs::read(fixture("comfyui/pan.json")).unwrap()).unwrap();
    let job = || uuid::Uuid::now_v7().to_string();
    let comfy = open(&base, &workflow);
    let id = job();
    let (made, told) = generate(&comfy, &id, folder.path(), u32::MAX);
    assert_eq!(made.unwrap(), Generated { cost: Some(Money::ZERO) }, "{told:?}");
    assert_eq!(media::probe(&folder.path().join("clip.mp4")).unwrap().frames_estimate, Some(24));
    assert_eq!(wait(comfy.find(&id)).unwrap(), Some(Ticket::of(&id)));
    assert_eq!(wait(comfy.find(&job())).unwrap(), None);

    let altered = |node: &str, input: &str, value: Value| {
        let mut altered = workflow.clone();
        altered[node]["inputs"][input] = value;
        open(&base, &altered)
    };
    let (made, _) = generate(&altered("large", "width", json!(-1)), &job(), folder.path(), u32::MAX);
    assert!(refusal(made).0.contains("node large “Scale” (ImageScale): Value -1 smaller than min"));
    let outside = altered("save", "filename_prefix", json!("../../escape"));
    let (made, _) = generate(&outside, &job(), folder.path(), u32::MAX);
    assert!(refusal(made).0.contains("node save “Save” (SaveVideo)"));

    // large enough to be interrupted at work
    let slow = altered("large", "width", json!(8000));
    let (made, _) = generate(&slow, &job(), folder.path(), 2);
    assert!(matches!(made.unwrap_err(), Error::Cancelled { fate: Fate::Over, .. }));
}
