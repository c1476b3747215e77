//! What to do with a measured take: a pure function of the score and of what is left to spend.
//!
//! Mending is free and keeps a take that is mostly good; a broad fault cannot be mended from its neighbours and is
//! asked for again, with less of what went wrong.

use super::Influence;
use crate::drift::{Cause, ScoreReport, Verdict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Share of frames at fault above which too few good neighbours are left to mend from.
const BROAD_SHARE: f64 = 0.40;
/// Drift of a frame that ends a span, as a share of the limit: it must not carry the fault on.
const CLEAN_SHARE: f64 = 0.5;
/// Frames from the fault within which its ends are looked for.
const FARTHEST_END: usize = 16;
/// Longest span that is asked for alone, as a share of the clip: of the rest, too little is kept to be worth a joint.
const LONGEST_SHARE: f64 = 0.7;
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
    /// Another take is asked for.
    Retake {
        /// What is asked differently.
        influence: Influence,
    },
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
            Self::Retake { .. } => "retake",
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

/// What is left to decide with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Means<'a> {
    /// Why no other take can be asked for; `None` where one can.
    pub(super) no_retake: Option<&'a str>,
    /// The frames that pass around what is at fault, where the provider can be asked for what lies between them.
    pub(super) span: Option<[usize; 2]>,
    /// Whether this is the score of a take that was mended already.
    pub(super) is_mended: bool,
}

/// Chooses among accept, mend, retake and stop. `influence` is what the scored take was asked with.
pub(super) fn decide(score: &ScoreReport, influence: &Influence, means: Means<'_>) -> Decision {
    let retake = |why: String| match means.no_retake {
        None => {
            let influence = influence.corrected(&causes(score));
            Decision {
                reason: format!("{why}; asking again {}", influence.wording()),
                action: Action::Retake { influence },
            }
        }
        Some(reason) => Decision { action: Action::Stop, reason: format!("{why}, and {reason}") },
    };
    match score.judgement.verdict {
        Verdict::Hold => {
            Decision { action: Action::Accept, reason: format!("it holds: drift {:.1}", score.judgement.drift) }
        }
        Verdict::Unsure => retake("too little of the still could be judged".to_owned()),
        Verdict::Drift if means.is_mended => {
            let why = format!("drift {:.1} remains after mending", score.judgement.drift);
            means.span.map_or_else(|| retake(why.clone()), |ends| span(&why, ends))
        }
        Verdict::Drift => match extent(score) {
            Extent::Short(why) => Decision { action: Action::Mend, reason: why },
            Extent::Broad(why) if means.span.is_some() => {
                Decision { action: Action::Mend, reason: format!("{why}; mending is tried first: it is free") }
            }
            // the last resort is free
            Extent::Broad(why) => match (retake(why), means.no_retake) {
                (stop, Some(_)) => {
                    Decision { action: Action::Mend, reason: format!("{}; mending what can be", stop.reason) }
                }
                (again, None) => again,
            },
        },
    }
}

fn span(why: &str, ends: [usize; 2]) -> Decision {
    let [first, last] = ends;
    let reason =
        format!("{why}; asking for frames {}–{} alone, from frame {first} to frame {last}", first + 1, last - 1);
    Decision { action: Action::Span { ends }, reason }
}

/// The frames that pass nearest around everything at fault, 0-based; `None` where it is not between two such frames, or
/// is most of the clip.
pub(super) fn bracket(score: &ScoreReport, limit: f64) -> Option<[usize; 2]> {
    let frames = &score.judgement.frames;
    let passes = |index: &usize| frames[*index].drift <= CLEAN_SHARE * limit;
    let (first, last) = (score.judgement.bad_spans.first()?[0], score.judgement.bad_spans.last()?[1]);
    let before = (0..first.min(frames.len())).rev().take(FARTHEST_END).find(passes)?;
    let after = (last + 1..frames.len()).take(FARTHEST_END).find(passes)?;
    ((after - before) as f64 <= LONGEST_SHARE * frames.len() as f64).then_some([before, after])
}

enum Extent {
    Short(String),
    Broad(String),
}

