//! Colour after exposure is explained: one gain for the whole picture may change, hues may not.

use super::{
    cells::{FrameCells, Grid, SeedCells},
    series::{quantile, ramp, weighted_quantile},
    signal::{Readings, Signal},
    structure::LEAST_SEEN,
};

/// Likeness from which a cell's colour is compared: elsewhere other content is measured, not another colour.
const LIKE: f32 = 0.5;
/// Lightness below which colour is noise, Oklab × 100.
const DARK: f32 = 12.0;
/// Local deviation from the common gain that halves a cell's say (highlights and shadows that move), natural logarithm.
const LOCAL_LIGHT: f32 = 0.08;

/// Chroma below which a colour has no hue of its own, Oklab × 100.
const GREY: f32 = 2.0;
/// Quantile of weighted values that stands for most of them: what a fault changes shows in it from 40 % of the weight on.
const MOST: f64 = 0.6;
/// Share of the subject that has a hue from which its colour begins to be, and surely is, known: the print of a white mug.
const COLOURED: (f64, f64) = (0.02, 0.08);

/// Largest step of lightness between two frames, natural logarithm: beyond, nothing is alike.
const DARKEST: f32 = 1.6;
/// Cells on each side whose change of light a cell is held against.
const AROUND: usize = 2;
/// Cells that two frames must share before their light is compared: their median is then surer than 1 %.
const LEAST_SHARED: usize = 16;

/// Gain of lightness (ratio of Oklab L, the cube root of the exposure ratio) common to the picture; 1 where unknown.
pub(super) fn gain(seed: &SeedCells, frame: &FrameCells) -> f32 {
    let mut ratios: Vec<f32> = comparable(seed, frame).map(|i| frame.colours.l[i] / seed.colours.l[i]).collect();
    quantile(&mut ratios, 0.5).unwrap_or(1.0).clamp(0.2, 5.0)
}

fn comparable<'a>(seed: &'a SeedCells, frame: &'a FrameCells) -> impl Iterator<Item = usize> + 'a {
    (0..seed.grid.len()).filter(|&i| {
        frame.seen[i] >= LEAST_SEEN
            && frame.likeness[i] > LIKE
            && seed.colours.l[i] > DARK
            && frame.colours.l[i] > 0.5 * DARK
    })
}

/// Unevenness of the change of light from where what stands in it may look otherwise for that alone, and surely may: natural logarithm.
/// A camera that zooms has 0.003 to 0.01, a ball that rolls and its shadow 0.03 to 0.05.
const RELIT: (f64, f64) = (0.015, 0.03);

/// How surely the light beside the subject is the still's, or another that is as even: `0..=1`, from how far apart in lightness are what the
/// tenth that lost most and the tenth that gained most have become.
pub(super) fn same_light(seed: &SeedCells, frame: &FrameCells) -> f32 {
    let change = |i: usize| ((frame.colours.l[i] / seed.colours.l[i]).ln(), 1.0 - seed.subject[i]);
    let mut changes: Vec<(f32, f32)> = comparable(seed, frame).map(change).collect();
    let [least, most] = [0.1, 0.9].map(|q| weighted_quantile(&mut changes, q).unwrap_or(0.0));
    1.0 - ramp(f64::from(most - least), RELIT) as f32
}

/// Weight of what is surely not the subject when colour is looked for anywhere: what stands beside may move and be mistaken.
const BESIDE: f32 = 0.2;
/// Spread of lightness in the seed from which its contrast can be judged, Oklab × 100.
const RANGE: f32 = 8.0;
/// Ratio of contrasts below which there is none left to tell.
const LEAST_CONTRAST: f32 = 0.2;
/// Change of the contrast between neighbours from where what is lighter and darker may have, and surely has, changed its contrast rather
/// than its light, natural logarithm. Lights that move keep it within 0.03 to 0.11, pictures that fade change it by 0.12 and more.
const NEARBY: (f64, f64) = (0.05, 0.12);

/// Bins of the palette's histogram along L, a and b.
const BINS: [usize; 3] = [5, 6, 6];
/// Centres of the first of them, Oklab × 100.
const LEAST_BIN: [f32; 3] = [10.0, -15.0, -15.0];
/// Distances between neighbours, Oklab × 100.
const BIN_WIDTH: [f32; 3] = [20.0, 6.0, 6.0];

