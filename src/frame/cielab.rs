//! CIELAB (CIE 1976, white D65) and the colour difference CIEDE2000, the industry's unit: 1 is about what a careful eye
//! just sees side by side.
//!
//! Sharma, Wu and Dalal: *The CIEDE2000 color-difference formula: implementation notes, supplementary test data, and
//! mathematical observations* (2005), whose equations are numbered below and whose pairs are the test.

use super::oklab::linear_from_srgb;

/// White point D65 of the 2° observer (IEC 61966-2-1).
const WHITE: [f64; 3] = [0.950_47, 1.0, 1.088_83];
/// 25⁷, half-way of the chroma terms.
const MIDDLE_CHROMA: f64 = 6_103_515_625.0;

/// `L*` (`0..=100`), `a*`, `b*` of a display-referred sRGB colour, `0..=1`.
pub fn cielab_from_srgb(rgb: [f32; 3]) -> [f64; 3] {
    let [r, g, b] = rgb.map(|v| f64::from(linear_from_srgb(v)));
    let [x, y, z] = [
        0.412_456_4 * r + 0.357_576_1 * g + 0.180_437_5 * b,
        0.212_672_9 * r + 0.715_152_2 * g + 0.072_175 * b,
        0.019_333_9 * r + 0.119_192 * g + 0.950_304_1 * b,
    ];
    let [x, y, z] = [x / WHITE[0], y / WHITE[1], z / WHITE[2]].map(|t| {
        // (6/29)³ and the line that meets the root there
        if t > 216.0 / 24_389.0 { t.cbrt() } else { (24_389.0 / 27.0 * t + 16.0) / 116.0 }
    });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// CIEDE2000 of two CIELAB colours, 0 and more, with all weights 1.
pub fn delta_e_2000([l1, a1, b1]: [f64; 3], [l2, a2, b2]: [f64; 3]) -> f64 {
    let seventh = |chroma: f64| (chroma.powi(7) / (chroma.powi(7) + MIDDLE_CHROMA)).sqrt();
    // (2)–(7): a stretched where colours are dull
    let stretch = 1.0 + 0.5 * (1.0 - seventh(f64::midpoint(a1.hypot(b1), a2.hypot(b2))));
    let (a1, a2) = (stretch * a1, stretch * a2);
    let (c1, c2) = (a1.hypot(b1), a2.hypot(b2));
    let hue = |a: f64, b: f64| if a == 0.0 && b == 0.0 { 0.0 } else { b.atan2(a).to_degrees().rem_euclid(360.0) };
    let (h1, h2) = (hue(a1, b1), hue(a2, b2));
    // (8)–(11)
    let is_grey = c1 * c2 == 0.0;
    let turn = match h2 - h1 {
        _ if is_grey => 0.0,
        turn if turn > 180.0 => turn - 360.0,
        turn if turn < -180.0 => turn + 360.0,
        turn => turn,
    };
    let (dl, dc) = (l2 - l1, c2 - c1);
    let dh = 2.0 * (c1 * c2).sqrt() * (turn / 2.0).to_radians().sin();
    // (12)–(14)
    let (l, c) = (f64::midpoint(l1, l2), f64::midpoint(c1, c2));
    let h = match (h1 - h2).abs() {
        _ if is_grey => h1 + h2,
        apart if apart <= 180.0 => f64::midpoint(h1, h2),
        _ if h1 + h2 < 360.0 => f64::midpoint(h1, h2) + 180.0,
        _ => f64::midpoint(h1, h2) - 180.0,
    };
    // (15)–(21)
    let cosine = |degrees: f64| degrees.to_radians().cos();
    let t = 1.0 - 0.17 * cosine(h - 30.0) + 0.24 * cosine(2.0 * h) + 0.32 * cosine(3.0 * h + 6.0)
        - 0.20 * cosine(4.0 * h - 63.0);
    let bow = (l - 50.0).powi(2);
    let (sl, sc, sh) = (1.0 + 0.015 * bow / (20.0 + bow).sqrt(), 1.0 + 0.045 * c, 1.0 + 0.015 * c * t);
    let blue = 30.0 * (-((h - 275.0) / 25.0).powi(2)).exp();
    let tilt = -2.0 * seventh(c) * (2.0 * blue).to_radians().sin();
    // (22)
    let (dl, dc, dh) = (dl / sl, dc / sc, dh / sh);
    (dl * dl + dc * dc + dh * dh + tilt * dc * dh).max(0.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_authors_pairs_have_the_authors_differences() {
        for (one, other, expected) in [
            ([50.0, 2.6772, -79.7751], [50.0, 0.0, -82.7485], 2.0425),
            ([50.0, -1.3802, -84.2814], [50.0, 0.0, -82.7485], 1.0000),
            ([50.0, 0.0, 0.0], [50.0, -1.0, 2.0], 2.3669),
            ([50.0, 2.49, -0.001], [50.0, -2.49, 0.0009], 7.1792),
            ([50.0, 2.49, -0.001], [50.0, -2.49, 0.0011], 7.2195),
            ([50.0, 2.5, 0.0], [73.0, 25.0, -18.0], 27.1492),
            ([50.0, 2.5, 0.0], [56.0, -27.0, -3.0], 31.9030),
            ([60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387], 1.2644),
            ([22.7233, 20.0904, -46.694], [23.0331, 14.973, -42.5619], 2.0373),
            ([90.8027, -2.0831, 1.441], [91.1528, -1.6435, 0.0447], 1.4441),
            ([2.0776, 0.0795, -1.135], [0.9033, -0.0636, -0.5514], 0.9082),
        ] {
            for found in [delta_e_2000(one, other), delta_e_2000(other, one)] {
                assert!((found - expected).abs() < 5e-5, "{one:?} {other:?}: {found} instead of {expected}");
            }
        }
    }

    #[test]
    fn white_is_white_and_red_is_where_it_should_be() {
        let near = |rgb, expected: [f64; 3]| {
            let found = cielab_from_srgb(rgb);
            assert!(found.iter().zip(expected).all(|(f, e)| (f - e).abs() < 0.02), "{found:?}");
        };
        near([1.0; 3], [100.0, 0.0, 0.0]);
        near([0.0; 3], [0.0, 0.0, 0.0]);
        near([1.0, 0.0, 0.0], [53.24, 80.09, 67.2]);
    }
}
