//! One bad span on its way through the attempts: the way that is being tried, and what became of the others.

use super::{
    SpanReport,
    acceptance::{Outcome, peak},
    attempt::Span,
};
use crate::{
    drift::FrameDrift,
    repair::{Kind, Planned, Way},
};

/// A planned span and how far it came.
pub(super) struct Trial {
    report: SpanReport,
    /// Ways that are left, the one at hand first.
    ways: Vec<Way>,
    refusals: Vec<String>,
}

impl Trial {
    /// Before anything was tried.
    pub(super) fn new(planned: Planned, before: &[FrameDrift]) -> Self {
        let worst = peak(before, planned.frames, &planned.causes);
        let way = planned.ways.first().copied().unwrap_or(Way { kind: Kind::None, frames: planned.frames });
        let report = SpanReport {
            frames: way.frames,
            kind: way.kind,
            causes: planned.causes,
            before: worst,
            after: worst,
            is_accepted: false,
            reason: planned.reason,
        };
        Self { report, ways: planned.ways, refusals: Vec::new() }
    }

    /// What is to be tried; `None` where the frames stay as they are.
    pub(super) fn span(&self) -> Option<Span> {
        let way = self.ways.first()?;
        Some(Span { frames: way.frames, kind: way.kind, causes: self.report.causes.clone() })
    }

    /// Takes what the ruler said of the way at hand.
    pub(super) fn take(&mut self, outcome: Outcome) {
        if outcome.is_accepted {
            self.report.is_accepted = true;
            self.report.after = outcome.after;
            self.report.reason = outcome.reason;
        } else {
            self.refuse(&outcome.reason);
        }
    }

    /// Gives the way at hand up, for the next one if there is any.
    pub(super) fn refuse(&mut self, reason: &str) {
        self.ways.remove(0);
        self.refusals.push(format!("{} refused: {reason}", self.report.kind));
        self.report.is_accepted = false;
        self.report.after = self.report.before;
        self.report.reason = self.refusals.join("; ");
        if let Some(next) = self.ways.first() {
            (self.report.kind, self.report.frames) = (next.kind, next.frames);
        }
    }

    /// Whether the way at hand may stay, as far as it is known.
    pub(super) fn is_accepted(&self) -> bool {
        self.report.is_accepted
    }

    /// The story so far, for a person.
    pub(super) fn told(&self) -> String {
        let SpanReport { frames: [first, last], kind, reason, is_accepted, .. } = &self.report;
        let outcome = match (is_accepted, self.ways.is_empty()) {
            (true, _) => format!("{kind} accepted"),
            (false, true) => "original frames kept".to_owned(),
            (false, false) => format!("trying {kind}"),
        };
        format!("frames {first}–{last}: {outcome}: {reason}")
    }

    /// What is reported in the end.
    pub(super) fn into_report(self) -> SpanReport {
        self.report
    }
}
