//! Points and matches, the food of every fit.

/// A place in a picture, pixels; pixel centres lie at integers, y grows downwards.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// Column, pixels.
    pub x: f64,
    /// Row, pixels.
    pub y: f64,
}

impl Point {
    /// The point at column `x`, row `y`.
    pub const fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }

    /// Euclidean distance in pixels.
    pub fn distance(self, other: Self) -> f64 {
        (self.x - other.x).hypot(self.y - other.y)
    }

    /// Whether both coordinates are finite.
    pub fn is_finite(self) -> bool {
        self.x.is_finite() && self.y.is_finite()
    }
}

/// One surface point seen in two pictures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Match {
    /// Where it is in the first picture.
    pub from: Point,
    /// Where it is in the second picture.
    pub to: Point,
    /// How much it counts in a fit, > 0; matches with other weights are ignored.
    pub weight: f64,
}

impl Match {
    /// A match of weight 1.
    pub const fn new(from: Point, to: Point) -> Self {
        Self { from, to, weight: 1.0 }
    }

    /// Whether a fit can use it: finite, with a positive weight.
    pub(super) fn is_usable(&self) -> bool {
        self.from.is_finite() && self.to.is_finite() && self.weight.is_finite() && self.weight > 0.0
    }
}
