//! A score report for tests: a hundred frames at 24 per second.

use crate::drift::{
    Advice, Cause, CauseFinding, ClipInfo, FrameDrift, Judgement, Registration, SCORE_SCHEMA, ScoreReport, SeedInfo,
    Verdict,
};
use std::collections::BTreeMap;

pub(super) fn score(verdict: Verdict, causes: &[Cause], bad_spans: &[[usize; 2]]) -> ScoreReport {
    let time_secs = |index: usize| index as f64 / 24.0;
    let frame =
        |index| FrameDrift { index, time_secs: time_secs(index), drift: 0.0, confidence: 1.0, causes: BTreeMap::new() };
    let finding = |&cause: &Cause| CauseFinding {
        cause,
        drift: 60.0,
        first_frame: 0,
        last_frame: 0,
        worst_frame: 0,
        region: [0; 4],
        explain: String::new(),
        rejected: String::new(),
        advice: Advice::Look,
        next: String::new(),
    };
    ScoreReport {
        schema: SCORE_SCHEMA.into(),
        tool: String::new(),
        command: String::new(),
        seed: SeedInfo { path: String::new(), blake3: String::new(), width: 1, height: 1 },
        clip: ClipInfo {
            path: String::new(),
            blake3: String::new(),
            width: 1,
            height: 1,
            fps: "24/1".into(),
            frames: 100,
            codec: String::new(),
            color: String::new(),
        },
        judgement: Judgement {
            registration: Registration { kind: "none".into(), matrix: [[0.0; 3]; 3], visible_fraction: 1.0 },
            drift: 60.0,
            range: None,
            verdict,
            confidence: 1.0,
            first_bad_frame: bad_spans.first().map(|span| span[0]),
            bad_spans: bad_spans.to_vec(),
            causes: causes.iter().map(finding).collect(),
            metrics: BTreeMap::new(),
            frames: (0..100).map(frame).collect(),
            warnings: Vec::new(),
            spots: Vec::new(),
        },
    }
}
