//! From units to severity: where each signal starts to count, and where a careful person starts to object.
//!
//! `floor` is what faithful clips reach by noise, compression and legitimate motion; `fifty` is where half of careful viewers
//! object. Both were set on labelled clips, per signal and not per clip, with the physical reason given beside each.

use super::{Cause, signal::Signal};

/// How one signal counts for one cause.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    /// The number.
    pub signal: Signal,
    /// The cause that it speaks for.
    pub cause: Cause,
    /// Value that still counts nothing.
    pub floor: f64,
    /// Value that counts 50 of 100.
    pub fifty: f64,
}

impl Scale {
    const fn new(signal: Signal, cause: Cause, floor: f64, fifty: f64) -> Self {
        Self { signal, cause, floor, fifty }
    }

    /// Severity of `value`, `0..=1`: 0 up to the floor, ½ at fifty, towards 1 beyond; monotone.
    pub(crate) fn severity(&self, value: f64) -> f64 {
        let above = ((value - self.floor) / (self.fifty - self.floor)).max(0.0);
        1.0 - 0.5_f64.powf(above.powf(STEEPNESS))
    }
}

/// Severity of `value` of `signal`, `0..=1`.
pub(crate) fn severity(signal: Signal, value: f64) -> f64 {
    SCALES.iter().filter(|scale| scale.signal == signal).map(|scale| scale.severity(value)).fold(0.0, f64::max)
}

/// Exponent of the distance above the floor: near the floor little happens.
const STEEPNESS: f64 = 1.5;

/// Every signal that counts.
pub(crate) const SCALES: [Scale; 36] = [
    // noise of the flow reaches 0.01 on faithful clips, compression under a zoom 0.015: that may count 3 of 100
    Scale::new(Signal::Bend, Cause::Geometry, 0.011, 0.047),
    // silhouettes of a turntable reach 0.04
    Scale::new(Signal::BendPeak, Cause::Geometry, 0.033, 0.072),
    Scale::new(Signal::BendWide, Cause::Geometry, 0.02, 0.07),
    Scale::new(Signal::BendWidePeak, Cause::Geometry, 0.035, 0.11),
    // tracks of noisy, compressed clips under large motion reach 0.13, living subjects 0.45
    Scale::new(Signal::Warp, Cause::Geometry, 0.1, 0.5),
    // a paint tub that turns, strongly compressed, reaches 0.035; others 0.033
    Scale::new(Signal::RigidWarp, Cause::Geometry, 0.035, 0.06),
    // marks at rest are known to 0.02; a highlight that wanders over a shiny bottle takes some along by 0.1
    Scale::new(Signal::RestWarp, Cause::Geometry, 0.02, 0.33),
    // a carton that a camera nears reaches 0.23, a room that is walked through 0.38
    Scale::new(Signal::SceneWarp, Cause::Geometry, 0.25, 0.5),
    // marks on glass that a crane rises past reach 0.058, a bowl that hits a wall 0.1
    Scale::new(Signal::Excursion, Cause::Geometry, 0.06, 0.14),
    // an 18 degree turn foreshortens by 5 %
    Scale::new(Signal::Aspect, Cause::Geometry, 3.6, 6.2),
    Scale::new(Signal::Replaced, Cause::Structure, 5.0, 55.0),
    // one cell is 0.1 % of the picture; shadows, arrivals and what moved there are excused before
    Scale::new(Signal::Blob, Cause::Structure, 0.02, 0.12),
    // a thing that turns its other side, or that somebody's hand and what it passes hide in part, reaches 20 to 27, a shoe that turns
    // to its sole 32
    Scale::new(Signal::Missing, Cause::Structure, 24.0, 34.0),
    // print under a moving highlight and at a turning rim reaches 7, what passes before it 14 to 17
    Scale::new(Signal::Garbled, Cause::Text, 10.0, 20.0),
    // a change of focus reaches 2.8; a twig of a vase is 5.3, a mug's handle 6.9
    Scale::new(Signal::Vanished, Cause::Structure, 3.0, 5.5),
    Scale::new(Signal::Rewritten, Cause::Text, 3.0, 5.5),
    // faithful clips reach 1.0; the capsule of a bottle below a rising camera is 2.8, the watch of a watch box 5, a mug's handle 11
    Scale::new(Signal::Gone, Cause::Structure, 1.3, 2.2),
    // faithful clips reach 0.1; the ring of a tin is 2.5, a label that becomes another 3
    Scale::new(Signal::Hole, Cause::Structure, 0.5, 1.5),
    // small print dies in honest compression and blur
    Scale::new(Signal::Print, Cause::Text, 0.8, 1.3),
    // a bottle that a camera circles, all of it marked, reaches 0.53; letters that run 0.4 to 0.7
    Scale::new(Signal::Label, Cause::Text, 0.45, 0.65),
    // 2 is just visible side by side
    Scale::new(Signal::Hue, Cause::Color, 1.6, 2.5),
    Scale::new(Signal::HuePeak, Cause::Color, 2.0, 4.4),
    // a moving highlight reaches 7, a camera that turns to another light 9, a lid that tilts towards the lamp 10
    Scale::new(Signal::Tone, Cause::Color, 8.0, 14.0),
    // light that falls off as the camera comes round, or moves, reaches 0.2
    Scale::new(Signal::Contrast, Cause::Color, 0.12, 0.26),
    // compression under a zoom costs 0.25 more on the subject than elsewhere
    Scale::new(Signal::Smear, Cause::Detail, 0.3, 0.6),
    // grain that compression takes, and a rim out of focus, reach 5
    Scale::new(Signal::SmearSpot, Cause::Detail, 5.0, 9.0),
    // 1 % is just visible at 12 cycles per second (Kelly 1961)
    Scale::new(Signal::Flicker, Cause::Flicker, 0.9, 4.0),
    Scale::new(Signal::FlickerAlone, Cause::Flicker, 0.9, 4.0),
    Scale::new(Signal::Boil, Cause::Flicker, 0.2, 1.9),
    // animation on twos holds a frame once
    Scale::new(Signal::Frozen, Cause::Freeze, 2.5, 4.0),
    // a skateboard that leaps reaches 0.09
    Scale::new(Signal::Jump, Cause::Cut, 0.1, 0.25),
    Scale::new(Signal::Foreign, Cause::Identity, 0.13, 0.45),
    // a wide orbit loses all of the first view: never a fault alone
    Scale::new(Signal::Lost, Cause::Identity, 0.8, 1.8),
    // strong compression hides 0.11; water, leaves and fur that a model draws anew 0.65, so that it is never a fault alone (see `UNSEEDED`)
    Scale::new(Signal::Unseeded, Cause::Identity, 0.1, 0.5),
    // a bottle that a camera circles reaches 0.087, another animal of the same kind 0.15
    Scale::new(Signal::Other, Cause::Identity, 0.045, 0.1),
    // faithful clips reach 0.32, clips that become another picture 0.4 to 0.8
    Scale::new(Signal::Palette, Cause::Identity, 0.3, 0.42),
];
