//! Floor 3: the mends. Each is a pure function from good frames to a mended frame; which one is used where is decided
//! by the plan, and whether it stays is decided by the ruler, not here.

mod between;
mod colormap;
mod fill;
mod kind;
mod moments;
mod motion;
mod path;
mod plan;
mod projection;
mod resample;
mod span;
mod steady;

pub use between::{Banks, Between};
pub use colormap::ColorMap;
pub use kind::{Kind, Way};
pub use plan::{Planned, plan};
pub use span::feather;
pub use steady::{deflickering, steadied};
