//! Convolutions with 3 × 3 taps.

use super::{
    layer::{Maps, RUN, Weights, whole_runs},
    mix::Mix,
    whole::{Pair, TOGETHER, Whole},
};
use crate::frame::simd::{self, Kernel};
use rayon::prelude::*;
use std::mem;

/// Each output map is a sum of all input maps under 3 × 3 taps, every `stride` pixels (1 or 2); negative values become zero.
pub(super) fn all_seen(input: &Maps, weights: &Weights, stride: usize) -> Maps {
    let layout = Layout::new(input.side(), stride);
    let mut made = Maps::unwritten(weights.biases.len(), input.side().div_ceil(stride));
    let (area, pitch, seen) = (made.side() * made.side(), made.pitch(), input.count());
    let maps: Vec<Vec<f32>> = input.iter().map(|map| layout.lay(map)).collect();
    made.values_mut().par_chunks_mut(pitch).enumerate().for_each_init(
        || vec![0.0; layout.sums],
        |sums, (k, out)| {
            let taps = &weights.taps.as_chunks().0[seen * k..][..seen];
            let (bias, out) = (weights.biases[k], &mut out[..area]);
            simd::run(Look { layout: &layout, maps: Seen::All(&maps), taps, bias, sums, out });
        },
    );
    made
}

/// Mixes maps, and sums each of those it made under 3 × 3 taps of its own, every `stride` pixels (1 or 2); negative values become
/// zero both times. A few maps at a time, so that they are still in the cache. The `memory` is for the next layer, too.
pub(super) fn mixed_and_seen(
    mix: &Mix,
    weights: &Weights,
    stride: usize,
    input: &Maps,
    memory: &mut Vec<Pair>,
) -> Maps {
    let layout = Layout::new(input.side(), stride);
    let mut made = Maps::unwritten(mix.count(), input.side().div_ceil(stride));
    let (area, pitch) = (made.side() * made.side(), made.pitch());
    let (mixed_area, mixed_pitch) = (input.side() * input.side(), input.pitch());
    let whole = Whole::new(input, mem::take(memory));
    made.values_mut().par_chunks_mut(TOGETHER * pitch).enumerate().for_each_init(
        || (vec![0.0; TOGETHER * mixed_pitch], layout.nothing(), vec![0.0; layout.sums]),
        |(mixed, laid, sums), (group, out)| {
            mix.group(group, &whole, 0.0, mixed_pitch, &mut mixed[..out.len() / pitch * mixed_pitch]);
            let maps = out.chunks_exact_mut(pitch).zip(mixed.chunks_exact(mixed_pitch));
            for (k, (out, mixed)) in (group * TOGETHER..).zip(maps) {
                let (maps, taps) = (Seen::Own(&mixed[..mixed_area], laid), &weights.taps.as_chunks().0[k..=k]);
                let (bias, out) = (weights.biases[k], &mut out[..area]);
                simd::run(Look { layout: &layout, maps, taps, bias, sums, out });
            }
        },
    );
    *memory = whole.into_memory();
    made
}

/// How a map is laid out with a border of zeros so that rows may run on into each other, and each tap reads what lies beside itself:
/// one loop for all sums. For every second pixel, even and odd rows and columns lie apart.
struct Layout {
    side: usize,
    stride: usize,
    /// Numbers from row to row, and in each of the `stride²` parts.
    pitch: usize,
    part: usize,
    /// Sums that are made, those beyond the last column left out at the end.
    sums: usize,
    /// Where each tap of the first sum reads.
    offsets: [usize; 9],
}

impl Layout {
    fn new(side: usize, stride: usize) -> Self {
        let pitch = (side + 2).div_ceil(stride);
        let sums = whole_runs(side.div_ceil(stride) * pitch);
        let part = sums + 2 * pitch + 2;
        let offsets = std::array::from_fn(|tap| {
            let (row, column) = (tap / 3, tap % 3);
            (row % stride * stride + column % stride) * part + row / stride * pitch + column / stride
        });
        Self { side, stride, pitch, part, sums, offsets }
    }

    fn nothing(&self) -> Vec<f32> {
        vec![0.0; self.stride * self.stride * self.part]
    }

    fn lay(&self, map: &[f32]) -> Vec<f32> {
        let mut laid = self.nothing();
        self.lay_in(map, &mut laid);
        laid
    }

    /// Replaces another map.
    #[inline(always)]
    fn lay_in(&self, map: &[f32], laid: &mut [f32]) {
        let Self { side, stride, pitch, part, .. } = *self;
        for (row, values) in (1..).zip(map.chunks_exact(side)) {
            let at = row % stride * stride * part + row / stride * pitch;
            if stride == 1 {
                // column 0 is border
                for (laid, value) in laid[at + 1..][..side].iter_mut().zip(values) {
                    *laid = *value;
                }
                continue;
            }
            let (even, odd) = laid[at..].split_at_mut(part);
            let (pairs, last) = values.as_chunks::<2>();
            for (([first, second], even), odd) in pairs.iter().zip(&mut even[1..pitch]).zip(&mut odd[..pitch]) {
                (*odd, *even) = (*first, *second);
            }
            if let [last] = last {
                odd[pairs.len()] = *last;
            }
        }
    }
}

/// What a map is made of.
enum Seen<'a> {
    /// One map, not laid out yet, and where it is to be.
    Own(&'a [f32], &'a mut [f32]),
    /// All maps, laid out.
    All(&'a [Vec<f32>]),
}

