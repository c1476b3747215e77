//! Floor 2: what drift is: signals, fusion, policy, verdict, report.

pub mod policy;
mod report;

pub use policy::{Decision, Facts, Policy, Thresholds};
pub use report::{
    Cause, CauseFinding, ClipInfo, FrameDrift, MetricSummary, Registration, SCORE_SCHEMA, ScoreReport, SeedInfo,
    Verdict,
};
