//! Robust statistics of values over pixels and over frames.

/// Values at the beginning whose median says what is there from the start.
const FIRST: usize = 5;

/// The `q` quantile (`0..=1`, nearest rank) of values that are finite; `None` of nothing.
pub(crate) fn quantile(values: &mut Vec<f32>, q: f64) -> Option<f32> {
    values.retain(|v| v.is_finite());
    if values.is_empty() {
        return None;
    }
    let rank = ((values.len() - 1) as f64 * q.clamp(0.0, 1.0)).round() as usize;
    let (_, value, _) = values.select_nth_unstable_by(rank, f32::total_cmp);
    Some(*value)
}

/// The value below which `q` of the weight lies; `None` without weight. Pairs are `(value, weight)`.
pub(crate) fn weighted_quantile(pairs: &mut Vec<(f32, f32)>, q: f64) -> Option<f32> {
    pairs.retain(|(v, w)| v.is_finite() && *w > 0.0);
    pairs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let total: f64 = pairs.iter().map(|p| f64::from(p.1)).sum();
    let mut below = 0.0;
    for &(value, weight) in pairs.iter() {
        below += f64::from(weight);
        if below >= q * total {
            return Some(value);
        }
    }
    pairs.last().map(|p| p.0)
}

/// From 0 where something begins to 1 where it surely is.
pub(crate) fn ramp(value: f64, (begins, surely): (f64, f64)) -> f64 {
    ((value - begins) / (surely - begins)).clamp(0.0, 1.0)
}

/// Median of each value and its neighbours `radius` frames to both sides; the ends use what there is.
pub(crate) fn running_median(series: &[f64], radius: usize) -> Vec<f64> {
    (0..series.len())
        .map(|i| {
            let mut near = series[i.saturating_sub(radius)..(i + radius + 1).min(series.len())].to_vec();
            near.sort_unstable_by(f64::total_cmp);
            near[(near.len() - 1) / 2]
        })
        .collect()
}

/// What stays from each value on to the end, beyond what is there from the start: what passes goes on.
pub(crate) fn for_good(series: &[f64]) -> Vec<f64> {
    let mut first = series[..series.len().min(FIRST)].to_vec();
    first.sort_unstable_by(f64::total_cmp);
    let usual = first.get(first.len() / 2).copied().unwrap_or(0.0);
    let mut least = f64::INFINITY;
    let mut for_good: Vec<f64> = series
        .iter()
        .rev()
        .map(|value| {
            least = least.min(*value);
            (least - usual).max(0.0)
        })
        .collect();
    for_good.reverse();
    for_good
}

/// Largest value within `radius` on each side, at least 0.
pub(crate) fn running_max(series: &[f64], radius: usize) -> Vec<f64> {
    let near = |t: usize| &series[t.saturating_sub(radius)..(t + radius + 1).min(series.len())];
    (0..series.len()).map(|t| near(t).iter().copied().fold(0.0, f64::max)).collect()
}

/// Mean of `length` consecutive values around each; at the ends the first and the last window.
pub(crate) fn running_mean(series: &[f64], length: usize) -> Vec<f64> {
    let length = length.clamp(1, series.len().max(1));
    (0..series.len())
        .map(|t| {
            let from = t.saturating_sub(length / 2).min(series.len() - length);
            series[from..from + length].iter().sum::<f64>() / length as f64
        })
        .collect()
}

/// Mean, 95th percentile (nearest rank) and maximum; zeros of nothing.
pub(crate) fn summary(series: &[f64]) -> (f64, f64, f64) {
    if series.is_empty() {
        return (0.0, 0.0, 0.0);
    }
    let mut sorted = series.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let mean = series.iter().sum::<f64>() / series.len() as f64;
    let p95 = sorted[((sorted.len() - 1) as f64 * 0.95).round() as usize];
    (mean, p95, sorted[sorted.len() - 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_ignore_what_is_not_a_number() {
        assert_eq!(quantile(&mut vec![3.0, f32::NAN, 1.0, 2.0], 0.5), Some(2.0));
        assert_eq!(quantile(&mut vec![], 0.5), None);
        assert_eq!(quantile(&mut vec![f32::INFINITY], 0.5), None);
    }

    #[test]
    fn weight_moves_the_quantile() {
        assert_eq!(weighted_quantile(&mut vec![(1.0, 1.0), (2.0, 1.0), (9.0, 8.0)], 0.5), Some(9.0));
        assert_eq!(weighted_quantile(&mut vec![(1.0, 8.0), (2.0, 1.0), (9.0, 1.0)], 0.5), Some(1.0));
    }

    #[test]
    fn a_running_mean_keeps_its_length_at_the_ends() {
        assert_eq!(running_mean(&[3.0, 0.0, 0.0, 6.0], 3), vec![1.0, 1.0, 2.0, 2.0]);
        assert_eq!(running_mean(&[2.0, 4.0], 9), vec![3.0, 3.0]);
        assert!(running_mean(&[], 9).is_empty());
    }

    #[test]
    fn a_running_median_drops_a_spike_and_keeps_a_step() {
        assert_eq!(running_median(&[0.0, 0.0, 9.0, 0.0, 0.0], 1), vec![0.0; 5]);
        assert_eq!(running_median(&[0.0, 0.0, 9.0, 9.0, 9.0], 1), vec![0.0, 0.0, 9.0, 9.0, 9.0]);
    }

    #[test]
    fn what_comes_back_and_what_was_there_from_the_start_does_not_stay_for_good() {
        let for_good = for_good(&[0.1, 0.1, 0.1, 0.1, 0.1, 0.4, 0.1, 0.2, 0.3, 0.25]);
        let expected = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.1, 0.15, 0.15];
        assert!(for_good.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9), "{for_good:?}");
    }
}
