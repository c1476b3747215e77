//! One channel of a picture.
//!
//! Kernels read rows as slices, which the compiler turns into vectors; ndarray is a view away.

use super::{
    heap,
    simd::{self, Kernel},
};
use ndarray::{Array2, ArrayView2};
use std::{any::Any, mem};

/// A dense 2-D array `[height, width]` in row-major order, rows contiguous.
#[derive(Clone, Debug, PartialEq)]
pub struct Plane<T: 'static> {
    width: usize,
    height: usize,
    samples: Vec<T>,
}

impl<T: Copy + 'static> Plane<T> {
    /// A plane of `width` × `height` samples, all `value`. Either side may be 0.
    pub fn filled(width: usize, height: usize, value: T) -> Self {
        Self { width, height, samples: vec![value; width * height] }
    }

    /// Takes row-major samples.
    ///
    /// # Panics
    /// If `samples.len() != width * height`: that is a bug of the caller.
    pub fn from_vec(width: usize, height: usize, samples: Vec<T>) -> Self {
        assert_eq!(samples.len(), width * height, "a plane holds width × height samples");
        Self { width, height, samples }
    }

    /// Calls `f(x, y)` for every sample, row by row.
    pub fn from_fn(width: usize, height: usize, mut f: impl FnMut(usize, usize) -> T) -> Self {
        let mut samples = Vec::with_capacity(width * height);
        for y in 0..height {
            samples.extend((0..width).map(|x| f(x, y)));
        }
        Self { width, height, samples }
    }

    /// Number of columns.
    #[inline]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of rows.
    #[inline]
    pub fn height(&self) -> usize {
        self.height
    }

    /// The sample in column `x`, row `y` (0-based).
    #[inline]
    pub fn at(&self, x: usize, y: usize) -> T {
        self.row(y)[x]
    }

    /// Writes the sample in column `x`, row `y` (0-based).
    #[inline]
    pub fn set(&mut self, x: usize, y: usize, value: T) {
        self.row_mut(y)[x] = value;
    }

    /// Row `y` (0-based).
    #[inline]
    pub fn row(&self, y: usize) -> &[T] {
        &self.samples[y * self.width..(y + 1) * self.width]
    }

    /// Row `y` (0-based), to write.
    #[inline]
    pub fn row_mut(&mut self, y: usize) -> &mut [T] {
        &mut self.samples[y * self.width..(y + 1) * self.width]
    }

    /// All samples, row-major.
    #[inline]
    pub fn data(&self) -> &[T] {
        &self.samples
    }

    /// All samples, row-major, to write.
    #[inline]
    pub fn data_mut(&mut self) -> &mut [T] {
        &mut self.samples
    }

    /// The samples as an ndarray view `[height, width]`, nothing copied.
    pub fn view(&self) -> ArrayView2<'_, T> {
        ArrayView2::from_shape((self.height, self.width), &self.samples).expect("a plane holds width × height samples")
    }

    /// The samples as an ndarray `[height, width]`, nothing copied.
    pub fn into_array(mut self) -> Array2<T> {
        Array2::from_shape_vec((self.height, self.width), mem::take(&mut self.samples))
            .expect("a plane holds width × height samples")
    }

    /// A plane of the same size with `f` applied to each sample.
    pub fn map<U: Copy + 'static>(&self, f: impl FnMut(T) -> U) -> Plane<U> {
        Plane { width: self.width, height: self.height, samples: self.samples.iter().copied().map(f).collect() }
    }
}

impl Plane<f32> {
    /// A plane of `width` × `height` samples that are any numbers, those of planes before: for work that writes them all.
    pub(crate) fn unwritten(width: usize, height: usize) -> Self {
        Self { width, height, samples: heap::spare(width * height) }
    }

    /// A plane of the size of both with `f` applied to each pair of samples.
    pub(crate) fn zip(&self, other: &Self, f: impl Fn(f32, f32) -> f32) -> Self {
        debug_assert_eq!((self.width, self.height), (other.width, other.height), "planes of one size");
        let mut result = Self::unwritten(self.width, self.height);
        simd::run(Zip { a: &self.samples, b: &other.samples, f, out: &mut result.samples });
        result
    }
}

struct Zip<'a, F> {
    a: &'a [f32],
    b: &'a [f32],
    f: F,
    out: &'a mut [f32],
}

impl<F: Fn(f32, f32) -> f32> Kernel for Zip<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for ((value, &a), &b) in self.out.iter_mut().zip(self.a).zip(self.b) {
            *value = (self.f)(a, b);
        }
    }
}

/// Samples of planes that are no more serve the next ones.
impl<T: 'static> Drop for Plane<T> {
    fn drop(&mut self) {
        if let Some(samples) = (&mut self.samples as &mut dyn Any).downcast_mut() {
            heap::give_back(mem::take(samples));
        }
    }
}

impl<T: Copy + 'static> From<Array2<T>> for Plane<T> {
    /// Takes an array `[height, width]` of any memory order.
    fn from(array: Array2<T>) -> Self {
        let (height, width) = array.dim();
        Self { width, height, samples: array.into_iter().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_and_arrays_hold_the_same_samples() {
        let plane = Plane::from_fn(3, 2, |x, y| 10 * y + x);
        assert_eq!(plane.view()[(1, 2)], 12);
        let array = plane.clone().into_array();
        assert_eq!(Plane::from(array.clone()), plane);
        assert_eq!(Plane::from(array.reversed_axes()), Plane::from_fn(2, 3, |x, y| 10 * x + y));
    }
}
