//! `holdstill providers` and buying a clip: keys, budgets, SIGKILL at every step, and what is never written down.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod contract_server;
mod discreet;
mod recording;
mod scene;

use contract_server::{Faults, Mischief, Server};
use discreet::{Discreet, KEY};
use holdstill::{
    provider::Shelf,
    store::{
        Home, Ledger,
        ledger::{Attempt, AttemptState},
    },
};
use predicates::prelude::*;
use scene::Scene;
use serde_json::{Value, json};
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

const PATIENCE: Duration = Duration::from_secs(90);
const ANIMATE: [&str; 7] = ["animate", "still.png", "--provider", "xai", "--yes", "--budget", "2"];

/// A folder with a still, a hurried copy of the recipe of xAI, and the provider on this machine.
struct Shop {
    scene: Scene,
    server: Server,
}

impl Shop {
    fn open(mischief: Mischief) -> Self {
        Self::altered(mischief, "")
    }

    /// With more lines in the recipe.
    fn altered(mischief: Mischief, more: &str) -> Self {
        let scene = Scene::new().faithful("good.mp4");
        let recipes = scene.path("config/holdstill/recipes");
        fs::create_dir_all(&recipes).unwrap();
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("recipes/xai.toml")).unwrap();
        fs::write(recipes.join("xai.toml"), text + "\n[manners]\npoll_secs = 0.02\n" + more).unwrap();
        let recipe = Shelf::new(Some(recipes)).open("xai").unwrap();
        let clip = fs::read(scene.path("good.mp4")).unwrap();
        let faults = Faults {
            credit: (429, json!({ "error": "out of credits" })),
            moderated: Value::Null,
            failed: json!({ "status": "failed" }),
        };
        let server = Server::play(&recipe, "xai_rest", 0, faults, mischief, &clip, "http://127.0.0.1:9");
        Self { scene, server }
    }

    fn environment(&self) -> [(&'static str, String); 4] {
        [
            ("XDG_CONFIG_HOME", self.scene.path("config").display().to_string()),
            ("XAI_API_KEY", KEY.to_owned()),
            ("HOLDSTILL_XAI_BASE_URL", format!("{}/v1", self.server.base)),
            ("HOLDSTILL_HOME", self.scene.path("home").display().to_string()),
        ]
    }

    fn holdstill(&self, args: &[&str]) -> Discreet {
        let mut command = Discreet::of(self.scene.holdstill(args));
        command.envs(self.environment());
        command
    }

    fn attempts(&self) -> Vec<Attempt> {
        let ledger = Ledger::open(&Home::open(Some(&self.scene.path("home"))).unwrap()).unwrap();
        ledger.runs(1).unwrap().first().map(|run| ledger.attempts(&run.id).unwrap()).unwrap_or_default()
    }

    /// Starts `animate` and kills it, without warning, once `is_time`.
    fn kill_when(&self, what: &str, is_time: impl Fn(&[Attempt]) -> bool) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_holdstill"))
            .current_dir(self.scene.path(""))
            .envs(self.environment())
            .args(ANIMATE)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let began = Instant::now();
        while !is_time(&self.attempts()) {
            assert!(began.elapsed() < PATIENCE, "waited in vain until {what}");
            sleep(Duration::from_millis(5));
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }

    fn resume(&self, more: &[&str]) -> assert_cmd::assert::Assert {
        let run = self.attempts()[0].run.clone();
        self.holdstill(&[&["runs", "resume", &run], more].concat()).assert()
    }
}

/// Nothing on this disk knows the key or the signature of a link.
impl Drop for Shop {
    fn drop(&mut self) {
        discreet::search_at_the_end(&self.scene.path(""));
    }
}

fn state(attempts: &[Attempt]) -> Option<AttemptState> {
    attempts.first().map(|attempt| attempt.state)
}

