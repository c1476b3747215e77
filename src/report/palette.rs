//! One colour map for every picture of drift.

/// Inferno, by the polynomial fit of Matt Zucker (public domain, `shadertoy.com/view/WlfXRN`) to the map of
/// Stéfan van der Walt and Nathaniel Smith: perceptually uniform, readable in grey and with every colour vision.
/// `level` is in `0..=1`, the answer is gamma-encoded R'G'B' in `0..=1`.
pub(super) fn inferno(level: f32) -> [f32; 3] {
    const COEFFICIENTS: [[f32; 3]; 7] = [
        [0.000_218_94, 0.001_651, -0.019_480_9],
        [0.106_513, 0.563_956, 3.932_71],
        [11.602_5, -3.972_85, -15.942_4],
        [-41.703_996, 17.436_4, 44.354_145],
        [77.162_93, -33.402_36, -81.807_31],
        [-71.319_43, 32.626_064, 73.209_52],
        [25.131_126, -12.242_669, -23.070_326],
    ];
    let t = level.clamp(0.0, 1.0);
    let mut rgb = [0.0; 3];
    for row in COEFFICIENTS.iter().rev() {
        for (value, c) in rgb.iter_mut().zip(row) {
            *value = *value * t + c;
        }
    }
    rgb.map(|v: f32| v.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::inferno;

    /// Against matplotlib's table; the fit is within 0.01 everywhere (its author's figure), margin ×2.
    #[test]
    fn follows_matplotlib() {
        let reference: [(f32, [f32; 3]); 3] =
            [(0.0, [0.0015, 0.0005, 0.0139]), (0.5, [0.7357, 0.2159, 0.3302]), (1.0, [0.9884, 0.9984, 0.6449])];
        for (level, expected) in reference {
            for (value, expected) in inferno(level).into_iter().zip(expected) {
                assert!((value - expected).abs() < 0.02, "{level}: {value} {expected}");
            }
        }
    }

    #[test]
    fn lightness_rises() {
        let luma = |level: f32| inferno(level).iter().zip([0.2126, 0.7152, 0.0722]).map(|(v, w)| v * w).sum::<f32>();
        for step in 0..50 {
            assert!(luma((step + 1) as f32 / 50.0) > luma(step as f32 / 50.0), "{step}");
        }
    }
}
