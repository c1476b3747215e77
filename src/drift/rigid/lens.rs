//! The focal length, as far as a clip shows it. What turns in perspective says through which lens it is seen (self-calibration:
//! Pollefeys, Koch and van Gool, *Self-Calibration and Metric Reconstruction in spite of Varying and Unknown Intrinsic Camera
//! Parameters*, 1999); what bends hardly does. So the usual lens is believed until another explains clearly more, and one longer
//! or wider than that less.

use super::bundle::{Body, CLEARLY_LESS, Sights};

/// By how much one lens that is tried is longer than the next.
const STEP: f64 = 1.25;
/// Most steps from the usual lens: a product squeezed flat seems to be seen through one that is longer than any.
const STEPS: usize = 4;

/// How many times as long as the lens of `sights` the one is that explains them best, with the body that it shows: within
/// `iterations` damped steps for each that is tried, from the `body` that the usual one shows. 1 where none explains clearly more.
pub(super) fn longer(sights: &Sights, body: Body, iterations: usize) -> (f64, Body) {
    let usual = sights.cost(&body);
    let (long, wide) =
        rayon::join(|| towards(STEP, sights, &body, iterations), || towards(1.0 / STEP, sights, &body, iterations));
    let best = if wide.cost < long.cost { wide } else { long };
    if best.is_least && best.cost < CLEARLY_LESS * usual { (best.times, best.body) } else { (1.0, body) }
}

struct Lens {
    times: f64,
    body: Body,
    cost: f64,
    /// Whether the next one explains less.
    is_least: bool,
}

/// The best lens in one direction: each is `step` times as long as the one before.
fn towards(step: f64, sights: &Sights, body: &Body, iterations: usize) -> Lens {
    let mut best = Lens { times: 1.0, body: body.clone(), cost: sights.cost(body), is_least: false };
    for _ in 0..STEPS {
        let times = best.times * step;
        let through = sights.through(times);
        // the same depth in pixels
        let nearness = best.body.nearness.iter().map(|near| 1.0 + (near - 1.0) / step).collect();
        let body = through.explain_from(nearness, iterations);
        let cost = through.cost(&body);
        if cost >= best.cost {
            best.is_least = true;
            break;
        }
        best = Lens { times, body, cost, is_least: false };
    }
    best
}

#[cfg(test)]
mod tests {
    use super::{super::bundle::Sight, *};
    use nalgebra::{Matrix2, Rotation3, Vector2, Vector3};

    /// Focal length that is taken for the usual one, pixels.
    const USUAL: f64 = 350.0;
    const FRAMES: u32 = 8;

    /// Where frame `t` shows each place of a grid, pixels from the picture's centre, known to a tenth of a pixel.
    fn shown(at: impl Fn(Vector2<f64>, f64) -> Vector2<f64>) -> Sights {
        let places: Vec<Vector2<f64>> =
            (0..100).map(|i| Vector2::new(f64::from(i % 10) - 4.5, f64::from(i / 10) - 4.5) * 16.0).collect();
        let frame = |t: u32| {
            let far = f64::from(t) / f64::from(FRAMES - 1);
            places.iter().map(|p| Some(Sight { at: at(*p, far), whiten: Matrix2::identity() * 10.0 })).collect()
        };
        Sights {
            focal: USUAL,
            rays: places.iter().map(|p| Vector3::new(p.x / USUAL, p.y / USUAL, 1.0)).collect(),
            weights: vec![1.0; places.len()],
            frames: (0..FRAMES).map(frame).collect(),
        }
    }

    /// A bowed board that turns by up to 35 degrees before a lens `times` as long as the usual one.
    fn turning(times: f64) -> Sights {
        let focal = times * USUAL;
        shown(|place, far| {
            let axis = Vector3::new(0.0, 0.0, 1.0);
            let depth = 1.0 + 20.0 / focal * (place.x / 72.0).powi(2);
            let turn = Rotation3::from_axis_angle(&Vector3::y_axis(), 35f64.to_radians() * far);
            let point = turn * (Vector3::new(place.x / focal, place.y / focal, 1.0) * depth - axis) + axis;
            Vector2::new(point.x, point.y) * (focal / point.z)
        })
    }

    fn lens_of(sights: &Sights) -> f64 {
        longer(sights, sights.explain(25), 25).0
    }

    #[test]
    fn what_turns_shows_its_lens() {
        assert_eq!(lens_of(&turning(1.0)), 1.0);
        assert!((lens_of(&turning(STEP)) - STEP).abs() < 1e-9);
        assert!((lens_of(&turning(1.0 / STEP)) - 1.0 / STEP).abs() < 1e-9);
    }

    #[test]
    fn what_is_squeezed_flat_shows_none() {
        assert_eq!(lens_of(&shown(|place, far| Vector2::new((1.0 - 0.3 * far) * place.x, place.y))), 1.0);
    }
}
