//! `holdstill man`: the manual page, from the same definitions as the help.

use super::{Cli, Exit, Failure, Ui};
use clap::CommandFactory;
use holdstill::engine::Error;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The verb to describe [default: the whole command]
    verb: Option<String>,
}

pub(crate) fn run(args: &Args, ui: &Ui) -> Result<Exit, Failure> {
    let mut command = Cli::command();
    command.build();
    if let Some(verb) = &args.verb {
        let found = command.find_subcommand(verb).cloned();
        let none = || Failure::usage(format!("there is no verb `{verb}`"), "`holdstill --help` lists them");
        command = found.ok_or_else(none)?;
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page).map_err(|error| Error::Bug(error.to_string()))?;
    ui.data(String::from_utf8_lossy(&page).trim_end());
    Ok(Exit::Ok)
}
