//! The focal length, as far as a clip shows it. What turns in perspective says through which lens it is seen (self-calibration:
//! Pollefeys, Koch and van Gool, *Self-Calibration and Metric Reconstruction in spite of Varying and Unknown Intrinsic Camera
//! Parameters*, 1999); what bends hardly does. So the usual lens is believed until another explains clearly more, and one longer
//! or wider than that less.

use super::bundle::{Body, CLEARLY_LESS, Sights};

/// By how much one lens that is tried is longer than the next.
const RATIO: f64 = 1.25;
/// Most lenses that are tried in one direction, to 2.4 times or 0.4 of the usual length: a product squeezed flat seems to be seen through
/// one that is longer than any.
const LENSES: usize = 4;

/// A lens, and the body that it shows.
#[derive(Clone)]
pub(super) struct Lens {
    /// Focal length as a multiple of the usual one.
    pub length: f64,
    pub body: Body,
    /// What the body leaves of the sights.
    cost: f64,
    /// Whether the next one in its direction leaves more.
    is_least: bool,
}

/// The lens that explains the sights best, within `iterations` damped steps for each that is tried; the usual one, which shows `body`,
/// where none explains clearly more.
pub(super) fn self_calibrate(sights: &Sights, body: Body, iterations: usize) -> Lens {
    let usual = Lens { length: 1.0, cost: sights.cost(&body), body, is_least: false };
    let towards = |ratio: f64| towards(ratio, sights, usual.clone(), iterations);
    let (long, wide) = rayon::join(|| towards(RATIO), || towards(1.0 / RATIO));
    let best = if wide.cost < long.cost { wide } else { long };
    if best.is_least && best.cost < CLEARLY_LESS * usual.cost { best } else { usual }
}

/// The best lens in one direction from `best` on: each is `ratio` times as long as the one before.
fn towards(ratio: f64, sights: &Sights, mut best: Lens, iterations: usize) -> Lens {
    for _ in 0..LENSES {
        let length = best.length * ratio;
        let through = sights.clone().through(length);
        // the same depth in pixels
        let nearness = best.body.nearness.iter().map(|near| 1.0 + (near - 1.0) / ratio).collect();
        let body = through.explain_from(nearness, iterations);
        let cost = through.cost(&body);
        if cost >= best.cost {
            best.is_least = true;
            break;
        }
        best = Lens { length, body, cost, is_least: false };
    }
    best
}

#[cfg(test)]
mod tests {
    use super::{super::stage, *};
    use nalgebra::{Rotation3, Vector2, Vector3};

    const FRAMES: usize = 8;
    /// Focal length that the stage takes for the usual one, pixels.
    const USUAL: f64 = 100.0;
    /// Middle of the stage's grid, pixels.
    const MIDDLE: f64 = 45.0;

    /// Length of the lens that is found where `shift` moves the stage's grid, by place and share of the clip.
    fn found(shift: impl Fn(Vector2<f64>, f64) -> Vector2<f64>) -> f64 {
        let (_, sights) = stage::grid(10, FRAMES, |place, t| shift(place, t as f64 / (FRAMES - 1) as f64));
        self_calibrate(&sights, sights.explain(25), 25).length
    }

    /// A bowed board that turns by up to 35 degrees before a lens `length` times as long as the usual one.
    fn turning(length: f64) -> impl Fn(Vector2<f64>, f64) -> Vector2<f64> {
        let focal = length * USUAL;
        move |place, far| {
            let axis = Vector3::new(MIDDLE / focal, MIDDLE / focal, 1.0);
            let depth = 1.0 + 10.0 / focal * ((place.x - MIDDLE) / MIDDLE).powi(2);
            let turn = Rotation3::from_axis_angle(&Vector3::y_axis(), 35f64.to_radians() * far);
            let point = turn * (Vector3::new(place.x / focal, place.y / focal, 1.0) * depth - axis) + axis;
            Vector2::new(point.x, point.y) * (focal / point.z) - place
        }
    }

    #[test]
    fn what_turns_shows_its_lens() {
        for length in [1.0 / RATIO, 1.0, RATIO] {
            let found = found(turning(length));
            assert!((found - length).abs() < 1e-9, "{length} {found}");
        }
    }

    #[test]
    fn what_is_squeezed_flat_shows_none() {
        assert_eq!(found(|place, far| Vector2::new(-0.3 * far * (place.x - MIDDLE), 0.0)), 1.0);
    }
}
