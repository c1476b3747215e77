//! What a take costs: quoted before the call, read from the answer after it. Decimals, never floats.

use crate::store::Money;
use serde::Deserialize;

/// Digits after the point of a micro-unit.
const MICRO_DIGITS: i32 = 6;
/// Most digits that are read; more would be noise, or a trap.
const MOST_DIGITS: usize = 24;

/// A decimal number as it was written: `0.0000000001`, `3.5`, `2e-3`. Not negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Decimal {
    digits: i128,
    /// Power of ten by which the digits are multiplied.
    exponent: i32,
}

impl Decimal {
    /// Reads a number.
    pub fn parse(text: &str) -> Option<Self> {
        let (mantissa, power) = text.trim().split_once(['e', 'E']).unwrap_or((text.trim(), "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        let is_plain = !digits.is_empty() && digits.len() <= MOST_DIGITS && digits.bytes().all(|b| b.is_ascii_digit());
        let power: i32 = power.parse().ok().filter(|power: &i32| power.abs() < 30)?;
        is_plain.then_some(())?;
        Some(Self { digits: digits.parse().ok()?, exponent: power - fraction.len() as i32 })
    }

    /// This many of something that costs `other` US dollars each, rounded up to the micro-unit.
    pub fn dollars(self, other: Self) -> Option<Money> {
        let digits = self.digits.checked_mul(other.digits)?;
        let exponent = self.exponent + other.exponent + MICRO_DIGITS;
        let power = 10_i128.checked_pow(exponent.unsigned_abs())?;
        let micros = if exponent >= 0 { digits.checked_mul(power)? } else { (digits + power - 1) / power };
        Some(Money { micros: micros.try_into().ok()? })
    }
}

impl TryFrom<String> for Decimal {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("`{text}` is no amount such as \"0.05\""))
    }
}

/// The price of a model, as its recipe quotes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Price {
    /// US dollars for a second of clip.
    PerSecond(Decimal),
    /// US dollars for a clip of any length.
    PerClip(Decimal),
    /// US dollars for a still.
    PerStill(Decimal),
}

impl Price {
    /// The price of one clip of this length, or of one still.
    pub fn of(self, duration_secs: f64) -> Option<Money> {
        let one = Decimal { digits: 1, exponent: 0 };
        match self {
            Self::PerClip(price) | Self::PerStill(price) => one.dollars(price),
            Self::PerSecond(price) => Decimal::parse(&duration_secs.to_string())?.dollars(price),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(count: &str, price: &str) -> Option<i64> {
        Decimal::parse(count)?.dollars(Decimal::parse(price)?).map(|money| money.micros)
    }

    #[test]
    fn money_is_exact_and_rounds_up() {
        assert_eq!(times("25", "0.01"), Some(250_000));
        assert_eq!(times("2500000000", "0.0000000001"), Some(250_000), "ticks");
        assert_eq!(times("0.25", "1"), Some(250_000));
        assert_eq!(times("2.5e-3", "1"), Some(2_500));
        assert_eq!(times("1", "0.0000001"), Some(1), "rounded up");
        assert_eq!(times("0", "7"), Some(0));
        for bad in ["", "-1", "1.2.3", "NaN", "1e99", "9999999999999999999999999"] {
            assert_eq!(times(bad, "1"), None, "{bad}");
        }
        assert_eq!(times("999999999999999999999999", "999999999999"), None, "too much to be counted");
    }

    #[test]
    fn a_quote_follows_the_length() {
        let per_second = Price::PerSecond(Decimal::parse("0.05").unwrap());
        assert_eq!(per_second.of(5.0).unwrap().to_string(), "$0.25");
        assert_eq!(per_second.of(2.5).unwrap().to_string(), "$0.1250");
        assert_eq!(Price::PerClip(Decimal::parse("0.06").unwrap()).of(9.0).unwrap().to_string(), "$0.06");
    }
}
