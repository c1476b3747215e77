//! Money as integers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// An amount of US dollars in micro-units (1 USD = 1 000 000). Never a float.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Money {
    /// Millionths of a US dollar.
    pub micros: i64,
}

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self { micros: 0 };

    /// The sum, or `None` where it cannot be represented.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.micros.checked_add(other.micros).map(|micros| Self { micros })
    }

    /// `count` times the amount, or `None` where it cannot be represented.
    pub fn checked_mul(self, count: i64) -> Option<Self> {
        self.micros.checked_mul(count).map(|micros| Self { micros })
    }

    /// What one of `secs` seconds has cost, rounded up; `None` where there are none.
    pub fn per_second(self, secs: f64) -> Option<Self> {
        let micros = (self.micros as f64 / secs).ceil();
        (secs > 0.0 && micros.is_finite()).then_some(Self { micros: micros as i64 })
    }
}

impl fmt::Display for Money {
    /// `$1.25`; four decimals where the amount is finer than a cent.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.micros < 0 { "-" } else { "" };
        let micros = self.micros.unsigned_abs();
        let (whole, rest) = (micros / 1_000_000, micros % 1_000_000);
        if rest % 10_000 == 0 {
            write!(f, "{sign}${whole}.{:02}", rest / 10_000)
        } else {
            write!(f, "{sign}${whole}.{:04}", rest.div_ceil(100))
        }
    }
}

/// The text is not an amount of money.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not an amount in US dollars such as 3 or 2.50, with at most six decimals")]
pub struct ParseMoneyError(String);

impl FromStr for Money {
    type Err = ParseMoneyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseMoneyError(text.to_owned());
        let digits = text.trim().trim_start_matches('$');
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() || fraction.len() > 6 || !(whole.to_owned() + fraction).bytes().all(|b| b.is_ascii_digit())
        {
            return Err(error());
        }
        let whole: i64 = whole.parse().map_err(|_| error())?;
        let fraction: i64 = format!("{fraction:0<6}").parse().map_err(|_| error())?;
        let micros = whole.checked_mul(1_000_000).and_then(|w| w.checked_add(fraction)).ok_or_else(error)?;
        Ok(Self { micros })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints_dollars() {
        assert_eq!("3".parse::<Money>().unwrap().micros, 3_000_000);
        assert_eq!("2.50".parse::<Money>().unwrap().to_string(), "$2.50");
        assert_eq!("0.0125".parse::<Money>().unwrap().to_string(), "$0.0125");
        assert_eq!("1".parse::<Money>().unwrap().per_second(3.0), Some(Money { micros: 333_334 }));
        assert_eq!(Money::ZERO.per_second(0.0), None);
        for bad in ["", ".5", "1.2345678", "1e3", "-1", "three", "99999999999999999999"] {
            assert!(bad.parse::<Money>().is_err(), "{bad}");
        }
    }
}