#[test]
fn a_clip_is_bought_once_and_nothing_secret_is_written_down() {
    let shop = Shop::open(Mischief::None);
    let bought = shop.holdstill(&[&ANIMATE[..], &["--json", "-vv", "--report", "r.html"]].concat()).output().unwrap();
    let told = [bought.stdout, bought.stderr].concat();
    assert_eq!(bought.status.code(), Some(0), "{}", String::from_utf8_lossy(&told));
    let attempt = &shop.attempts()[0];
    assert_eq!((attempt.provider.as_str(), attempt.job_id.as_deref()), ("xai", Some("x-1")));
    assert_eq!(attempt.cost.unwrap().to_string(), "$0.25", "what it says that it charged");
    shop.holdstill(&ANIMATE).assert().code(0);
    assert_eq!(shop.server.submits(), 1);
    for (by, group) in [("provider", "xai"), ("tier", "final")] {
        let ledger = shop.holdstill(&["ledger", "--by", by, "--json"]).output().unwrap();
        let spent: Value = serde_json::from_slice(&ledger.stdout).unwrap();
        let expected = json!({ "group": group, "attempts": 1, "clips": 1, "estimated_micros": 560_000,
            "reserved_micros": 0, "settled_micros": 250_000, "charged": { "ticks": 2_500_000_000.0 },
            "accepted_secs": 4.0, "micros_per_accepted_second": 62_500 });
        assert_eq!(spent["groups"], json!([expected]));
    }
    let columns = |word: &str| predicate::str::contains(word.to_owned());
    for words in [&["runs"][..], &["ledger", "--by", "day"], &["runs", "show", &attempt.run]] {
        let told = shop.holdstill(words).assert().code(0);
        told.stdout(columns("estimate").and(columns("$0.56")).and(columns("$0.25")).and(columns("$0.0625")));
    }
    for words in [&["ledger"][..], &["runs", "show", &attempt.run]] {
        shop.holdstill(words).assert().code(0).stdout(columns("2500000000 ticks"));
    }
}

#[test]
fn the_user_s_own_settings_lead_to_another_host_and_a_project_s_do_not() {
    let shop = Shop::open(Mischief::None);
    let elsewhere = |args: &[&str]| {
        let mut command = shop.holdstill(args);
        command.env_remove("HOLDSTILL_XAI_BASE_URL");
        command
    };
    let table = format!("takes = 1\n\n[base_url]\nxai = \"{}/v1\"\n", shop.server.base);
    let project = shop.scene.path("holdstill.toml");
    fs::write(&project, &table).unwrap();
    let refused = elsewhere(&ANIMATE).assert().code(2);
    refused
        .stderr(predicate::str::contains("holdstill.toml:4").and(predicate::str::contains("your key would go there")));
    fs::remove_file(&project).unwrap();
    assert_eq!(shop.server.asked().len(), 0);

    let own = shop.scene.path("config/holdstill/config.toml");
    fs::write(&own, &table).unwrap();
    let shown = elsewhere(&["providers", "show", "xai"]).assert().code(0);
    shown.stdout(predicate::str::contains("config.toml:4), instead of https://api.x.ai"));
    elsewhere(&ANIMATE).assert().code(0);
    assert_eq!(shop.server.submits(), 1);

    fs::write(&own, "[base_url]\nxai = \"http://api.example\"\n").unwrap();
    let plain = elsewhere(&[&ANIMATE[..], &["--fresh"]].concat()).assert().code(2);
    plain.stderr(predicate::str::contains("not https"));
    fs::write(&own, "[base_url]\nxai = 3\n").unwrap();
    elsewhere(&ANIMATE).assert().code(2).stderr(predicate::str::contains("config.toml:2"));
}

#[test]
fn an_old_price_is_told_wherever_it_counts() {
    let shop = Shop::open(Mischief::None);
    let recipe = shop.scene.path("config/holdstill/recipes/xai.toml");
    let text = fs::read_to_string(&recipe).unwrap();
    let dated = |days: i64| {
        let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let day = today.checked_sub(jiff::Span::new().days(days)).unwrap();
        fs::write(&recipe, text.replace("as_of = \"2026-11-22\"", &format!("as_of = \"{day}\""))).unwrap();
    };
    let note = "the prices of xai were looked up 91 days ago";
    for (days, is_told) in [(90, false), (91, true)] {
        dated(days);
        for words in [&["providers"][..], &["providers", "show", "xai"], &["plan", "still.png", "--provider", "xai"]] {
            let told = shop.holdstill(words).output().unwrap();
            assert_eq!(told.status.code(), Some(0), "{words:?}");
            assert_eq!(String::from_utf8_lossy(&told.stderr).contains(note), is_told, "{words:?}, {days} days");
        }
    }
    shop.holdstill(&ANIMATE).assert().code(0).stderr(predicate::str::contains(note));
}

