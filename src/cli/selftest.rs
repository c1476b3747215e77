//! `holdstill selftest`: can the ruler be trusted with this still?

use super::{Exit, Failure, Ui};
use clap::ValueHint;
use holdstill::engine::{self, SelftestJob, SelftestReport};
use owo_colors::OwoColorize;
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(after_help = "\
Makes short clips of your still in the temporary folder, with and without known faults, and measures them:
  separation     faithful camera moves hold, faults stand out
  localisation   the heat map lies where the fault is
  monotonicity   a stronger fault scores higher
  invariance     mirror, crop, size, frame rate and compression do not turn a verdict
  determinism    1, 2 and 16 threads give the same bytes

Examples:
  holdstill selftest bottle.png --mask bottle_mask.png --depth bottle_depth.png
  holdstill selftest bottle.png --quick

Exit code: 0 every part passes · 1 one does not.")]
pub(crate) struct Args {
    /// The still
    #[arg(value_hint = ValueHint::FilePath)]
    still: PathBuf,
    /// Where fidelity matters: white product on black, of the still's shape
    #[arg(long, value_name = "PNG", value_hint = ValueHint::FilePath)]
    mask: Option<PathBuf>,
    /// Depth map for parallax: near is bright, of the still's shape
    #[arg(long, value_name = "PNG", value_hint = ValueHint::FilePath)]
    depth: Option<PathBuf>,
    /// Fewer and smaller clips
    #[arg(long)]
    quick: bool,
}

pub(crate) fn run(args: &Args, ui: &mut Ui) -> Result<Exit, Failure> {
    let job = SelftestJob {
        seed: args.still.clone(),
        mask: args.mask.clone(),
        depth: args.depth.clone(),
        is_quick: args.quick,
    };
    let cancel = ui.cancel();
    let report = engine::selftest(&job, &mut |event| ui.hear(&event), &cancel)?;
    if ui.is_json() {
        ui.envelope(&report);
    } else {
        ui.data(table(&report));
    }
    Ok(if report.passes() { Exit::Ok } else { Exit::Drift })
}

fn table(report: &SelftestReport) -> String {
    let mut text = String::new();
    for part in &report.parts {
        let verdict = format!("{:<5}", if part.passed { "pass" } else { "FAIL" });
        let verdict = if part.passed { verdict.green().to_string() } else { verdict.red().bold().to_string() };
        text += &format!("{verdict} {:<13} {}\n", part.name, part.finding);
    }
    text += &format!("\n{}\n", format_args!("{:>6}  {:<7} {:<40} causes", "drift", "verdict", "clip").bold());
    for trial in &report.trials {
        let causes: Vec<&str> = trial.causes.iter().map(|cause| cause.name()).collect();
        text += &format!("{:>6.1}  {:<7} {:<40} {}\n", trial.drift, trial.verdict, trial.name, causes.join(", "));
    }
    text.trim_end().to_owned()
}
