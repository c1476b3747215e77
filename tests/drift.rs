//! Clips with known drift, made in code, against the ruler: each says what a person would say.

use holdstill::{
    drift::{Advice, Cause, Judgement, Ruler, Thresholds, Verdict},
    frame::{Frame, Picture, Plane, Seed, Size, Time},
};
use std::sync::Arc;

const SIZE: Size = Size::new(200, 150);

/// A colourful picture with texture at several scales everywhere: sums of waves of incommensurable lengths.
fn scene(x: f32, y: f32) -> [f32; 3] {
    let wave = |fx: f32, fy: f32, phase: f32| (fx * x + fy * y + phase).sin();
    let fine = 0.10 * wave(0.9, 0.35, 0.0) + 0.10 * wave(-0.4, 0.8, 1.0);
    let middle = 0.10 * wave(0.31, -0.22, 2.0) + 0.08 * wave(0.13, 0.37, 3.0);
    let broad = 0.08 * wave(0.05, 0.06, 0.5);
    let light = 0.5 + fine + middle + broad;
    [light + 0.10 * wave(0.07, 0.02, 0.0), light - 0.05, light - 0.12 + 0.06 * wave(0.02, 0.09, 1.0)]
}

fn picture(size: Size, colour: impl Fn(f32, f32) -> [f32; 3]) -> Picture {
    let channel =
        |c: usize| Plane::from_fn(size.width, size.height, |x, y| colour(x as f32, y as f32)[c].clamp(0.0, 1.0));
    Picture { rgb: [channel(0), channel(1), channel(2)] }
}

fn seed_of(picture: Picture) -> Seed {
    let original = picture.size();
    Seed { picture, alpha: None, path: "seed.png".into(), blake3: String::new(), original }
}

fn is_heat(map: &Plane<f32>) -> bool {
    map.data().iter().all(|h| (0.0..=100.0).contains(h))
}

fn judge(seed: &Seed, frames: impl IntoIterator<Item = Picture>) -> Judgement {
    let mut ruler: Option<Ruler> = None;
    let (mut measured, mut shown) = (0, 0);
    for (index, picture) in frames.into_iter().enumerate() {
        let ruler = ruler.get_or_insert_with(|| Ruler::new(Arc::new(seed.clone()), None, picture.size(), 24.0));
        let heat = ruler.measure(Frame { index, time: Time::of_frame(index, 24, 1), picture });
        assert!(heat.iter().all(is_heat));
        (measured, shown) = (index + 1, shown + heat.len());
    }
    let mut ruler = ruler.expect("at least one frame");
    let heat = ruler.catch_up();
    assert!(heat.iter().all(is_heat));
    assert_eq!(shown + heat.len(), measured);
    ruler.finish(&Thresholds::default())
}

/// Scores frames that show `scene` through `at(t, x, y)` (where each pixel's content comes from), `t` running over `0..=1`.
fn moved(frames: usize, at: impl Fn(f32, f32, f32) -> (f32, f32)) -> Judgement {
    let step = 1.0 / (frames.max(2) - 1) as f32;
    judge(
        &seed_of(picture(SIZE, scene)),
        (0..frames).map(|t| {
            picture(SIZE, |x, y| {
                let (x, y) = at(t as f32 * step, x, y);
                scene(x, y)
            })
        }),
    )
}

fn coloured(frames: usize, change: impl Fn(usize, [f32; 3]) -> [f32; 3]) -> Judgement {
    judge(&seed_of(picture(SIZE, scene)), (0..frames).map(|t| picture(SIZE, |x, y| change(t, scene(x, y)))))
}

fn worst(judgement: &Judgement) -> Option<Cause> {
    judgement.causes.first().map(|c| c.cause)
}

#[test]
fn the_seed_itself_is_exactly_zero_and_holds() {
    let judgement = moved(6, |_, x, y| (x, y));
    assert_eq!(judgement.drift, 0.0);
    assert_eq!(judgement.verdict, Verdict::Hold);
    assert!(judgement.frames.iter().all(|f| f.drift == 0.0 && f.causes.values().all(|&v| v == 0.0)));
    assert_eq!(judgement.first_bad_frame, None);
    assert!(judgement.causes.is_empty() && judgement.bad_spans.is_empty());
}

#[test]
fn a_camera_that_zooms_rolls_and_pans_holds() {
    let judgement = moved(10, |t, x, y| {
        let (scale, angle) = (1.0 - 0.12 * t, 0.06 * t);
        let (dx, dy) = (x - 100.0, y - 75.0);
        (
            100.0 + 6.0 * t + scale * (angle.cos() * dx - angle.sin() * dy),
            75.0 + scale * (angle.sin() * dx + angle.cos() * dy),
        )
    });
    assert_eq!(judgement.verdict, Verdict::Hold, "{} {:?}", judgement.drift, judgement.causes);
}

