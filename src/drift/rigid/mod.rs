//! Does the subject move as *one rigid body*, over the whole clip? What is left when it may only turn and move.
//!
//! Small patches forgive what bends slowly: each sees a nearly flat piece. Here the whole subject is one body with one relief for
//! all frames ([`bundle`]). Marks that belong to the background's motion (rims and silhouettes of a turning bottle, highlights)
//! are explained by a second body and set aside. Of what is left only the smooth part counts: a cubic field over the subject,
//! since noise is rough and bends, twists, tapers and bulges are smooth.
//!
//! The same body says which marks a frame should show; what shows something else there is missed ([`visibility`]), and hardly
//! anything may be of a subject that stands still in its scene ([`changed`]). And it says where a frame should show the subject's plain
//! parts, which are gone where their colour is ([`gone`]).

mod bundle;
mod changed;
mod equations;
mod evidence;
mod excursion;
mod field;
mod gone;
mod judged;
mod landmarks;
mod lens;
mod rest;
mod scene;
mod sightings;
#[cfg(test)]
mod stage;
mod swatches;
mod trimmed;
mod unexplained;
mod view;
mod visibility;
mod window;

use super::{
    canvas::Canvas,
    cells::SeedCells,
    registration::Registered,
    series::{for_good, ramp, running_median},
    subject::SUBJECT,
    tears::Torn,
    tracks::Points,
};
use crate::frame::{Picture, Plane};
use bundle::{Sight, Sights};
use changed::Marks;
use gone::Places;
use landmarks::{Found, Landmark};
use lens::Lens;
use nalgebra::{Vector2, Vector3};
use rayon::prelude::*;
use scene::Standing;
pub(super) use sightings::{Sighting, Sightings};
use swatches::Swatches;
pub(super) use unexplained::Unexplained;
use visibility::{Missed, Surface};
use window::Template;

/// Usual focal length as a multiple of the longer side: product shots look through 30 to 50 degrees.
const FOCAL: f64 = 1.4;
/// Frames of a stretch that are explained together; between them the rest is interpolated.
const FRAMES: usize = 24;
/// Landmarks of one body.
const LANDMARKS: usize = 300;
/// Fewest landmarks of a body.
const LEAST: usize = 40;
/// Share of the frames that must show a landmark.
const OFTEN: f64 = 0.25;
/// Share of the landmarks that a frame must show.
const ENOUGH: f64 = 0.35;
/// Share of them below which what comes and goes cannot be told to be gone: the rest may be what it has spared.
const MOSTLY: f64 = 0.5;
/// Share of the subject's landmarks of the first look that enough frames must show: from where it begins to be followed, and surely is:
/// 39 % of a small vase that slides far.
const FOLLOWED: (f64, f64) = (0.5, 0.7);
/// Landmarks in view from which a smooth field begins to be, and surely is, determined.
const DETERMINED: (f64, f64) = (40.0, 120.0);
/// Landmarks found from where a frame's view begins to tell, and surely tells, where the body shows what has none.
const VIEWED: (f64, f64) = (60.0, 100.0);
/// How well the body must explain them for that.
const FITS: (f64, f64) = (0.3, 0.5);
/// Distance from where the body shows it that a landmark of the body's keeps to in three of four looks, pixels.
const FAITHFUL: f64 = 1.0;
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
    template: Template,
    colours: gone::Colours,
    body: Plane<f32>,
    centre: Vector2<f64>,
    focal: f64,
}

impl Landmarks {
    pub(super) fn new(points: &Points, canvas: &Canvas, cells: &SeedCells) -> Self {
        let size = canvas.size();
        let template = Template::new(&canvas.luma);
        Self {
            all: Landmark::all(points, canvas, cells, &template),
            template,
            colours: gone::Colours::new(Swatches::of_canvas(&canvas.lab, size)),
            body: canvas.body.clone(),
            centre: Vector2::new(size.width as f64, size.height as f64) / 2.0,
            focal: FOCAL * size.width.max(size.height) as f64,
        }
    }

