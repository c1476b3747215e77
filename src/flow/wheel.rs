//! Flow as colours: direction is hue, length is saturation, no motion is white.
//!
//! The colour wheel of Baker et al., *A Database and Evaluation Methodology for Optical Flow*, IJCV 2011 (their `colorcode.cpp`).

use super::{Flow, middlebury::UNKNOWN};
use crate::frame::{Picture, Plane};
use std::f32::consts::PI;

/// Steps of hue between the six corners of the wheel: red–yellow–green–cyan–blue–magenta–red.
const STEPS: [usize; 6] = [15, 6, 4, 11, 13, 6];
/// Colours on the wheel.
const COLOURS: usize = 55;
/// The corners of the wheel and what is added on the way to the next one (or taken away).
const CORNERS: [([f32; 3], [f32; 3]); 6] = [
    ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0]),
    ([1.0, 1.0, 0.0], [-1.0, 0.0, 0.0]),
    ([0.0, 1.0, 0.0], [0.0, 0.0, 1.0]),
    ([0.0, 1.0, 1.0], [0.0, -1.0, 0.0]),
    ([0.0, 0.0, 1.0], [1.0, 0.0, 0.0]),
    ([1.0, 0.0, 1.0], [0.0, 0.0, -1.0]),
];

/// Draws `flow`; `longest` is the displacement in pixels that is shown in full colour, by default the longest one there is.
/// Longer ones are darkened, unknown ones black.
pub fn draw(flow: &Flow, longest: Option<f32>) -> Picture {
    let wheel = wheel();
    let full = longest.unwrap_or_else(|| self::longest(flow)).max(f32::MIN_POSITIVE);
    let size = flow.size();
    let channel = |c: usize| {
        Plane::from_fn(size.width, size.height, |x, y| {
            let (u, v) = flow.at(x, y);
            if is_known(u, v) { colour(&wheel, u / full, v / full)[c] } else { 0.0 }
        })
    };
    Picture { rgb: [channel(0), channel(1), channel(2)] }
}

/// The longest known displacement, pixels; 0 where there is none.
pub fn longest(flow: &Flow) -> f32 {
    let pairs = flow.u.data().iter().zip(flow.v.data());
    // one root for all; squares of known displacements stay far within f32
    pairs.filter(|&(&u, &v)| is_known(u, v)).fold(0.0, |longest: f32, (u, v)| longest.max(u * u + v * v)).sqrt()
}

fn is_known(u: f32, v: f32) -> bool {
    u.abs() < UNKNOWN && v.abs() < UNKNOWN
}

fn wheel() -> [[f32; 3]; COLOURS] {
    let mut wheel = [[0.0; 3]; COLOURS];
    let places = STEPS.iter().zip(CORNERS).flat_map(|(&steps, corner)| (0..steps).map(move |i| (i, steps, corner)));
    for (out, (i, steps, (corner, change))) in wheel.iter_mut().zip(places) {
        // the published code works in whole 8-bit levels
        let share = (255 * i / steps) as f32 / 255.0;
        *out = std::array::from_fn(|c| corner[c] + share * change[c]);
    }
    wheel
}

/// The colour of a displacement of length 1 in full, of 0 white; R'G'B' `0..=1`.
fn colour(wheel: &[[f32; 3]; COLOURS], u: f32, v: f32) -> [f32; 3] {
    let radius = u.hypot(v);
    let turn = f32::midpoint((-v).atan2(-u) / PI, 1.0) * (COLOURS - 1) as f32;
    let (before, share) = (turn as usize % COLOURS, turn.fract());
    let after = (before + 1) % COLOURS;
    std::array::from_fn(|c| {
        let hue = (1.0 - share) * wheel[before][c] + share * wheel[after][c];
        if radius <= 1.0 { 1.0 - radius * (1.0 - hue) } else { 0.75 * hue }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Size;

    fn colour_of(u: f32, v: f32, longest: f32) -> Vec<u8> {
        draw(&Flow::from_fn(Size::new(1, 1), |_, _| (u, v)), Some(longest)).to_rgb8()
    }

    #[test]
    fn matches_the_published_colours() {
        // by hand from colorcode.cpp: u > 0 is angle 0, which is wheel position 54 · (atan2(-0, -1)/π + 1)/2 = 0: red
        assert_eq!(colour_of(1.0, 0.0, 1.0), [255, 0, 0]);
        assert_eq!(colour_of(0.0, 0.0, 1.0), [255, 255, 255]);
        // half the length: half way to white, 1 - 0.5 = 0.5 → 127.5, rounded away from zero
        assert_eq!(colour_of(1.0, 0.0, 2.0), [255, 128, 128]);
        // u < 0: position 27: 15 + 6 + 4 = 25 is cyan, 2 of 11 steps on: green 255 - 46
        assert_eq!(colour_of(-1.0, 0.0, 1.0), [0, 209, 255]);
        // too long: three quarters
        assert_eq!(colour_of(3.0, 0.0, 1.0), [191, 0, 0]);
        // down, v > 0: atan2(-1, -0) = -π/2: position 13.5, between 13/15 and 14/15 of yellow: 221, 238 → 229.5
        assert_eq!(colour_of(0.0, 1.0, 1.0), [255, 230, 0]);
    }

    #[test]
    fn unknown_is_black_and_does_not_count_as_longest() {
        let flow = Flow::from_fn(Size::new(2, 1), |x, _| if x == 0 { (UNKNOWN, 0.0) } else { (3.0, 4.0) });
        assert_eq!(longest(&flow), 5.0);
        assert_eq!(draw(&flow, None).to_rgb8()[..3], [0, 0, 0]);
    }
}
