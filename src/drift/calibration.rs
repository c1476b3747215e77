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

/// Exponent of the distance above the floor: near the floor little happens.
const STEEPNESS: f64 = 1.5;

/// Every signal that counts.
pub(crate) const SCALES: [Scale; 16] = [
    // residual flow noise is 0.005, coarse compression under a 1.3x zoom 0.02
    Scale::new(Signal::Bend, Cause::Geometry, 0.02, 0.045),
    // a turntable's silhouettes reach 0.05
    Scale::new(Signal::BendPeak, Cause::Geometry, 0.045, 0.09),
    Scale::new(Signal::BendWide, Cause::Geometry, 0.028, 0.06),
    Scale::new(Signal::BendWidePeak, Cause::Geometry, 0.05, 0.095),
    // an 18 degree turn foreshortens by 5 %
    Scale::new(Signal::Aspect, Cause::Geometry, 4.5, 7.5),
    Scale::new(Signal::Replaced, Cause::Structure, 10.0, 40.0),
    // one cell is 0.1 % of the picture
    Scale::new(Signal::Blob, Cause::Structure, 0.08, 0.16),
    Scale::new(Signal::Print, Cause::Text, 0.55, 0.9),
    Scale::new(Signal::Hue, Cause::Color, 1.0, 3.0),
    Scale::new(Signal::Tone, Cause::Color, 4.0, 12.0),
    Scale::new(Signal::Smear, Cause::Detail, 0.3, 0.9),
    Scale::new(Signal::Flicker, Cause::Flicker, 1.0, 2.5),
    Scale::new(Signal::Frozen, Cause::Freeze, 2.5, 4.5),
    Scale::new(Signal::Jump, Cause::Cut, 0.15, 0.35),
    Scale::new(Signal::Foreign, Cause::Identity, 0.35, 0.6),
    Scale::new(Signal::Palette, Cause::Identity, 0.4, 0.7),
];
