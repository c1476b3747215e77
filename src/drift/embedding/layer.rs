//! The maps that the network is made of, and how one set of them is mixed to another.

use super::whole::{Pair, RUNS, Row, TOGETHER, Whole, add, both};
use crate::frame::{
    Plane,
    simd::{self, Kernel},
};
use rayon::prelude::*;
use std::mem;

/// Values that are worked on together.
pub(super) const RUN: usize = 16;

/// Square maps of numbers, one after the other, row by row, each filled up to whole [`RUN`]s with zeros.
#[derive(Clone, Debug)]
pub(super) struct Maps {
    /// A map in each row.
    values: Plane<f32>,
    /// Width and height of each map.
    side: usize,
}

impl Maps {
    /// Maps of `side` × `side` values each.
    pub(super) fn new(values: &[f32], side: usize) -> Self {
        let area = side * side;
        let mut maps = Self::unwritten(values.len() / area, side);
        for (map, values) in maps.values_mut().chunks_exact_mut(whole_runs(area)).zip(values.chunks_exact(area)) {
            map[..area].copy_from_slice(values);
        }
        maps
    }

    /// Maps of any numbers, but with zeros where they are filled up.
    pub(super) fn unwritten(count: usize, side: usize) -> Self {
        let area = side * side;
        let mut values = Plane::unwritten(whole_runs(area), count);
        for map in values.data_mut().chunks_exact_mut(whole_runs(area)) {
            map[area..].fill(0.0);
        }
        Self { values, side }
    }

    pub(super) fn side(&self) -> usize {
        self.side
    }

    /// Numbers from map to map.
    pub(super) fn pitch(&self) -> usize {
        whole_runs(self.side * self.side)
    }

    /// Number of maps.
    pub(super) fn count(&self) -> usize {
        self.values.height()
    }

    /// Map number `k`, without what fills it up.
    pub(super) fn map(&self, k: usize) -> &[f32] {
        &self.values.row(k)[..self.side * self.side]
    }

    /// The maps, without what fills them up.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[f32]> {
        (0..self.count()).map(|k| self.map(k))
    }

    /// The maps, with what fills them up.
    pub(super) fn runs(&self) -> impl Iterator<Item = &[[f32; RUN]]> {
        self.values.data().chunks_exact(self.pitch()).map(|map| map.as_chunks().0)
    }

    /// All values, one map after the other, each with what fills it up.
    pub(super) fn values_mut(&mut self) -> &mut [f32] {
        self.values.data_mut()
    }

    /// Adds maps of the same shape, value by value.
    pub(super) fn add(&mut self, other: &Self) {
        self.values.data_mut().iter_mut().zip(other.values.data()).for_each(|(sum, value)| *sum += value);
    }
}

pub(super) fn whole_runs(length: usize) -> usize {
    length.next_multiple_of(RUN)
}

/// Weights of a layer with 3 × 3 taps: for each map that it makes, nine numbers per input, and a bias.
#[derive(Clone, Debug)]
pub(super) struct Weights {
    pub(super) taps: Vec<f32>,
    pub(super) biases: Vec<f32>,
}

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

    /// Each output map is a weighted sum of the input maps, pixel by pixel; negative values become zero where `rectified`. The
    /// `memory` is for the next layer, too.
    pub(super) fn of(&self, input: &Maps, rectified: bool, memory: &mut Vec<Pair>) -> Maps {
        let mut made = Maps::unwritten(self.scales.len(), input.side);
        let (area, pitch) = (input.side * input.side, input.pitch());
        let whole = Whole::new(input, mem::take(memory));
        let least = if rectified { 0.0 } else { f32::NEG_INFINITY };
        let maps = made.values.data_mut().par_chunks_mut(TOGETHER * pitch);
        let weights = self.rows.par_chunks_exact(input.count().div_ceil(2));
        let numbers = self.scales.par_chunks(TOGETHER).zip(self.biases.par_chunks(TOGETHER));
        maps.zip(weights).zip(numbers).for_each(|((out, rows), (scales, biases))| {
            simd::run(Group { whole: &whole, rows, scales, biases, least, pitch, out });
            for map in out.chunks_exact_mut(pitch) {
                map[area..].fill(0.0);
            }
        });
        *memory = whole.into_memory();
        made
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
    fn a_layer_mixes_maps_and_rectifies() {
        let input = Maps::new(&[1.0, 2.0, 3.0, 4.0, 10.0, 20.0, 30.0, 40.0], 2);
        let mix = Mix::new(&[2, 1, -2, 0], vec![0.5; 2], vec![0.5, 2.0]);
        // half a unit of 40 / 16000 each
        let near = |found: &[f32], wanted: &[f32]| found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 0.003);
        assert!(near(&values(&mix.of(&input, true, &mut Vec::new())), &[6.5, 12.5, 18.5, 24.5, 1.0, 0.0, 0.0, 0.0]));
        assert!(near(&values(&mix.of(&input, false, &mut Vec::new()))[4..], &[1.0, 0.0, -1.0, -2.0]));
    }
}
