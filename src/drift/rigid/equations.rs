//! The normal equations of bundle adjustment, and their damped solution by the Schur complement.

use super::{bundle::Body, view::UNKNOWNS};
use nalgebra::{DMatrix, DVector, SMatrix, SVector};

/// Nearest and farthest that a point may come, as multiples of the mean.
const NEARNESS: (f64, f64) = (0.3, 3.0);

/// Normal equations of everything: one block per view, one number per landmark, and what couples them.
pub(super) struct Equations {
    pub views: Vec<SMatrix<f64, UNKNOWNS, UNKNOWNS>>,
    pub pulls: Vec<SVector<f64, UNKNOWNS>>,
    pub relief: Vec<f64>,
    pub relief_pulls: Vec<f64>,
    pub coupling: DMatrix<f64>,
}

impl Equations {
    /// The damped step, by elimination of the landmarks (Schur complement); `None` where the equations are singular.
    pub(super) fn step(&self, body: &Body, damping: f64) -> Option<Body> {
        let unknowns = UNKNOWNS * self.views.len();
        let mut reduced = DMatrix::<f64>::zeros(unknowns, unknowns);
        let mut rhs = DVector::<f64>::zeros(unknowns);
        for (t, (matrix, pull)) in self.views.iter().zip(&self.pulls).enumerate() {
            let damped = matrix + SMatrix::from_diagonal(&(matrix.diagonal() * damping).add_scalar(1e-9));
            reduced.fixed_view_mut::<UNKNOWNS, UNKNOWNS>(UNKNOWNS * t, UNKNOWNS * t).copy_from(&damped);
            rhs.fixed_rows_mut::<UNKNOWNS>(UNKNOWNS * t).copy_from(pull);
        }
        for (i, column) in self.coupling.column_iter().enumerate() {
            let stiffness = self.relief[i] * (1.0 + damping);
            reduced.syger(-1.0 / stiffness, &column, &column, 1.0);
            rhs.axpy(-self.relief_pulls[i] / stiffness, &column, 1.0);
        }
        // syger fills the lower triangle, which is all that Cholesky reads
        let step = reduced.cholesky()?.solve(&rhs);
        let views = body
            .views
            .iter()
            .enumerate()
            .map(|(t, view)| view.moved(&step.fixed_rows::<UNKNOWNS>(UNKNOWNS * t).into_owned()))
            .collect();
        let (least, most) = NEARNESS;
        let nearness = (0..body.nearness.len())
            .map(|i| {
                let pull = self.relief_pulls[i] - self.coupling.column(i).dot(&step);
                (body.nearness[i] + pull / (self.relief[i] * (1.0 + damping))).clamp(least, most)
            })
            .collect();
        Some(Body { views, nearness })
    }
}
