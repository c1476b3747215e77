//! Colour as people see it: Oklab (Björn Ottosson 2020), scaled so that one unit is about one just noticeable difference.

use super::{
    Picture, Plane,
    gather::{self, Gather, Gathering},
    sample::{LANES, whole},
    simd::{self, Kernel},
};
use rayon::prelude::*;
use std::sync::LazyLock;

/// Units per Oklab unit: 100 makes L run over `0..=100` and a ΔE of about 2 just visible side by side.
const SCALE: f32 = 100.0;

/// Lightness and the two opponent colours of a picture, ×100.
#[derive(Clone, Debug)]
pub struct Oklab {
    /// Lightness, `0..=100`.
    pub l: Plane<f32>,
    /// Green–red, about `-40..=40`.
    pub a: Plane<f32>,
    /// Blue–yellow, about `-40..=40`.
    pub b: Plane<f32>,
}

/// Converts gamma-encoded sRGB (`0..=1`) pixel by pixel.
pub fn oklab_from_picture(picture: &Picture) -> Oklab {
    oklab_of(picture.clone())
}

/// [`oklab_from_picture`] in the memory of the picture.
pub(crate) fn oklab_of(picture: Picture) -> Oklab {
    let [red, green, blue] = picture.rgb;
    let mut lab = Oklab { l: red, a: green, b: blue };
    let curve = Curve::get();
    let rows = (
        lab.l.data_mut().par_chunks_mut(BLOCK),
        lab.a.data_mut().par_chunks_mut(BLOCK),
        lab.b.data_mut().par_chunks_mut(BLOCK),
    );
    rows.into_par_iter().for_each(|(l, a, b)| simd::run(Block { curve, l, a, b }));
    lab
}

/// Pixels that one task converts.
const BLOCK: usize = 8192;

/// Red, green and blue that become lightness and the opponent colours.
struct Block<'a> {
    curve: &'a Curve,
    l: &'a mut [f32],
    a: &'a mut [f32],
    b: &'a mut [f32],
}

impl Kernel for Block<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { curve, l, a, b } = self;
        for channel in [&mut *l, &mut *a, &mut *b] {
            gather::run(Linear { curve, channel });
        }
        for ((l, a), b) in l.iter_mut().zip(a).zip(b) {
            [*l, *a, *b] = oklab_from_linear([*l, *a, *b]);
        }
    }
}

/// A channel that becomes linear.
struct Linear<'a> {
    curve: &'a Curve,
    channel: &'a mut [f32],
}

impl Gathering for Linear<'_> {
    type Output = ();

    #[inline(always)]
    fn run<G: Gather>(self, gather: G) {
        let (runs, rest) = self.channel.as_chunks_mut::<LANES>();
        for run in runs {
            *run = self.curve.linear_lanes(run, gather);
        }
        for v in rest {
            *v = self.curve.linear_from_srgb(*v);
        }
    }
}

/// One channel: gamma-encoded sRGB to linear light, both `0..=1`.
pub(super) fn linear_from_srgb(v: f32) -> f32 {
    Curve::get().linear_from_srgb(v)
}

/// One colour: gamma-encoded sRGB (`0..=1`) to Oklab × 100.
pub fn oklab_from_srgb(rgb: [f32; 3]) -> [f32; 3] {
    let curve = Curve::get();
    oklab_from_linear(rgb.map(|v| curve.linear_from_srgb(v)))
}

/// One colour: linear light of sRGB's primaries (`0..=1`) to Oklab × 100.
#[inline(always)]
fn oklab_from_linear([r, g, b]: [f32; 3]) -> [f32; 3] {
    let l = cube_root(0.412_221_47 * r + 0.536_332_54 * g + 0.051_445_995 * b);
    let m = cube_root(0.211_903_5 * r + 0.680_699_5 * g + 0.107_396_96 * b);
    let s = cube_root(0.088_302_46 * r + 0.281_718_85 * g + 0.629_978_7 * b);
    [
        SCALE * (0.210_454_26 * l + 0.793_617_8 * m - 0.004_072_047 * s),
        SCALE * (1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s),
        SCALE * (0.025_904_037 * l + 0.782_771_77 * m - 0.808_675_77 * s),
    ]
}

/// Cube root of `0..=1` to two units in the last place: a third of the exponent to start with, then two of Halley's steps.
/// Unlike libm's it runs in vectors and gives the same bits everywhere.
#[inline(always)]
fn cube_root(v: f32) -> f32 {
    /// Bits of 1.0, two thirds of them: what a third of the bits lacks.
    const OFFSET: u32 = 0x2A51_4067;
    let mut root = f32::from_bits(v.to_bits() / 3 + OFFSET);
    for _ in 0..2 {
        let cube = root * root * root;
        root *= (cube + 2.0 * v) / (2.0 * cube + v);
    }
    if v > 0.0 { root } else { 0.0 }
}

