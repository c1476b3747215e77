//! The optical flow against motions that are known exactly.
//!
//! The texture is a sum of waves of at most 0.9 rad per pixel, evaluated where the motion says, so the pictures have no
//! interpolation error of their own. What remains: bilinear sampling inside the flow damps the shortest wave by at most
//! k²/8 = 10 % half-way between pixels, symmetrically, which biases a match by less than 0.03 px; the searches stop at steps
//! of 0.02 px. Margin 2 gives [`EXACT`]. A sign error or a half-pixel shift would show as 0.25 px and more.

use holdstill::flow::{self, Flow, Params, Preset, middlebury};
use holdstill::frame::{Picture, Plane, Size};
use proptest::prelude::*;

/// Mean end-point error that is allowed where the texture is seen in both pictures, pixels.
const EXACT: f32 = 0.1;

/// The brightness of the scene at a point, `0..=255`.
fn texture(x: f32, y: f32) -> f32 {
    let wave = |i: usize| {
        let turn = i as f32 * 2.4;
        let k = 0.02 * 1.34f32.powi(i as i32);
        (k * (x * turn.cos() + y * turn.sin()) + 1.7 * i as f32).sin()
    };
    128.0 + 11.0 * (0..14).map(wave).sum::<f32>().clamp(-11.0, 11.0)
}

/// What the second picture shows at a point is what the first one showed at `from_to` of it.
fn pair(size: Size, from_to: impl Fn(f32, f32) -> (f32, f32)) -> (Plane<f32>, Plane<f32>) {
    let from = Plane::from_fn(size.width, size.height, |x, y| texture(x as f32, y as f32));
    let to = Plane::from_fn(size.width, size.height, |x, y| {
        let (x, y) = from_to(x as f32, y as f32);
        texture(x, y)
    });
    (from, to)
}

/// Mean distance to the true position `to_from` of each pixel that stays `margin` pixels inside both pictures, pixels.
fn error(found: &Flow, margin: f32, to_from: impl Fn(f32, f32) -> (f32, f32)) -> f32 {
    let size = found.size();
    let (right, bottom) = ((size.width - 1) as f32 - margin, (size.height - 1) as f32 - margin);
    let (mut sum, mut count) = (0.0, 0);
    for (x, y) in (0..size.height).flat_map(|y| (0..size.width).map(move |x| (x, y))) {
        let (px, py) = (x as f32, y as f32);
        let (tx, ty) = to_from(px, py);
        let inside = |x: f32, y: f32| (margin..=right).contains(&x) && (margin..=bottom).contains(&y);
        if inside(px, py) && inside(tx, ty) {
            let (u, v) = found.at(x, y);
            sum += (px + u - tx).hypot(py + v - ty);
            count += 1;
        }
    }
    assert!(count > 100, "the test must look at something");
    sum / count as f32
}

fn params(preset: Preset) -> Params {
    preset.into()
}

#[test]
fn a_picture_has_not_moved_against_itself_by_a_single_bit() {
    let size = Size::new(83, 61);
    let (from, _) = pair(size, |x, y| (x, y));
    for preset in Preset::ALL {
        assert_eq!(flow::dense(&from, &from, &params(preset), None), Flow::still(size), "{preset}");
    }
}

#[test]
fn translations_are_found_to_a_fraction_of_a_pixel() {
    for (u, v) in [(0.5, -0.5), (3.25, 1.75), (-11.0, 6.5)] {
        let (from, to) = pair(Size::new(160, 121), |x, y| (x - u, y - v));
        for preset in [Preset::Medium, Preset::Fine] {
            let found = flow::dense(&from, &to, &params(preset), None);
            let error = error(&found, 8.0, |x, y| (x + u, y + v));
            assert!(error < EXACT, "{preset} ({u}, {v}): {error} px");
        }
    }
}

