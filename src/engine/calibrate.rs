//! `calibrate`: a brand's own yes and no beside the score, and the threshold that follows from them.

use super::{Cancel, Error, Event, GateCase, GateError, ScoreJob, batch, command_line, score};
use crate::drift::{Calibrated, Judged, Roc, Thresholds, Uncalibrated, calibrate as threshold, roc};
use serde::Serialize;
use std::collections::BTreeSet;

/// Name and version of the calibration's envelope.
pub const CALIBRATION_SCHEMA: &str = "holdstill/calibration/1";

/// Stills below which the threshold is said to hold for these products only.
const FEW_STILLS: usize = 5;

/// A clip and what a person thinks of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelledCase {
    /// The clip and its still.
    pub case: GateCase,
    /// Whether the person would publish it.
    pub is_accepted: bool,
}

/// What follows from the labels.
#[derive(Clone, Debug, Serialize)]
pub struct CalibrationReport {
    /// Always [`CALIBRATION_SCHEMA`].
    pub schema: &'static str,
    /// Tool and version.
    pub tool: &'static str,
    /// Rate of false alarms asked for, `0..1`.
    pub rate: f64,
    /// The threshold that keeps the rate on new clips of the same kind; `None` if uncalibrated.
    pub calibrated: Option<Calibrated>,
    /// Why there is no threshold.
    pub uncalibrated: Option<Uncalibrated>,
    /// How well drift separates rejected from accepted clips; `None` unless there are both.
    pub roc: Option<Roc>,
    /// Every clip, in the order given.
    pub clips: Vec<LabelledClip>,
    /// What the reader should know before trusting the threshold.
    pub warnings: Vec<String>,
}

/// A labelled clip, measured; either `drift` or `error` is there.
#[derive(Clone, Debug, Serialize)]
pub struct LabelledClip {
    /// The clip, as given.
    pub clip: String,
    /// The person's judgement.
    pub accepted: bool,
    /// Measured drift, `0..=100`.
    pub drift: Option<f64>,
    /// Why nothing was measured.
    pub error: Option<GateError>,
}

impl CalibrationReport {
    /// Whether every clip could be read.
    pub fn is_complete(&self) -> bool {
        self.clips.iter().all(|clip| clip.error.is_none())
    }
}

/// Scores every labelled clip and finds the threshold whose rate of false alarms is at most `rate`, `0 < rate < 1`.
///
/// # Errors
/// When the user asked to stop. What is wrong with one clip is in its line.
pub fn calibrate(
    cases: &[LabelledCase],
    rate: f64,
    hear: &mut dyn FnMut(Event),
    cancel: &Cancel,
) -> Result<CalibrationReport, Error> {
    let clips = batch::each(cases, hear, |case, hear| measured(case, hear, cancel))?;
    let judged = |clip: &LabelledClip| clip.drift.map(|drift| Judged { drift, is_accepted: clip.accepted });
    let evidence: Vec<Judged> = clips.iter().filter_map(judged).collect();
    let (calibrated, uncalibrated) = match threshold(&evidence, rate) {
        Ok(calibrated) => (Some(calibrated), None),
        Err(reason) => (None, Some(reason)),
    };
    Ok(CalibrationReport {
        schema: CALIBRATION_SCHEMA,
        tool: concat!("holdstill ", env!("CARGO_PKG_VERSION")),
        rate,
        calibrated,
        uncalibrated,
        roc: roc(&evidence),
        warnings: warnings(cases, &clips),
        clips,
    })
}

fn measured(labelled: &LabelledCase, hear: &mut dyn FnMut(Event), cancel: &Cancel) -> Result<LabelledClip, Error> {
    let GateCase { clip, seed, mask, embedder } = labelled.case.clone();
    let name = clip.display().to_string();
    let command = command_line(&clip, &seed, mask.as_deref(), embedder.as_deref());
    let job = ScoreJob { clip, seed, mask, embedder, wants_range: false, thresholds: Thresholds::default(), command };
    let line = |drift, error| LabelledClip { clip: name, accepted: labelled.is_accepted, drift, error };
    match score(&job, hear, cancel) {
        Ok(scored) => Ok(line(Some(scored.report.judgement.drift), None)),
        Err(error) if error.concerns_every_clip() => Err(error),
        Err(error) => {
            hear(Event::Warning { what: error.to_string() });
            Ok(line(None, Some(GateError::from(&error))))
        }
    }
}

fn warnings(cases: &[LabelledCase], clips: &[LabelledClip]) -> Vec<String> {
    let mut warnings = Vec::new();
    let stills = cases.iter().map(|labelled| &labelled.case.seed).collect::<BTreeSet<_>>().len();
    if stills < FEW_STILLS {
        warnings.push(format!("the clips come from {stills} stills: the threshold holds for these products"));
    }
    let unread = clips.iter().filter(|clip| clip.error.is_some()).count();
    if unread > 0 {
        warnings.push(format!("{unread} of {} clips could not be read and are left out", clips.len()));
    }
    warnings
}
