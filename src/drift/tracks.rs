//! Where a regular grid of the seed's points is in each frame: the memory of the geometry, a few kilobytes per frame.

use super::{
    canvas::Canvas,
    cells::TEXTURED,
    registration::{BELIEVED, Registered},
};

/// Points along the longer side of the canvas.
const ALONG: usize = 64;
/// Steps of the stored displacements per pixel.
const PER_PIXEL: f32 = 32.0;
/// Marks a point that was not seen.
const UNSEEN: [i16; 2] = [i16::MIN; 2];

/// The points that are followed.
#[derive(Clone, Debug)]
pub(crate) struct Points {
    /// Distance between neighbours, pixels.
    pub step: usize,
    /// Points in a row.
    pub columns: usize,
    /// Points in a column.
    pub rows: usize,
    /// Whether the seed has enough texture there.
    pub textured: Vec<bool>,
    /// Weight of the subject, `0..=1`.
    pub subject: Vec<f32>,
}

impl Points {
    /// A grid over the canvas, about 64 points along the longer side.
    pub(crate) fn new(canvas: &Canvas) -> Self {
        let size = canvas.size();
        let step = (size.width.max(size.height) / ALONG).max(3);
        let (columns, rows) = (size.width / step, size.height / step);
        let mut points = Self { step, columns, rows, textured: Vec::new(), subject: Vec::new() };
        for index in 0..columns * rows {
            let (x, y) = points.place(index);
            points.textured.push(canvas.structure.variance().at(x, y) > TEXTURED && canvas.visible.at(x, y) > 0.0);
            points.subject.push(canvas.subject.at(x, y));
        }
        points
    }

    /// Column and row, pixels of the canvas, of point `index` (row-major).
    pub(crate) fn place(&self, index: usize) -> (usize, usize) {
        (index % self.columns * self.step + self.step / 2, index / self.columns * self.step + self.step / 2)
    }

    /// Number of points.
    pub(crate) fn len(&self) -> usize {
        self.columns * self.rows
    }
}

/// Displacement of every point in one frame.
#[derive(Clone, Debug)]
pub(crate) struct Displacements(Vec<[i16; 2]>);

impl Displacements {
    /// Reads the points' displacements from a registered frame.
    pub(crate) fn read(points: &Points, registered: &Registered) -> Self {
        let limit = f32::from(i16::MAX) / PER_PIXEL - 1.0;
        let at = |index: usize| {
            let (x, y) = points.place(index);
            let (u, v) = registered.flow.at(x, y);
            let believed = registered.inside.at(x, y) > 0.0 && registered.correlation.likeness.at(x, y) > BELIEVED;
            if !(believed && points.textured[index] && u.abs() < limit && v.abs() < limit) {
                return UNSEEN;
            }
            [(u * PER_PIXEL).round() as i16, (v * PER_PIXEL).round() as i16]
        };
        Self((0..points.len()).map(at).collect())
    }

    /// Displacement of point `index`, pixels; `None` where it was not seen.
    pub(crate) fn at(&self, index: usize) -> Option<[f32; 2]> {
        let stored = self.0[index];
        (stored != UNSEEN).then(|| stored.map(|v| f32::from(v) / PER_PIXEL))
    }

    /// Length that `share` of the seen displacements do not exceed, pixels; 0 of none.
    pub(crate) fn length(&self, share: f64) -> f32 {
        let mut lengths: Vec<f32> = (0..self.0.len()).filter_map(|i| self.at(i)).map(|[u, v]| u.hypot(v)).collect();
        super::series::quantile(&mut lengths, share).unwrap_or(0.0)
    }
}