    /// Finds them in a frame, the `picture` of the canvas's size that was registered.
    pub(super) fn find(&self, registered: &Registered, torn: &Torn, picture: &Picture) -> Sighting {
        Sighting {
            found: self.all.par_iter().map(|landmark| landmark.find(&self.template, registered, torn)).collect(),
            looks: self.all.iter().map(|landmark| landmark.look(registered)).collect(),
            colours: Swatches::new(picture),
        }
    }

    /// What no rigid body explains of the subject, one answer per frame.
    pub(super) fn unexplained(&self, sightings: &Sightings, fps: f64) -> Vec<Unexplained> {
        let kept = spread(sightings.kept().len(), FRAMES);
        let seen: Vec<&Sighting> = kept.iter().map(|&k| &sightings.kept()[k]).collect();
        let mut subject = self.often(&seen, |landmark| landmark.subject > SUBJECT);
        if subject.len() < LEAST {
            return vec![Unexplained::default(); sightings.frames()];
        }
        let around = self.often(&seen, |landmark| landmark.subject <= SUBJECT);
        let background = self.sights(&around, &seen);
        let mut aside = subject.clone();
        self.set_aside(&mut subject, &background, &seen);
        aside.retain(|i| subject.binary_search(i).is_err());
        let sights = self.sights(&subject, &seen);
        let places: Vec<Vector2<f64>> = subject.iter().map(|&i| self.place(i)).collect();
        let Lens { length, body, .. } = lens::self_calibrate(&sights, sights.explain(STEPS.1), STEPS.1);
        let (sights, background) = (sights.through(length), background.through(length));
        let at_rest = rest::warps(&places, &sights, &background);
        let standing = Standing::find(&sights, &background);
        let in_scene = standing.as_ref().map_or(vec![0.0; seen.len()], |standing| standing.warps(&places, &sights));
        let times: Vec<f64> = kept.iter().map(|&k| sightings.frame(k) as f64 / fps).collect();
        let excursions = excursion::excursions(&places, &sights, &background, &times);
        let surface = Surface::new(&places, &sights.weights);
        let left = sights.leftovers(&body);
        let shown: Vec<Vec<Vector2<f64>>> =
            (0..seen.len()).map(|t| sights.shown(&body, t).map(|at| at + self.centre).collect()).collect();
        let look = |t: usize, i: usize| (seen[t].looks[i], self.all[i].print);
        let missed: Vec<Option<Missed>> = (0..seen.len())
            .map(|t| {
                let found = left[t].iter().flatten().count();
                surface.missed(&shown[t], 2.0 * self.centre, found, |k| look(t, subject[k]))
            })
            .collect();
        let (garbled, missing) = (lasting(&missed, Missed::garbled), lasting(&missed, Missed::missing));
        let changed = standing.as_ref().map_or(vec![None; seen.len()], |standing| {
            let beside: Vec<Vector2<f64>> = around.iter().map(|&i| self.place(i)).collect();
            // a window that shows some of the subject says nothing of what stands around it
            let apart = |(&i, &weight): (&usize, &f64)| if self.all[i].apart { weight } else { 0.0 };
            let weights: Vec<f64> = around.iter().zip(&background.weights).map(apart).collect();
            let beyond = Surface::new(&beside, &weights);
            let subject = Marks { surface: &surface, sights: &sights, look: |t, k| look(t, subject[k]) };
            let background = Marks { surface: &beyond, sights: &background, look: |t, k| look(t, around[k]) };
            changed::changed(standing, &subject, &background, self.centre)
        });
        let unexcused: Vec<f64> =
            changed.iter().map(|known| known.as_ref().map_or(0.0, |(unexcused, _)| *unexcused)).collect();
        let changed: Vec<Option<Missed>> = changed.into_iter().map(|known| known.map(|(_, missed)| missed)).collect();
        let (rewritten, vanished) = (lasting(&changed, Missed::garbled), lasting(&changed, Missed::missing));
        let followed = self.followed(&seen);
        let extent = extent(&places);
        let (rigid, judged) = judged::judged(&body, &places, &sights, &surface);
        let gone = self.gone(&seen, [&subject, &aside], extent, &shown, &left, |t| judged[t].explained);
        let mut values: Vec<Unexplained> = (0..seen.len())
            .map(|t| Unexplained {
                explained: judged[t].explained,
                warp: 100.0 * judged[t].warp / extent,
                rigid_warp: rigid * 100.0 * judged[t].rigid_warp / extent,
                rest_warp: 100.0 * at_rest[t] / extent,
                scene_warp: 100.0 * in_scene[t] / extent,
                excursion: rigid * 100.0 * excursions[t] / extent,
                missing: 100.0 * followed * missing[t],
                garbled: 100.0 * garbled[t],
                vanished: 100.0 * followed * vanished[t],
                rewritten: 100.0 * followed * rewritten[t],
                gone: 100.0 * gone[t],
                unexcused: followed * unexcused[t],
            })
            .collect();
        unexplained::stand(&mut values, |t| share(&left[t]));
        let chosen: Vec<usize> = kept.iter().map(|&k| sightings.frame(k)).collect();
        unexplained::between(&chosen, &values, sightings.frames())
    }

