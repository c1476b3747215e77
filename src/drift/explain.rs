//! Sentences for a person, per cause: what was seen, how much, in units that mean something, and which innocent explanation does not
//! hold.

use super::{
    Cause, calibration,
    signal::{Readings, Signal},
};

/// What sizes are told in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Yardstick {
    /// Diagonal of the subject as a share of the picture's.
    pub(crate) subject: f64,
    /// Height of the capitals that are printed at the place, clip pixels, where letters were found.
    pub(crate) cap_height: Option<f64>,
}

/// What `cause` looked like in its worst frame.
pub(crate) fn sentence(cause: Cause, readings: &Readings, frame: usize, fps: f64, size: Yardstick) -> String {
    let value = |signal: Signal| readings.get(signal);
    match cause {
        Cause::Geometry => format!(
            "the surface bends by {:.2} % of the subject's diagonal ({:.2} % where most) beyond any rigid motion at frame {frame}; as one rigid body the subject is off by {:.2} % of its size",
            value(Signal::Bend).max(value(Signal::BendWide)) / size.subject,
            value(Signal::BendPeak).max(value(Signal::BendWidePeak)) / size.subject,
            value(Signal::Warp),
        ),
        Cause::Structure => lost(readings, frame),
        Cause::Color => format!(
            "the subject's colour is {:.1} away, {:.1} where most (Oklab × 100; 2 is just visible), after exposure at frame {frame}, its tones {:.1}; contrast changed by a factor of {:.2}",
            value(Signal::Hue),
            value(Signal::HuePeak),
            value(Signal::Tone),
            value(Signal::Contrast).exp(),
        ),
        Cause::Text => {
            let letters = size.cap_height.map(|height| format!(" (capitals {height:.0} px tall)")).unwrap_or_default();
            format!(
                "print{letters} is {:.0} % unlike the seed's at frame {frame}; {:.0} % of the marks that should be in view show something else",
                100.0 * value(Signal::Print).max(value(Signal::Label)),
                value(Signal::Garbled).max(value(Signal::Rewritten)),
            )
        }
        Cause::Flicker => format!(
            "the picture's brightness jumps by {:.1} % against both neighbours at frame {frame}, the subject's by {:.1} % more; the surface is re-lit by {:.1} (Oklab × 100) from frame to frame",
            value(Signal::Flicker),
            value(Signal::FlickerAlone),
            value(Signal::Boil),
        ),
        Cause::Detail => format!(
            "fine texture lost {:.1} octaves of energy at frame {frame}; the largest place that lost its own is {:.0} % of the subject",
            value(Signal::Smear),
            value(Signal::SmearSpot),
        ),
        Cause::Identity => format!(
            "the subject is {:.0} % unlike the seed around frame {frame}; {:.0} % of its points can no longer be followed; what it shows has changed by {:.2} beyond what motion explains (1 - cosine; another subject from about 0.12)",
            100.0 * value(Signal::Foreign),
            100.0 * value(Signal::Lost),
            value(Signal::Other),
        ),
        Cause::Freeze => format!(
            "{:.0} frames ({:.2} s) stand still around frame {frame} while the clip moves",
            value(Signal::Frozen),
            value(Signal::Frozen) / fps.max(1.0),
        ),
        Cause::Cut => format!("the whole picture changes between frames {} and {frame}", frame.saturating_sub(1)),
    }
}

