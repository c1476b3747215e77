//! How tall the letters of a printed place are, so that a fault of print can be told in a unit that its reader sees.

use crate::frame::Plane;
use image::{GrayImage, Luma};
use imageproc::{
    contrast::otsu_level,
    region_labelling::{Connectivity, connected_components},
};
use std::collections::BTreeMap;

/// Smallest and largest height of a letter, pixels: dust, and pictures.
const HEIGHTS: std::ops::RangeInclusive<u32> = 4..=64;
/// Narrowest and widest letter, width by height: "l" and "W"; letters that run together count up to a short word.
const SHAPES: std::ops::RangeInclusive<f32> = 0.12..=2.5;
/// Fewest letters of which a height is said.
const FEWEST: usize = 4;
/// Share of the letters that are no taller than what is called cap height: most of a line is lower case.
const CAPS: f64 = 0.8;

/// Height of the capitals printed in `[x, y, width, height]` of `luma` (`0..=255`), pixels; `None` where there are no letters.
pub(crate) fn cap_height(luma: &Plane<f32>, [x0, y0, width, height]: [usize; 4]) -> Option<f64> {
    if width == 0 || height == 0 {
        return None;
    }
    let level = |x: u32, y: u32| luma.at(x0 + x as usize, y0 + y as usize).clamp(0.0, 255.0) as u8;
    let picture = GrayImage::from_fn(width as u32, height as u32, |x, y| Luma([level(x, y)]));
    let middle = otsu_level(&picture);
    let letters_of = |light: bool| {
        let ink = GrayImage::from_fn(width as u32, height as u32, |x, y| {
            Luma([u8::from((picture.get_pixel(x, y)[0] > middle) == light)])
        });
        heights(&ink)
    };
    // the side with more letters is the ink
    let (dark, light) = (letters_of(false), letters_of(true));
    let mut letters = if light.len() > dark.len() { light } else { dark };
    letters.sort_unstable();
    let at = ((letters.len() as f64 - 1.0) * CAPS).round() as usize;
    (letters.len() >= FEWEST).then(|| f64::from(letters[at]))
}

/// Heights of the connected strokes that have the size and shape of letters.
fn heights(ink: &GrayImage) -> Vec<u32> {
    let mut boxes: BTreeMap<u32, [u32; 4]> = BTreeMap::new();
    let labels = connected_components(ink, Connectivity::Eight, Luma([0]));
    for (x, y, Luma([label])) in labels.enumerate_pixels().filter(|(_, _, Luma([label]))| *label != 0) {
        let b = boxes.entry(*label).or_insert([x, y, x, y]);
        *b = [b[0].min(x), b[1].min(y), b[2].max(x), b[3].max(y)];
    }
    let (right, bottom) = (ink.width() - 1, ink.height() - 1);
    let whole = boxes.into_values().filter(|b| b[0] > 0 && b[1] > 0 && b[2] < right && b[3] < bottom);
    let sizes = whole.map(|b| (b[2] - b[0] + 1, b[3] - b[1] + 1));
    let letters = sizes.filter(|&(w, h)| HEIGHTS.contains(&h) && SHAPES.contains(&(w as f32 / h as f32)));
    letters.map(|(_, height)| height).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Dark bars of `height` pixels, as narrow as an "I", on a light ground.
    fn bars(height: usize) -> Plane<f32> {
        Plane::from_fn(120, 60, |x, y| if x % 10 < 3 && (10..10 + height).contains(&y) && x > 5 { 40.0 } else { 200.0 })
    }

    #[test]
    fn letters_are_as_tall_as_they_are_printed() {
        assert_eq!(cap_height(&bars(12), [0, 0, 120, 60]), Some(12.0));
        assert_eq!(cap_height(&bars(18).map(|v| 255.0 - v), [0, 0, 120, 60]), Some(18.0));
    }

    #[test]
    fn a_blank_place_has_no_letters() {
        assert_eq!(cap_height(&Plane::filled(40, 40, 128.0), [0, 0, 40, 40]), None);
        assert_eq!(cap_height(&bars(12), [0, 0, 0, 0]), None);
    }
}
