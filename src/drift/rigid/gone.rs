//! Parts of the subject that are gone. A cap or a pump is plain: when it vanishes, hardly any mark is missed, but its colour is. The
//! body says where a frame shows each place of the subject, whatever has become of it. A place is gone where nothing near there has its
//! colour.

use super::{
    super::{
        series::{quantile, ramp},
        structure,
        subject::SUBJECT,
    },
    swatches::{Colour, SIDE, Swatches, distance, less},
};
use crate::frame::{Plane, Size};
use nalgebra::{Matrix2, Vector2};
use rayon::prelude::*;
use std::cmp::Ordering;

/// Marks nearest to a place that say how it moves.
const NEAREST: usize = 30;
/// Marks nearest to a place; the farthest of them is near.
const BESIDE: usize = 8;
/// How many of them must be the body's own, or the place is not.
const OWN: f64 = 0.6;
/// Distance that is near in any case, as a share of the body's extent.
const NEAR: f64 = 0.1;
/// How little a line of marks says of what lies beside it: share of the squared extent.
const LINE: f64 = 1e-3;
/// Swatches around its place in which a colour is looked for.
const REACH: usize = 5;
/// Swatches from the picture's rim from which a place is in view.
const RIM: usize = 2;
/// Distance of colours (lightness counts half) from which one begins to be, and surely is, another.
const OTHER: (f64, f64) = (4.0, 7.0);
/// Least and most size in the frame, relative to the seed, at which a place is asked for.
const SIZES: (f64, f64) = (0.6, 2.5);
/// Share of the subject that must be in view.
const LEAST_ASKED: f64 = 0.25;

/// Places of the subject in the seed, a swatch each.
pub(super) struct Places {
    columns: usize,
    all: Vec<Place>,
    /// The place that each swatch of the seed is.
    index: Vec<Option<usize>>,
}

struct Place {
    column: usize,
    row: usize,
    weight: f64,
    /// What each mark's position counts in that of the place.
    marks: Vec<(usize, f64)>,
}

impl Places {
    /// The places of the `body` among its own marks, at `own`, and not among `others`: pixels of the canvas, over which it extends by
    /// `extent`.
    pub(super) fn new(
        body: &Plane<f32>,
        seed: &Colours,
        own: &[Vector2<f64>],
        others: &[Vector2<f64>],
        extent: f64,
    ) -> Self {
        let Size { width: columns, height: rows } = seed.sharp.size;
        let place = |k: usize| {
            let (column, row) = (k % columns, k / columns);
            let (x, y) = (column * SIDE + SIDE / 2, row * SIDE + SIDE / 2);
            let weight = body.at(x.min(body.width() - 1), y.min(body.height() - 1));
            let at = Vector2::new(x as f64, y as f64);
            if weight <= SUBJECT || !is_own(at, own, others) {
                return None;
            }
            affine(at, own, extent).map(|marks| Place { column, row, weight: f64::from(weight), marks })
        };
        let found: Vec<Option<Place>> = (0..columns * rows).into_par_iter().map(place).collect();
        let mut index = vec![None; columns * rows];
        let mut all = Vec::new();
        for (index, place) in index.iter_mut().zip(found) {
            if let Some(place) = place {
                *index = Some(all.len());
                all.push(place);
            }
        }
        Self { columns, all, index }
    }

    /// Share of the places in view, by weight, that the largest part of them makes which a frame has no more: `0..=1`. The body shows
    /// its marks at `shown`, pixels from the top left.
    pub(super) fn gone(&self, seed: &Colours, frame: &Swatches, shown: &[Vector2<f64>]) -> f64 {
        let at: Vec<Vector2<f64>> =
            self.all.iter().map(|place| place.marks.iter().map(|&(k, part)| shown[k] * part).sum()).collect();
        let asked: Vec<Option<(usize, usize)>> = (0..at.len()).map(|i| self.asked(i, &at, frame)).collect();
        let weight = |is_meant: &dyn Fn(usize) -> bool| -> f64 {
            (0..self.all.len()).filter(|&i| is_meant(i)).map(|i| self.all[i].weight).sum()
        };
        let in_view = weight(&|i| asked[i].is_some());
        if in_view < LEAST_ASKED * weight(&|_| true) {
            return 0.0;
        }
        let shift = self.shift(seed, frame, &asked);
        let missed: Vec<f64> = (0..self.all.len())
            .map(|i| asked[i].map_or(0.0, |at| self.all[i].missed(at, seed, frame, shift)))
            .collect();
        self.largest(&missed) / in_view
    }

