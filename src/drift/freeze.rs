//! Frames that stand still while their neighbourhood moves.

use super::series::summary;

/// Seconds to both sides that say how much this stretch moves, and the fewest and most frames taken for it.
const CONTEXT_SECS: f64 = 1.0;
const CONTEXT_FRAMES: (usize, usize) = (8, 60);
/// Change below this share of the neighbourhood's is standing still.
const STILL: f64 = 0.25;
/// Change that two encodes of the same picture may differ by, mean absolute levels.
const NOISE: f64 = 0.6;
/// Change of the neighbourhood from which there is motion at all, mean absolute levels.
const MOVES: f64 = 0.8;

/// For every frame, the length in frames of the still run that it belongs to; `changes[t]` is the mean absolute difference of
/// luma, levels, between frames `t - 1` and `t` (`changes[0]` is not used).
pub(super) fn runs(changes: &[f64], fps: f64) -> Vec<f64> {
    let context = ((CONTEXT_SECS * fps) as usize).clamp(CONTEXT_FRAMES.0, CONTEXT_FRAMES.1);
    let still: Vec<bool> = (0..changes.len()).map(|t| t > 0 && is_still(changes, t, context)).collect();
    let mut runs = vec![0.0; changes.len()];
    let mut start = 0;
    while start < still.len() {
        let end = (start..still.len()).find(|&t| still[t] != still[start]).unwrap_or(still.len());
        if still[start] {
            runs[start..end].fill((end - start) as f64);
        }
        start = end;
    }
    runs
}

fn is_still(changes: &[f64], t: usize, context: usize) -> bool {
    let around: Vec<f64> = (t.saturating_sub(context).max(1)..(t + context + 1).min(changes.len()))
        .filter(|&i| i != t)
        .map(|i| changes[i])
        .collect();
    let (mean, p95, _) = summary(&around);
    let usual = mean.max(0.5 * p95);
    changes[t] < NOISE && usual > MOVES && changes[t] < STILL * usual
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_inside_motion_is_a_freeze_and_a_still_clip_is_none() {
        let mut changes = vec![3.0; 30];
        changes[12..18].fill(0.05);
        let runs = runs(&changes, 24.0);
        assert_eq!(runs[14], 6.0);
        assert_eq!(runs[5], 0.0);
        assert!(super::runs(&[0.05; 30], 24.0).iter().all(|&r| r == 0.0));
    }
}
