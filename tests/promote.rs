//! `holdstill promote`: drafts made final by the provider's own call, anew, or not at all; money, SIGKILL, and how far the
//! final is from its draft.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod contract_server;
mod discreet;
mod recording;
mod scene;

use contract_server::{Faults, Mischief, Server};
use discreet::{Discreet, KEY};
use holdstill::{
    frame::{Picture, Size, Time, pyramid},
    media::{EncodeSettings, Encoder},
    provider::Shelf,
    store::{
        Home, Ledger,
        ledger::{Attempt, AttemptState, Run},
    },
};
use predicates::prelude::*;
use recording::Recording;
use scene::{FPS, SIZE, Scene, zoomed};
use serde_json::{Value, json};
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

const PATIENCE: Duration = Duration::from_secs(90);
/// The draft of the recordings, with a final of the same id.
const JOB: &str = "cgt-20261122200000-abcde";
const FRAMES: usize = 12;

/// A provider, its recording, and the model whose drafts it makes final.
#[derive(Clone, Copy)]
struct Vendor {
    id: &'static str,
    recorded: &'static str,
    /// What the recording's paths begin with.
    base: &'static str,
    key: &'static str,
    model: &'static str,
    /// The submit that is played.
    at: usize,
}

const ARK: Vendor = Vendor {
    id: "ark",
    recorded: "ark_byteplus",
    base: "/api/v3",
    key: "ARK_API_KEY",
    model: "seedance-1-5-pro-251215",
    at: 0,
};
const ARK_CN: Vendor =
    Vendor { id: "ark-cn", recorded: "ark_volcengine", model: "doubao-seedance-1-5-pro-251215", ..ARK };
const RUNWAY: Vendor =
    Vendor { id: "runway", recorded: "runway", base: "", key: "RUNWAYML_API_SECRET", model: "gen4_turbo", at: 2 };

/// A folder with a still and a draft of it, and the provider on this machine.
struct Shop {
    scene: Scene,
    vendor: Vendor,
}

impl Shop {
    fn open(vendor: Vendor) -> Self {
        let scene = Scene::new();
        let recipes = scene.path("config/holdstill/recipes");
        fs::create_dir_all(&recipes).unwrap();
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("recipes/{}.toml", vendor.id));
        // the stills of a test are small, and it has no time
        let text = fs::read_to_string(shipped).unwrap().replace("sides = [300, 6000]\n", "");
        let hurried = match text.find("[manners]") {
            Some(_) => text.replace("poll_secs = 6.0", "poll_secs = 0.02"),
            None => text + "\n[manners]\npoll_secs = 0.02\n",
        };
        fs::write(recipes.join(format!("{}.toml", vendor.id)), hurried).unwrap();
        Self { scene, vendor }
    }

    /// The same with a draft in its ledger.
    fn with_draft(vendor: Vendor) -> (Self, Run) {
        let shop = Self::open(vendor);
        let server = shop.server(Mischief::None, &draft());
        let wish = format!("{}/{}", vendor.id, vendor.model);
        let mut animate = shop.holdstill(
            &server,
            &[
                "animate",
                "still.png",
                "--prompt",
                "slow push",
                "--provider",
                &wish,
                "--tier",
                "draft",
                "--yes",
                "--budget",
                "2",
            ],
        );
        animate.assert().code(0);
        assert_eq!(server.submits(), 1);
        let run = shop.ledger().runs(1).unwrap().remove(0);
        (shop, run)
    }

    fn server(&self, mischief: Mischief, clip: &[u8]) -> Server {
        let recipe = Shelf::new(Some(self.scene.path("config/holdstill/recipes"))).open(self.vendor.id).unwrap();
        let faults = Faults {
            credit: (404, json!({ "error": { "code": "ResourceNotFound", "message": "no such draft task" } })),
            moderated: Value::Null,
            failed: Value::Null,
        };
        Server::play(&recipe, self.vendor.recorded, self.vendor.at, faults, mischief, clip, "http://127.0.0.1:9")
    }

    fn environment(&self, server: &Server) -> [(String, String); 4] {
        let base = format!("HOLDSTILL_{}_BASE_URL", self.vendor.id.to_ascii_uppercase().replace('-', "_"));
        [
            ("XDG_CONFIG_HOME".into(), self.scene.path("config").display().to_string()),
            (self.vendor.key.into(), KEY.into()),
            (base, format!("{}{}", server.base, self.vendor.base)),
            ("HOLDSTILL_HOME".into(), self.scene.path("home").display().to_string()),
        ]
    }

    fn holdstill(&self, server: &Server, args: &[&str]) -> Discreet {
        let mut command = Discreet::of(self.scene.holdstill(args));
        command.envs(self.environment(server));
        command
    }

    fn promote(&self, server: &Server, run: &Run, more: &[&str]) -> Discreet {
        self.holdstill(server, &[&["promote", run.id.as_str()], more].concat())
    }

    fn ledger(&self) -> Ledger {
        Ledger::open(&Home::open(Some(&self.scene.path("home"))).unwrap()).unwrap()
    }

    /// The attempts of the newest run.
    fn attempts(&self) -> Vec<Attempt> {
        let ledger = self.ledger();
        ledger.attempts(&ledger.runs(1).unwrap()[0].id).unwrap()
    }
}

