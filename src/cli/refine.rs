//! `holdstill refine`: a still edited before it is animated, and what else the edit changed.

use super::{
    Exit, Failure, Ui,
    order::{command_line, full, home, load_config},
    providers::old_price,
};
use clap::ValueHint;
use holdstill::{
    drift::leakage::{CHANGED_DELTA_E, Change},
    engine::{
        animate::Start,
        refine::{self, EditorChoice, RefineJob, RefineReport, Refined, percent},
    },
    frame::Plane,
    media,
    provider::{Shelf, Tier, recipe::Makes},
    report::heatmap,
    store::{self, Config, Home, Money, config::Key},
};
use owo_colors::OwoColorize;
use std::{fmt::Write as _, path::PathBuf};

/// Heat at which a map of changes begins to glow, `0..=100`.
const GLOWS_FROM: f32 = 8.0;

#[derive(clap::Args)]
#[command(after_help = "\
The original is never touched. What is written, refined.png, refined.json and refined.changes.png, is yours to accept:
animate refined.png, and the report says where it comes from. The same command again pays nothing; another --mask or
--keep-outside neither.

Examples:
  holdstill refine bottle.png --prompt 'make the cap blue' --mask cap.png --keep-outside \\
            --provider seedream --budget 0.10 --yes
  holdstill refine bottle.png --prompt 'remove the scratch' --provider gemini-image -o clean.png --budget 1 --yes")]
pub(crate) struct Args {
    /// The still
    #[arg(value_hint = ValueHint::FilePath)]
    still: PathBuf,
    /// What should change
    #[arg(long, short, value_name = "TEXT")]
    prompt: String,
    /// Where it may change: white, black elsewhere, of the still's shape. It is not sent; it says where leakage is measured
    #[arg(long, value_name = "PNG", value_hint = ValueHint::FilePath)]
    mask: Option<PathBuf>,
    /// Put the still's own pixels back outside the mask, with a soft seam inside of it
    #[arg(long)]
    keep_outside: bool,
    /// The refined still
    #[arg(long, short, value_name = "PNG", default_value = "refined.png", value_hint = ValueHint::FilePath)]
    out: PathBuf,
    /// Who edits it: gemini-image, seedream, or ID/MODEL
    #[arg(long, value_name = "NAME", help_heading = "Provider")]
    provider: Option<String>,
    /// Its model
    #[arg(long, value_name = "ID", help_heading = "Provider")]
    model: Option<String>,
    /// draft or final: which of the provider's models [default: final]
    #[arg(long, value_name = "TIER", help_heading = "Provider")]
    tier: Option<String>,
    /// Most that may be spent, in US dollars
    #[arg(long, value_name = "USD", help_heading = "Provider")]
    budget: Option<Money>,
    /// Agree to spend up to the budget
    #[arg(long, short, help_heading = "Provider")]
    yes: bool,
    /// Ask anew, and pay again, even where the same was asked before
    #[arg(long, help_heading = "Provider")]
    fresh: bool,
    /// Seed of randomness [default: derived from the request]
    #[arg(long, value_name = "N", help_heading = "Provider", value_parser = clap::value_parser!(u32).range(..1 << 31))]
    rng_seed: Option<u32>,
    /// Folder for runs, stills and the ledger
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    home: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, ui: &mut Ui) -> Result<Exit, Failure> {
    let mut config = load_config()?;
    config.flag(Key::Tier, "--tier", args.tier.as_ref())?;
    config.flag(Key::Budget, "--budget", args.budget.map(|budget| budget.to_string()))?;
    config.flag(Key::Home, "--home", args.home.as_ref().map(|home| home.display().to_string()))?;
    let mut job = job(args, &config, ui)?;
    let home = home(&config)?;
    if ui.can_ask() && !job.is_consented && (args.fresh || refine::must_pay(&home, &job)?) {
        ask_consent(&mut job, ui);
    }
    perform(&home, &job, if args.fresh { &Start::Fresh } else { &Start::Reuse }, ui)
}

/// Runs the job and tells what came of it.
pub(crate) fn perform(home: &Home, job: &RefineJob, start: &Start, ui: &mut Ui) -> Result<Exit, Failure> {
    let cancel = ui.cancel();
    let refined = refine::refine(home, job, start, &mut |event| ui.hear(&event), &cancel)?;
    media::save_png(&heatmap::overlay(&refined.picture, &heat(&refined)), &job.changes_path())?;
    if ui.is_json() {
        ui.envelope(&refined.report);
    } else {
        ui.data(table(&refined.report, job).trim_end());
    }
    Ok(Exit::Ok)
}

