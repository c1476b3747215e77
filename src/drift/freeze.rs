//! Frames that stand still while their neighbourhood moves.

/// Frame rate at which a still run's length is told: faster clips may repeat a frame where the eye sees none stand.
const CINEMA: f64 = 24.0;
/// Seconds right before and after a still run that say how fast the clip moves there.
const BESIDE_SECS: f64 = 0.2;
/// The same in frames, at least.
const LEAST_BESIDE: usize = 5;
/// Change below this share of the frames beside is standing still.
const STILL: f64 = 0.2;
/// Change that two encodes of the same picture may differ by, levels.
const NOISE: f64 = 1.0;
/// Change beside the run from which there is motion at all, levels.
const MOVES: f64 = 1.0;
/// The same for a run that lasts to the clip's end: encoders make stillness of the last of a slow move.
const MOVES_TO_THE_END: f64 = 3.0;

/// Share of the change one frame before, and of the one before that, below which a move slows down: a camera that
/// eases out has 0.41 and 0.67 there.
const SLOWS: [f64; 2] = [0.75, 0.9];

/// Seconds within which a freeze sets in: a move that eases to its end takes longer.
const SETS_IN_SECS: f64 = 1.0 / 12.0;
/// The same in frames, at least.
const LEAST_SETS_IN: usize = 2;

/// For every frame, the length of the still run that it belongs to, in frames, of a faster clip in 24ths of a second; `changes[t]`
/// is the change from frame `t - 1` to frame `t` where most changes, levels of luma (`changes[0]` is not used).
///
/// Motion that eases to a stop or starts gently is no freeze: the frames right beside the run are hardly faster than it.
pub(super) fn runs(changes: &[f64], fps: f64) -> Vec<f64> {
    let pace = Pace::of(fps);
    let mut runs = vec![0.0; changes.len()];
    let mut start = 1;
    while start < changes.len() {
        let quiet = |t: &usize| changes[*t] < NOISE;
        let end = (start..changes.len()).find(|t| !quiet(t)).unwrap_or(changes.len());
        if let Some((from, to)) = still_part(changes, start, end, &pace) {
            runs[from..to].fill((to - from) as f64 * pace.length);
        }
        start = end.max(start) + 1;
    }
    runs
}

/// What a frame rate makes of the spans of time above.
struct Pace {
    beside: usize,
    sets_in: usize,
    /// Length of a frame as it counts.
    length: f64,
}

impl Pace {
    fn of(fps: f64) -> Self {
        let frames = |secs: f64, least: usize| ((secs * fps).round() as usize).max(least);
        Self {
            beside: frames(BESIDE_SECS, LEAST_BESIDE),
            sets_in: frames(SETS_IN_SECS, LEAST_SETS_IN),
            length: (CINEMA / fps.max(1.0)).min(1.0),
        }
    }
}

/// The part of a quiet run that stands still against what is right beside it.
fn still_part(changes: &[f64], start: usize, end: usize, pace: &Pace) -> Option<(usize, usize)> {
    let before = typical(&changes[start.saturating_sub(pace.beside).max(1)..start]);
    let after = typical(&changes[end..(end + pace.beside).min(changes.len())]);
    let (beside, moves) = match (before, after) {
        (Some(a), Some(b)) => (a.min(b), MOVES),
        // after a burst, the clip's usual pace is no stop
        (Some(a), None) => (typical(&changes[1..start]).map_or(a, |usual| a.min(usual)), MOVES_TO_THE_END),
        (None, _) => return None,
    };
    if beside < moves {
        return None;
    }
    let still: Vec<usize> = (start..end).filter(|&t| changes[t] < STILL * beside).collect();
    let (first, last) = (*still.first()?, *still.last()?);
    if comes_to_rest(&changes[1..first], STILL * beside) {
        return None;
    }
    let moved = (1..first).rev().find(|&t| changes[t] >= 0.5 * before.unwrap_or(beside))?;
    (first - moved <= pace.sets_in).then_some((first, last + 1))
}

