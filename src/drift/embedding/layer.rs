//! The maps that the network is made of.

use crate::frame::Plane;

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
