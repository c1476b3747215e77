//! Floor 5: what a person or a machine reads when the work is done.

pub mod annotate;
mod backdrop;
pub mod csv;
mod exhibit;
pub mod film;
pub mod gallery;
pub mod heatmap;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
mod palette;
pub mod roc;
pub mod sarif;
mod series;

pub use exhibit::Exhibit;
