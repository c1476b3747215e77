//! `holdstill runs`: what was done, what it cost, and going on after a crash.

use super::{
    Exit, Failure, Ui, animate,
    order::{home, load_config},
    refine, story,
};
use clap::Subcommand;
use holdstill::{
    drift::Verdict,
    engine::{
        Error,
        animate::{AnimateJob, AnimateReport, Start, abandon},
        refine::RefineJob,
    },
    store::{
        Home, Ledger, Money,
        ledger::{Attempt, AttemptState, LedgerEvent, Purse, Run, RunState},
    },
};
use owo_colors::OwoColorize;
use serde_json::{Value, json};
use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

/// Runs that are listed where no number is given.
const DEFAULT_COUNT: usize = 20;
/// Letters at the end of an id that tell runs apart.
const SHORT_ID: usize = 8;

#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// List this many, newest first
    #[arg(long, short = 'n', value_name = "N", default_value_t = DEFAULT_COUNT)]
    count: usize,
}

#[derive(Subcommand)]
enum Verb {
    /// Show one run: takes, decisions, money, diary
    Show {
        /// Its id, or the last letters of it
        id: String,
    },
    /// Give a run up: stop its jobs where the provider can do that
    Cancel {
        /// Its id, or the last letters of it
        id: String,
    },
    /// Go on with a run where it stood, after a crash or an interruption
    Resume {
        /// Its id, or the last letters of it
        id: String,
        /// Pay again for an attempt that was perhaps charged
        #[arg(long)]
        resubmit: bool,
        /// Write the report here: .html or .json; may be repeated
        #[arg(long, value_name = "FILE")]
        report: Vec<PathBuf>,
    },
}

pub(crate) fn run(args: &Args, ui: &mut Ui) -> Result<Exit, Failure> {
    let home = home(&load_config()?)?;
    match &args.verb {
        None => list(&home, args.count, ui),
        Some(Verb::Show { id }) => show(&home, id, ui),
        Some(Verb::Cancel { id }) => cancel(&home, id, ui),
        Some(Verb::Resume { id, resubmit, report }) => resume(&home, id, *resubmit, report, ui),
    }
}

fn list(home: &Home, count: usize, ui: &Ui) -> Result<Exit, Failure> {
    let ledger = Ledger::open(home)?;
    let runs = ledger.runs(count)?;
    if ui.is_json() {
        let runs =
            runs.iter().map(|run| Ok(brief(run, ledger.purse(&run.id)?))).collect::<Result<Vec<_>, Failure>>()?;
        ui.envelope(&json!({ "schema": "holdstill/runs/1", "runs": runs }));
        return Ok(Exit::Ok);
    }
    if runs.is_empty() {
        ui.say("no runs yet; `holdstill animate STILL` makes one, `holdstill demo` too");
        return Ok(Exit::Ok);
    }
    let mut text = format!(
        "{}\n",
        format_args!(
            "{:<8}  {:<16}  {:<9} {:<7} {:>5}  {:>8} {:>8} {:>8} {:>10}  clip",
            "run", "begun", "state", "verdict", "drift", "estimate", "reserved", "settled", "a second"
        )
        .bold()
    );
    for run in &runs {
        let report = report_of(run);
        let (verdict, drift) = report.as_ref().map_or(("–".to_owned(), "–".to_owned()), |report| {
            (report.verdict.to_string(), format!("{:.1}", report.drift))
        });
        let out = job_of(run).map(|job| job.out().display().to_string()).unwrap_or_default();
        let purse = ledger.purse(&run.id)?;
        let [estimated, reserved, settled] =
            [purse.estimated, purse.reserved, purse.settled].map(|money| money.to_string());
        let second = per_accepted_second(run, purse).map_or_else(|| "–".to_owned(), |cost| cost.to_string());
        let _ = writeln!(
            text,
            "{:<8}  {:<16}  {:<9} {verdict:<7} {drift:>5}  {estimated:>8} {reserved:>8} {settled:>8} {second:>10}  {out}",
            short(&run.id),
            minute(&run.created),
            state(run, home),
        );
    }
    ui.data(text.trim_end());
    Ok(Exit::Ok)
}

