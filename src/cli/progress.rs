//! Progress on stderr: bars on a terminal, a rare line elsewhere.

use holdstill::engine::{Event, Stage};
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    fmt::Write as _,
    io::Write as _,
    time::{Duration, Instant},
};

/// Without a terminal the first line of a long stage comes after this long, the next after twice as long, and so on.
const FIRST_LINE_AFTER: Duration = Duration::from_secs(16);

/// Draws the engine's events.
pub(crate) struct Progress {
    mode: Mode,
    bar: Option<ProgressBar>,
    began: Instant,
    next_line: Duration,
}

#[derive(PartialEq)]
enum Mode {
    Silent,
    Lines,
    Bars,
}

impl Progress {
    pub(crate) fn silent() -> Self {
        Self::new(Mode::Silent)
    }

    pub(crate) fn lines() -> Self {
        Self::new(Mode::Lines)
    }

    pub(crate) fn bars() -> Self {
        Self::new(Mode::Bars)
    }

    fn new(mode: Mode) -> Self {
        Self { mode, bar: None, began: Instant::now(), next_line: FIRST_LINE_AFTER }
    }

    pub(crate) fn hear(&mut self, event: &Event) {
        match event {
            Event::Begin { stage, what, total } => self.begin(*stage, what, *total),
            Event::Progress { stage, done, total } => self.advance(*stage, *done, *total),
            Event::End { stage, what } => {
                if let Some(bar) = self.bar.take() {
                    bar.finish_and_clear();
                }
                self.line(&format!("{:>8} {what}", verb(*stage)));
            }
            Event::Decision { what } => self.line(&format!("{:>8} {what}", "decide")),
            Event::Warning { what } => self.line(&format!("{:>8} {what}", "warning")),
            Event::Judged { what, drift, verdict } => self.line(&format!("{verdict:>8} {what}: drift {drift:.1}")),
            Event::Frame(_) => {}
        }
    }

    /// Clears the bar while `write` writes.
    pub(crate) fn suspend(&self, write: impl FnOnce()) {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    fn begin(&mut self, stage: Stage, what: &str, total: u64) {
        self.began = Instant::now();
        self.next_line = FIRST_LINE_AFTER;
        if self.mode == Mode::Bars {
            let bar = if total > 0 { ProgressBar::new(total) } else { ProgressBar::new_spinner() };
            bar.set_style(style(total > 0));
            bar.set_prefix(verb(stage));
            bar.set_message(what.to_owned());
            bar.enable_steady_tick(Duration::from_millis(120));
            self.bar = Some(bar);
        }
    }

    fn advance(&mut self, stage: Stage, done: u64, total: u64) {
        if let Some(bar) = &self.bar {
            if total > 0 && bar.length() != Some(total) {
                bar.set_length(total);
                bar.set_style(style(true));
            }
            bar.set_position(done);
        } else if self.began.elapsed() >= self.next_line {
            self.next_line *= 2;
            let mut line = format!("{:>8} {done}", verb(stage));
            if total > 0 {
                let _ = write!(line, "/{total}");
            }
            self.line(&line);
        }
    }

    fn line(&self, text: &str) {
        if self.mode != Mode::Silent {
            self.suspend(|| drop(writeln!(anstream::stderr(), "{text}")));
        }
    }
}

const fn verb(stage: Stage) -> &'static str {
    match stage {
        Stage::Generate => "generate",
        Stage::Score => "score",
        Stage::Mend => "mend",
        Stage::Encode => "encode",
        Stage::Verify => "verify",
        Stage::Compare => "compare",
    }
}

fn style(has_total: bool) -> ProgressStyle {
    let template = if has_total {
        "{prefix:>8} {bar:28.cyan/dim} {pos:>4}/{len} {eta:>4} {wide_msg:.dim}"
    } else {
        "{prefix:>8} {spinner:.cyan} {pos} {wide_msg:.dim}"
    };
    ProgressStyle::with_template(template).expect("the template is a constant").progress_chars("━╸─")
}
