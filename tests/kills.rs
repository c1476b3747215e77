//! Two hundred real SIGKILLs of the real command, at random moments, before a provider that loses answers, breaks jobs off
//! and keeps count of what it was paid for: nothing is paid twice, and no clip that came is lost.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod contract_server;
mod discreet;
mod recording;
mod scene;

use contract_server::{read, reply, send};
use discreet::KEY;
use holdstill::store::{
    Home, Ledger, Money,
    ledger::{Attempt, AttemptState},
};
use scene::{Scene, zoomed};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs,
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread::{self, sleep},
    time::{Duration, Instant},
};

/// Deaths in all, by as many hands as there are cores on a small machine.
const KILLS: usize = 200;
const HANDS: usize = 2;
/// Lives of one run after which it is no longer killed: most lives get nowhere, and some run would need a hundred of them.
const MORTAL_LIVES: usize = 40;
/// Most lives of one run: lost answers and broken jobs end them, too, but not so many.
const MOST_LIVES: usize = 100;
/// A life that takes longer hangs.
const LONGEST_LIFE: Duration = Duration::from_mins(2);
/// What a clip costs, and what all of a run may: some answers are lost, and what they cost is counted.
const PRICE: i64 = 100_000;
const BUDGET: i64 = 40 * PRICE;
const RECIPE: &str = r#"
id = "till"
name = "Till"
as_of = "2026-11-22"
base_url = "https://till.example"
auth = [{ kind = "bearer", env = ["TILL_KEY"] }]

[picture]
send = "data-uri"
formats = ["png"]
max_bytes = 30_000_000

[submit]
path = "/jobs"
take = { job = "/id" }
body = { image = "{first}", prompt = "{prompt}", name = "{client_id}" }

[poll]
path = "/jobs/{job}"

FIND

[states]
at = "/status"
words = { running = "running", done = "succeeded", failed = "failed" }

[result]
video = ["/url"]

[faults]
message = ["/error"]

[manners]
poll_secs = 0.01

[[model]]
id = "m"
tier = "final"
family = "m"
price = { per_clip = "0.10" }
durations = { from = 1, to = 8 }
"#;
const FIND: &str = "[find]\npath = \"/names/{client_id}\"\ntake = { job = \"/id\" }\n";

/// Dice, the same for the same seed (Steele, Lea and Flood, `SplitMix64`, 2014).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % sides
    }
}

/// What the provider knows, and remembers whatever happens to its customer.
struct Books {
    dice: Dice,
    /// The names under which clips were paid for, in order.
    paid: Vec<String>,
    /// Polls until the job of this name is done; `None`: it will fail.
    jobs: BTreeMap<String, Option<u64>>,
    /// Everything that was asked.
    asked: usize,
}

struct Till {
    base: String,
    books: Arc<Mutex<Books>>,
}

impl Till {
    fn open(seed: u64, clip: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let books = Books { dice: Dice(seed), paid: Vec::new(), jobs: BTreeMap::new(), asked: 0 };
        let books = Arc::new(Mutex::new(books));
        let (own, host) = (Arc::clone(&books), base.clone());
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let _ = serve(&mut stream, &own, &clip, &host);
            }
        });
        Self { base, books }
    }

    fn asked(&self) -> usize {
        self.books.lock().unwrap().asked
    }
}

fn serve(stream: &mut TcpStream, books: &Mutex<Books>, clip: &[u8], host: &str) -> std::io::Result<()> {
    let asked = read(stream)?;
    let pause = {
        let mut books = books.lock().unwrap();
        books.asked += 1;
        Duration::from_millis(books.dice.roll(12))
    };
    // between the question and its effect, and between the effect and the answer, there is time to die
    sleep(pause);
    let answer = answer(&asked.method, &asked.path, &asked.body, &mut books.lock().unwrap(), host);
    sleep(pause);
    match answer {
        Answer::Json(status, body) => reply(stream, status, &[], &body.to_string()),
        Answer::Clip => send(stream, 200, "video/mp4", clip.len(), clip),
        Answer::Silence => Ok(()),
    }
}

enum Answer {
    Json(u16, Value),
    Clip,
    Silence,
}

