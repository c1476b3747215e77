//! A camera at rest before a subject at rest. One body can bend just as the picture of another changes that begins to turn, so a
//! turn is believed where what stands around turns too, or from the clip's first looks on; where all rested, no turn and no relief
//! excuses what bends.

use super::{
    LEAST,
    bundle::{Body, Sights},
    deformed, enough, evidence,
};
use nalgebra::Vector2;

/// How far a frame's landmarks have left their `places` beyond a similarity, as far as the camera rests in that frame and the
/// subject rested at first: root mean square pixels, per frame.
pub(super) fn warps(places: &[Vector2<f64>], subject: &Sights, background: &Sights) -> Vec<f64> {
    if background.rays.len() < LEAST {
        return vec![0.0; subject.frames.len()];
    }
    let moved = subject.leftovers(&Body::at_rest(subject));
    let around = background.leftovers(&Body::at_rest(background));
    let rested = 1.0 - evidence::unexplained_first(subject, &moved);
    let warp = |t: usize| {
        if !enough(&moved[t]) || !enough(&around[t]) {
            return 0.0;
        }
        let rests = 1.0 - evidence::unexplained(&background.frames[t], &around[t]);
        rested * rests * deformed(places, subject, t, &moved[t])
    };
    (0..subject.frames.len()).map(warp).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::stage, *};

    const FRAMES: usize = 8;

    fn grid(shift: impl Fn(Vector2<f64>, usize) -> Vector2<f64>) -> (Vec<Vector2<f64>>, Sights) {
        stage::grid(10, FRAMES, shift)
    }

    /// Bends the grid from frame `from` on, each frame by a pixel more at its rims.
    fn bend(from: usize) -> impl Fn(Vector2<f64>, usize) -> Vector2<f64> {
        move |p, t| Vector2::new((p.y / 45.0 - 1.0).powi(2) * t.saturating_sub(from) as f64, 0.0)
    }

    #[test]
    fn what_bends_after_all_rested_is_a_warp() {
        let (places, subject) = grid(bend(5));
        let (_, background) = grid(|_, _| Vector2::zeros());
        let warps = warps(&places, &subject, &background);
        assert!(warps[..=5].iter().all(|w| *w < 1e-3), "{warps:?}");
        // the deviation of (y/45 - 1)² over the ten rows, times the frames since: the similarity takes what is left of its mean
        let rows: Vec<f64> = (0..10).map(|k| (f64::from(k) / 4.5 - 1.0).powi(2)).collect();
        let mean = rows.iter().sum::<f64>() / 10.0;
        let deviation = (rows.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / 10.0).sqrt();
        assert!((warps[7] / (2.0 * deviation) - 1.0).abs() < 0.05, "{warps:?} {deviation}");
    }

    #[test]
    fn what_bends_from_the_start_or_before_a_moving_camera_may_turn() {
        let (places, bent) = grid(bend(0));
        let (_, still) = grid(|_, _| Vector2::zeros());
        assert_eq!(warps(&places, &bent, &still), vec![0.0; FRAMES]);
        let (_, late) = grid(bend(5));
        let (_, moving) = grid(|_, t| Vector2::new(t as f64, 0.0));
        assert_eq!(warps(&places, &late, &moving)[1..], [0.0; FRAMES - 1]);
    }

    #[test]
    fn what_slides_keeps_its_shape() {
        let (places, slid) = grid(|_, t| Vector2::new(t.saturating_sub(5) as f64, 0.0));
        let (_, still) = grid(|_, _| Vector2::zeros());
        assert!(warps(&places, &slid, &still).iter().all(|w| *w < 0.05));
    }
}
