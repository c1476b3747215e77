//! The compact view of one frame: what every signal needs to know, averaged over small squares of the seed's canvas.

use super::{
    canvas::{self, BLUR, Canvas},
    correlation::NOISE_VARIANCE,
    registration::Registered,
    subject::SUBJECT,
    window,
};
use crate::{
    flow::Flow,
    frame::{
        Oklab, Plane, Rect, Size,
        simd::{self, Kernel},
    },
};

/// Cells along the longer side of the canvas.
const ALONG: usize = 40;
/// Variance from which a patch has texture that can be compared, levels².
pub(crate) const TEXTURED: f32 = 4.0 * NOISE_VARIANCE;

/// Energy of the fine band from which a cell counts as print, levels².
const PRINT_ENERGY: f32 = 60.0;
/// Share of a cell that must be marked as a label to count as such.
const LABELLED: f32 = 0.5;

/// How the canvas is divided.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grid {
    /// Side of a cell, pixels.
    pub side: usize,
    /// Cells in a row.
    pub columns: usize,
    /// Cells in a column.
    pub rows: usize,
    size: Size,
}

impl Grid {
    /// About forty cells along the longer side.
    pub(crate) fn new(size: Size) -> Self {
        let side = (size.width.max(size.height) / ALONG).max(4);
        Self { side, columns: size.width.div_ceil(side), rows: size.height.div_ceil(side), size }
    }

    /// Number of cells.
    pub(crate) fn len(&self) -> usize {
        self.columns * self.rows
    }

    /// Whether cell `index` lies at the canvas's border.
    pub(crate) fn at_border(&self, index: usize) -> bool {
        let (x, y) = (index % self.columns, index / self.columns);
        x == 0 || y == 0 || x + 1 == self.columns || y + 1 == self.rows
    }

    /// The cell that holds a pixel.
    pub(crate) fn cell(&self, x: usize, y: usize) -> usize {
        y / self.side * self.columns + x / self.side
    }

    /// The pixels of cell `index` (row-major).
    pub(crate) fn rect(&self, index: usize) -> Rect {
        let (x, y) = (index % self.columns * self.side, index / self.columns * self.side);
        Rect { x, y, width: self.side.min(self.size.width - x), height: self.side.min(self.size.height - y) }
    }

    /// Spreads one value per cell over the canvas.
    pub(crate) fn spread(&self, values: &[f32]) -> Plane<f32> {
        let mut spread = Plane::filled(self.size.width, self.size.height, 0.0);
        for y in 0..self.size.height {
            let row = &values[y / self.side * self.columns..][..self.columns];
            for (out, &value) in spread.row_mut(y).chunks_mut(self.side).zip(row) {
                out.fill(value);
            }
        }
        spread
    }

    /// Mean of a plane of the canvas's size over each cell.
    pub(crate) fn means(&self, plane: &Plane<f32>) -> Vec<f32> {
        simd::run(Means { plane, less: None, cells: |index| self.rect(index), columns: self.columns, rows: self.rows })
    }

    /// Mean over each cell of the squared difference of two planes.
    fn energies(&self, plane: &Plane<f32>, less: &Plane<f32>) -> Vec<f32> {
        let cells = |index| self.rect(index);
        simd::run(Means { plane, less: Some(less), cells, columns: self.columns, rows: self.rows })
    }

    /// Mean over each cell of a plane at half the canvas's size.
    fn half_means(&self, plane: &Plane<f32>) -> Vec<f32> {
        let (w, h) = (plane.width(), plane.height());
        let cells = |index| {
            let rect = self.rect(index);
            let (x, y) = ((rect.x / 2).min(w - 1), (rect.y / 2).min(h - 1));
            let right = (rect.x + rect.width).div_ceil(2).clamp(x + 1, w);
            let below = (rect.y + rect.height).div_ceil(2).clamp(y + 1, h);
            Rect { x, y, width: right - x, height: below - y }
        };
        simd::run(Means { plane, less: None, cells, columns: self.columns, rows: self.rows })
    }
}

/// Mean over each cell of a plane, or of its squared difference from another. Cells beside each other have the same rows.
struct Means<'a, F> {
    plane: &'a Plane<f32>,
    less: Option<&'a Plane<f32>>,
    cells: F,
    columns: usize,
    rows: usize,
}

