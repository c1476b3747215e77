//! Streams: stdout is data, stderr is talk.

use super::{Exit, Failure, progress::Progress};
use holdstill::engine::{Cancel, Error, Event};
use owo_colors::OwoColorize;
use serde::Serialize;
use serde_json::json;
use std::{
    fmt::Display,
    io::{ErrorKind, IsTerminal, Write},
};

/// What a verb talks through.
pub(crate) struct Ui {
    json: bool,
    quiet: bool,
    progress: Progress,
    cancel: Cancel,
}

impl Ui {
    pub(crate) fn new(json: bool, quiet: bool, no_progress: bool) -> Self {
        let progress = if quiet || json {
            Progress::silent()
        } else if no_progress || !std::io::stderr().is_terminal() {
            Progress::lines()
        } else {
            Progress::bars()
        };
        Self { json, quiet, progress, cancel: Cancel::default() }
    }

    /// Whether the user wants JSON on stdout.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// The flag that Ctrl-C raises.
    pub(crate) fn cancel(&self) -> Cancel {
        self.cancel.clone()
    }

    /// The first SIGINT, SIGTERM or SIGHUP asks the work to stop and clean up; the second ends the process at once.
    pub(crate) fn stop_on_signals(&self) -> Result<(), Failure> {
        let cancel = self.cancel();
        let handler = move || {
            if cancel.is_requested() {
                std::process::exit(Exit::Interrupted as i32);
            }
            cancel.request();
        };
        ctrlc::set_handler(handler).map_err(|error| Error::Bug(format!("cannot listen for signals: {error}")).into())
    }

    /// Takes an event of the engine: a bar moves, or a line of NDJSON is printed.
    pub(crate) fn hear(&mut self, event: &Event) {
        if self.json {
            self.json_line(event);
        } else {
            self.progress.hear(event);
        }
    }

    /// Talk for a person, on stderr.
    pub(crate) fn say(&self, line: impl Display) {
        if !self.quiet && !self.json {
            self.progress.suspend(|| drop(writeln!(anstream::stderr(), "{line}")));
        }
    }

    /// Whether somebody sits there who can answer a question.
    pub(crate) fn can_ask(&self) -> bool {
        !self.json && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// Asks on the terminal; anything but a clear yes is a no.
    pub(crate) fn ask(&self, question: &str) -> bool {
        let mut answer = String::new();
        self.progress.suspend(|| {
            let mut out = anstream::stderr();
            let _ = write!(out, "{} [y/N] ", question.bold()).and_then(|()| out.flush());
            let _ = std::io::stdin().read_line(&mut answer);
        });
        matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
    }

    /// Data for a pipe, on stdout. A reader that went away is no error.
    pub(crate) fn data(&self, text: impl Display) {
        self.progress.suspend(|| write_stdout(&format!("{text}\n")));
    }

    /// The last line of `--json`.
    pub(crate) fn envelope(&self, value: &impl Serialize) {
        self.json_line(value);
    }

    /// Shows why a verb could not finish.
    pub(crate) fn fail(&self, failure: &Failure) {
        let Failure { code, message, causes, hint, .. } = failure;
        if self.json {
            let error = json!({ "code": code, "message": message, "causes": causes, "hint": hint });
            self.json_line(&json!({ "schema": "holdstill/error/1", "error": error }));
        }
        let mut text = format!("{} {message}\n", "error:".red().bold());
        for cause in causes {
            text += &format!("{} {cause}\n", "caused by:".bold());
        }
        if !hint.is_empty() {
            text += &format!("\n{} {hint}\n", "hint:".cyan().bold());
        }
        self.progress.suspend(|| drop(anstream::stderr().write_all(text.as_bytes())));
    }

    fn json_line(&self, value: &impl Serialize) {
        let line = serde_json::to_string(value).expect("events and reports are plain data");
        self.progress.suspend(|| write_stdout(&format!("{line}\n")));
    }
}

fn write_stdout(text: &str) {
    let mut out = anstream::stdout();
    if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        let exit = if error.kind() == ErrorKind::BrokenPipe { Exit::Ok } else { Exit::Media };
        std::process::exit(exit as i32);
    }
}
