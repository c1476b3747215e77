//! A provider of whims: whatever it answers and charges, what it took is in the ledger, and the ledger stays in the budget.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod contract_server;
mod discreet;
mod recording;
mod scene;

use contract_server::{read, reply, send};
use discreet::{Discreet, KEY};
use holdstill::store::{Home, Ledger, Money};
use scene::{FPS, Scene};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    fs,
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// Commands that are given, each to a ledger of its own.
const CAMPAIGNS: u64 = 10;
/// Most words of the user's to pay once more for what was perhaps charged.
const PATIENCE: usize = 6;
const RECIPE: &str = r#"
id = "whims"
name = "Whims"
as_of = "2026-11-22"
base_url = "https://whims.example"
auth = [{ kind = "bearer", env = ["WHIMS_KEY"] }]

[picture]
send = "data-uri"
formats = ["png"]
max_bytes = 30_000_000

[submit]
path = "/jobs"
take = { job = "/id" }
body = { image = "{first}", last = "{last?}", prompt = "{prompt}", duration = "{duration}" }

[poll]
path = "/jobs/{job}"

[states]
at = "/status"
words = { running = "running", done = "succeeded", failed = "failed", refused = "moderated" }

[result]
video = ["/url"]

[cost]
at = "/micros"
unit = "micros"
usd = "0.000001"

[faults]
message = ["/error"]

[manners]
poll_secs = 0.01

[[model]]
id = "m"
tier = "final"
family = "m"
price = { per_second = "PRICE" }
durations = { from = 1, to = 8 }
last_frame = true
"#;

/// Numbers that look random: Marsaglia, *Xorshift RNGs*, 2003.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

/// What the provider has done so far.
struct Books {
    dice: Dice,
    jobs: HashMap<String, Value>,
    submits: usize,
    /// Micro-dollars that it took, whether it told so or not.
    taken: i64,
}

struct Whims {
    books: Arc<Mutex<Books>>,
    base: String,
}

impl Whims {
    /// Asks `price` micro-dollars a second, and serves one of `clips`.
    fn open(seed: u64, price: i64, clips: [Vec<u8>; 2]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let books = Books { dice: Dice(seed), jobs: HashMap::new(), submits: 0, taken: 0 };
        let books = Arc::new(Mutex::new(books));
        let (own, host) = (Arc::clone(&books), base.clone());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let _ = serve(stream, &mut own.lock().unwrap(), price, &clips, &host);
            }
        });
        Self { books, base }
    }
}

fn serve(
    mut stream: TcpStream,
    books: &mut Books,
    price: i64,
    clips: &[Vec<u8>; 2],
    host: &str,
) -> std::io::Result<()> {
    let asked = read(&mut stream)?;
    if let Some(which) = asked.path.strip_prefix("/clips/") {
        let clip = &clips[usize::from(which == "1")];
        return send(&mut stream, 200, "video/mp4", clip.len(), clip);
    }
    if asked.method == "GET" {
        let job = books.jobs.get(asked.path.trim_start_matches("/jobs/"));
        return reply(&mut stream, 200, &[], &job.unwrap_or(&Value::Null).to_string());
    }
    books.submits += 1;
    let body: Value = serde_json::from_slice(&asked.body).unwrap();
    let quoted = price * body["duration"].as_i64().unwrap();
    let part = quoted * books.dice.below(101) as i64 / 100;
    let id = format!("job-{}", books.submits);
    let job = match books.dice.below(12) {
        // what it does not tell, it may have taken in full
        0 => {
            books.taken += quoted;
            return reply(&mut stream, 500, &[], "{}");
        }
        1 => {
            books.taken += quoted;
            return Ok(());
        }
        2 => return reply(&mut stream, 429, &[("Retry-After".into(), "0".into())], "{}"),
        3 => return reply(&mut stream, 402, &[], r#"{ "error": "no credit" }"#),
        4 => json!({ "status": "failed", "error": "out of paint", "micros": part }),
        5 => json!({ "status": "refused", "error": "not that", "micros": part }),
        6 => {
            books.taken += quoted - part;
            json!({ "status": "failed", "error": "says nothing of money" })
        }
        whim => json!({ "status": "done", "url": format!("{host}/clips/{}", whim % 2), "micros": part }),
    };
    books.taken += job["micros"].as_i64().unwrap_or(0);
    books.jobs.insert(id.clone(), job);
    reply(&mut stream, 200, &[], &json!({ "id": id }).to_string())
}

#[test]
fn no_whim_of_a_provider_takes_the_ledger_over_the_budget() {
    let mut paid = 0;
    for campaign in 1..=CAMPAIGNS {
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ campaign);
        let (price, budget) = (10_000 + dice.below(90_000) as i64, 200_000 + dice.below(800_000) as i64);
        let (takes, candidates) = (1 + dice.below(5), 1 + dice.below(3));
        let scene =
            Scene::new()
                .clip("good.mp4", 12, |i| scene::zoomed(1.0 + 0.004 * i as f32))
                .clip("bad.mp4", 12, |i| scene::warped(1.0, 2.0 * i.saturating_sub(3) as f32));
        let clips = ["good.mp4", "bad.mp4"].map(|name| fs::read(scene.path(name)).unwrap());
        let whims = Whims::open(0xdead_beef ^ (campaign << 20), price, clips);
        let recipes = scene.path("config/holdstill/recipes");
        fs::create_dir_all(&recipes).unwrap();
        let dollars = |micros: i64| format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
        fs::write(recipes.join("whims.toml"), RECIPE.replace("PRICE", &dollars(price))).unwrap();
        let home = || Home::open(Some(&scene.path("home"))).unwrap();
        let holdstill = |args: &[&str]| {
            let mut command = Discreet::of(scene.holdstill(args));
            command.env("XDG_CONFIG_HOME", scene.path("config")).env("HOLDSTILL_WHIMS_BASE_URL", &whims.base);
            command.env("WHIMS_KEY", KEY).output().unwrap().status.code().unwrap()
        };
        let checked = |told: &str| {
            let ledger = Ledger::open(&home()).unwrap();
            let Some(run) = ledger.runs(1).unwrap().pop() else { return (None, 0) };
            let purse = ledger.purse(&run.id).unwrap();
            let committed = purse.committed().unwrap();
            let taken = whims.books.lock().unwrap().taken;
            assert!(committed <= Money { micros: budget }, "campaign {campaign}, {told}: {committed} of {budget}");
            assert!(taken <= committed.micros, "campaign {campaign}, {told}: {taken} taken, {committed} written down");
            (Some(run.id), purse.reserved.micros)
        };
        let (takes, candidates, wallet) = (takes.to_string(), candidates.to_string(), dollars(budget));
        let secs = format!("{}s", 12 / FPS);
        let animate = ["animate", "still.png", "--prompt", "turn", "--provider", "whims", "--duration", &secs];
        let money = ["--takes", &takes, "--candidates", &candidates, "--budget", &wallet, "--yes", "-o", "o.mp4"];
        let mut code = holdstill(&[&animate[..], &money[..]].concat());
        let (run, _) = checked("animate");
        for again in 0..PATIENCE {
            let Some(run) = run.as_deref().filter(|_| code > 1) else { break };
            let word: &[&str] =
                if again % 2 == 0 { &["runs", "resume", run] } else { &["runs", "resume", run, "--resubmit"] };
            code = holdstill(word);
            checked(&format!("resumed {again}"));
        }
        paid += whims.books.lock().unwrap().taken;
        discreet::search(&scene.path(""));
    }
    assert!(paid > 0, "nothing was at stake");
}