    /// The swatch of the frame where place `i` must be, if it shows its front there.
    fn asked(&self, i: usize, at: &[Vector2<f64>], frame: &Swatches) -> Option<(usize, usize)> {
        let affine = self.affine(i, at)?;
        let sizes = affine.singular_values();
        let faces = affine.determinant() > 0.0 && sizes.min() > SIZES.0 && sizes.max() < SIZES.1;
        let swatch = at[i] / SIDE as f64;
        let (x, y) = (swatch.x.floor(), swatch.y.floor());
        let within = |v: f64, side: usize| v >= RIM as f64 && v + (RIM as f64) < side as f64;
        (faces && within(x, frame.size.width) && within(y, frame.size.height)).then_some((x as usize, y as usize))
    }

    /// How the surface around place `i` moves.
    fn affine(&self, i: usize, at: &[Vector2<f64>]) -> Option<Matrix2<f64>> {
        let slope = |dx: isize, dy: isize| {
            let (before, after) = (self.beside(i, -dx, -dy), self.beside(i, dx, dy));
            let steps = usize::from(before.is_some()) + usize::from(after.is_some());
            (steps > 0).then(|| (at[after.unwrap_or(i)] - at[before.unwrap_or(i)]) / (steps * SIDE) as f64)
        };
        Some(Matrix2::from_columns(&[slope(1, 0)?, slope(0, 1)?]))
    }

    /// Change of colour of most places: what light and camera do to all alike.
    fn shift(&self, seed: &Colours, frame: &Swatches, asked: &[Option<(usize, usize)>]) -> Colour {
        let changes = |k: usize| {
            let change = |(place, asked): (&Place, &Option<(usize, usize)>)| {
                asked.map(|(x, y)| frame.at(x, y)[k] - seed.sharp.at(place.column, place.row)[k])
            };
            self.all.iter().zip(asked).filter_map(change).collect::<Vec<f32>>()
        };
        [0, 1, 2].map(|k| quantile(&mut changes(k), 0.5).unwrap_or(0.0))
    }

    /// Weight of the largest connected part of what is missed.
    fn largest(&self, missed: &[f64]) -> f64 {
        let weight = |k: usize| self.index[k].map_or(0.0, |i| missed[i] * self.all[i].weight);
        let marked: Vec<bool> = (0..self.index.len()).map(|k| weight(k) > 0.0).collect();
        let groups = structure::groups([self.columns, self.index.len() / self.columns], &marked);
        groups.into_iter().map(|group| group.into_iter().map(weight).sum()).fold(0.0, f64::max)
    }

    /// The place so many columns and rows from place `i`.
    fn beside(&self, i: usize, columns: isize, rows: isize) -> Option<usize> {
        let column = self.all[i].column.checked_add_signed(columns).filter(|&column| column < self.columns)?;
        let row = self.all[i].row.checked_add_signed(rows)?;
        *self.index.get(row * self.columns + column)?
    }
}

impl Place {
    /// How surely it is gone that must be in a column and a row of the frame's swatches, all of which have a `shift` of colour: `0..=1`.
    fn missed(&self, (x, y): (usize, usize), seed: &Colours, frame: &Swatches, shift: Colour) -> f64 {
        let own = [&seed.sharp, &seed.blurred].map(|swatches| swatches.at(self.column, self.row));
        let near = |at: usize, side: usize| at.saturating_sub(REACH)..(at + REACH + 1).min(side);
        let places = near(y, frame.size.height).flat_map(|y| near(x, frame.size.width).map(move |x| (x, y)));
        let shown = places.map(|(x, y)| less(frame.at(x, y), shift));
        let nearest = shown.flat_map(|shown| own.map(|own| distance(shown, own))).fold(f32::INFINITY, f32::min);
        ramp(f64::from(nearest), OTHER)
    }
}

/// The seed's colours.
#[derive(Clone, Debug)]
pub(super) struct Colours {
    sharp: Swatches,
    blurred: Swatches,
}

impl Colours {
    pub(super) fn new(sharp: Swatches) -> Self {
        Self { blurred: sharp.blurred(), sharp }
    }
}

