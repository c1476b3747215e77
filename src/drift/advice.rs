//! What to do next about a cause.

use super::{Cause, FrameDrift, signal::Readings};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    /// What to do about frames `first` to `last` of a clip, in which `cause` is at fault, worst in the one that has these
    /// `readings`; `confidence` (`0..=1`) of the score. What stays within the limit is left ([`Self::Leave`]).
    pub(crate) fn about(
        cause: Cause,
        [first, last]: [usize; 2],
        frames: &[FrameDrift],
        readings: &Readings,
        confidence: f64,
    ) -> Self {
        let count = last + 1 - first;
        match cause {
            _ if confidence < DOUBTFUL => Self::Look,
            Cause::Color => Self::Relock,
            // what stands around at rest would begin to flicker
            Cause::Flicker if !readings.flickers_alone() => Self::Deflicker,
            _ if count as f64 > MOST_OF_IT * frames.len() as f64 || first == 0 => Self::Retake,
            _ if last + 1 < frames.len() && is_bridgeable([first, last], frames) => Self::Bridge,
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

/// Whether frames `first` to `last`, with a frame on either side, can be remade from those.
///
/// # Panics
/// If there is no such frame.
pub fn is_bridgeable([first, last]: [usize; 2], frames: &[FrameDrift]) -> bool {
    let secs = frames[last + 1].time_secs - frames[first - 1].time_secs;
    last + 1 - first <= LONGEST_BRIDGE && secs <= LONGEST_BRIDGE_SECS
}

#[cfg(test)]
mod tests {
    use super::{super::signal::Signal, *};
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
        let mut readings = Readings::default();
        readings.set(Signal::Flicker, 5.0);
        let about = |cause, span, confidence| Advice::about(cause, span, &frames, &readings, confidence);
        assert_eq!(about(Cause::Color, [0, 99], 1.0), Advice::Relock);
        assert_eq!(about(Cause::Flicker, [20, 90], 1.0), Advice::Deflicker);
        assert_eq!(about(Cause::Geometry, [20, 29], 1.0), Advice::Bridge);
        assert_eq!(about(Cause::Geometry, [20, 40], 1.0), Advice::Request);
        assert_eq!(about(Cause::Geometry, [95, 99], 1.0), Advice::Request, "no good frame after it");
        assert_eq!(about(Cause::Identity, [0, 3], 1.0), Advice::Retake);
        assert_eq!(about(Cause::Text, [30, 80], 1.0), Advice::Retake);
        assert_eq!(about(Cause::Geometry, [20, 29], 0.2), Advice::Look);
        readings.set(Signal::FlickerAlone, 6.0);
        assert_eq!(Advice::about(Cause::Flicker, [20, 90], &frames, &readings, 1.0), Advice::Retake);
    }
}
