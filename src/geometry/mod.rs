//! Floor 1: geometry of views. What a camera, a rigid object or a few planes can do to a picture, fitted robustly to
//! matches, so that everything else can be called drift.
//!
//! All fits are deterministic: the random draws come from [`Robust::seed`], the sums run in the order of the matches.

mod affine;
mod fundamental;
mod homography;
pub mod multi;
mod point;
mod projective;
mod random;
pub mod rank;
mod robust;
mod similarity;
pub mod strain;
#[cfg(test)]
mod tests;

pub use affine::fit_affine;
pub use fundamental::{Fundamental, fit_fundamental};
pub use homography::Homography;
pub use point::{Match, Point};
pub use projective::fit_homography;
pub use robust::{Fit, Robust};
pub use similarity::fit_similarity;
