//! Which landmarks a frame should show, if the subject is the rigid body that it was found to be, and which of those show
//! something else: print that turned to soup, parts that vanished. A mark that turned away, left the picture, shrank or went out
//! of focus is not missed.

use super::landmarks::Look;
use nalgebra::{Matrix2, Vector2};

/// Landmarks around one from which the body's own surface there is known.
const AROUND: usize = 10;
/// Least size, relative to the seed's, along the most foreshortened direction.
const FACING: f64 = 0.75;
/// Smallest over largest size below which a surface is seen edge-on, its marks followed badly: the cosine of 63 degrees.
const EDGE_ON: f64 = 0.45;
/// Largest size: beyond, the seed is too coarse to compare with.
const LARGEST: f64 = 2.5;
/// Distance from the picture's rim, pixels of the canvas, from which a mark shows whole.
const MARGIN: f64 = 12.0;
/// Share of the subject that must be expected, or too little is known.
const EXPECTED: f64 = 0.25;
/// Fewest landmarks that must be found in a frame, or its view is not known.
const FOUND: usize = 25;

/// A body's landmarks as neighbours of each other in the seed.
#[derive(Clone, Debug)]
pub(super) struct Surface<'a> {
    places: &'a [Vector2<f64>],
    weights: &'a [f64],
    around: Vec<Vec<usize>>,
}

/// Share of the expected landmarks, by weight, that show something else: `0..=1`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Missed {
    /// With fine print in the seed.
    pub print: f64,
    /// Without.
    pub plain: f64,
}

impl Missed {
    /// So many times as much.
    pub(super) fn times(&self, share: f64) -> Self {
        Self { print: share * self.print, plain: share * self.plain }
    }

    /// All that is missed, where most of it is print; else nothing.
    pub(super) fn garbled(&self) -> f64 {
        if self.print > self.plain { self.print + self.plain } else { 0.0 }
    }

    /// All that is missed, where most of it is not print; else nothing.
    pub(super) fn missing(&self) -> f64 {
        self.print + self.plain - self.garbled()
    }
}

impl<'a> Surface<'a> {
    /// For landmarks at `places` of the seed, pixels, that count by `weights`.
    pub(super) fn new(places: &'a [Vector2<f64>], weights: &'a [f64]) -> Self {
        let around = |i: usize| {
            let mut others: Vec<usize> = (0..places.len()).filter(|&k| k != i).collect();
            let distance = |k: usize| (places[k] - places[i]).norm_squared();
            others.sort_by(|&a, &b| distance(a).total_cmp(&distance(b)));
            others.truncate(AROUND);
            others
        };
        Self { places, weights, around: (0..places.len()).map(around).collect() }
    }

    /// What a frame of `size` pixels misses: the body shows its landmarks at `shown`, pixels from the top left; `found` of
    /// them were found, and `look` tells how each looks, and whether it is print. `None` where too few are in view to know.
    pub(super) fn missed(
        &self,
        shown: &[Vector2<f64>],
        size: Vector2<f64>,
        found: usize,
        look: impl Fn(usize) -> (Look, bool),
    ) -> Option<Missed> {
        let (mut missed, mut expected) = (Missed::default(), 0.0);
        for i in (0..shown.len()).filter(|&i| within(shown[i], size) && self.faces(shown, i)) {
            let (look, print) = look(i);
            let weight = self.weights[i];
            match (look, print) {
                (Look::Blurred, _) => continue,
                (Look::Other, true) => missed.print += weight,
                (Look::Other, false) => missed.plain += weight,
                (Look::Same, _) => {}
            }
            expected += weight;
        }
        let known = found >= FOUND && expected > 0.0 && expected >= EXPECTED * self.weights.iter().sum::<f64>();
        known.then(|| Missed { print: missed.print / expected, plain: missed.plain / expected })
    }

    /// What the body, which shows its landmarks at `shown`, has `left`, without those where it turns its surface edge-on or away.
    pub(super) fn without_edge_on(
        &self,
        shown: &[Vector2<f64>],
        left: &[Option<Vector2<f64>>],
    ) -> Vec<Option<Vector2<f64>>> {
        let is_turned = |i: usize| self.sizes(shown, i).is_none_or(|[least, most]| least < EDGE_ON * most);
        left.iter().enumerate().map(|(i, left)| left.filter(|_| !is_turned(i))).collect()
    }

    /// Whether the surface around landmark `i` shows its front, little foreshortened.
    fn faces(&self, shown: &[Vector2<f64>], i: usize) -> bool {
        self.sizes(shown, i).is_some_and(|[least, most]| least > FACING && most < LARGEST)
    }

    /// Least and most size, relative to the seed's, of the surface around landmark `i`; `None` where it shows its back.
    fn sizes(&self, shown: &[Vector2<f64>], i: usize) -> Option<[f64; 2]> {
        let (mut across, mut spread) = (Matrix2::zeros(), Matrix2::zeros());
        for &k in &self.around[i] {
            let offset = self.places[k] - self.places[i];
            across += (shown[k] - shown[i]) * offset.transpose();
            spread += offset * offset.transpose();
        }
        let affine = across * spread.try_inverse()?;
        let sizes = affine.singular_values();
        (affine.determinant() > 0.0).then(|| [sizes.min(), sizes.max()])
    }
}

fn within(place: Vector2<f64>, size: Vector2<f64>) -> bool {
    place.min() > MARGIN && (size - place).min() > MARGIN
}

#[cfg(test)]
mod tests {
    use super::{super::stage, *};

    /// A grid of 100 marks, 10 pixels apart, and where a frame shows it, squeezed sideways to `width`.
    fn squeezed(width: f64) -> (Vec<Vector2<f64>>, Vec<Vector2<f64>>) {
        let places = stage::places(10);
        let shown = places.iter().map(|p| Vector2::new(20.0 + width * p.x, 20.0 + p.y)).collect();
        (places, shown)
    }

    fn missed(width: f64, look: impl Fn(usize) -> (Look, bool)) -> Option<Missed> {
        let (places, shown) = squeezed(width);
        Surface::new(&places, &[1.0; 100]).missed(&shown, Vector2::new(160.0, 160.0), 60, look)
    }

    #[test]
    fn marks_in_full_view_that_show_something_else_are_missed() {
        let print_is_soup = |i| (if i < 30 { Look::Other } else { Look::Same }, i < 20);
        assert_eq!(missed(1.0, print_is_soup), Some(Missed { print: 0.2, plain: 0.1 }));
    }

    #[test]
    fn marks_that_turned_away_are_not() {
        assert_eq!(missed(0.5, |_| (Look::Other, true)), None);
    }

    #[test]
    fn marks_seen_edge_on_or_from_behind_are_left_out() {
        let kept = |width| {
            let (places, shown) = squeezed(width);
            let left = vec![Some(Vector2::zeros()); 100];
            Surface::new(&places, &[1.0; 100]).without_edge_on(&shown, &left).into_iter().flatten().count()
        };
        assert_eq!([1.0, 0.5, 0.4, -1.0].map(kept), [100, 100, 0, 0]);
    }

    #[test]
    fn blurred_marks_are_not_asked() {
        let out_of_focus = |i| (if i < 50 { Look::Blurred } else { Look::Same }, false);
        assert_eq!(missed(1.0, out_of_focus), Some(Missed::default()));
        let the_rest_is_gone = |i| (if i < 50 { Look::Blurred } else { Look::Other }, false);
        assert_eq!(missed(1.0, the_rest_is_gone), Some(Missed { print: 0.0, plain: 1.0 }));
    }
}
