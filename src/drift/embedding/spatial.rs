//! Convolutions with 3 × 3 taps.

use super::layer::{Maps, RUN, Weights, whole_runs};
use crate::frame::simd::{self, Kernel};
use rayon::prelude::*;

/// Each output map is a sum of input maps under 3 × 3 taps, every `stride` pixels (1 or 2): of its own one where the weights hold nine
/// taps for it, else of all; negative values become zero.
pub(super) fn spatial(input: &Maps, weights: &Weights, stride: usize) -> Maps {
    let side = input.side();
    let mut made = Maps::unwritten(weights.biases.len(), side.div_ceil(stride));
    let (area, pitch) = (made.side() * made.side(), made.pitch());
    let seen = weights.taps.len() / (9 * weights.biases.len());
    let layout = Layout::new(side, stride);
    let all: Vec<Vec<f32>> = if seen == 1 { Vec::new() } else { input.iter().map(|map| layout.lay(map)).collect() };
    made.values_mut().par_chunks_mut(pitch).enumerate().for_each_init(
        || Scratch { laid: layout.nothing(), sums: vec![0.0; layout.sums] },
        |scratch, (k, out)| {
            let taps = &weights.taps.as_chunks().0[seen * k..][..seen];
            let maps = if seen == 1 { Seen::Own(input.map(k)) } else { Seen::All(&all) };
            let bias = weights.biases[k];
            simd::run(Look { layout: &layout, maps, taps, bias, scratch, out: &mut out[..area] });
        },
    );
    made
}

struct Scratch {
    laid: Vec<f32>,
    sums: Vec<f32>,
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
    /// One map, not laid out yet.
    Own(&'a [f32]),
    /// All maps, laid out.
    All(&'a [Vec<f32>]),
}

/// Makes a map.
struct Look<'a> {
    layout: &'a Layout,
    maps: Seen<'a>,
    taps: &'a [[f32; 9]],
    bias: f32,
    scratch: &'a mut Scratch,
    out: &'a mut [f32],
}

impl Kernel for Look<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { layout, maps, taps, bias, scratch: Scratch { laid, sums }, out } = self;
        sums.fill(bias);
        match maps {
            Seen::Own(map) => {
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

    #[test]
    fn a_centre_tap_copies_and_a_stride_takes_every_other_pixel() {
        let mut taps = vec![0.0; 9];
        taps[4] = 1.0;
        let weights = Weights { taps, biases: vec![0.0] };
        assert_eq!(values(&spatial(&ramp(3), &weights, 1)), values(&ramp(3)));
        assert_eq!(values(&spatial(&ramp(4), &weights, 2)), [0.0, 2.0, 8.0, 10.0]);
        assert_eq!(values(&spatial(&ramp(3), &weights, 2)), [0.0, 2.0, 6.0, 8.0]);
    }

    #[test]
    fn nine_taps_a_map_see_their_own_map_and_more_see_all() {
        let input = Maps::new(&[1.0, 10.0], 1);
        let mut centre = [0.0; 9];
        centre[4] = 1.0;
        let own = Weights { taps: centre.repeat(2), biases: vec![0.0; 2] };
        assert_eq!(values(&spatial(&input, &own, 1)), [1.0, 10.0]);
        let all = Weights { taps: centre.repeat(4), biases: vec![0.0, 5.0] };
        assert_eq!(values(&spatial(&input, &all, 1)), [11.0, 16.0]);
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
            assert_eq!(values(&spatial(&map, &weights, stride)), expected, "{side} {stride}");
        }
    }

    #[test]
    fn beyond_the_border_are_zeros() {
        let weights = Weights { taps: vec![1.0; 9], biases: vec![0.0] };
        // the corner sees 0, 1, 3 and 4 of a 3 × 3 ramp, the middle all nine
        let out = values(&spatial(&ramp(3), &weights, 1));
        assert_eq!((out[0], out[4], out[8]), (8.0, 36.0, 24.0));
    }
}
