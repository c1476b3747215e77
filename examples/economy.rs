//! What an accepted second costs: the loop against rolling again until a take passes.
//!
//! ```sh
//! cargo run --release --example economy          # 24 clips; another number may be given
//! ```
//!
//! The provider is the built-in animator with known faults: a take drifts with the probability [`DRIFTS`], in a manner and
//! a span drawn by dice, and so does a span that is asked for alone. Ruler, mend, splice and decisions are the real ones;
//! the prices are a usual model's, by the second, a span at least half a clip. Both sides are thrown the same dice.
#![expect(clippy::print_stdout, reason = "it prints a table")]
#![expect(clippy::expect_used, reason = "an example stops at the first surprise")]

use holdstill::{
    drift::{Thresholds, Verdict},
    engine::{
        Cancel, Error, ScoreJob,
        animate::{AnimateJob, Maker, Start, animate},
        score,
    },
    frame::{Size, pyramid},
    media,
    provider::{Builtin, Request},
    store::Home,
};
use std::path::Path;

/// Probability that a take drifts.
const DRIFTS: f64 = 0.6;
/// Clips that are wanted unless told otherwise.
const CLIPS: u64 = 24;
/// Most takes for a clip.
const TAKES: u32 = 8;
/// Length and rate of a clip.
const SECS: f64 = 4.0;
const FPS: u32 = 12;
/// Size of still and clip: large enough to measure, small enough to measure many.
const SIZE: Size = Size::new(384, 480);
/// US dollars for a second.
const RATE: f64 = 0.10;
/// Shortest span that can be asked for, seconds, and what its length is rounded up to.
const LEAST_SPAN_SECS: f64 = 2.0;
const SPAN_STEP_SECS: f64 = 1.0;
/// What goes wrong, strong enough that a careful person objects.
const FAULTS: [&str; 5] = ["swim:4", "bend:6", "bulge:8", "hue:40", "flicker:12"];

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

    /// The fault of every take, where it has one.
    fn faults(&mut self) -> Vec<Option<String>> {
        let frames = (SECS * f64::from(FPS)) as u64;
        let mut fault = || {
            let (drifts, kind) = (self.roll(1000) < (1000.0 * DRIFTS) as u64, self.roll(FAULTS.len() as u64));
            let (first, length) = (4 + self.roll(frames / 2), 6 + self.roll(frames / 2));
            let last = (first + length).min(frames - 1);
            drifts.then(|| format!("{}:{first}-{last}", FAULTS[kind as usize]))
        };
        (0..TAKES).map(|_| fault()).collect()
    }
}

/// Money spent, and seconds that were accepted.
#[derive(Clone, Copy, Default)]
struct Account {
    usd: f64,
    secs: f64,
    takes: u32,
}

impl Account {
    fn add(&mut self, usd: f64, takes: u32, is_accepted: bool) {
        self.usd += usd;
        self.takes += takes;
        self.secs += if is_accepted { SECS } else { 0.0 };
    }

    fn per_second(self) -> f64 {
        self.usd / self.secs
    }

    fn row(self, name: &str) {
        let Self { usd, secs, takes } = self;
        println!("{name:<28} {takes:>5} {usd:>8.2} {secs:>9.0} {:>11.3}", self.per_second());
    }
}

