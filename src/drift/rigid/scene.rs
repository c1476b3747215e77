//! A subject that stands in its scene. Where it moved just as what stands around it while the camera moved at first, subject and
//! surroundings are one rigid body, and what stands around says where the camera is ever after: no turn of its own excuses a subject
//! that bends then, and its relief must be the one that it had before. [`super::rest`] asks the same, more strictly, before a camera at
//! rest.

use super::{
    super::series::ramp,
    LEAST, STEPS,
    bundle::{Body, Sights},
    deformed, enough, evidence,
};
use nalgebra::Vector2;

/// Looks, the seed's among them, in which a subject shows that it stands.
const FIRST: usize = 7;
/// The last of these, which are asked: what turns by itself has turned most by then.
const ASKED: std::ops::Range<usize> = FIRST - 3..FIRST;
/// By how much smaller a share of the sights one body of both may explain than bodies of their own to be surely no explanation, and a
/// good one.
const STANDS: (f64, f64) = (-0.12, -0.08);
/// Share that it must explain: from where the scene begins to be known, and surely is.
const KNOWN: (f64, f64) = (0.6, 0.7);
/// Degrees by which a camera goes round the subject in the first looks from where it may be the subject that turns, and surely may: what
/// then rests around it looks like something that moves along at just its depth.
const CIRCLED: (f64, f64) = (6.0, 9.0);
/// By how much larger a share of what stands around than of the subject rests in the picture from where the camera may rest and the
/// subject turn by itself, and surely does: before a camera that moves 0.45 at most, around a turntable that starts slowly 0.67 to 0.75.
const TURNS: (f64, f64) = (0.5, 0.65);
/// Degrees by which it has gone round where its marks begin to look otherwise for that alone, and may.
const SAME_SIDE: (f64, f64) = (4.0, 8.0);
/// How surely a look is not explained that is set aside.
const APART: f64 = 0.9;
/// Most rounds in which looks that the scene does not explain are set aside.
const ROUNDS: usize = 4;

/// A subject that stood in its scene in the first looks, and what of that is known ever after.
pub(super) struct Standing {
    body: Body,
    left: Vec<Left>,
    own: usize,
    /// How surely it stood, `0..=1`.
    stood: f64,
    /// How surely what stands around is where the body shows it: `0..=1`, per frame.
    holds: Vec<f64>,
}

impl Standing {
    /// Of a subject before a background; `None` where it did not stand there, or too little is seen to tell.
    pub(super) fn find(subject: &Sights, background: &Sights) -> Option<Self> {
        if background.rays.len() < LEAST || subject.frames.len() <= FIRST {
            return None;
        }
        let scene = Scene { sights: subject.joined(background), own: subject.rays.len() };
        let first = scene.sights.until(FIRST);
        let body = first.explain(STEPS.1);
        let circled = body.views[FIRST - 1].circled().to_degrees();
        let alone = ramp(circled, CIRCLED).max(scene.turns(&first));
        let stood = scene.stands(&first.leftovers(&body), subject, background) * (1.0 - alone);
        if stood == 0.0 {
            return None;
        }
        let body = scene.explain(body.nearness);
        let left = scene.sights.leftovers(&body);
        let stood = stood.min(scene.known(&left));
        let holds = |t: usize| {
            let around = &left[t][scene.own..];
            if around.iter().flatten().count() < LEAST {
                return 0.0;
            }
            1.0 - evidence::unexplained(&background.frames[t], around)
        };
        let holds = (0..left.len()).map(holds).collect();
        Some(Self { body, left, own: scene.own, stood, holds })
    }

    /// How far a frame's landmarks have left their `places` in the scene beyond a similarity, as far as the subject stood there at first,
    /// and the rest of it still stands: root mean square pixels, per frame.
    pub(super) fn warps(&self, places: &[Vector2<f64>], subject: &Sights) -> Vec<f64> {
        let warp = |t: usize| {
            let moved = &self.left[t][..self.own];
            if enough(moved) { self.stood * self.holds[t] * deformed(places, subject, t, moved) } else { 0.0 }
        };
        (0..self.left.len()).map(warp).collect()
    }

