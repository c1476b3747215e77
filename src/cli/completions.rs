//! `holdstill completions`: the script that teaches a shell our flags.

use super::{Cli, Exit, Failure, Ui};
use clap::CommandFactory;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Which shell
    shell: clap_complete::Shell,
}

#[expect(clippy::unnecessary_wraps, reason = "every verb has this shape")]
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "holdstill", &mut script);
    ui.data(String::from_utf8_lossy(&script).trim_end());
    Ok(Exit::Ok)
}
