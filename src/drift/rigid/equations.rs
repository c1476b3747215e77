//! The normal equations of bundle adjustment, and their damped solution by the Schur complement.

use super::{bundle::Body, view::UNKNOWNS};
use crate::frame::simd::{self, Kernel};
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

/// Takes from the lower triangle of a matrix what each column says with itself, over its stiffness.
struct Eliminate<'a> {
    matrix: &'a mut [f64],
    columns: &'a [f64],
    stiffness: &'a [f64],
}

impl Kernel for Eliminate<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { matrix, columns, stiffness } = self;
        let side = columns.len() / stiffness.len().max(1);
        if side == 0 {
            return;
        }
        for (column, stiffness) in columns.chunks_exact(side).zip(stiffness) {
            let share = -1.0 / stiffness;
            for (j, (out, own)) in matrix.chunks_exact_mut(side).zip(column).enumerate() {
                // most landmarks are seen in few frames
                if *own != 0.0 {
                    let factor = share * own;
                    for (out, other) in out[j..].iter_mut().zip(&column[j..]) {
                        *out += factor * other;
                    }
                }
            }
        }
    }
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
        let stiffness: Vec<f64> = self.relief.iter().map(|relief| relief * (1.0 + damping)).collect();
        for (i, column) in self.coupling.column_iter().enumerate() {
            rhs.axpy(-self.relief_pulls[i] / stiffness[i], &column, 1.0);
        }
        // the lower triangle is all that Cholesky reads
        simd::run(Eliminate {
            matrix: reduced.as_mut_slice(),
            columns: self.coupling.as_slice(),
            stiffness: &stiffness,
        });
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
