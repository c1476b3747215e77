//! Floor 2: what drift is: signals, fusion, policy, verdict, report.

mod judgement;
pub mod policy;
mod report;

pub use judgement::Judgement;
pub use policy::{Decision, Facts, Policy, Thresholds};
pub use report::{
    Cause, CauseFinding, ClipInfo, FrameDrift, MetricSummary, Registration, SCORE_SCHEMA, ScoreReport, SeedInfo,
    Verdict,
};
