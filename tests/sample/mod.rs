//! Reports made by hand, for the tests of everything that reads reports.

use holdstill::drift::{
    Advice, Cause, CauseFinding, ClipInfo, FrameDrift, Judgement, MetricSummary, Registration, SCORE_SCHEMA,
    ScoreReport, SeedInfo, Verdict,
};

/// 48 frames at 24 fps, faithful throughout.
pub(crate) fn hold() -> ScoreReport {
    let frame = |index: usize| FrameDrift {
        index,
        time_secs: index as f64 / 24.0,
        drift: 4.0 + (index % 5) as f64,
        confidence: 0.97,
        causes: Cause::ALL
            .into_iter()
            .map(|c| (c, if c == Cause::Detail { 4.0 + (index % 5) as f64 } else { 1.0 }))
            .collect(),
    };
    let metric = |unit: &str, mean, p95, max| MetricSummary { unit: unit.to_owned(), mean, p95, max, without: 8.0 };
    ScoreReport {
        schema: SCORE_SCHEMA.to_owned(),
        tool: "holdstill 0.1.0".to_owned(),
        command: "holdstill score clips/bottle.mp4 --seed bottle.png".to_owned(),
        seed: SeedInfo { path: "bottle.png".to_owned(), blake3: "5e".repeat(32), width: 960, height: 1200 },
        clip: ClipInfo {
            path: "clips/bottle.mp4".to_owned(),
            blake3: "c1".repeat(32),
            width: 720,
            height: 900,
            fps: "24/1".to_owned(),
            frames: 48,
            codec: "h264".to_owned(),
            color: "bt709/tv".to_owned(),
        },
        judgement: Judgement {
            registration: Registration {
                kind: "similarity".to_owned(),
                matrix: [[0.75, 0.0, 0.0], [0.0, 0.75, 0.0], [0.0, 0.0, 1.0]],
                visible_fraction: 0.98,
            },
            drift: 8.0,
            range: None,
            verdict: Verdict::Hold,
            confidence: 0.97,
            first_bad_frame: None,
            bad_spans: Vec::new(),
            causes: Vec::new(),
            metrics: [
                ("geometry".to_owned(), metric("% of diagonal", 0.021, 0.044, 0.052)),
                ("color".to_owned(), metric("ΔE", 0.61, 1.2, 1.44)),
                ("motion".to_owned(), metric("levels of luma per frame", 3.4, 7.2, 7.9)),
            ]
            .into(),
            frames: (0..48).map(frame).collect(),
            warnings: Vec::new(),
            spots: Vec::new(),
        },
    }
}

/// The same clip with geometry at fault in frames 20–31 and colour in frame 40.
pub(crate) fn drift() -> ScoreReport {
    let mut report = hold();
    for index in 16..36 {
        let bend = 78.0 - 2.1 * (index as f64 - 26.0).powi(2) / 2.0;
        put(&mut report, index, Cause::Geometry, bend.max(12.0));
    }
    put(&mut report, 40, Cause::Color, 61.5);
    let finding =
        |cause, drift, [first_frame, worst_frame, last_frame]: [usize; 3], region, explain: &str| CauseFinding {
            cause,
            drift,
            first_frame,
            last_frame,
            worst_frame,
            region,
            explain: explain.to_owned(),
            rejected: "another light or another view: they leave as much".to_owned(),
            advice: if cause == Cause::Color { Advice::Relock } else { Advice::Bridge },
            next: format!("mend frames {first_frame}–{last_frame}"),
        };
    report.judgement.drift = 78.0;
    report.judgement.verdict = Verdict::Drift;
    report.judgement.first_bad_frame = Some(21);
    report.judgement.bad_spans = vec![[21, 31], [40, 40]];
    report.judgement.causes = vec![
        finding(
            Cause::Geometry,
            78.0,
            [21, 26, 31],
            [210, 180, 290, 420],
            "The product bends: its surface moves by up to 1.8 % of its diagonal as no rigid object does",
        ),
        finding(
            Cause::Color,
            61.5,
            [40; 3],
            [250, 430, 220, 180],
            "Saturated colours shift by ΔE 9.4 that neither exposure nor light explains",
        ),
    ];
    report.judgement.warnings = vec!["no mask was given: the product was found by its contrast".to_owned()];
    report
}

/// The faithful clip, said to drift by `drift`.
pub(crate) fn at(drift: f64) -> ScoreReport {
    let mut report = hold();
    report.judgement.drift = drift;
    report
}

/// Too little to see.
pub(crate) fn unsure() -> ScoreReport {
    let mut report = at(18.0);
    report.judgement.verdict = Verdict::Unsure;
    report.judgement.confidence = 0.22;
    report
}

fn put(report: &mut ScoreReport, index: usize, cause: Cause, drift: f64) {
    let frame = &mut report.judgement.frames[index];
    frame.causes.insert(cause, drift);
    frame.drift = frame.drift.max(drift);
}