/// Whether the last of some changes fell one after the other, and by going on so would be no more than `still` in the next frame.
fn comes_to_rest(changes: &[f64], still: f64) -> bool {
    let Some(&[c, b, a]) = changes.last_chunk() else { return false };
    a < SLOWS[0] * b && b < SLOWS[1] * c && 2.0 * a - b < still
}

fn typical(changes: &[f64]) -> Option<f64> {
    // the median: one jump beside a still scene is a glitch, not motion
    super::series::running_median(changes, changes.len()).first().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_move_that_slows_down_to_a_stop_comes_to_rest() {
        let slowing = [0.0, 4.5, 4.6, 4.7, 4.4, 4.1, 3.6, 2.9, 1.9, 0.8, 0.01, 0.01, 0.01, 0.01];
        assert_eq!(runs(&slowing, 24.0), vec![0.0; 14]);
        let stopped = [0.0, 4.5, 4.6, 4.7, 4.4, 4.1, 3.6, 3.5, 3.3, 1.4, 0.01, 0.01, 0.01, 0.01];
        assert_eq!(runs(&stopped, 24.0)[10..], [4.0; 4]);
    }

    #[test]
    fn a_burst_between_slow_motion_and_slow_motion_to_the_end_is_no_freeze() {
        let mut changes = vec![0.3; 60];
        changes[20..27].fill(6.0);
        changes[27..].fill(0.5);
        assert!(runs(&changes, 24.0).iter().all(|&r| r == 0.0));
        changes.fill(4.0);
        changes[40..].fill(0.1);
        assert_eq!(runs(&changes, 24.0)[50], 20.0);
    }

    #[test]
    fn a_stop_inside_motion_is_a_freeze_and_a_still_clip_is_none() {
        let mut changes = vec![3.0; 30];
        changes[12..18].fill(0.05);
        let found = runs(&changes, 24.0);
        assert_eq!(found[14], 6.0);
        assert_eq!(found[5], 0.0);
        assert!(runs(&[0.05; 30], 24.0).iter().all(|&r| r == 0.0));
    }

    #[test]
    fn a_move_that_comes_to_rest_is_no_freeze_and_one_that_stops_dead_is() {
        // the speed of a quintic ease over 3 s at 24 frames per second, 6 levels at its fastest
        let speed = |t: f64| 6.0 * (4.0 * t * (1.0 - t)).powi(2);
        let eased: Vec<f64> = (0..72).map(|t| speed(f64::from(t) / 71.0)).collect();
        assert!(runs(&eased, 24.0).iter().all(|&r| r == 0.0), "{:?}", runs(&eased, 24.0));
        let stopped: Vec<f64> = (0..72).map(|t| if t < 40 { speed(f64::from(t) / 71.0) } else { 0.02 }).collect();
        assert_eq!(runs(&stopped, 24.0)[50], 32.0);
    }

    #[test]
    fn the_end_of_a_slow_move_that_the_encoder_swallows_is_no_freeze() {
        // twice the mean change of a push-in of 2 s at 384 x 480, as x264 leaves it
        let mut changes = vec![3.0; 34];
        changes.extend([2.2, 1.9, 1.74, 1.7, 1.34, 0.94, 1.0, 0.92, 0.38, 0.32, 0.1, 0.04, 0.04]);
        assert!(runs(&changes, 24.0).iter().all(|&r| r == 0.0), "{:?}", runs(&changes, 24.0));
    }

    #[test]
    fn motion_that_eases_in_and_out_is_no_freeze() {
        let eased: Vec<f64> = (0..40).map(|t| 3.0 * (std::f64::consts::PI * f64::from(t) / 39.0).sin()).collect();
        assert!(runs(&eased, 24.0).iter().all(|&r| r == 0.0), "{:?}", runs(&eased, 24.0));
    }

    #[test]
    fn a_frame_that_is_shown_twice_at_a_high_rate_is_no_freeze() {
        let mut changes = vec![3.0; 60];
        changes[30..34].fill(0.05);
        assert_eq!(runs(&changes, 24.0)[31], 4.0);
        assert!((runs(&changes, 60.0)[31] - 1.6).abs() < 1e-9);
    }
}
