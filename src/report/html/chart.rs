//! Drift over time as inline SVG.

use super::text;
use crate::{
    drift::{Cause, DRIFT_FAIL, FrameDrift, ScoreReport},
    report::series::{Column, columns},
};
use maud::{Markup, html};
use std::fmt::Write;

/// A plot area in user units, y downwards.
struct Plot {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
}

const TIMELINE: Plot = Plot { left: 34.0, top: 22.0, width: 956.0, height: 190.0 };
const SMALL: Plot = Plot { left: 0.0, top: 2.0, width: 240.0, height: 44.0 };
/// Columns beyond this are thinner than a pixel on a common screen.
const TIMELINE_ROOM: usize = 480;
/// Columns of a small multiple.
const SMALL_ROOM: usize = 120;
/// Labels along the time axis.
const TICKS: usize = 6;

impl Plot {
    fn y(&self, drift: f64) -> f64 {
        self.top + self.height * (1.0 - drift.clamp(0.0, 100.0) / 100.0)
    }

    /// Left edge of frame `index` of `count`.
    fn x(&self, index: usize, count: usize) -> f64 {
        self.left + self.width * index as f64 / count.max(1) as f64
    }

    /// A stepped outline over columns, closed along the base when it is an area.
    fn steps(&self, columns: &[Column], count: usize, area: bool) -> String {
        let mut path = String::new();
        let base = self.y(0.0);
        for (at, column) in columns.iter().enumerate() {
            let (x0, x1) = (self.x(column.first, count), self.x(column.last + 1, count));
            let start = match (at, area) {
                (0, true) => format!("M{x0:.1} {base:.1}V"),
                (0, false) => format!("M{x0:.1} "),
                _ => "V".to_owned(),
            };
            write!(path, "{start}{:.1}H{x1:.1}", self.y(column.value)).expect("writing to a string does not fail");
        }
        if area && !columns.is_empty() {
            write!(path, "V{base:.1}Z").expect("writing to a string does not fail");
        }
        path
    }
}

/// Every frame's drift, the spans at fault, and what it was before something was done.
pub(super) fn timeline(report: &ScoreReport, before: Option<&ScoreReport>) -> Markup {
    let count = report.judgement.frames.len();
    let plot = &TIMELINE;
    let drift = columns(&report.judgement.frames, TIMELINE_ROOM, |f| f.drift);
    let gap = if count <= TIMELINE_ROOM / 2 { 1.0 } else { 0.0 };
    html! {
        svg.timeline viewBox="0 0 1000 246" role="img" aria-label=(summary(report)) {
            @for &[first, last] in &report.judgement.bad_spans {
                (span(plot, first, last, count))
            }
            @for level in [0.0, 100.0] {
                line.grid x1=(plot.left) x2=(plot.left + plot.width) y1=(plot.y(level)) y2=(plot.y(level)) {}
            }
            @for level in [0.0, DRIFT_FAIL, 100.0] {
                text.axis x=(plot.left - 8.0) y=(plot.y(level) + 4.0) text-anchor="end" { (text::drift(level)) }
            }
            @for column in &drift {
                @let (x0, x1) = (plot.x(column.first, count), plot.x(column.last + 1, count));
                @let y = plot.y(column.value).min(plot.y(0.0) - 1.0);
                g.frame {
                    rect.reach x=(px(x0)) y=(plot.top) width=(px(x1 - x0)) height=(plot.height) {
                        title { (tip(column)) }
                    }
                    rect class=(if column.value >= DRIFT_FAIL { "bar over" } else { "bar" })
                        x=(px(x0 + gap / 2.0)) y=(px(y)) width=(px((x1 - x0 - gap).max(0.6)))
                        height=(px(plot.y(0.0) - y)) {}
                }
            }
            @if let Some(before) = before {
                @let old = columns(&before.judgement.frames, TIMELINE_ROOM, |f| f.drift);
                path.before d=(plot.steps(&old, before.judgement.frames.len(), false)) { title { "before" } }
            }
            line.limit x1=(plot.left) x2=(plot.left + plot.width) y1=(plot.y(DRIFT_FAIL)) y2=(plot.y(DRIFT_FAIL)) {}
            (time_axis(plot, &report.judgement.frames))
        }
    }
}

