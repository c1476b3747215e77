//! What to do next about a cause, and the innocent explanation that was tried first and does not hold.

use super::{
    Cause, FrameDrift,
    signal::{Readings, Signal},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Longest run of frames that is remade from its neighbours: beyond it the motion between is a guess.
pub const LONGEST_BRIDGE: usize = 12;
/// Longest time that is remade, seconds: slow frame rates move as far in fewer frames.
pub const LONGEST_BRIDGE_SECS: f64 = 0.6;
/// Share of the clip from which a new take is asked for rather than the span again.
const MOST_OF_IT: f64 = 0.4;
/// Confidence below which a person should look first.
const DOUBTFUL: f64 = 0.35;

/// The next action.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Advice {
    /// Nothing: it stays within the limit.
    Leave,
    /// Bring the span back to the still's colours: `mend` does.
    Relock,
    /// Even the span's brightness: `mend` does.
    Deflicker,
    /// Remake the span from the good frames on both sides: `mend` does.
    Bridge,
    /// Ask for these frames again between the good ones around them: `animate` does, where the provider can.
    Request,
    /// Ask for a new take.
    Retake,
    /// Look yourself: the evidence is thin.
    #[default]
    Look,
}

impl Advice {
    /// What to do about frames `first` to `last` of a clip, in which `cause` is at fault; `confidence` (`0..=1`) of the score.
    /// What stays within the limit is left ([`Self::Leave`]).
    pub(crate) fn about(cause: Cause, [first, last]: [usize; 2], frames: &[FrameDrift], confidence: f64) -> Self {
        let count = last + 1 - first;
        match cause {
            _ if confidence < DOUBTFUL => Self::Look,
            Cause::Color => Self::Relock,
            Cause::Flicker => Self::Deflicker,
            _ if count as f64 > MOST_OF_IT * frames.len() as f64 || first == 0 => Self::Retake,
            _ if last + 1 < frames.len() && is_short(first, last, frames) => Self::Bridge,
            _ => Self::Request,
        }
    }

    /// What a person is told, of frames `first` to `last`.
    pub(crate) fn sentence(self, [first, last]: [usize; 2]) -> String {
        match self {
            Self::Leave => "nothing: it stays within the limit".to_owned(),
            Self::Relock => format!("re-lock the colours of frames {first}–{last} with `holdstill mend`"),
            Self::Deflicker => format!("even the brightness of frames {first}–{last} with `holdstill mend`"),
            Self::Bridge => format!("bridge frames {first}–{last} from their good neighbours with `holdstill mend`"),
            Self::Request => format!("ask for frames {first}–{last} again, between the good ones around them"),
            Self::Retake => {
                "ask for a new take: most of the clip is at fault, or it is from its first frame".to_owned()
            }
            Self::Look => "look yourself: too little of the still could be compared to be sure".to_owned(),
        }
    }
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Leave => "leave",
            Self::Relock => "relock",
            Self::Deflicker => "deflicker",
            Self::Bridge => "bridge",
            Self::Request => "request",
            Self::Retake => "retake",
            Self::Look => "look",
        })
    }
}

/// Whether frames `first` to `last`, with a frame on either side, can be remade from those.
fn is_short(first: usize, last: usize, frames: &[FrameDrift]) -> bool {
    let secs = frames[last + 1].time_secs - frames[first - 1].time_secs;
    last + 1 - first <= LONGEST_BRIDGE && secs <= LONGEST_BRIDGE_SECS
}

/// The innocent explanation of what `cause` shows, and what it leaves unexplained.
pub(crate) fn rejected(cause: Cause, readings: &Readings) -> String {
    let value = |signal: Signal| readings.get(signal);
    match cause {
        Cause::Geometry => format!(
            "a turn, a shift or a relief of a rigid product, seen by a moving camera: the best one of the whole subject leaves {:.2} % of its size, the best of its patches {:.2} % of the picture's diagonal; and a plain stretch by a turn leaves {:.1} %",
            value(Signal::Warp).max(value(Signal::RestWarp)),
            value(Signal::Bend).max(value(Signal::BendWide)),
            value(Signal::Aspect),
        ),
        Cause::Structure => {
            "something that passes in front, comes in over the border, or is out of focus: it lies inside the picture, and a wider, blurred view does not match either".to_owned()
        }
        Cause::Color => format!(
            "another exposure or light: after one gain for the whole picture {:.1} of hue and {:.1} of lightness (Oklab × 100) are left",
            value(Signal::Hue).max(value(Signal::HuePeak)),
            value(Signal::Tone),
        ),
        Cause::Text => {
            "a label that turns away, shrinks or blurs: only print that faces the camera, is large enough and sharp was asked".to_owned()
        }
        Cause::Flicker => {
            "a change of exposure or of light: it would last, and the frames on both sides do not show it".to_owned()
        }
        Cause::Detail => {
            "focus, distance or compression: the rest of the picture did not lose as much, or the subject is as large as it was".to_owned()
        }
        Cause::Identity => format!(
            "the same subject from another side or in another place: it changed by {:.2} (1 − cosine) beyond what its motion explains",
            value(Signal::Other),
        ),
        Cause::Freeze => "a move that comes to rest: the frames right beside go on".to_owned(),
        Cause::Cut => "a fast move: the steps before and after are far smaller".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn frames(count: usize) -> Vec<FrameDrift> {
        let frame = |index: usize| FrameDrift {
            index,
            time_secs: index as f64 / 24.0,
            drift: 0.0,
            confidence: 1.0,
            causes: BTreeMap::new(),
        };
        (0..count).map(frame).collect()
    }

    #[test]
    fn the_next_action_hangs_on_cause_length_and_evidence() {
        let frames = frames(100);
        let about = |cause, span, confidence| Advice::about(cause, span, &frames, confidence);
        assert_eq!(about(Cause::Color, [0, 99], 1.0), Advice::Relock);
        assert_eq!(about(Cause::Flicker, [20, 90], 1.0), Advice::Deflicker);
        assert_eq!(about(Cause::Geometry, [20, 29], 1.0), Advice::Bridge);
        assert_eq!(about(Cause::Geometry, [20, 40], 1.0), Advice::Request);
        assert_eq!(about(Cause::Geometry, [95, 99], 1.0), Advice::Request, "no good frame after it");
        assert_eq!(about(Cause::Identity, [0, 3], 1.0), Advice::Retake);
        assert_eq!(about(Cause::Text, [30, 80], 1.0), Advice::Retake);
        assert_eq!(about(Cause::Geometry, [20, 29], 0.2), Advice::Look);
    }
}
