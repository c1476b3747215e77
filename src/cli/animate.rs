//! `holdstill animate`: from a still to a clip that holds still.

use super::{
    Exit, Failure, Ui,
    order::{OrderArgs, ask_consent, home, tell_old_price},
    story,
};
use clap::ValueHint;
use holdstill::{
    engine::animate::{self, AnimateJob, Animated, Start},
    store::Home,
};
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  holdstill animate bottle.png --prompt 'slow push in' --aspect 4:5 --report report.html
  holdstill animate bottle.png --command './my-i2v {seed} {out} {prompt} {duration}' \\
            --command-price 0.40 --budget 1.20 --yes
The same command again takes the same run up: what was made is not made again.")]
pub(crate) struct Args {
    #[command(flatten)]
    order: OrderArgs,
    /// Begin anew, even where takes of the same request exist, and with what you ask for, not with what held last time
    #[arg(long)]
    fresh: bool,
    /// Write the report here: .html or .json; may be repeated
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Outcome")]
    report: Vec<PathBuf>,
}

pub(crate) fn run(args: &Args, ui: &mut Ui) -> Result<Exit, Failure> {
    story::check_targets(&args.report)?;
    let config = args.order.config()?;
    let home = home(&config)?;
    let mut job = args.order.job(&config)?;
    tell_old_price(&job, ui)?;
    ask_consent(&mut job, ui)?;
    let start = if args.fresh { Start::Fresh } else { Start::Reuse };
    let animated = perform(&home, &job, &start, ui)?;
    story::write(&animated, &job, &args.report, ui)?;
    Ok(story::tell(&animated, &args.report, ui))
}

/// Runs the job with progress on the screen.
pub(crate) fn perform(home: &Home, job: &AnimateJob, start: &Start, ui: &mut Ui) -> Result<Animated, Failure> {
    let cancel = ui.cancel();
    Ok(animate::animate(home, job, start, &mut |event| ui.hear(&event), &cancel)?)
}
