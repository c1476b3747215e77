//! What an accepted second costs: the loop against rolling again until a take passes.
//!
//! ```sh
//! cargo run --release --example economy          # 8 clips a row; another number may be given
//! ```
//!
//! Both sides ask the same simulated model and are thrown the same dice. Ruler, mend, splice, decisions and ledger are the
//! real ones: for the loop the model is a command like any other, this program itself. What is assumed of the model is
//! printed above the table, and is a constant here.
#![expect(clippy::print_stdout, reason = "it prints a table")]
#![expect(clippy::expect_used, reason = "an example stops at the first surprise")]

use holdstill::{
    drift::{Thresholds, Verdict},
    engine::{
        Cancel, Error, ScoreJob,
        animate::{Action, AnimateJob, AnimateReport, Maker, Start, animate},
        score,
    },
    frame::{Size, pyramid},
    media,
    provider::{Builtin, Request},
    store::{Home, Money},
};
use serde_json::Value;
use std::{collections::HashMap, path::Path};

/// Clips a row unless told otherwise.
const CLIPS: u64 = 8;
/// Most asks for a clip.
const ASKS: u32 = 8;
/// Length and rate of a clip.
const SECS: f64 = 4.0;
const FPS: u32 = 12;
/// Size of still and clip: large enough to measure, small enough to measure many.
const SIZE: Size = Size::new(384, 480);
/// Price of a clip, and of a part by the second.
const PRICE: Money = Money { micros: 400_000 };
const CAPABILITIES: &str =
    r#"{"capabilities": {"last_frame": true, "shortest_secs": 2, "whole_secs": true, "usd_per_sec": "0.10"}}"#;
/// What goes wrong, strong enough that a careful person objects: three that bend the product, one of colour, one of light.
const FAULTS: [&str; 5] = ["swim:4", "bend:6", "bulge:8", "hue:40", "flicker:12"];
/// Their square roots have nothing in common.
const IRRATIONAL: [f64; 9] = [23.0, 2.0, 3.0, 5.0, 7.0, 11.0, 13.0, 17.0, 19.0];
/// Chances in percent that an ask drifts.
const CHANCES: [u64; 3] = [30, 50, 70];
const ASSUMED: &str = "\
Assumed: a clip has 4 s and costs $0.40; a part costs $0.10 a second, in whole seconds, at least two, and may be told how
to end. Every ask drifts with the stated chance, a part as often as a clip: by one of five faults, three of shape, one of
colour, one of light, at a random place within the stated share of what was asked for.";

/// Where faults lie, in percent of what was asked for: where they may begin, and the longest; the shortest is 12 %.
struct Place {
    name: &'static str,
    begins: [u64; 2],
    longest: u64,
}

const PLACES: [Place; 4] = [
    Place { name: "in the middle", begins: [20, 50], longest: 30 },
    Place { name: "late, to the end", begins: [50, 80], longest: 100 },
    Place { name: "anywhere", begins: [8, 80], longest: 60 },
    Place { name: "early, to the end", begins: [8, 20], longest: 100 },
];

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

    fn between(&mut self, [from, to]: [u64; 2]) -> u64 {
        from + self.roll(to - from + 1)
    }
}

/// One clip that is wanted of the model: a row of the table and a number.
#[derive(Clone, Copy)]
struct Wish {
    place: usize,
    chance: u64,
    clip: u64,
}

impl Wish {
    /// What goes wrong with ask `ask` (1-based), for `frames` frames.
    fn fault(self, ask: u32, frames: u64) -> Option<String> {
        let mut dice = Dice(self.clip << 16 | u64::from(ask) << 8 | self.place as u64);
        // evenly over the clips, for each ask on its own (Weyl, 1916): a few clips meet the chance as well as many
        let even = (self.clip + 1) as f64 * IRRATIONAL[ask as usize % IRRATIONAL.len()].sqrt();
        let drifts = 100.0 * even.fract() < self.chance as f64;
        let Place { begins, longest, .. } = PLACES[self.place];
        let fault = FAULTS[dice.roll(FAULTS.len() as u64) as usize];
        let (first, length) = (dice.between(begins), dice.between([12.min(longest), longest]));
        let length = if longest == 100 { 100 } else { length };
        let [first, last] = [first, (first + length).min(100)].map(|share| (share * frames / 100).min(frames - 1));
        drifts.then(|| format!("{fault}:{first}-{last}"))
    }

