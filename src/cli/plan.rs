//! `holdstill plan`: what `animate` would do and cost; nothing is sent.

use super::{
    Exit, Failure, Ui,
    order::{OrderArgs, home, tell_old_price},
};
use holdstill::{
    engine::animate::{Draft, Influence, Plan, plan},
    store::Money,
};
use owo_colors::OwoColorize;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  holdstill plan bottle.png --prompt 'slow push in' --aspect 4:5
  holdstill plan bottle.png --command './my-i2v {seed} {out} {prompt}' --command-price 0.40 --budget 1")]
pub(crate) struct Args {
    #[command(flatten)]
    order: OrderArgs,
}

pub(crate) fn run(args: &Args, ui: &Ui) -> Result<Exit, Failure> {
    let config = args.order.config()?;
    let job = args.order.job(&config)?;
    tell_old_price(&job, ui)?;
    show(&plan(&home(&config)?, &job)?, ui)
}

/// Shows a plan.
#[expect(clippy::unnecessary_wraps, reason = "the end of a verb")]
pub(crate) fn show(plan: &Plan, ui: &Ui) -> Result<Exit, Failure> {
    if ui.is_json() {
        ui.envelope(plan);
    } else {
        ui.data(table(plan));
    }
    Ok(Exit::Ok)
}

fn table(plan: &Plan) -> String {
    let clip = format!("{:.1} s, {} frames, shape {}, {}", plan.duration_secs, plan.frames, plan.aspect, plan.motion);
    let calls = match plan.made_calls {
        0 => format!("at most {} to {}", plan.most_calls, plan.provider),
        made => format!("at most {} to {}, {made} made already", plan.most_calls, plan.provider),
    };
    let at_once = if plan.candidates > 1 { format!(", {} at the same time", plan.candidates) } else { String::new() };
    let calls = calls + &at_once;
    let start = if plan.start == Influence::default() {
        "with what is asked for".to_owned()
    } else {
        let words = if plan.start.prompt.is_empty() { String::new() } else { format!(", “{}”", plan.start.prompt) };
        format!("with what held last time: {:.0} % of the motion{words}", 100.0 * plan.start.motion)
    };
    let price = if plan.price_micros == Money::ZERO {
        "free".to_owned()
    } else {
        format!("{} a call, at most {}", plan.price_micros, plan.most_micros)
    };
    let budget = match plan.budget_micros {
        None if plan.price_micros == Money::ZERO => "not needed".to_owned(),
        None => {
            format!("{} add --budget {}", "missing:".yellow(), plan.most_micros.to_string().trim_start_matches('$'))
        }
        Some(budget) if plan.is_covered => format!("{budget}, covers every call"),
        Some(budget) => format!("{budget}, {} every call; it stops the takes", "does not cover".yellow()),
    };
    let run = match (&plan.run, plan.outcome) {
        (None, _) => "a new one".to_owned(),
        (Some(run), None) => format!("goes on with {run}"),
        (Some(run), Some(outcome)) => format!("goes on with {run}: {} at drift {:.1}", outcome.verdict, outcome.drift),
    };
    let row = |name: &str, value: &str| format!("{} {value}\n", format_args!("{name:<7}").bold());
    let rows = [
        ("clip", &clip),
        ("begins", &start),
        ("calls", &calls),
        ("time", &time(plan)),
        ("price", &price),
        ("budget", &budget),
        ("run", &run),
        ("writes", &plan.out),
    ];
    let seed = plan.seed_origin.as_ref().map(|origin| row("seed", &origin.to_string()));
    let mut text: String = plan.draft.as_ref().map(|draft| row("draft", &of_draft(draft))).unwrap_or_default();
    text += &rows.map(|(name, value)| row(name, value)).concat();
    text += &seed.unwrap_or_default();
    text += "Nothing was sent.";
    text
}

/// How long a call takes: what it took before, and how long it is waited for.
fn time(plan: &Plan) -> String {
    let usual = match (plan.usual_wait_secs, plan.waits_known) {
        (Some(secs), 1) => format!("{} a call, as the one before", about(secs)),
        (Some(secs), known) => format!("{} a call, the median of the last {known}", about(secs)),
        (None, _) => "not known before a first call".to_owned(),
    };
    match plan.patience_secs {
        Some(secs) => format!("{usual}; a call is waited for up to {}", about(secs)),
        None => usual,
    }
}

/// A length of time as a person says it.
fn about(secs: f64) -> String {
    match secs {
        s if s < 10.0 => format!("{s:.1} s"),
        s if s < 100.0 => format!("{s:.0} s"),
        s if s < 100.0 * 60.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.0} h", s / 3600.0),
    }
}

/// Where a final comes from, and how.
pub(crate) fn of_draft(draft: &Draft) -> String {
    format!("take {} of run {}, {}; {}", draft.take, draft.run, draft.model, draft.link.meaning())
}