/// Reads the colour signals of one frame.
pub(super) fn read(seed: &SeedCells, frame: &FrameCells, readings: &mut Readings) {
    let gain = gain(seed, frame);
    let (mut subject, mut turned, mut anywhere, mut tone) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for i in comparable(seed, frame) {
        let (f, s) = (&frame.colours, &seed.colours);
        let trust = trust(seed, frame, gain, i);
        let shift = shift(seed, frame, gain, i);
        subject.push((shift, trust * seed.subject[i]));
        turned.push(Turned {
            by: turn([f.l[i], f.a[i], f.b[i]], [s.l[i], s.a[i], s.b[i]]),
            chroma: s.a[i].hypot(s.b[i]),
            weight: seed.subject[i].powi(2),
        });
        let alike = (frame.likeness[i] - LIKE) / (1.0 - LIKE);
        anywhere.push((shift, trust * alike * (BESIDE + seed.subject[i])));
        tone.push((f.l[i] / gain - s.l[i]).abs());
    }
    readings.set(Signal::Hue, typical(&mut subject).max(typical_turn(&turned)));
    readings.set(Signal::HuePeak, weighted_quantile(&mut anywhere, 0.9).unwrap_or(0.0));
    readings.set(Signal::Tone, quantile(&mut tone, 0.7).unwrap_or(0.0));
    readings.set(Signal::Contrast, contrast(seed, frame, gain));
    readings.set(Signal::Palette, palette_distance(seed, frame, gain));
}

/// How little the light on a cell deviates from the common gain: `0..=1`.
fn trust(seed: &SeedCells, frame: &FrameCells, gain: f32, i: usize) -> f32 {
    let local = (frame.colours.l[i] / seed.colours.l[i] / gain).ln();
    1.0 / (1.0 + (local / LOCAL_LIGHT).powi(2))
}

/// Distance of a cell's hue and chroma from the seed's after the common gain, Oklab × 100.
fn shift(seed: &SeedCells, frame: &FrameCells, gain: f32, i: usize) -> f32 {
    let (f, s) = (&frame.colours, &seed.colours);
    (f.a[i] / gain - s.a[i]).hypot(f.b[i] / gain - s.b[i])
}

/// The same for every cell that can be compared, less where its light moves.
pub(super) fn shifts<'a>(seed: &'a SeedCells, frame: &'a FrameCells) -> impl Iterator<Item = (usize, f32)> + 'a {
    let gain = gain(seed, frame);
    comparable(seed, frame).map(move |i| (i, trust(seed, frame, gain, i) * shift(seed, frame, gain, i)))
}

/// How far the hue of one cell turned, and the seed's chroma there, Oklab × 100: `None` of what had no hue; and the cell's say.
struct Turned {
    by: Option<f32>,
    chroma: f32,
    weight: f32,
}

/// What most of the weighted values stay below; 0 of none.
fn typical(values: &mut Vec<(f32, f32)>) -> f32 {
    weighted_quantile(values, MOST).unwrap_or(0.0)
}

/// The same of the cells that have a hue, each by its chroma squared, as far as they are enough to tell: a product's own colour is the strong
/// one, and the cream and the wood around it say little.
fn typical_turn(cells: &[Turned]) -> f32 {
    let all: f32 = cells.iter().map(|cell| cell.weight).sum();
    let with_hue = cells.iter().filter(|cell| cell.by.is_some());
    let coloured = with_hue.map(|cell| cell.weight).sum::<f32>() / all.max(f32::MIN_POSITIVE);
    let mut turned: Vec<(f32, f32)> =
        cells.iter().filter_map(|cell| Some((cell.by?, cell.weight * cell.chroma.powi(2)))).collect();
    ramp(f64::from(coloured), COLOURED) as f32 * typical(&mut turned)
}

/// Distance across the seed's hue from its colour `s` to the frame's `f` (L, a, b), as bright as the seed's, Oklab × 100: highlights
/// and shadows change chroma, but turn no hue. `None` of a colour without hue.
fn turn(f: [f32; 3], s: [f32; 3]) -> Option<f32> {
    let chroma = s[1].hypot(s[2]);
    (chroma >= GREY).then(|| (f[2] * s[1] - f[1] * s[2]).abs() / chroma * s[0] / f[0])
}

/// Lightness beyond the common gain of every cell that can be compared, Oklab × 100; NaN elsewhere.
pub(super) fn residual_lightness(seed: &SeedCells, frame: &FrameCells) -> Vec<f32> {
    let gain = gain(seed, frame);
    let mut residual = vec![f32::NAN; seed.grid.len()];
    for i in comparable(seed, frame) {
        residual[i] = frame.colours.l[i] / gain - seed.colours.l[i];
    }
    residual
}