    /// As the model finds it in the prompt, before what the loop adds.
    fn prompt(self) -> String {
        format!("{} {} {}", self.place, self.chance, self.clip)
    }

    fn of_prompt(prompt: &str) -> Option<Self> {
        let mut numbers = prompt.split([' ', ',']).map_while(|word| word.parse::<u64>().ok());
        Some(Self { place: numbers.next()? as usize, chance: numbers.next()?, clip: numbers.next()? })
    }
}

/// Money spent, and seconds that were accepted.
#[derive(Clone, Copy, Default)]
struct Account {
    usd: f64,
    secs: f64,
}

impl Account {
    fn add(&mut self, spent: Money, is_accepted: bool) {
        self.usd += spent.micros as f64 / 1e6;
        self.secs += if is_accepted { SECS } else { 0.0 };
    }

    fn per_second(self) -> f64 {
        self.usd / self.secs
    }
}

/// How often the loop took which way.
#[derive(Clone, Copy, Default)]
struct Ways {
    mended: u32,
    parts: u32,
    retakes: u32,
}

impl Ways {
    fn add(&mut self, report: &AnimateReport) {
        self.mended += u32::from(report.delivered.is_mended && report.verdict == Verdict::Hold);
        for take in &report.takes {
            match take.mended.as_ref().map_or(&take.decision, |mended| &mended.decision).action {
                Action::Span { .. } | Action::Tail { .. } => self.parts += 1,
                Action::Retake { .. } => self.retakes += 1,
                _ => {}
            }
        }
    }
}

fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("capabilities") => println!("{CAPABILITIES}"),
        Some("clip") => model()?,
        count => compare(count.and_then(|count| count.parse().ok()).unwrap_or(CLIPS))?,
    }
    Ok(())
}

/// The simulated model: one request on standard input, one clip.
fn model() -> Result<(), Error> {
    let asked: Value = serde_json::from_reader(std::io::stdin()).expect("a request");
    let word = |name: &str| asked[name].as_str().map(str::to_owned);
    let number = |name: &str| asked[name].as_f64().expect("a number");
    let request = Request {
        seed: word("seed").expect("a still").into(),
        last: word("last").map(Into::into),
        out: word("out").expect("a place").into(),
        prompt: word("prompt").unwrap_or_default(),
        duration_secs: number("duration_secs"),
        fps: FPS,
        size: SIZE,
        motion: word("motion").expect("a move"),
        strength: number("strength"),
        rng_seed: asked["rng_seed"].as_u64().unwrap_or(0),
        take: number("take") as u32,
        mask: word("mask").map(Into::into),
        depth: None,
        aspect: "still".into(),
        simulate: Vec::new(),
    };
    render(Wish::of_prompt(&request.prompt).expect("a wish").fault(request.take, frames(&request)), &request)
}

fn frames(request: &Request) -> u64 {
    (request.duration_secs * f64::from(request.fps)).round() as u64 + u64::from(request.last.is_some())
}

fn render(fault: Option<String>, request: &Request) -> Result<(), Error> {
    let simulate: Vec<String> = fault.into_iter().collect();
    Builtin::parse(&request.motion, &request.aspect, &simulate)?.generate(request, &mut |_| {}, &|| false)?;
    Ok(())
}

