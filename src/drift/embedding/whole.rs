//! Weighted sums in whole numbers: weights of 8 bits, values of 15, exact in 32, so that every kind of vector gives the same.
//!
//! Values lie in pairs of maps, which processors multiply and add at once (`pmaddwd`, `vpdpwssd`): at least twice as many at a time
//! as numbers with a fraction.

use super::layer::{Maps, RUN};
use crate::frame::simd::{self, Kernel};

/// Largest whole number of a value: 960 of them times weights of 127 stay below 2³¹.
const LARGEST: f32 = 16_000.0;
/// Sums that share one pass over the values: with two runs of 256 bits each they fill twelve of sixteen registers.
pub(super) const TOGETHER: usize = 6;
/// Runs that share one pass over the weights, where there are 32 registers.
pub(super) const RUNS: usize = 4;

/// Of sixteen pixels the values of two maps, [`both`] in one number.
pub(super) type Pair = [i32; RUN];
/// The weights of [`TOGETHER`] sums for the two maps of a pair.
pub(super) type Row = [i32; TOGETHER];
/// So many sums of a run.
pub(super) type Sums = [[i32; RUN]; TOGETHER];

/// Two whole numbers of 16 bits as one of 32.
#[inline(always)]
pub(super) fn both(even: i32, odd: i32) -> i32 {
    even & 0xFFFF | odd << 16
}

/// Maps in whole numbers: of each run of pixels all pairs of maps.
pub(super) struct Whole {
    values: Vec<Pair>,
    pairs: usize,
    /// What one stands for.
    pub(super) unit: f32,
}

impl Whole {
    /// The nearest whole numbers, of the unit that the largest value asks for; in the memory of what was there `before`.
    pub(super) fn new(maps: &Maps, before: Vec<Pair>) -> Self {
        simd::run(Round(maps, before))
    }

    /// Number of pairs of maps.
    pub(super) fn pairs(&self) -> usize {
        self.pairs
    }

    /// Memory for the next.
    pub(super) fn into_memory(self) -> Vec<Pair> {
        self.values
    }

    /// All pairs of [`RUNS`] runs at a time, and at last of those that are left.
    pub(super) fn blocks(&self) -> impl Iterator<Item = &[Pair]> {
        self.values.chunks(RUNS * self.pairs)
    }
}

struct Round<'a>(&'a Maps, Vec<Pair>);

impl Kernel for Round<'_> {
    type Output = Whole;

    #[inline(always)]
    fn run(self) -> Whole {
        /// One and a half times 2²³: in a sum with it the last bits of a number are those of the nearest whole one.
        const MAGIC: f32 = 12_582_912.0;
        let Self(maps, mut values) = self;
        let mut largest = [0.0f32; RUN];
        for map in maps.runs() {
            for run in map {
                for (largest, value) in largest.iter_mut().zip(run) {
                    *largest = largest.max(value.abs());
                }
            }
        }
        let largest = largest.into_iter().fold(f32::MIN_POSITIVE, f32::max);
        let (unit, scale) = (largest / LARGEST, LARGEST / largest);
        let pairs = maps.count().div_ceil(2);
        values.resize(pairs * maps.pitch() / RUN, [0; RUN]);
        let mut two = maps.runs();
        for pair in 0..pairs {
            let (even, odd) = (two.next().unwrap_or_default(), two.next().unwrap_or_default());
            for (k, (out, even)) in values[pair..].iter_mut().step_by(pairs).zip(even).enumerate() {
                let odd = odd.get(k).copied().unwrap_or([0.0; RUN]);
                for i in 0..RUN {
                    let [even, odd] = [even[i], odd[i]].map(|value| (value * scale + MAGIC).to_bits().cast_signed());
                    out[i] = both(even, odd);
                }
            }
        }
        Whole { values, pairs, unit }
    }
}

/// Adds up each run of a block under the weights, one row of them per pair.
pub(super) type Add = fn(&[Pair], &[Row], &mut [Sums]);

/// The version for this machine.
pub(super) fn add() -> Add {
    #[cfg(target_arch = "x86_64")]
    {
        if simd::has_vnni() {
            return wide::vnni_where_there_is;
        }
        if simd::has_avx2() {
            return wide::avx2_where_there_is;
        }
    }
    plain
}

