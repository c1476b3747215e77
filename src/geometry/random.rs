//! The random draws of the robust fits: `SplitMix64` (Steele, Lea, Flood 2014), the same on every machine.

/// A stream of pseudo-random numbers.
pub(super) struct Random(u64);

impl Random {
    /// The stream that belongs to `seed`.
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number in `0..bound`; `bound` must be > 0. The bias is below `bound / 2^64`.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }

    /// `N` different numbers in `0..bound`; `bound` must be ≥ `N`.
    pub(super) fn distinct<const N: usize>(&mut self, bound: usize) -> [usize; N] {
        let mut picks = [0; N];
        let mut count = 0;
        while count < N {
            let pick = self.below(bound);
            if !picks[..count].contains(&pick) {
                picks[count] = pick;
                count += 1;
            }
        }
        picks
    }
}
