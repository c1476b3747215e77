//! The two convolutions that the network is made of. Sums run in one order, whatever the number of threads.

use crate::frame::simd::{self, Kernel};
use rayon::prelude::*;

/// Square maps of numbers, one after the other, row by row, each filled up to whole [`RUN`]s.
#[derive(Clone, Debug)]
pub(super) struct Maps {
    values: Vec<f32>,
    /// Width and height of each map.
    side: usize,
}

impl Maps {
    /// Maps of `side` × `side` values each.
    pub(super) fn new(values: &[f32], side: usize) -> Self {
        let area = side * side;
        let mut maps = Self::zeros(values.len() / area, side);
        for (map, values) in maps.values.chunks_exact_mut(whole_runs(area)).zip(values.chunks_exact(area)) {
            map[..area].copy_from_slice(values);
        }
        maps
    }

    fn zeros(count: usize, side: usize) -> Self {
        Self { values: vec![0.0; count * whole_runs(side * side)], side }
    }

    /// The maps, without what fills them up.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[f32]> {
        let area = self.side * self.side;
        self.values.chunks_exact(whole_runs(area)).map(move |map| &map[..area])
    }

    /// Adds maps of the same shape, value by value.
    pub(super) fn add(&mut self, other: &Self) {
        self.values.iter_mut().zip(&other.values).for_each(|(sum, value)| *sum += value);
    }
}

fn whole_runs(length: usize) -> usize {
    length.next_multiple_of(RUN)
}

/// Weights of one layer: for each map that it makes, one number per input and tap, and a bias.
#[derive(Clone, Debug)]
pub(super) struct Weights {
    pub(super) taps: Vec<f32>,
    pub(super) biases: Vec<f32>,
}

/// Values that are summed together, and maps that share one pass over the inputs: their sums fill twelve of the sixteen registers
/// of 256 bits.
const RUN: usize = 16;
const TOGETHER: usize = 6;
/// Runs of every input that are laid side by side, and maps that are made of them before the next ones are.
const RUNS: usize = 4;
const SHARE: usize = 4 * TOGETHER;

/// Each output map is a weighted sum of the input maps, pixel by pixel; negative values become zero where `rectified`.
pub(super) fn pointwise(input: &Maps, weights: &Weights, rectified: bool) -> Maps {
    let mut made = Maps::zeros(weights.biases.len(), input.side);
    let pitch = whole_runs(input.side * input.side);
    made.values.par_chunks_mut(SHARE * pitch).enumerate().for_each(|(share, out)| {
        simd::run(Mix { input, weights, first: share * SHARE, rectified, out });
    });
    made
}

/// At most [`SHARE`] maps of a pointwise layer, from `first` on.
struct Mix<'a> {
    input: &'a Maps,
    weights: &'a Weights,
    first: usize,
    rectified: bool,
    out: &'a mut [f32],
}

impl Kernel for Mix<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { input, weights: Weights { taps, biases }, first, rectified, out } = self;
        let pitch = whole_runs(input.side * input.side);
        let inputs = input.values.len() / pitch;
        // the same few pixels of all inputs side by side: apart, each would lie in a page of its own
        let mut beside = vec![[0.0f32; RUN]; RUNS * inputs];
        for from in (0..pitch).step_by(RUNS * RUN) {
            for (i, map) in input.values.chunks_exact(pitch).enumerate() {
                for (k, run) in map[from..].as_chunks::<RUN>().0.iter().take(RUNS).enumerate() {
                    beside[k * inputs + i] = *run;
                }
            }
            for (from, runs) in (from..pitch).step_by(RUN).zip(beside.chunks_exact(inputs)) {
                for (group, out) in out.chunks_mut(TOGETHER * pitch).enumerate() {
                    let first = first + group * TOGETHER;
                    // a group that is not full sums its last map again
                    let row = |k: usize| (first + k).min(biases.len() - 1) * inputs;
                    let sums = weighted(runs, std::array::from_fn(|k| &taps[row(k)..][..inputs]));
                    for ((map, sums), bias) in out.chunks_exact_mut(pitch).zip(&sums).zip(&biases[first..]) {
                        for (value, sum) in map[from..].iter_mut().zip(sums) {
                            *value = finished(sum + bias, rectified);
                        }
                    }
                }
            }
        }
    }
}

/// The sums of `runs`, one per input, under each of the `rows` of taps.
#[inline(always)]
fn weighted(runs: &[[f32; RUN]], rows: [&[f32]; TOGETHER]) -> [[f32; RUN]; TOGETHER] {
    let mut sums = [[0.0f32; RUN]; TOGETHER];
    for (i, run) in runs.iter().enumerate() {
        let run = *run;
        for (sums, row) in sums.iter_mut().zip(rows) {
            let tap = row[i];
            for (sum, value) in sums.iter_mut().zip(run) {
                *sum += tap * value;
            }
        }
    }
    sums
}

