//! `holdstill providers`: who can make clips, with which models, at what price, and whether a key is there.

use super::{Exit, Failure, Ui, comfyui};
use clap::{Subcommand, ValueHint};
use holdstill::{
    provider::{
        Shelf, Tier,
        recipe::{self, Auth, Durations, Final, Makes, Model, Recipe},
    },
    store::{Environment, config::Address},
};
use owo_colors::OwoColorize;
use serde_json::{Value, json};
use std::{fmt::Write as _, path::PathBuf};

/// Prices older than this are told to be old, days.
const OLD_PRICE_DAYS: i32 = 90;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Subcommand)]
enum Verb {
    /// Show one provider: models, prices, limits, and what no first-hand source confirms
    Show {
        /// Its id
        id: String,
    },
    /// Examine recipes of your own; every complaint has its line
    Check {
        /// The recipes
        #[arg(required = true, value_hint = ValueHint::FilePath)]
        files: Vec<PathBuf>,
    },
}

pub(crate) fn run(args: &Args, ui: &Ui) -> Result<Exit, Failure> {
    let shelf = Shelf::of_user();
    match &args.verb {
        None => list(&shelf, ui),
        Some(Verb::Show { id }) if id == comfyui::ID => comfyui::show(ui),
        Some(Verb::Show { id }) => show(&shelf, id, ui),
        Some(Verb::Check { files }) => check(files, ui),
    }
}

fn list(shelf: &Shelf, ui: &Ui) -> Result<Exit, Failure> {
    let recipes = shelf.ids().iter().map(|id| shelf.open(id)).collect::<Result<Vec<_>, _>>()?;
    if ui.is_json() {
        let providers: Vec<_> = recipes.iter().map(of_recipe).collect();
        ui.envelope(&json!({ "schema": "holdstill/providers/1", "providers": providers }));
        return Ok(Exit::Ok);
    }
    let mut text = format!(
        "{}\n",
        format_args!("{:<14} {:<42} {:<6} {:>9}  key", "provider", "name", "models", "5 s from").bold()
    );
    let _ = writeln!(
        text,
        "{:<14} {:<42} {:<6} {:>9}  not needed",
        "animator", "built in: camera moves of the still", 1, "free"
    );
    let _ = writeln!(
        text,
        "{:<14} {:<42} {:<6} {:>9}  not needed",
        "comfyui", "a ComfyUI server of yours, with --workflow", "yours", "free"
    );
    let (stills, clips): (Vec<&Recipe>, Vec<&Recipe>) = recipes.iter().partition(|recipe| recipe.makes == Makes::Still);
    let line = |recipe: &Recipe| {
        let cheapest = recipe.models.iter().filter_map(|model| model.price.of(5.0)).min();
        let price = cheapest.map(|price| price.to_string()).unwrap_or_default();
        let key = if has_key(recipe) { "set".green().to_string() } else { variables(recipe) };
        format!("{:<14} {:<42} {:<6} {price:>9}  {key}\n", recipe.id, recipe.name, recipe.models.len())
    };
    text.extend(clips.into_iter().map(line));
    let _ = writeln!(text, "\n{}", "stills, for `holdstill refine`: the price is for one".bold());
    text.extend(stills.into_iter().map(line));
    ui.data(text.trim_end());
    for warning in recipes.iter().filter_map(old_price) {
        ui.say(warning);
    }
    Ok(Exit::Ok)
}

