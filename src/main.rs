//! holdstill, the command: parse, run, exit.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    holdstill::frame::keep_freed_memory();
    cli::main()
}