fn show(home: &Home, id: &str, ui: &Ui) -> Result<Exit, Failure> {
    let ledger = Ledger::open(home)?;
    let run = ledger.find_run(id)?;
    let (attempts, events, purse) = (ledger.attempts(&run.id)?, ledger.events(&run.id)?, ledger.purse(&run.id)?);
    if ui.is_json() {
        let mut value = brief(&run, purse);
        value["schema"] = json!("holdstill/run/1");
        value["job"] = serde_json::from_str(&run.job).unwrap_or(Value::Null);
        value["attempts"] = attempts.iter().map(attempt_json).collect();
        value["events"] = json!(events);
        value["report"] = run.report.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null);
        ui.envelope(&value);
    } else {
        ui.data(page(&run, &attempts, &events, purse, home));
    }
    Ok(Exit::Ok)
}

fn resume(home: &Home, id: &str, may_resubmit: bool, reports: &[PathBuf], ui: &mut Ui) -> Result<Exit, Failure> {
    story::check_targets(reports)?;
    let run = Ledger::open(home)?.find_run(id)?;
    let job = job_of(&run).ok_or_else(|| Error::Usage {
        what: format!("run {} was made by another version and cannot be taken up", run.id),
        hint: "start it anew with `holdstill animate`".into(),
    })?;
    let start = Start::Resume { run: run.id, may_resubmit };
    let job = match job {
        Job::Animate(job) => *job,
        Job::Refine(job) => return refine::perform(home, &job, &start, ui),
    };
    let animated = animate::perform(home, &job, &start, ui)?;
    story::write(&animated, &job, reports, ui)?;
    Ok(story::tell(&animated, reports, ui))
}

fn cancel(home: &Home, id: &str, ui: &Ui) -> Result<Exit, Failure> {
    let attempts = abandon(home, id)?;
    if ui.is_json() {
        ui.envelope(&json!({ "schema": "holdstill/cancel/1", "attempts": attempts }));
    } else if attempts.is_empty() {
        ui.data("nothing of this run was still going on");
    }
    for attempt in attempts.iter().filter(|_| !ui.is_json()) {
        ui.data(format_args!("take {} (attempt {}): {}", attempt.take, attempt.attempt, attempt.what));
    }
    let is_over = attempts.iter().all(|attempt| attempt.is_over);
    Ok(if is_over { Exit::Ok } else { Exit::Provider })
}

fn page(run: &Run, attempts: &[Attempt], events: &[LedgerEvent], purse: Purse, home: &Home) -> String {
    let mut text = format!("{} {}  {}\n", "run".bold(), run.id, state(run, home));
    if let Some(job) = job_of(run) {
        let _ = writeln!(text, "{}", job.command().dimmed());
    }
    if let Some(report) = report_of(run) {
        let _ = write!(text, "\n{}", story::table(&report));
    }
    let _ = writeln!(
        text,
        "\n{}",
        format_args!(
            "{:<8} {:<4} {:<10} {:<11} {:>8} {:>8}  {:<22}  clip",
            "attempt", "take", "provider", "state", "estimate", "settled", "in its own units"
        )
        .bold()
    );
    for attempt in attempts {
        let price = attempt.price.to_string();
        let cost = attempt.cost.map_or_else(|| "–".to_owned(), |cost| cost.to_string());
        let charged = attempt.charged.as_deref().unwrap_or("–");
        let clip = attempt.blob.map(|blob| home.blobs().path(&blob).display().to_string());
        let what = clip.or_else(|| attempt.failure.clone()).unwrap_or_default();
        let _ = writeln!(
            text,
            "{:<8} {:<4} {:<10} {:<11} {price:>8} {cost:>8}  {charged:<22}  {what}",
            attempt.id, attempt.take, attempt.provider, attempt.state
        );
    }
    let Purse { estimated, reserved, settled, .. } = purse;
    let limit = budget(run.budget);
    let _ = writeln!(text, "\nestimate {estimated}, reserved {reserved}, settled {settled}, budget {limit}");
    if let Some(second) = per_accepted_second(run, purse) {
        let _ = writeln!(text, "{second} a second of accepted clip");
    }
    let _ = writeln!(text, "\n{}", "diary".bold());
    for event in events {
        let who = event.attempt.map(|attempt| format!("attempt {attempt}")).unwrap_or_default();
        let _ = writeln!(text, "{}  {who:<11} {:<9} {}", second(&event.at), event.kind, event.what);
    }
    if attempts.iter().any(|attempt| attempt.state == AttemptState::Unknown) {
        let _ = writeln!(
            text,
            "\nAn attempt was perhaps charged: `holdstill runs resume {}` looks for it again.",
            short(&run.id)
        );
    }
    text.trim_end().to_owned()
}

