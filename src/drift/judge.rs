//! From the series of one clip to the judgement: spans, causes in words, confidence and verdict.

use super::{
    Advice, Cause, CauseFinding, FrameDrift, Judgement, MetricSummary, Registration, Spot, Thresholds, Verdict,
    cells::{FrameCells, SeedCells, TEXTURED},
    explain, fusion,
    geometry::Bent,
    letters,
    observation::Observation,
    policy::MOTION_METRIC,
    prepared::Prepared,
    series::summary,
    signal::Signal,
    spans::spans,
    structure,
};
use crate::frame::Size;
use std::{collections::BTreeMap, sync::Arc};

/// Share of the subject's texture that must have been compared before a clip may be called faithful.
const LEAST_CONFIDENCE: f64 = 0.2;
/// Shorter side of a clip or its still below which nothing can be told from noise, pixels: six windows in which structure is compared.
const LEAST_SIDE: usize = 64;
/// Severity from which a cause is reported although the clip holds.
const WORTH_SAYING: f64 = 35.0;

/// Everything that was measured on a clip.
pub(crate) struct Series {
    pub(crate) observations: Vec<Observation>,
    pub(crate) registration: Registration,
    /// What the frames were held against; `None` where there were none.
    pub(crate) prepared: Option<Arc<Prepared>>,
    /// Why no network looked at the subject, or not to the end.
    pub(crate) blind: Option<String>,
    /// How sure it is that the subject bends by nature, `0..=1`.
    pub(crate) pliant: f64,
    /// Clip pixels per working pixel along x and y.
    pub(crate) scale: (f64, f64),
    /// Size in which frames were measured.
    pub(crate) working: Size,
    pub(crate) clip: Size,
    /// Size of the still as it was given, pixels.
    pub(crate) still: Size,
    /// Frames per second.
    pub(crate) fps: f64,
}

/// Share of the subject's texture that the frame lets one compare, `0..=1`.
pub(crate) fn seen(seed: &SeedCells, frame: &FrameCells) -> f64 {
    let (mut seen, mut all) = (0.0f64, 0.0f64);
    for i in 0..seed.grid.len() {
        if seed.texture[i] > TEXTURED {
            let weight = f64::from(seed.subject[i]);
            all += weight;
            seen += weight * f64::from(frame.seen[i]);
        }
    }
    if all > 0.0 { seen / all } else { 0.0 }
}

/// Box around the largest group of the most unlike cells, `[x, y, width, height]` in working pixels.
pub(crate) fn region(seed: &SeedCells, frame: &FrameCells) -> [usize; 4] {
    let mut worst: Vec<usize> = structure::judged(seed, frame).collect();
    worst.sort_by(|&a, &b| frame.likeness[a].total_cmp(&frame.likeness[b]));
    worst.truncate((seed.grid.len() / 12).max(1));
    let mut marked = vec![false; seed.grid.len()];
    for i in worst {
        marked[i] = true;
    }
    let group = structure::largest_group(&seed.grid, &marked);
    let (mut x0, mut y0, mut x1, mut y1) = (usize::MAX, usize::MAX, 0, 0);
    for i in group {
        let rect = seed.grid.rect(i);
        x0 = x0.min(rect.x);
        y0 = y0.min(rect.y);
        x1 = x1.max(rect.x + rect.width);
        y1 = y1.max(rect.y + rect.height);
    }
    if x0 == usize::MAX { [0; 4] } else { [x0, y0, x1 - x0, y1 - y0] }
}

