//! Marks that show something else where nothing excuses it. Of a subject that may turn, or move by itself, many marks look otherwise
//! in a faithful clip. But one that stands in its scene and is seen from the still's own side, nearer by or farther away, shows each
//! mark as the still does; so hardly any may be missed while what stands around it shows itself. Where it is follows from the
//! surroundings, so that it is known even where most of the subject is gone.

use super::{
    super::series::ramp,
    bundle::Sights,
    landmarks::Look,
    scene::Standing,
    visibility::{Missed, Surface},
};
use nalgebra::Vector2;

/// Share of the surroundings' marks that show something else from where something passes before all, or the light changes, and surely
/// does: under a camera that zooms 0 to 1.2 % do.
const DISTURBED: (f64, f64) = (0.01, 0.03);

/// Landmarks of the subject, or of what stands around it.
pub(super) struct Marks<'a, L> {
    pub(super) surface: &'a Surface<'a>,
    pub(super) sights: &'a Sights,
    /// How landmark `k` looks in frame `t`, and whether it is print: of `(t, k)`.
    pub(super) look: L,
}

/// How surely nothing excuses what looks otherwise of the `subject` that stands before the `background`, `0..=1`, and what frames whose
/// middle is at `centre` miss of it as surely: per frame; `None` where too little is in view to know.
pub(super) fn changed(
    standing: &Standing,
    subject: &Marks<'_, impl Fn(usize, usize) -> (Look, bool)>,
    background: &Marks<'_, impl Fn(usize, usize) -> (Look, bool)>,
    centre: Vector2<f64>,
) -> Vec<Option<(f64, Missed)>> {
    let in_frame = |t: usize| {
        let [own, around] = standing.shown([subject.sights, background.sights], t);
        let [own, around] = [own, around].map(|shown| shown.iter().map(|at| at + centre).collect::<Vec<_>>());
        let found = background.sights.frames[t].iter().flatten().count();
        let missed = subject.surface.missed(&own, 2.0 * centre, found, |k| (subject.look)(t, k))?;
        let beside = background.surface.missed(&around, 2.0 * centre, found, |k| (background.look)(t, k))?;
        let disturbed = ramp(beside.print + beside.plain, DISTURBED);
        let unexcused = standing.same_side(t) * (1.0 - disturbed);
        Some((unexcused, missed.times(unexcused)))
    };
    (0..subject.sights.frames.len()).map(in_frame).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::stage, *};

    const FRAMES: usize = 24;

    /// Most that is missed of a subject of 144 marks in any frame, where `changes` picks those of the subject that change from the
    /// middle of the clip on, and `around` those of what stands around it, while the camera comes near and `turn` moves the subject.
    fn missed(
        turn: impl Fn(Vector2<f64>, usize) -> Vector2<f64>,
        changes: impl Fn(usize) -> bool,
        around: impl Fn(usize) -> bool,
    ) -> f64 {
        let near = |p: Vector2<f64>, t: usize| (p - Vector2::repeat(50.0)) * (0.004 * t as f64);
        let (places, mut subject) = stage::grid(12, FRAMES, |p, t| near(p, t) + turn(p, t));
        let (beside, background) = stage::grid(12, FRAMES, near);
        let is_late = |t: usize| t >= FRAMES / 2;
        for t in (0..FRAMES).filter(|&t| is_late(t)) {
            (0..places.len()).filter(|&k| changes(k)).for_each(|k| subject.frames[t][k] = None);
        }
        let Some(standing) = Standing::find(&subject, &background) else { return 0.0 };
        let (own, far) = (Surface::new(&places, &subject.weights), Surface::new(&beside, &background.weights));
        let look = |is_other: bool| (if is_other { Look::Other } else { Look::Same }, false);
        let of_subject = Marks { surface: &own, sights: &subject, look: |t, k| look(is_late(t) && changes(k)) };
        let of_background = Marks { surface: &far, sights: &background, look: |t, k| look(is_late(t) && around(k)) };
        let changed = changed(&standing, &of_subject, &of_background, Vector2::repeat(100.0));
        changed.into_iter().flatten().map(|(_, missed)| missed.plain).fold(0.0, f64::max)
    }

    fn stands(_: Vector2<f64>, _: usize) -> Vector2<f64> {
        Vector2::zeros()
    }

    #[test]
    fn what_changes_in_its_place_is_missed_however_much_of_it() {
        let tenth = missed(stands, |k| k % 10 == 0, |_| false);
        assert!((tenth - 15.0 / 144.0).abs() < 0.02, "{tenth}");
        assert!(missed(stands, |k| k % 10 != 0, |_| false) > 0.8);
        assert_eq!(missed(stands, |_| false, |_| false), 0.0);
    }

    #[test]
    fn what_passes_before_all_excuses_it() {
        assert_eq!(missed(stands, |k| k % 10 == 0, |k| k % 10 == 0), 0.0);
    }

    #[test]
    fn what_moves_by_itself_at_first_may_look_otherwise() {
        let slides = |_: Vector2<f64>, t: usize| Vector2::new(0.0, 1.5 * t as f64);
        assert_eq!(missed(slides, |k| k % 10 == 0, |_| false), 0.0);
    }
}
