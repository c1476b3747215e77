//! How an `animate` is told: a table on stdout, an envelope, report files.

use super::{
    Exit, Failure, Ui,
    outputs::{MOST_EXHIBITS, write_text},
    plan::of_draft,
    table::painted,
};
use holdstill::{
    drift::Thresholds,
    engine::{
        self, Cancel, ScoreJob,
        animate::{AnimateJob, AnimateReport, Animated, Standing, TakeReport},
    },
    report::{
        gallery,
        html::{self, Mend, Step, Story},
        json,
    },
};
use owo_colors::OwoColorize;
use serde_json::Value;
use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

/// Refuses a report of a kind that we do not write, before anything is spent.
pub(crate) fn check_targets(reports: &[PathBuf]) -> Result<(), Failure> {
    match reports.iter().find(|path| kind(path).is_none()) {
        None => Ok(()),
        Some(path) => Err(Failure::usage(
            format!("cannot tell what kind of report `{}` is", path.display()),
            "name it .html or .json",
        )),
    }
}

/// Writes the report files.
pub(crate) fn write(animated: &Animated, job: &AnimateJob, reports: &[PathBuf], ui: &Ui) -> Result<(), Failure> {
    for path in reports {
        let text = match kind(path) {
            Some(Kind::Html) => page(animated, job, &ui.cancel())?,
            _ => json::pretty(&animated.report),
        };
        write_text(path, &text)?;
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
    if let Some(promotion) = &report.promotion {
        let _ = writeln!(text, "draft    {}", of_draft(&promotion.draft));
        let style = promotion.style.map(|style| style.sentence());
        let _ = style.map(|style| writeln!(text, "style    {style}"));
        let unmended = promotion.style_unmended.map(|style| style.sentence());
        let _ = unmended.map(|style| writeln!(text, "         before it was mended, {style}"));
        for warning in &promotion.warnings {
            let _ = writeln!(text, "{} {warning}", "note:".yellow());
        }
    }
    let budget = cost.budget_micros.map(|budget| format!(" of {budget}")).unwrap_or_default();
    let takes = match report.takes.len() {
        1 => "1 take".to_owned(),
        several => format!("{several} takes"),
    };
    let _ = writeln!(text, "cost     {}{budget}, {takes}", cost.settled_micros);
    let _ = writeln!(text, "ended    {}", report.stop);
    let _ = writeln!(text, "clip     {}", report.delivered.path);
    if let Some(origin) = &report.seed_origin {
        let _ = writeln!(text, "seed     {origin}");
    }
    let _ = writeln!(text, "run      {}", report.run);
    text
}

fn row(text: &mut String, label: &str, standing: Standing, causes: &str, then: &str) {
    let _ = writeln!(text, "{label:<8} {:<7} {:>5.1}  {causes:<20} {then}", standing.verdict, standing.drift);
}

enum Kind {
    Html,
    Json,
}

fn kind(path: &Path) -> Option<Kind> {
    match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "html" | "htm" => Some(Kind::Html),
        "json" => Some(Kind::Json),
        _ => None,
    }
}

/// The page of the final clip, with the story of how it came about and the first take's worst frames.
fn page(animated: &Animated, job: &AnimateJob, cancel: &Cancel) -> Result<String, Failure> {
    let Animated { report, first } = animated;
    let clip = PathBuf::from(&first.clip.path);
    let score_job = ScoreJob {
        command: first.command.clone(),
        seed: job.still.clone(),
        mask: job.mask.clone(),
        embedder: None,
        wants_range: false,
        thresholds: Thresholds { drift_fail: job.drift_fail },
        clip,
    };
    // Heat maps are not kept with a run: the first take is measured again, with the same bits.
    let mut scored = engine::score(&score_job, &mut |_| {}, cancel)?;
    let exhibits = gallery::collect(&score_job, &mut scored, MOST_EXHIBITS, cancel)?;
    let story = Story {
        title: report.stop.clone(),
        before: Some(first.clone()),
        steps: report.takes.iter().flat_map(steps).collect(),
        mends: mends(report),
        spent: Some(report.cost.settled_micros),
        budget: report.cost.budget_micros,
        promotion: report.promotion.clone(),
    };
    let page = html::Page { exhibits: &exhibits, story: Some(&story), ..html::Page::new(&report.score) };
    Ok(html::render(&page))
}

/// A take and, where it was tried, its mending.
fn steps(take: &TakeReport) -> Vec<Step> {
    let causes: Vec<_> = take.causes.iter().map(|cause| cause.name()).collect();
    let spans: Vec<_> = take.bad_spans.iter().map(|[first, last]| format!("{first}–{last}")).collect();
    let place = if spans.is_empty() { String::new() } else { format!(" in frames {}", spans.join(", ")) };
    let made = Step {
        label: format!("Take {}", take.take),
        detail: format!("{}, random seed {}, {:.0} % of the motion", take.provider, take.rng_seed, take.motion * 100.0),
        drift: Some(take.drift),
        verdict: Some(take.verdict),
        causes: causes.join(", ") + &place,
        cost: Some(take.cost_micros),
        decision: take.decision.reason.clone(),
    };
    let mended = take.mended.as_ref().map(|mended| Step {
        label: "Mend".into(),
        detail: format!("take {}", take.take),
        drift: Some(mended.outcome.drift),
        verdict: Some(mended.outcome.verdict),
        decision: mended.decision.reason.clone(),
        ..Step::default()
    });
    std::iter::once(made).chain(mended).collect()
}

/// The spans of the mending that was delivered.
fn mends(report: &AnimateReport) -> Vec<Mend> {
    let spans = report.mend.as_ref().and_then(|mend| mend.get("spans")?.as_array().cloned()).unwrap_or_default();
    let number = |span: &Value, key: &str| span.get(key).and_then(Value::as_f64).unwrap_or(0.0);
    let word = |span: &Value, key: &str| span.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let frame = |span: &Value, at: usize| {
        span.get("frames")
            .and_then(|frames| frames.get(at)?.as_u64())
            .and_then(|f| usize::try_from(f).ok())
            .unwrap_or(0)
    };
    let mend = |span: &Value| Mend {
        frames: [frame(span, 0), frame(span, 1)],
        method: word(span, "kind"),
        before: number(span, "before"),
        after: number(span, "after"),
        accepted: span.get("is_accepted").and_then(Value::as_bool).unwrap_or(false),
        why: word(span, "reason"),
    };
    spans.iter().map(mend).collect()
}