/// The sRGB transfer curve (IEC 61966-2-1), decoded, at equal steps; between them it is all but straight.
struct Curve([f32; Self::STEPS + 2]);

impl Curve {
    /// Straight lines between so many points are off by less than 3e-8: `f'' ≤ 3.1`, over 8 × 4096².
    const STEPS: usize = 4096;

    fn get() -> &'static Self {
        static CURVE: LazyLock<Curve> = LazyLock::new(|| {
            Curve(std::array::from_fn(|i| {
                let v = i as f64 / Curve::STEPS as f64;
                (if v <= 0.040_45 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }) as f32
            }))
        });
        &CURVE
    }

    /// [`Self::linear_from_srgb`] of many at once.
    #[inline(always)]
    fn linear_lanes(&self, values: &[f32; LANES], gather: impl Gather) -> [f32; LANES] {
        let (mut at, mut step, mut linear) = ([0.0; LANES], [0; LANES], [0.0; LANES]);
        for i in 0..LANES {
            at[i] = values[i].clamp(0.0, 1.0) * Self::STEPS as f32;
            step[i] = whole(at[i]).cast_unsigned();
        }
        let [below, above] = gather.pairs(&self.0, &step);
        for i in 0..LANES {
            linear[i] = below[i] + (above[i] - below[i]) * (at[i] - step[i].cast_signed() as f32);
        }
        linear
    }

    /// Gamma-encoded (clamped to `0..=1`) to linear.
    #[inline(always)]
    fn linear_from_srgb(&self, v: f32) -> f32 {
        let at = v.clamp(0.0, 1.0) * Self::STEPS as f32;
        let step = (at as usize).min(Self::STEPS);
        self.0[step] + (self.0[step + 1] - self.0[step]) * (at - step as f32)
    }
}

/// Oklab × 100 to gamma-encoded sRGB; colours that sRGB does not have are clipped to `0..=1`.
pub fn srgb_from_oklab([lightness, a, b]: [f32; 3]) -> [f32; 3] {
    let [lightness, a, b] = [lightness / SCALE, a / SCALE, b / SCALE];
    let l = (lightness + 0.396_337_78 * a + 0.215_803_76 * b).powi(3);
    let m = (lightness - 0.105_561_346 * a - 0.063_854_17 * b).powi(3);
    let s = (lightness - 0.089_484_18 * a - 1.291_485_5 * b).powi(3);
    [
        4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_93 * s,
        -1.268_438 * l + 2.609_757_4 * m - 0.341_319_4 * s,
        -0.004_196_086_3 * l - 0.703_418_6 * m + 1.707_614_7 * s,
    ]
    .map(srgb_from_linear)
}

/// The sRGB transfer curve (IEC 61966-2-1), encoded.
fn srgb_from_linear(v: f32) -> f32 {
    let v = v.clamp(0.0, 1.0);
    if v <= 0.003_130_8 { 12.92 * v } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_colours_land_where_the_paper_says() {
        let near = |got: [f32; 3], want: [f32; 3]| got.iter().zip(want).all(|(g, w)| (g - w).abs() < 0.1);
        assert!(near(oklab_from_srgb([1.0; 3]), [100.0, 0.0, 0.0]));
        assert!(near(oklab_from_srgb([0.0; 3]), [0.0; 3]));
        // Ottosson's reference: sRGB red is L 0.628, a 0.225, b 0.126
        assert!(near(oklab_from_srgb([1.0, 0.0, 0.0]), [62.8, 22.5, 12.6]));
    }

    #[test]
    fn roots_and_curve_are_as_good_as_the_library_s() {
        let curve = Curve::get();
        for i in 0..=100_000u32 {
            let v = i as f32 / 100_000.0;
            let exact = f64::from(v).cbrt();
            // two units in the last place: 2 × 2⁻²⁴ of the value, each
            assert!((f64::from(cube_root(v)) - exact).abs() <= 2.4e-7 * exact, "{v}");
            let s = f64::from(v);
            let linear = if s <= 0.040_45 { s / 12.92 } else { ((s + 0.055) / 1.055).powf(2.4) };
            // 3e-8 of the straight line, 3e-8 for the rounding of each of its two ends, of their difference and of the sum
            assert!((f64::from(curve.linear_from_srgb(v)) - linear).abs() < 1.5e-7, "{v}");
        }
    }

    #[test]
    fn every_colour_comes_back() {
        for rgb in [[0.0; 3], [1.0; 3], [0.02, 0.5, 0.9], [0.9, 0.1, 0.3], [0.5, 0.5, 0.5]] {
            let back = srgb_from_oklab(oklab_from_srgb(rgb));
            // the published matrices invert each other to about 1e-6, which the toe of the curve multiplies by 12.92
            assert!(rgb.iter().zip(back).all(|(want, got)| (want - got).abs() < 1e-3), "{rgb:?} {back:?}");
        }
    }
}