impl<F: Fn(usize) -> Rect> Kernel for Means<'_, F> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn run(self) -> Vec<f32> {
        let Self { plane, less, cells, columns, rows } = self;
        let mut means = Vec::with_capacity(columns * rows);
        let mut sums = vec![0.0f64; plane.width()];
        for row in 0..rows {
            let Rect { y, height, .. } = cells(row * columns);
            sums.fill(0.0);
            let mut y = y..y + height;
            while y.len() >= 4 {
                add4(&mut sums, plane, less, y.start);
                y.start += 4;
            }
            for y in y {
                match less {
                    None => {
                        for (sum, &v) in sums.iter_mut().zip(plane.row(y)) {
                            *sum += f64::from(v);
                        }
                    }
                    Some(less) => {
                        for (sum, (&v, &less)) in sums.iter_mut().zip(plane.row(y).iter().zip(less.row(y))) {
                            *sum += f64::from((v - less) * (v - less));
                        }
                    }
                }
            }
            for column in 0..columns {
                let Rect { x, width, .. } = cells(row * columns + column);
                let sum: f64 = sums[x..x + width].iter().sum();
                means.push((sum / (width * height) as f64) as f32);
            }
        }
        means
    }
}

/// Energy of luma in two bands, levels²: about 2–4 and 4–10 pixels per cycle.
#[derive(Clone, Debug)]
pub(crate) struct Bands {
    /// The finest detail.
    pub fine: Vec<f32>,
    /// The next octave.
    pub middle: Vec<f32>,
}

impl Bands {
    fn new(grid: &Grid, luma: &Plane<f32>) -> Self {
        Self::of(grid, luma, &window::mean(luma, 1), &window::mean(luma, BLUR))
    }

    /// From the luma and what smoothing leaves of it.
    fn of(grid: &Grid, luma: &Plane<f32>, near: &Plane<f32>, far: &Plane<f32>) -> Self {
        Self { fine: grid.energies(luma, near), middle: grid.energies(near, far) }
    }
}

/// Colour of each cell, Oklab × 100.
#[derive(Clone, Debug)]
pub(crate) struct Colours {
    /// Lightness.
    pub l: Vec<f32>,
    /// Green–red.
    pub a: Vec<f32>,
    /// Blue–yellow.
    pub b: Vec<f32>,
}

impl Colours {
    fn new(grid: &Grid, lab: &Oklab) -> Self {
        Self { l: grid.half_means(&lab.l), a: grid.half_means(&lab.a), b: grid.half_means(&lab.b) }
    }
}

/// The seed's cells: prepared once.
#[derive(Clone, Debug)]
pub(crate) struct SeedCells {
    /// How the canvas is divided.
    pub grid: Grid,
    /// Weight of the subject, `0..=1`.
    pub subject: Vec<f32>,
    /// Variance of luma, levels².
    pub texture: Vec<f32>,
    /// Detail.
    pub bands: Bands,
    /// Whether it is fine print.
    pub print: Vec<bool>,
    /// Whether somebody marked it as a label.
    pub label: Vec<bool>,
    /// Colour.
    pub colours: Colours,
}

impl SeedCells {
    /// Divides the seed's canvas.
    pub(crate) fn new(canvas: &Canvas) -> Self {
        let grid = Grid::new(canvas.size());
        let bands = Bands::new(&grid, &canvas.luma);
        let label = match &canvas.label {
            Some(label) => grid.means(label).into_iter().map(|share| share >= LABELLED).collect(),
            None => vec![false; grid.len()],
        };
        Self {
            grid,
            subject: grid.means(&canvas.subject),
            texture: grid.means(canvas.structure.variance()),
            print: bands.fine.iter().map(|&energy| energy > PRINT_ENERGY).collect(),
            label,
            bands,
            colours: Colours::new(&grid, &canvas.lab),
        }
    }

    /// Diagonal of the box around the subject as a share of the picture's, `0..=1`; 1 where there is none.
    pub(crate) fn subject_extent(&self) -> f32 {
        let inside: Vec<Rect> =
            (0..self.grid.len()).filter(|&i| self.subject[i] > SUBJECT).map(|i| self.grid.rect(i)).collect();
        let low = |of: fn(&Rect) -> usize| inside.iter().map(of).min().unwrap_or(0) as f32;
        let high = |of: fn(&Rect) -> usize| inside.iter().map(of).max().unwrap_or(0) as f32;
        let (width, height) = (high(|r| r.x + r.width) - low(|r| r.x), high(|r| r.y + r.height) - low(|r| r.y));
        let share = width.hypot(height) / self.grid.size.diagonal() as f32;
        if share > 0.0 { share } else { 1.0 }
    }
}

