//! Hard cuts: one step between frames that is far larger than the steps around it.

use crate::frame::{Plane, Size, pyramid};

/// Longest side of the thumbnails that are compared, pixels.
const THUMBNAIL: usize = 48;
/// Frames to both sides whose steps say what is usual here.
const CONTEXT: usize = 4;

/// A frame's thumbnail.
pub(super) fn thumbnail(luma: &Plane<f32>) -> Plane<f32> {
    pyramid::resize(luma, Size::new(luma.width(), luma.height()).fit(THUMBNAIL))
}

/// How unlike two thumbnails are, `0..=1`: one minus their zero-mean correlation, or the distance of their grey histograms
/// where that is larger.
pub(super) fn step(a: &Plane<f32>, b: &Plane<f32>) -> f32 {
    let n = a.data().len() as f64;
    if n == 0.0 {
        return 0.0;
    }
    let mean = |p: &Plane<f32>| p.data().iter().map(|&v| f64::from(v)).sum::<f64>() / n;
    let (ma, mb) = (mean(a), mean(b));
    let (mut saa, mut sbb, mut sab) = (n, n, n); // one level² of noise: flat pictures are alike
    for (&x, &y) in a.data().iter().zip(b.data()) {
        let (x, y) = (f64::from(x) - ma, f64::from(y) - mb);
        saa += x * x;
        sbb += y * y;
        sab += x * y;
    }
    (1.0 - sab / (saa * sbb).sqrt()).clamp(0.0, 1.0) as f32
}

/// How far each step stands out from its neighbourhood, `0..=1`; entry `t` belongs to the step from frame `t - 1` to `t`.
pub(super) fn jumps(steps: &[f64]) -> Vec<f64> {
    (0..steps.len())
        .map(|t| {
            let mut near: Vec<f64> = (t.saturating_sub(CONTEXT)..(t + CONTEXT + 1).min(steps.len()))
                .filter(|&i| i != t && i != 0)
                .map(|i| steps[i])
                .collect();
            near.sort_unstable_by(f64::total_cmp);
            // the second largest neighbour: a cut to one wrong frame and back is two steps
            let usual = near.iter().rev().nth(1).or(near.last()).copied().unwrap_or(0.0);
            (steps[t] - 2.0 * usual).max(0.0)
        })
        .collect()
}
