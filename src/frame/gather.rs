//! Pairs of neighbouring samples from sixteen places at once.

use super::sample::LANES;
#[cfg(target_arch = "x86_64")]
use super::simd;

/// A way to fetch them.
pub(crate) trait Gather: Copy + Send + Sync {
    /// The samples at each of the places, all of which there are.
    fn each(self, samples: &[f32], at: &[u32; LANES]) -> [f32; LANES];

    /// The least and the largest of numbers.
    fn extent(self, numbers: &[i32; LANES]) -> [i32; 2];

    /// Whether [`Gather::near`] is quick.
    const HAS_NEAR: bool;

    /// Those of a few samples that lie at each of the places.
    fn near(self, samples: &[f32; 2 * LANES], at: &[u32; LANES]) -> [f32; LANES];

    /// The samples at each of the places, and those right after them, all of which there are.
    fn pairs(self, samples: &[f32], at: &[u32; LANES]) -> [[f32; LANES]; 2];
}

/// Work that fetches samples, to be compiled once for each way.
pub(crate) trait Gathering {
    /// What the work leaves.
    type Output;

    /// Does the work.
    fn run<G: Gather>(self, gather: G) -> Self::Output;
}

/// Does the work in the best way that this machine has.
#[inline(always)]
pub(crate) fn run<W: Gathering>(work: W) -> W::Output {
    #[cfg(target_arch = "x86_64")]
    if let Some(wide) = wide::Wide::of_machine() {
        return work.run(wide);
    }
    work.run(Plain)
}

/// One after the other.
#[derive(Clone, Copy, Debug)]
struct Plain;

impl Gather for Plain {
    #[inline(always)]
    fn each(self, samples: &[f32], at: &[u32; LANES]) -> [f32; LANES] {
        at.map(|at| samples[at as usize])
    }

    #[inline(always)]
    fn extent(self, numbers: &[i32; LANES]) -> [i32; 2] {
        numbers.iter().fold([i32::MAX, i32::MIN], |[least, most], &number| [least.min(number), most.max(number)])
    }

    const HAS_NEAR: bool = false;

    #[inline(always)]
    fn near(self, samples: &[f32; 2 * LANES], at: &[u32; LANES]) -> [f32; LANES] {
        at.map(|at| samples[at as usize % (2 * LANES)])
    }

    #[inline(always)]
    fn pairs(self, samples: &[f32], at: &[u32; LANES]) -> [[f32; LANES]; 2] {
        let (mut first, mut second) = ([0.0; LANES], [0.0; LANES]);
        for i in 0..LANES {
            let pair = &samples[at[i] as usize..][..2];
            (first[i], second[i]) = (pair[0], pair[1]);
        }
        [first, second]
    }
}

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "halves the CPU of warping (benches/flow.rs)")]
mod wide {
    use super::{Gather, LANES, simd};
    use std::arch::x86_64::{
        __m512, __m512d, _mm512_castpd_ps, _mm512_castsi512_si256, _mm512_cmplt_epu32_mask, _mm512_extracti64x4_epi64,
        _mm512_i32gather_pd, _mm512_i32gather_ps, _mm512_loadu_ps, _mm512_loadu_si512, _mm512_permutex2var_ps,
        _mm512_reduce_max_epi32, _mm512_reduce_min_epi32, _mm512_set1_epi32, _mm512_setr_epi32, _mm512_storeu_ps,
    };

    /// By one instruction for eight places: there are none but on machines that have it.
    #[derive(Clone, Copy, Debug)]
    pub(super) struct Wide(());

    impl Wide {
        pub(super) fn of_machine() -> Option<Self> {
            simd::has_avx512().then_some(Self(()))
        }
    }

    impl Gather for Wide {
        #[inline(always)]
        fn each(self, samples: &[f32], at: &[u32; LANES]) -> [f32; LANES] {
            // SAFETY: the machine has AVX-512, or `of_machine` would have made none of `self`
            unsafe { each(samples, at) }
        }

        #[inline(always)]
        fn extent(self, numbers: &[i32; LANES]) -> [i32; 2] {
            // SAFETY: as above
            unsafe { extent(numbers) }
        }

        const HAS_NEAR: bool = true;

        #[inline(always)]
        fn near(self, samples: &[f32; 2 * LANES], at: &[u32; LANES]) -> [f32; LANES] {
            // SAFETY: as above
            unsafe { near(samples, at) }
        }