#[test]
fn a_perspective_turn_holds() {
    let judgement = moved(10, |t, x, y| {
        let (dx, dy) = (x - 100.0, y - 75.0);
        let depth = 1.0 + 0.0008 * t * dx;
        (100.0 + dx / depth, 75.0 + dy / depth)
    });
    assert_eq!(judgement.verdict, Verdict::Hold, "{} {:?}", judgement.drift, judgement.causes);
}

#[test]
fn a_surface_that_swims_is_geometry_and_grows_with_its_strength() {
    let swim = |strength: f32| {
        moved(10, move |t, x, y| {
            (
                x + strength * t * (y * 0.16 + 2.0 * t).sin() * (x * 0.12).cos(),
                y + strength * t * (x * 0.15 + 1.5 * t).cos(),
            )
        })
    };
    let drifts = [0.4, 1.0, 2.0].map(|strength| swim(strength).drift);
    assert!(drifts[0] <= drifts[1] && drifts[1] <= drifts[2], "{drifts:?}");
    let strong = swim(2.0);
    assert_eq!(
        (strong.verdict, worst(&strong)),
        (Verdict::Drift, Some(Cause::Geometry)),
        "{} {:?}",
        strong.drift,
        strong.causes
    );
    let first = strong.first_bad_frame.expect("a drifting clip names a frame");
    assert!((1..9).contains(&first), "{first}");
}

#[test]
fn a_slow_exposure_change_holds_and_a_slide_of_hue_is_color() {
    let exposure = coloured(8, |t, rgb| rgb.map(|v| v * (1.0 + 0.02 * t as f32)));
    assert_eq!(exposure.verdict, Verdict::Hold, "{} {:?}", exposure.drift, exposure.causes);
    let hue = coloured(8, |t, [r, g, b]| [r - 0.02 * t as f32, g + 0.012 * t as f32, b]);
    assert_eq!((hue.verdict, worst(&hue)), (Verdict::Drift, Some(Cause::Color)), "{} {:?}", hue.drift, hue.causes);
}

#[test]
fn alternating_brightness_is_flicker() {
    let judgement = coloured(8, |t, rgb| rgb.map(|v| v * if t % 2 == 0 { 1.0 } else { 0.94 }));
    assert_eq!(
        (judgement.verdict, worst(&judgement)),
        (Verdict::Drift, Some(Cause::Flicker)),
        "{:?}",
        judgement.causes
    );
}

#[test]
fn a_product_that_flickers_before_a_wall_at_rest_flickers() {
    let frame = |t: usize, by: f32| {
        let light = if t.is_multiple_of(2) { 1.0 } else { 1.0 + by };
        picture(SIZE, move |x, y| {
            let is_product = (70.0..130.0).contains(&x) && (40.0..115.0).contains(&y);
            let [r, g, b] = scene(x, y);
            if is_product { [light * (r + 0.2), light * (g - 0.1), light * (b - 0.1)] } else { [r, r, r] }
        })
    };
    let judged = |by: f32| judge(&seed_of(frame(0, by)), (0..16).map(|t| frame(t, by)));
    let (flickers, rests) = (judged(0.08), judged(0.0));
    assert_eq!((worst(&flickers), flickers.causes[0].advice), (Some(Cause::Flicker), Advice::Retake));
    assert!(flickers.metrics["flicker-alone"].max > 10.0 * flickers.metrics["flicker"].max);
    assert_eq!(rests.metrics["flicker-alone"].max, 0.0);
}

#[test]
fn a_stop_inside_a_pan_is_a_freeze() {
    let judgement = moved(24, |t, x, y| {
        let frame = (t * 23.0).round();
        let shown = if (8.0..16.0).contains(&frame) { 8.0 } else { frame };
        (x + 0.9 * shown, y)
    });
    assert_eq!((judgement.verdict, worst(&judgement)), (Verdict::Drift, Some(Cause::Freeze)), "{:?}", judgement.causes);
    let freeze = &judgement.causes[0];
    assert!((8..=10).contains(&freeze.first_frame), "{freeze:?}");
}

#[test]
fn a_cut_to_another_scene_is_found_where_it_is() {
    let judgement = judge(
        &seed_of(picture(SIZE, scene)),
        (0..10).map(|t| picture(SIZE, |x, y| if t < 6 { scene(x, y) } else { scene(900.0 - 1.7 * y, 1.3 * x + 40.0) })),
    );
    assert_eq!(judgement.verdict, Verdict::Drift);
    assert_eq!(judgement.first_bad_frame, Some(6), "{:?}", judgement.causes);
}

#[test]
fn the_wrong_seed_never_holds() {
    let seed = seed_of(picture(SIZE, |x, y| scene(700.0 + 1.4 * y, 300.0 - 0.8 * x)));
    let judgement = judge(&seed, (0..4).map(|_| picture(SIZE, scene)));
    assert_ne!(judgement.verdict, Verdict::Hold, "{}", judgement.drift);
}