fn compare(clips: u64) -> Result<(), Error> {
    let folder = tempfile::tempdir().map_err(Error::Scratch)?;
    let still = folder.path().join("still.png");
    for name in ["still", "mask"] {
        let bottle = if name == "still" { "bottle.png" } else { "bottle_mask.png" };
        let bottle = media::load_seed(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/stills").join(bottle))?;
        let path = folder.path().join(name).with_extension("png");
        media::save_png(&pyramid::resize_picture(&bottle.picture, SIZE), &path)?;
    }
    println!("{ASSUMED}\n{clips} clips a row, at most {ASKS} asks for each.\n");
    println!("{:<18} {:>6}  {:>9} {:>9}  {:>6}   ways", "faults", "chance", "again $/s", "loop $/s", "saved");
    let (mut known, mut all) = (HashMap::new(), [Account::default(); 2]);
    for (place, Place { name, .. }) in PLACES.iter().enumerate() {
        for chance in CHANCES {
            let (mut again, mut held, mut ways) = (Account::default(), Account::default(), Ways::default());
            for clip in 0..clips {
                let wish = Wish { place, chance, clip };
                roll_again(&still, wish, &mut known, &mut again)?;
                let report = hold(folder.path(), &still, wish)?;
                held.add(report.cost.settled_micros, report.verdict == Verdict::Hold);
                ways.add(&report);
            }
            let Ways { mended, parts, retakes } = ways;
            let words = format!("{mended} mended, {parts} parts, {retakes} retakes");
            row(name, &format!("{chance} %"), again, held, &words);
            for (sum, one) in all.iter_mut().zip([again, held]) {
                (sum.usd, sum.secs) = (sum.usd + one.usd, sum.secs + one.secs);
            }
        }
    }
    row("all", "", all[0], all[1], "");
    Ok(())
}

fn row(name: &str, chance: &str, again: Account, held: Account, ways: &str) {
    let saved = 100.0 * (1.0 - held.per_second() / again.per_second());
    let [again, held] = [again, held].map(Account::per_second);
    println!("{name:<18} {chance:>6}  {again:>9.3} {held:>9.3}  {saved:>4.0} %   {ways}");
}

/// A take is thrown away unless it holds as it is.
fn roll_again(
    still: &Path,
    wish: Wish,
    known: &mut HashMap<Option<String>, bool>,
    account: &mut Account,
) -> Result<(), Error> {
    for ask in 1..=ASKS {
        let job = job(still, &still.with_file_name("roll.mp4"), wish);
        let request = Request {
            seed: job.still,
            last: None,
            out: job.out.clone(),
            prompt: String::new(),
            duration_secs: SECS,
            fps: FPS,
            size: SIZE,
            motion: job.motion,
            strength: 1.0,
            rng_seed: 1,
            take: ask,
            mask: job.mask.clone(),
            depth: None,
            aspect: job.aspect,
            simulate: Vec::new(),
        };
        let fault = wish.fault(ask, frames(&request));
        let is_accepted = if let Some(&known) = known.get(&fault) {
            known
        } else {
            render(fault.clone(), &request)?;
            let thresholds = Thresholds { drift_fail: job.drift_fail };
            let (seed, mask) = (still.to_owned(), job.mask);
            let task = ScoreJob {
                clip: job.out,
                seed,
                mask,
                embedder: None,
                wants_range: false,
                thresholds,
                command: String::new(),
            };
            score(&task, &mut |_| {}, &Cancel::default())?.report.judgement.verdict == Verdict::Hold
        };
        known.insert(fault, is_accepted);
        account.add(PRICE, is_accepted);
        if is_accepted {
            break;
        }
    }
    Ok(())
}

/// The loop itself, as anybody runs it.
fn hold(folder: &Path, still: &Path, wish: Wish) -> Result<AnimateReport, Error> {
    let home = Home::open(Some(&folder.join("home")))?;
    let job = job(still, &folder.join("held.mp4"), wish);
    Ok(animate(&home, &job, &Start::Fresh, &mut |_| {}, &Cancel::default())?.report)
}

fn job(still: &Path, out: &Path, wish: Wish) -> AnimateJob {
    let program = std::env::current_exe().expect("this program");
    AnimateJob {
        still: still.to_owned(),
        prompt: wish.prompt(),
        maker: Maker::Command { line: format!("'{}' {{ask}}", program.display()), price: Some(PRICE) },
        budget: PRICE.checked_mul(i64::from(ASKS)),
        is_consented: true,
        takes: ASKS,
        candidates: 1,
        aspect: "still".into(),
        duration_secs: SECS,
        fps: FPS,
        motion: "push-in".into(),
        mask: Some(still.with_file_name("mask.png")),
        depth: None,
        simulate: Vec::new(),
        drift_fail: Thresholds::default().drift_fail,
        rng_seed: None,
        out: out.to_owned(),
        folder: still.parent().expect("a file has a folder").to_owned(),
        command: String::new(),
        draft: None,
    }
}
