//! Where the subject probably is, when nobody drew a mask: weights, not a decision.
//!
//! What differs in colour from the picture's rim, or is enclosed by what does, and lies near the middle counts more (the boundary prior of
//! Wei et al., *Geodesic Saliency Using Background Priors*, ECCV 2012). A wrong guess costs sensitivity, not correctness: every signal also
//! looks at the whole picture.

use super::{barrier, window};
use crate::frame::{Mask, Oklab, Picture, Plane, Size, oklab_from_picture, pyramid};

/// Width of the rim that is taken for background, as a share of the shorter side.
const RIM: f64 = 0.06;
/// Colours that describe the rim.
const RIM_COLOURS: usize = 24;
/// Distance in Oklab × 100 at which a colour is surely not the rim's.
const DISTINCT: f32 = 14.0;
/// Longest side of the picture in which barriers are looked for, pixels: finer, they count texture.
const BARRIER_SIDE: usize = 160;
/// Spread of the centre prior as a share of each side.
const CENTRE: f32 = 0.30;

/// Least weight of a place that somebody marked, however little it stands out.
const TYPICAL: f32 = 0.5;
/// Weight of places beside the product, relative to the product's: what happens there is seen, too.
const BESIDE: f32 = 0.25;
/// Share of the guess that must lie on a product for the two to mean the same thing.
const MOSTLY: f32 = 0.5;
/// Weight from which a pixel is taken for the subject's.
pub(crate) const SUBJECT: f32 = 0.3;

/// What is taken for the subject of a picture that nobody marked: 1 on it, 0 elsewhere, of the picture's size.
pub fn likely_subject(picture: &Picture) -> Mask {
    guess(&oklab_from_picture(picture)).map(|weight| if weight > SUBJECT { 1.0 } else { 0.0 })
}

/// How much each pixel belongs to the subject, `0..=1`, the largest weight 1.
pub(crate) fn guess(lab: &Oklab) -> Plane<f32> {
    let (w, h) = (lab.l.width(), lab.l.height());
    if w == 0 || h == 0 {
        return Plane::filled(w, h, 0.0);
    }
    let rim = rim_colours(lab);
    let mut distinct = Plane::from_fn(w, h, |x, y| {
        let colour = [lab.l.at(x, y), lab.a.at(x, y), lab.b.at(x, y)];
        let nearest = rim.iter().map(|&other| distance(colour, other)).fold(f32::INFINITY, f32::min);
        (nearest / DISTINCT).min(1.0)
    });
    distinct = distinct.zip(&enclosed(&distinct), f32::max);
    distinct = window::mean(&distinct, w.min(h) / 24);
    let centred = |at: usize, side: usize| {
        let offset = (at as f32 + 0.5) / side as f32 - 0.5;
        (-0.5 * (offset / CENTRE).powi(2)).exp()
    };
    for y in 0..h {
        for (x, weight) in distinct.row_mut(y).iter_mut().enumerate() {
            *weight = (0.15 + *weight) * centred(x, w) * centred(y, h);
        }
    }
    let most = distinct.data().iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    distinct.map(|weight| weight / most)
}

/// How much each pixel belongs to a product that somebody marked: the mask says where it is, the guess which of its places are
/// typical of it and not of a rim or of what lies behind. Each has a say, whatever the other is.
pub(crate) fn within(product: &Plane<f32>, guess: &Plane<f32>) -> Plane<f32> {
    let mut subject = guess.map(|guess| guess.max(TYPICAL));
    for (s, &product) in subject.data_mut().iter_mut().zip(product.data()) {
        *s *= BESIDE + (1.0 - BESIDE) * product.clamp(0.0, 1.0);
    }
    subject
}

/// Whether most of the guess lies on what somebody marked. Then its places are the better ones to ask how the body moves: a mask
/// goes to the rim, and rims and silhouettes of what turns move with what lies behind.
pub(crate) fn lies_within(guess: &Plane<f32>, product: &Plane<f32>) -> bool {
    let found = guess.data().iter().zip(product.data()).filter(|(guess, _)| **guess > SUBJECT);
    let (within, all) = found.fold((0.0, 0.0), |(within, all), (_, product)| (within + product, all + 1.0));
    within > MOSTLY * all
}

/// The subject taken wider by `pixels`, or narrower where that is negative: what a mask, or a guess, may be wrong by.
pub(crate) fn moved(subject: &Plane<f32>, pixels: isize) -> Plane<f32> {
    let radius = pixels.unsigned_abs();
    let pick: fn(f32, f32) -> f32 = if pixels > 0 { f32::max } else { f32::min };
    let turned = |plane: &Plane<f32>| Plane::from_fn(plane.height(), plane.width(), |x, y| plane.at(y, x));
    turned(&along_rows(&turned(&along_rows(subject, radius, pick)), radius, pick))
}

