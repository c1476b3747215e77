//! Points of the seed whose texture fixes their place, and where each frame shows them, to a fraction of a pixel.
//!
//! The flow says roughly where; one step of Lucas and Kanade ([`super::window`]) on the picture pulled back by the flow says
//! exactly where, and how sure that is along each direction: a point on an edge tells across it, and nothing along it.

use super::super::{
    canvas::{Canvas, WINDOW},
    cells::SeedCells,
    registration::Registered,
    subject::{self, SUBJECT},
    tears::Torn,
    tracks::Points,
};
use super::window::{LEVELS, PIXELS, Sums, Template};
use crate::frame::Plane;
use nalgebra::{Matrix2, Matrix4, SymmetricEigen, Vector2};

/// Squared gradient that noise makes by itself, levels² per pixel².
const NOISE: f64 = 8.0;
/// Least deviation of luma that is believed of a fit, levels.
const LEAST_DEVIATION: f64 = 1.0;
/// Neighbouring pixels' noise is not independent: what a fit claims is multiplied by this in variance.
const CORRELATED: f64 = 4.0;
/// Error that no texture helps against, pixels.
const MODEL_ERROR: f64 = 0.06;
/// Standard deviation of a step that is half believed, pixels.
const TRUSTED: f64 = 0.5;
/// Steps longer than this many standard deviations (with one pixel) are mistakes.
const LONGEST: f64 = 1.5;
/// Smallest deviation, pixels, that a direction must reach to be of use.
const USEFUL: f64 = 1.0;
/// Likeness from which a place is taken for the seed's.
const SURE: f32 = 0.8;
/// Likeness below which a place shows something else.
const UNLIKE: f32 = 0.6;
/// Share of the seed's variance that must be left.
const SHARP: f32 = 0.3;
/// Share of it below which an unlike place may be the seed's out of focus.
const BLURRED: f32 = 0.2;
/// Steps of stored numbers per pixel and per level.
const PER_UNIT: f32 = 32.0;

/// A point that can be found again.
#[derive(Clone, Debug)]
pub(super) struct Landmark {
    /// Its number in the grid of points.
    index: usize,
    pub x: usize,
    pub y: usize,
    /// Weight of the body there, `0..=1`.
    pub subject: f32,
    /// Whether its window shows nothing of the body.
    pub apart: bool,
    /// Whether it lies on fine print or a label.
    pub print: bool,
    /// Inverse of the fit's normal matrix: gradient along x and y, gain, offset.
    inverse: Matrix4<f64>,
    normal: Matrix4<f64>,
    /// Directions of most and least certainty, as rows.
    axes: Matrix2<f64>,
    /// Squared gradients along them, summed over the window, levels² per pixel².
    strengths: Vector2<f64>,
    variance: f32,
}

/// Where a frame shows a landmark, in few bytes: displacement and the fit's deviation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    shift: [i16; 2],
    deviation: u16,
}

/// How the place looks where the flow says that a landmark is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// Like the seed's.
    Same,
    /// Like something else.
    Other,
    /// Not sharp enough to tell.
    Blurred,
}

impl Landmark {
    /// Every point of the grid whose window lies inside the picture and has a gradient.
    pub(super) fn all(points: &Points, canvas: &Canvas, cells: &SeedCells, template: &Template) -> Vec<Self> {
        let rigid = |&i: &usize| {
            let (x, y) = points.place(i);
            template.holds(x, y) && canvas.rigid.at(x, y) > 0.0
        };
        let reach = subject::moved(&canvas.body, WINDOW as isize);
        (0..points.len()).filter(rigid).filter_map(|i| Self::new(points, i, canvas, &reach, cells, template)).collect()
    }

