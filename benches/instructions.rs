//! How many instructions the kernels take: a guard that times nobody, so that a busy machine cannot fail it.
//!
//! ```sh
//! cargo bench --bench instructions              # counts, and compares with benches/instructions.txt
//! cargo bench --bench instructions -- --write   # counts, and writes it anew
//! ```
//!
//! Valgrind's callgrind counts. Under it every machine has AVX2 and none has AVX-512, so that all take the same path. A
//! figure is what doing the work once more takes, so that no start counts. Other compilers give other figures, hence the
//! tolerance.
#![expect(clippy::print_stdout, reason = "it prints a table")]
#![expect(clippy::expect_used, reason = "a bench stops at the first surprise")]

mod waves;

use holdstill::{
    drift::Ruler,
    flow::{self, Params, Preset},
    frame::{Frame, Picture, Plane, Seed, Size, Time},
};
use std::{
    env, fs,
    hint::black_box,
    process::{Command, ExitCode},
    sync::Arc,
};
use waves::picture;

/// Size of the pictures: callgrind takes fifty times as long as the machine.
const SIZE: Size = Size::new(320, 180);
/// Slide of the second picture, pixels.
const SHIFT: f32 = 3.0;
/// Share by which a count may differ from the one written down.
const TOLERANCE: f64 = 0.10;
/// Where the counts are written down: a name and millions of instructions in each line.
const COUNTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/instructions.txt");
const KERNELS: [&str; 5] = ["fast", "medium", "fine", "warp", "ruler"];

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [flag, kernel, times] = &arguments[..]
        && flag == "--work"
    {
        rayon::ThreadPoolBuilder::new()
            .num_threads(1)
            .use_current_thread()
            .build_global()
            .expect("it is the first pool");
        work(kernel, times.parse().expect("a number of times"));
        return ExitCode::SUCCESS;
    }
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("skipped: valgrind, which counts the instructions, is not installed");
        return ExitCode::SUCCESS;
    }
    let counted = KERNELS.map(|kernel| (kernel, (counted(kernel, 3) - counted(kernel, 2)) / 1e6));
    if arguments.iter().any(|argument| argument == "--write") {
        let lines = counted.map(|(kernel, millions)| format!("{kernel} {millions:.2}\n"));
        fs::write(COUNTS, lines.concat()).expect("the counts can be written");
    }
    let text = fs::read_to_string(COUNTS).expect("the counts are there");
    let mut result = ExitCode::SUCCESS;
    for (kernel, millions) in counted {
        let known = text.lines().find_map(|line| line.strip_prefix(kernel)?.trim().parse::<f64>().ok());
        let change = millions / known.unwrap_or(0.0) - 1.0;
        let word = if change.abs() <= TOLERANCE { "as before" } else { "CHANGED: if that is meant, `-- --write`" };
        println!("{kernel:8} {millions:8.1} million instructions {:+6.1} %  {word}", 100.0 * change);
        if change.abs() > TOLERANCE {
            result = ExitCode::FAILURE;
        }
    }
    result
}

/// Instructions of a process that does the work of `kernel` so many times.
fn counted(kernel: &str, times: usize) -> f64 {
    let this = env::current_exe().expect("this program has a path");
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(this)
        .args(["--work", kernel, &times.to_string()])
        .output()
        .expect("valgrind was there a moment ago");
    let said = String::from_utf8_lossy(&run.stderr);
    let count = said.lines().find_map(|line| line.split("Collected : ").nth(1)?.trim().parse().ok());
    count.filter(|_| run.status.success()).unwrap_or_else(|| panic!("callgrind failed:\n{said}"))
}

fn work(kernel: &str, times: usize) {
    let (from, to) = (picture(SIZE, 0.0), picture(SIZE, SHIFT));
    match kernel {
        "warp" => {
            let along = flow::dense(&from, &to, &Params::default(), None);
            (0..times).for_each(|_| drop(black_box(flow::warp(&to, &along))));
        }
        "ruler" => {
            let grey = |luma: &Plane<f32>| {
                let channel = luma.map(|v| v / 255.0);
                Picture { rgb: [channel.clone(), channel.clone(), channel] }
            };
            let seed =
                Seed { picture: grey(&from), alpha: None, path: String::new(), blake3: String::new(), original: SIZE };
            let seed = Arc::new(seed);
            let mut ruler = Ruler::new(Arc::clone(&seed), None, SIZE, 24.0);
            for index in 0..times {
                let frame = Frame { index, time: Time::of_frame(index, 24, 1), picture: grey(&to) };
                black_box(ruler.measure(frame));
            }
            black_box(ruler.catch_up());
        }
        preset => {
            let params = Params::from(preset.parse::<Preset>().expect("a preset"));
            (0..times).for_each(|_| drop(black_box(flow::dense(&from, &to, &params, None))));
        }
    }
}