/// Makes a map.
struct Look<'a> {
    layout: &'a Layout,
    maps: Seen<'a>,
    taps: &'a [[f32; 9]],
    bias: f32,
    sums: &'a mut [f32],
    out: &'a mut [f32],
}

impl Kernel for Look<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { layout, maps, taps, bias, sums, out } = self;
        sums.fill(bias);
        match maps {
            Seen::Own(map, laid) => {
                layout.lay_in(map, laid);
                add(laid, &taps[0], &layout.offsets, sums);
            }
            Seen::All(maps) => maps.iter().zip(taps).for_each(|(map, taps)| add(map, taps, &layout.offsets, sums)),
        }
        let side = layout.side.div_ceil(layout.stride);
        for (out, sums) in out.chunks_exact_mut(side).zip(sums.chunks_exact(layout.pitch)) {
            for (value, sum) in out.iter_mut().zip(sums) {
                *value = sum.max(0.0);
            }
        }
    }
}

/// Adds a map under its taps.
#[inline(always)]
fn add(map: &[f32], taps: &[f32; 9], offsets: &[usize; 9], sums: &mut [f32]) {
    let near = offsets.map(|offset| &map[offset..][..sums.len()]);
    for (at, sums) in (0..).step_by(RUN).zip(sums.as_chunks_mut::<RUN>().0) {
        let mut run = *sums;
        for (near, tap) in near.iter().zip(taps) {
            let values: [f32; RUN] = *near[at..].first_chunk().expect("as long as the sums");
            for (sum, value) in run.iter_mut().zip(values) {
                *sum += tap * value;
            }
        }
        *sums = run;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(maps: &Maps) -> Vec<f32> {
        maps.iter().flatten().copied().collect()
    }

    fn ramp(side: usize) -> Maps {
        Maps::new(&(0..side * side).map(|i| i as f32).collect::<Vec<f32>>(), side)
    }

    /// Each map seen through its own taps: through a mix that copies, as well as whole numbers do it.
    fn own_seen(input: &Maps, weights: &Weights, stride: usize) -> Maps {
        let count = input.count();
        let copies: Vec<i8> = (0..count * count).map(|i| i8::from(i / count == i % count)).collect();
        let mix = Mix::new(&copies, vec![1.0; count], vec![0.0; count]);
        mixed_and_seen(&mix, weights, stride, input, &mut Vec::new())
    }

    /// Whether they are the same to within half a whole number for each unit of the taps, of 16000 for the `largest` value.
    fn near(found: &Maps, expected: &[f32], largest: f32, taps: f32) -> bool {
        let (found, error) = (values(found), 0.5 * taps * largest / 16_000.0);
        found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| (a - b).abs() <= error)
    }

    #[test]
    fn a_centre_tap_copies_and_a_stride_takes_every_other_pixel() {
        let mut taps = vec![0.0; 9];
        taps[4] = 1.0;
        let weights = Weights { taps, biases: vec![0.0] };
        for seen in [all_seen, own_seen] {
            assert!(near(&seen(&ramp(3), &weights, 1), &values(&ramp(3)), 8.0, 1.0));
            assert!(near(&seen(&ramp(4), &weights, 2), &[0.0, 2.0, 8.0, 10.0], 15.0, 1.0));
            assert!(near(&seen(&ramp(3), &weights, 2), &[0.0, 2.0, 6.0, 8.0], 8.0, 1.0));
        }
    }

    #[test]
    fn each_map_sees_its_own_or_all() {
        let input = Maps::new(&[1.0, 10.0], 1);
        let mut centre = [0.0; 9];
        centre[4] = 1.0;
        let own = Weights { taps: centre.repeat(2), biases: vec![0.0; 2] };
        assert!(near(&own_seen(&input, &own, 1), &[1.0, 10.0], 10.0, 1.0));
        let all = Weights { taps: centre.repeat(4), biases: vec![0.0, 5.0] };
        assert!(near(&all_seen(&input, &all, 1), &[11.0, 16.0], 0.0, 1.0));
    }

    #[test]
    fn every_tap_reads_its_neighbour_at_either_stride() {
        let weights = Weights { taps: (1..10).map(|i| i as f32).collect(), biases: vec![0.5] };
        for (side, stride) in [(7, 1), (7, 2), (8, 1), (8, 2)] {
            let map = ramp(side);
            let of = |x: usize, y: usize| {
                let taps = (0..9).filter_map(|i| {
                    let (x, y) = ((x * stride + i % 3).checked_sub(1)?, (y * stride + i / 3).checked_sub(1)?);
                    (x < side && y < side).then(|| (i + 1) as f32 * (y * side + x) as f32)
                });
                0.5 + taps.sum::<f32>()
            };
            let half = side.div_ceil(stride);
            let expected: Vec<f32> = (0..half * half).map(|i| of(i % half, i / half)).collect();
            assert_eq!(values(&all_seen(&map, &weights, stride)), expected, "{side} {stride}");
            let (largest, taps) = ((side * side - 1) as f32, 45.0);
            assert!(near(&own_seen(&map, &weights, stride), &expected, largest, taps), "{side} {stride}");
        }
    }

    #[test]
    fn beyond_the_border_are_zeros() {
        let weights = Weights { taps: vec![1.0; 9], biases: vec![0.0] };
        // the corner sees 0, 1, 3 and 4 of a 3 × 3 ramp, the middle all nine
        let out = values(&all_seen(&ramp(3), &weights, 1));
        assert_eq!((out[0], out[4], out[8]), (8.0, 36.0, 24.0));
    }
}