fn show(shelf: &Shelf, id: &str, ui: &Ui) -> Result<Exit, Failure> {
    let recipe = shelf.open(id)?;
    if ui.is_json() {
        let mut value = of_recipe(&recipe);
        value["schema"] = json!("holdstill/provider/1");
        ui.envelope(&value);
        return Ok(Exit::Ok);
    }
    let mut text = format!("{}  {}\n{}\n", recipe.id.bold(), recipe.name, recipe.note);
    let place = shelf.file(id).map_or_else(|| "shipped".to_owned(), |path| path.display().to_string());
    let _ = writeln!(text, "\nrecipe   {place}, facts as of {}", recipe.as_of);
    let _ = match Environment::of_user()?.address(&recipe.id) {
        Some(Address { url, origin }) => {
            writeln!(text, "address  {url} ({origin}), instead of {}", recipe.base_url)
        }
        None => writeln!(text, "address  {} (or {})", recipe.base_url, recipe.base_variable()),
    };
    let _ = writeln!(text, "key      {} ({})", variables(&recipe), if has_key(&recipe) { "set" } else { "not set" });
    let limits = &recipe.picture;
    let _ = writeln!(text, "still    {}, up to {} MB", limits.formats.join(", "), limits.max_bytes / 1_000_000);
    text += &match recipe.makes {
        Makes::Clip => clip_models(&recipe),
        Makes::Still => still_models(&recipe),
    };
    let _ = writeln!(text, "\n{}", "not confirmed first-hand".bold());
    for fact in &recipe.unverified {
        let _ = writeln!(text, "- {fact}");
    }
    ui.data(text.trim_end());
    if let Some(warning) = old_price(&recipe) {
        ui.say(warning);
    }
    Ok(Exit::Ok)
}

fn clip_models(recipe: &Recipe) -> String {
    let head = format_args!(
        "{:<5} {:<52} {:<22} {:>7}  {:<8} {:<9} {:<4} shapes",
        "tier", "model", "lengths", "5 s", "price", "last frame", "seed"
    )
    .to_string();
    let mut text = format!("\n{}\n", head.bold());
    for model in &recipe.models {
        let word = |is_so: bool| if is_so { "yes" } else { "no" };
        let secs = f64::from(model.durations.nearest(5.0));
        let price = model.price.of(secs).map(|price| price.to_string()).unwrap_or_default();
        let lengths = model.durations.to_string();
        let for_length = format!("for {secs} s");
        let _ = writeln!(
            text,
            "{:<5} {:<52} {lengths:<22} {price:>7}  {for_length:<8} {:<10} {:<4} {}",
            model.tier.name(),
            model.id,
            word(model.last_frame),
            word(model.rng_seed),
            shapes(model)
        );
    }
    for (at, draft) in drafts(recipe).enumerate() {
        if at == 0 {
            let _ = writeln!(text, "\n{}", "from draft to final (holdstill promote)".bold());
        }
        let _ = writeln!(text, "{}  {}", draft.id, finals(recipe, draft));
    }
    text
}

fn still_models(recipe: &Recipe) -> String {
    let head = format!("{:<5} {:<36} {:>7}  {:<24} {:<4} shapes", "tier", "model", "a still", "megapixels", "seed");
    let mut text = format!("\n{}\n", head.bold());
    for model in &recipe.models {
        let price = model.price.of(0.0).map(|price| price.to_string()).unwrap_or_default();
        let pixels = model.pixels.map_or_else(
            || "its own choice".to_owned(),
            |[least, most]| format!("{:.1} to {:.1}", least as f64 / 1e6, most as f64 / 1e6),
        );
        let (tier, seed) = (model.tier.name(), if model.rng_seed { "yes" } else { "no" });
        let _ = writeln!(text, "{tier:<5} {:<36} {price:>7}  {pixels:<24} {seed:<4} {}", model.id, shapes(model));
    }
    text
}

fn check(files: &[PathBuf], ui: &Ui) -> Result<Exit, Failure> {
    for file in files {
        let recipe = recipe::read(file)?;
        ui.data(format_args!("{}: {} models, sound", file.display(), recipe.models.len()));
    }
    Ok(Exit::Ok)
}

/// A warning where the prices were looked up long ago.
pub(crate) fn old_price(recipe: &Recipe) -> Option<String> {
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let days = recipe.as_of.until(today).map(|span| span.get_days()).unwrap_or_default();
    (days > OLD_PRICE_DAYS).then(|| {
        format!("{} the prices of {} were looked up {days} days ago and may have changed", "note:".yellow(), recipe.id)
    })
}