fn brief(run: &Run, purse: Purse) -> Value {
    let report = report_of(run);
    json!({
        "run": run.id,
        "created": run.created,
        "updated": run.updated,
        "state": run.state,
        "recipe": run.recipe_digest,
        "verdict": report.as_ref().map(|report| report.verdict),
        "drift": report.as_ref().map(|report| report.drift),
        "final": report.as_ref().map(|report| &report.delivered),
        "estimated_micros": purse.estimated,
        "settled_micros": purse.settled,
        "reserved_micros": purse.reserved,
        "micros_per_accepted_second": per_accepted_second(run, purse),
        "budget_micros": run.budget,
    })
}

fn attempt_json(attempt: &Attempt) -> Value {
    json!({
        "attempt": attempt.id,
        "take": attempt.take,
        "provider": attempt.provider,
        "client_id": attempt.client_id,
        "job_id": attempt.job_id,
        "state": attempt.state,
        "price_micros": attempt.price,
        "cost_micros": attempt.cost,
        "charged": attempt.charged,
        "blake3": attempt.blob.map(|blob| blob.to_hex().to_string()),
        "decision": attempt.decision.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok()),
        "failure_code": attempt.failure_code,
        "failure": attempt.failure,
    })
}

/// What a run is to do.
enum Job {
    Animate(Box<AnimateJob>),
    Refine(Box<RefineJob>),
}

impl Job {
    fn out(&self) -> &Path {
        match self {
            Self::Animate(job) => &job.out,
            Self::Refine(job) => &job.out,
        }
    }

    fn command(&self) -> &str {
        match self {
            Self::Animate(job) => &job.command,
            Self::Refine(job) => &job.command,
        }
    }
}

fn job_of(run: &Run) -> Option<Job> {
    let animate = serde_json::from_str(&run.job).map(|job| Job::Animate(Box::new(job)));
    animate.or_else(|_| serde_json::from_str(&run.job).map(|job| Job::Refine(Box::new(job)))).ok()
}

fn report_of(run: &Run) -> Option<AnimateReport> {
    run.report.as_deref().and_then(|text| serde_json::from_str(text).ok())
}

/// What a second of the clip has cost, where it was accepted.
fn per_accepted_second(run: &Run, purse: Purse) -> Option<Money> {
    let is_accepted = report_of(run).is_some_and(|report| report.verdict == Verdict::Hold);
    let Some(Job::Animate(job)) = job_of(run).filter(|_| is_accepted) else { return None };
    purse.settled.per_second(job.duration_secs)
}

/// Open runs are told apart by whether somebody works on them.
fn state(run: &Run, home: &Home) -> &'static str {
    match run.state {
        RunState::Open if home.lock_run(&run.id).is_err() => "working",
        RunState::Open => "stopped",
        other => other.name(),
    }
}

fn short(id: &str) -> &str {
    &id[id.len().saturating_sub(SHORT_ID)..]
}

fn minute(time: &str) -> String {
    time.get(..16).unwrap_or(time).replace('T', " ")
}

fn second(time: &str) -> &str {
    time.get(11..19).unwrap_or(time)
}

fn budget(budget: Option<Money>) -> String {
    budget.map_or_else(|| "none".to_owned(), |budget| budget.to_string())
}
