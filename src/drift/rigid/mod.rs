//! Does the subject move as *one rigid body*, over the whole clip? What is left when it may only turn, move and be zoomed.
//!
//! Small patches forgive what bends slowly: each sees a nearly flat piece. Here the whole subject is one body with one relief for
//! all frames ([`bundle`]). Marks that belong to the background's motion (rims and silhouettes of a turning bottle, highlights)
//! are explained by a second body and set aside. Of what is left only the smooth part counts: a cubic field over the subject,
//! since noise is rough and bends, twists, tapers and bulges are smooth.

mod bundle;
mod equations;
mod field;
mod landmarks;
mod view;

use super::{
    canvas::Canvas,
    registration::Registered,
    tracks::{Points, Torn},
};
use bundle::{Sight, Sights};
use landmarks::{Found, Landmark};
use nalgebra::{Vector2, Vector3};
use rayon::prelude::*;

/// Focal length as a multiple of the longer side: product shots look through 30 to 50 degrees.
const FOCAL: f64 = 1.4;
/// Frames of a stretch that are explained together; between them the rest is interpolated.
const FRAMES: usize = 24;
/// Landmarks of one body.
const LANDMARKS: usize = 300;
/// Weight from which a landmark is the subject's, else the background's.
const SUBJECT: f32 = 0.3;
/// Fewest landmarks of a body.
const LEAST: usize = 40;
/// Share of the frames that must show a landmark.
const OFTEN: f64 = 0.25;
/// Share of the landmarks that a frame must show.
const ENOUGH: f64 = 0.35;
/// Landmarks in view from which a smooth field begins to be, and surely is, determined.
const DETERMINED: (f64, f64) = (40.0, 120.0);
/// Steps of the first, rough explanations and of the final one.
const STEPS: (usize, usize) = (10, 25);
/// Mean cost per sight up to which the background's motion explains a landmark well.
const WELL: f64 = 8.0;
/// Share of the subject's landmarks that must move by themselves, or the camera alone moves and all stay.
const OWN_MOTION: f64 = 0.3;
/// Nearness at which a subject's landmark is tried on the background's motion.
const DEPTHS: [f64; 5] = [0.8, 0.9, 1.0, 1.1, 1.25];

/// The seed's landmarks.
#[derive(Clone, Debug)]
pub(super) struct Landmarks {
    all: Vec<Landmark>,
    centre: Vector2<f64>,
    focal: f64,
}

/// Where one frame shows each of them.
#[derive(Clone, Debug)]
pub(super) struct Sighting(Vec<Option<Found>>);

impl Landmarks {
    pub(super) fn new(points: &Points, canvas: &Canvas) -> Self {
        let size = canvas.size();
        Self {
            all: Landmark::all(points, canvas),
            centre: Vector2::new(size.width as f64, size.height as f64) / 2.0,
            focal: FOCAL * size.width.max(size.height) as f64,
        }
    }

    /// Finds them in a frame.
    pub(super) fn find(&self, canvas: &Canvas, registered: &Registered, torn: &Torn) -> Sighting {
        Sighting(self.all.par_iter().map(|landmark| landmark.find(canvas, registered, torn)).collect())
    }

    /// Smooth part of the subject's motion that no rigid body explains: percent of the subject's extent, one number per frame.
    pub(super) fn unexplained(&self, frames: &[Sighting]) -> Vec<f64> {
        let chosen = spread(frames.len(), FRAMES);
        let seen: Vec<&Sighting> = chosen.iter().map(|&t| &frames[t]).collect();
        let mut subject = self.often(&seen, |landmark| landmark.subject > SUBJECT);
        if subject.len() < LEAST {
            return vec![0.0; frames.len()];
        }
        self.set_aside(&mut subject, &seen);
        let sights = self.sights(&subject, &seen);
        let left = sights.leftovers(&sights.explain(STEPS.1));
        let places: Vec<Vector2<f64>> = subject.iter().map(|&i| self.place(i)).collect();
        let extent = extent(&places);
        let values: Vec<f64> = sights
            .frames
            .iter()
            .zip(&left)
            .map(|(sights_of, left)| {
                let count = left.iter().flatten().count() as f64;
                if count < ENOUGH * subject.len() as f64 {
                    return 0.0;
                }
                let (none, all) = DETERMINED;
                let determined = ((count - none) / (all - none)).clamp(0.0, 1.0);
                determined * 100.0 * field::smooth(&places, &sights.weights, sights_of, left) / extent
            })
            .collect();
        between(&chosen, &values, frames.len())
    }

