//! CIEDE2000, the colour difference that fits what people see best: Sharma, Wu and Dalal, “The CIEDE2000 color-difference
//! formula: implementation notes, supplementary test data, and mathematical observations”, 2005.

/// Reference white D65 of sRGB (IEC 61966-2-1), X, Y, Z.
const WHITE: [f32; 3] = [0.950_47, 1.0, 1.088_83];
/// Where the cube root of CIELAB turns into a line, and the slope of that line (CIE 15).
const EPSILON: f32 = 216.0 / 24_389.0;
const KAPPA: f32 = 24_389.0 / 27.0;
/// 25⁷ of the formula.
const POW25_7: f32 = 6_103_515_625.0;

/// CIELAB (D65) of gamma-encoded sRGB `0..=1`: L* `0..=100`, a*, b*.
pub fn lab_from_srgb(rgb: [f32; 3]) -> [f32; 3] {
    let [r, g, b] = rgb.map(linear);
    let xyz = [
        0.412_456_4 * r + 0.357_576_1 * g + 0.180_437_5 * b,
        0.212_672_9 * r + 0.715_152_2 * g + 0.072_175 * b,
        0.019_333_9 * r + 0.119_192 * g + 0.950_304_1 * b,
    ];
    let root = |(value, white): (f32, f32)| {
        let share = value / white;
        if share > EPSILON { share.cbrt() } else { (KAPPA * share + 16.0) / 116.0 }
    };
    let [x, y, z] = [root((xyz[0], WHITE[0])), root((xyz[1], WHITE[1])), root((xyz[2], WHITE[2]))];
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// ΔE₀₀ of two colours in CIELAB, all weights 1: about 1 is just noticeable side by side.
pub fn ciede2000([l1, a1, b1]: [f32; 3], [l2, a2, b2]: [f32; 3]) -> f32 {
    let mean_chroma = 0.5 * (a1.hypot(b1) + a2.hypot(b2));
    let g = 0.5 * (1.0 - pow7_share(mean_chroma));
    let (a1, a2) = ((1.0 + g) * a1, (1.0 + g) * a2);
    let (c1, c2) = (a1.hypot(b1), a2.hypot(b2));
    let hue = |a: f32, b: f32| if a == 0.0 && b == 0.0 { 0.0 } else { b.atan2(a).to_degrees().rem_euclid(360.0) };
    let (h1, h2) = (hue(a1, b1), hue(a2, b2));
    let is_grey = c1 * c2 == 0.0;
    let turn = match h2 - h1 {
        _ if is_grey => 0.0,
        turn if turn > 180.0 => turn - 360.0,
        turn if turn < -180.0 => turn + 360.0,
        turn => turn,
    };
    let (dl, dc) = (l2 - l1, c2 - c1);
    let dh = 2.0 * (c1 * c2).sqrt() * (0.5 * turn).to_radians().sin();
    let mean_hue = match h1 + h2 {
        sum if is_grey => sum,
        sum if (h1 - h2).abs() <= 180.0 => 0.5 * sum,
        sum if sum < 360.0 => 0.5 * (sum + 360.0),
        sum => 0.5 * (sum - 360.0),
    };
    let cos = |degrees: f32| degrees.to_radians().cos();
    let t = 1.0 - 0.17 * cos(mean_hue - 30.0) + 0.24 * cos(2.0 * mean_hue) + 0.32 * cos(3.0 * mean_hue + 6.0)
        - 0.20 * cos(4.0 * mean_hue - 63.0);
    let (l, c) = (0.5 * (l1 + l2) - 50.0, 0.5 * (c1 + c2));
    let weight_l = 1.0 + 0.015 * l * l / (20.0 + l * l).sqrt();
    let (weight_c, weight_h) = (1.0 + 0.045 * c, 1.0 + 0.015 * c * t);
    let rotation = -2.0 * pow7_share(c) * (60.0 * (-((mean_hue - 275.0) / 25.0).powi(2)).exp()).to_radians().sin();
    let (l, c, h) = (dl / weight_l, dc / weight_c, dh / weight_h);
    (l * l + c * c + h * h + rotation * c * h).max(0.0).sqrt()
}

/// √(c⁷ / (c⁷ + 25⁷)).
fn pow7_share(chroma: f32) -> f32 {
    let c7 = chroma.powi(7);
    (c7 / (c7 + POW25_7)).sqrt()
}

/// Light of a gamma-encoded sRGB channel.
fn linear(v: f32) -> f32 {
    if v <= 0.040_45 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pairs of the paper's table 1: every branch of the formula.
    #[test]
    fn agrees_with_the_paper() {
        for (one, other, expected) in [
            ([50.0, 2.6772, -79.7751], [50.0, 0.0, -82.7485], 2.0425),
            ([50.0, -1.3802, -84.2814], [50.0, 0.0, -82.7485], 1.0),
            ([50.0, 0.0, 0.0], [50.0, -1.0, 2.0], 2.3669),
            ([50.0, 2.49, -0.001], [50.0, -2.49, 0.0009], 7.1792),
            ([50.0, 2.49, -0.001], [50.0, -2.49, 0.0011], 7.2195),
            ([50.0, 2.5, 0.0], [50.0, 0.0, -2.5], 4.3065),
            ([50.0, 2.5, 0.0], [73.0, 25.0, -18.0], 27.1492),
            ([50.0, 2.5, 0.0], [58.0, 24.0, 15.0], 19.4535),
            ([60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387], 1.2644),
            ([22.7233, 20.0904, -46.694], [23.0331, 14.973, -42.5619], 2.0373),
            ([90.8027, -2.0831, 1.441], [91.1528, -1.6435, 0.0447], 1.4441),
            ([2.0776, 0.0795, -1.135], [0.9033, -0.0636, -0.5514], 0.9082),
        ] {
            for found in [ciede2000(one, other), ciede2000(other, one)] {
                assert!((found - expected).abs() < 2e-3, "{one:?} {other:?}: {found}, not {expected}");
            }
        }
    }

    #[test]
    fn white_black_and_red_are_where_they_should_be() {
        for (rgb, expected) in [
            ([1.0, 1.0, 1.0], [100.0, 0.0, 0.0]),
            ([0.0, 0.0, 0.0], [0.0, 0.0, 0.0]),
            ([1.0, 0.0, 0.0], [53.24, 80.09, 67.20]),
        ] {
            for (found, expected) in lab_from_srgb(rgb).into_iter().zip(expected) {
                assert!((found - expected).abs() < 0.02, "{rgb:?}: {found}, not {expected}");
            }
        }
    }
}
