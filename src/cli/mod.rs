//! Floor 6: the command line, one face of the engine's events.

mod animate;
mod calibrate;
mod comfyui;
mod completions;
mod config;
mod demo;
mod doctor;
mod exit;
mod failure;
mod flow;
mod gate;
mod labels;
mod ledger;
mod man;
mod mend;
mod order;
mod outputs;
mod pair;
mod plan;
mod progress;
mod promote;
mod providers;
mod refine;
mod runs;
mod score;
mod selftest;
mod story;
mod table;
mod ui;

pub(crate) use exit::Exit;
pub(crate) use failure::Failure;
pub(crate) use ui::Ui;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Tell AI video to hold still: measure how far a clip drifts from the picture it was made from, mend it, gate it.
#[derive(Parser)]
#[command(name = "holdstill", version, propagate_version = true, max_term_width = 110, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Command,
}

/// Flags that every verb takes.
#[derive(clap::Args)]
struct Globals {
    /// Print NDJSON events and, as the last line, one JSON envelope
    #[arg(long, global = true, help_heading = "Output")]
    json: bool,
    /// Say nothing on stderr but errors
    #[arg(long, short, global = true, help_heading = "Output")]
    quiet: bool,
    /// Draw no progress bars
    #[arg(long, global = true, help_heading = "Output")]
    no_progress: bool,
    /// Log more to stderr (-v info, -vv debug; `RUST_LOG` wins)
    #[arg(long, short, global = true, action = clap::ArgAction::Count, help_heading = "Output")]
    verbose: u8,
    /// Threads for the kernels [default: one per core]
    #[arg(long, global = true, value_name = "N", help_heading = "Output", value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
}

#[derive(Subcommand)]
enum Command {
    /// Make a clip of a still that holds still: generate, measure, ask again or mend, verify
    Animate(animate::Args),
    /// See the whole loop on a built-in still: no key, no network
    Demo(demo::Args),
    /// Edit a still before it is animated, and measure what else the edit changed
    Refine(refine::Args),
    /// Show what `animate` would do and cost; nothing is sent
    Plan(plan::Args),
    /// Make a draft final: exactly where the provider can, else by asking a better model of its family anew
    Promote(promote::Args),
    /// List providers, show one with its models and prices, examine recipes of your own
    Providers(providers::Args),
    /// List runs, show one, or go on with one after a crash
    Runs(runs::Args),
    /// Show where the money went, and what a second of accepted clip has cost
    Ledger(ledger::Args),
    /// Measure how far a clip drifts from the still it was made from
    Score(score::Args),
    /// Judge many clips against a policy; the exit code is the gate
    Gate(gate::Args),
    /// Find a threshold of your own from clips that you accepted and rejected
    Calibrate(calibrate::Args),
    /// Try the ruler on a still of your own: known moves must hold, known faults must be found
    Selftest(selftest::Args),
    /// Mend the bad spans of a clip from its good frames; what does not get better stays as it was
    Mend(mend::Args),
    /// Show the settings
    Config(config::Args),
    /// Examine this machine: FFmpeg, codecs, cores, disk
    Doctor(doctor::Args),
    /// Measure the motion from one picture to another, pixel by pixel
    Flow(flow::Args),
    /// Print the completion script of a shell
    Completions(completions::Args),
    /// Print the manual page (roff)
    Man(man::Args),
}

const EXIT_CODES: &str = "\
Exit codes: 0 hold · 1 drift · 2 usage or configuration · 3 media cannot be read or written ·
            4 provider failed · 5 budget or consent · 6 unsure · 130 interrupted";

pub(crate) fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut ui = Ui::new(cli.globals.json, cli.globals.quiet, cli.globals.no_progress);
    log_to_stderr(cli.globals.verbose);
    if let Some(threads) = cli.globals.threads {
        // Fails only if a pool exists already, and nothing has run yet.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(threads.into()).build_global();
    }
    match ui.stop_on_signals().and_then(|()| run(&cli.command, &mut ui)) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            ui.fail(&failure);
            failure.exit.into()
        }
    }
}

fn run(command: &Command, ui: &mut Ui) -> Result<Exit, Failure> {
    match command {
        Command::Animate(args) => animate::run(args, ui),
        Command::Demo(args) => demo::run(args, ui),
        Command::Refine(args) => refine::run(args, ui),
        Command::Plan(args) => plan::run(args, ui),
        Command::Promote(args) => promote::run(args, ui),
        Command::Providers(args) => providers::run(args, ui),
        Command::Runs(args) => runs::run(args, ui),
        Command::Ledger(args) => ledger::run(args, ui),
        Command::Score(args) => score::run(args, ui),
        Command::Gate(args) => gate::run(args, ui),
        Command::Calibrate(args) => calibrate::run(args, ui),
        Command::Selftest(args) => selftest::run(args, ui),
        Command::Mend(args) => mend::run(args, ui),
        Command::Config(args) => config::run(args, ui),
        Command::Doctor(args) => doctor::run(args, ui),
        Command::Flow(args) => flow::run(args, ui),
        Command::Completions(args) => completions::run(args, ui),
        Command::Man(args) => man::run(args, ui),
    }
}

fn log_to_stderr(verbose: u8) {
    use tracing_subscriber::EnvFilter;
    let default = match verbose {
        0 => "error",
        1 => "holdstill=info",
        _ => "holdstill=debug",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).without_time().init();
}