#[test]
fn a_larger_or_cropped_seed_is_found_in_the_clip() {
    let large = seed_of(picture(Size::new(400, 300), |x, y| scene(0.5 * (x - 0.5), 0.5 * (y - 0.5))));
    let judgement = judge(&large, (0..3).map(|_| picture(SIZE, scene)));
    assert_eq!(judgement.verdict, Verdict::Hold, "{} {:?}", judgement.drift, judgement.causes);
    assert!((judgement.registration.matrix[0][0] - 0.5).abs() < 0.01, "{:?}", judgement.registration);
    // the clip shows the middle of a wider seed
    let wide = seed_of(picture(Size::new(260, 150), |x, y| scene(x - 30.0, y)));
    let judgement = judge(&wide, (0..3).map(|_| picture(SIZE, scene)));
    assert_eq!(judgement.verdict, Verdict::Hold, "{} {:?}", judgement.drift, judgement.causes);
    assert!((judgement.registration.visible_fraction - 200.0 / 260.0).abs() < 0.05, "{:?}", judgement.registration);
}

#[test]
fn too_little_to_judge_is_unsure_and_never_panics() {
    let flat = |size: Size| picture(size, |_, _| [0.5, 0.4, 0.3]);
    for size in [Size::new(1, 1), Size::new(2, 1), Size::new(3, 7), Size::new(40, 30)] {
        for frames in [1, 2, 5] {
            let judgement = judge(&seed_of(flat(size)), (0..frames).map(|_| flat(size)));
            assert_eq!(judgement.verdict, Verdict::Unsure, "{size:?} {frames}");
            assert!(!judgement.warnings.is_empty());
            assert_eq!(judgement.frames.len(), frames);
        }
    }
    let dot = judge(&seed_of(flat(Size::new(1, 1))), (0..5).map(|_| picture(SIZE, scene)));
    assert_eq!(dot.verdict, Verdict::Unsure);
    assert!(dot.warnings.iter().any(|warning| warning.starts_with("the still has 1×1")), "{:?}", dot.warnings);
}

#[test]
fn one_frame_of_the_seed_holds_with_a_warning() {
    let judgement = moved(1, |_, x, y| (x, y));
    assert_eq!((judgement.verdict, judgement.drift), (Verdict::Hold, 0.0));
    assert!(judgement.warnings.iter().any(|w| w.contains("1 frame")), "{:?}", judgement.warnings);
}

#[test]
fn no_frame_at_all_is_unsure() {
    let seed = seed_of(picture(SIZE, scene));
    let judgement = Ruler::new(Arc::new(seed), None, SIZE, 24.0).finish(&Thresholds::default());
    assert_eq!(judgement.verdict, Verdict::Unsure);
}

#[test]
fn the_same_bits_for_any_number_of_threads() {
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a thread pool");
        pool.install(|| moved(4, |t, x, y| (x + 2.0 * t * (y * 0.1).sin(), y + t)))
    };
    assert_eq!(with(1), with(5));
}

#[test]
fn print_that_turns_to_soup_while_the_camera_comes_near_is_missed() {
    let push_in = |t: f32, x: f32, y: f32| (100.0 + (1.0 - 0.1 * t) * (x - 100.0), 75.0 + (1.0 - 0.1 * t) * (y - 75.0));
    let soup = |t: f32, x: f32, y: f32| {
        let (x, y) = push_in(t, x, y);
        let inside = (x - 100.0).abs() < 35.0 && (y - 75.0).abs() < 30.0;
        let off = if inside { 9.0 * (t - 0.3).max(0.0) } else { 0.0 };
        (x + off * (0.9 * y + 0.4 * x).sin(), y + off * (0.8 * x - 0.5 * y).cos())
    };
    let (faithful, garbled) = (moved(16, push_in), moved(16, soup));
    let missed = |judgement: &Judgement| judgement.metrics["garbled"].p95.max(judgement.metrics["missing"].p95);
    assert_eq!(faithful.verdict, Verdict::Hold, "{}", faithful.drift);
    assert!(missed(&faithful) < 2.0, "{}", missed(&faithful));
    assert_eq!(garbled.verdict, Verdict::Drift, "{}", garbled.drift);
    assert!(missed(&garbled) > 15.0, "{}", missed(&garbled));
}

