//! The same flow again and again, so that what one more costs can be told from the start of a program.
//!
//! ```sh
//! cargo run --release --example again -- PRESET TIMES FIRST SECOND
//! ```
//!
//! `benches/peers.py` takes the CPU time of once from that of many times.
#![expect(clippy::expect_used, reason = "an example stops at the first surprise")]

use holdstill::{
    flow::{self, Params, Preset},
    frame, media,
};
use std::{env, hint::black_box, path::Path};

fn main() {
    frame::keep_freed_memory();
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [preset, times, first, second] = &arguments[..] else { panic!("again PRESET TIMES FIRST SECOND") };
    let params = Params::from(preset.parse::<Preset>().expect("fast, medium or fine"));
    let times: usize = times.parse().expect("a number of times");
    let [first, second] = [first, second].map(|path| media::load_luma(Path::new(path)).expect("a picture"));
    for _ in 0..times {
        black_box(flow::dense(black_box(&first), black_box(&second), &params, None));
    }
}