    /// How surely frame `t` shows the subject from where the still shows it, nearer by or farther away: `0..=1`.
    pub(super) fn same_side(&self, t: usize) -> f64 {
        let circled = self.body.views[t].circled().to_degrees();
        self.stood * self.holds[t] * (1.0 - ramp(circled, SAME_SIDE))
    }

    /// Where frame `t` shows the landmarks of the subject, if they still stand in the scene, and those around it, whose `sights` these are:
    /// pixels from the picture's centre.
    pub(super) fn shown(&self, sights: [&Sights; 2], t: usize) -> [Vec<Vector2<f64>>; 2] {
        let (own, around) = self.body.nearness.split_at(self.own);
        [(sights[0], own), (sights[1], around)]
            .map(|(sights, nearness)| sights.shown_from(&self.body.views[t], nearness).collect())
    }
}

/// What a body leaves of each landmark's sight in one look: pixels; `None` where it was not seen.
type Left = Vec<Option<Vector2<f64>>>;

/// Subject and surroundings as one body; the first `own` landmarks are the subject's.
struct Scene {
    sights: Sights,
    own: usize,
}

impl Scene {
    /// How surely the subject stands in the scene in the first looks, `0..=1`: as far as bodies of their own explain neither it nor what
    /// stands around better than the body that has `left` so much of both.
    fn stands(&self, left: &[Left], subject: &Sights, background: &Sights) -> f64 {
        let alone = |sights: &Sights| {
            let first = sights.until(FIRST);
            let left = first.leftovers(&first.explain(STEPS.1));
            ASKED.map(move |t| evidence::explained(&first.frames[t], &left[t])).collect::<Vec<f64>>()
        };
        let (subject, background) = rayon::join(|| alone(subject), || alone(background));
        let as_well = |together: f64, alone: f64| ramp(together - alone, STANDS);
        let in_look = |(k, (of_subject, around))| as_well(of_subject, subject[k]).min(as_well(around, background[k]));
        self.explained(left).enumerate().map(in_look).fold(self.known(left), f64::min)
    }

    /// How surely the subject turns by itself in the `first` looks while what stands around it rests: `0..=1`.
    fn turns(&self, first: &Sights) -> f64 {
        let resting = first.leftovers(&Body::at_rest(first));
        let by_how_much = |(subject, around): (f64, f64)| ramp(around - subject, TURNS);
        self.explained(&resting).map(by_how_much).fold(1.0, f64::min)
    }

    /// How surely the body that has `left` so much is known to explain the first looks: `0..=1`.
    fn known(&self, left: &[Left]) -> f64 {
        self.explained(left).map(|(subject, around)| ramp(subject.min(around), KNOWN)).fold(1.0, f64::min)
    }

    /// Shares of the subject's sights, and of those around it, that the body explains which has `left` so much: per look that is asked.
    fn explained(&self, left: &[Left]) -> impl Iterator<Item = (f64, f64)> {
        ASKED.map(|t| {
            let (sights, left) = (self.sights.frames[t].split_at(self.own), left[t].split_at(self.own));
            (evidence::explained(sights.0, left.0), evidence::explained(sights.1, left.1))
        })
    }

    /// The body that explains the scene, from a relief that is not far from it, looks apart in which it surely does not explain the
    /// subject: there, what stands around says alone where the camera is. The first looks are never set aside.
    fn explain(&self, nearness: Vec<f64>) -> Body {
        let mut body = self.sights.explain_from(nearness, STEPS.1);
        let mut standing = self.sights.clone();
        for _ in 0..ROUNDS {
            let left = self.sights.leftovers(&body);
            let mut any = false;
            for (sights, left) in standing.frames.iter_mut().zip(&left).skip(FIRST) {
                let (sights, left) = (&mut sights[..self.own], &left[..self.own]);
                if evidence::unexplained(sights, left) >= APART {
                    sights.fill(None);
                    any = true;
                }
            }
            if !any {
                break;
            }
            body = standing.improve(body, STEPS.1);
        }
        body
    }
}

#[cfg(test)]
mod tests {
    use super::{super::stage, *};

    const FRAMES: usize = 24;