/// Judges a clip from everything that was measured on it.
pub(crate) fn judge(series: Series, thresholds: Thresholds) -> Judgement {
    let severities: Vec<fusion::Severities> =
        series.observations.iter().map(|o| fusion::severities(&o.readings)).collect();
    let frames: Vec<FrameDrift> = series
        .observations
        .iter()
        .zip(&severities)
        .enumerate()
        .map(|(index, (observation, severities))| FrameDrift {
            index,
            time_secs: observation.time_secs,
            drift: fusion::round(fusion::drift(severities)),
            confidence: fusion::round(10.0 * observation.seen) / 10.0,
            causes: fusion::by_cause(severities),
        })
        .collect();
    let curve: Vec<f64> = frames.iter().map(|f| f.drift).collect();
    let drift = fusion::round(fusion::pooled(&curve));
    let confidence = confidence(&series, drift);
    let verdict = if series.tiny().is_some() {
        Verdict::Unsure
    } else if drift >= thresholds.drift_fail {
        Verdict::Drift
    } else if confidence < LEAST_CONFIDENCE {
        Verdict::Unsure
    } else {
        Verdict::Hold
    };
    let bad_spans = spans(&frames, thresholds.drift_fail, drift);
    let mut causes: Vec<CauseFinding> =
        Cause::ALL.into_iter().filter_map(|cause| finding(cause, &series, &severities)).collect();
    causes.sort_by(|a, b| b.drift.total_cmp(&a.drift).then(a.cause.cmp(&b.cause)));
    let worst = causes.first().map_or(0.0, |finding| finding.drift);
    for finding in &mut causes {
        // several doubtful causes can fail a clip together: then the worst is the one to mend
        let is_at_fault = verdict != Verdict::Hold && finding.drift >= thresholds.drift_fail.min(worst);
        let span = whole([finding.first_frame, finding.last_frame], &bad_spans);
        let readings = &series.observations[finding.worst_frame].readings;
        let advice = Advice::about(finding.cause, span, &frames, readings, confidence);
        finding.advice = if is_at_fault { advice } else { Advice::Leave };
        finding.next = finding.advice.sentence(span);
    }
    Judgement {
        drift,
        range: None,
        verdict,
        confidence,
        first_bad_frame: bad_spans.first().map(|span| span[0]),
        bad_spans,
        causes,
        metrics: metrics(&series.observations, drift),
        frames,
        warnings: warnings(&series, confidence),
        spots: spots(&series, &severities),
        registration: series.registration,
    }
}

/// A cause's frames with those of the bad spans that they lie in: what is mended or asked for again is all of it.
fn whole([first, last]: [usize; 2], bad_spans: &[[usize; 2]]) -> [usize; 2] {
    let around = |frame: usize| bad_spans.iter().find(|[from, to]| (*from..=*to).contains(&frame));
    [around(first).map_or(first, |span| span[0]), around(last).map_or(last, |span| span[1])]
}

/// Nothing is more certain than what was compared: half of the evidence is the typical frame, half the least seen one.
fn confidence(series: &Series, drift: f64) -> f64 {
    let seen: Vec<f64> = series.observations.iter().map(|o| o.seen).collect();
    if seen.is_empty() || series.tiny().is_some() {
        return 0.0;
    }
    let mean = seen.iter().sum::<f64>() / seen.len() as f64;
    let least = seen.iter().copied().fold(1.0, f64::min);
    // what is plainly broken needs no full view
    let plain = (drift - 50.0).max(0.0) / 50.0;
    let value = (0.5 * (mean + least)).max(plain * mean.max(0.5));
    (100.0 * value).round() / 100.0
}

fn finding(cause: Cause, series: &Series, severities: &[fusion::Severities]) -> Option<CauseFinding> {
    let curve: Vec<f64> = severities.iter().map(|s| 100.0 * s[cause as usize]).collect();
    let drift = fusion::round(fusion::pooled(&curve));
    if drift < WORTH_SAYING {
        return None;
    }
    let worst_frame = (0..curve.len()).max_by(|&a, &b| curve[a].total_cmp(&curve[b]).then(b.cmp(&a)))?;
    let at_fault = |d: &f64| *d >= drift.min(50.0);
    let first_frame = curve.iter().position(at_fault).unwrap_or(worst_frame);
    let last_frame = curve.iter().rposition(at_fault).unwrap_or(worst_frame);
    let observation = &series.observations[worst_frame];
    let size = explain::Yardstick {
        subject: series.prepared.as_ref().map_or(1.0, |prepared| f64::from(prepared.cells.subject_extent())),
        cap_height: (cause == Cause::Text).then(|| series.cap_height(observation.region)).flatten(),
    };
    let bent = observation.bent.first().filter(|_| cause == Cause::Geometry);
    let place = bent.map_or(observation.region, |spot| square(spot, series.working));
    Some(CauseFinding {
        cause,
        drift,
        first_frame,
        last_frame,
        worst_frame,
        region: in_clip(place, series),
        explain: explain::sentence(cause, &observation.readings, worst_frame, series.fps, size),
        rejected: explain::rejected(cause, &observation.readings, size),
        advice: Advice::default(),
        next: String::new(),
    })
}

impl Series {
    /// Which of the two is too small to judge by, and its size.
    fn tiny(&self) -> Option<(&'static str, Size)> {
        [("clip", self.clip), ("still", self.still)]
            .into_iter()
            .find(|(_, size)| size.width.min(size.height) < LEAST_SIDE)
    }