fn answer(method: &str, path: &str, body: &[u8], books: &mut Books, host: &str) -> Answer {
    if path.starts_with("/clips/") {
        return Answer::Clip;
    }
    if method == "POST" {
        let body: Value = serde_json::from_slice(body).unwrap();
        let name = body["name"].as_str().unwrap().to_owned();
        books.paid.push(name.clone());
        let polls = books.dice.roll(4);
        let works = books.dice.roll(10) > 0;
        books.jobs.insert(name.clone(), works.then_some(polls));
        return match books.dice.roll(8) {
            0 => Answer::Silence,
            1 => Answer::Json(500, json!({})),
            _ => Answer::Json(200, json!({ "id": format!("job-{name}") })),
        };
    }
    if let Some(name) = path.strip_prefix("/names/") {
        return if books.jobs.contains_key(name) {
            Answer::Json(200, json!({ "id": format!("job-{name}") }))
        } else {
            Answer::Json(404, json!({ "error": "no such name" }))
        };
    }
    let name = path.strip_prefix("/jobs/job-").unwrap_or_default();
    Answer::Json(
        200,
        match books.jobs.get_mut(name) {
            Some(Some(0)) => json!({ "status": "done", "url": format!("{host}/clips/{name}") }),
            Some(Some(polls)) => {
                *polls -= 1;
                json!({ "status": "running" })
            }
            Some(None) => json!({ "status": "failed", "error": "out of paint" }),
            None => panic!("only jobs that exist are asked about, not {path}"),
        },
    )
}

/// One run and its provider.
struct Life {
    scene: Scene,
    till: Till,
    dice: Dice,
    kills: usize,
}

impl Life {
    fn new(seed: u64) -> Self {
        let scene = Scene::new().clip("good.mp4", 6, |i| zoomed(1.0 + 0.01 * i as f32));
        let till = Till::open(seed ^ 0xD1CE, fs::read(scene.path("good.mp4")).unwrap());
        let recipes = scene.path("config/holdstill/recipes");
        fs::create_dir_all(&recipes).unwrap();
        let mut dice = Dice(seed);
        let find = if dice.roll(2) == 0 { FIND } else { "" };
        fs::write(recipes.join("till.toml"), RECIPE.replace("FIND", find)).unwrap();
        Self { scene, till, dice, kills: 0 }
    }

