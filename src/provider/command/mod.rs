//! Any program on this machine as a provider.
//!
//! The line is split as a shell would split it, but no shell runs: a prompt stays one argument whatever it contains.
//! The program finds the whole request as one JSON object on its standard input, and may print lines of JSON:
//! `{"progress": 0.5}`, `{"message": "…"}`, `{"cost_usd": 0.40}`. Everything else it prints is ignored. It ends with 0 and a
//! clip at `out`, or with 65 (the request cannot be made), 75 (later perhaps) or 77 (it may not be made), as in
//! `sysexits.h`; SIGTERM tells it, and all that it has started, to stop.
//!
//! A line with `{ask}` is for programs that can say what they can do: `{ask}` is `capabilities` for the question, to be
//! answered with `{"capabilities": {"last_frame": true, "shortest_secs": 1, "longest_secs": 10}}`, and `clip` for a clip.
//! With `"usd_per_sec": "0.10"` a part of a clip costs less than the whole one; `"whole_secs": true` rounds its length up.
//! `"at_once": 3` says that it may be started three times at the same time.

mod capabilities;
mod line;
mod process;

pub use capabilities::Capabilities;
pub(crate) use line::LIMIT;
pub use line::{Command, HELP};

use super::{
    Error, Fate, Generated, Progress, Request,
    recipe::{Fault, FaultClass, Ticket, printable},
};
use crate::store::Money;
use process::Ended;
use std::{cell::RefCell, process::ExitStatus};

impl Command {
    /// Has the clip made. Progress is told as it comes; `is_cancelled` is asked often.
    pub async fn generate(
        &self,
        request: &Request,
        folder: &std::path::Path,
        progress: &mut dyn FnMut(Progress),
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<Generated, Error> {
        let words = self.filled(request);
        let program = words[0].clone();
        let mut cost = None;
        let stdin = serde_json::to_vec(request).expect("requests are plain data");
        let progress = RefCell::new(progress);
        let outcome = process::run(
            &process::Order { words: &words, folder, stdin, limit: self.limit() },
            &mut |id| (progress.borrow_mut())(Progress::Accepted(Ticket::of(&format!("process {id}")))),
            &mut |line| hear(line, &mut cost, &mut **progress.borrow_mut()),
            is_cancelled,
        )
        .await;
        let stderr = match outcome {
            Ok(Ended::Well { stderr }) => stderr,
            Ok(Ended::Badly { status, stderr }) => return Err(failure(program, status, stderr, cost)),
            Ok(Ended::Late) => return Err(Error::TimedOut { program, secs: self.limit().as_secs(), cost }),
            Ok(Ended::Cancelled) => return Err(Error::Cancelled { fate: Fate::Over, cost }),
            Err(source) => return Err(Error::CannotStart { program, source }),
        };
        let is_there = std::fs::metadata(&request.out).is_ok_and(|file| file.is_file() && file.len() > 0);
        if is_there { Ok(Generated { cost }) } else { Err(Error::NoOutput { program, stderr, cost }) }
    }
}

/// What an exit status means (`sysexits.h`).
fn failure(program: String, status: ExitStatus, stderr: String, cost: Option<Money>) -> Error {
    let class = match status.code() {
        Some(65) => FaultClass::InvalidInput,
        Some(75) => FaultClass::Unavailable,
        Some(77) => FaultClass::Moderated,
        _ => return Error::Failed { program, status: status.to_string(), stderr, cost },
    };
    let fault = Fault { class, code: status.to_string(), message: printable(&stderr) };
    Error::Refused { provider: program, fault, cost }
}

/// Understands one line of the program's output.
fn hear(line: &str, cost: &mut Option<Money>, progress: &mut dyn FnMut(Progress)) {
    let Ok(serde_json::Value::Object(said)) = serde_json::from_str(line) else { return };
    if let Some(fraction) = said.get("progress").and_then(serde_json::Value::as_f64) {
        progress(Progress::Fraction(fraction.clamp(0.0, 1.0)));
    }
    if let Some(message) = said.get("message").and_then(|message| message.as_str()) {
        progress(Progress::Message(message.chars().filter(|c| !c.is_control()).take(200).collect()));
    }
    // as text: money is never a float
    if let Some(amount) = said.get("cost_usd").and_then(|cost| cost.to_string().trim_matches('"').parse().ok()) {
        *cost = Some(amount);
    }
}

#[cfg(test)]
mod tests;