/// Lightness of every cell that can be compared, Oklab × 100; NaN elsewhere.
pub(super) fn lightness(seed: &SeedCells, frame: &FrameCells) -> Vec<f32> {
    let mut lightness = vec![f32::NAN; seed.grid.len()];
    for i in comparable(seed, frame) {
        lightness[i] = frame.colours.l[i];
    }
    lightness
}

/// Natural logarithm of the ratio of lightness between two frames where both show the seed, so that a place that leaves or comes
/// does not count as light; each place counts by its `weight`. 0 where they share too little.
///
/// Exposure changes evenly, lightning and lamps do not: the median counts as far as it stands out of the places' spread around it
/// (median absolute deviation), by its square against that of both, as a Wiener filter weighs a signal against noise.
pub(super) fn step(before: &[f32], now: &[f32], weight: impl Fn(usize) -> f32) -> f32 {
    let steps = before.iter().zip(now).enumerate().map(|(i, (b, n))| ((n / b).ln(), weight(i)));
    let mut all: Vec<(f32, f32)> = steps.filter(|(step, weight)| step.is_finite() && *weight > 0.0).collect();
    if all.len() < LEAST_SHARED {
        return 0.0;
    }
    let step = weighted_quantile(&mut all, 0.5).unwrap_or(0.0).clamp(-DARKEST, DARKEST);
    let mut off: Vec<(f32, f32)> = all.iter().map(|(other, weight)| ((other - step).abs(), *weight)).collect();
    let spread = weighted_quantile(&mut off, 0.5).unwrap_or(0.0);
    let even = step * step / (step * step + spread * spread).max(f32::MIN_POSITIVE);
    step * even
}

/// How far the aligned surface's lightness changed since the frame before, beyond what changed around, Oklab × 100: the weighted 60 %
/// of its cells. Light that moves changes neighbours alike; what is drawn anew does not.
pub(super) fn boil(seed: &SeedCells, before: &[f32], now: &[f32]) -> f32 {
    let change: Vec<f32> = before.iter().zip(now).map(|(b, n)| n - b).collect();
    let alone = |i: usize| change[i] - around(&seed.grid, &change, i);
    let mut boiling: Vec<(f32, f32)> = (0..change.len()).map(|i| (alone(i).abs(), 0.05 + seed.subject[i])).collect();
    typical(&mut boiling)
}

/// Mean of the `values` that are known around a cell and in it.
fn around(grid: &Grid, values: &[f32], index: usize) -> f32 {
    let (column, row) = (index % grid.columns, index / grid.columns);
    let near = |at: usize, end: usize| at.saturating_sub(AROUND)..(at + AROUND + 1).min(end);
    let (mut sum, mut count) = (0.0f32, 0.0f32);
    for y in near(row, grid.rows) {
        let known = near(column, grid.columns).map(|x| values[y * grid.columns + x]).filter(|v| v.is_finite());
        known.for_each(|value| (sum, count) = (sum + value, count + 1.0));
    }
    sum / count.max(1.0)
}

/// Change of contrast beyond one `gain`, natural logarithm, as far as neighbours changed theirs: light that moves makes sides of things
/// lighter and darker, but what stands close together alike.
fn contrast(seed: &SeedCells, frame: &FrameCells, gain: f32) -> f32 {
    let weight = |i: usize| 0.1 + seed.subject[i];
    let anywhere = comparable(seed, frame).map(|i| (weight(i), seed.colours.l[i], frame.colours.l[i] / gain));
    let (mut before, now) = (seed.colours.l.clone(), lightness(seed, frame));
    before.iter_mut().zip(&now).filter(|(_, l)| l.is_nan()).for_each(|(before, _)| *before = f32::NAN);
    let nearby = comparable(seed, frame).map(|i| {
        let [before, now] = apart(&seed.grid, &before, &now, i);
        (weight(i), before, now)
    });
    change_of_contrast(anywhere) * ramp(f64::from(change_of_contrast(nearby)), NEARBY) as f32
}

/// Lightness of a cell against that around it, `before` and `now`, where the gain that is common around it is made up for.
fn apart(grid: &Grid, before: &[f32], now: &[f32], index: usize) -> [f32; 2] {
    let [mean_before, mean_now] = [before, now].map(|values| around(grid, values, index));
    [before[index] - mean_before, now[index] * mean_before / mean_now - mean_before]
}