    fn start(&self, args: &[&str]) -> Child {
        Command::new(env!("CARGO_BIN_EXE_holdstill"))
            .current_dir(self.scene.path(""))
            .env("HOLDSTILL_HOME", self.scene.path("home"))
            .env("XDG_CONFIG_HOME", self.scene.path("config"))
            .env("HOLDSTILL_TILL_BASE_URL", &self.till.base)
            .env("TILL_KEY", KEY)
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// Lets the command live until its end, or until it is killed; its exit code where it came to an end.
    fn live(&mut self, args: &[&str], is_mortal: bool) -> Option<i32> {
        let before = self.till.asked();
        let mut child = self.start(args);
        let began = Instant::now();
        // by the clock, or a moment after it has asked something: most lives end before their work does
        let (after, questions) = match self.dice.roll(8) {
            _ if !is_mortal => (LONGEST_LIFE, u64::MAX),
            0 => (LONGEST_LIFE, u64::MAX),
            1 | 2 => (Duration::from_millis(self.dice.roll(400)), u64::MAX),
            _ => (LONGEST_LIFE, 1 + self.dice.roll(4)),
        };
        // long enough to be in the midst of measuring, or of the next question
        let most = [2_000, 25_000, 300_000][self.dice.roll(3) as usize];
        let moment = Duration::from_micros(self.dice.roll(most));
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                return status.code();
            }
            let is_asked = (self.till.asked() - before) as u64 >= questions;
            if is_asked || began.elapsed() >= after {
                assert!(after < LONGEST_LIFE || is_asked, "{args:?} hangs");
                sleep(if is_asked { moment } else { Duration::ZERO });
                child.kill().unwrap();
                // it may have ended meanwhile
                let code = child.wait().unwrap().code();
                self.kills += usize::from(code.is_none());
                return code;
            }
            sleep(Duration::from_millis(1));
        }
    }

    /// One run from its beginning to its clip, through every death.
    fn outlive(&mut self) {
        let budget = (BUDGET / 1_000_000).to_string();
        let animate = ["animate", "still.png", "--provider", "till", "--duration", "1s", "--takes", "20"];
        let animate = [&animate[..], &["--yes", "--budget", &budget]].concat();
        let mut may_resubmit = false;
        for life in 0..MOST_LIVES {
            let is_mortal = life < MORTAL_LIVES;
            let run = self.ledger().and_then(|ledger| ledger.runs(1).unwrap().pop()).map(|run| run.id);
            let code = match &run {
                None => self.live(&animate, is_mortal),
                Some(run) if may_resubmit => self.live(&["runs", "resume", run, "--resubmit"], is_mortal),
                Some(run) => self.live(&["runs", "resume", run], is_mortal),
            };
            self.check();
            // nothing can be found: only then is it paid for again, on the user's word
            may_resubmit = code == Some(5);
            match code {
                Some(0) => return self.check_end(),
                None | Some(4 | 5) => {}
                Some(code) => panic!("exit code {code} in life {life}, {:?}", self.attempts()),
            }
        }
        panic!("no end after {MOST_LIVES} lives");
    }

    fn ledger(&self) -> Option<Ledger> {
        self.scene.path("home/ledger.sqlite").exists().then(|| Ledger::open(&self.home()).unwrap())
    }

    fn home(&self) -> Home {
        Home::open(Some(&self.scene.path("home"))).unwrap()
    }

    fn attempts(&self) -> Vec<Attempt> {
        let Some(ledger) = self.ledger() else { return Vec::new() };
        ledger.runs(1).unwrap().first().map(|run| ledger.attempts(&run.id).unwrap()).unwrap_or_default()
    }

    /// What holds whenever it died.
    fn check(&self) {
        let attempts = self.attempts();
        let mut paid = self.till.books.lock().unwrap().paid.clone();
        let submits = paid.len();
        paid.sort();
        paid.dedup();
        assert_eq!(paid.len(), submits, "no attempt is paid for twice");
        for name in &paid {
            assert!(attempts.iter().any(|attempt| attempt.client_id == *name), "{name} was not written down before");
        }
        for attempt in &attempts {
            if attempt.ticket.is_some() {
                assert!(paid.contains(&attempt.client_id), "a receipt for nothing: {attempt:?}");
            }
            if attempt.state.has_clip() {
                let blob = self.home().blobs().open(&attempt.blob.unwrap());
                assert!(blob.is_ok(), "a clip was lost: {attempt:?}");
            }
        }
        if let Some(ledger) = self.ledger()
            && let Some(run) = ledger.runs(1).unwrap().first()
        {
            let committed = ledger.purse(&run.id).unwrap().committed().unwrap();
            let taken = PRICE * submits as i64;
            assert!(committed <= Money { micros: BUDGET } && taken <= committed.micros, "{taken} of {committed}");
        }
    }

    /// What holds once there is a clip.
    fn check_end(&self) {
        let delivered = fs::read(self.scene.path("out/still.mp4")).unwrap();
        assert!(delivered == fs::read(self.scene.path("good.mp4")).unwrap(), "the clip as it came, bit by bit");
        discreet::search(&self.scene.path(""));
        let books = self.till.books.lock().unwrap();
        for attempt in self.attempts() {
            let works = books.jobs.get(&attempt.client_id).is_some_and(Option::is_some);
            // a job that was known and worked has brought its clip; what could not be found was given up on the user's word
            let is_known = attempt.ticket.is_some();
            let expected = if works && is_known { AttemptState::Settled } else { AttemptState::Failed };
            assert_eq!(attempt.state, expected, "{attempt:?}");
        }
    }
}

#[test]
fn two_hundred_sigkills_pay_nothing_twice_and_lose_no_clip() {
    thread::scope(|scope| {
        for hand in 0..HANDS as u64 {
            scope.spawn(move || {
                let (mut kills, mut seed) = (0, hand << 32);
                while kills < KILLS / HANDS {
                    let mut life = Life::new(seed);
                    life.outlive();
                    kills += life.kills;
                    seed += 1;
                    assert!(seed & 0xFFFF < 300, "only {kills} deaths in {} runs", seed & 0xFFFF);
                }
                println!("hand {hand}: {kills} deaths in {} runs", seed & 0xFFFF);
            });
        }
    });
}