    fn place(&self, index: usize) -> Vector2<f64> {
        Vector2::new(self.all[index].x as f64, self.all[index].y as f64)
    }

    /// Landmarks that enough frames show, thinned evenly.
    fn often(&self, frames: &[&Sighting], wanted: impl Fn(&Landmark) -> bool) -> Vec<usize> {
        let often = |i: &usize| {
            frames.iter().filter(|frame| frame.0[*i].is_some()).count() as f64 > OFTEN * frames.len() as f64
        };
        let fit: Vec<usize> = (0..self.all.len()).filter(|&i| wanted(&self.all[i])).filter(often).collect();
        spread(fit.len(), LANDMARKS).into_iter().map(|k| fit[k]).collect()
    }

    fn sights(&self, landmarks: &[usize], frames: &[&Sighting]) -> Sights {
        let ray = |&i: &usize| {
            let place = (self.place(i) - self.centre) / self.focal;
            Vector3::new(place.x, place.y, 1.0)
        };
        let sight = |i: usize, found: Found| {
            let (shift, whiten) = self.all[i].sight(found);
            Sight { at: self.place(i) + shift - self.centre, whiten }
        };
        Sights {
            focal: self.focal,
            rays: landmarks.iter().map(ray).collect(),
            weights: landmarks.iter().map(|&i| f64::from(self.all[i].subject).max(f64::from(SUBJECT))).collect(),
            frames: frames
                .iter()
                .map(|frame| landmarks.iter().map(|&i| frame.0[i].map(|found| sight(i, found))).collect())
                .collect(),
        }
    }

    /// Drops those of the subject's landmarks that stay with the background's motion while most do not: rims and silhouettes of
    /// what turns, highlights, and what was taken for the subject by mistake.
    fn set_aside(&self, subject: &mut Vec<usize>, frames: &[&Sighting]) {
        let background = self.often(frames, |landmark| landmark.subject <= SUBJECT);
        if background.len() < LEAST {
            return;
        }
        let around = self.sights(&background, frames).explain(STEPS.0);
        let sights = self.sights(subject, frames);
        let costs = DEPTHS.map(|depth| sights.costs(&around.with_landmarks(depth, subject.len())));
        let stays = |k: usize| costs.iter().all(|costs| costs[k] > WELL);
        let kept: Vec<usize> = (0..subject.len()).filter(|&k| stays(k)).map(|k| subject[k]).collect();
        if kept.len() as f64 >= (LEAST as f64).max(OWN_MOTION * subject.len() as f64) {
            *subject = kept;
        }
    }
}

/// At most `most` of `count` indices, evenly spread, the first and the last among them.
fn spread(count: usize, most: usize) -> Vec<usize> {
    if count <= most {
        return (0..count).collect();
    }
    (0..most).map(|k| (k * (count - 1) + (most - 1) / 2) / (most - 1)).collect()
}

/// Values at the `chosen` frames, joined by straight lines.
fn between(chosen: &[usize], values: &[f64], frames: usize) -> Vec<f64> {
    let mut result = vec![0.0; frames];
    for (pair, ends) in chosen.windows(2).zip(values.windows(2)) {
        let length = (pair[1] - pair[0]) as f64;
        for (k, value) in result[pair[0]..=pair[1]].iter_mut().enumerate() {
            *value = ends[0] + k as f64 / length * (ends[1] - ends[0]);
        }
    }
    result
}

/// Diagonal of the box around the places, pixels.
fn extent(places: &[Vector2<f64>]) -> f64 {
    let (mut least, mut most) = (Vector2::repeat(f64::INFINITY), Vector2::repeat(f64::NEG_INFINITY));
    for place in places {
        least = least.inf(place);
        most = most.sup(place);
    }
    (most - least).norm().max(1.0)
}