    /// Share of the subject that is gone for good from each look on, where the body shows the subject's landmarks at `shown`, leaves so much
    /// of each, and explains a look so well; those of the second list were set aside. The subject extends by `extent` pixels.
    fn gone(
        &self,
        seen: &[&Sighting],
        [subject, aside]: [&[usize]; 2],
        extent: f64,
        shown: &[Vec<Vector2<f64>>],
        left: &[Vec<Option<Vector2<f64>>>],
        explained: impl Fn(usize) -> f64 + Sync,
    ) -> Vec<f64> {
        let (faithful, strays): (Vec<usize>, Vec<usize>) = (0..subject.len()).partition(|&k| is_faithful(left, k));
        let place = |&k: &usize| self.place(subject[k]);
        let own: Vec<Vector2<f64>> = faithful.iter().map(place).collect();
        let is_beside = |i: &usize| self.all[*i].subject <= SUBJECT && is_often(*i, seen);
        let elsewhere = aside.iter().copied().chain((0..self.all.len()).filter(is_beside)).map(|i| self.place(i));
        let others: Vec<Vector2<f64>> = strays.iter().map(place).chain(elsewhere).collect();
        let parts = Places::new(&self.body, &self.colours, &own, &others, extent);
        let gone = (0..seen.len()).into_par_iter().map(|t| {
            let sure = ramp(left[t].iter().flatten().count() as f64, VIEWED) * ramp(explained(t), FITS);
            let at: Vec<Vector2<f64>> = faithful.iter().map(|&k| shown[t][k]).collect();
            sure * parts.gone(&self.colours, &seen[t].colours, &at)
        });
        for_good(&gone.collect::<Vec<f64>>())
    }

    fn place(&self, index: usize) -> Vector2<f64> {
        Vector2::new(self.all[index].x as f64, self.all[index].y as f64)
    }

    /// Landmarks that enough frames show, thinned evenly.
    fn often(&self, frames: &[&Sighting], wanted: impl Fn(&Landmark) -> bool) -> Vec<usize> {
        let fit: Vec<usize> = (0..self.all.len()).filter(|&i| wanted(&self.all[i]) && is_often(i, frames)).collect();
        spread(fit.len(), LANDMARKS).into_iter().map(|k| fit[k]).collect()
    }

    /// How surely the subject is followed, `0..=1`: marks that go on are no sample of one whose marks of the first look are lost for the most
    /// part, since it is small and moves far, or turns round.
    fn followed(&self, frames: &[&Sighting]) -> f64 {
        let is_first = |i: &usize| self.all[*i].subject > SUBJECT && frames[0].found[*i].is_some();
        let (mut all, mut often) = (0.0f64, 0.0f64);
        for i in (0..self.all.len()).filter(is_first) {
            all += 1.0;
            often += if is_often(i, frames) { 1.0 } else { 0.0 };
        }
        ramp(often / all.max(1.0), FOLLOWED)
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
                .map(|frame| landmarks.iter().map(|&i| frame.found[i].map(|found| sight(i, found))).collect())
                .collect(),
        }
    }

    /// Drops those of the subject's landmarks that stay with the background's motion while most do not: rims and silhouettes of
    /// what turns, highlights, and what was taken for the subject by mistake.
    fn set_aside(&self, subject: &mut Vec<usize>, background: &Sights, frames: &[&Sighting]) {
        if background.rays.len() < LEAST {
            return;
        }
        let around = background.explain(STEPS.0);
        let sights = self.sights(subject, frames);
        let costs = DEPTHS.map(|depth| sights.costs(&around.with_landmarks(depth, subject.len())));
        let least = |k: usize| costs.iter().map(|costs| costs[k]).fold(f64::INFINITY, f64::min);
        let by_background: Vec<f64> = (0..subject.len()).map(least).collect();
        let moves: Vec<usize> = (0..subject.len()).filter(|&k| by_background[k] > WELL).collect();
        let fewest = (LEAST as f64).max(OWN_MOTION * subject.len() as f64);
        if (moves.len() as f64) < fewest {
            return;
        }
        let members: Vec<usize> = moves.iter().map(|&k| subject[k]).collect();
        let sights = self.sights(&members, frames);
        let by_body = sights.costs(&sights.explain(STEPS.0));
        let kept: Vec<usize> = moves
            .iter()
            .zip(&by_body)
            .filter(|&(&k, &cost)| cost < by_background[k])
            .map(|(&k, _)| subject[k])
            .collect();
        if kept.len() as f64 >= fewest {
            *subject = kept;
        }
    }
}