fn main() -> Result<(), Error> {
    let clips = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(CLIPS);
    let folder = tempfile::tempdir().map_err(Error::Scratch)?;
    let still = folder.path().join("still.png");
    for name in ["still", "mask"] {
        let bottle = if name == "still" { "bottle.png" } else { "bottle_mask.png" };
        let bottle = media::load_seed(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/stills").join(bottle))?;
        let path = folder.path().join(name).with_extension("png");
        media::save_png(&pyramid::resize_picture(&bottle.picture, SIZE), &path)?;
    }
    let (mut rolled, mut held) = (Account::default(), Account::default());
    for clip in 0..clips {
        let faults = Dice(clip).faults();
        roll_again(&still, &faults, &mut rolled)?;
        hold(folder.path(), &still, &faults, &mut held)?;
        println!("clip {:>2} of {clips}: {:.3} and {:.3} $/s so far", clip + 1, rolled.per_second(), held.per_second());
    }
    println!("\n{:<28} {:>5} {:>8} {:>9} {:>11}", "", "takes", "spent $", "accepted s", "$ a second");
    rolled.row("again until a take passes");
    held.row("holdstill");
    println!("saved: {:.0} %", 100.0 * (1.0 - held.per_second() / rolled.per_second()));
    Ok(())
}

/// A take is thrown away unless it holds as it is.
fn roll_again(still: &Path, faults: &[Option<String>], account: &mut Account) -> Result<(), Error> {
    for (fault, take) in faults.iter().zip(1..) {
        let clip = still.with_file_name("roll.mp4");
        let simulate: Vec<String> = fault.iter().cloned().collect();
        let job = job(still, &clip, &simulate);
        let request = Request {
            seed: job.still,
            last: None,
            out: clip.clone(),
            prompt: String::new(),
            duration_secs: SECS,
            fps: FPS,
            size: SIZE,
            motion: job.motion.clone(),
            strength: 1.0,
            rng_seed: take,
            take: 1,
            mask: job.mask.clone(),
            depth: None,
            aspect: job.aspect.clone(),
            simulate: simulate.clone(),
        };
        Builtin::parse(&job.motion, &job.aspect, &simulate)?.generate(&request, &mut |_| {}, &|| false)?;
        let thresholds = Thresholds { drift_fail: job.drift_fail };
        let task = ScoreJob { clip, seed: still.to_owned(), mask: job.mask, thresholds, command: String::new() };
        let report = score(&task, &mut |_| {}, &Cancel::default())?.report;
        let is_accepted = report.judgement.verdict == Verdict::Hold;
        account.add(RATE * SECS, 1, is_accepted);
        if is_accepted {
            break;
        }
    }
    Ok(())
}

/// The loop itself; what it asked for is paid afterwards.
fn hold(folder: &Path, still: &Path, faults: &[Option<String>], account: &mut Account) -> Result<(), Error> {
    let simulate: Vec<String> =
        faults.iter().zip(1..).filter_map(|(fault, take)| Some(format!("{}@{take}", fault.as_ref()?))).collect();
    let home = Home::open(Some(&folder.join("home")))?;
    let job = job(still, &folder.join("held.mp4"), &simulate);
    let report = animate(&home, &job, &Start::Fresh, &mut |_| {}, &Cancel::default())?.report;
    let price = |span: Option<[usize; 2]>| {
        let secs = span.map_or(SECS, |[first, last]| {
            let secs = (last + 2 - first) as f64 / f64::from(FPS);
            ((secs / SPAN_STEP_SECS).ceil() * SPAN_STEP_SECS).max(LEAST_SPAN_SECS)
        });
        RATE * secs
    };
    let usd = report.takes.iter().map(|take| price(take.span)).sum();
    account.add(usd, report.takes.len() as u32, report.verdict == Verdict::Hold);
    Ok(())
}

fn job(still: &Path, out: &Path, simulate: &[String]) -> AnimateJob {
    AnimateJob {
        still: still.to_owned(),
        prompt: String::new(),
        maker: Maker::Animator,
        budget: None,
        is_consented: false,
        takes: TAKES,
        aspect: "still".into(),
        duration_secs: SECS,
        fps: FPS,
        motion: "push-in".into(),
        mask: Some(still.with_file_name("mask.png")),
        depth: None,
        simulate: simulate.to_owned(),
        drift_fail: Thresholds::default().drift_fail,
        rng_seed: None,
        out: out.to_owned(),
        folder: still.parent().expect("a file has a folder").to_owned(),
        command: String::new(),
    }
}
