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
