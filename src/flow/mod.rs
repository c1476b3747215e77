//! Floor 1: dense optical flow of our own.
//!
//! ```text
//! luma ─► pyramid ─┬► search (patches) ─► densify ─► refine ─► next finer level ─► … ─► flow
//! luma ─► pyramid ─┘        ▲───────────────────────────────────────┘
//! ```
//!
//! Dense inverse search after Kroeger, Timofte, Dai and Van Gool, *Fast Optical Flow using Dense Inverse Search*, ECCV 2016.
//! It is not a tracker: each call looks at two pictures only.

mod colour;
mod consistency;
mod densify;
mod equations;
pub mod middlebury;
mod padded;
mod patch;
mod preset;
mod pyramid;
mod refine;
mod search;
mod tile;
mod upsample;
mod warp;
pub mod wheel;

use crate::frame::{Plane, Size};

pub use consistency::consistency;
pub use preset::{Params, Preset, Refine, UnknownPreset};
pub use pyramid::Pyramid;
pub use warp::{chain, warp, warp_picture};

/// A dense displacement field in pixels, named `to_from`: pixel `(x, y)` of *from* is found at `(x + u, y + v)` in *to*.
#[derive(Clone, Debug, PartialEq)]
pub struct Flow {
    /// Displacement along x, pixels, `[height, width]`.
    pub u: Plane<f32>,
    /// Displacement along y, pixels, `[height, width]`.
    pub v: Plane<f32>,
}

impl Flow {
    /// A field that says "nothing moved".
    pub fn still(size: Size) -> Self {
        let zero = Plane::filled(size.width, size.height, 0.0);
        Self { u: zero.clone(), v: zero }
    }

    /// A field of any numbers, for work that writes them all.
    pub(crate) fn unwritten(size: Size) -> Self {
        let plane = || Plane::unwritten(size.width, size.height);
        Self { u: plane(), v: plane() }
    }

    /// Calls `f(x, y)` for the displacement `(u, v)` of every pixel, row by row.
    pub fn from_fn(size: Size, f: impl Fn(usize, usize) -> (f32, f32)) -> Self {
        let u = Plane::from_fn(size.width, size.height, |x, y| f(x, y).0);
        let v = Plane::from_fn(size.width, size.height, |x, y| f(x, y).1);
        Self { u, v }
    }

    /// Width and height in pixels.
    pub fn size(&self) -> Size {
        Size::new(self.u.width(), self.u.height())
    }

    /// The displacement of pixel `(x, y)`, pixels.
    #[inline]
    pub fn at(&self, x: usize, y: usize) -> (f32, f32) {
        (self.u.at(x, y), self.v.at(x, y))
    }
}

/// The dense flow `to_from` between two luma planes (`0..=255`) of one size, any size from 1×1.
///
/// `init` is a first guess at full resolution (from a neighbouring frame, from a homography); it is tried, not trusted.
///
/// ```
/// use holdstill::{flow, frame::Plane};
/// let wave = |x: f32, y: f32| 128.0 + 50.0 * (0.4 * x).sin() + 50.0 * (0.3 * y + 0.1 * x).cos();
/// let from = Plane::from_fn(64, 48, |x, y| wave(x as f32, y as f32));
/// let to = Plane::from_fn(64, 48, |x, y| wave(x as f32 - 2.0, y as f32 + 1.0));
/// let (u, v) = flow::dense(&from, &to, &flow::Preset::Medium.into(), None).at(32, 24);
/// assert!((u - 2.0).abs() < 0.1 && (v + 1.0).abs() < 0.1, "{u} {v}");
/// ```
///
/// # Panics
/// If the sizes differ: that is a bug of the caller.
pub fn dense(from: &Plane<f32>, to: &Plane<f32>, params: &Params, init: Option<&Flow>) -> Flow {
    let (from, to) = rayon::join(|| Pyramid::new(from, params), || Pyramid::new(to, params));
    dense_prepared(&from, &to, params, init)
}

/// [`dense`] on pyramids that were prepared once, for a still that is compared with many frames.
///
/// # Panics
/// If the sizes differ, or the pyramids were made with other parameters: that is a bug of the caller.
pub fn dense_prepared(from: &Pyramid, to: &Pyramid, params: &Params, init: Option<&Flow>) -> Flow {
    assert_eq!(from.size(), to.size(), "flow needs two pictures of one size");
    assert_eq!(from.finest(), to.finest(), "flow needs two pyramids made with the same parameters");
    let (size, finest) = (from.size(), from.finest());
    if size.width == 0 || size.height == 0 {
        return Flow::still(size);
    }
    let mut coarser: Option<Flow> = None;
    for ((number, from), (_, to)) in from.coarsest_first().zip(to.coarsest_first()) {
        let hint = init.map(|init| upsample::coarse(init, number));
        let first = match (&coarser, &hint) {
            (Some(coarser), _) => upsample::double(coarser, from.size()),
            (None, Some(hint)) => hint.clone(),
            (None, None) => Flow::still(from.size()),
        };
        let dense = if number < params.searched && coarser.is_some() {
            first
        } else {
            let hint = hint.filter(|_| coarser.is_some());
            let patches = search::patches(from, to, &first, hint.as_ref(), coarser.is_none(), params);
            densify::dense(from, to, &patches)
        };
        let refine = &params.refine;
        let warps = if number == finest { refine.last_warps } else { refine.warps };
        coarser = Some(refine::refine(from, to, dense, warps, refine));
    }
    let flow = coarser.expect("a pyramid has at least one level");
    upsample::to_size(flow, size)
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;
    use crate::frame::simd::tests::with_every_width;

    #[test]
    fn every_width_of_vectors_gives_the_same_bits() {
        let wave = |x: f32, y: f32| 128.0 + 60.0 * (0.31 * x + 0.07 * y).sin() + 50.0 * (0.23 * y - 0.05 * x).cos();
        let from = Plane::from_fn(203, 118, |x, y| wave(x as f32, y as f32));
        let to = Plane::from_fn(203, 118, |x, y| wave(1.02 * x as f32 - 4.3, y as f32 + 0.01 * x as f32));
        for preset in Preset::ALL {
            let [plain, wide @ ..] = &with_every_width(|| dense(&from, &to, &preset.into(), None))[..] else {
                panic!()
            };
            assert!(wide.iter().all(|flow| flow == plain), "{preset}");
        }
    }
}
