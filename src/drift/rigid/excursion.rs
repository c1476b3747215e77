//! Shapes that come and go. A rigid body has inertia, and so has the camera before it: the picture's shape may change as the body
//! turns, but it does not jump to another one and back within a fraction of a second, unless everything was shaken by as much.
//! One body with a free view in every frame would explain just that: a bend of a few frames is a turn of some relief, and back.

use super::{LEAST, MOSTLY, bundle::Sights, enough, evidence, field, share};
use nalgebra::Vector2;

/// Longest time for which a shape is compared with those before and after it, seconds: turns take longer to reverse.
const SOON: f64 = 0.34;
/// Nearest looks that one is compared with: beside the next ones, jitter of the tracks is as large as what a turn goes on by.
const NEAREST: usize = 2;
/// Fewest landmarks that determine a smooth field: four for each of its unknowns.
const FEWEST: usize = 4 * field::UNKNOWNS;
/// Change of shape per motion there and back of the subject: things are less deep than they are far (as in [`super::bundle`]).
const RELIEF: f64 = 0.15;
/// The same per motion of what stands around, which may be that of a camera that follows the subject.
const PARALLAX: f64 = 0.25;

/// How far each frame's landmarks leave the shape that they had before and have again after, beyond what shaking excuses: root mean
/// square pixels, per frame, of frames at `times` (seconds).
pub(super) fn excursions(places: &[Vector2<f64>], subject: &Sights, background: &Sights, times: &[f64]) -> Vec<f64> {
    let most = |t: usize| {
        let soon = (NEAREST..=t.min(times.len() - 1 - t))
            .take_while(|k| (times[t] - times[t - k]).max(times[t + k] - times[t]) <= SOON);
        soon.map(|k| excursion(places, subject, background, [t - k, t, t + k])).fold(0.0, f64::max)
    };
    closed(&(0..times.len()).map(most).collect::<Vec<f64>>(), times)
}

/// Without the gaps that are too short to be believed: what was out of shape just before and is again soon after was not cured in
/// between, but followed badly.
fn closed(series: &[f64], times: &[f64]) -> Vec<f64> {
    let most = |range: std::ops::Range<usize>, t: usize| {
        range.filter(|&s| (times[s] - times[t]).abs() <= SOON).map(|s| series[s]).fold(0.0, f64::max)
    };
    (0..series.len()).map(|t| series[t].max(most(0..t, t).min(most(t + 1..series.len(), t)))).collect()
}

fn excursion(places: &[Vector2<f64>], subject: &Sights, background: &Sights, frames: [usize; 3]) -> f64 {
    let moved = motions(subject, frames);
    // a fault hides marks and gives them back; what turns away before or after it is followed badly at its rims
    let whole = [frames[0], frames[2]].iter().all(|&t| share(&subject.frames[t]) >= MOSTLY);
    if !whole || !enough(&moved) || moved.iter().flatten().count() < FEWEST {
        return 0.0;
    }
    let [from, to] = [0, 1].map(|side| {
        let moved: Vec<_> = moved.iter().map(|moved| moved.map(|moved| moved[side])).collect();
        Change::new(places, subject, frames[1], &moved)
    });
    let own: Vec<f64> = from.slid.iter().zip(&to.slid).map(|(from, to)| shaken(from, to)).collect();
    let around: Vec<f64> = motions(background, frames).iter().flatten().map(|[from, to]| shaken(from, to)).collect();
    let around = if around.len() < LEAST { 0.0 } else { PARALLAX * median(around) };
    let excused = around.max(RELIEF * median(own));
    from.warped.min(to.warped) * (in_common(&from.shape, &to.shape) - excused).max(0.0)
}

