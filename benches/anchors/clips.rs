//! Clips that somebody judged, and clips whose truth is known because they were made here.

use holdstill::{
    animator::{Animator, Camera, Defect, DefectKind, Shot, Simulation},
    frame::Time,
    media::{self, EncodeSettings, Encoder},
};
use std::{
    error::Error,
    path::{Path, PathBuf},
};

const STILLS: [&str; 3] = ["bottle", "box", "can"];
const MOVES: [Camera; 4] = [Camera::Still, Camera::PushIn, Camera::PanLeft, Camera::Orbit];
const SECS: f64 = 1.0;
const FPS: u32 = 24;
const LONGEST: usize = 384;
/// Strength of the faults, as a share of what the simulator takes for plain.
const STRENGTH: f64 = 0.5;

/// A clip with the answer.
pub(crate) struct Labelled {
    pub(crate) clip: PathBuf,
    pub(crate) seed: PathBuf,
    pub(crate) is_faulty: bool,
    /// Whether its shape is at fault.
    pub(crate) is_bent: bool,
    /// Clips of one pair differ in their fault alone.
    pub(crate) pair: String,
}

/// The clips of a CSV of labels; paths are relative to it.
pub(crate) fn read(labels: &Path) -> Result<Vec<Labelled>, Box<dyn Error>> {
    let folder = labels.parent().unwrap_or(Path::new("."));
    let mut table = csv::Reader::from_path(labels)?;
    let heads = table.headers()?.clone();
    let mut clips = Vec::new();
    for row in table.records() {
        let row = row?;
        let cell = |name: &str| heads.iter().position(|head| head == name).and_then(|i| row.get(i)).unwrap_or("");
        let is_faulty = match cell("label") {
            "hold" | "accept" => false,
            "drift" | "reject" => true,
            _ => continue,
        };
        clips.push(Labelled {
            clip: folder.join(cell("clip")),
            seed: folder.join(cell("seed")),
            is_faulty,
            is_bent: cell("causes").split('|').any(|cause| cause == "geometry"),
            pair: cell("pair").to_owned(),
        });
    }
    Ok(clips)
}

/// Some moves over every still, without fault and with each of them, written to `folder`.
pub(crate) fn made(folder: &Path) -> Result<Vec<Labelled>, Box<dyn Error>> {
    let mut clips = Vec::new();
    for still in STILLS {
        let file = |name: String| PathBuf::from("fixtures/stills").join(name);
        let seed = file(format!("{still}.png"));
        let loaded = media::load_seed(&seed)?;
        let mask = media::load_mask(&file(format!("{still}_mask.png")), loaded.picture.size())?;
        let depth = media::load_mask(&file(format!("{still}_depth.png")), loaded.picture.size())?;
        for camera in MOVES {
            let shot = Shot { camera, duration_secs: SECS, fps: FPS, longest: LONGEST, ..Shot::default() };
            let animator = Animator::new(&loaded, Some(&depth), Some(&mask), &shot);
            let pair = format!("{still} {camera}");
            for kind in [None].into_iter().chain(DefectKind::ALL.map(Some)) {
                let clip = folder.join(format!("{}.mp4", clips.len()));
                let defect = kind.map(|kind| Defect {
                    kind,
                    strength: STRENGTH * kind.default_strength(),
                    frames: None,
                    take: None,
                });
                film(&clip, &animator, defect.as_slice())?;
                let is_bent = matches!(kind, Some(DefectKind::Bend | DefectKind::Bulge | DefectKind::Swim));
                clips.push(Labelled {
                    clip,
                    seed: seed.clone(),
                    is_faulty: kind.is_some(),
                    is_bent,
                    pair: pair.clone(),
                });
            }
        }
    }
    Ok(clips)
}

fn film(clip: &Path, animator: &Animator, defects: &[Defect]) -> Result<(), Box<dyn Error>> {
    let faults = Simulation::new(defects, 1, animator.frames(), 1, &animator.frame(0), &animator.product(0));
    let mut encoder = Encoder::create(clip, &EncodeSettings::new(animator.size(), (FPS as i32, 1)))?;
    for index in 0..animator.frames() {
        let source = faults.source(index);
        let picture = faults.apply(index, animator.frame(source), &animator.product(source));
        encoder.push(&picture, Time::of_frame(index, FPS as i32, 1))?;
    }
    Ok(encoder.finish()?)
}