fn span(plot: &Plot, first: usize, last: usize, count: usize) -> Markup {
    let (x0, x1) = (plot.x(first, count), plot.x(last + 1, count));
    // keeps the label of a short span at the border inside the drawing
    let middle = f64::midpoint(x0, x1).clamp(plot.left + 24.0, plot.left + plot.width - 24.0);
    let label = if first == last { first.to_string() } else { format!("{first}–{last}") };
    html! {
        rect.span x=(px(x0)) y=(plot.top) width=(px(x1 - x0)) height=(plot.height) {}
        line.bracket x1=(px(x0)) x2=(px(x1)) y1=(plot.top) y2=(plot.top) {}
        text.span-label x=(px(middle)) y=(plot.top - 7.0) text-anchor="middle" { (label) }
    }
}

fn time_axis(plot: &Plot, frames: &[FrameDrift]) -> Markup {
    let count = frames.len();
    let stride = count.div_ceil(TICKS).max(1);
    html! {
        @for frame in frames.iter().step_by(stride) {
            @let x = plot.x(frame.index.min(count), count);
            line.tick x1=(px(x)) x2=(px(x)) y1=(plot.y(0.0)) y2=(plot.y(0.0) + 5.0) {}
            text.axis x=(px(x + 1.0)) y=(plot.y(0.0) + 20.0) {
                (format!("{:.2} s", frame.time_secs))
                tspan.faint dx="6" { (frame.index) }
            }
        }
    }
}

/// One small chart per cause on one scale; what stays quiet is drawn quietly.
pub(super) fn small_multiples(report: &ScoreReport) -> Markup {
    let count = report.judgement.frames.len();
    let plot = &SMALL;
    html! {
        ul.multiples {
            @for cause in Cause::ALL {
                @let series = columns(&report.judgement.frames, SMALL_ROOM, |f| f.causes.get(&cause).copied().unwrap_or(0.0));
                @let peak = series.iter().map(|c| c.value).fold(0.0, f64::max);
                li.over[peak >= DRIFT_FAIL] {
                    span.name { (cause) }
                    span.peak { (text::drift(peak)) }
                    svg viewBox="0 0 240 48" preserveAspectRatio="none" role="img"
                        aria-label=(format!("{cause}: at most {}", text::drift(peak))) {
                        line.limit x1="0" x2="240" y1=(plot.y(DRIFT_FAIL)) y2=(plot.y(DRIFT_FAIL)) {}
                        path.area d=(plot.steps(&series, count, true)) {}
                        line.grid x1="0" x2="240" y1=(plot.y(0.0)) y2=(plot.y(0.0)) {}
                    }
                }
            }
        }
    }
}

fn tip(column: &Column) -> String {
    let FrameDrift { index, time_secs, drift, causes, .. } = column.worst;
    let mut causes: Vec<_> = causes.iter().filter(|(_, drift)| **drift >= 1.0).collect();
    causes.sort_by(|a, b| b.1.total_cmp(a.1));
    let causes: Vec<_> = causes.iter().take(3).map(|(cause, drift)| format!("{cause} {drift:.0}")).collect();
    let run = if column.first == column.last { String::new() } else { " (worst here)".to_owned() };
    format!("frame {index}{run} · {time_secs:.2} s · drift {drift:.0}\n{}", causes.join(" · "))
}

fn summary(report: &ScoreReport) -> String {
    let spans: Vec<_> = report.judgement.bad_spans.iter().map(|&s| text::frames(s)).collect();
    let at_fault =
        if spans.is_empty() { "no frame is at fault".to_owned() } else { format!("at fault: {}", spans.join(", ")) };
    format!("Drift of {}; {at_fault}", text::count(report.judgement.frames.len(), "frame"))
}

/// User units with one decimal: the file stays small.
fn px(value: f64) -> String {
    format!("{value:.1}")
}