/// Nothing on this disk knows the key or the signature of a link.
impl Drop for Shop {
    fn drop(&mut self) {
        discreet::search_at_the_end(&self.scene.path(""));
    }
}

const BUY: [&str; 3] = ["--yes", "--budget", "2"];

/// A clip of the still under a slow zoom, `of` its pixels, with every frame through `change`.
fn clip(of: usize, change: impl Fn(usize, Picture) -> Picture) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.mp4");
    let size = Size::new(SIZE.width * of, SIZE.height * of);
    let mut encoder = Encoder::create(&path, &EncodeSettings::new(size, (FPS, 1))).unwrap();
    for i in 0..FRAMES {
        let frame = change(i, zoomed(1.0 + 0.004 * i as f32));
        encoder.push(&pyramid::resize_picture(&frame, size), Time::of_frame(i, FPS, 1)).unwrap();
    }
    encoder.finish().unwrap();
    fs::read(path).unwrap()
}

fn draft() -> Vec<u8> {
    clip(1, |_, frame| frame)
}

/// The same content with four times the pixels.
fn same_content() -> Vec<u8> {
    clip(2, |_, frame| frame)
}

fn envelope(stdout: &[u8]) -> Value {
    serde_json::from_str(std::str::from_utf8(stdout).unwrap().lines().last().unwrap()).unwrap()
}