#[test]
fn a_job_that_was_cut_off_is_taken_up_again_and_never_paid_twice() {
    for (mischief, at) in [
        (Mischief::HeldPolls, AttemptState::Running),
        (Mischief::HeldClip, AttemptState::Running),
        (Mischief::None, AttemptState::Downloaded),
    ] {
        let shop = Shop::open(mischief);
        shop.kill_when(&format!("{mischief:?} {at}"), |attempts| state(attempts) == Some(at));
        shop.server.release();
        shop.resume(&[]).code(0).stdout(predicate::str::contains("HOLD"));
        assert_eq!((shop.server.submits(), state(&shop.attempts())), (1, Some(AttemptState::Settled)), "{mischief:?}");
    }
}

#[test]
fn a_run_that_is_given_up_stops_its_job_but_throws_no_clip_away() {
    let cancel = "[cancel]\nmethod = \"DELETE\"\npath = \"/videos/{job}\"\n";
    let cut_off = |mischief, more| {
        let shop = Shop::altered(mischief, more);
        shop.kill_when("the job runs", |attempts| state(attempts) == Some(AttemptState::Running));
        let run = shop.attempts()[0].run.clone();
        (shop.holdstill(&["runs", "cancel", &run]).assert(), shop)
    };
    let deletes = |shop: &Shop| shop.server.asked().iter().filter(|asked| asked.method == "DELETE").count();

    let (told, shop) = cut_off(Mischief::HeldPolls, cancel);
    told.code(0).stdout(predicate::str::contains("stopped; counted as charged"));
    let attempt = &shop.attempts()[0];
    assert_eq!((attempt.state, attempt.cost, deletes(&shop)), (AttemptState::Cancelled, Some(attempt.price), 1));

    let (told, shop) = cut_off(Mischief::HeldPolls, "");
    told.code(4).stdout(predicate::str::contains("cannot be told to stop"));
    assert_eq!((state(&shop.attempts()), deletes(&shop)), (Some(AttemptState::Running), 0));

    let (told, shop) = cut_off(Mischief::HeldClip, cancel);
    told.code(4).stdout(predicate::str::contains("ended already"));
    assert_eq!(deletes(&shop), 0, "some providers delete what they are told to cancel");
    shop.server.release();
    shop.resume(&[]).code(0);
    assert_eq!(shop.server.submits(), 1);
}

#[test]
fn an_answer_that_was_lost_is_not_paid_for_again_unless_told_so() {
    let shop = Shop::open(Mischief::HeldSubmit);
    shop.kill_when("the request has left", |attempts| {
        state(attempts) == Some(AttemptState::Intended) && shop.server.submits() == 1
    });
    shop.server.release();
    for _ in 0..2 {
        shop.resume(&[]).code(5).stderr(predicate::str::contains("--resubmit"));
    }
    assert_eq!((shop.server.submits(), state(&shop.attempts())), (1, Some(AttemptState::Unknown)));
    shop.resume(&["--resubmit"]).code(0);
    assert_eq!(shop.server.submits(), 2);
}

#[test]
fn failures_have_their_codes_and_say_no_secret() {
    for (mischief, code, word) in [
        (Mischief::Failed, 4, "said no"),
        (Mischief::OutOfCredit, 4, "credits"),
        (Mischief::BrokenSubmit, 4, "runs resume"),
    ] {
        let shop = Shop::open(mischief);
        let failed = shop.holdstill(&ANIMATE).assert().code(code);
        failed.stderr(predicate::str::contains(word).and(predicate::str::contains("hint:")));
        assert_eq!(shop.server.submits(), 1, "{mischief:?}");
    }
}