/// Adds four rows at once, from `y` on, to the sums of their columns.
#[inline(always)]
fn add4(sums: &mut [f64], plane: &Plane<f32>, less: Option<&Plane<f32>>, y: usize) {
    let (a, b, c, d) = (plane.row(y), plane.row(y + 1), plane.row(y + 2), plane.row(y + 3));
    let rows = a.iter().zip(b).zip(c.iter().zip(d));
    match less {
        None => {
            for (sum, ((&a, &b), (&c, &d))) in sums.iter_mut().zip(rows) {
                *sum = (((*sum + f64::from(a)) + f64::from(b)) + f64::from(c)) + f64::from(d);
            }
        }
        Some(less) => {
            let (e, f, g, h) = (less.row(y), less.row(y + 1), less.row(y + 2), less.row(y + 3));
            let less = e.iter().zip(f).zip(g.iter().zip(h));
            for (sum, (((&a, &b), (&c, &d)), ((&e, &f), (&g, &h)))) in sums.iter_mut().zip(rows.zip(less)) {
                let (a, b, c, d) = (a - e, b - f, c - g, d - h);
                *sum = (((*sum + f64::from(a * a)) + f64::from(b * b)) + f64::from(c * c)) + f64::from(d * d);
            }
        }
    }
}

/// One frame's cells, pulled onto the seed.
#[derive(Clone, Debug)]
pub(crate) struct FrameCells {
    /// Share of the cell that can be compared, `0..=1`.
    pub seen: Vec<f32>,
    /// Likeness to the seed, `-1..=1`.
    pub likeness: Vec<f32>,
    /// Likeness of what blur leaves, `-1..=1`.
    pub coarse: Vec<f32>,
    /// Variance of luma, levels².
    pub texture: Vec<f32>,
    /// Size in the frame, relative to the seed, along the most foreshortened direction.
    pub facing: Vec<f32>,
    /// Detail.
    pub bands: Bands,
    /// Colour.
    pub colours: Colours,
}

impl FrameCells {
    /// Divides a registered frame; `lab` is its colour, pulled onto the seed, at half size.
    pub(crate) fn new(canvas: &Canvas, grid: &Grid, registered: &Registered, lab: &Oklab) -> Self {
        let (near, far) = (window::mean(&registered.luma, 1), window::mean(&registered.luma, BLUR));
        let coarse = canvas.coarse.with(&canvas::coarse(&far));
        Self {
            seen: grid.means(&registered.inside),
            likeness: grid.means(&registered.correlation.likeness),
            coarse: grid.half_means(&coarse.likeness),
            texture: grid.means(&registered.correlation.frame_variance),
            facing: simd::run(Facing { grid, flow: &registered.flow }),
            bands: Bands::of(grid, &registered.luma, &near, &far),
            colours: Colours::new(grid, lab),
        }
    }
}

/// Smaller singular value of the affine that the flow makes of each cell, from the differences between its opposite sides.
struct Facing<'a> {
    grid: &'a Grid,
    flow: &'a Flow,
}

impl Kernel for Facing<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn run(self) -> Vec<f32> {
        let Self { grid, flow } = self;
        let planes = [&flow.u, &flow.v];
        let mut facing = Vec::with_capacity(grid.len());
        let mut columns = planes.map(|plane| vec![0.0f32; plane.width()]);
        for row in 0..grid.rows {
            let Rect { y: top, height, .. } = grid.rect(row * grid.columns);
            for (sums, plane) in columns.iter_mut().zip(planes) {
                sums.fill(0.0);
                for y in top..top + height {
                    sums.iter_mut().zip(plane.row(y)).for_each(|(sum, v)| *sum += v);
                }
            }
            for column in 0..grid.columns {
                let Rect { x: left, width, .. } = grid.rect(row * grid.columns + column);
                let of_column = |x: usize| [0, 1].map(|i: usize| columns[i][x] / height as f32);
                let of_row = |y: usize| {
                    let sum = |plane: &Plane<f32>| plane.row(y)[left..left + width].iter().fold(0.0, |sum, v| sum + v);
                    planes.map(|plane| sum(plane) / width as f32)
                };
                let slope = |from: [f32; 2], to: [f32; 2], length: usize| {
                    let length = length.saturating_sub(1).max(1) as f32;
                    [(to[0] - from[0]) / length, (to[1] - from[1]) / length]
                };
                let along_x = slope(of_column(left), of_column(left + width - 1), width);
                let along_y = slope(of_row(top), of_row(top + height - 1), height);
                let (a, b, c, d) = (1.0 + along_x[0], along_y[0], along_x[1], 1.0 + along_y[1]);
                let (sum, difference) = ((a + d).hypot(b - c), (a - d).hypot(b + c));
                facing.push(0.5 * (sum - difference).max(0.0));
            }
        }
        facing
    }
}
