//! What to do with a measured take: a pure function of the score and of what the ways on cost.
//!
//! Mending is free and comes first. Of what must be paid for, the way with the least expected price is taken: a way that
//! costs `p` and holds with the chance `c` costs `p / c` until it holds, whatever it is tried after, and either way ends
//! with the same accepted seconds.

use super::{
    Influence,
    gap::Gap,
    way::{Way, cheaper},
};
use crate::drift::{Cause, ScoreReport, Verdict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Share of frames at fault above which too few good neighbours are left to mend from.
const BROAD_SHARE: f64 = 0.40;
/// Longest gap that two-sided interpolation bridges faithfully, in seconds (12 frames at 24 per second).
const LONGEST_BRIDGE_SECS: f64 = 0.5;

/// What the engine does next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// The take is good.
    Accept,
    /// The take is repaired.
    Mend,
    /// The frames between two that pass are asked for alone.
    Span {
        /// Those two frames, 0-based.
        ends: [usize; 2],
    },
    /// The frames after one that passes, up to the clip's end, are asked for alone.
    Tail {
        /// That frame, 0-based.
        from: usize,
    },
    /// Another take is asked for.
    Retake {
        /// What is asked differently.
        influence: Influence,
    },
    /// It is left as it is: another take, asked for at the same time, decides.
    Skip,
    /// Nothing more can be done; the best take stands, with its honest verdict.
    Stop,
}

impl Action {
    /// The word in tables.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Mend => "mend",
            Self::Span { .. } => "span",
            Self::Tail { .. } => "tail",
            Self::Retake { .. } => "retake",
            Self::Skip => "skip",
            Self::Stop => "stop",
        }
    }
}

/// An action and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    /// What is done next.
    pub action: Action,
    /// Why, in words.
    pub reason: String,
}

impl Decision {
    /// The take is left as it is.
    pub(super) fn aside(reason: &str) -> Self {
        Self { action: Action::Skip, reason: reason.to_owned() }
    }

    /// The same where the next take is there already: it is looked at before more is asked for.
    pub(super) fn without_asking(self) -> Self {
        match self.action {
            Action::Accept | Action::Mend => self,
            _ => Self::aside("the next take, asked for at the same time, is looked at first"),
        }
    }
}

/// What is left to decide with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Means<'a> {
    /// Another take, or why none can be asked for.
    pub(super) retake: Result<Way, &'a str>,
    /// What can be asked for alone, and what that takes.
    pub(super) part: Option<(Gap, Way)>,
    /// Whether this is the score of a take that was mended already.
    pub(super) is_mended: bool,
}

/// Chooses among accept, mend, span, tail, retake and stop. `influence` is what the scored take was asked with.
pub(super) fn decide(score: &ScoreReport, influence: &Influence, means: Means<'_>) -> Decision {
    match score.judgement.verdict {
        Verdict::Hold => {
            Decision { action: Action::Accept, reason: format!("it holds: drift {:.1}", score.judgement.drift) }
        }
        Verdict::Unsure => ask(score, influence, means, "too little of the still could be judged"),
        Verdict::Drift if means.is_mended => {
            ask(score, influence, means, &format!("drift {:.1} remains after mending", score.judgement.drift))
        }
        Verdict::Drift => Decision { action: Action::Mend, reason: extent(score) },
    }
}

/// The cheapest of what must be asked for, where anything can be.
fn ask(score: &ScoreReport, influence: &Influence, means: Means<'_>, why: &str) -> Decision {
    match (means.part, means.retake) {
        (Some((gap, way)), Err(_)) => part(why, gap, way),
        (Some((gap, way)), Ok(retake)) if cheaper(&way, &retake).is_lt() => part(why, gap, way),
        (_, Ok(way)) => {
            let influence = influence.corrected(&causes(score));
            let reason = format!("{why}; asking again {}{}", influence.wording(), way.wording());
            Decision { action: Action::Retake { influence }, reason }
        }
        (None, Err(reason)) => Decision { action: Action::Stop, reason: format!("{why}, and {reason}") },
    }
}

fn part(why: &str, gap: Gap, way: Way) -> Decision {
    let (first, price) = (gap.before, way.wording());
    let (action, words) = match gap.after {
        Some(last) => {
            let inside = format!("frames {}–{} alone, from frame {first} to frame {last}", first + 1, last - 1);
            (Action::Span { ends: [first, last] }, inside)
        }
        None => (Action::Tail { from: first }, format!("the clip from frame {} on alone", first + 1)),
    };
    Decision { action, reason: format!("{why}; asking for {words}{price}") }
}

/// What is at fault and how far it reaches, in words.
fn extent(score: &ScoreReport) -> String {
    let frames = score.judgement.frames.len().max(1);
    let lengths = || score.judgement.bad_spans.iter().map(|[first, last]| last - first + 1);
    let (bad, longest): (usize, usize) = (lengths().sum(), lengths().max().unwrap_or(0));
    let named = score.judgement.causes.first().map_or("the picture", |finding| finding.cause.name());
    let is_tone = |cause: &Cause| matches!(cause, Cause::Color | Cause::Flicker);
    let causes = causes(score);
    // tone is re-locked to the still frame by frame, however long it is off
    if !causes.is_empty() && causes.iter().all(is_tone) {
        return format!("{named} is off in {bad} of {frames} frames and can be locked to the still");
    }
    let free = "mending is tried first: it is free";
    if bad == 0 {
        return format!("{named} drifts over the whole clip; {free}");
    }
    if bad as f64 > BROAD_SHARE * frames as f64 {
        return format!("{named} drifts in {bad} of {frames} frames; {free}");
    }
    if longest > bridge_frames(&score.clip.fps) {
        return format!("{named} drifts for {longest} frames in a row, too many to bridge; {free}");
    }
    match lengths().count() {
        1 => format!("{named} drifts in one short span, {bad} of {frames} frames"),
        spans => format!("{named} drifts in {spans} short spans, {bad} of {frames} frames"),
    }
}