#[test]
fn an_exact_final_is_one_paid_request_by_the_draft_s_job() {
    for vendor in [ARK, ARK_CN] {
        let (shop, run) = Shop::with_draft(vendor);
        let server = shop.server(Mischief::None, &same_content());
        let plan = shop.promote(&server, &run, &["--plan", "--json"]).output().unwrap();
        let plan = envelope(&plan.stdout);
        assert_eq!((&plan["draft"]["link"], &plan["price_micros"]), (&json!("exact"), &json!(600_000)), "{plan}");
        assert_eq!(server.asked().len(), 0, "a plan sends nothing");

        let made =
            shop.promote(&server, &run, &[&BUY[..], &["--json", "--report", "r.html"]].concat()).output().unwrap();
        assert_eq!(made.status.code(), Some(0), "{}", String::from_utf8_lossy(&made.stderr));
        let recorded = Recording::open(vendor.recorded).exchanges.remove(4).json.unwrap();
        let paid: Vec<_> = server.asked().into_iter().filter(|asked| asked.method == "POST").collect();
        assert_eq!(paid.len(), 1);
        assert_eq!(serde_json::from_slice::<Value>(&paid[0].body).unwrap(), recorded, "what the vendor's client sends");

        let report = envelope(&made.stdout);
        let promotion = &report["promotion"];
        assert_eq!((&promotion["link"], &promotion["run"]), (&json!("exact"), &json!(run.id)));
        assert_eq!(promotion["warnings"], json!([]), "{promotion}");
        assert_eq!(report["cost"]["settled_micros"], json!(600_000));
        assert_eq!(fs::read(shop.scene.path("out/still-final.mp4")).unwrap(), same_content());
        let page = fs::read_to_string(shop.scene.path("r.html")).unwrap();
        assert!(page.contains("Draft and final") && page.contains("exact: the provider makes it"), "{page}");
        assert!(!page.contains(KEY) && !String::from_utf8_lossy(&made.stdout).contains(KEY));

        // the same command again takes the same run up, however old the draft is by then
        let ledger = rusqlite::Connection::open(shop.scene.path("home/ledger.sqlite")).unwrap();
        ledger.execute("UPDATE attempts SET created = '2020-01-01T00:00:00Z'", []).unwrap();
        let again = shop.promote(&server, &run, &BUY).assert().code(0);
        again.stdout(predicate::str::contains("the final differs from its draft: colour ΔE2000 0."));
        assert_eq!((server.submits(), shop.ledger().runs(9).unwrap().len()), (1, 2));
        let spent = shop.holdstill(&server, &["ledger", "--by", "tier", "--json"]).output().unwrap();
        let groups = envelope(&spent.stdout)["groups"].clone();
        assert_eq!((&groups[0]["group"], &groups[1]["group"]), (&json!("draft"), &json!("final")), "{groups}");
    }
}

#[test]
fn a_promotion_that_was_killed_goes_on_and_is_never_paid_twice() {
    for (mischief, at) in [
        (Mischief::HeldPolls, AttemptState::Running),
        (Mischief::HeldClip, AttemptState::Running),
        (Mischief::None, AttemptState::Downloaded),
    ] {
        let (shop, run) = Shop::with_draft(ARK);
        let server = shop.server(mischief, &same_content());
        kill_when(&shop, &server, &run, |attempts| attempts[0].state == at);
        server.release();
        let promotion = shop.ledger().runs(1).unwrap().remove(0).id;
        shop.holdstill(&server, &["runs", "resume", &promotion])
            .assert()
            .code(0)
            .stdout(predicate::str::contains("exact: the provider makes it"));
        assert_eq!((server.submits(), shop.attempts()[0].state), (1, AttemptState::Settled), "{mischief:?}");
    }
}

#[test]
fn a_promotion_whose_answer_was_lost_is_not_paid_for_again_unless_told_so() {
    let (shop, run) = Shop::with_draft(ARK);
    let server = shop.server(Mischief::HeldSubmit, &same_content());
    kill_when(&shop, &server, &run, |_| server.submits() == 1);
    server.release();
    let promotion = shop.ledger().runs(1).unwrap().remove(0).id;
    for again in [&["runs", "resume", &promotion][..], &["promote", &run.id, "--yes", "--budget", "2"]] {
        shop.holdstill(&server, again).assert().code(5).stderr(predicate::str::contains("--resubmit"));
    }
    assert_eq!((server.submits(), shop.attempts()[0].state), (1, AttemptState::Unknown));
    shop.holdstill(&server, &["runs", "resume", &promotion, "--resubmit"]).assert().code(0);
    assert_eq!(server.submits(), 2);
}

