//! What a way to a clip that holds costs until it does.

use crate::store::Money;
use std::cmp::Ordering;

/// Something that can be asked for, again and again if need be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Way {
    /// What one ask costs.
    pub(super) price: Money,
    /// Seconds of video that one ask makes.
    pub(super) secs: f64,
    /// Whole takes of this run that did not hold as they were made.
    pub(super) vain: u32,
    /// How often this part was asked for in vain; 0 of a whole take.
    pub(super) misfits: u32,
}

impl Way {
    /// Expected number of asks until one holds. What the model makes holds with a chance of one in `vain + 2` (rule of
    /// succession, Laplace 1774), a part like a whole take. A part must fit the frames that it joins as well, and these may be
    /// at fault themselves, unseen: certain at first, by the same rule one in `misfits + 1`.
    fn asks(&self) -> f64 {
        (f64::from(self.vain) + 2.0) * (f64::from(self.misfits) + 1.0)
    }

    /// Expected price until one holds, in millionths of a US dollar.
    fn expected_micros(&self) -> f64 {
        self.price.micros as f64 * self.asks()
    }

    /// For a person, in brackets; nothing for what is free.
    pub(super) fn wording(&self) -> String {
        if self.price == Money::ZERO {
            return String::new();
        }
        let expected = Money { micros: self.expected_micros().round() as i64 };
        format!(" ({} an ask, {expected} expected until one holds)", self.price)
    }
}

/// Orders ways by their expected price, and those that cost the same by the seconds that they are expected to make.
pub(super) fn cheaper(one: &Way, other: &Way) -> Ordering {
    let secs = |way: &Way| way.secs * way.asks();
    one.expected_micros().total_cmp(&other.expected_micros()).then_with(|| secs(one).total_cmp(&secs(other)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(micros: i64, secs: f64, vain: u32) -> Way {
        Way { price: Money { micros }, secs, vain, misfits: 0 }
    }

    #[test]
    fn price_goes_before_seconds_and_chance_is_counted_in_both() {
        // 20 × 2 against 15 × 3
        assert_eq!(cheaper(&way(20, 9.0, 0), &way(15, 1.0, 1)), Ordering::Less);
        // free: 2 s × 3 against 4 s × 2
        assert_eq!(cheaper(&way(0, 2.0, 1), &way(0, 4.0, 0)), Ordering::Less);
        assert_eq!(cheaper(&way(0, 2.0, 2), &way(0, 4.0, 0)), Ordering::Equal);
    }

    #[test]
    fn a_part_that_does_not_fit_is_soon_no_bargain() {
        let part = |misfits| Way { misfits, ..way(20, 2.0, 1) };
        let take = way(40, 4.0, 1);
        // 20 × 3 against 40 × 3, then 20 × 6
        assert_eq!(
            [0, 1, 2].map(|misfits| cheaper(&part(misfits), &take)),
            [Ordering::Less, Ordering::Equal, Ordering::Greater]
        );
    }
}