/// Whether most of the marks nearest to a place are the body's own.
fn is_own(at: Vector2<f64>, own: &[Vector2<f64>], others: &[Vector2<f64>]) -> bool {
    let marked = own.iter().map(|mark| (mark, true)).chain(others.iter().map(|mark| (mark, false)));
    let mut near: Vec<(f64, bool)> = marked.map(|(mark, is_own)| ((mark - at).norm_squared(), is_own)).collect();
    // marks lie on a grid: of those equally near, the body's own count first
    keep_least(&mut near, BESIDE, |a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
    near.iter().filter(|(_, is_own)| *is_own).count() as f64 >= OWN * near.len() as f64
}

/// Keeps the first `count` of an order.
fn keep_least<T>(of: &mut Vec<T>, count: usize, order: fn(&T, &T) -> Ordering) {
    if of.len() > count {
        of.select_nth_unstable_by(count, order);
        of.truncate(count);
    }
}

/// What the position of each of the nearest marks counts in that of a place, as the affine says that fits them best, nearer ones more;
/// `None` of too few.
fn affine(at: Vector2<f64>, marks: &[Vector2<f64>], extent: f64) -> Option<Vec<(usize, f64)>> {
    let mut near: Vec<(usize, f64)> = marks.iter().map(|mark| (mark - at).norm()).enumerate().collect();
    let order = |a: &(usize, f64), b: &(usize, f64)| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0));
    keep_least(&mut near, NEAREST, order);
    near.sort_by(order);
    let scale = near.get(BESIDE)?.1.max(NEAR * extent);
    let weight = |distance: f64| (-0.5 * (distance / scale).powi(2)).exp();
    let sum: f64 = near.iter().map(|&(_, distance)| weight(distance)).sum();
    let mean: Vector2<f64> = near.iter().map(|&(k, distance)| marks[k] * weight(distance)).sum::<Vector2<f64>>() / sum;
    let line = Matrix2::identity() * (LINE * extent * extent * sum);
    let spread = near.iter().fold(line, |spread, &(k, distance)| {
        let offset = marks[k] - mean;
        spread + offset * offset.transpose() * weight(distance)
    });
    let lever = spread.try_inverse()? * (at - mean);
    let part = |&(k, distance): &(usize, f64)| (k, weight(distance) * (1.0 / sum + (marks[k] - mean).dot(&lever)));
    Some(near.iter().map(part).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Picture;

    const SIZE: Size = Size { width: 180, height: 180 };
    const WALL: [f32; 3] = [0.6, 0.6, 0.58];
    const BODY: [f32; 3] = [0.1, 0.2, 0.6];
    const CAP: [f32; 3] = [0.9, 0.4, 0.1];

    /// A blue body of 36 × 60 pixels at `at` under a cap of 36 × 24 pixels at `cap`, before a wall, in so much `light`.
    fn scene(at: [usize; 2], cap: Option<[usize; 2]>, light: f32) -> Picture {
        let within = |x: usize, y: usize, [left, top]: [usize; 2], height: usize| {
            (left..left + 36).contains(&x) && (top..top + height).contains(&y)
        };
        let plane = |k: usize| {
            Plane::from_fn(SIZE.width, SIZE.height, |x, y| {
                let colour = match cap {
                    Some(cap) if within(x, y, cap, 24) => CAP,
                    _ if within(x, y, at, 60) => BODY,
                    _ => WALL,
                };
                light * colour[k]
            })
        };
        Picture { rgb: [plane(0), plane(1), plane(2)] }
    }

    /// Share that is gone of the product at 60, 48 in a frame that shows its marks, which are all on its body, 12 pixels to the right.
    fn gone(frame: &Picture) -> f64 {
        let body = Plane::from_fn(SIZE.width, SIZE.height, |x, y| {
            if (60..96).contains(&x) && (48..132).contains(&y) { 1.0 } else { 0.0 }
        });
        let marks: Vec<Vector2<f64>> =
            (0..36u32).map(|k| Vector2::new(f64::from(63 + k % 6 * 6), f64::from(75 + k / 6 * 10))).collect();
        let seed = Colours::new(Swatches::new(&scene([60, 72], Some([60, 48]), 1.0)));
        let shown: Vec<Vector2<f64>> = marks.iter().map(|mark| mark + Vector2::new(12.0, 0.0)).collect();
        Places::new(&body, &seed, &marks, &[], 90.0).gone(&seed, &Swatches::new(frame), &shown)
    }

    #[test]
    fn a_plain_cap_that_vanished_is_gone_and_one_that_moved_along_is_not() {
        assert_eq!(gone(&scene([72, 72], Some([72, 48]), 1.0)), 0.0);
        assert_eq!(gone(&scene([72, 72], Some([72, 48]), 0.9)), 0.0);
        let cap = 24.0 / 84.0;
        let vanished = gone(&scene([72, 72], None, 1.0));
        assert!((vanished - cap).abs() < 0.02, "{vanished} of {cap}");
    }

    #[test]
    fn places_among_the_marks_of_others_are_none_of_the_bodys() {
        let at = |k: u32| Vector2::new(f64::from(k % 4) * 5.0, f64::from(k / 4) * 5.0);
        let own: Vec<Vector2<f64>> = (0..16).map(at).collect();
        let others: Vec<Vector2<f64>> = (0..16).map(|k| at(k) + Vector2::new(100.0, 0.0)).collect();
        assert!(is_own(Vector2::new(30.0, 8.0), &own, &others));
        assert!(!is_own(Vector2::new(70.0, 8.0), &own, &others));
    }
}