    /// Height of the still's capitals in and around `[x, y, width, height]` (working pixels), clip pixels.
    fn cap_height(&self, [x, y, width, height]: [usize; 4]) -> Option<f64> {
        let luma = &self.prepared.as_ref()?.canvas.luma;
        let around = |from: usize, length: usize, side: usize| {
            let start = from.saturating_sub(length / 2);
            (start, (from + length + length / 2).min(side) - start)
        };
        let (x, width) = around(x, width, luma.width());
        let (y, height) = around(y, height, luma.height());
        letters::cap_height(luma, [x, y, width, height]).map(|height| height * self.scale.1)
    }
}

/// The part inside the frame of the square around a bent place: `[x, y, width, height]`, working pixels.
fn square(spot: &Bent, frame: Size) -> [usize; 4] {
    let radius = spot.radius as f32;
    let side = |centre: f32, length: usize| {
        let from = (centre - radius).clamp(0.0, length as f32) as usize;
        let to = (centre + radius + 1.0).clamp(0.0, length as f32) as usize;
        (from, to - from)
    };
    let (x, width) = side(spot.centre.0, frame.width);
    let (y, height) = side(spot.centre.1, frame.height);
    [x, y, width, height]
}

/// Where each frame bends, hot as its geometry drifts.
fn spots(series: &Series, severities: &[fusion::Severities]) -> Vec<Vec<Spot>> {
    let Size { width, height } = series.working;
    let longest = width.max(height).max(1) as f32;
    let of_frame = |(observation, severities): (&Observation, &fusion::Severities)| {
        let drift = 100.0 * severities[Cause::Geometry as usize] as f32;
        let spot = |bent: &Bent| Spot {
            x: bent.centre.0 / width.max(1) as f32,
            y: bent.centre.1 / height.max(1) as f32,
            radius: bent.radius as f32 / longest,
            heat: drift * bent.share,
        };
        observation.bent.iter().map(spot).filter(|spot| spot.heat >= 1.0).collect()
    };
    series.observations.iter().zip(severities).map(of_frame).collect()
}

fn in_clip([x, y, width, height]: [usize; 4], series: &Series) -> [usize; 4] {
    let (sx, sy) = series.scale;
    let scaled = |v: usize, s: f64, limit: usize| ((v as f64 * s).round() as usize).min(limit);
    let (x, y) = (scaled(x, sx, series.clip.width), scaled(y, sy, series.clip.height));
    let (width, height) = (scaled(width, sx, series.clip.width - x), scaled(height, sy, series.clip.height - y));
    [x, y, width, height]
}

fn metrics(observations: &[Observation], drift: f64) -> BTreeMap<String, MetricSummary> {
    let summarised = |unit: &str, series: Vec<f64>, without: f64| {
        let (mean, p95, max) = summary(&series);
        let digits = |v: f64| (1e4 * v).round() / 1e4;
        MetricSummary { unit: unit.to_owned(), mean: digits(mean), p95: digits(p95), max: digits(max), without }
    };
    let signals = Signal::ALL.into_iter().map(|signal| {
        let series = observations.iter().map(|o| o.readings.get(signal)).collect();
        let without = fusion::without(signal, observations.iter().map(|o| &o.readings));
        (signal.name().to_owned(), summarised(signal.unit(), series, without))
    });
    let changes = observations.iter().skip(1).map(|o| o.change.mean).collect();
    let motion = (MOTION_METRIC.to_owned(), summarised("levels of luma per frame", changes, drift));
    signals.chain([motion]).collect()
}

fn warnings(series: &Series, confidence: f64) -> Vec<String> {
    let mut warnings = Vec::new();
    if series.observations.len() < 3 {
        warnings.push(format!("only {} frame(s): nothing can be said about motion", series.observations.len()));
    }
    if let Some((what, Size { width, height })) = series.tiny() {
        warnings.push(format!(
            "the {what} has {width}×{height} pixels: below {LEAST_SIDE} on the shorter side nothing is sure"
        ));
    } else if confidence < LEAST_CONFIDENCE {
        warnings
            .push("too little of the seed could be compared: a faithful clip cannot be told from another".to_owned());
    }
    if let Some(reason) = &series.blind {
        warnings.push(format!("{reason}: another subject shows only where its structure does"));
    }
    if series.pliant > 0.0 {
        let percent = 100.0 * series.pliant;
        warnings.push(format!(
            "the still seems to show something that bends by nature (an animal, a person, a plant, water or fire), so bending counts \
             {percent:.0} % less; a mask of the product says that it is one"
        ));
    }
    if series.registration.visible_fraction < 0.5 {
        let percent = 100.0 * series.registration.visible_fraction;
        warnings.push(format!("the first frame shows only {percent:.0} % of the seed"));
    }
    warnings
}
