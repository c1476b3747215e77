//! How far a final is from its draft: the same content in another size and encoding stays within the limits, and what
//! differs in colour, motion, structure or subject is beyond them.
//! `cargo test --test style -- --nocapture` prints the table of `docs/promote.md`.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops at the first surprise, and prints its table"
)]

use holdstill::{
    animator::{Animator, Camera, Defect, Shot, Simulation},
    drift::StyleDrift,
    engine::{Cancel, style_drift},
    frame::{Picture, Size, Time, pyramid},
    media::{self, EncodeSettings, Encoder},
};
use std::path::{Path, PathBuf};

/// Shorter sides of draft and final, pixels; the stills are no larger than that.
const DRAFT: usize = 480;
const FINAL: usize = 960;
const FPS: u32 = 6;
/// What a draft is squeezed with: a provider's, not ours.
const DRAFT_CRF: u8 = 30;

/// What is filmed, and how.
#[derive(Clone, Copy)]
struct Film {
    still: &'static str,
    camera: &'static str,
    defect: Option<&'static str>,
    tint: [f32; 3],
    fps: u32,
}

const BOTTLE: Film = Film { still: "bottle", camera: "push-in", defect: None, tint: [1.0; 3], fps: FPS };

impl Film {
    fn shoot(&self, folder: &Path, name: &str, shorter: usize, crf: u8) -> PathBuf {
        let path = |part: &str| {
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/stills/{}{part}.png", self.still))
        };
        let seed = media::load_seed(&path("")).unwrap();
        let size = seed.picture.size();
        let [mask, depth] = ["_mask", "_depth"].map(|part| media::load_mask(&path(part), size).unwrap());
        let shot = Shot {
            camera: self.camera.parse::<Camera>().unwrap(),
            duration_secs: 1.0,
            fps: self.fps,
            longest: 1200,
            ..Shot::default()
        };
        let animator = Animator::new(&seed, Some(&depth), Some(&mask), &shot);
        let total = animator.frames();
        let defects: Vec<Defect> = self.defect.iter().map(|defect| defect.parse().unwrap()).collect();
        let faults = Simulation::new(&defects, 1, total, 7, &animator.frame(0), &animator.product(0));
        let full = animator.size();
        let even = |side: usize| (side * shorter / full.width.min(full.height)).next_multiple_of(2);
        let size = Size::new(even(full.width), even(full.height));
        let file = folder.join(name);
        let rate = self.fps as i32;
        let settings = EncodeSettings { crf, ..EncodeSettings::new(size, (rate, 1)) };
        let mut encoder = Encoder::create(&file, &settings).unwrap();
        for index in 0..total {
            let frame = faults.apply(index, animator.frame(faults.source(index)), &animator.product(index));
            let [r, g, b] = self.tint;
            let [red, green, blue] = &frame.rgb;
            let tinted = Picture { rgb: [red.map(|v| v * r), green.map(|v| v * g), blue.map(|v| v * b)] };
            encoder.push(&pyramid::resize_picture(&tinted, size), Time::of_frame(index, rate, 1)).unwrap();
        }
        encoder.finish().unwrap();
        file
    }
}

/// The draft of one film beside the final of another.
fn apart(what: &str, draft: Film, last: Film) -> StyleDrift {
    let folder = tempfile::tempdir().unwrap();
    let draft = draft.shoot(folder.path(), "draft.mp4", DRAFT, DRAFT_CRF);
    let last = last.shoot(folder.path(), "final.mp4", FINAL, media::FINE_CRF);
    let style = style_drift(&draft, &last, &mut |_| {}, &Cancel::default()).unwrap();
    let StyleDrift { color, color_peak, structure, identity, motion, .. } = style;
    println!(
        "| {what} | {:.2} | {:.2} | {:.3} | {:.3} | {:.2} |",
        color.worst,
        color_peak.worst,
        structure.worst,
        identity.map_or(0.0, |identity| identity.worst),
        motion.worst
    );
    style
}

#[test]
fn another_size_encoding_and_frame_rate_are_no_other_style() {
    for still in ["bottle", "can", "box"] {
        let film = Film { still, ..BOTTLE };
        let style = apart(&format!("{still}, same content"), film, film);
        assert_eq!(style.beyond(), Vec::<String>::new(), "{still}: {style:?}");
        // half of every limit
        assert!(style.color.worst < 1.0 && style.motion.worst < 0.25 && style.structure.worst > 0.92, "{style:?}");
    }
    let style = apart("bottle, twice the frame rate", BOTTLE, Film { fps: 2 * FPS, ..BOTTLE });
    assert_eq!(style.beyond(), Vec::<String>::new(), "{style:?}");
}

#[test]
fn what_differs_is_told_by_the_measure_it_differs_in() {
    let names = |style: &StyleDrift, word: &str| style.beyond().iter().any(|measure| measure.contains(word));
    let tinted = apart("bottle, tinted by 8 %", BOTTLE, Film { tint: [1.0, 0.96, 0.92], ..BOTTLE });
    assert!(names(&tinted, "colour") && !names(&tinted, "structure") && !names(&tinted, "motion"), "{tinted:?}");
    let turned = apart("bottle, pulled out", BOTTLE, Film { camera: "pull-out", ..BOTTLE });
    assert!(names(&turned, "motion"), "{turned:?}");
    let garbled = apart("bottle, print garbled", BOTTLE, Film { defect: Some("garble:8"), ..BOTTLE });
    assert!(names(&garbled, "structure") && !names(&garbled, "motion"), "{garbled:?}");
    let other = apart("bottle, then a can", BOTTLE, Film { still: "can", ..BOTTLE });
    assert!(names(&other, "structure"), "{other:?}");
    if let Some(identity) = other.identity {
        assert!(identity.worst > 0.1, "{other:?}");
    }
}