#[test]
fn the_fast_preset_is_good_to_its_resolution() {
    // it works at a quarter of the resolution: four times the error of full resolution
    let (from, to) = pair(Size::new(160, 120), |x, y| (x - 3.25, y + 1.75));
    let error = error(&flow::dense(&from, &to, &params(Preset::Fast), None), 8.0, |x, y| (x + 3.25, y - 1.75));
    assert!(error < 4.0 * EXACT, "{error} px");
}

#[test]
fn a_turn_with_zoom_is_followed() {
    // 3° and 4 % about the centre: up to 6 px in the corners
    let (sine, cosine) = 3.0f32.to_radians().sin_cos();
    let (a, b) = (1.04 * cosine, 1.04 * sine);
    let to_from = |x: f32, y: f32| {
        let (x, y) = (x - 80.0, y - 60.0);
        (80.0 + a * x - b * y, 60.0 + b * x + a * y)
    };
    let from_to = |x: f32, y: f32| {
        let (x, y) = ((x - 80.0) / (a * a + b * b), (y - 60.0) / (a * a + b * b));
        (80.0 + a * x + b * y, 60.0 - b * x + a * y)
    };
    let (from, to) = pair(Size::new(160, 120), from_to);
    let error = error(&flow::dense(&from, &to, &Params::default(), None), 8.0, to_from);
    assert!(error < EXACT, "{error} px");
}

#[test]
fn a_perspective_change_is_followed() {
    // to = H from with H = [1 0 2; 0 1 1; g 0 1]; the inverse by hand: x' = (X - 2) / (1 - g X + 2 g) …
    let g = 2.0e-4;
    let to_from = |x: f32, y: f32| ((x + 2.0) / (g * x + 1.0), (y + 1.0) / (g * x + 1.0));
    let from_to = |tx: f32, ty: f32| {
        let x = (tx - 2.0) / (1.0 - g * tx);
        (x, ty * (g * x + 1.0) - 1.0)
    };
    let (from, to) = pair(Size::new(160, 120), from_to);
    let error = error(&flow::dense(&from, &to, &Params::default(), None), 8.0, to_from);
    assert!(error < EXACT, "{error} px");
}

#[test]
fn motion_of_a_sixth_of_the_width_is_found_without_a_hint() {
    let (from, to) = pair(Size::new(320, 180), |x, y| (x - 50.0, y));
    let error = error(&flow::dense(&from, &to, &Params::default(), None), 8.0, |x, y| (x + 50.0, y));
    assert!(error < EXACT, "{error} px");
}

#[test]
fn a_hint_is_tried_but_not_trusted() {
    let size = Size::new(160, 120);
    let (from, to) = pair(size, |x, y| (x - 4.0, y));
    for hint in [4.0, -9.0] {
        let hint = Flow::from_fn(size, |_, _| (hint, 0.0));
        let error = error(&flow::dense(&from, &to, &Params::default(), Some(&hint)), 8.0, |x, y| (x + 4.0, y));
        assert!(error < EXACT, "{error} px");
    }
}

#[test]
fn darker_and_paler_is_no_motion() {
    // brightness constancy is wrong by 40 levels here; what holds it still is the mean-normalised search and the gradient
    let (from, _) = pair(Size::new(160, 120), |x, y| (x, y));
    let to = from.map(|v| 0.85 * v - 10.0);
    let error = error(&flow::dense(&from, &to, &Params::default(), None), 8.0, |x, y| (x, y));
    assert!(error < 2.0 * EXACT, "{error} px");
}

#[test]
fn flat_ground_keeps_still_or_the_hint() {
    let size = Size::new(40, 30);
    let grey = Plane::filled(size.width, size.height, 128.0);
    let still = flow::dense(&grey, &grey.map(|v| v + 3.0), &Params::default(), None);
    assert_eq!(still, Flow::still(size));
    let hint = Flow::from_fn(size, |_, _| (2.0, -1.0));
    let found = flow::dense(&grey, &grey, &Params::default(), Some(&hint));
    // a constant stays constant but for the rounding of weighted means
    assert!(
        found.u.data().iter().all(|u| (u - 2.0).abs() < 1e-3) && found.v.data().iter().all(|v| (v + 1.0).abs() < 1e-3)
    );
}

