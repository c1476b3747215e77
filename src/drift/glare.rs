//! Light that comes into view: a flash, an explosion, the sun, lightning. It tints what it lights, outshines print and makes exposure
//! jump, so colour, print and flicker say less around it. Shape and identity are asked as ever.

use super::{canvas::Canvas, cells::Grid, series, signal::Readings, signal::Signal};
use crate::frame::Plane;

/// Luma from which a place may be a light, levels.
const BRIGHT: f32 = 215.0;
/// Luma by which it outshines all that the still shows around there, levels: what merely moved or was exposed longer does not.
const BRIGHTER: f32 = 70.0;
/// Cells on each side that count as around.
const AROUND: usize = 3;
/// Share of the picture that is new light at which the signals count half, percent.
const HALF: f64 = 1.0;
/// Time on each side of it in which they count less, seconds: a flash fades.
const FADES_SECS: f64 = 0.5;
/// What light tints, outshines or makes jump.
const UNSURE: [Signal; 13] = [
    Signal::Hue,
    Signal::HuePeak,
    Signal::Tone,
    Signal::Contrast,
    Signal::Print,
    Signal::Label,
    Signal::Garbled,
    Signal::Rewritten,
    Signal::Gone,
    Signal::Hole,
    Signal::Flicker,
    Signal::FlickerAlone,
    Signal::Boil,
];

/// How bright the still is around each cell of the canvas.
#[derive(Clone, Debug)]
pub(super) struct Glare {
    grid: Grid,
    /// Luma, levels.
    brightest_around: Vec<f32>,
}

impl Glare {
    pub(super) fn new(canvas: &Canvas) -> Self {
        let grid = Grid::new(canvas.size());
        Self { brightest_around: brightest_around(&grid, &grid.means(&canvas.luma)), grid }
    }

    /// Share of a frame, as it comes, that is light which the still has nowhere near: percent. `luma` in levels, of the canvas's size.
    pub(super) fn percent(&self, luma: &Plane<f32>) -> f64 {
        let lights = |&(now, still): &(f32, &f32)| now > BRIGHT && now > still + BRIGHTER;
        let count = self.grid.means(luma).into_iter().zip(&self.brightest_around).filter(lights).count();
        100.0 * count as f64 / self.grid.len().max(1) as f64
    }
}

fn brightest_around(grid: &Grid, luma: &[f32]) -> Vec<f32> {
    let near = |at: usize, end: usize| at.saturating_sub(AROUND)..(at + AROUND + 1).min(end);
    let brightest = |index: usize| {
        let (column, row) = (index % grid.columns, index / grid.columns);
        let cells = near(row, grid.rows).flat_map(|y| near(column, grid.columns).map(move |x| y * grid.columns + x));
        cells.map(|i| luma[i]).fold(0.0, f32::max)
    };
    (0..grid.len()).map(brightest).collect()
}

/// How much the signals that light disturbs count in each frame, `0..=1`, from the series of [`Glare::percent`].
pub(super) fn says(percent: &[f64], fps: f64) -> Vec<f64> {
    let most = series::running_max(percent, (FADES_SECS * fps).round() as usize);
    most.into_iter().map(|most| 1.0 / (1.0 + (most / HALF).powi(2))).collect()
}

/// Lets the signals that light disturbs count by `say`.
pub(super) fn dim(readings: &mut Readings, say: f64) {
    readings.dim(&UNSURE, say);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Size;

    #[test]
    fn a_new_light_is_seen_and_a_white_thing_that_moves_is_not() {
        // a grey card with a white square
        let still = |x: usize, y: usize, left: usize| {
            let white = (left..left + 8).contains(&x) && (16..24).contains(&y);
            if white { 230.0 } else { 90.0 }
        };
        let size = Size::new(80, 40);
        let grid = Grid::new(size);
        let plane = |left: usize| Plane::from_fn(size.width, size.height, |x, y| still(x, y, left));
        let glare = Glare { brightest_around: brightest_around(&grid, &grid.means(&plane(8))), grid };
        assert_eq!(glare.percent(&plane(8)), 0.0);
        assert_eq!(glare.percent(&plane(16)), 0.0);
        // far from it, four cells of two hundred are new light
        assert_eq!(glare.percent(&plane(56)), 2.0);
    }

    #[test]
    fn what_light_disturbs_counts_less_while_it_fades() {
        let mut percent = vec![0.0; 40];
        percent[20] = 1.0;
        let says = says(&percent, 10.0);
        assert_eq!(says[14..=26], [1.0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 1.0]);
        let mut readings = Readings::default();
        readings.set(Signal::Hue, 3.0);
        readings.set(Signal::Warp, 3.0);
        dim(&mut readings, says[20]);
        assert_eq!((readings.get(Signal::Hue), readings.get(Signal::Warp)), (1.5, 3.0));
    }
}