    fn new(
        points: &Points,
        index: usize,
        canvas: &Canvas,
        reach: &Plane<f32>,
        cells: &SeedCells,
        template: &Template,
    ) -> Option<Self> {
        let (x, y) = points.place(index);
        let normal = template.normal(x, y) + Matrix4::identity() * (1e-3 * PIXELS);
        let inverse = normal.try_inverse()?;
        // what is known of the shift once gain and offset are free: the inverse of its covariance
        let certain = inverse.fixed_view::<2, 2>(0, 0).into_owned().try_inverse()?;
        let eigen = SymmetricEigen::new(certain);
        let strengths = eigen.eigenvalues.map(|v| (v - NOISE * PIXELS).max(0.0));
        (strengths.max() > 0.0).then(|| Self {
            index,
            x,
            y,
            subject: canvas.body.at(x, y),
            apart: reach.at(x, y) <= SUBJECT,
            print: {
                let cell = cells.grid.cell(x, y);
                cells.print[cell] || cells.label[cell]
            },
            inverse,
            normal,
            axes: eigen.eigenvectors.transpose(),
            strengths,
            variance: points.variance[index],
        })
    }

    /// Looks for the landmark in a frame.
    pub(super) fn find(&self, template: &Template, registered: &Registered, torn: &Torn) -> Option<Found> {
        let likeness = registered.correlation.likeness.at(self.x, self.y);
        let sharp = registered.correlation.frame_variance.at(self.x, self.y) > SHARP * self.variance;
        let inside = registered.inside.at(self.x, self.y) > 0.0;
        if !(inside && sharp && likeness > SURE && !torn.at(self.index)) {
            return None;
        }
        let Sums { projected, energy } = template.sums(&registered.luma, self.x, self.y);
        let fit = self.inverse * projected;
        let gain = (fit[2] / LEVELS).max(0.1);
        let rest = energy - 2.0 * fit.dot(&projected) + fit.dot(&(self.normal * fit));
        let deviation = (rest.max(0.0) / PIXELS).sqrt() / gain;
        let variances = self.variances(deviation);
        if variances.min() >= USEFUL * USEFUL {
            return None;
        }
        let mut step = self.axes * (Vector2::new(fit[0], fit[1]) / -gain);
        if step.component_div(&variances.map(|v| (1.0 + v).sqrt())).norm() >= LONGEST {
            return None;
        }
        step.component_div_assign(&variances.map(|v| 1.0 + v / (TRUSTED * TRUSTED)));
        let (u, v) = registered.flow.at(self.x, self.y);
        let refined = self.axes.transpose() * step;
        let store = |v: f32| (v * PER_UNIT).round() as i16;
        Some(Found {
            shift: [store(u + refined.x as f32), store(v + refined.y as f32)],
            deviation: (deviation as f32 * PER_UNIT).round() as u16,
        })
    }

    /// How its place looks in a frame.
    pub(super) fn look(&self, registered: &Registered) -> Look {
        let at = |plane: &Plane<f32>| plane.at(self.x, self.y);
        if at(&registered.correlation.likeness) >= UNLIKE {
            Look::Same
        } else if at(&registered.correlation.frame_variance) < BLURRED * self.variance {
            Look::Blurred
        } else {
            Look::Other
        }
    }

    /// Variance along each axis, pixels², of a fit that left `deviation` levels.
    fn variances(&self, deviation: f64) -> Vector2<f64> {
        let noise = CORRELATED * deviation.max(LEAST_DEVIATION).powi(2);
        self.strengths.map(|s| noise / s.max(1e-6) + MODEL_ERROR * MODEL_ERROR)
    }

    /// The displacement that was found, pixels, and what turns errors of it into standard deviations.
    pub(super) fn sight(&self, found: Found) -> (Vector2<f64>, Matrix2<f64>) {
        let shift = found.shift.map(|v| f64::from(f32::from(v) / PER_UNIT));
        let variances = self.variances(f64::from(f32::from(found.deviation) / PER_UNIT));
        (Vector2::from(shift), Matrix2::from_diagonal(&variances.map(|v| 1.0 / v.sqrt())) * self.axes)
    }
}