/// How far a place is from the middle between where it was before and where it is after: it is shaken there and back by as much.
fn shaken(from: &Vector2<f64>, to: &Vector2<f64>) -> f64 {
    0.5 * (from + to).norm()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// Root mean square length that two fields have in common: that of one as far as it points along the longer; 0 of opposite ones.
fn in_common(a: &[Vector2<f64>], b: &[Vector2<f64>]) -> f64 {
    let dot = |a: &[Vector2<f64>], b: &[Vector2<f64>]| a.iter().zip(b).map(|(a, b)| a.dot(b)).sum::<f64>();
    let longer = dot(a, a).max(dot(b, b)).max(f64::MIN_POSITIVE);
    dot(a, b).max(0.0) / (longer * a.len().max(1) as f64).sqrt()
}

/// How a frame differs from another.
struct Change {
    /// Change of shape at each landmark that is seen, beyond a similarity, pixels.
    shape: Vec<Vector2<f64>>,
    /// The similarity there, pixels.
    slid: Vec<Vector2<f64>>,
    /// How surely it is a change of shape, `0..=1`.
    warped: f64,
}

impl Change {
    /// For landmarks that came to frame `t` by `moved` pixels.
    fn new(places: &[Vector2<f64>], sights: &Sights, t: usize, moved: &[Option<Vector2<f64>>]) -> Self {
        let is_seen: Vec<usize> = (0..moved.len()).filter(|&i| moved[i].is_some()).collect();
        let places: Vec<Vector2<f64>> = is_seen.iter().map(|&i| places[i]).collect();
        let weights: Vec<f64> = is_seen.iter().map(|&i| sights.weights[i]).collect();
        let seen: Vec<_> = is_seen.iter().map(|&i| sights.frames[t][i]).collect();
        let moved: Vec<Option<Vector2<f64>>> = is_seen.iter().map(|&i| moved[i]).collect();
        let field = field::smooth(&places, &weights, &seen, &moved);
        let slid = evidence::similar(&places, &field);
        let shape: Vec<Vector2<f64>> = field.iter().zip(&slid).map(|(field, slid)| field - slid).collect();
        let left: Vec<Option<Vector2<f64>>> =
            moved.iter().zip(&slid).map(|(moved, slid)| moved.map(|moved| moved - slid)).collect();
        let off = evidence::unexplained(&seen, &left);
        Self { warped: evidence::warped(off, &seen, &left, &shape), shape, slid }
    }
}

/// How far each landmark moved to the middle one of three frames, from the first and from the last: pixels; `None` where one of them
/// does not show it.
fn motions(sights: &Sights, [before, here, after]: [usize; 3]) -> Vec<Option<[Vector2<f64>; 2]>> {
    let at = |t: usize, i: usize| sights.frames[t][i].as_ref().map(|sight| sight.at);
    let moved = |i: usize| {
        let here = at(here, i)?;
        Some([here - at(before, i)?, here - at(after, i)?])
    };
    (0..sights.rays.len()).map(moved).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::stage, *};

    const FRAMES: usize = 24;

    /// A bow of `size` pixels, and how much it is out of shape beyond a similarity.
    fn bow(p: Vector2<f64>, size: f64) -> Vector2<f64> {
        Vector2::new(size * (p.y / 55.0 - 1.0).powi(2), 0.0)
    }

    fn out_of_shape(size: f64) -> f64 {
        let rows: Vec<f64> = (0..12).map(|k| (f64::from(k) / 5.5 - 1.0).powi(2)).collect();
        let mean = rows.iter().sum::<f64>() / 12.0;
        size * (rows.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / 12.0).sqrt()
    }

    /// Per frame at 24 frames a second, of a subject and a background that move by `subject` and `background`.
    fn measured(
        subject: impl Fn(Vector2<f64>, usize) -> Vector2<f64>,
        background: impl Fn(Vector2<f64>, usize) -> Vector2<f64>,
    ) -> Vec<f64> {
        measured_where(subject, background, |_, _| true)
    }

    /// The same of a subject whose landmarks `is_seen` picks by index and frame.
    fn measured_where(
        subject: impl Fn(Vector2<f64>, usize) -> Vector2<f64>,
        background: impl Fn(Vector2<f64>, usize) -> Vector2<f64>,
        is_seen: impl Fn(usize, usize) -> bool,
    ) -> Vec<f64> {
        let (places, mut subject) = stage::grid(12, FRAMES, subject);
        for (t, frame) in subject.frames.iter_mut().enumerate() {
            (0..frame.len()).filter(|&i| !is_seen(i, t)).for_each(|i| frame[i] = None);
        }
        let times: Vec<f64> = (0..FRAMES).map(|t| t as f64 / 24.0).collect();
        excursions(&places, &subject, &stage::grid(12, FRAMES, background).1, &times)
    }

    fn is_in_the_middle(t: usize) -> bool {
        (8..16).contains(&t)
    }

    #[test]
    fn a_bow_of_a_third_of_a_second_is_one_while_the_camera_comes_near() {
        let near = |p: Vector2<f64>, t: usize| p * (0.005 * t as f64);
        let bent = |p, t| near(p, t) + bow(p, if is_in_the_middle(t) { 6.0 } else { 0.0 });
        let measured = measured(bent, near);
        for (t, excursion) in measured.iter().enumerate() {
            // the bow slides the subject, too, and a seventh of that might be relief
            let expected = if is_in_the_middle(t) { out_of_shape(6.0) } else { 0.0 };
            assert!(*excursion <= expected + 0.05 && *excursion >= 0.6 * expected, "{t}: {excursion} of {expected}");
        }
    }

    #[test]
    fn a_fault_may_hide_marks_and_gives_them_back_and_a_turn_does_not() {
        let still = |_: Vector2<f64>, _: usize| Vector2::zeros();
        let bowed = |p, t| bow(p, if is_in_the_middle(t) { 6.0 } else { 0.0 });
        let most = |measured: Vec<f64>| measured.into_iter().fold(0.0, f64::max);
        // five of nine are left, four of nine hidden
        let is_left = |i: usize| i % 9 >= 4;
        assert!(
            most(measured_where(bowed, still, |i, t| !is_in_the_middle(t) || is_left(i))) > 0.5 * out_of_shape(6.0)
        );
        assert_eq!(most(measured_where(bowed, still, |i, t| t < 16 || !is_left(i))), 0.0);
    }

    #[test]
    fn what_goes_on_or_stays_is_a_turn() {
        let still = |_: Vector2<f64>, _: usize| Vector2::zeros();
        assert!(measured(|p, t| bow(p, 0.5 * t as f64), still).iter().all(|e| *e < 0.05));
        assert!(measured(|p, t| bow(p, if t < 8 { 0.0 } else { 6.0 }), still).iter().all(|e| *e < 0.05));
    }

    #[test]
    fn a_camera_that_is_shaken_may_show_relief() {
        let shaken = |_: Vector2<f64>, t: usize| Vector2::new(0.0, if is_in_the_middle(t) { 20.0 } else { 0.0 });
        let bowed = |p, t| bow(p, if is_in_the_middle(t) { 6.0 } else { 0.0 });
        assert!(measured(bowed, shaken).iter().all(|e| *e == 0.0));
    }

    #[test]
    fn a_short_gap_is_closed_and_nothing_grows_outside() {
        let times: Vec<f64> = (0..12).map(|t| f64::from(t) / 12.0).collect();
        let series = [0.0, 0.0, 0.5, 0.0, 0.1, 0.7, 0.0, 0.0, 0.0, 0.0, 0.0, 0.3];
        // within a third of a second, four frames, of both of its ends; the second gap is longer
        let expected = [0.0, 0.0, 0.5, 0.5, 0.5, 0.7, 0.0, 0.3, 0.3, 0.3, 0.0, 0.3];
        assert_eq!(closed(&series, &times), expected);
    }
}
