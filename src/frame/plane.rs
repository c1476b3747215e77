//! One channel of a picture.

use ndarray::{Array2, ArrayView2};

/// A dense 2-D array `[height, width]` in row-major order, rows contiguous.
#[derive(Clone, Debug, PartialEq)]
pub struct Plane<T>(Array2<T>);

impl<T: Copy> Plane<T> {
    /// A plane of `width` × `height` samples, all `value`. Either side may be 0.
    pub fn filled(width: usize, height: usize, value: T) -> Self {
        Self(Array2::from_elem((height, width), value))
    }

    /// Takes row-major samples.
    ///
    /// # Panics
    /// If `data.len() != width * height`: that is a bug of the caller.
    pub fn from_vec(width: usize, height: usize, data: Vec<T>) -> Self {
        Self(Array2::from_shape_vec((height, width), data).expect("a plane holds width × height samples"))
    }

    /// Calls `f(x, y)` for every sample, row by row.
    pub fn from_fn(width: usize, height: usize, mut f: impl FnMut(usize, usize) -> T) -> Self {
        Self(Array2::from_shape_fn((height, width), |(y, x)| f(x, y)))
    }

    /// Number of columns.
    pub fn width(&self) -> usize {
        self.0.ncols()
    }

    /// Number of rows.
    pub fn height(&self) -> usize {
        self.0.nrows()
    }

    /// The sample in column `x`, row `y` (0-based).
    #[inline]
    pub fn at(&self, x: usize, y: usize) -> T {
        self.0[(y, x)]
    }

    /// Writes the sample in column `x`, row `y` (0-based).
    #[inline]
    pub fn set(&mut self, x: usize, y: usize, value: T) {
        self.0[(y, x)] = value;
    }

    /// Row `y` (0-based).
    #[inline]
    pub fn row(&self, y: usize) -> &[T] {
        let w = self.width();
        &self.data()[y * w..(y + 1) * w]
    }

    /// Row `y` (0-based), to write.
    #[inline]
    pub fn row_mut(&mut self, y: usize) -> &mut [T] {
        let w = self.width();
        &mut self.data_mut()[y * w..(y + 1) * w]
    }

    /// All samples, row-major.
    #[inline]
    pub fn data(&self) -> &[T] {
        self.0.as_slice().expect("planes are kept in standard layout")
    }

    /// All samples, row-major, to write.
    #[inline]
    pub fn data_mut(&mut self) -> &mut [T] {
        self.0.as_slice_mut().expect("planes are kept in standard layout")
    }

    /// The samples as an ndarray view `[height, width]`.
    pub fn view(&self) -> ArrayView2<'_, T> {
        self.0.view()
    }

    /// A plane of the same size with `f` applied to each sample.
    pub fn map<U: Copy>(&self, f: impl FnMut(T) -> U) -> Plane<U> {
        Plane(self.0.mapv(f))
    }
}