/// Whether the body, which has `left` so much of each look, shows landmark `k` where it is.
fn is_faithful(left: &[Vec<Option<Vector2<f64>>>], k: usize) -> bool {
    let mut off: Vec<f64> = left.iter().filter_map(|left| left[k].map(|left| left.norm())).collect();
    off.sort_by(f64::total_cmp);
    off.get(off.len() * 3 / 4).is_none_or(|&off| off < FAITHFUL)
}

/// Whether enough frames show landmark `i`.
fn is_often(i: usize, frames: &[&Sighting]) -> bool {
    frames.iter().filter(|frame| frame.found[i].is_some()).count() as f64 > OFTEN * frames.len() as f64
}

/// At most `most` of `count` indices, evenly spread, the first and the last among them.
fn spread(count: usize, most: usize) -> Vec<usize> {
    if count <= most {
        return (0..count).collect();
    }
    (0..most).map(|k| (k * (count - 1) + (most - 1) / 2) / (most - 1)).collect()
}

/// What lasts longer than one look: what passes before the subject goes on. Where the body's view is not known, nothing is known
/// to have got better.
fn lasting(missed: &[Option<Missed>], share: fn(&Missed) -> f64) -> Vec<f64> {
    let mut known = 0.0;
    let series = missed.iter().map(|missed| {
        known = missed.as_ref().map_or(known, share);
        known
    });
    running_median(&series.collect::<Vec<f64>>(), 1)
}

/// Smooth part of what is `left` of a frame, of which `off` is no noise, as surely as it is a warp: pixels; 0 of too little.
fn warp(places: &[Vector2<f64>], sights: &Sights, t: usize, left: &[Option<Vector2<f64>>], off: f64) -> f64 {
    let count = left.iter().flatten().count() as f64;
    let determined = ramp(count, DETERMINED);
    let field = field::smooth(places, &sights.weights, &sights.frames[t], left);
    let warped = evidence::warped(off, &sights.frames[t], left, &field);
    determined * warped * field::length(&field, &sights.weights, left)
}

/// How far what is `moved` of a frame, beyond a similarity, is no longer the shape at the `places`, as surely as it is a warp: root mean
/// square pixels.
fn deformed(places: &[Vector2<f64>], sights: &Sights, t: usize, moved: &[Option<Vector2<f64>>]) -> f64 {
    let off = evidence::unexplained(&sights.frames[t], moved);
    let field = field::smooth(places, &sights.weights, &sights.frames[t], moved);
    let warped = evidence::warped(off, &sights.frames[t], moved, &field);
    let shown: Vec<Vector2<f64>> = places.iter().zip(field).map(|(place, moved)| place + moved).collect();
    warped * evidence::reshaped(places, &shown)
}

/// Whether a frame shows enough of the landmarks to judge it.
fn enough<T>(left: &[Option<T>]) -> bool {
    share(left) >= ENOUGH
}

/// Share of the landmarks that a frame shows.
fn share<T>(left: &[Option<T>]) -> f64 {
    left.iter().flatten().count() as f64 / left.len().max(1) as f64
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
