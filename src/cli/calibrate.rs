//! `holdstill calibrate`: a threshold of your own, from clips that you accepted and rejected.

use super::{Exit, Failure, Ui, labels, outputs::write_text, pair::Sight};
use clap::ValueHint;
use holdstill::{
    drift::Uncalibrated,
    engine::{self, CalibrationReport},
    report::roc,
};
use owo_colors::OwoColorize;
use std::{fmt::Write as _, path::PathBuf};

/// Rates of false alarms of which the table shows what they cost.
const RATES: [f64; 4] = [0.0, 0.05, 0.10, 0.20];

#[derive(clap::Args)]
#[command(after_help = "\
Labels are a CSV with the columns clip, seed, label and, where you have one, mask; paths are relative to it:
  clip,seed,label
  a.mp4,bottle.png,accept
  b.mp4,bottle.png,reject

Examples:
  holdstill calibrate labels.csv
  holdstill calibrate labels.csv --false-alarms 0.05 -o gate.toml --roc roc.svg

Exit code: 0 calibrated · 6 too little data for the rate · 3 a clip cannot be read.")]
pub(crate) struct Args {
    /// Your judgements: CSV with clip, seed, label (accept or reject) and mask
    #[arg(value_hint = ValueHint::FilePath)]
    labels: PathBuf,
    #[command(flatten)]
    sight: Sight,
    /// Share of faithful clips that may fail, above 0 and below 1
    #[arg(long, value_name = "RATE", default_value_t = 0.10, value_parser = rate)]
    false_alarms: f64,
    /// Write the policy for `gate` here
    #[arg(long, short, value_name = "TOML", value_hint = ValueHint::FilePath)]
    out: Option<PathBuf>,
    /// Draw the ROC here
    #[arg(long, value_name = "SVG", value_hint = ValueHint::FilePath)]
    roc: Option<PathBuf>,
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if rate > 0.0 && rate < 1.0 => Ok(rate),
        _ => Err("a rate lies above 0 and below 1, such as 0.05".to_owned()),
    }
}

pub(crate) fn run(args: &Args, ui: &mut Ui) -> Result<Exit, Failure> {
    let cases = labels::read(&args.labels, args.sight.embedder.as_deref())?;
    let cancel = ui.cancel();
    let report = engine::calibrate(&cases, args.false_alarms, &mut |event| ui.hear(&event), &cancel)?;
    if let Some(path) = &args.roc {
        write_text(path, &roc::svg(&report))?;
    }
    if let (Some(path), Some(policy)) = (&args.out, policy(&report)) {
        write_text(path, &policy)?;
    }
    if ui.is_json() {
        ui.envelope(&report);
    } else {
        ui.data(table(&report));
    }
    Ok(match &report.calibrated {
        _ if !report.is_complete() => Exit::Media,
        Some(_) => Exit::Ok,
        None => Exit::Unsure,
    })
}

/// The policy that follows, with its reason; none where there is no threshold.
fn policy(report: &CalibrationReport) -> Option<String> {
    let threshold = report.calibrated.as_ref()?.threshold;
    let accepted = report.clips.iter().filter(|clip| clip.accepted && clip.drift.is_some()).count();
    let rate = report.rate * 100.0;
    Some(format!(
        "# Calibrated by {} on {accepted} accepted clips: of new clips like them at most {rate:.1} % fail\n\
         # (split conformal, for any distribution).\n\
         extends = \"standard\"\n\n[limits]\ndrift.clip = {threshold:.1}\n",
        report.tool
    ))
}

fn table(report: &CalibrationReport) -> String {
    let mut text = String::new();
    for clip in &report.clips {
        let label = if clip.accepted { "accept" } else { "reject" };
        match (&clip.drift, &clip.error) {
            (Some(drift), _) => writeln!(text, "{label}  {drift:>5.1}  {}", clip.clip),
            (_, error) => {
                let why = error.as_ref().map_or("", |error| &error.message);
                writeln!(text, "{label}  {:>5}  {}  {}", "-", clip.clip, why.red())
            }
        }
        .expect("writing to a string does not fail");
    }
    text.push('\n');
    match &report.roc {
        Some(roc) => {
            let [low, high] = roc.auc_95;
            text += &format!("area under the ROC {:.3} (95 %: {low:.3} to {high:.3})\n", roc.auc);
            text +=
                &format!("{}\n", format_args!("{:>12}  {:>9}  {:>6}", "false alarms", "threshold", "caught").bold());
            for rate in RATES {
                // points grow stricter towards the front: the first that keeps the rate catches most
                let best = roc.points.iter().find(|point| point.false_alarms <= rate);
                if let Some((point, threshold)) = best.and_then(|point| point.threshold.map(|t| (point, t))) {
                    let (alarms, caught) = (point.false_alarms * 100.0, point.caught * 100.0);
                    text += &format!("{alarms:>10.1} %  {threshold:>9.1}  {caught:>4.0} %\n");
                }
            }
        }
        None => text += "no ROC: it takes accepted and rejected clips\n",
    }
    for warning in &report.warnings {
        text += &format!("{} {warning}\n", "note:".yellow());
    }
    text + &conclusion(report)
}

fn conclusion(report: &CalibrationReport) -> String {
    let rate = report.rate * 100.0;
    match (&report.calibrated, &report.uncalibrated) {
        (Some(found), _) => {
            let caught = match (found.caught, found.caught_95) {
                (Some(share), Some([low, high])) => {
                    format!(
                        "; it catches {:.0} % of the rejected (95 %: {:.0} to {:.0} %)",
                        share * 100.0,
                        low * 100.0,
                        high * 100.0
                    )
                }
                _ => String::new(),
            };
            let verdict = "CALIBRATED".green().bold().to_string();
            format!(
                "{verdict} fail from drift {:.1} on: at most {rate:.1} % of new faithful clips fail{caught}",
                found.threshold
            )
        }
        (None, reason) => {
            let why = match reason {
                Some(Uncalibrated::TooFew { accepted, needed }) => {
                    format!("{accepted} clips were accepted, a rate of {rate:.1} % needs {needed}")
                }
                _ => format!("too many accepted clips drift as far as the scale goes for a rate of {rate:.1} %"),
            };
            format!("{} {why}", "UNCALIBRATED".yellow().bold())
        }
    }
}
