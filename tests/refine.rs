//! `holdstill refine`: a still that is really edited by a server on this machine, paid once, measured, and given back.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod contract_server;
mod discreet;
mod recording;
mod scene;

use contract_server::{
    Mischief,
    stills::{Brush, Editor, Way},
};
use discreet::{Discreet, KEY, SIGNATURE};
use holdstill::{
    frame::{Picture, Plane, Size, sample},
    media,
    store::{
        Home, Ledger,
        ledger::{Attempt, AttemptState},
    },
};
use predicates::prelude::*;
use scene::{SIZE, Scene};
use serde_json::Value;
use std::{
    fs,
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

const PATIENCE: Duration = Duration::from_secs(90);
/// First and last column and row of the edit, of the leak and of the mask, as shares of the picture.
const EDIT: [f32; 4] = [0.40, 0.60, 0.30, 0.60];
const LEAK: [f32; 4] = [0.05, 0.15, 0.70, 0.85];
const MASK: [f32; 4] = [0.36, 0.64, 0.26, 0.64];

fn is_in([left, right, top, bottom]: [f32; 4], size: Size, x: usize, y: usize) -> bool {
    let (x, y) = ((x as f32 + 0.5) / size.width as f32, (y as f32 + 0.5) / size.height as f32);
    (left..right).contains(&x) && (top..bottom).contains(&y)
}

/// Turns the product's middle blue, as asked, and brightens a corner, as nobody asked.
fn leaky(picture: &Picture) -> Picture {
    let size = picture.size();
    let mut edited = picture.clone();
    for y in 0..size.height {
        for x in 0..size.width {
            if is_in(EDIT, size, x, y) {
                for (channel, value) in edited.rgb.iter_mut().zip([0.1, 0.2, 0.8]) {
                    channel.set(x, y, value);
                }
            } else if is_in(LEAK, size, x, y) {
                for channel in &mut edited.rgb {
                    channel.set(x, y, (channel.at(x, y) + 0.2).min(1.0));
                }
            }
        }
    }
    edited
}

/// The same, cropped: magnified by a tenth about its centre.
fn cropped(picture: &Picture) -> Picture {
    let edited = leaky(picture);
    let size = picture.size();
    let (cx, cy) = (size.width as f32 / 2.0, size.height as f32 / 2.0);
    let channel = |c: usize| {
        Plane::from_fn(size.width, size.height, |x, y| {
            sample::bilinear(&edited.rgb[c], (x as f32 - cx) / 1.1 + cx, (y as f32 - cy) / 1.1 + cy)
        })
    };
    Picture { rgb: [channel(0), channel(1), channel(2)] }
}

fn idle(picture: &Picture) -> Picture {
    picture.clone()
}

/// A folder with a still and a mask, and an editor on this machine.
struct Studio {
    scene: Scene,
    editor: Editor,
    provider: &'static str,
    base: String,
}

impl Studio {
    fn open(provider: &'static str, mischief: Mischief, way: Way, brush: Brush) -> Self {
        let (recorded, at, path) = match provider {
            "gemini-image" => ("google_sdk3", 3, ""),
            _ => ("ark_byteplus", 7, "/api/v3"),
        };
        let scene = Scene::new();
        let white = Plane::from_fn(SIZE.width, SIZE.height, |x, y| f32::from(u8::from(is_in(MASK, SIZE, x, y))));
        media::save_png(&Picture { rgb: [white.clone(), white.clone(), white] }, &scene.path("mask.png")).unwrap();
        let editor = Editor::play(recorded, at, mischief, way, brush);
        let base = format!("{}{path}", editor.base);
        Self { scene, editor, provider, base }
    }

    fn seedream(mischief: Mischief) -> Self {
        Self::open("seedream", mischief, Way::Inline, leaky)
    }

    fn environment(&self) -> [(&'static str, String); 5] {
        [
            ("XDG_CONFIG_HOME", self.scene.path("config").display().to_string()),
            ("ARK_API_KEY", KEY.to_owned()),
            ("GEMINI_API_KEY", KEY.to_owned()),
            (
                if self.provider == "seedream" {
                    "HOLDSTILL_SEEDREAM_BASE_URL"
                } else {
                    "HOLDSTILL_GEMINI_IMAGE_BASE_URL"
                },
                self.base.clone(),
            ),
            ("HOLDSTILL_HOME", self.scene.path("home").display().to_string()),
        ]
    }

    fn args<'a>(&self, more: &[&'a str]) -> Vec<&'a str> {
        let refine = ["refine", "still.png", "--prompt", "make it blue", "--provider", self.provider];
        [&refine[..], &["--yes", "--budget", "0.30"], more].concat()
    }

    fn holdstill(&self, args: &[&str]) -> Discreet {
        let mut command = Discreet::of(self.scene.holdstill(args));
        command.envs(self.environment());
        command
    }

    fn refine(&self, more: &[&str]) -> assert_cmd::assert::Assert {
        self.holdstill(&self.args(more)).assert()
    }

    fn report(&self) -> Value {
        serde_json::from_slice(&fs::read(self.scene.path("refined.json")).unwrap()).unwrap()
    }

    fn attempts(&self) -> Vec<Attempt> {
        let ledger = Ledger::open(&Home::open(Some(&self.scene.path("home"))).unwrap()).unwrap();
        ledger.runs(1).unwrap().first().map(|run| ledger.attempts(&run.id).unwrap()).unwrap_or_default()
    }

    fn state(&self) -> Option<AttemptState> {
        self.attempts().last().map(|attempt| attempt.state)
    }

    /// Starts `refine` and kills it, without warning, once `is_time`.
    fn kill_when(&self, what: &str, is_time: impl Fn() -> bool) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_holdstill"))
            .current_dir(self.scene.path(""))
            .envs(self.environment())
            .args(self.args(&[]))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let began = Instant::now();
        while !is_time() {
            assert!(began.elapsed() < PATIENCE, "waited in vain until {what}");
            sleep(Duration::from_millis(5));
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

/// Nothing on this disk knows the key or the signature of a link.
impl Drop for Studio {
    fn drop(&mut self) {
        discreet::search_at_the_end(&self.scene.path(""));
    }
}

fn share(report: &Value, place: &str) -> f64 {
    report.pointer(place).and_then(Value::as_f64).unwrap_or_else(|| panic!("no {place} in {report:#}"))
}

#[test]
fn an_edit_is_paid_once_and_what_leaked_is_found_in_its_place() {
    for provider in ["gemini-image", "seedream"] {
        let studio = Studio::open(provider, Mischief::None, Way::Inline, leaky);
        let original = fs::read(studio.scene.path("still.png")).unwrap();
        let told = studio.holdstill(&studio.args(&["--mask", "mask.png", "--json", "-vv"])).output().unwrap();
        let words = [told.stdout, told.stderr].concat();
        assert_eq!(told.status.code(), Some(0), "{}", String::from_utf8_lossy(&words));
        assert!(!String::from_utf8_lossy(&words).contains(KEY), "{provider}");
        let report = studio.report();
        // the leak takes 1.5 % of the picture, 1.7 % of what is outside the mask
        let leaked = share(&report, "/outside/changed_share");
        assert!((0.012..0.022).contains(&leaked), "{provider}: {leaked}");
        assert!(share(&report, "/inside/changed_share") > 0.5, "{provider}: {report:#}");
        assert!(share(&report, "/floor/changed_share") < 0.001, "{provider}: {report:#}");
        assert!(share(&report, "/outside/delta_e_median") < 0.5, "{provider}: {report:#}");
        let [x, y, w, h] = [0, 1, 2, 3].map(|i| share(&report, &format!("/largest/rect/{i}")));
        let expected = [LEAK[0] * 192.0, LEAK[2] * 144.0, 0.10 * 192.0, 0.15 * 144.0];
        for (found, expected) in [x, y, w, h].into_iter().zip(expected) {
            assert!((found - f64::from(expected)).abs() < 4.0, "{provider}: {x} {y} {w} {h}");
        }
        let refined = media::load_picture(&studio.scene.path("refined.png")).unwrap();
        assert_eq!(refined.size(), SIZE, "{provider}: brought back to the still's size");
        assert!(studio.scene.path("refined.changes.png").exists());
        assert_eq!(fs::read(studio.scene.path("still.png")).unwrap(), original, "the original stays");

        studio.refine(&["--mask", "mask.png"]).code(0).stdout(predicate::str::contains("made before"));
        studio.refine(&["--mask", "mask.png", "--keep-outside"]).code(0);
        let kept = studio.report();
        assert_eq!(share(&kept, "/outside/changed_share"), 0.0, "{kept:#}");
        assert_eq!(share(&kept, "/outside/delta_e_p95"), 0.0, "{kept:#}");
        assert_eq!(share(&kept, "/came/outside/changed_share"), leaked, "what came is told all the same");
        assert!(share(&kept, "/inside/changed_share") > 0.4);
        let still = media::load_picture(&studio.scene.path("still.png")).unwrap();
        let refined = media::load_picture(&studio.scene.path("refined.png")).unwrap();
        for (x, y) in (0..SIZE.height).flat_map(|y| (0..SIZE.width).map(move |x| (x, y))) {
            if !is_in(MASK, SIZE, x, y) {
                assert!((0..3).all(|c| still.rgb[c].at(x, y) == refined.rgb[c].at(x, y)), "{provider}: {x}, {y}");
            }
        }
        assert_eq!((studio.editor.submits(), studio.state()), (1, Some(AttemptState::Settled)), "{provider}");
        studio.refine(&["--mask", "mask.png", "--fresh"]).code(0);
        assert_eq!(studio.editor.submits(), 2, "--fresh pays again");
    }
}

#[test]
fn the_seed_of_a_clip_says_where_it_comes_from() {
    let studio = Studio::seedream(Mischief::None);
    studio.refine(&["--mask", "mask.png"]).code(0);
    let plan = |word: &str| {
        studio.holdstill(&["plan", "refined.png"]).assert().code(0).stdout(predicate::str::contains(word.to_owned()));
    };
    plan("by seedream/dola-seedream-5-0-pro-260628, 1.");
    let animate = studio.holdstill(&["animate", "refined.png", "--duration", "1s", "--json"]).output().unwrap();
    let last = String::from_utf8(animate.stdout).unwrap().trim().lines().last().unwrap().to_owned();
    let report: Value = serde_json::from_str(&last).unwrap();
    assert_eq!(report["seed_origin"]["is_as_refined"], true, "{last}");
    media::save_png(&scene::zoomed(1.2), &studio.scene.path("refined.png")).unwrap();
    plan("changed after it was refined");
    fs::write(studio.scene.path("refined.json"), "{ broken").unwrap();
    studio.holdstill(&["plan", "refined.png"]).assert().code(0).stdout(predicate::str::contains("refined from").not());
}

#[test]
fn a_cropped_answer_is_laid_back_before_it_is_measured() {
    let studio = Studio::open("gemini-image", Mischief::None, Way::Inline, cropped);
    studio.refine(&["--mask", "mask.png"]).code(0).stdout(predicate::str::contains("cropped"));
    let report = studio.report();
    assert_eq!(report["came"]["is_moved"], true);
    assert!((0.80..0.88).contains(&share(&report, "/came/shown")), "{report:#}");
    // without laying it back, most of the picture would have changed
    assert!(share(&report, "/outside/changed_share") < 0.08, "{report:#}");
    assert!(share(&report, "/outside/structure") > 0.9, "{report:#}");
}

#[test]
fn an_edit_that_did_nothing_is_told() {
    let studio = Studio::open("gemini-image", Mischief::None, Way::Inline, idle);
    studio.refine(&["--mask", "mask.png"]).code(0).stdout(predicate::str::contains("next to nothing changed"));
    assert_eq!(share(&studio.report(), "/outside/delta_e_p95"), 0.0);
    studio.refine(&[]).code(0).stdout(predicate::str::contains("no mask was given"));
    assert_eq!(studio.editor.submits(), 1);
}

#[test]
fn what_an_editor_refuses_is_told_with_its_price() {
    for (provider, mischief, word, is_counted) in [
        ("gemini-image", Mischief::Moderated, "asking the same again", true),
        ("seedream", Mischief::Moderated, "asking the same again", false),
        ("gemini-image", Mischief::OutOfCredit, "top up", false),
        ("seedream", Mischief::OutOfCredit, "top up", false),
        ("gemini-image", Mischief::WrongPicture, "no still", true),
        ("seedream", Mischief::WrongPicture, "no still", true),
    ] {
        let studio = Studio::open(provider, mischief, Way::Inline, leaky);
        let told = format!("{provider} {mischief:?}");
        studio.refine(&[]).code(4).stderr(predicate::str::contains(word).and(predicate::str::contains(KEY).not()));
        let attempt = studio.attempts().remove(0);
        let cost = if is_counted { attempt.price } else { holdstill::store::Money::ZERO };
        assert_eq!((attempt.state, attempt.cost), (AttemptState::Failed, Some(cost)), "{told}");
        assert_eq!(studio.editor.submits(), 1, "{told}");
        assert!(!studio.scene.path("refined.png").exists(), "{told}");
    }
}

#[test]
fn an_answer_that_was_lost_is_never_paid_for_again_unless_told_so() {
    for (provider, mischief) in [
        ("gemini-image", Mischief::BrokenSubmit),
        ("seedream", Mischief::BrokenSubmit),
        ("gemini-image", Mischief::DroppedUnread),
        ("seedream", Mischief::DroppedRead),
        ("gemini-image", Mischief::PageForPoll),
        ("seedream", Mischief::HugeAnswer),
    ] {
        let studio = Studio::open(provider, mischief, Way::Inline, leaky);
        let told = format!("{provider} {mischief:?}");
        studio
            .refine(&[])
            .code(4)
            .stderr(predicate::str::contains("was lost").and(predicate::str::contains(KEY).not()));
        for _ in 0..2 {
            studio.refine(&[]).code(5).stderr(predicate::str::contains("--resubmit"));
        }
        assert_eq!((studio.editor.submits(), studio.state()), (1, Some(AttemptState::Unknown)), "{told}");
        let run = studio.attempts()[0].run.clone();
        studio
            .holdstill(&["runs", "cancel", &run])
            .assert()
            .code(2)
            .stderr(predicate::str::contains("refines a still"));
        let _ = studio.holdstill(&["runs", "resume", &run, "--resubmit"]).assert();
        assert_eq!(studio.editor.submits(), 2, "{told}: on the user's word");
    }
}

#[test]
fn a_throttle_is_waited_out() {
    let studio = Studio::seedream(Mischief::Throttled(None));
    fs::create_dir_all(studio.scene.path("config/holdstill/recipes")).unwrap();
    let recipe = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/recipes/seedream.toml")).unwrap();
    let hurried = recipe + "\n[manners]\npoll_secs = 0.02\n";
    fs::write(studio.scene.path("config/holdstill/recipes/seedream.toml"), hurried).unwrap();
    studio.refine(&[]).code(0);
    assert_eq!(studio.editor.submits(), 2);
}

#[test]
fn a_killed_request_is_not_sent_again_and_a_still_that_waits_is_fetched() {
    let studio = Studio::seedream(Mischief::HeldSubmit);
    studio.kill_when("the request has left", || {
        studio.editor.submits() == 1 && studio.state() == Some(AttemptState::Intended)
    });
    studio.editor.release();
    studio.refine(&[]).code(5).stderr(predicate::str::contains("--resubmit"));
    assert_eq!((studio.editor.submits(), studio.state()), (1, Some(AttemptState::Unknown)));
    let run = studio.attempts()[0].run.clone();
    studio.holdstill(&["runs", "resume", &run, "--resubmit"]).assert().code(0);
    assert_eq!(studio.editor.submits(), 2, "on the user's word");

    let studio = Studio::open("seedream", Mischief::HeldClip, Way::Link, leaky);
    studio.kill_when("the still is on its way", || {
        studio.state() == Some(AttemptState::Submitted) && studio.editor.asked().len() == 2
    });
    studio.editor.release();
    let told = studio.holdstill(&studio.args(&["-vv"])).output().unwrap();
    assert_eq!(told.status.code(), Some(0), "{}", String::from_utf8_lossy(&told.stderr));
    assert_eq!((studio.editor.submits(), studio.state()), (1, Some(AttemptState::Settled)));
    for text in [told.stdout, told.stderr, fs::read(studio.scene.path("refined.json")).unwrap()] {
        let text = String::from_utf8_lossy(&text).into_owned();
        assert!(!text.contains(SIGNATURE) && !text.contains(KEY), "{text}");
    }
    for asked in studio.editor.asked() {
        let has_key = asked.headers.iter().any(|(_, value)| value.contains(KEY));
        assert_eq!(has_key, asked.method == "POST", "{}: the still's address gets no key", asked.path);
    }
}

#[test]
fn a_still_is_fetched_only_from_where_stills_may_lie() {
    for url in ["http://cdn.example/x.png", "file:///etc/passwd", "ftp://10.0.0.1/x.png"] {
        let studio = Studio::open("seedream", Mischief::None, Way::Elsewhere(url), leaky);
        let told = studio.refine(&[]).code(4);
        // what is no link is read as a picture, and is none
        told.stderr(predicate::str::contains("could not be fetched").or(predicate::str::contains("base64")));
        assert_eq!(studio.editor.submits(), 1, "{url}");
    }
    let studio = Studio::open("seedream", Mischief::ExpiredUrl, Way::Link, leaky);
    studio.refine(&[]).code(4).stderr(predicate::str::contains("403").and(predicate::str::contains(SIGNATURE).not()));
    assert_eq!(studio.state(), Some(AttemptState::Failed));
}

#[test]
fn nothing_is_sent_without_consent_budget_key_and_a_fitting_wish() {
    let studio = Studio::seedream(Mischief::None);
    let plain = ["refine", "still.png", "--prompt", "p", "--provider", "seedream"];
    let refused = |more: &[&str], code: i32, word: &str| {
        let told = studio.holdstill(&[&plain[..], more].concat()).assert().code(code);
        told.stderr(predicate::str::contains(word.to_owned()));
    };
    refused(&[], 5, "--yes");
    refused(&["--yes"], 5, "nobody agreed");
    refused(&["--yes", "--budget", "0.01"], 5, "the budget of $0.01");
    let paid = |more: &[&'static str]| [&["--yes", "--budget", "1"][..], more].concat();
    refused(&paid(&["--keep-outside"]), 2, "needs a mask");
    refused(&paid(&["--mask", "nothing.png"]), 3, "nothing.png");
    refused(&paid(&["--out", "still.png"]), 2, "the original stays");
    refused(&paid(&["--out", "mask.png"]), 2, "exists already");
    refused(&paid(&["--out", "x.jpg"]), 2, ".png");
    refused(&paid(&["--model", "seedream-9"]), 2, "no model `seedream-9`");
    media::save_png(&Picture::filled(SIZE, [0.0; 3]), &studio.scene.path("black.png")).unwrap();
    refused(&paid(&["--mask", "black.png"]), 2, "marks nothing");
    let wrong = |args: &[&str], word: &str| {
        studio.holdstill(args).assert().code(2).stderr(predicate::str::contains(word.to_owned()));
    };
    wrong(&["refine", "still.png", "--prompt", "p"], "gemini-image, seedream");
    wrong(&["refine", "still.png", "--prompt", " ", "--provider", "seedream"], "prompt is empty");
    wrong(&["refine", "still.png", "--prompt", "p", "--provider", "xai"], "makes clips, not stills");
    wrong(&["animate", "still.png", "--provider", "seedream"], "makes stills, not clips");
    let keyless = studio.holdstill(&studio.args(&[])).env_remove("ARK_API_KEY").assert().code(2);
    keyless.stderr(predicate::str::contains("ARK_API_KEY"));
    fs::write(studio.scene.path("refined.json"), "mine").unwrap();
    studio.refine(&[]).code(2).stderr(predicate::str::contains("refined.json exists already"));
    assert_eq!(studio.editor.asked().len(), 0);
}

#[test]
fn a_budget_counts_what_failed() {
    let studio = Studio::seedream(Mischief::WrongPicture);
    let once = ["refine", "still.png", "--prompt", "p", "--provider", "seedream", "--yes", "--budget", "0.10"];
    studio.holdstill(&once).assert().code(4);
    studio.holdstill(&once).assert().code(5).stderr(predicate::str::contains("already committed"));
    assert_eq!(studio.editor.submits(), 1);
    let ledger = studio.holdstill(&["ledger", "--json"]).assert().code(0);
    ledger.stdout(predicate::str::contains("\"settled_micros\":60000"));
    studio.holdstill(&["runs"]).assert().code(0).stdout(predicate::str::contains("refined.png"));
}

#[test]
fn editors_are_listed_and_shown() {
    let scene = Scene::new();
    scene.holdstill(&["providers"]).assert().code(0).stdout(predicate::str::contains("gemini-image"));
    let shown = scene.holdstill(&["providers", "show", "seedream"]).assert().code(0);
    shown.stdout(predicate::str::contains("3.7 to 16.8").and(predicate::str::contains("a still")));
    let good = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/recipes/seedream.toml")).unwrap();
    for (from, to, word) in [
        ("per_still = \"0.06\"", "per_clip = \"0.06\"", "`per_still` for stills"),
        ("picture = [\"/data/0/b64_json\", \"/data/0/url\"]", "video = [\"/data/0/url\"]", "places of the still"),
        ("[cost]", "[poll]\npath = \"/x\"\n\n[cost]", "no poll"),
        ("makes = \"still\"", "", "how a job is asked about"),
    ] {
        fs::write(scene.path("mine.toml"), good.replacen(from, to, 1)).unwrap();
        let told = scene.holdstill(&["providers", "check", "mine.toml"]).assert().code(2);
        told.stderr(predicate::str::contains(word));
    }
}
