//! Brightness that jumps and comes back: the second difference of the registered log-gain. Slow light changes have none.

/// For every frame, how far its log-gain lies from the line between its neighbours, percent of brightness.
pub(super) fn jumps(log_gains: &[f64]) -> Vec<f64> {
    let n = log_gains.len();
    let second = |t: usize| (log_gains[t] - 0.5 * (log_gains[t - 1] + log_gains[t + 1])).abs();
    (0..n).map(|t| if t == 0 || t + 1 >= n { 0.0 } else { 100.0 * second(t) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fade_does_not_flicker_and_alternation_does() {
        let fade: Vec<f64> = (0..10).map(|t| 0.05 * f64::from(t)).collect();
        assert!(jumps(&fade).iter().all(|&j| j < 1e-9));
        let alternating: Vec<f64> = (0..10).map(|t| if t % 2 == 0 { 0.02 } else { -0.02 }).collect();
        // 0.02 against neighbours at -0.02: 4 %
        assert!((jumps(&alternating)[4] - 4.0).abs() < 1e-9);
    }
}
