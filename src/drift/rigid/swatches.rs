//! Mean colours of small squares of a picture.

use super::super::window;
use crate::frame::{Oklab, Picture, Plane, Size, oklab_from_picture, pyramid};

/// Side of a swatch, pixels of the canvas.
pub(super) const SIDE: usize = 6;

/// A colour, Oklab × 100; lightness halved: light changes it more than hue.
pub(super) type Colour = [f32; 3];

/// The swatches of a picture, row by row.
#[derive(Clone, Debug)]
pub(super) struct Swatches {
    pub(super) size: Size,
    colours: Vec<Colour>,
}

impl Swatches {
    /// Of a picture of the canvas's size.
    pub(super) fn new(picture: &Picture) -> Self {
        let size = size_of(picture.size());
        Self::from_oklab(&oklab_from_picture(&pyramid::resize_picture(picture, size)), size)
    }

    /// Of a canvas of `size`, whose colours are known at half of it.
    pub(super) fn of_canvas(lab: &Oklab, size: Size) -> Self {
        let size = size_of(size);
        let [l, a, b] = [&lab.l, &lab.a, &lab.b].map(|plane| pyramid::resize(plane, size));
        Self::from_oklab(&Oklab { l, a, b }, size)
    }

    fn from_oklab(lab: &Oklab, size: Size) -> Self {
        let colours = lab.l.data().iter().zip(lab.a.data().iter().zip(lab.b.data()));
        Self { size, colours: colours.map(|(&l, (&a, &b))| [0.5 * l, a, b]).collect() }
    }

    /// The colour of the swatch in a column and a row.
    pub(super) fn at(&self, x: usize, y: usize) -> Colour {
        self.colours[y * self.size.width + x]
    }

    /// The same as a blur leaves it: the mean of the swatch and its neighbours.
    pub(super) fn blurred(&self) -> Self {
        let plane = |k: usize| {
            let plane = Plane::from_fn(self.size.width, self.size.height, |x, y| self.at(x, y)[k]);
            window::mean(&plane, 1)
        };
        let [l, a, b] = [plane(0), plane(1), plane(2)];
        let colours = l.data().iter().zip(a.data().iter().zip(b.data())).map(|(&l, (&a, &b))| [l, a, b]).collect();
        Self { size: self.size, colours }
    }
}

/// A colour without a shift.
pub(super) fn less(colour: Colour, shift: Colour) -> Colour {
    [colour[0] - shift[0], colour[1] - shift[1], colour[2] - shift[2]]
}

/// Distance of two colours.
pub(super) fn distance(a: Colour, b: Colour) -> f32 {
    let [l, a, b] = less(a, b);
    (l * l + a * a + b * b).sqrt()
}

fn size_of(full: Size) -> Size {
    Size { width: (full.width / SIDE).max(1), height: (full.height / SIDE).max(1) }
}