        #[inline(always)]
        fn pairs(self, samples: &[f32], at: &[u32; LANES]) -> [[f32; LANES]; 2] {
            // SAFETY: as above
            unsafe { pairs(samples, at) }
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw")]
    fn pairs(samples: &[f32], at: &[u32; LANES]) -> [[f32; LANES]; 2] {
        // SAFETY: sixteen numbers
        let at = unsafe { _mm512_loadu_si512(at.as_ptr().cast()) };
        let last = samples.len().saturating_sub(1).min(i32::MAX as usize) as i32;
        let known = _mm512_cmplt_epu32_mask(at, _mm512_set1_epi32(last));
        assert!(known == u16::MAX, "pairs lie within the samples");
        let (near, far) = (_mm512_castsi512_si256(at), _mm512_extracti64x4_epi64::<1>(at));
        // SAFETY: each place and the one after it hold samples, as just seen; a pair is read as one number of 64 bits
        let (near, far): (__m512d, __m512d) = unsafe {
            (
                _mm512_i32gather_pd::<4>(near, samples.as_ptr().cast()),
                _mm512_i32gather_pd::<4>(far, samples.as_ptr().cast()),
            )
        };
        let (near, far) = (_mm512_castpd_ps(near), _mm512_castpd_ps(far));
        let even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
        let odd = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
        [stored(_mm512_permutex2var_ps(near, even, far)), stored(_mm512_permutex2var_ps(near, odd, far))]
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn each(samples: &[f32], at: &[u32; LANES]) -> [f32; LANES] {
        // SAFETY: sixteen numbers
        let at = unsafe { _mm512_loadu_si512(at.as_ptr().cast()) };
        let count = samples.len().min(i32::MAX as usize) as i32;
        let known = _mm512_cmplt_epu32_mask(at, _mm512_set1_epi32(count));
        assert!(known == u16::MAX, "places lie within the samples");
        // SAFETY: each place holds a sample, as just seen
        stored(unsafe { _mm512_i32gather_ps::<4>(at, samples.as_ptr()) })
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn extent(numbers: &[i32; LANES]) -> [i32; 2] {
        // SAFETY: sixteen numbers
        let numbers = unsafe { _mm512_loadu_si512(numbers.as_ptr().cast()) };
        [_mm512_reduce_min_epi32(numbers), _mm512_reduce_max_epi32(numbers)]
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn near(samples: &[f32; 2 * LANES], at: &[u32; LANES]) -> [f32; LANES] {
        let (first, second) = samples.split_at(LANES);
        // SAFETY: each has sixteen numbers
        let (first, second, at) = unsafe {
            (_mm512_loadu_ps(first.as_ptr()), _mm512_loadu_ps(second.as_ptr()), _mm512_loadu_si512(at.as_ptr().cast()))
        };
        stored(_mm512_permutex2var_ps(first, at, second))
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn stored(vector: __m512) -> [f32; LANES] {
        let mut lanes = [0.0; LANES];
        // SAFETY: there is room for sixteen
        unsafe { _mm512_storeu_ps(lanes.as_mut_ptr(), vector) };
        lanes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fetch<'a>(&'a [f32], &'a [u32; LANES]);

    impl Gathering for Fetch<'_> {
        type Output = [[f32; LANES]; 2];

        fn run<G: Gather>(self, gather: G) -> Self::Output {
            gather.pairs(self.0, self.1)
        }
    }

    #[test]
    fn both_ways_fetch_the_same() {
        let samples: Vec<f32> = (0..97).map(|i| (i as f32 * 0.7).sin()).collect();
        let at: [u32; LANES] = std::array::from_fn(|i| (i as u32 * 37) % 96);
        let plain = Plain.pairs(&samples, &at);
        assert_eq!(run(Fetch(&samples, &at)), plain);
        assert_eq!((plain[0][15], plain[1][15]), (samples[15 * 37 % 96], samples[15 * 37 % 96 + 1]));
    }

    struct Each<'a>(&'a [f32], &'a [u32; LANES]);

    impl Gathering for Each<'_> {
        type Output = [f32; LANES];

        fn run<G: Gather>(self, gather: G) -> Self::Output {
            gather.each(self.0, self.1)
        }
    }

    #[test]
    fn both_ways_fetch_each_and_none_beyond_the_end() {
        let samples: Vec<f32> = (0..50).map(|i| i as f32).collect();
        let at: [u32; LANES] = std::array::from_fn(|i| (i as u32 * 29 + 20) % 50);
        assert_eq!(run(Each(&samples, &at)), at.map(|at| at as f32));
        assert_eq!(Each(&samples, &at).run(Plain), at.map(|at| at as f32));
        assert!(std::panic::catch_unwind(|| run(Each(&[0.0; 3], &[3; LANES]))).is_err());
    }

    struct Extent<'a>(&'a [i32; LANES]);

    impl Gathering for Extent<'_> {
        type Output = [i32; 2];

        fn run<G: Gather>(self, gather: G) -> Self::Output {
            gather.extent(self.0)
        }
    }

    #[test]
    fn both_ways_find_the_least_and_the_largest() {
        let numbers: [i32; LANES] = std::array::from_fn(|i| (i as i32 * 37) % 23 - 9);
        let both = [run(Extent(&numbers)), Extent(&numbers).run(Plain)];
        let expected = [*numbers.iter().min().expect("sixteen"), *numbers.iter().max().expect("sixteen")];
        assert_eq!(both, [expected; 2]);
    }

    struct Near<'a>(&'a [f32; 2 * LANES], &'a [u32; LANES]);

    impl Gathering for Near<'_> {
        type Output = [f32; LANES];

        fn run<G: Gather>(self, gather: G) -> Self::Output {
            gather.near(self.0, self.1)
        }
    }

    #[test]
    fn both_ways_choose_the_same() {
        let samples: [f32; 2 * LANES] = std::array::from_fn(|i| i as f32);
        let at: [u32; LANES] = std::array::from_fn(|i| (i as u32 * 21 + 5) % 32);
        assert_eq!(run(Near(&samples, &at)), at.map(|at| at as f32));
        assert_eq!(Near(&samples, &at).run(Plain), at.map(|at| at as f32));
    }

    #[test]
    fn nothing_is_read_beyond_the_end() {
        let beyond = || Fetch(&[0.0; 4], &[3; LANES]);
        assert!(std::panic::catch_unwind(|| run(beyond())).is_err());
        assert!(std::panic::catch_unwind(|| beyond().run(Plain)).is_err());
    }
}
