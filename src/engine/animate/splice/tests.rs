//! Splicing on a pan whose every frame is known.

use super::*;
use crate::{
    frame::{Plane, Time},
    media::{EncodeSettings, Encoder},
};

const SIZE: Size = Size::new(96, 64);
/// Frames of the clip, and the ends between which they are spoilt.
const FRAMES: usize = 24;
const ENDS: [usize; 2] = [8, 16];
const GAP: Gap = Gap { before: ENDS[0], after: Some(ENDS[1]) };

/// A pattern that has moved by `shift` pixels, its lightness and red multiplied.
fn view(shift: f64, light: f32, red: f32) -> Picture {
    let wave = |x: f64, y: f64, c: f64| 0.5 + 0.2 * (0.23 * x + 0.9 * c).sin() + 0.15 * (0.31 * y - 0.1 * x + c).cos();
    let channel = |c: usize, gain: f32| {
        Plane::from_fn(SIZE.width, SIZE.height, |x, y| gain * wave(x as f64 + shift, y as f64, c as f64) as f32)
    };
    Picture { rgb: [channel(0, light * red), channel(1, light), channel(2, light)] }
}

fn write(path: &Path, pictures: impl Iterator<Item = Picture>) {
    let mut encoder = Encoder::create(path, &EncodeSettings::new(SIZE, (24, 1))).unwrap();
    for (index, picture) in pictures.enumerate() {
        encoder.push(&picture, Time::of_frame(index, 24, 1)).unwrap();
    }
    encoder.finish().unwrap();
}

fn read(path: &Path) -> Vec<Picture> {
    Decoder::open(path, &Want::default()).unwrap().map(|frame| frame.unwrap().picture).collect()
}

fn difference(a: &Picture, b: &Picture) -> f64 {
    let apart = a.rgb.iter().zip(&b.rgb).flat_map(|(a, b)| a.data().iter().zip(b.data()));
    apart.map(|(a, b)| f64::from((a - b).abs())).sum::<f64>() / (3 * SIZE.width * SIZE.height) as f64
}

#[test]
fn a_span_of_another_length_and_colour_runs_through() {
    let folder = tempfile::tempdir().unwrap();
    let [clip, patch, out] = ["clip", "patch", "out"].map(|name| folder.path().join(name).with_extension("mp4"));
    let is_spoilt = |i: &usize| *i > ENDS[0] && *i < ENDS[1];
    // the true motion speeds up: 1 pixel a frame, then more
    let shift = |t: f64| t + 0.02 * t * t;
    write(
        &clip,
        (0..FRAMES).map(|i| if is_spoilt(&i) { view(90.0, 0.3, 2.0) } else { view(shift(i as f64), 1.0, 1.0) }),
    );
    // as many seconds in thrice the frames at an even pace, darker and redder
    let [from, to] = ENDS.map(|end| shift(end as f64));
    write(&patch, (0..=24).map(|i| view(from + (to - from) * f64::from(i) / 24.0, 0.9, 1.06)));
    splice(&clip, &patch, GAP, &out, &Cancel::default()).unwrap();

    let frames = read(&out);
    assert_eq!(frames.len(), FRAMES);
    for (index, frame) in frames.iter().enumerate() {
        // two encodes with chroma at half the resolution cost 2.4 levels of 255; the patch as it came is 15 off
        let off = difference(frame, &view(shift(index as f64), 1.0, 1.0));
        assert!(off < 3.5 / 255.0, "frame {index} is {:.2} levels off", 255.0 * off);
    }
    // a step over a joint is as long as those beside it
    for joint in ENDS {
        let step = |at: usize| speed(Some(&frames[at]), Some(&frames[at + 1])).unwrap();
        let (before, after) = (step(joint - 1), step(joint));
        assert!((before / after - 1.0).abs() < 0.25, "joint {joint}: {before:.2} and {after:.2} pixels");
    }
}

#[test]
fn ends_that_are_one_picture_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let clip = folder.path().join("clip.mp4");
    write(&clip, (0..8).map(|i| view(f64::from(i / 4), 1.0, 1.0)));
    let has_ends = |before, after| ends_of(&clip, Gap { before, after }).unwrap().is_some();
    assert!(has_ends(0, Some(7)) && has_ends(0, None));
    assert!(!has_ends(0, Some(2)) && !has_ends(0, Some(9)) && !has_ends(8, None));
}

#[test]
fn a_part_up_to_the_end_has_one_joint_and_is_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let [clip, patch, out] = ["clip", "patch", "out"].map(|name| folder.path().join(name).with_extension("mp4"));
    let before = 9;
    write(&clip, (0..FRAMES).map(|i| if i > before { view(90.0, 0.3, 2.0) } else { view(i as f64, 1.0, 1.0) }));
    // twice as long as what is missing, at half the speed, darker and redder
    write(&patch, (0..=28).map(|i| view(before as f64 + f64::from(i) / 2.0, 0.9, 1.06)));
    splice(&clip, &patch, Gap { before, after: None }, &out, &Cancel::default()).unwrap();

    let frames = read(&out);
    assert_eq!(frames.len(), FRAMES);
    let step = |at: usize| speed(Some(&frames[at]), Some(&frames[at + 1])).unwrap();
    assert!((step(before - 1) / step(before) - 1.0).abs() < 0.25, "{:.2} and {:.2}", step(before - 1), step(before));
    for (index, frame) in frames.iter().enumerate().skip(before + 1) {
        // where the pace glides from the clip's to its own is no business of the colours: the nearest place counts
        let off = |place: f64| difference(frame, &view(place, 1.0, 1.0));
        let nearest = (0..=80).map(|i| off(before as f64 + f64::from(i) / 5.0)).fold(f64::INFINITY, f64::min);
        assert!(nearest < 3.5 / 255.0, "frame {index} is {:.2} levels off", 255.0 * nearest);
    }
}
