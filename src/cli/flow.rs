//! `holdstill flow`: the optical flow as a verb of its own, so that anyone can check it against published truth.

use super::{Exit, Failure, Ui};
use holdstill::{
    flow::{self, Preset, middlebury, wheel},
    frame::Size,
    media,
};
use serde_json::json;
use std::{path::PathBuf, time::Instant};

/// Measure the motion from one picture to another, pixel by pixel
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The picture whose pixels are followed
    first: PathBuf,
    /// The picture in which they are looked for, of the same size
    second: PathBuf,
    /// Where to write the flow (Middlebury .flo)
    #[arg(long, short, value_name = "FILE.flo")]
    out: PathBuf,
    /// Also draw it as a PNG: hue is direction, saturation is length
    #[arg(long, value_name = "FILE.png")]
    viz: Option<PathBuf>,
    /// fast, medium or fine
    #[arg(long, default_value_t)]
    preset: Preset,
}

pub(crate) fn run(args: &Args, ui: &mut Ui) -> Result<Exit, Failure> {
    let first = media::load_luma(&args.first)?;
    let second = media::load_luma(&args.second)?;
    let [size, other] = [&first, &second].map(|luma| Size::new(luma.width(), luma.height()));
    if size != other {
        return Err(sizes_differ(size, other));
    }
    let started = Instant::now();
    let found = flow::dense(&first, &second, &args.preset.into(), None);
    let secs = started.elapsed().as_secs_f64();
    media::write_whole(&args.out, |writer| middlebury::write_flo(writer, &found))?;
    if let Some(path) = &args.viz {
        media::save_png(&wheel::draw(&found, None), path)?;
    }
    let longest = wheel::longest(&found);
    if ui.is_json() {
        ui.envelope(&json!({
            "schema": "holdstill/flow/1", "path": args.out, "viz": args.viz, "preset": args.preset.name(),
            "width": size.width, "height": size.height, "longest_px": longest, "secs": secs,
        }));
    } else {
        let (width, height) = (size.width, size.height);
        ui.say(format!("{}: {width}x{height}, longest motion {longest:.1} px, {secs:.2} s", args.out.display()));
    }
    Ok(Exit::Ok)
}

fn sizes_differ(first: Size, second: Size) -> Failure {
    let text = |size: Size| format!("{}x{}", size.width, size.height);
    Failure::usage(
        format!("the first picture is {}, the second {}", text(first), text(second)),
        "scale one of them to the size of the other",
    )
}