/// Whether the fault can be mended from its good neighbours.
fn extent(score: &ScoreReport) -> Extent {
    let frames = score.judgement.frames.len().max(1);
    let bad: usize = score.judgement.bad_spans.iter().map(|[first, last]| last - first + 1).sum();
    let longest = score.judgement.bad_spans.iter().map(|[first, last]| last - first + 1).max().unwrap_or(0);
    let named = named(score);
    // tone is re-locked to the still frame by frame, however long it is off
    if !score.judgement.causes.is_empty()
        && causes(score).iter().all(|cause| matches!(cause, Cause::Color | Cause::Flicker))
    {
        return Extent::Short(format!("{named} is off in {bad} of {frames} frames and can be locked to the still"));
    }
    if bad as f64 > BROAD_SHARE * frames as f64 {
        return Extent::Broad(format!("{named} drifts in {bad} of {frames} frames"));
    }
    if longest > bridge_frames(&score.clip.fps) {
        return Extent::Broad(format!("{named} drifts for {longest} frames in a row, too many to bridge"));
    }
    if bad == 0 {
        return Extent::Broad(format!("{named} drifts over the whole clip"));
    }
    let spans = if score.judgement.bad_spans.len() == 1 {
        "one short span".to_owned()
    } else {
        format!("{} short spans", score.judgement.bad_spans.len())
    };
    Extent::Short(format!("{named} drifts in {spans}, {bad} of {frames} frames"))
}

fn bridge_frames(fps: &str) -> usize {
    let (num, den) = fps.split_once('/').unwrap_or((fps, "1"));
    let rate = num.parse::<f64>().unwrap_or(24.0) / den.parse::<f64>().unwrap_or(1.0);
    (rate * LONGEST_BRIDGE_SECS).round() as usize
}

fn causes(score: &ScoreReport) -> Vec<Cause> {
    score.judgement.causes.iter().map(|finding| finding.cause).collect()
}

fn named(score: &ScoreReport) -> &'static str {
    score.judgement.causes.first().map_or("the picture", |finding| finding.cause.name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::animate::sample::score;

    fn action(score: &ScoreReport, no_retake: Option<&str>, is_mended: bool) -> &'static str {
        decide(score, &Influence::default(), Means { no_retake, span: None, is_mended }).action.name()
    }

    #[test]
    fn a_hold_is_accepted_and_a_short_glitch_mended() {
        assert_eq!(action(&score(Verdict::Hold, &[], &[]), None, false), "accept");
        assert_eq!(action(&score(Verdict::Drift, &[Cause::Geometry], &[[50, 57]]), None, false), "mend");
        assert_eq!(action(&score(Verdict::Drift, &[Cause::Geometry], &[[0, 11], [50, 61]]), None, false), "mend");
    }

    #[test]
    fn a_broad_fault_is_asked_for_again_while_that_is_possible() {
        for spans in [&[[20, 32]][..], &[[0, 11], [20, 31], [40, 51], [60, 71]], &[]] {
            let broad = score(Verdict::Drift, &[Cause::Geometry], spans);
            assert_eq!(action(&broad, None, false), "retake", "{spans:?}");
            assert_eq!(action(&broad, Some("no takes are left"), false), "mend", "{spans:?}");
            assert_eq!(action(&broad, Some("no takes are left"), true), "stop", "{spans:?}");
            assert_eq!(action(&broad, None, true), "retake", "{spans:?}");
        }
    }

    #[test]
    fn a_bracketed_fault_is_mended_first_and_then_asked_for_alone() {
        let broad = score(Verdict::Drift, &[Cause::Geometry], &[[20, 40]]);
        let means = |is_mended| Means { no_retake: None, span: bracket(&broad, 50.0), is_mended };
        let decide = |is_mended| decide(&broad, &Influence::default(), means(is_mended));
        assert_eq!(decide(false).action, Action::Mend);
        assert_eq!(decide(true).action, Action::Span { ends: [19, 41] });
        assert!(decide(true).reason.ends_with("asking for frames 20–40 alone, from frame 19 to frame 41"));
    }

    #[test]
    fn only_what_lies_between_frames_that_pass_is_bracketed() {
        let spans = |spans: &[[usize; 2]]| score(Verdict::Drift, &[Cause::Geometry], spans);
        assert_eq!(bracket(&spans(&[[20, 30], [50, 60]]), 50.0), Some([19, 61]));
        for none in [&[[0, 20]][..], &[[70, 99]], &[[5, 90]], &[]] {
            assert_eq!(bracket(&spans(none), 50.0), None, "{none:?}");
        }
        let mut doubtful = spans(&[[20, 40]]);
        for index in [18, 19, 41] {
            doubtful.judgement.frames[index].drift = 26.0;
        }
        assert_eq!(bracket(&doubtful, 50.0), Some([17, 42]));
        doubtful.judgement.frames.iter_mut().for_each(|frame| frame.drift = 26.0);
        assert_eq!(bracket(&doubtful, 50.0), None);
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
        let decision = decide(&broad, &Influence::default(), Means { no_retake: None, span: None, is_mended: false });
        assert!(decision.reason.starts_with("text drifts in 80 of 100 frames; asking again"), "{}", decision.reason);
    }
}
