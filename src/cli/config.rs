//! `holdstill config show`: every setting, its value and where it comes from.

use super::{Exit, Failure, Ui};
use clap::Subcommand;
use holdstill::{engine::Error, store::Config};
use owo_colors::OwoColorize;
use serde_json::{Value, json};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print every setting, its value and where it comes from
    #[command(after_help = "\
Later layers win: defaults < user file < project holdstill.toml < HOLDSTILL_* < flags.
Secrets are no settings: they stay in the environment and are never shown.")]
    Show,
}

pub(crate) fn run(args: &Args, ui: &Ui) -> Result<Exit, Failure> {
    let Command::Show = args.command;
    let folder = std::env::current_dir().map_err(|error| Error::Usage {
        what: format!("the working folder cannot be found: {error}"),
        hint: "change to a folder that exists".to_owned(),
    })?;
    let config = Config::load(&folder)?;
    if ui.is_json() {
        let settings: serde_json::Map<String, Value> = config
            .entries()
            .map(|(key, setting)| {
                let value = setting.map(|s| json!({ "value": s.value, "origin": s.origin.to_string() }));
                (key.name().to_owned(), value.unwrap_or(Value::Null))
            })
            .collect();
        ui.envelope(&json!({ "schema": "holdstill/config/1", "settings": settings }));
    } else {
        ui.data(format_args!("{:<10} {:<22} {:<34} what", "setting", "value", "from").bold());
        for (key, setting) in config.entries() {
            let value = setting.map_or("-", |setting| setting.value.as_str());
            let origin = setting.map_or_else(String::new, |setting| setting.origin.to_string());
            ui.data(format_args!("{:<10} {value:<22} {origin:<34} {}", key.name(), key.help().dimmed()));
        }
    }
    Ok(Exit::Ok)
}
