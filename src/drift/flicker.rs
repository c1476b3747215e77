//! Brightness that jumps and comes back: what a median of three frames takes off the registered log-gain. Neither slow light
//! changes nor a step to another level have any, and one jump alone is a flash, not flicker.

use super::series::running_median;

/// Frames to both sides among which a jump needs a second one.
const NEAR: usize = 4;

/// For every frame, how far its log-gain lies from the middle one of it and its neighbours, percent of brightness; no more than the
/// largest other such jump nearby.
pub(super) fn jumps(log_gains: &[f64]) -> Vec<f64> {
    let calm = running_median(log_gains, 1);
    let last = log_gains.len().saturating_sub(1);
    let jump = |t: usize| if t == 0 || t == last { 0.0 } else { 100.0 * (log_gains[t] - calm[t]).abs() };
    let second = |t: usize| {
        (t.saturating_sub(NEAR)..=(t + NEAR).min(last)).filter(|&other| other != t).map(jump).fold(0.0, f64::max)
    };
    (0..log_gains.len()).map(|t| jump(t).min(second(t))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fade_does_not_flicker_and_alternation_does() {
        let fade: Vec<f64> = (0..10).map(|t| 0.05 * f64::from(t)).collect();
        assert!(jumps(&fade).iter().all(|&j| j < 1e-9));
        assert!(jumps(&[0.0, 0.0, 0.3, 0.3, 0.3]).iter().all(|&j| j == 0.0));
        let flash: Vec<f64> = (0..10).map(|t| if t == 5 { 0.3 } else { 0.0 }).collect();
        assert!(jumps(&flash).iter().all(|&j| j == 0.0));
        let alternating: Vec<f64> = (0..10).map(|t| if t % 2 == 0 { 0.02 } else { -0.02 }).collect();
        // 0.02 against neighbours at -0.02: 4 %
        assert!((jumps(&alternating)[4] - 4.0).abs() < 1e-9);
    }
}
