//! The decision: one report and its facts against one policy.

use super::{Aspect, Bounds, Demand, Fact, Facts, Level, Limit, LimitRule, OnUnsure, Policy, Statistic, Subject};
use crate::drift::{ScoreReport, Verdict};
use serde::Serialize;

/// Relative slack of a shape: encoders round sides to multiples of 16.
const ASPECT_SLACK: f64 = 0.02;
/// Relative slack of frame rate and duration: 23.976 passes for 24.
const TIME_SLACK: f64 = 0.002;

/// A rule that the clip does not keep.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Breach {
    /// The rule's name: `geometry.max`, `aspect`, `unsure`.
    pub rule: String,
    /// How it counts; never `off`.
    pub level: Level,
    /// What was allowed, with its unit.
    pub limit: String,
    /// What was found, with its unit.
    pub measured: String,
    /// The frame to look at (0-based), where there is one.
    pub frame: Option<usize>,
    /// One sentence for a person.
    pub explain: String,
}

/// What a policy says of a clip.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Decision {
    /// The policy's name.
    pub policy: String,
    /// `hold` passes; `drift` is a breach at level `error`; `unsure` is too little evidence where that counts.
    pub outcome: Verdict,
    /// Everything that is not kept, errors first.
    pub breaches: Vec<Breach>,
}

impl Decision {
    /// The breaches that fail the clip.
    pub fn errors(&self) -> impl Iterator<Item = &Breach> {
        self.breaches.iter().filter(|b| b.level == Level::Error)
    }

    /// The breaches that are only shown.
    pub fn warnings(&self) -> impl Iterator<Item = &Breach> {
        self.breaches.iter().filter(|b| b.level == Level::Warn)
    }
}

impl Policy {
    /// Decides on a clip.
    pub fn judge(&self, report: &ScoreReport, facts: &Facts) -> Decision {
        let mut breaches: Vec<Breach> =
            self.limits.iter().filter_map(|(&rule, &limit)| exceeded(rule, limit, report)).collect();
        breaches
            .extend(self.require.iter().filter_map(|(&fact, wanted)| unmet(fact, wanted.demand, wanted.level, facts)));
        let failed = breaches.iter().any(|b| b.level == Level::Error);
        let doubtful = report.judgement.verdict == Verdict::Unsure;
        if doubtful {
            breaches.push(unsure(self.unsure, report));
        }
        breaches.sort_by_key(|b| b.level != Level::Error);
        let outcome = match (failed, doubtful, self.unsure) {
            (true, _, _) => Verdict::Drift,
            (false, true, OnUnsure::Fail) => Verdict::Unsure,
            (false, _, _) => Verdict::Hold,
        };
        Decision { policy: self.name.clone(), outcome, breaches }
    }
}

fn unsure(on_unsure: OnUnsure, report: &ScoreReport) -> Breach {
    Breach {
        rule: "unsure".to_owned(),
        level: if on_unsure == OnUnsure::Fail { Level::Error } else { Level::Warn },
        limit: "a judgement".to_owned(),
        measured: format!("confidence {:.0} %", 100.0 * report.judgement.confidence),
        frame: None,
        explain: format!(
            "too little of the seed could be judged (confidence {:.0} %)",
            100.0 * report.judgement.confidence
        ),
    }
}

/// A figure of the report and the frame that shows it.
struct Measured {
    value: f64,
    frame: Option<usize>,
}

fn exceeded(rule: LimitRule, Limit { limit, level }: Limit, report: &ScoreReport) -> Option<Breach> {
    let Measured { value, frame } = measure(rule, report)?;
    if level == Level::Off || value < limit {
        return None;
    }
    let show = |value: f64| match rule.statistic {
        Statistic::Run | Statistic::Count if value == 1.0 => "1 frame".to_owned(),
        Statistic::Run | Statistic::Count => format!("{value:.0} frames"),
        Statistic::Share => format!("{:.1} %", 100.0 * value),
        Statistic::Clip | Statistic::Mean | Statistic::P95 | Statistic::Max => format!("{value:.1}"),
    };
    let what = match (rule.subject, rule.statistic) {
        (Subject::Drift, Statistic::Clip) => "the clip's drift is".to_owned(),
        (Subject::BadFrames, Statistic::Run) => "the longest run of frames at fault is".to_owned(),
        (Subject::BadFrames, _) => "frames at fault are".to_owned(),
        (subject, Statistic::Max) => format!("{} reaches", subject.name()),
        (subject, statistic) => format!("{} of {} is", statistic.name(), subject.name()),
    };
    let place = frame.map(|f| format!(" at frame {f}")).unwrap_or_default();
    let explain = format!("{what} {}{place}; the limit is {}", show(value), show(limit));
    Some(Breach { rule: rule.to_string(), level, limit: show(limit), measured: show(value), frame, explain })
}