/// Each output map is a sum of input maps under 3 × 3 taps, every `stride` pixels: of its own one where the weights hold nine taps
/// for it, else of all; negative values become zero.
pub(super) fn spatial(input: &Maps, weights: &Weights, stride: usize) -> Maps {
    let mut made = Maps::zeros(weights.biases.len(), input.side.div_ceil(stride));
    let (side, pitch) = (made.side, whole_runs(made.side * made.side));
    made.values.par_chunks_mut(pitch).enumerate().for_each(|(k, out)| {
        simd::run(Look { input, weights, k, stride, out: &mut out[..side * side] });
    });
    made
}

/// Map number `k` of a spatial layer.
struct Look<'a> {
    input: &'a Maps,
    weights: &'a Weights,
    k: usize,
    stride: usize,
    out: &'a mut [f32],
}

impl Kernel for Look<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { input, weights, k, stride, out } = self;
        let side = input.side;
        let seen = weights.taps.len() / (9 * weights.biases.len());
        let first = if seen == 1 { k } else { 0 };
        // with a border of zeros, rows may run on into each other: one loop for the whole map, and its border left out at the end
        let wide = side + 2;
        let mut sums = vec![weights.biases[k]; whole_runs(side * wide)];
        let mut bordered = vec![0.0f32; sums.len() + 2 * wide + 2];
        for (map, taps) in input.iter().skip(first).zip(&weights.taps.as_chunks().0[seen * k..][..seen]) {
            for (row, values) in bordered[wide..].chunks_exact_mut(wide).zip(map.chunks_exact(side)) {
                row[1..=side].copy_from_slice(values);
            }
            add_taps(&bordered, wide, taps, &mut sums);
        }
        let rows = sums.chunks_exact(wide).step_by(stride);
        for (out, sums) in out.chunks_exact_mut(side.div_ceil(stride)).zip(rows) {
            for (value, sum) in out.iter_mut().zip(sums[..side].iter().step_by(stride)) {
                *value = finished(*sum, true);
            }
        }
    }
}

/// Adds a map, `wide` pixels from row to row, under 3 × 3 taps; each sum's upper left neighbour is where the sum is.
#[inline(always)]
fn add_taps(map: &[f32], wide: usize, taps: &[f32; 9], sums: &mut [f32]) {
    for (from, sums) in (0..).step_by(RUN).zip(sums.as_chunks_mut::<RUN>().0) {
        let mut run = *sums;
        for (i, tap) in taps.iter().enumerate() {
            let near: [f32; RUN] = *map[from + i / 3 * wide + i % 3..].first_chunk().expect("the map is longer");
            for (sum, value) in run.iter_mut().zip(near) {
                *sum += tap * value;
            }
        }
        *sums = run;
    }
}

#[inline(always)]
fn finished(value: f32, rectified: bool) -> f32 {
    if rectified { value.max(0.0) } else { value }
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
    fn a_pointwise_layer_mixes_maps_and_rectifies() {
        let input = Maps::new(&[1.0, 2.0, 3.0, 4.0, 10.0, 20.0, 30.0, 40.0], 2);
        let weights = Weights { taps: vec![1.0, 0.5, -1.0, 0.0], biases: vec![0.5, 2.0] };
        let out = values(&pointwise(&input, &weights, true));
        assert_eq!(out, [6.5, 12.5, 18.5, 24.5, 1.0, 0.0, 0.0, 0.0]);
        assert_eq!(values(&pointwise(&input, &weights, false))[7], -2.0);
    }

    #[test]
    fn a_centre_tap_copies_and_a_stride_takes_every_other_pixel() {
        let mut taps = vec![0.0; 9];
        taps[4] = 1.0;
        let weights = Weights { taps, biases: vec![0.0] };
        assert_eq!(values(&spatial(&ramp(3), &weights, 1)), values(&ramp(3)));
        assert_eq!(values(&spatial(&ramp(4), &weights, 2)), [0.0, 2.0, 8.0, 10.0]);
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
    fn beyond_the_border_are_zeros() {
        let weights = Weights { taps: vec![1.0; 9], biases: vec![0.0] };
        // the corner sees 0, 1, 3 and 4 of a 3 × 3 ramp, the middle all nine
        let out = values(&spatial(&ramp(3), &weights, 1));
        assert_eq!((out[0], out[4], out[8]), (8.0, 36.0, 24.0));
    }
}
