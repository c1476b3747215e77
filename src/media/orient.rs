//! Turning frames upright: the quarter turns and mirrorings that a container asks players for.

use crate::frame::{Plane, Size};

/// One of the eight ways in which a frame is stored, as the 2×2 part of a display matrix reduced to signs: the upright
/// pixel of stored offset `(x, y)` is `(a·x + c·y, b·x + d·y)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Orientation {
    a: i8,
    b: i8,
    c: i8,
    d: i8,
}

impl Orientation {
    /// Stored as shown.
    pub(crate) const UPRIGHT: Self = Self { a: 1, b: 0, c: 0, d: 1 };

    /// From the nine 32-bit numbers of a display matrix (ISO/IEC 14496-12 §6.2.2, row-major `a b u c d v x y w`);
    /// turns other than quarter turns go to the nearest quarter.
    pub(crate) fn from_display_matrix(matrix: &[i32; 9]) -> Self {
        let [a, b, c, d] = [matrix[0], matrix[1], matrix[3], matrix[4]].map(i64::from);
        let sign = |v: i64| v.signum() as i8;
        let (keeps, swaps) = (a.abs() + d.abs(), b.abs() + c.abs());
        let turned = if keeps >= swaps {
            Self { a: sign(a), b: 0, c: 0, d: sign(d) }
        } else {
            Self { a: 0, b: sign(b), c: sign(c), d: 0 }
        };
        if turned.determinant() == 0 { Self::UPRIGHT } else { turned }
    }

    /// The display matrix that asks players for this, with the shift that brings the frame back to the origin.
    pub(crate) fn display_matrix(self, stored: Size) -> [i32; 9] {
        /// 1 in 16.16 and in 2.30 fixed point.
        const ONE: i32 = 1 << 16;
        const UNIT: i32 = 1 << 30;
        let [a, b, c, d] = [self.a, self.b, self.c, self.d].map(|v| i32::from(v) * ONE);
        let shift = |negative: bool, side: usize| if negative { (side as i32).saturating_mul(ONE) } else { 0 };
        let upright = self.turned(stored);
        let x = shift(self.a < 0 || self.c < 0, upright.width);
        let y = shift(self.b < 0 || self.d < 0, upright.height);
        [a, b, 0, c, d, 0, x, y, UNIT]
    }

    /// Whether width and height change places.
    pub(crate) fn swaps_sides(self) -> bool {
        self.a == 0
    }

    /// Clockwise turn in degrees that players apply (0, 90, 180 or 270), mirroring aside.
    pub(crate) fn clockwise_degrees(self) -> i32 {
        match (self.a, self.b) {
            (1, _) => 0,
            (-1, _) => {
                if self.d == 1 {
                    0
                } else {
                    180
                }
            }
            (_, 1) => 90,
            _ => 270,
        }
    }

    /// The size of the upright frame, or of the stored one from the upright one.
    pub(crate) fn turned(self, size: Size) -> Size {
        if self.swaps_sides() { Size::new(size.height, size.width) } else { size }
    }

    /// The upright plane of a stored one.
    pub(crate) fn upright<T: Copy + 'static>(self, stored: Plane<T>) -> Plane<T> {
        if self == Self::UPRIGHT {
            return stored;
        }
        let size = self.turned(Size::new(stored.width(), stored.height()));
        Plane::from_fn(size.width, size.height, |x, y| {
            let (x, y) = self.stored_from_upright(x, y, size);
            stored.at(x, y)
        })
    }

    /// The stored plane of an upright one: the inverse of [`Self::upright`].
    pub(crate) fn stored<T: Copy + 'static>(self, upright: Plane<T>) -> Plane<T> {
        Self { b: self.c, c: self.b, ..self }.upright(upright)
    }

    /// The inverse of a signed permutation is its transpose; negative axes count from the far border.
    fn stored_from_upright(self, x: usize, y: usize, upright: Size) -> (usize, usize) {
        let along = |coefficient: i8, at: usize, side: usize| if coefficient > 0 { at } else { side - 1 - at };
        if self.swaps_sides() {
            (along(self.b, y, upright.height), along(self.c, x, upright.width))
        } else {
            (along(self.a, x, upright.width), along(self.d, y, upright.height))
        }
    }

    fn determinant(self) -> i8 {
        self.a * self.d - self.b * self.c
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: i32 = 1 << 16;

    fn letters() -> Plane<char> {
        Plane::from_vec(3, 2, "abcdef".chars().collect())
    }

    fn turned(a: i32, b: i32, c: i32, d: i32) -> (String, Orientation) {
        let orientation = Orientation::from_display_matrix(&[a * ONE, b * ONE, 0, c * ONE, d * ONE, 0, 0, 0, 1 << 30]);
        (orientation.upright(letters()).data().iter().collect(), orientation)
    }

    #[test]
    fn a_quarter_turn_clockwise_brings_the_left_column_to_the_top() {
        // abc      da
        // def  ->  eb
        //          fc
        let (text, orientation) = turned(0, 1, -1, 0);
        assert_eq!((text.as_str(), orientation.clockwise_degrees()), ("daebfc", 90));
    }

    #[test]
    fn the_other_turns_and_mirrors_are_right_by_hand() {
        assert_eq!(turned(1, 0, 0, 1).0, "abcdef");
        assert_eq!(turned(-1, 0, 0, -1).0, "fedcba");
        assert_eq!(turned(0, -1, 1, 0).0, "cfbead");
        assert_eq!(turned(-1, 0, 0, 1).0, "cbafed", "mirrored left to right");
        assert_eq!(turned(0, 1, 1, 0).0, "adbecf", "transposed");
    }

    #[test]
    fn stored_undoes_upright_for_all_eight() {
        for (a, b, c, d) in [
            (1, 0, 0, 1),
            (-1, 0, 0, 1),
            (1, 0, 0, -1),
            (-1, 0, 0, -1),
            (0, 1, 1, 0),
            (0, -1, 1, 0),
            (0, 1, -1, 0),
            (0, -1, -1, 0),
        ] {
            let (_, orientation) = turned(a, b, c, d);
            assert_eq!(orientation.stored(orientation.upright(letters())), letters());
        }
    }

    #[test]
    fn a_degenerate_matrix_is_upright() {
        assert_eq!(turned(0, 0, 0, 0).1, Orientation::UPRIGHT);
    }
}