#[test]
fn nothing_is_sent_without_key_budget_and_a_fitting_wish() {
    let shop = Shop::open(Mischief::None);
    let animate = ["animate", "still.png", "--provider", "xai"];
    shop.holdstill(&animate).env_remove("XAI_API_KEY").assert().code(2).stderr(predicate::str::contains("XAI_API_KEY"));
    shop.holdstill(&animate)
        .assert()
        .code(5)
        .stderr(predicate::str::contains("$0.56 in all").or(predicate::str::contains("--yes")));
    shop.holdstill(&[&animate[..], &["--yes", "--budget", "0.1"]].concat()).assert().code(5);
    let long = [&ANIMATE[..], &["--duration", "99s"]].concat();
    shop.holdstill(&long).assert().code(2).stderr(predicate::str::contains("not of 99 s"));
    let nobody = ["animate", "still.png", "--provider", "nobody"];
    shop.holdstill(&nobody).assert().code(2).stderr(predicate::str::contains("no provider is called `nobody`"));
    let public = shop.holdstill(&ANIMATE).env("HOLDSTILL_XAI_BASE_URL", "http://api.example").assert().code(2);
    public.stderr(predicate::str::contains("not https"));
    assert_eq!(shop.server.asked().len(), 0);
}

#[test]
fn a_plan_quotes_without_a_key() {
    let shop = Shop::open(Mischief::None);
    let plan = shop.holdstill(&["plan", "still.png", "--provider", "fal", "--tier", "draft", "--takes", "2"]).assert();
    plan.code(0).stdout(predicate::str::contains("$0.20 a call, at most $0.40"));
}

#[test]
fn recipes_are_listed_shown_and_examined() {
    let scene = Scene::new();
    let list = scene.holdstill(&["providers"]).env("FAL_KEY", KEY).assert().code(0);
    list.stdout(
        predicate::str::contains("runway")
            .and(predicate::str::contains("RUNWAYML_API_SECRET"))
            .and(predicate::str::contains(KEY).not()),
    );
    let shown = scene.holdstill(&["providers", "show", "kling"]).assert().code(0);
    shown.stdout(
        predicate::str::contains("KLINGAI_ACCESS_KEY + KLINGAI_SECRET_KEY")
            .and(predicate::str::contains("not confirmed")),
    );
    let ark = scene.holdstill(&["providers", "show", "ark"]).assert().code(0);
    ark.stdout(
        predicate::str::contains("seedance-1-5-pro-251215  exact, 1080p within 7 days, $0.75 for 5 s")
            .and(predicate::str::contains("seedance-1-0-pro-fast-251015  no final of its family (seedance-1)")),
    );
    let runway = scene.holdstill(&["providers", "show", "runway", "--json"]).output().unwrap();
    let finals = serde_json::from_slice::<Value>(&runway.stdout).unwrap()["finals"].clone();
    let ways = [&finals[0]["link"], &finals[0]["model"], &finals[1]["link"], &finals[1]["keeps_days"]];
    assert_eq!(ways, [&json!("rerender"), &json!("gen4.5"), &json!("exact"), &json!(7)]);
    scene.holdstill(&["providers", "show", "nobody"]).assert().code(2);

    let good = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("recipes/luma.toml")).unwrap();
    for (from, to, line, word) in [
        ("id = \"luma\"", "id = \"luma\"\ncolour = 1", 3, "colour"),
        ("prompt = \"{prompt}\"", "prompt = \"{promt}\"", 22, "promt"),
        ("take = { job = \"/id\" }", "take = { jobb = \"/id\" }", 15, "where the job's name is"),
        ("https://agents", "http://agents", 7, "not https"),
        ("completed = \"succeeded\"", "completed = \"running\"", 37, "no word means `succeeded`"),
        ("at = \"/state\"", "at = \"state\"", 36, "begins with `/`"),
    ] {
        assert!(good.contains(from), "{from}");
        fs::write(scene.path("mine.toml"), good.replacen(from, to, 1)).unwrap();
        let told = scene.holdstill(&["providers", "check", "mine.toml"]).assert().code(2);
        told.stderr(predicate::str::contains(word).and(predicate::str::contains(format!("mine.toml:{line}:"))));
    }
    fs::write(scene.path("mine.toml"), good).unwrap();
    scene.holdstill(&["providers", "check", "mine.toml"]).assert().code(0).stdout(predicate::str::contains("sound"));
}
