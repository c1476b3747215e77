//! `holdstill score`: how far a clip drifts from its seed, where, when and why.

use super::{
    Exit, Failure, Ui, outputs,
    pair::{Pair, Sight},
    table,
};
use clap::ValueHint;
use holdstill::{
    drift::Thresholds,
    engine::{self, ScoreJob},
    report::film,
};
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  holdstill score clip.mp4 --seed still.png
  holdstill score clip.mp4 --seed still.png --mask product.png -o report.html -o report.json
  holdstill score 'frames/%04d.png' --seed still.png --heatmap heat/")]
pub(crate) struct Args {
    #[command(flatten)]
    pair: Pair,
    #[command(flatten)]
    sight: Sight,
    /// Also take the product a little narrower and wider, and say between which drifts the clip lies
    #[arg(long)]
    range: bool,
    /// Write the report here: .html, .json or .csv; may be repeated
    #[arg(long = "out", short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    out: Vec<PathBuf>,
    /// Write each frame with its heat map here, as PNG
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    heatmap: Option<PathBuf>,
    /// Write the clip with drift, cause and place drawn in
    #[arg(long, value_name = "MP4", value_hint = ValueHint::FilePath)]
    annotate: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, ui: &mut Ui) -> Result<Exit, Failure> {
    outputs::check(&args.out)?;
    let job = ScoreJob {
        clip: args.pair.clip.clone(),
        seed: args.pair.seed.clone(),
        mask: args.pair.mask.clone(),
        embedder: args.sight.embedder.clone(),
        wants_range: args.range,
        thresholds: Thresholds::default(),
        command: args.pair.command_line(Some(&args.sight)),
    };
    let cancel = ui.cancel();
    let mut scored = engine::score(&job, &mut |event| ui.hear(&event), &cancel)?;
    outputs::write(&args.out, &job, &mut scored, &cancel)?;
    if let Some(folder) = &args.heatmap {
        film::heat_maps(&job, &mut scored, folder, &mut |event| ui.hear(&event), &cancel)?;
    }
    if let Some(out) = &args.annotate {
        film::annotated(&job, &mut scored, out, &mut |event| ui.hear(&event), &cancel)?;
    }
    if ui.is_json() {
        ui.envelope(&scored.report);
    } else {
        ui.data(table::of_score(&scored.report));
    }
    Ok(scored.report.judgement.verdict.into())
}
