//! Floor 2: what drift is: signals, fusion, policy, verdict, report.

mod report;

pub use report::{
    Cause, CauseFinding, ClipInfo, FrameDrift, MetricSummary, Registration, SCORE_SCHEMA, ScoreReport, SeedInfo,
    Verdict,
};