    /// Of a camera that pans by a pixel a frame before a wall and by half as much again before a subject nearer by, which `shift` moves in
    /// addition.
    fn panned(shift: impl Fn(Vector2<f64>, usize) -> Vector2<f64>) -> Vec<f64> {
        let pan = |speed: f64, t: usize| Vector2::new(speed * t as f64, 0.0);
        let (places, subject) = stage::grid(10, FRAMES, |p, t| pan(1.5, t) + shift(p, t));
        let (_, background) = stage::grid(10, FRAMES, |_, t| pan(1.0, t));
        warps(&places, &subject, &background)
    }

    fn warps(places: &[Vector2<f64>], subject: &Sights, background: &Sights) -> Vec<f64> {
        let standing = Standing::find(subject, background);
        standing.map_or(vec![0.0; subject.frames.len()], |standing| standing.warps(places, subject))
    }

    /// Leans the grid across the pan, so that no relief does the same, from frame `from` on: by a tenth of a pixel a frame at its rims.
    fn lean(from: usize) -> impl Fn(Vector2<f64>, usize) -> Vector2<f64> {
        move |p, t| Vector2::new(0.0, 0.1 * (p.x / 45.0 - 1.0) * t.saturating_sub(from) as f64)
    }

    #[test]
    fn what_leans_after_it_stood_under_a_moving_camera_is_a_warp() {
        let warps = panned(lean(10));
        assert!(warps[..=10].iter().all(|w| *w < 0.02), "{warps:?}");
        // a similarity takes half of a shear for a roll; the rest is 1/√2 of a deviation of the ten columns
        let deviation = ((0..10).map(|k| (f64::from(k) / 4.5 - 1.0).powi(2)).sum::<f64>() / 10.0).sqrt();
        let expected = 0.1 * 13.0 * deviation / 2f64.sqrt();
        assert!((warps[23] / expected - 1.0).abs() < 0.15, "{} {expected}", warps[23]);
    }

    #[test]
    fn what_stands_keeps_its_shape_and_so_nearly_does_what_slides() {
        let stands = panned(|_, _| Vector2::zeros());
        assert!(stands.iter().all(|w| *w < 0.01), "{stands:?}");
        let slides = panned(|_, t| Vector2::new(0.0, 0.2 * t.saturating_sub(10) as f64));
        assert!(slides.iter().all(|w| *w < 0.2), "{slides:?}");
    }

    #[test]
    fn what_leans_from_the_start_may_turn_by_itself() {
        assert_eq!(panned(lean(0)), vec![0.0; FRAMES]);
    }

    #[test]
    fn a_subject_turns_where_it_moves_while_all_around_it_rests() {
        let turns = |subject: fn(Vector2<f64>, usize) -> Vector2<f64>,
                     around: fn(Vector2<f64>, usize) -> Vector2<f64>| {
            let (_, subject) = stage::grid(10, FIRST, subject);
            let (_, background) = stage::grid(10, FIRST, around);
            let scene = Scene { sights: subject.joined(&background), own: subject.rays.len() };
            scene.turns(&scene.sights)
        };
        let rests = |_: Vector2<f64>, _: usize| Vector2::zeros();
        let turning = |p: Vector2<f64>, t: usize| Vector2::new(0.002 * t as f64 * p.x * (90.0 - p.x) / 10.0, 0.0);
        let pans = |_: Vector2<f64>, t: usize| Vector2::new(t as f64, 0.0);
        assert_eq!([turns(turning, rests), turns(turning, pans), turns(rests, rests)], [1.0, 0.0, 0.0]);
    }

    #[test]
    fn too_few_looks_or_surroundings_tell_nothing() {
        let (places, subject) = stage::grid(10, FRAMES, lean(10));
        let (_, few) = stage::grid(6, FRAMES, |_, _| Vector2::zeros());
        assert_eq!(warps(&places, &subject, &few), vec![0.0; FRAMES]);
        let (_, around) = stage::grid(10, FIRST, |_, _| Vector2::zeros());
        assert_eq!(warps(&places, &subject.until(FIRST), &around), vec![0.0; FIRST]);
    }
}
