//! Floor 0: pictures as data. No file, no codec, no metric; only planes of numbers and their geometry.

mod cielab;
pub(crate) mod gather;
mod halve;
mod heap;
mod image;
mod oklab;
mod plane;
pub mod pyramid;
mod regions;
pub mod sample;
pub(crate) mod simd;
mod time;

pub use cielab::{cielab_from_srgb, delta_e_2000};
pub use heap::keep_freed_memory;
pub use image::{Frame, Mask, Picture, Rect, Seed, Size};
pub(crate) use oklab::oklab_of;
pub use oklab::{Oklab, oklab_from_picture, oklab_from_srgb, srgb_from_oklab};
pub use plane::Plane;
pub use regions::Regions;
pub use time::Time;
