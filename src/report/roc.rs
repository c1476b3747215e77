//! The receiver operating characteristic of a calibration as an SVG of its own.

use crate::{
    drift::{Calibrated, Roc, RocPoint},
    engine::CalibrationReport,
};
use maud::{Markup, PreEscaped, html};

/// Side of the plot in user units.
const SIDE: f64 = 400.0;
/// Room around it for the axes' words.
const MARGIN: f64 = 56.0;
/// Steps of the grid.
const GRID: usize = 5;

const STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#222}.grid{stroke:#ddd}.chance{stroke:#999;stroke-dasharray:4 4}\
.curve{fill:none;stroke:#0a5bd3;stroke-width:2.5}.at{fill:#d3360a}";

/// The curve with the calibrated threshold on it; an empty frame, said to be so, where there is no curve.
pub fn svg(report: &CalibrationReport) -> String {
    let extent = SIDE + 2.0 * MARGIN;
    let title = match &report.roc {
        Some(roc) => format!("ROC: area {:.3} (95 % {:.3} to {:.3})", roc.auc, roc.auc_95[0], roc.auc_95[1]),
        None => "No ROC: it takes accepted and rejected clips".to_owned(),
    };
    let page = html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox={ "0 0 " (extent) " " (extent) } role="img" {
            title { (title) }
            style { (PreEscaped(STYLE)) }
            rect width="100%" height="100%" fill="#fff" {}
            (grid())
            @if let Some(roc) = &report.roc { (curve(roc)) }
            @if let Some(calibrated) = &report.calibrated { (mark(calibrated)) }
            text x=(MARGIN) y=(MARGIN - 20.0) { (title) }
            text x=(MARGIN + SIDE / 2.0) y=(extent - 12.0) text-anchor="middle" { "accepted clips that fail" }
            text transform={ "translate(16 " (MARGIN + SIDE / 2.0) ") rotate(-90)" } text-anchor="middle" {
                "rejected clips that fail"
            }
        }
    };
    page.into_string() + "\n"
}

fn x(false_alarms: f64) -> f64 {
    MARGIN + SIDE * false_alarms
}

fn y(caught: f64) -> f64 {
    MARGIN + SIDE * (1.0 - caught)
}

fn grid() -> Markup {
    html! {
        @for share in (0..=GRID).map(|step| step as f64 / GRID as f64) {
            line.grid x1=(x(share)) y1=(y(0.0)) x2=(x(share)) y2=(y(1.0)) {}
            line.grid x1=(x(0.0)) y1=(y(share)) x2=(x(1.0)) y2=(y(share)) {}
            text x=(x(share)) y=(y(0.0) + 18.0) text-anchor="middle" { (percent(share)) }
            text x=(x(0.0) - 8.0) y=(y(share) + 4.0) text-anchor="end" { (percent(share)) }
        }
        line.chance x1=(x(0.0)) y1=(y(0.0)) x2=(x(1.0)) y2=(y(1.0)) {}
    }
}

fn curve(roc: &Roc) -> Markup {
    let place = |point: &RocPoint| format!("{:.1},{:.1}", x(point.false_alarms), y(point.caught));
    let places: Vec<String> = roc.points.iter().map(place).collect();
    html! { polyline.curve points=(places.join(" ")) {} }
}

fn mark(calibrated: &Calibrated) -> Markup {
    let Some(caught) = calibrated.caught else { return html! {} };
    let (x, y) = (x(calibrated.false_alarms), y(caught));
    html! {
        circle.at cx=(format!("{x:.1}")) cy=(format!("{y:.1}")) r="6" {}
        text x=(format!("{:.1}", x + 12.0)) y=(format!("{:.1}", y + 18.0)) { "drift " (calibrated.threshold) }
    }
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}