fn job(args: &Args, config: &Config, ui: &Ui) -> Result<RefineJob, Failure> {
    let is_png = args.out.extension().is_some_and(|end| end.eq_ignore_ascii_case("png"));
    if !is_png {
        let what = format!("cannot write the refined still as `{}`", args.out.display());
        return Err(Failure::usage(what, "name it .png: nothing is lost in that"));
    }
    Ok(RefineJob {
        still: full(&args.still)?,
        mask: args.mask.as_deref().map(full).transpose()?,
        prompt: args.prompt.clone(),
        maker: choice(args, config, ui)?,
        budget: config.budget(),
        is_consented: args.yes && config.budget().is_some(),
        keeps_outside: args.keep_outside,
        rng_seed: args.rng_seed.map(u64::from),
        out: full(&args.out)?,
        command: command_line(),
    })
}

fn choice(args: &Args, config: &Config, ui: &Ui) -> Result<EditorChoice, Failure> {
    let shelf = Shelf::of_user();
    let Some(name) = &args.provider else {
        return Err(Failure::usage(
            "nobody is named to edit the still",
            format!("add --provider: {}", shelf.editors()),
        ));
    };
    let (id, model) = name.split_once('/').map_or((name.as_str(), None), |(id, model)| (id, Some(model)));
    let model = args.model.as_deref().or(model);
    let tier = if config.text(Key::Tier) == Some("draft") { Tier::Draft } else { Tier::Final };
    if ["animator", "command", "comfyui"].contains(&id) {
        let what = format!("{id} makes clips, not stills");
        return Err(Failure::usage(what, format!("add --provider: {}", shelf.editors())));
    }
    let recipe = shelf.open(id)?.that_makes(Makes::Still)?;
    if let Some(warning) = old_price(&recipe) {
        ui.say(warning);
    }
    let model = recipe.model(model, tier)?;
    let price = model.price.of(0.0).ok_or(store::Error::MoneyOverflow)?;
    Ok(EditorChoice { id: id.to_owned(), model: model.id.clone(), tier: model.tier, price })
}

fn ask_consent(job: &mut RefineJob, ui: &Ui) {
    let price = job.maker.price;
    let is_covered = job.budget.is_none_or(|budget| price <= budget);
    if price > Money::ZERO && is_covered {
        job.is_consented = ui.ask(&format!("Spend {price} for a still by {}?", job.maker.id));
        job.budget = job.budget.or(Some(price));
    }
}

/// Colour differences as heat: what does not count as changed does not glow.
fn heat(refined: &Refined) -> Plane<f32> {
    refined.leakage.delta_e.map(|delta_e| (GLOWS_FROM * delta_e / CHANGED_DELTA_E).min(100.0))
}

fn table(report: &RefineReport, job: &RefineJob) -> String {
    let head = format!(
        "{:<22} {:>10} {:>7} {:>8} {:>9}  structure",
        "part",
        "of picture",
        "ΔE med.",
        "ΔE p95",
        format!("> ΔE {CHANGED_DELTA_E:.0}")
    );
    let mut text = format!("{}\n", head.bold());
    let outside = if report.mask.is_some() { "outside the mask" } else { "whole picture" };
    if report.refined.keeps_outside {
        row(&mut text, "outside, as it came", &report.came.outside);
    }
    row(&mut text, outside, &report.outside);
    row(&mut text, "  no edit at all", &report.floor);
    if let Some(inside) = &report.inside {
        row(&mut text, "inside the mask", inside);
    }
    if let Some(region) = &report.largest {
        let [x, y, width, height] = region.rect;
        let place = format!("{width}×{height} at {x}, {y}");
        let _ = writeln!(text, "\nlargest  {place}: {} of the picture, ΔE {:.1}", percent(region.part), region.delta_e);
    } else {
        text.push('\n');
    }
    for note in &report.notes {
        let _ = writeln!(text, "{} {note}", "note:".yellow());
    }
    let budget = report.cost.budget_micros.map(|budget| format!(" of {budget}")).unwrap_or_default();
    let reused = if report.came.is_reused { ", made before" } else { "" };
    let _ = writeln!(text, "cost     {}{budget}{reused}", report.cost.settled_micros);
    let _ = writeln!(text, "still    {}", report.refined.path);
    let _ = writeln!(text, "changes  {}", job.changes_path().display());
    let _ = writeln!(text, "run      {}", report.run);
    text
}

fn row(text: &mut String, name: &str, change: &Change) {
    let structure = change.structure.map_or_else(|| "–".to_owned(), |likeness| format!("{likeness:.3}"));
    let _ = writeln!(
        text,
        "{name:<22} {:>10} {:>7.2} {:>8.2} {:>9}  {structure}",
        percent(change.part),
        change.delta_e_median,
        change.delta_e_p95,
        percent(change.changed_share),
    );
}
