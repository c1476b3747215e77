//! The two convolutions that the network is made of. Sums run in one order, whatever the number of threads.

use crate::frame::simd::{self, Kernel};
use rayon::prelude::*;

/// Square maps of numbers, one after the other, row by row.
#[derive(Clone, Debug)]
pub(super) struct Maps {
    pub(super) values: Vec<f32>,
    /// Width and height of each map.
    pub(super) side: usize,
}

/// Weights of one layer: for each map that it makes, one number per input and tap, and a bias.
#[derive(Clone, Debug)]
pub(super) struct Weights {
    pub(super) taps: Vec<f32>,
    pub(super) biases: Vec<f32>,
}

/// Pixels that are summed together, and maps that share one pass over the inputs: their sums stay in registers.
const RUN: usize = 32;
const TOGETHER: usize = 4;

/// Each output map is a weighted sum of the input maps, pixel by pixel; negative values become zero where `rectified`.
pub(super) fn pointwise(input: &Maps, weights: &Weights, rectified: bool) -> Maps {
    let area = input.side * input.side;
    let mut values = vec![0.0f32; weights.biases.len() * area];
    values.par_chunks_mut(TOGETHER * area).enumerate().for_each(|(group, out)| {
        simd::run(Mix { input, weights, first: group * TOGETHER, rectified, out });
    });
    Maps { values, side: input.side }
}

/// At most [`TOGETHER`] maps of a pointwise layer, from `first` on.
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
        let area = input.side * input.side;
        let inputs = input.values.len() / area;
        // a group that is not full sums its last map again
        let row = |k: usize| (first + k).min(biases.len() - 1) * inputs;
        let rows: [&[f32]; TOGETHER] = std::array::from_fn(|k| &taps[row(k)..][..inputs]);
        for from in (0..area).step_by(RUN) {
            let mut sums = [[0.0f32; RUN]; TOGETHER];
            for (i, map) in input.values.chunks_exact(area).enumerate() {
                let run = run_of(&map[from..]);
                for (sums, row) in sums.iter_mut().zip(rows) {
                    let tap = row[i];
                    for (sum, value) in sums.iter_mut().zip(run) {
                        *sum += tap * value;
                    }
                }
            }
            for ((map, sums), bias) in out.chunks_exact_mut(area).zip(&sums).zip(&biases[first..]) {
                for (value, sum) in map[from..].iter_mut().zip(sums) {
                    *value = finished(sum + bias, rectified);
                }
            }
        }
    }
}

/// The first values, filled up with zeros.
#[inline(always)]
fn run_of(values: &[f32]) -> [f32; RUN] {
    values.first_chunk().copied().unwrap_or_else(|| {
        let mut run = [0.0; RUN];
        run[..values.len()].copy_from_slice(values);
        run
    })
}

/// Each output map is a sum of input maps under 3 × 3 taps, every `stride` pixels: of its own one where the weights hold nine taps
/// for it, else of all; negative values become zero.
pub(super) fn spatial(input: &Maps, weights: &Weights, stride: usize) -> Maps {
    let (side, made) = (input.side.div_ceil(stride), weights.biases.len());
    let mut values = vec![0.0f32; made * side * side];
    values.par_chunks_mut(side * side).enumerate().for_each(|(k, out)| {
        simd::run(Look { input, weights, k, stride, out, side });
    });
    Maps { values, side }
}

/// Map number `k` of a spatial layer, `side` pixels wide and high.
struct Look<'a> {
    input: &'a Maps,
    weights: &'a Weights,
    k: usize,
    stride: usize,
    out: &'a mut [f32],
    side: usize,
}