/// Starts `promote` and kills it, without warning, once `is_time`.
fn kill_when(shop: &Shop, server: &Server, run: &Run, is_time: impl Fn(&[Attempt]) -> bool) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_holdstill"))
        .current_dir(shop.scene.path(""))
        .envs(shop.environment(server))
        .args([&["promote", run.id.as_str()][..], &BUY].concat())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let began = Instant::now();
    let is_promotion = || shop.ledger().runs(9).unwrap().len() == 2;
    while !(is_promotion() && !shop.attempts().is_empty() && is_time(&shop.attempts())) {
        assert!(began.elapsed() < PATIENCE, "waited in vain");
        sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn nothing_is_sent_without_money_and_a_way_inside_the_family() {
    let (shop, run) = Shop::with_draft(ARK);
    let server = shop.server(Mischief::None, &same_content());
    let refused = |more: &[&str], code: i32, words: &[&str]| {
        let told = shop.promote(&server, &run, more).assert().code(code);
        let told = String::from_utf8_lossy(&told.get_output().stderr).into_owned();
        assert!(words.iter().all(|word| told.contains(word)), "{more:?}: {told}");
    };
    refused(&["--yes", "--budget", "0.59"], 5, &["$0.60", "$0.59"]);
    refused(&[], 5, &["nobody agreed"]);
    let other = "dreamina-seedance-2-5-260628";
    refused(&[&BUY[..], &["--model", other]].concat(), 2, &["seedance-1.5", "seedance-2.5", "--force", "exact"]);
    refused(&[&BUY[..], &["--rerender"]].concat(), 2, &["no final of the family seedance-1.5", other]);
    refused(&[&BUY[..], &["--model", "nobody"]].concat(), 2, &["no final model `nobody`"]);
    refused(&[&BUY[..], &["--take", "2"]].concat(), 2, &["take 2", "has no clip"]);
    assert_eq!(server.asked().len(), 0);
    shop.holdstill(&server, &["promote", "ffff-ffff"]).assert().code(2);

    fs::copy(shop.scene.path("still.png"), shop.scene.path("kept.png")).unwrap();
    holdstill::media::save_png(&zoomed(1.2), &shop.scene.path("still.png")).unwrap();
    refused(&BUY, 2, &["another picture than the draft was made from"]);
    fs::rename(shop.scene.path("kept.png"), shop.scene.path("still.png")).unwrap();
    assert_eq!((server.asked().len(), shop.attempts().len()), (0, 0), "one run more, with nothing asked");
}

#[test]
fn another_family_is_crossed_to_by_force_alone_and_labelled() {
    let (shop, run) = Shop::with_draft(ARK);
    let server = shop.server(Mischief::None, &same_content());
    let other = "dreamina-seedance-2-5-260628";
    let forced = ["--model", other, "--force", "--yes", "--budget", "3", "--json"];
    let made = shop.promote(&server, &run, &forced).output().unwrap();
    assert_eq!(made.status.code(), Some(0), "{}", String::from_utf8_lossy(&made.stderr));
    let promotion = envelope(&made.stdout)["promotion"].clone();
    let families = (&promotion["link"], &promotion["family"], &promotion["final_family"]);
    assert_eq!(families, (&json!("crossing"), &json!("seedance-1.5"), &json!("seedance-2.5")));
    let body: Value = serde_json::from_slice(&server.asked()[0].body).unwrap();
    assert_eq!((&body["model"], &body["content"][1]["type"]), (&json!(other), &json!("image_url")));
}

#[test]
fn a_rerender_asks_for_the_same_thing_and_says_what_it_is() {
    let (shop, run) = Shop::with_draft(RUNWAY);
    let server = shop.server(Mischief::None, &same_content());
    let made = shop.promote(&server, &run, &BUY).assert().code(0);
    let told = String::from_utf8_lossy(&made.get_output().stdout).into_owned();
    assert!(told.contains("re-render") && told.contains("does not reproduce the draft"), "{told}");
    let asked: Value = serde_json::from_slice(&server.asked()[0].body).unwrap();
    let draft: Value = serde_json::from_str(&shop.ledger().attempts(&run.id).unwrap()[0].request).unwrap();
    assert_eq!((&asked["model"], &asked["seed"]), (&json!("gen4.5"), &draft["rng_seed"]));
    assert_eq!((&asked["promptText"], &asked["duration"]), (&json!("slow push"), &json!(4)));
    // a final is no draft
    let promotion = shop.ledger().runs(1).unwrap().remove(0);
    shop.promote(&server, &promotion, &BUY).assert().code(2).stderr(predicate::str::contains("final already"));
}

#[test]
fn a_draft_that_the_provider_has_thrown_away_is_told_of_before_and_after() {
    let (shop, run) = Shop::with_draft(ARK);
    let server = shop.server(Mischief::OutOfCredit, &same_content());
    let gone = shop.promote(&server, &run, &BUY).assert().code(4);
    gone.stderr(predicate::str::contains(JOB).and(predicate::str::contains("no such draft task")));
    let attempt = &shop.attempts()[0];
    let charged = attempt.cost.map(|cost| cost.to_string());
    assert_eq!((attempt.failure_code.as_deref(), charged.as_deref()), (Some("draft-gone"), Some("$0.00")));

    let ledger = rusqlite::Connection::open(shop.scene.path("home/ledger.sqlite")).unwrap();
    let old = "UPDATE attempts SET created = '2020-01-01T00:00:00Z' WHERE run = ?1";
    assert_eq!(ledger.execute(old, [&run.id]).unwrap(), 1);
    let late = shop.promote(&server, &run, &BUY).assert().code(2);
    late.stderr(
        predicate::str::contains("keeps drafts for 7 days").and(predicate::str::contains("make the draft anew")),
    );
    assert_eq!(server.submits(), 1, "nothing is sent for what is known to be gone");
}

#[test]
fn what_is_no_whole_take_of_a_draft_model_is_not_promoted() {
    let (shop, run) = Shop::with_draft(ARK);
    let server = shop.server(Mischief::None, &same_content());
    let ledger = rusqlite::Connection::open(shop.scene.path("home/ledger.sqlite")).unwrap();
    let mended = "UPDATE runs SET report = json_set(report, '$.final.is_mended', json('true')) WHERE id = ?1";
    assert_eq!(ledger.execute(mended, [&run.id]).unwrap(), 1);
    let told = shop.promote(&server, &run, &BUY).assert().code(2);
    told.stderr(predicate::str::contains("without the mends").and(predicate::str::contains("--take 1")));
    shop.promote(&server, &run, &["--take", "1", "--plan"]).assert().code(0).stdout(predicate::str::contains("exact"));

    let spliced =
        "INSERT INTO attempts (run, take, client_id, provider, request_digest, request, state, price, cost, blob,
                                         created, updated)
                   SELECT run, 2, client_id || '2', provider, request_digest,
                          json_set(request, '$.take', 2, '$.patch', json_object('base', id)), state, price, cost, blob,
                          created, updated FROM attempts WHERE run = ?1";
    assert_eq!(ledger.execute(spliced, [&run.id]).unwrap(), 1);
    let told = shop.promote(&server, &run, &["--take", "2", "--plan"]).assert().code(2);
    told.stderr(predicate::str::contains("is take 1 with a part made anew").and(predicate::str::contains("--take 1")));

    let local = ["animate", "still.png", "--duration", "1s", "--out", "mine.mp4"];
    shop.holdstill(&server, &local).assert().code(0);
    let mine = shop.ledger().runs(1).unwrap().remove(0);
    shop.promote(&server, &mine, &BUY).assert().code(2).stderr(predicate::str::contains("which has no drafts"));
    assert_eq!(server.asked().len(), 0);
}

#[test]
fn an_exact_final_that_is_another_clip_is_warned_about() {
    let swapped = clip(2, |_, Picture { rgb: [r, g, b] }| Picture { rgb: [g, r, b] });
    let (shop, run) = Shop::with_draft(ARK);
    let server = shop.server(Mischief::None, &swapped);
    let made = shop.promote(&server, &run, &BUY).assert().code(0);
    let told = String::from_utf8_lossy(&made.get_output().stdout).into_owned();
    for words in [
        "the provider promises the draft's content",
        "before it was mended, the final differs",
        "(limit 1.5)",
        "identity",
    ] {
        assert!(told.contains(words), "{words} is missing: {told}");
    }
    assert_eq!(server.submits(), 1, "asking again would bring the same");
}
