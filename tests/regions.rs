//! What is painted over a still: red is not measured, blue may change its shape, and both leave the rest under watch.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod scene;

use holdstill::{
    frame::{Picture, Plane},
    media,
};
use scene::{SIZE, Scene, product};
use serde_json::Value;
use std::ops::Range;

const WHITE: [f32; 3] = [1.0; 3];
const BLACK: [f32; 3] = [0.0; 3];
const RED: [f32; 3] = [1.0, 0.0, 0.0];
const BLUE: [f32; 3] = [0.0, 0.0, 1.0];
const GREEN: [f32; 3] = [0.0, 1.0, 0.0];

/// Columns and rows in which something happens on purpose: the upper third of the product.
const SCREEN: [Range<usize>; 2] = [62..130, 32..62];

fn is_screen(x: usize, y: usize) -> bool {
    SCREEN[0].contains(&x) && SCREEN[1].contains(&y)
}

fn paint(scene: &Scene, name: &str, colour: impl Fn(usize, usize) -> [f32; 3]) {
    let channel = |c: usize| Plane::from_fn(SIZE.width, SIZE.height, |x, y| colour(x, y)[c]);
    media::save_png(&Picture { rgb: [channel(0), channel(1), channel(2)] }, &scene.path(name)).unwrap();
}

/// The still, whose screen shows another text every four frames.
fn titled(scene: Scene) -> Scene {
    scene.clip("titled.mp4", 24, |i| {
        let mut picture = product();
        let title = (i / 4) as f32;
        let [columns, rows] = SCREEN;
        for (y, x) in rows.flat_map(|y| columns.clone().map(move |x| (y, x))) {
            let letter = (0.9 * x as f32 + title).sin() * (0.7 * y as f32 - 2.0 * title).cos() > 0.0;
            for (plane, level) in picture.rgb.iter_mut().zip([0.95, 0.2 + 0.1 * title, 0.1]) {
                plane.set(x, y, if letter { level } else { 0.05 });
            }
        }
        picture
    })
}

fn score(scene: &Scene, clip: &str, mask: Option<&str>) -> Value {
    let mut args = vec!["score", clip, "--seed", "still.png", "--json"];
    args.extend(mask.iter().flat_map(|mask| ["--mask", mask]));
    let told = scene.holdstill(&args).output().unwrap();
    let lines = String::from_utf8(told.stdout).unwrap();
    serde_json::from_str(lines.lines().last().unwrap()).unwrap()
}

fn drift_of(report: &Value, cause: &str) -> f64 {
    let findings = report["causes"].as_array().unwrap();
    findings.iter().find(|finding| finding["cause"] == cause).map_or(0.0, |finding| finding["drift"].as_f64().unwrap())
}

#[test]
fn what_is_painted_red_is_not_measured_and_all_else_is() {
    let scene = titled(Scene::new()).warped("warped.mp4");
    paint(&scene, "red.png", |x, y| if is_screen(x, y) { RED } else { BLACK });
    let watched = score(&scene, "titled.mp4", None);
    assert_eq!(watched["verdict"], "drift", "{watched}");
    let ignored = score(&scene, "titled.mp4", Some("red.png"));
    assert_eq!(ignored["verdict"], "hold", "{ignored}");
    // the product is warped below it, too
    let warped = score(&scene, "warped.mp4", Some("red.png"));
    assert_eq!(warped["verdict"], "drift", "{warped}");
}

#[test]
fn what_is_painted_blue_may_change_its_shape() {
    let scene = Scene::new().warped("warped.mp4");
    paint(&scene, "white.png", |_, _| WHITE);
    paint(&scene, "blue.png", |_, _| BLUE);
    let rigid = score(&scene, "warped.mp4", Some("white.png"));
    assert!(drift_of(&rigid, "geometry") > 50.0, "{rigid}");
    let soft = score(&scene, "warped.mp4", Some("blue.png"));
    assert_eq!(drift_of(&soft, "geometry"), 0.0, "{soft}");
}

/// The still with pale letters on its screen, and a clip of it in which they become others.
fn embossed(scene: Scene) -> Scene {
    let lettered = |text: usize| {
        let mut picture = product();
        let [columns, rows] = SCREEN;
        for (y, x) in rows.flat_map(|y| columns.clone().map(move |x| (y, x))) {
            let stroke = (x / 3 * 7 + y / 4 * 13 + x / 3 * (y / 4 + text) * 5) % 11;
            let pale = if stroke < 5 { 0.63 } else { 0.57 };
            picture.rgb.iter_mut().for_each(|plane| plane.set(x, y, pale));
        }
        picture
    };
    media::save_png(&lettered(0), &scene.path("still.png")).unwrap();
    scene.clip("embossed.mp4", 24, |i| lettered(if i < 8 { 0 } else { 3 }))
}

#[test]
fn what_is_painted_green_is_a_label_however_pale() {
    let scene = embossed(Scene::new());
    paint(&scene, "green.png", |x, y| if is_screen(x, y) { GREEN } else { BLACK });
    let found = score(&scene, "embossed.mp4", None);
    let told = score(&scene, "embossed.mp4", Some("green.png"));
    assert!(drift_of(&told, "text") > drift_of(&found, "text") + 20.0, "{found}\n{told}");
    assert_eq!(told["verdict"], "drift", "{told}");
}

#[test]
fn the_help_says_what_the_colours_mean() {
    let told = Scene::new().holdstill(&["score", "--help"]).output().unwrap();
    let help = String::from_utf8(told.stdout).unwrap();
    for words in ["white product on", "green: label", "red: not measured", "blue: may change its"] {
        assert!(help.contains(words), "{words}: {help}");
    }
}

/// The still, whose screen turns a little redder from frame 8 on.
fn reddened(scene: Scene) -> Scene {
    scene.clip("reddened.mp4", 24, |i| {
        let mut picture = product();
        let [columns, rows] = SCREEN;
        for (y, x) in rows.flat_map(|y| columns.clone().map(move |x| (y, x))) {
            let red = picture.rgb[0].at(x, y) + if i < 8 { 0.0 } else { 0.12 };
            picture.rgb[0].set(x, y, red);
        }
        picture
    })
}

#[test]
fn the_range_says_how_much_hangs_on_where_the_product_is() {
    let scene = reddened(Scene::new());
    paint(&scene, "screen.png", |x, y| if is_screen(x, y) { WHITE } else { BLACK });
    let asked = ["score", "reddened.mp4", "--seed", "still.png", "--mask", "screen.png", "--range", "--json"];
    let told = String::from_utf8(scene.holdstill(&asked).output().unwrap().stdout).unwrap();
    let report: Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
    let plain = score(&scene, "reddened.mp4", Some("screen.png"));
    assert_eq!(report["drift"], plain["drift"], "asking does not change the answer");
    assert!(plain["range"].is_null(), "nobody asked");
    let figure = |value: &Value| value.as_f64().unwrap();
    let (least, most) = (figure(&report["range"][0]), figure(&report["range"][1]));
    assert!((least..=most).contains(&figure(&report["drift"])) && least < most, "{least} to {most}");
}