/// Change of contrast between lightness `(weight, seed's, frame's)`, natural logarithm; small where the seed has little range. The
/// geometric mean of two measures: the slope between them, which is too small wherever other places are compared (regression dilution),
/// and the ratio of their spreads, which other content changes. What is burnt in or washed out changes both.
fn change_of_contrast(pairs: impl Iterator<Item = (f32, f32, f32)>) -> f32 {
    let (mut w, mut x, mut y, mut xx, mut xy, mut yy) = (0.0f32, 0.0, 0.0, 0.0, 0.0, 0.0);
    for (weight, s, f) in pairs {
        w += weight;
        x += weight * s;
        y += weight * f;
        xx += weight * s * s;
        xy += weight * s * f;
        yy += weight * f * f;
    }
    if w <= 0.0 {
        return 0.0;
    }
    let (mean_x, mean_y) = (x / w, y / w);
    let variance = (xx / w - mean_x * mean_x).max(0.0);
    let before = w * variance + 1.0;
    let slope = ((xy - w * mean_x * mean_y) + 1.0) / before;
    let spread = (((yy - w * mean_y * mean_y).max(0.0) + 1.0) / before).sqrt();
    let both = (slope.max(LEAST_CONTRAST).ln() * spread.max(LEAST_CONTRAST).ln()).abs().sqrt();
    both * (variance.sqrt() / RANGE).min(1.0)
}

/// Distance of the two pictures' colour histograms over cells beyond one `gain`, `0..=1`, wherever the content went. Each colour counts for
/// the bins it lies between, by how near they are, so that an even wall that gets a little darker is not another colour.
fn palette_distance(seed: &SeedCells, frame: &FrameCells, gain: f32) -> f32 {
    let mut difference = [0.0f32; BINS[0] * BINS[1] * BINS[2]];
    for (cells, light, weight) in [(&seed.colours, 1.0, 1.0), (&frame.colours, gain, -1.0)] {
        for i in 0..seed.grid.len() {
            let colour = [cells.l[i], cells.a[i], cells.b[i]].map(|v| v / light);
            spread(colour, |bin, share| difference[bin] += weight * share);
        }
    }
    difference.iter().map(|d| d.abs()).sum::<f32>() / (2.0 * (seed.grid.len() as f32).max(1.0))
}

