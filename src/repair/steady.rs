//! Corrections over time: colour maps that change as smoothly as the clip does, and the light that a clip would have if it
//! did not flicker.

use super::ColorMap;

/// Weights of a frame's own map and of those one and two frames away: binomial.
const NEAR: [f32; 3] = [6.0, 4.0, 1.0];
/// Spread of the frames that say how bright a frame should be, frames.
const CALM_SIGMA: f64 = 3.0;
/// Reach of the same, frames.
const CALM_REACH: usize = 9;

/// Maps of consecutive frames, each blended with its neighbours, so that the noise of fitting does not show as flicker.
pub fn steadied(maps: &[Option<ColorMap>]) -> Vec<Option<ColorMap>> {
    let at = |t: usize| {
        let own = maps[t].as_ref()?;
        let near = t.saturating_sub(2)..=(t + 2).min(maps.len() - 1);
        let parts: Vec<_> = near.filter_map(|s| Some((maps[s].as_ref()?, NEAR[s.abs_diff(t)]))).collect();
        Some(ColorMap::blend(own, &parts))
    };
    (0..maps.len()).map(at).collect()
}

/// The factors (ratios of Oklab L) that take the flicker off logarithmic gains of consecutive frames: a line through the
/// frames around (local regression, Cleveland 1979) that single flashes do not pull. Fades stay, and a step is kept within
/// a few frames.
pub fn deflickering(log_gains: &[f32]) -> Vec<f32> {
    let calm: Vec<f64> = (0..log_gains.len()).map(|t| middle(log_gains, t)).collect();
    (0..log_gains.len()).map(|t| (line_at(&calm, t) - f64::from(log_gains[t])).exp() as f32).collect()
}

/// The middle one of a value and its neighbours.
fn middle(values: &[f32], t: usize) -> f64 {
    if t == 0 || t + 1 >= values.len() {
        return f64::from(values[t]);
    }
    let mut three = [values[t - 1], values[t], values[t + 1]];
    three.sort_unstable_by(f32::total_cmp);
    f64::from(three[1])
}

/// The value at `t` of the line that fits the values around it.
fn line_at(values: &[f64], t: usize) -> f64 {
    let (mut w, mut x, mut y, mut xx, mut xy) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (s, value) in values.iter().enumerate().take(t + CALM_REACH + 1).skip(t.saturating_sub(CALM_REACH)) {
        let distance = s as f64 - t as f64;
        let weight = (-0.5 * (distance / CALM_SIGMA).powi(2)).exp();
        w += weight;
        x += weight * distance;
        y += weight * value;
        xx += weight * distance * distance;
        xy += weight * distance * value;
    }
    let spread = w * xx - x * x;
    if spread > 0.0 { (y * xx - x * xy) / spread } else { y / w }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fade_stays_and_alternation_goes() {
        let fade: Vec<f32> = (0..30).map(|t| 0.02 * t as f32).collect();
        assert!(deflickering(&fade).iter().all(|f| (f - 1.0).abs() < 1e-4));
        let flicker: Vec<f32> = (0..30).map(|t| 0.02 * t as f32 + if t % 2 == 0 { 0.03 } else { -0.03 }).collect();
        let left: Vec<f32> = flicker.iter().zip(deflickering(&flicker)).map(|(g, f)| g + f.ln()).collect();
        for (t, left) in left.iter().enumerate().take(26).skip(4) {
            assert!((left - 0.02 * t as f32).abs() < 0.004, "{t}: {left}");
        }
    }

    #[test]
    fn a_flash_is_taken_off_alone() {
        let mut gains = vec![0.0; 21];
        gains[10] = 0.2;
        let factors = deflickering(&gains);
        assert!((factors[10].ln() + 0.2).abs() < 1e-4);
        assert!((0..21).filter(|&t| t != 10).all(|t| (factors[t] - 1.0).abs() < 1e-4));
        assert!(deflickering(&[]).is_empty());
    }
}
