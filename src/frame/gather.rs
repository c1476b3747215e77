//! Pairs of neighbouring samples from sixteen places at once.

use super::{sample::LANES, simd};

/// How this machine fetches them: by its own instruction where it has one for sixteen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gather {
    wide: bool,
}

impl Gather {
    /// The best way of this machine.
    pub(crate) fn of_machine() -> Self {
        Self { wide: simd::has_avx512() }
    }

    /// The samples at each of the places, and those right after them, all of which there are.
    #[inline(always)]
    pub(crate) fn pairs(self, samples: &[f32], at: &[u32; LANES]) -> [[f32; LANES]; 2] {
        #[cfg(target_arch = "x86_64")]
        if self.wide {
            #[expect(unsafe_code, reason = "halves the CPU of warping (benches/flow.rs)")]
            // SAFETY: only a machine with AVX-512 is `wide`
            return unsafe { wide::pairs(samples, at) };
        }
        let (mut first, mut second) = ([0.0; LANES], [0.0; LANES]);
        for i in 0..LANES {
            let pair = &samples[at[i] as usize..][..2];
            (first[i], second[i]) = (pair[0], pair[1]);
        }
        [first, second]
    }
}

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "vectors are loaded through pointers")]
mod wide {
    use super::LANES;
    use std::arch::x86_64::{
        __m512, __m512d, _mm512_castpd_ps, _mm512_castsi512_si256, _mm512_cmplt_epu32_mask, _mm512_extracti64x4_epi64,
        _mm512_i32gather_pd, _mm512_loadu_si512, _mm512_permutex2var_ps, _mm512_set1_epi32, _mm512_setr_epi32,
        _mm512_storeu_ps,
    };

    #[inline]
    #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw")]
    pub(super) fn pairs(samples: &[f32], at: &[u32; LANES]) -> [[f32; LANES]; 2] {
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

    #[test]
    fn both_ways_fetch_the_same() {
        let samples: Vec<f32> = (0..97).map(|i| (i as f32 * 0.7).sin()).collect();
        let at: [u32; LANES] = std::array::from_fn(|i| (i as u32 * 37) % 96);
        let plain = Gather { wide: false }.pairs(&samples, &at);
        assert_eq!(Gather::of_machine().pairs(&samples, &at), plain);
        assert_eq!((plain[0][15], plain[1][15]), (samples[15 * 37 % 96], samples[15 * 37 % 96 + 1]));
    }

    #[test]
    #[should_panic = "range"]
    fn nothing_is_read_beyond_the_end() {
        Gather { wide: false }.pairs(&[0.0; 4], &[3; LANES]);
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn nothing_is_read_beyond_the_end_at_once_either() {
        if simd::has_avx512() {
            assert!(std::panic::catch_unwind(|| Gather { wide: true }.pairs(&[0.0; 4], &[3; LANES])).is_err());
        }
    }
}