#[test]
fn the_number_of_threads_does_not_change_a_bit() {
    let (from, to) = pair(Size::new(301, 203), |x, y| (x - 4.3 + 0.02 * y, y + 2.0));
    for preset in Preset::ALL {
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be had");
            pool.install(|| flow::dense(&from, &to, &params(preset), None))
        };
        assert_eq!(with(1), with(8), "{preset}");
    }
}

#[test]
fn a_prepared_pyramid_gives_the_same_flow() {
    let (from, to) = pair(Size::new(97, 64), |x, y| (x - 2.0, y));
    let params = Params::default();
    let prepared =
        flow::dense_prepared(&flow::Pyramid::new(&from, &params), &flow::Pyramid::new(&to, &params), &params, None);
    assert_eq!(prepared, flow::dense(&from, &to, &params, None));
}

#[test]
fn there_and_back_again_is_consistent_where_it_stays_in_the_frame() {
    let size = Size::new(8, 6);
    let forward = Flow::from_fn(size, |_, _| (3.0, 0.0));
    let backward = Flow::from_fn(size, |_, _| (-3.0, 4.0));
    let error = flow::consistency(&forward, &backward);
    assert_eq!(error.row(2)[..5], [4.0; 5]);
    assert_eq!(error.row(2)[5..], [f32::INFINITY; 3]);
}

#[test]
fn warping_by_whole_pixels_moves_them() {
    let size = Size::new(5, 4);
    let to = Plane::from_fn(5, 4, |x, y| (10 * y + x) as f32);
    let warped = flow::warp(&to, &Flow::from_fn(size, |_, _| (2.0, 1.0)));
    assert_eq!(warped.row(0), [12.0, 13.0, 14.0, 14.0, 14.0]);
    assert_eq!(warped.row(3), [32.0, 33.0, 34.0, 34.0, 34.0]);
    let half = flow::warp(&to, &Flow::from_fn(size, |_, _| (0.5, 0.5)));
    assert_eq!(half.at(1, 1), (11.0 + 12.0 + 21.0 + 22.0) / 4.0);
    let picture = Picture { rgb: [to.clone(), to.clone(), to.clone()] };
    assert_eq!(flow::warp_picture(&picture, &Flow::still(size)), picture);
}

#[test]
fn presets_have_names() {
    for preset in Preset::ALL {
        assert_eq!(preset.to_string().parse(), Ok(preset));
    }
    assert!("best".parse::<Preset>().expect_err("no such preset").to_string().contains("fast, medium or fine"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_size_and_any_pixels_give_finite_flow(
        width in 0usize..40,
        height in 0usize..40,
        pixels in prop::collection::vec(0.0f32..=255.0, 2 * 1600),
        preset in prop::sample::select(&Preset::ALL[..]),
    ) {
        let plane = |offset: usize| Plane::from_vec(width, height, pixels[offset..offset + width * height].to_vec());
        let found = flow::dense(&plane(0), &plane(1600), &params(preset), None);
        prop_assert_eq!(found.size(), Size::new(width, height));
        prop_assert!(found.u.data().iter().chain(found.v.data()).all(|d| d.is_finite() && d.abs() < 200.0));
    }

    #[test]
    fn a_flo_file_keeps_every_bit(
        width in 0usize..9,
        height in 0usize..9,
        values in prop::collection::vec(-1e10f32..1e10, 2 * 81),
    ) {
        let size = Size::new(width, height);
        let flow = Flow::from_fn(size, |x, y| (values[2 * (9 * y + x)], values[2 * (9 * y + x) + 1]));
        let mut bytes = Vec::new();
        middlebury::write_flo(&mut bytes, &flow).expect("memory takes it");
        prop_assert_eq!(bytes.len(), 12 + 8 * width * height);
        prop_assert_eq!(middlebury::read_flo(&bytes[..]).expect("it reads its own"), flow);
    }
}