fn of_recipe(recipe: &Recipe) -> Value {
    json!({
        "id": recipe.id,
        "name": recipe.name,
        "makes": recipe.makes.name(),
        "note": recipe.note,
        "as_of": recipe.as_of.to_string(),
        "base_url": recipe.base_url,
        "key": { "variables": recipe.auth.iter().flat_map(Auth::variables).collect::<Vec<_>>(), "is_set": has_key(recipe) },
        "unverified": recipe.unverified,
        "models": recipe.models.iter().map(of_model).collect::<Vec<_>>(),
        "finals": drafts(recipe).flat_map(|draft| finals_json(recipe, draft)).collect::<Vec<_>>(),
    })
}

fn of_model(model: &Model) -> Value {
    let secs = model.durations.nearest(5.0);
    let is_clip = model.durations != Durations::default();
    json!({
        "id": model.id,
        "tier": model.tier.name(),
        "family": model.family,
        "durations": is_clip.then(|| model.durations.to_string()),
        "pixels": model.pixels,
        "quote": { "duration_secs": is_clip.then_some(secs), "micros": model.price.of(f64::from(secs)) },
        "ratios": model.ratios.keys().collect::<Vec<_>>(),
        "last_frame": model.last_frame,
        "rng_seed": model.rng_seed,
    })
}

fn drafts(recipe: &Recipe) -> impl Iterator<Item = &Model> {
    recipe.models.iter().filter(|model| model.tier == Tier::Draft)
}

/// How a draft becomes a final, every way.
fn finals(recipe: &Recipe, draft: &Model) -> String {
    let secs = f64::from(draft.durations.nearest(5.0));
    let way = |way: Final<'_>| match way {
        Final::Exact(promoted) => {
            let price = promoted.price.of(secs).map(|price| price.to_string()).unwrap_or_default();
            let (resolution, days) = (&promoted.resolution, promoted.keeps_days);
            format!("exact, {resolution} within {days} days, {price} for {secs} s")
        }
        Final::Rerender(model) => format!("re-render by {}, does not reproduce the draft", model.id),
    };
    let ways: Vec<String> = recipe.finals(draft).into_iter().map(way).collect();
    if ways.is_empty() { format!("no final of its family ({})", draft.family) } else { ways.join("; or ") }
}

fn finals_json(recipe: &Recipe, draft: &Model) -> Vec<Value> {
    let secs = draft.durations.nearest(5.0);
    let way = |way: Final<'_>| {
        let (link, model, keeps_days, price) = match way {
            Final::Exact(promoted) => ("exact", &draft.id, Some(promoted.keeps_days), promoted.price),
            Final::Rerender(model) => ("rerender", &model.id, None, model.price),
        };
        let quote = json!({ "duration_secs": secs, "micros": price.of(f64::from(secs)) });
        json!({ "draft": draft.id, "link": link, "model": model, "keeps_days": keeps_days, "quote": quote })
    };
    recipe.finals(draft).into_iter().map(way).collect()
}

fn shapes(model: &Model) -> String {
    if model.ratios.is_empty() {
        return "the still's".to_owned();
    }
    model.ratios.keys().map(String::as_str).collect::<Vec<_>>().join(" ")
}

fn has_key(recipe: &Recipe) -> bool {
    let env = |name: &str| std::env::var(name).ok();
    recipe.auth.is_empty() || recipe.auth.iter().any(|auth| auth.credential(&env, 0).is_some())
}

fn variables(recipe: &Recipe) -> String {
    let ways = recipe.auth.iter().map(|auth| match auth {
        Auth::JwtHs256 { .. } => auth.variables().join(" + "),
        _ => auth.variables().join(" or "),
    });
    ways.collect::<Vec<_>>().join(", or ")
}