#[test]
fn a_small_part_that_vanishes_under_a_pan_leaves_a_hole() {
    let part = |radius: f32| {
        move |x: f32, y: f32| {
            let far = (x - 108.0).hypot(y - 70.0);
            if far < radius { [0.5 + 0.4 * (0.7 * far).cos(); 3] } else { scene(x, y) }
        }
    };
    let panned = |radius: fn(f32) -> f32| {
        judge(
            &seed_of(picture(SIZE, part(14.0))),
            (0..24).map(|t| {
                let t = t as f32 / 23.0;
                picture(SIZE, |x, y| part(radius(t))(x + 12.0 * t, y))
            }),
        )
    };
    let (faithful, vanished) = (panned(|_| 14.0), panned(|t| 14.0 * (1.6 - 2.0 * t).clamp(0.0, 1.0)));
    assert_eq!(faithful.verdict, Verdict::Hold, "{}", faithful.drift);
    assert_eq!(faithful.metrics["hole"].max, 0.0);
    assert_eq!(vanished.verdict, Verdict::Drift, "{}", vanished.drift);
    assert!(vanished.metrics["hole"].p95 > 2.0, "{:?}", vanished.metrics["hole"]);
}

#[test]
fn light_that_comes_into_view_may_tint_and_the_same_tint_from_nowhere_may_not() {
    let dim = |x, y| scene(x, y).map(|v| 0.6 * v);
    let lit = |light_is_seen: bool| {
        let frame = |t: usize| {
            picture(SIZE, move |x, y| {
                // it comes and goes within half a second
                let strength = (1.0 - (t as f32 - 12.0).abs() / 7.0).max(0.0);
                let [r, g, b] = dim(x + 0.4 * t as f32, y);
                let in_light = light_is_seen && (x - 160.0).hypot(y - 30.0) < 16.0 * strength;
                if in_light { [1.0, 0.98, 0.95] } else { [r + 0.12 * strength, g + 0.02 * strength, b] }
            })
        };
        judge(&seed_of(picture(SIZE, dim)), (0..24).map(frame))
    };
    let (flash, repainted) = (lit(true), lit(false));
    assert_eq!(flash.verdict, Verdict::Hold, "{:?}", flash.causes);
    assert_eq!(repainted.verdict, Verdict::Drift, "{}", repainted.drift);
    assert_eq!(repainted.causes[0].cause, Cause::Color);
}

/// The scene through a lens that blurs by a Gaussian of so many pixels.
fn blurred(x: f32, y: f32, sigma: f32) -> [f32; 3] {
    let wave = |fx: f32, fy: f32, phase: f32| {
        (-0.5 * sigma * sigma * (fx * fx + fy * fy)).exp() * (fx * x + fy * y + phase).sin()
    };
    let fine = 0.05 * wave(0.9, 0.35, 0.0) + 0.05 * wave(-0.4, 0.8, 1.0);
    let middle = 0.05 * wave(0.61, -0.22, 2.0) + 0.04 * wave(0.13, 0.57, 3.0);
    let broad = 0.08 * wave(0.11, 0.05, 4.0) + 0.08 * wave(-0.04, 0.09, 5.0);
    [0.5 + fine + middle + broad; 3]
}

#[test]
fn focus_that_goes_to_the_wall_takes_no_detail_and_a_product_that_melts_does() {
    // a red product on a table before a faint wall out of focus; by frame 30 it is blurred by two pixels
    let judged = |melts: bool| {
        let frame = |t: usize| {
            let far = 2.0 * (t as f32 / 30.0).min(1.0);
            // what melts keeps its outline; a lens blurs it, too
            let [table, wall, rim] = if melts { [0.0, 2.0, 0.0] } else { [far, 2.0 - far, far] };
            let within = |at: f32, from: f32, to: f32| {
                let depth = (at - from).min(to - at);
                (0.5 + depth / (1.0 + 2.5 * rim)).clamp(0.0, 1.0)
            };
            picture(SIZE, |x, y| {
                let covered = within(x, 73.0, 141.0) * within(y, 33.0, 121.0);
                let [r, g, b] = blurred(x, y, far);
                let product = [r + 0.25, g - 0.1, b - 0.2];
                let faint = |level: f32| 0.5 + 0.3 * (level - 0.5);
                let behind = if y > 60.0 { blurred(x, y, table) } else { blurred(x, y, wall).map(faint) };
                [0, 1, 2].map(|k| covered * product[k] + (1.0 - covered) * behind[k])
            })
        };
        let product = |x, y| if (73..141).contains(&x) && (33..121).contains(&y) { 1.0 } else { 0.0 };
        let alpha = Some(Plane::from_fn(SIZE.width, SIZE.height, product));
        judge(&Seed { alpha, ..seed_of(frame(0)) }, (0..48).map(frame))
    };
    let loses_detail = |judgement: &Judgement| judgement.causes.iter().any(|found| found.cause == Cause::Detail);
    let (pulled, melted) = (judged(false), judged(true));
    assert!(!loses_detail(&pulled) && pulled.verdict != Verdict::Drift, "{:?}", pulled.causes);
    assert!(loses_detail(&melted) && melted.verdict == Verdict::Drift, "{:?}", melted.causes);
}
