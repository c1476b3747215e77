//! `holdstill gate`: many clips against a policy; the exit code is the gate.

use super::{Exit, Failure, Ui, order, outputs::write_text, pair::Sight, table::painted};
use clap::ValueHint;
use holdstill::{
    drift::{Verdict, policy::OnUnsure},
    engine::{self, GateCase, GateOutcome, GateReport, Gated},
    report::{junit, markdown, sarif},
    store::config::Key,
};
use owo_colors::OwoColorize;
use serde::Deserialize;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
#[command(after_help = "\
A manifest holds one JSON object per line, paths relative to it:
  {\"clip\": \"a.mp4\", \"seed\": \"a.png\", \"mask\": \"a_mask.png\"}

Examples:
  holdstill gate a.mp4 b.mp4 --seed still.png --policy gate.toml --junit gate.xml
  holdstill gate clips.jsonl --policy strict --markdown gate.md

Exit code, the first that applies: 3 a clip cannot be read · 1 a clip fails · 6 a clip is unsure and the policy does
not pass that · 0 every clip passes.")]
pub(crate) struct Args {
    /// Clips, or manifests that end in .jsonl
    #[arg(required = true, value_hint = ValueHint::FilePath)]
    clips: Vec<PathBuf>,
    /// The still that the clips were made from
    #[arg(long, short, value_name = "STILL", value_hint = ValueHint::FilePath)]
    seed: Option<PathBuf>,
    /// Where fidelity matters, painted in the still's shape: white product on black; green: label; red: not measured; blue: may change its shape
    #[arg(long, value_name = "PNG", value_hint = ValueHint::FilePath)]
    mask: Option<PathBuf>,
    #[command(flatten)]
    sight: Sight,
    /// draft, standard, strict or a gate.toml [default: standard]
    #[arg(long, short, value_name = "POLICY")]
    policy: Option<String>,
    /// Whether a clip passes of which too little could be judged [default: as the policy says]
    #[arg(long, value_name = "WHAT", value_parser = ["pass", "fail"])]
    unsure: Option<String>,
    /// Write JUnit XML here
    #[arg(long, value_name = "XML", value_hint = ValueHint::FilePath)]
    junit: Option<PathBuf>,
    /// Write a summary in Markdown here
    #[arg(long, value_name = "MD", value_hint = ValueHint::FilePath)]
    markdown: Option<PathBuf>,
    /// Write SARIF 2.1.0 here
    #[arg(long, value_name = "SARIF", value_hint = ValueHint::FilePath)]
    sarif: Option<PathBuf>,
}

/// One line of a manifest.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    clip: PathBuf,
    seed: Option<PathBuf>,
    mask: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, ui: &mut Ui) -> Result<Exit, Failure> {
    let config = order::load_config()?;
    let name = args.policy.as_deref().or(config.text(Key::Policy)).unwrap_or("standard");
    let mut policy = order::policy(name)?;
    match args.unsure.as_deref() {
        Some("pass") => policy.unsure = OnUnsure::Pass,
        Some(_) => policy.unsure = OnUnsure::Fail,
        None => {}
    }
    let cases = cases(args)?;
    let cancel = ui.cancel();
    let report = engine::gate(&cases, &policy, &mut |event| ui.hear(&event), &cancel)?;
    if let Some(path) = &args.junit {
        write_text(path, &junit::gate(&report))?;
    }
    if let Some(path) = &args.markdown {
        write_text(path, &markdown::gate(&report))?;
    }
    if let Some(path) = &args.sarif {
        write_text(path, &sarif::gate(&report))?;
    }
    if ui.is_json() {
        ui.envelope(&report);
    } else {
        ui.data(table(&report));
    }
    Ok(match report.outcome() {
        GateOutcome::Pass => Exit::Ok,
        GateOutcome::Unsure => Exit::Unsure,
        GateOutcome::Fail => Exit::Drift,
        GateOutcome::Unreadable => Exit::Media,
    })
}

fn cases(args: &Args) -> Result<Vec<GateCase>, Failure> {
    let mut cases = Vec::new();
    for path in &args.clips {
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            cases.extend(manifest(path, args)?);
        } else {
            let seed = args.seed.clone().ok_or_else(|| no_seed(path))?;
            cases.push(GateCase {
                clip: path.clone(),
                seed,
                mask: args.mask.clone(),
                embedder: args.sight.embedder.clone(),
            });
        }
    }
    Ok(cases)
}

fn manifest(path: &Path, args: &Args) -> Result<Vec<GateCase>, Failure> {
    let unreadable = |error: String| {
        let hint = r#"each line reads {"clip": "a.mp4", "seed": "a.png"}, paths relative to the manifest"#;
        Failure::usage(format!("cannot read the manifest `{}`: {error}", path.display()), hint)
    };
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut cases = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let line: Line =
            serde_json::from_str(line).map_err(|error| unreadable(format!("line {}: {error}", number + 1)))?;
        let here = |path: PathBuf| folder.join(path);
        let seed = line.seed.map(here).or_else(|| args.seed.clone()).ok_or_else(|| no_seed(&line.clip))?;
        let mask = line.mask.map(here).or_else(|| args.mask.clone());
        cases.push(GateCase { clip: folder.join(line.clip), seed, mask, embedder: args.sight.embedder.clone() });
    }
    Ok(cases)
}

fn no_seed(clip: &Path) -> Failure {
    Failure::usage(format!("no still is given for `{}`", clip.display()), "add --seed still.png")
}

fn table(report: &GateReport) -> String {
    let mut text = String::new();
    for clip in &report.clips {
        text += &format!("{}  {:>5}  {}\n", outcome(clip), drift(clip), clip.clip);
        if let Some(error) = &clip.error {
            text += &format!("       {} {}\n", error.message, format_args!("({})", error.hint).dimmed());
        }
        for breach in clip.decision.iter().flat_map(|decision| &decision.breaches) {
            text += &format!("       {} {}: {}\n", breach.level.name(), breach.rule, breach.explain);
        }
    }
    let passed = report.clips.iter().filter(|clip| clip.passes()).count();
    text + &format!("{passed} of {} clips pass the policy {}", report.clips.len(), report.policy)
}

fn outcome(clip: &Gated) -> String {
    match &clip.decision {
        Some(decision) if decision.outcome == Verdict::Hold => {
            format!("{}", format_args!("{:<6}", "PASS").green().bold())
        }
        Some(decision) => painted(decision.outcome),
        None => format!("{}", format_args!("{:<6}", "ERROR").red().bold()),
    }
}

fn drift(clip: &Gated) -> String {
    clip.score.as_ref().map_or_else(|| "-".to_owned(), |score| format!("{:.1}", score.judgement.drift))
}
