//! How an `animate` is told: a table on stdout, an envelope, report files.

use super::{Exit, Failure, Ui, table::painted};
use holdstill::{
    engine::animate::{AnimateReport, Animated, Standing},
    media::TempOut,
};
use owo_colors::OwoColorize;
use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

/// Refuses a report of a kind that we do not write, before anything is spent.
pub(crate) fn check_targets(reports: &[PathBuf]) -> Result<(), Failure> {
    match reports.iter().find(|path| !is_json(path)) {
        None => Ok(()),
        Some(path) => {
            Err(Failure::usage(format!("cannot tell what kind of report `{}` is", path.display()), "name it .json"))
        }
    }
}

/// Writes the report files.
pub(crate) fn write(animated: &Animated, reports: &[PathBuf]) -> Result<(), Failure> {
    for path in reports {
        let text = serde_json::to_string_pretty(&animated.report).expect("reports are plain data");
        let temp = TempOut::beside(path)?;
        std::fs::write(temp.path(), text).map_err(|source| holdstill::store::Error::io("write", path, source))?;
        temp.commit()?;
    }
    Ok(())
}

/// Tells the outcome and gives the exit code.
pub(crate) fn tell(animated: &Animated, reports: &[PathBuf], ui: &Ui) -> Exit {
    let report = &animated.report;
    if ui.is_json() {
        ui.envelope(report);
    } else {
        ui.data(table(report).trim_end());
        for path in reports {
            ui.data(format_args!("report   {}", path.display()));
        }
    }
    report.verdict.into()
}

/// Takes, before and after, cost, file: what a person wants to know.
pub(crate) fn table(report: &AnimateReport) -> String {
    let mut text =
        format!("{}\n", format_args!("{:<8} {:<7} {:>5}  {:<20} then", "take", "verdict", "drift", "causes").bold());
    for take in &report.takes {
        let causes: Vec<_> = take.causes.iter().map(|cause| cause.name()).collect();
        row(
            &mut text,
            &take.take.to_string(),
            Standing { drift: take.drift, verdict: take.verdict },
            &causes.join(", "),
            &take.decision.reason,
        );
        if let Some(mended) = &take.mended {
            row(&mut text, "  mended", mended.outcome, "", &mended.decision.reason);
        }
    }
    let (before, after, cost) = (report.before, report.after, report.cost);
    let _ = writeln!(text, "\nbefore   {} drift {:.1} of 100", painted(before.verdict), before.drift);
    let _ = writeln!(text, "after    {} drift {:.1} of 100", painted(after.verdict), after.drift);
    let budget = cost.budget_micros.map(|budget| format!(" of {budget}")).unwrap_or_default();
    let _ = writeln!(text, "cost     {}{budget}, {} takes", cost.settled_micros, report.takes.len());
    let _ = writeln!(text, "clip     {}", report.delivered.path);
    let _ = writeln!(text, "run      {}", report.run);
    text
}

fn row(text: &mut String, label: &str, standing: Standing, causes: &str, then: &str) {
    let _ = writeln!(text, "{label:<8} {:<7} {:>5.1}  {causes:<20} {then}", standing.verdict, standing.drift);
}

fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
}
