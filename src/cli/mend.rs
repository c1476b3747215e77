//! `holdstill mend`: repair without a provider, accepted only where the measured drift falls.

use super::{
    Exit, Failure, Ui,
    pair::Pair,
    table::{of_score, painted},
};
use clap::ValueHint;
use holdstill::{
    drift::Thresholds,
    engine::{self, MendJob, MendReport},
};
use owo_colors::OwoColorize;
use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

/// Containers that we write.
const CONTAINERS: [&str; 4] = ["mp4", "mov", "m4v", "mkv"];

#[derive(clap::Args)]
#[command(after_help = "\
A short bad span is remade from the good frames on both sides of it (bridge); colours that slide are brought back to the
still's (relock), brightness that jumps is evened out (deflicker), at any length. Each mend is measured again and kept
only where its drift falls and nothing else gets worse; otherwise the clip's own frames stay. Audio, timing and colour
tags survive.

Examples:
  holdstill mend clip.mp4 --seed still.png -o mended.mp4
  holdstill mend clip.mp4 --seed still.png --mask product.png -o mended.mp4 --json")]
pub(crate) struct Args {
    #[command(flatten)]
    pair: Pair,
    /// Write the mended clip here: .mp4, .mov or .mkv
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    out: PathBuf,
    /// Replace the output if it exists
    #[arg(long)]
    force: bool,
}

pub(crate) fn run(args: &Args, ui: &mut Ui) -> Result<Exit, Failure> {
    check_target(args)?;
    let job = MendJob {
        clip: args.pair.clip.clone(),
        seed: args.pair.seed.clone(),
        mask: args.pair.mask.clone(),
        out: args.out.clone(),
        thresholds: Thresholds::default(),
        command: command_line(args),
    };
    let cancel = ui.cancel();
    let report = engine::mend(&job, &mut |event| ui.hear(&event), &cancel)?;
    if ui.is_json() {
        ui.envelope(&report);
    } else {
        ui.data(table(&report));
    }
    Ok(report.after.verdict.into())
}

fn check_target(args: &Args) -> Result<(), Failure> {
    let out = &args.out;
    let kind = out.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    if !CONTAINERS.contains(&kind.as_str()) {
        return Err(Failure::usage(
            format!("cannot tell what kind of clip `{}` is to be", out.display()),
            "name it .mp4, .mov or .mkv",
        ));
    }
    let same = |a: &Path, b: &Path| matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b);
    if [&args.pair.clip, &args.pair.seed].into_iter().chain(&args.pair.mask).any(|input| same(input, out)) {
        return Err(Failure::usage("the output would replace an input", "choose another name with --out"));
    }
    if out.exists() && !args.force {
        return Err(Failure::usage(
            format!("{} exists already", out.display()),
            "choose another name with --out, or replace it with --force",
        ));
    }
    Ok(())
}

fn command_line(args: &Args) -> String {
    let scored = args.pair.command_line(None);
    let out = engine::quoted(&args.out);
    format!("{} --out {out}", scored.replacen("holdstill score", "holdstill mend", 1))
}

fn table(report: &MendReport) -> String {
    let mut text = String::new();
    if report.spans.is_empty() {
        let _ = writeln!(text, "nothing to mend");
    } else {
        let head = format!("{:<9} {:<9} {:>6} {:>6}  {:<8} why", "frames", "mend", "before", "after", "kept");
        let _ = writeln!(text, "{}", head.bold());
    }
    for span in &report.spans {
        let frames = format!("{}–{}", span.frames[0], span.frames[1]);
        let kept = if span.is_accepted { "mended" } else { "original" };
        let _ = writeln!(
            text,
            "{frames:<9} {:<9} {:>6.1} {:>6.1}  {kept:<8} {}",
            span.kind, span.before, span.after, span.reason
        );
    }
    for warning in &report.warnings {
        let _ = writeln!(text, "{} {warning}", "note:".yellow());
    }
    let _ = writeln!(text, "\nbefore {} drift {:.1} of 100", painted(report.before.verdict), report.before.drift);
    let copy = if report.is_copy { "  (a copy of the clip)" } else { "" };
    let _ = writeln!(text, "after  {}{copy}", of_score(&report.score));
    text.trim_end().to_owned()
}