/// The up to eight bins that a colour lies between, and its share in each (trilinear).
fn spread(colour: [f32; 3], mut add: impl FnMut(usize, f32)) {
    let place = |axis: usize| {
        let last = BINS[axis] - 1;
        let at = ((colour[axis] - LEAST_BIN[axis]) / BIN_WIDTH[axis]).clamp(0.0, last as f32);
        let low = (at as usize).min(last - 1);
        [(low, 1.0 - (at - low as f32)), (low + 1, at - low as f32)]
    };
    for (l, l_share) in place(0) {
        for (a, a_share) in place(1) {
            for (b, b_share) in place(2) {
                add((l * BINS[1] + a) * BINS[2] + b, l_share * a_share * b_share);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Size;

    const BROWN: [f32; 3] = [40.0, 6.0, 8.0];

    #[test]
    fn a_shadow_turns_no_hue_and_paint_does() {
        assert!(turn(BROWN.map(|v| 0.7 * v), BROWN).unwrap() < 1e-5);
        // a quarter turn at the same chroma, in the same shadow
        assert!((turn([28.0, -0.7 * 8.0, 0.7 * 6.0], BROWN).unwrap() - 10.0).abs() < 1e-4);
        assert_eq!(turn([40.0, 3.0, 0.0], [40.0, 0.5, 0.5]), None);
    }

    #[test]
    fn the_print_of_a_white_mug_turns_and_a_speck_of_colour_says_nothing() {
        let mug = |coloured: usize| -> Vec<Turned> {
            (0..100).map(|i| Turned { by: (i < coloured).then_some(6.0), chroma: 8.0, weight: 1.0 }).collect()
        };
        assert_eq!([0, 2, 10, 100].map(|coloured| typical_turn(&mug(coloured))), [0.0, 0.0, 6.0, 6.0]);
        assert!((typical_turn(&mug(5)) - 3.0).abs() < 1e-4);
    }

    #[test]
    fn a_strong_colour_says_more_than_the_cream_around_it() {
        let cream = (0..70).map(|_| Turned { by: Some(0.0), chroma: 2.5, weight: 1.0 });
        let cap = (0..30).map(|_| Turned { by: Some(4.0), chroma: 10.0, weight: 1.0 });
        assert_eq!(typical_turn(&cream.chain(cap).collect::<Vec<_>>()), 4.0);
    }

    #[test]
    fn what_is_washed_out_loses_contrast_and_what_moved_away_does_not() {
        let seed = || (0..100u8).map(|i| f32::from(i % 50) + 20.0);
        let washed = seed().map(|s| (1.0, s, 45.0 + 0.7 * (s - 45.0)));
        assert!((change_of_contrast(washed) - 0.7f32.recip().ln()).abs() < 1e-3);
        // the slope falls to 0.04 where half a period lies between what is compared, the spread stays
        let moved = seed().zip(seed().skip(25)).map(|(s, f)| (1.0, s, f));
        assert!(change_of_contrast(moved) < 0.2);
    }

    #[test]
    fn light_that_moves_keeps_the_contrast_of_neighbours_and_what_fades_does_not() {
        let grid = Grid::new(Size::new(160, 160));
        let before: Vec<f32> = (0..grid.len()).map(|i| 25.0 + 15.0 * ((i * 7) % 5) as f32).collect();
        let change = |now: &[f32]| {
            change_of_contrast((0..grid.len()).map(|i| {
                let [before, now] = apart(&grid, &before, now, i);
                (1.0, before, now)
            }))
        };
        let across = |i: usize| (i % grid.columns) as f32 / grid.columns as f32;
        let lit: Vec<f32> = before.iter().enumerate().map(|(i, l)| l * (0.5 + across(i))).collect();
        let faded: Vec<f32> = before.iter().map(|l| 55.0 + 0.8 * (l - 55.0)).collect();
        assert!(f64::from(change(&lit)) < NEARBY.0, "{}", change(&lit));
        assert!(f64::from(change(&faded)) > NEARBY.1, "{}", change(&faded));
    }

    #[test]
    fn an_even_wall_that_gets_a_little_darker_keeps_its_palette() {
        let shares = |colour: [f32; 3]| {
            let mut bins = vec![0.0f32; BINS.iter().product()];
            spread(colour, |bin, share| bins[bin] += share);
            assert!((bins.iter().sum::<f32>() - 1.0).abs() < 1e-6);
            bins
        };
        let apart =
            |a: [f32; 3], b: [f32; 3]| 0.5 * shares(a).iter().zip(shares(b)).map(|(a, b)| (a - b).abs()).sum::<f32>();
        assert!((apart([81.0, 0.0, 0.0], [79.0, 0.0, 0.0]) - 0.1).abs() < 1e-5);
        assert!((apart([50.0, 12.0, 0.0], [50.0, 0.0, 0.0]) - 1.0).abs() < 1e-5, "two bins apart");
        assert!(apart([200.0, 90.0, -90.0], [95.0, 16.0, -16.0]) < 1e-5, "beyond the last bins");
    }

    #[test]
    fn exposure_changes_evenly_and_lightning_does_not() {
        let before = [50.0; 20];
        assert!((step(&before, &[55.0; 20], |_| 1.0) - 1.1f32.ln()).abs() < 1e-6);
        // one place in three is lit, and by more than the median gains
        let lightning: Vec<f32> = (0u8..20).map(|i| 50.0 + 5.0 * f32::from(i % 3)).collect();
        let flash = step(&before, &lightning, |_| 1.0);
        assert!(flash > 0.0 && flash < 0.6 * 1.1f32.ln(), "{flash}");
        assert_eq!(step(&before[..8], &[60.0; 8], |_| 1.0), 0.0);
    }

    #[test]
    fn what_lights_up_alone_is_told_by_its_own_places() {
        let now: Vec<f32> = (0..60).map(|i| if i < 20 { 55.0 } else { 50.0 }).collect();
        assert_eq!(step(&[50.0; 60], &now, |_| 1.0), 0.0);
        assert!((step(&[50.0; 60], &now, |i| if i < 20 { 1.0 } else { 0.2 }) - 1.1f32.ln()).abs() < 1e-6);
    }

    #[test]
    fn a_change_that_runs_over_the_picture_is_that_of_the_cells_around() {
        let grid = Grid::new(Size::new(40, 40));
        let ramp: Vec<f32> = (0..grid.len()).map(|i| (i % grid.columns) as f32).collect();
        let inside = 5 * grid.columns + 5;
        assert_eq!(around(&grid, &ramp, inside), ramp[inside]);
        let mut gaps = ramp.clone();
        gaps[inside + 1] = f32::NAN;
        // 24 are known, whose mean lacks one that is 1 above it
        assert!((around(&grid, &gaps, inside) - (ramp[inside] - 1.0 / 24.0)).abs() < 1e-5);
    }
}