/// The plain version.
fn plain(runs: &[Pair], weights: &[Row], sums: &mut [Sums]) {
    for (run, sums) in runs.chunks_exact(weights.len()).zip(sums) {
        *sums = [[0; RUN]; TOGETHER];
        for (values, weights) in run.iter().zip(weights) {
            for (sums, weight) in sums.iter_mut().zip(weights) {
                for (sum, value) in sums.iter_mut().zip(values) {
                    *sum += i32::from(*value as i16) * i32::from(*weight as i16) + (value >> 16) * (weight >> 16);
                }
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "whole numbers halve the CPU of the network (benches/pipeline.rs)")]
mod wide {
    use super::{Pair, RUN, RUNS, Row, Sums, TOGETHER};
    use std::arch::x86_64::{
        __m256i, __m512i, _mm256_add_epi32, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_set1_epi32,
        _mm256_setzero_si256, _mm256_storeu_si256, _mm512_dpwssd_epi32, _mm512_loadu_si512, _mm512_set1_epi32,
        _mm512_setzero_si512, _mm512_storeu_si512,
    };

    pub(super) fn vnni_where_there_is(runs: &[Pair], weights: &[Row], sums: &mut [Sums]) {
        if let Ok(all) = sums.try_into() {
            // SAFETY: chosen where the machine has it
            unsafe { vnni::<RUNS>(runs, weights, all) };
            return;
        }
        for (run, sums) in runs.chunks_exact(weights.len()).zip(sums) {
            // SAFETY: as above
            unsafe { vnni::<1>(run, weights, std::array::from_mut(sums)) };
        }
    }

    pub(super) fn avx2_where_there_is(runs: &[Pair], weights: &[Row], sums: &mut [Sums]) {
        for (run, sums) in runs.chunks_exact(weights.len()).zip(sums) {
            // SAFETY: chosen where the machine has it
            unsafe { avx2(run, weights, sums) };
        }
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    fn vnni<const N: usize>(runs: &[Pair], weights: &[Row], sums: &mut [Sums; N]) {
        let mut added = [[_mm512_setzero_si512(); TOGETHER]; N];
        let mut rest: [&[Pair]; N] = [&[]; N];
        for (rest, run) in rest.iter_mut().zip(runs.chunks_exact(weights.len())) {
            *rest = run;
        }
        for (pair, weights) in weights.iter().enumerate() {
            let mut values = [_mm512_setzero_si512(); N];
            for (value, run) in values.iter_mut().zip(rest) {
                *value = load512(&run[pair]);
            }
            for k in 0..TOGETHER {
                let weight = _mm512_set1_epi32(weights[k]);
                for (added, value) in added.iter_mut().zip(values) {
                    added[k] = _mm512_dpwssd_epi32(added[k], value, weight);
                }
            }
        }
        for (sums, added) in sums.iter_mut().zip(added) {
            for (sums, added) in sums.iter_mut().zip(added) {
                // SAFETY: there is room for sixteen
                unsafe { _mm512_storeu_si512(sums.as_mut_ptr().cast(), added) };
            }
        }
    }

    #[target_feature(enable = "avx2")]
    fn avx2(run: &[Pair], weights: &[Row], sums: &mut Sums) {
        let mut added = [[_mm256_setzero_si256(); 2]; TOGETHER];
        for (values, weights) in run.iter().zip(weights) {
            let (near, far) = load256(values);
            for (added, &weight) in added.iter_mut().zip(weights) {
                let weight = _mm256_set1_epi32(weight);
                added[0] = _mm256_add_epi32(added[0], _mm256_madd_epi16(near, weight));
                added[1] = _mm256_add_epi32(added[1], _mm256_madd_epi16(far, weight));
            }
        }
        for (sums, [near, far]) in sums.iter_mut().zip(added) {
            let (first, last) = sums.split_at_mut(RUN / 2);
            // SAFETY: there is room for eight in each half
            unsafe {
                _mm256_storeu_si256(first.as_mut_ptr().cast(), near);
                _mm256_storeu_si256(last.as_mut_ptr().cast(), far);
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn load512(pair: &Pair) -> __m512i {
        // SAFETY: a pair has 64 bytes
        unsafe { _mm512_loadu_si512(pair.as_ptr().cast()) }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn load256(pair: &Pair) -> (__m256i, __m256i) {
        let (near, far) = pair.split_at(RUN / 2);
        // SAFETY: each half has 32 bytes
        unsafe { (_mm256_loadu_si256(near.as_ptr().cast()), _mm256_loadu_si256(far.as_ptr().cast())) }
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;
    use crate::frame::simd::tests::with_every_width;

    #[test]
    fn every_kind_of_vector_gives_the_plain_sums() {
        let number = |i: usize| ((i * 7919) % 4001) as f32 - 2000.0;
        // 5 maps of 81 pixels: an odd one out, and six runs
        let maps = Maps::new(&(0..5 * 81).map(number).collect::<Vec<f32>>(), 9);
        let weights: Vec<Row> =
            (0..3).map(|i| std::array::from_fn(|k| both(50 * i - 127, 40 - 33 * k as i32))).collect();
        let whole = Whole::new(&maps, vec![[7; RUN]; 5]);
        assert!((whole.unit * LARGEST - 2000.0).abs() < 1e-3);
        let mut expected = vec![[[0; RUN]; TOGETHER]; 6];
        plain(&whole.values, &weights, &mut expected);
        let sums = || {
            let mut sums = vec![[[0; RUN]; TOGETHER]; 6];
            for (runs, sums) in whole.blocks().zip(sums.chunks_mut(RUNS)) {
                add()(runs, &weights, sums);
            }
            sums
        };
        assert!(with_every_width(sums).iter().all(|sums| *sums == expected));
        // the first pixel of all maps, by hand
        let first = (0..5).map(|map| number(81 * map) * 8.0);
        let by_hand = first.zip([-127.0, 40.0, -77.0, 40.0, -27.0]).map(|(value, weight)| value * weight).sum::<f32>();
        assert_eq!(expected[0][0][0] as f32, by_hand);
    }
}