/// The `pick` of each pixel and its neighbours in the row, `radius` to either side.
fn along_rows(plane: &Plane<f32>, radius: usize, pick: fn(f32, f32) -> f32) -> Plane<f32> {
    let mut out = plane.clone();
    for y in 0..plane.height() {
        let row = plane.row(y);
        for (x, value) in out.row_mut(y).iter_mut().enumerate() {
            let near = &row[x.saturating_sub(radius)..(x + radius + 1).min(row.len())];
            *value = near.iter().copied().fold(*value, pick);
        }
    }
    out
}

/// What is `distinct` from the rim and what that encloses: a label of the wall's colour on a box that has another.
fn enclosed(distinct: &Plane<f32>) -> Plane<f32> {
    let size = Size::new(distinct.width(), distinct.height());
    pyramid::resize(&barrier::from_rim(&pyramid::resize(distinct, size.fit(BARRIER_SIDE))), size)
}

fn distance(a: [f32; 3], b: [f32; 3]) -> f32 {
    // lightness changes with shading: half its weight
    (0.25 * (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2) + (a[2] - b[2]).powi(2)).sqrt()
}

/// Colours spread evenly along the rim: means of its stretches.
fn rim_colours(lab: &Oklab) -> Vec<[f32; 3]> {
    let (w, h) = (lab.l.width(), lab.l.height());
    let depth = ((w.min(h) as f64 * RIM) as usize).max(1);
    let mut sums = vec![([0.0f32; 3], 0.0f32); RIM_COLOURS];
    for y in 0..h {
        for x in 0..w {
            if x >= depth && x + depth < w && y >= depth && y + depth < h {
                continue;
            }
            let angle = (y as f32 + 0.5 - h as f32 / 2.0).atan2(x as f32 + 0.5 - w as f32 / 2.0);
            let turn = (angle / std::f32::consts::TAU + 0.5).clamp(0.0, 0.999_99);
            let (sum, count) = &mut sums[(turn * RIM_COLOURS as f32) as usize];
            for (s, v) in sum.iter_mut().zip([lab.l.at(x, y), lab.a.at(x, y), lab.b.at(x, y)]) {
                *s += v;
            }
            *count += 1.0;
        }
    }
    sums.into_iter().filter(|(_, count)| *count > 0.0).map(|(sum, count)| sum.map(|s| s / count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Picture, Size, oklab_from_picture};

    #[test]
    fn a_guess_counts_where_most_of_it_lies_on_the_product() {
        let square =
            |from: usize| Plane::from_fn(40, 40, |x, _| if (from..from + 20).contains(&x) { 1.0 } else { 0.0 });
        assert!(lies_within(&square(10), &square(12)) && !lies_within(&square(0), &square(18)));
        assert!(!lies_within(&Plane::filled(40, 40, 0.1), &square(10)), "nothing was found");
    }

    #[test]
    fn a_subject_is_taken_wider_and_narrower_on_every_side() {
        let square =
            Plane::from_fn(40, 30, |x, y| if (10..30).contains(&x) && (10..20).contains(&y) { 1.0 } else { 0.0 });
        let area = |plane: &Plane<f32>| plane.data().iter().sum::<f32>();
        assert_eq!(area(&moved(&square, 2)), 24.0 * 14.0);
        assert_eq!(area(&moved(&square, -3)), 14.0 * 4.0);
        assert_eq!(moved(&square, 0), square);
    }

    #[test]
    fn a_white_label_on_a_red_box_before_a_white_wall_is_the_subjects() {
        let inside = |x: usize, y: usize, margin: usize| {
            (20 + margin..60 - margin).contains(&x) && (15 + margin..45 - margin).contains(&y)
        };
        let plane = |k: usize| {
            let is_red = |x: usize, y: usize| inside(x, y, 0) && !inside(x, y, 10);
            Plane::from_fn(80, 60, |x, y| if is_red(x, y) && k > 0 { 0.2 } else { 0.9 })
        };
        let picture = Picture { rgb: [plane(0), plane(1), plane(2)] };
        let subject = likely_subject(&picture);
        assert_eq!([subject.at(40, 30), subject.at(24, 30), subject.at(4, 30)], [1.0, 1.0, 0.0]);
    }

    #[test]
    fn a_red_box_on_grey_outweighs_the_grey() {
        let mut picture = Picture::filled(Size::new(80, 60), [0.5; 3]);
        for y in 20..40 {
            for x in 30..50 {
                picture.rgb[1].set(x, y, 0.1);
                picture.rgb[2].set(x, y, 0.1);
            }
        }
        let weight = guess(&oklab_from_picture(&picture));
        assert!(weight.at(40, 30) > 0.9 && weight.at(5, 5) < 0.1, "{} {}", weight.at(40, 30), weight.at(5, 5));
    }
}