/// What of its structure the subject has lost: the kinds of loss that there are, what counts most first.
fn lost(readings: &Readings, frame: usize) -> String {
    let mut losses = [
        (Signal::Replaced, 0, "% of the subject's surface no longer shows the seed's structure"),
        (Signal::Blob, 1, "% of the picture is the largest place that no longer does"),
        (
            worse(readings, Signal::Missing, Signal::Vanished),
            0,
            "% of the marks that should be in view show something else",
        ),
        (Signal::Gone, 1, "% of the subject is a part that is gone"),
        (Signal::Hole, 1, "% of the subject is one place that shows something else"),
    ];
    losses.sort_by(|a, b| severity(readings, b.0).total_cmp(&severity(readings, a.0)));
    let said = losses.into_iter().map(|(signal, digits, what)| (format!("{:.digits$}", readings.get(signal)), what));
    let there: Vec<String> = said
        .filter(|(amount, _)| amount.bytes().any(|digit| (b'1'..=b'9').contains(&digit)))
        .map(|(amount, what)| format!("{amount} {what}"))
        .collect();
    format!("at frame {frame}, {}", there.join("; "))
}

/// Whether what counts most of the lost structure is a part whose colour is missed.
fn is_gone(readings: &Readings) -> bool {
    let gone = severity(readings, Signal::Gone);
    let others = [Signal::Replaced, Signal::Blob, Signal::Missing, Signal::Vanished, Signal::Hole];
    gone > 0.0 && others.into_iter().all(|signal| severity(readings, signal) < gone)
}

fn worse(readings: &Readings, a: Signal, b: Signal) -> Signal {
    if severity(readings, a) > severity(readings, b) { a } else { b }
}

fn severity(readings: &Readings, signal: Signal) -> f64 {
    calibration::severity(signal, readings.get(signal))
}

/// The innocent explanation of what `cause` shows, and what it leaves unexplained.
pub(crate) fn rejected(cause: Cause, readings: &Readings, size: Yardstick) -> String {
    let value = |signal: Signal| readings.get(signal);
    match cause {
        Cause::Geometry => format!(
            "a turn, a shift or a relief of a rigid product, seen by a moving camera: the best one of the whole subject leaves {:.2} % of its size, the best of its patches {:.2} % of its diagonal; and a plain stretch by a turn leaves {:.1} %",
            value(Signal::Warp)
                .max(value(Signal::RestWarp))
                .max(value(Signal::SceneWarp))
                .max(value(Signal::Excursion)),
            value(Signal::Bend).max(value(Signal::BendWide)) / size.subject,
            value(Signal::Aspect),
        ),
        Cause::Structure if is_gone(readings) => {
            "a part that turns out of view, moves along, or lies in another light: the body shows its front there, nothing near has its colour, and the light is the still's".to_owned()
        }
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
        Cause::Flicker if readings.flickers_alone() => {
            "a change of exposure or of light: what stands around the subject does not show it".to_owned()
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

    #[test]
    fn what_counts_most_is_said_first_and_what_is_not_there_not_at_all() {
        let size = Yardstick { subject: 0.5, cap_height: None };
        let mut readings = Readings::default();
        readings.set(Signal::Replaced, 13.0);
        readings.set(Signal::Gone, 5.2);
        let said = sentence(Cause::Structure, &readings, 25, 24.0, size);
        assert_eq!(
            said,
            "at frame 25, 5.2 % of the subject is a part that is gone; 13 % of the subject's surface no longer shows the seed's structure"
        );
        assert!(rejected(Cause::Structure, &readings, size).starts_with("a part that turns out of view"));
        readings.set(Signal::Replaced, 60.0);
        readings.set(Signal::Gone, 0.0);
        let said = sentence(Cause::Structure, &readings, 25, 24.0, size);
        assert_eq!(said, "at frame 25, 60 % of the subject's surface no longer shows the seed's structure");
        assert!(rejected(Cause::Structure, &readings, size).starts_with("something that passes in front"));
    }
    #[test]
    fn a_contrast_that_changed_is_told_where_the_hue_did_not() {
        let mut readings = Readings::default();
        readings.set(Signal::Contrast, 1.35_f32.ln());
        let said = sentence(Cause::Color, &readings, 43, 24.0, Yardstick { subject: 0.5, cap_height: None });
        assert!(said.ends_with("contrast changed by a factor of 1.35"), "{said}");
    }
}
