//! Motion of surfaces that the other frame hides: taken from nearby pixels of the same colour whose motion is known,
//! so that a covered background goes on moving with the background and not with what covers it.

use crate::{
    flow::Flow,
    frame::{Picture, Plane},
};
use rayon::prelude::*;

/// Below this certainty a pixel's own motion is replaced.
const UNSURE: f32 = 0.5;
/// Directions searched for pixels with known motion.
const DIRECTIONS: usize = 16;
/// How far the search goes, pixels of the working size.
const REACH: usize = 160;
/// Difference of R'G'B' (Euclidean) at which a neighbour counts e⁻¹.
const COLOR_SIGMA: f32 = 0.08;

/// `flow` with the motion of unsure pixels (`sure` `0..=1` below ½) drawn from sure ones around them.
pub(super) fn fill(flow: &Flow, sure: &Plane<f32>, picture: &Picture) -> Flow {
    let (width, height) = (sure.width(), sure.height());
    let rows: Vec<Vec<(f32, f32)>> =
        (0..height)
            .into_par_iter()
            .map(|y| {
                let own = |x: usize| (flow.u.at(x, y), flow.v.at(x, y));
                (0..width)
                    .map(|x| {
                        if sure.at(x, y) >= UNSURE {
                            own(x)
                        } else {
                            gather(flow, sure, picture, x, y).unwrap_or(own(x))
                        }
                    })
                    .collect()
            })
            .collect();
    Flow {
        u: Plane::from_fn(width, height, |x, y| rows[y][x].0),
        v: Plane::from_fn(width, height, |x, y| rows[y][x].1),
    }
}

fn color(picture: &Picture, x: usize, y: usize) -> [f32; 3] {
    [picture.rgb[0].at(x, y), picture.rgb[1].at(x, y), picture.rgb[2].at(x, y)]
}

/// The motion around `(x, y)`, by likeness of colour and nearness; `None` where nothing sure is in reach.
fn gather(flow: &Flow, sure: &Plane<f32>, picture: &Picture, x: usize, y: usize) -> Option<(f32, f32)> {
    let here = color(picture, x, y);
    let (mut u, mut v, mut mass) = (0.0, 0.0, 0.0);
    for k in 0..DIRECTIONS {
        let (dy, dx) = (std::f32::consts::TAU * k as f32 / DIRECTIONS as f32).sin_cos();
        let mut reach = 1.0_f32;
        while reach < REACH as f32 {
            let (px, py) = (x as f32 + dx * reach, y as f32 + dy * reach);
            if px < 0.0 || py < 0.0 || px > (sure.width() - 1) as f32 || py > (sure.height() - 1) as f32 {
                break;
            }
            let (px, py) = (px.round() as usize, py.round() as usize);
            if sure.at(px, py) >= UNSURE {
                let there = color(picture, px, py);
                let difference: f32 = here.iter().zip(there).map(|(a, b)| (a - b) * (a - b)).sum();
                // the floor keeps a choice where no neighbour is alike
                let likeness = (-difference / (COLOR_SIGMA * COLOR_SIGMA)).exp() + 1e-4;
                let weight = likeness / (reach + 1.0);
                u += weight * flow.u.at(px, py);
                v += weight * flow.v.at(px, py);
                mass += weight;
                break;
            }
            reach += 1.0 + reach / 16.0;
        }
    }
    (mass > 0.0).then(|| (u / mass, v / mass))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Size;

    #[test]
    fn a_hidden_background_moves_with_the_background() {
        let (width, height) = (40, 20);
        // dark object on the left moves by 9, bright background stands still; the strip between is hidden
        let object = |x: usize| x < 15;
        let mut picture = Picture::filled(Size::new(width, height), [0.8; 3]);
        for plane in &mut picture.rgb {
            for y in 0..height {
                plane.row_mut(y)[..15].fill(0.1);
            }
        }
        let u = Plane::from_fn(width, height, |x, _| {
            if object(x) {
                9.0
            } else if x < 24 {
                5.0
            } else {
                0.0
            }
        });
        let flow = Flow { u, v: Plane::filled(width, height, 0.0) };
        let sure = Plane::from_fn(width, height, |x, _| f32::from(u8::from(!(15..24).contains(&x))));
        let filled = fill(&flow, &sure, &picture);
        assert!(filled.u.at(16, 10).abs() < 0.2, "{}", filled.u.at(16, 10));
        assert_eq!(filled.u.at(3, 3), 9.0);
    }

    #[test]
    fn without_anything_sure_the_flow_stays() {
        let flow = Flow { u: Plane::filled(5, 4, 2.0), v: Plane::filled(5, 4, 1.0) };
        let filled = fill(&flow, &Plane::filled(5, 4, 0.0), &Picture::filled(Size::new(5, 4), [0.5; 3]));
        assert_eq!(filled, flow);
    }
}