impl Kernel for Look<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { input, weights, k, stride, out, side } = self;
        let seen = weights.taps.len() / (9 * weights.biases.len());
        out.fill(weights.biases[k]);
        let first = if seen == 1 { k } else { 0 };
        let maps = input.values.chunks_exact(input.side * input.side).skip(first);
        for (map, taps) in maps.zip(weights.taps[9 * seen * k..].chunks_exact(9).take(seen)) {
            add_taps(map, input.side, taps, stride, out, side);
        }
        for value in out {
            *value = finished(*value, true);
        }
    }
}

/// Adds one map under 3 × 3 taps; beyond the border are zeros.
#[inline(always)]
fn add_taps(map: &[f32], side: usize, taps: &[f32], stride: usize, out: &mut [f32], out_side: usize) {
    for (y, row) in out.chunks_exact_mut(out_side).enumerate() {
        for (dy, taps) in taps.chunks_exact(3).enumerate() {
            let Some(from) = (y * stride + dy).checked_sub(1).filter(|&sy| sy < side) else { continue };
            let line = &map[from * side..(from + 1) * side];
            // the left taps of the first pixel lie beyond the border
            add_line(&mut row[1..], line.get(stride - 1..).unwrap_or_default(), taps[0], stride);
            add_line(row, line, taps[1], stride);
            add_line(row, &line[1..], taps[2], stride);
        }
    }
}

/// Adds every `stride`-th value times a tap.
#[inline(always)]
fn add_line(row: &mut [f32], line: &[f32], tap: f32, stride: usize) {
    if stride == 1 {
        row.iter_mut().zip(line).for_each(|(out, value)| *out += tap * value);
    } else {
        row.iter_mut().zip(line.iter().step_by(stride)).for_each(|(out, value)| *out += tap * value);
    }
}

#[inline(always)]
fn finished(value: f32, rectified: bool) -> f32 {
    if rectified { value.max(0.0) } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(side: usize) -> Maps {
        Maps { values: (0..side * side).map(|i| i as f32).collect(), side }
    }

    #[test]
    fn a_pointwise_layer_mixes_maps_and_rectifies() {
        let input = Maps { values: vec![1.0, 2.0, 3.0, 4.0, 10.0, 20.0, 30.0, 40.0], side: 2 };
        let weights = Weights { taps: vec![1.0, 0.5, -1.0, 0.0], biases: vec![0.5, 2.0] };
        let out = pointwise(&input, &weights, true).values;
        assert_eq!(out, [6.5, 12.5, 18.5, 24.5, 1.0, 0.0, 0.0, 0.0]);
        assert_eq!(pointwise(&input, &weights, false).values[7], -2.0);
    }

    #[test]
    fn a_centre_tap_copies_and_a_stride_takes_every_other_pixel() {
        let mut taps = vec![0.0; 9];
        taps[4] = 1.0;
        let weights = Weights { taps, biases: vec![0.0] };
        assert_eq!(spatial(&ramp(3), &weights, 1).values, ramp(3).values);
        assert_eq!(spatial(&ramp(4), &weights, 2).values, [0.0, 2.0, 8.0, 10.0]);
    }

    #[test]
    fn nine_taps_a_map_see_their_own_map_and_more_see_all() {
        let input = Maps { values: vec![1.0, 10.0], side: 1 };
        let mut centre = [0.0; 9];
        centre[4] = 1.0;
        let own = Weights { taps: centre.repeat(2), biases: vec![0.0; 2] };
        assert_eq!(spatial(&input, &own, 1).values, [1.0, 10.0]);
        let all = Weights { taps: centre.repeat(4), biases: vec![0.0, 5.0] };
        assert_eq!(spatial(&input, &all, 1).values, [11.0, 16.0]);
    }

    #[test]
    fn beyond_the_border_are_zeros() {
        let weights = Weights { taps: vec![1.0; 9], biases: vec![0.0] };
        // the corner sees 0, 1, 3 and 4 of a 3 × 3 ramp, the middle all nine
        let out = spatial(&ramp(3), &weights, 1).values;
        assert_eq!((out[0], out[4], out[8]), (8.0, 36.0, 24.0));
    }
}