fn bridge_frames(fps: &str) -> usize {
    let (num, den) = fps.split_once('/').unwrap_or((fps, "1"));
    let rate = num.parse::<f64>().unwrap_or(24.0) / den.parse::<f64>().unwrap_or(1.0);
    (rate * LONGEST_BRIDGE_SECS).round() as usize
}

fn causes(score: &ScoreReport) -> Vec<Cause> {
    score.judgement.causes.iter().map(|finding| finding.cause).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{engine::animate::sample::score, store::Money};

    /// A take of four seconds for 40 cents, after one that did not hold.
    const TAKE: Way = Way { price: Money { micros: 400_000 }, secs: 4.0, vain: 1, misfits: 0 };

    /// A span of a share of that take in percent.
    fn share(percent: i64, misfits: u32) -> Way {
        Way { price: Money { micros: 4_000 * percent }, secs: 0.04 * percent as f64, misfits, ..TAKE }
    }

    const GAP: Gap = Gap { before: 19, after: Some(41) };

    fn action(score: &ScoreReport, no_retake: Option<&str>, is_mended: bool) -> &'static str {
        let retake = no_retake.map_or(Ok(TAKE), Err);
        decide(score, &Influence::default(), Means { retake, part: None, is_mended }).action.name()
    }

    #[test]
    fn a_hold_is_accepted_and_every_drift_mended_before_money_is_spent() {
        assert_eq!(action(&score(Verdict::Hold, &[], &[]), None, false), "accept");
        for spans in [&[[50, 57]][..], &[[0, 11], [50, 61]], &[[20, 32]], &[[0, 79]], &[]] {
            let drift = score(Verdict::Drift, &[Cause::Geometry], spans);
            assert_eq!(action(&drift, None, false), "mend", "{spans:?}");
            assert_eq!(action(&drift, Some("no takes are left"), false), "mend", "{spans:?}");
            assert_eq!(action(&drift, None, true), "retake", "{spans:?}");
            assert_eq!(action(&drift, Some("no takes are left"), true), "stop", "{spans:?}");
        }
    }

    #[test]
    fn what_costs_least_until_it_holds_is_asked_for() {
        let drift = score(Verdict::Drift, &[Cause::Geometry], &[[20, 40]]);
        let chosen = |span: Way, retake| {
            let means = Means { retake, part: Some((GAP, span)), is_mended: true };
            decide(&drift, &Influence::default(), means).action.name()
        };
        // a half: 0.20 × 3 against 0.40 × 3; once it did not fit, 0.20 × 6 is no better than a take
        assert_eq!([0, 1].map(|misfits| chosen(share(50, misfits), Ok(TAKE))), ["span", "retake"]);
        // a quarter may fail twice: 0.10 × 9
        assert_eq!(
            [0, 1, 2, 3].map(|misfits| chosen(share(25, misfits), Ok(TAKE))),
            ["span", "span", "span", "retake"]
        );
        assert_eq!(chosen(share(75, 9), Err("the budget is spent")), "span");
    }

    #[test]
    fn what_is_asked_for_alone_is_named() {
        let broad = score(Verdict::Drift, &[Cause::Geometry], &[[20, 40]]);
        let chosen = |gap| {
            let means = Means { retake: Ok(TAKE), part: Some((gap, share(50, 0))), is_mended: true };
            decide(&broad, &Influence::default(), means)
        };
        let span = chosen(GAP);
        assert_eq!(span.action, Action::Span { ends: [19, 41] });
        let words = "asking for frames 20–40 alone, from frame 19 to frame 41 (";
        assert!(span.reason.contains(words), "{}", span.reason);
        let tail = chosen(Gap { after: None, ..GAP });
        assert_eq!(tail.action, Action::Tail { from: 19 });
        assert!(tail.reason.contains("the clip from frame 20 on alone ("), "{}", tail.reason);
    }

    #[test]
    fn tone_is_mended_at_any_length_and_doubt_is_never_accepted() {
        let tone = score(Verdict::Drift, &[Cause::Color, Cause::Flicker], &[[0, 99]]);
        assert_eq!(action(&tone, None, false), "mend");
        let unsure = score(Verdict::Unsure, &[], &[]);
        assert_eq!(action(&unsure, None, false), "retake");
        assert_eq!(action(&unsure, Some("the budget is spent"), false), "stop");
    }

    #[test]
    fn the_reason_says_what_and_what_next() {
        let broad = score(Verdict::Drift, &[Cause::Text], &[[0, 79]]);
        let means = |is_mended| Means { retake: Ok(TAKE), part: None, is_mended };
        let reason = |is_mended| decide(&broad, &Influence::default(), means(is_mended)).reason;
        assert!(reason(false).starts_with("text drifts in 80 of 100 frames; mending"), "{}", reason(false));
        assert!(reason(true).contains("remains after mending; asking again"), "{}", reason(true));
    }
}
