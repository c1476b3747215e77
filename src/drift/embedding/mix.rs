//! How one set of maps is mixed to another, pixel by pixel.

use super::{
    layer::{Maps, RUN},
    whole::{Pair, RUNS, Row, TOGETHER, Whole, add, both},
};
use crate::frame::simd::{self, Kernel};
use rayon::prelude::*;
use std::mem;

/// Weights of a layer that mixes maps: for each that it makes, a whole number per input, what one of them stands for, and a bias.
#[derive(Clone, Debug)]
pub(super) struct Mix {
    /// Of [`TOGETHER`] maps each, for all pairs of inputs.
    rows: Vec<Row>,
    scales: Vec<f32>,
    biases: Vec<f32>,
}

impl Mix {
    /// From the whole numbers of one map after the other.
    pub(super) fn new(weights: &[i8], scales: Vec<f32>, biases: Vec<f32>) -> Self {
        let inputs = weights.len() / scales.len();
        let weight = |map: usize, input: usize| {
            let there = map < scales.len() && input < inputs;
            if there { i32::from(weights[map * inputs + input]) } else { 0 }
        };
        let row = |first: usize, pair: usize| {
            std::array::from_fn(|k| both(weight(first + k, 2 * pair), weight(first + k, 2 * pair + 1)))
        };
        let groups = (0..scales.len()).step_by(TOGETHER);
        let rows = groups.flat_map(|first| (0..inputs.div_ceil(2)).map(move |pair| row(first, pair))).collect();
        Self { rows, scales, biases }
    }

    /// Each output map is a weighted sum of the input maps. The `memory` is for the next layer, too.
    pub(super) fn of(&self, input: &Maps, memory: &mut Vec<Pair>) -> Maps {
        let mut made = Maps::unwritten(self.scales.len(), input.side());
        let (area, pitch) = (input.side() * input.side(), input.pitch());
        let whole = Whole::new(input, mem::take(memory));
        made.values_mut().par_chunks_mut(TOGETHER * pitch).enumerate().for_each(|(group, out)| {
            self.group(group, &whole, f32::NEG_INFINITY, pitch, out);
            for map in out.chunks_exact_mut(pitch) {
                map[area..].fill(0.0);
            }
        });
        *memory = whole.into_memory();
        made
    }

    /// Number of maps that are made.
    pub(super) fn count(&self) -> usize {
        self.scales.len()
    }

    /// One group of [`TOGETHER`] output maps, or what is left for the last, each `pitch` numbers after the one before; what is less
    /// than `least` becomes that.
    pub(super) fn group(&self, group: usize, whole: &Whole, least: f32, pitch: usize, out: &mut [f32]) {
        let (pairs, first) = (whole.pairs(), group * TOGETHER);
        let rows = &self.rows[group * pairs..][..pairs];
        let (scales, biases) = (&self.scales[first..], &self.biases[first..]);
        simd::run(Group { whole, rows, scales, biases, least, pitch, out });
    }
}

/// At most [`TOGETHER`] maps.
struct Group<'a> {
    whole: &'a Whole,
    rows: &'a [Row],
    scales: &'a [f32],
    biases: &'a [f32],
    least: f32,
    pitch: usize,
    out: &'a mut [f32],
}

impl Kernel for Group<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { whole, rows, scales, biases, least, pitch, out } = self;
        let add = add();
        let mut sums = [[[0; RUN]; TOGETHER]; RUNS];
        for (block, runs) in whole.blocks().enumerate() {
            let count = runs.len() / rows.len();
            add(runs, rows, &mut sums[..count]);
            for (run, sums) in (block * RUNS..).zip(&sums[..count]) {
                let numbers = scales.iter().zip(biases);
                for ((map, sums), (scale, bias)) in out.chunks_exact_mut(pitch).zip(sums).zip(numbers) {
                    let unit = whole.unit * scale;
                    let map: &mut [f32; RUN] = map[run * RUN..].first_chunk_mut().expect("maps are whole runs");
                    let mut values = [0.0; RUN];
                    for i in 0..RUN {
                        values[i] = (sums[i] as f32 * unit + bias).max(least);
                    }
                    *map = values;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(maps: &Maps) -> Vec<f32> {
        maps.iter().flatten().copied().collect()
    }

    #[test]
    fn a_layer_mixes_maps() {
        let input = Maps::new(&[1.0, 2.0, 3.0, 4.0, 10.0, 20.0, 30.0, 40.0], 2);
        let mix = Mix::new(&[2, 1, -2, 0], vec![0.5; 2], vec![0.5, 2.0]);
        // half a unit of 40 / 16000 each
        let near = |found: &[f32], wanted: &[f32]| found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 0.003);
        let mixed = values(&mix.of(&input, &mut Vec::new()));
        assert!(near(&mixed, &[6.5, 12.5, 18.5, 24.5, 1.0, 0.0, -1.0, -2.0]), "{mixed:?}");
    }
}
