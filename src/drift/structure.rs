//! Does each visible patch still look like the seed in its aligned place? Content that was replaced, vanished or is new.

use super::{
    cells::{FrameCells, Grid, SeedCells, TEXTURED},
    series::weighted_quantile,
    signal::{Readings, Signal},
    subject::SUBJECT,
};
use image::{GrayImage, Luma};
use imageproc::region_labelling::{Connectivity, connected_components};
use std::collections::BTreeMap;

/// Likeness below which a cell shows something else: noise and half a pixel of misalignment keep it above.
const UNLIKE: f32 = 0.5;
/// Likeness below which a textured cell surely does.
const SURELY_UNLIKE: f32 = 0.35;
/// Distance of hue in Oklab × 100 from which a cell has another colour: a few just noticeable differences.
const OTHER_COLOUR: f32 = 4.0;
/// Percent of the picture that motion uncovers in one place, per percent of the diagonal that it moved.
const SWEPT: f32 = 0.5;
/// Share of print, by weight, that is no more unlike than what is said of it: the rest may be rims.
const WORST: f64 = 0.85;
/// Share of a label's energy in the middle band from which its letters are sharp enough to be read.
const SHARP: f32 = 0.4;
/// Size in the frame, relative to the seed, from which a label can be read.
const FACING: f32 = 0.8;
/// Share of a label's textured cells that must be readable, or the few that are say nothing.
const LEAST_READ: f32 = 0.3;
/// Share of a cell that must be comparable.
pub(super) const LEAST_SEEN: f32 = 0.8;

/// Likeness of every cell whose texture (the seed's or the frame's) lets it be judged.
pub(super) fn judged<'a>(seed: &'a SeedCells, frame: &'a FrameCells) -> impl Iterator<Item = usize> + 'a {
    (0..seed.grid.len()).filter(|&i| frame.seen[i] >= LEAST_SEEN && seed.texture[i].max(frame.texture[i]) > TEXTURED)
}

/// Reads the structure signals of one frame whose content moved by up to `moved` percent of the diagonal. What touches the border
/// may have come in from outside: it is no invention.
pub(super) fn read(seed: &SeedCells, frame: &FrameCells, moved: f32, readings: &mut Readings) {
    let share = |weight: &dyn Fn(usize) -> f32| {
        let (mut unlike, mut all) = (0.0f32, 1e-6f32);
        for i in judged(seed, frame) {
            let w = weight(i);
            all += w;
            unlike += w * unlikeness(forgiving(frame, i));
        }
        100.0 * unlike / all
    };
    readings.set(Signal::Replaced, share(&|i| seed.subject[i].powi(2)));
    readings.set(Signal::ReplacedAnywhere, share(&|_| 1.0));
    let marked: Vec<bool> = {
        let mut marked = vec![false; seed.grid.len()];
        for i in judged(seed, frame) {
            marked[i] = forgiving(frame, i) < UNLIKE && is_other(seed, frame, i);
        }
        marked
    };
    let size = groups([seed.grid.columns, seed.grid.rows], &marked)
        .into_iter()
        .filter(|group| !group.iter().any(|&i| seed.grid.at_border(i)))
        .map(|group| group.len())
        .max();
    let size = size.unwrap_or(0);
    readings.set(Signal::Blob, (100.0 * size as f32 / seed.grid.len() as f32 - SWEPT * moved).max(0.0));
    let worst = |is_asked: &dyn Fn(usize) -> bool| {
        let unlike = |i: usize| (1.0 - frame.likeness[i], 0.05 + seed.subject[i]);
        let mut unlike: Vec<(f32, f32)> = judged(seed, frame).filter(|&i| is_asked(i)).map(unlike).collect();
        weighted_quantile(&mut unlike, WORST).unwrap_or(0.0)
    };
    readings.set(Signal::Print, worst(&|i| seed.print[i]));
    // who marks a label wants it read, but what turns away or is out of focus says nothing of its letters
    let is_sharp = |i: usize| frame.bands.middle[i] >= SHARP * seed.bands.middle[i];
    let is_read = |i: usize| seed.label[i] && frame.facing[i] > FACING && is_sharp(i);
    let count = |is_asked: &dyn Fn(usize) -> bool| judged(seed, frame).filter(|&i| is_asked(i)).count() as f32;
    let label = (0..seed.grid.len()).filter(|&i| seed.label[i] && seed.texture[i] > TEXTURED).count() as f32;
    if count(&is_read) > LEAST_READ * label {
        readings.set(Signal::Label, worst(&is_read));
    }
}

/// Percent of the subject, by weight, that the largest connected place of it makes whose texture is surely another's.
pub(super) fn hole(seed: &SeedCells, frame: &FrameCells) -> f32 {
    let mut marked = vec![false; seed.grid.len()];
    for i in judged(seed, frame).filter(|&i| seed.subject[i] > SUBJECT && seed.texture[i] > TEXTURED) {
        marked[i] = forgiving(frame, i) < SURELY_UNLIKE;
    }
    let weight = |i: usize| seed.subject[i].powi(2);
    let groups = groups([seed.grid.columns, seed.grid.rows], &marked).into_iter();
    let largest = groups.map(|group| group.into_iter().map(weight).sum()).fold(0.0, f32::max);
    100.0 * largest / (0..seed.grid.len()).map(weight).sum::<f32>().max(f32::MIN_POSITIVE)
}

/// Likeness of a cell that forgives blur.
pub(super) fn forgiving(frame: &FrameCells, i: usize) -> f32 {
    frame.likeness[i].max(frame.coarse[i])
}

/// Whether an unlike cell shows something invented rather than the seed in a shadow, out of focus, or another part of the seed that
/// moved there: a colour that the seed shows nowhere.
fn is_other(seed: &SeedCells, frame: &FrameCells, i: usize) -> bool {
    let (f, s) = (&frame.colours, &seed.colours);
    (0..seed.grid.len()).all(|k| (f.a[i] - s.a[k]).hypot(f.b[i] - s.b[k]) > OTHER_COLOUR)
}

/// 0 above, 1 well below [`UNLIKE`].
fn unlikeness(likeness: f32) -> f32 {
    ((UNLIKE + 0.15 - likeness) / 0.3).clamp(0.0, 1.0)
}

/// Members of the largest 4-connected group of marked cells.
pub(super) fn largest_group(grid: &Grid, marked: &[bool]) -> Vec<usize> {
    groups([grid.columns, grid.rows], marked)
        .into_iter()
        .max_by(|a, b| a.len().cmp(&b.len()).then(b[0].cmp(&a[0])))
        .unwrap_or_default()
}

/// The 4-connected groups of marked cells of so many columns and rows, in the order of their first cells; members in row-major order.
pub(super) fn groups([columns, rows]: [usize; 2], marked: &[bool]) -> Vec<Vec<usize>> {
    let mark = |x: u32, y: u32| Luma([u8::from(marked[y as usize * columns + x as usize])]);
    let marks = GrayImage::from_fn(columns as u32, rows as u32, mark);
    let labels = connected_components(&marks, Connectivity::Four, Luma([0]));
    let mut groups: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (i, Luma([label])) in labels.pixels().enumerate().filter(|(_, Luma([label]))| *label != 0) {
        groups.entry(*label).or_default().push(i);
    }
    let mut groups: Vec<Vec<usize>> = groups.into_values().collect();
    groups.sort_by_key(|group| group[0]);
    groups
}