fn measure(LimitRule { subject, statistic }: LimitRule, report: &ScoreReport) -> Option<Measured> {
    if let Subject::BadFrames = subject {
        return Some(count_bad(statistic, report));
    }
    let mut frames: Vec<(f64, usize)> = report
        .judgement
        .frames
        .iter()
        .filter_map(|f| match subject {
            Subject::Cause(cause) => f.causes.get(&cause).map(|&drift| (drift, f.index)),
            Subject::Drift | Subject::BadFrames => Some((f.drift, f.index)),
        })
        .collect();
    frames.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
    let worst = frames.last().copied();
    let of_worst = |value: f64| Measured { value, frame: worst.map(|(_, frame)| frame) };
    match statistic {
        Statistic::Clip => Some(of_worst(report.judgement.drift)),
        Statistic::Mean => {
            worst.map(|_| of_worst(frames.iter().map(|(drift, _)| drift).sum::<f64>() / frames.len() as f64))
        }
        Statistic::P95 => {
            let rank = (frames.len() * 95).div_ceil(100);
            frames.get(rank.checked_sub(1)?).map(|&(drift, _)| of_worst(drift))
        }
        Statistic::Max => worst.map(|(drift, _)| of_worst(drift)),
        Statistic::Run | Statistic::Count | Statistic::Share => None,
    }
}

fn count_bad(statistic: Statistic, report: &ScoreReport) -> Measured {
    let length = |[first, last]: [usize; 2]| (last + 1).saturating_sub(first);
    let count: usize = report.judgement.bad_spans.iter().map(|&span| length(span)).sum();
    // the first of the longest: max_by_key would give the last
    let longest = report.judgement.bad_spans.iter().rev().copied().max_by_key(|&span| length(span));
    let value = match statistic {
        Statistic::Run => longest.map_or(0, length) as f64,
        Statistic::Share => count as f64 / report.judgement.frames.len().max(1) as f64,
        _ => count as f64,
    };
    let first = report.judgement.bad_spans.first().copied();
    let span = if statistic == Statistic::Run { longest } else { first };
    Measured { value, frame: span.map(|[first, _]| first) }
}

fn unmet(fact: Fact, demand: Demand, level: Level, facts: &Facts) -> Option<Breach> {
    if level == Level::Off {
        return None;
    }
    let (limit, measured) = match demand {
        Demand::Within(bounds) => (show_bounds(fact, bounds), number_outside(fact, bounds, facts)?),
        Demand::Shape(shape) => (format!("{}:{}", shape.width, shape.height), other_shape(shape, facts)?),
        Demand::Sound(wanted) => {
            let say = |sound: bool| if sound { "sound" } else { "no sound" };
            let measured = match facts.has_audio {
                Some(sound) if sound == wanted => return None,
                Some(sound) => say(sound).to_owned(),
                None => UNKNOWN.to_owned(),
            };
            (say(wanted).to_owned(), measured)
        }
    };
    let explain = if measured == UNKNOWN {
        format!("{} could not be found out; {limit} is required", fact.name())
    } else {
        format!("{} is {measured}; {limit} is required", fact.name())
    };
    Some(Breach { rule: fact.name().to_owned(), level, limit, measured, frame: None, explain })
}

/// Said of a fact that nobody could find out.
const UNKNOWN: &str = "unknown";

fn number_outside(fact: Fact, Bounds { min, max }: Bounds, facts: &Facts) -> Option<String> {
    let (value, slack) = match fact {
        Fact::Width => (Some(facts.width as f64), 0.0),
        Fact::Height => (Some(facts.height as f64), 0.0),
        Fact::Fps => (facts.fps, TIME_SLACK),
        Fact::Duration => (facts.duration_secs, TIME_SLACK),
        Fact::Motion => (facts.motion, 0.0),
        Fact::Aspect | Fact::Audio => return None,
    };
    let Some(value) = value else { return Some(UNKNOWN.to_owned()) };
    let below = min.is_some_and(|min| value < min * (1.0 - slack));
    let above = max.is_some_and(|max| value > max * (1.0 + slack));
    (below || above).then(|| format!("{}{}", short(value), fact.unit()))
}

fn other_shape(Aspect { width, height }: Aspect, facts: &Facts) -> Option<String> {
    let wanted = f64::from(width) / f64::from(height);
    let ratio = facts.width as f64 / facts.height.max(1) as f64;
    ((ratio / wanted - 1.0).abs() > ASPECT_SLACK).then(|| format!("{}x{}", facts.width, facts.height))
}

fn show_bounds(fact: Fact, Bounds { min, max }: Bounds) -> String {
    let unit = fact.unit();
    match (min, max) {
        (Some(min), Some(max)) if min == max => format!("{}{unit}", short(min)),
        (Some(min), Some(max)) => format!("{} to {}{unit}", short(min), short(max)),
        (Some(min), None) => format!("at least {}{unit}", short(min)),
        (None, Some(max)) => format!("at most {}{unit}", short(max)),
        (None, None) => "anything".to_owned(),
    }
}

/// At most two decimals, none that say nothing.
fn short(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
