//! Floor 1: geometry of views. What a camera does to a picture of a plane, fitted robustly to matches.
//!
//! All fits are deterministic: the random draws come from [`Robust::seed`], the sums run in the order of the matches.

mod affine;
mod homography;
mod point;
mod projective;
mod random;
mod robust;
mod similarity;
#[cfg(test)]
mod tests;

pub use affine::fit_affine;
pub use homography::Homography;
pub use point::{Match, Point};
pub use projective::fit_homography;
pub use robust::{Fit, Robust};
pub use similarity::fit_similarity;
