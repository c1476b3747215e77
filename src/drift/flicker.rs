//! Brightness that jumps and comes back: what a median of three frames takes off the registered log-gain. Neither slow light
//! changes nor a step to another level have any.

use super::series::running_median;

/// For every frame, how far its log-gain lies from the middle one of it and its neighbours, percent of brightness.
pub(super) fn jumps(log_gains: &[f64]) -> Vec<f64> {
    let calm = running_median(log_gains, 1);
    let last = log_gains.len().saturating_sub(1);
    let jump = |t: usize| if t == 0 || t == last { 0.0 } else { 100.0 * (log_gains[t] - calm[t]).abs() };
    (0..log_gains.len()).map(jump).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fade_does_not_flicker_and_alternation_does() {
        let fade: Vec<f64> = (0..10).map(|t| 0.05 * f64::from(t)).collect();
        assert!(jumps(&fade).iter().all(|&j| j < 1e-9));
        assert!(jumps(&[0.0, 0.0, 0.3, 0.3, 0.3]).iter().all(|&j| j == 0.0));
        let alternating: Vec<f64> = (0..10).map(|t| if t % 2 == 0 { 0.02 } else { -0.02 }).collect();
        // 0.02 against neighbours at -0.02: 4 %
        assert!((jumps(&alternating)[4] - 4.0).abs() < 1e-9);
    }
}
