//! What a provider changed in a still besides what it was asked to change.
//!
//! ```text
//! refined picture ─► laid back over the still ─► ΔE₀₀ and structure, outside and inside the mask ─► leakage
//!                                             └► inlay: the still's own pixels outside the mask
//! ```
//!
//! Colours are compared after a mean over 3 × 3 pixels, which takes away most of what encoding does. What is left of
//! that is measured, too: the still itself, sent the same way there and back, gives the floor.

mod change;
mod inlay;
mod lay_back;

pub use change::{CHANGED_DELTA_E, Change, ChangedRegion, Leakage, leakage};
pub use inlay::keep_outside;
pub use lay_back::{LaidBack, lay_back};
