//! The still laid over each frame of a clip: which colours belong to the same place of the surface. What a mend needs of
//! the registration, without the judging.

use super::{
    canvas::{Canvas, half},
    placement::Placement,
    registration::{Registered, Registrar},
    ruler::{WORKING_SIDE, careful_flow},
    window,
};
use crate::{
    flow::{self, Flow, Params},
    frame::{Oklab, Picture, Plane, Regions, Seed, Size, oklab_of},
};

/// Likeness from which the flow is trusted to refine the placement.
const TRUSTED: f32 = 0.7;
/// Likeness up to which a place shows something else than the still.
const UNLIKE: f32 = 0.5;
/// Radius over which colours are pooled, pixels of the half-size canvas: displacements are not exact to the pixel.
const POOL: usize = 2;

/// One place of the surface, seen in the still and in a frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// Where the frame shows it, in shares of the frame's width and height.
    pub place: [f32; 2],
    /// Its colour in the still, Oklab × 100.
    pub still: [f32; 3],
    /// Its colour in the frame, Oklab × 100.
    pub frame: [f32; 3],
    /// How sure it is that both show the same, `0..=1`.
    pub trust: f32,
}

/// Follows the still through the frames of a clip, which it must be given in order.
#[derive(Debug)]
pub struct Aligner {
    seed: Seed,
    regions: Option<Regions>,
    size: Size,
    laid: Option<Laid>,
}

#[derive(Debug)]
struct Laid {
    canvas: Canvas,
    /// The still's colours, pooled, at half size.
    colours: Oklab,
    registrar: Registrar,
}

impl Aligner {
    /// For clips of `clip` pixels that were made from `seed`; `regions` (of the seed's size) say where fidelity matters.
    pub fn new(seed: &Seed, regions: Option<&Regions>, clip: Size) -> Self {
        Self { seed: seed.clone(), regions: regions.cloned(), size: clip.fit(WORKING_SIDE), laid: None }
    }

    /// The size in which frames are wanted.
    pub fn working_size(&self) -> Size {
        self.size
    }

    /// The places of the still that the next frame, of the working size, shows.
    pub fn pairs(&mut self, picture: &Picture) -> Vec<Pair> {
        let luma = picture.luma();
        let params = careful_flow();
        let (seed, regions, size) = (&self.seed, self.regions.as_ref(), self.size);
        let laid = self.laid.get_or_insert_with(|| {
            let (_, canvas) = lay(seed, regions, size, params, picture, &luma);
            Laid { colours: pooled(&canvas.lab), registrar: Registrar::new(params), canvas }
        });
        let registered = laid.registrar.register(&laid.canvas, &luma);
        let now = pooled(&oklab_of(pulled_half(picture, &registered.flow)));
        let at = |lab: &Oklab, x, y| [lab.l.at(x, y), lab.a.at(x, y), lab.b.at(x, y)];
        let (columns, rows) = (now.l.width(), now.l.height());
        let mut pairs = Vec::with_capacity(columns * rows);
        for y in 0..rows {
            for x in 0..columns {
                let (full_x, full_y) = ((2 * x).min(size.width - 1), (2 * y).min(size.height - 1));
                let likeness = registered.correlation.likeness.at(full_x, full_y);
                let trust = registered.inside.at(full_x, full_y) * ((likeness - UNLIKE) / (1.0 - UNLIKE)).max(0.0);
                if trust > 0.0 {
                    let (u, v) = registered.flow.at(full_x, full_y);
                    let share = |at: usize, shift: f32, side: usize| (at as f32 + shift + 0.5) / side as f32;
                    let place = [share(full_x, u, size.width), share(full_y, v, size.height)];
                    pairs.push(Pair { place, still: at(&laid.colours, x, y), frame: at(&now, x, y), trust });
                }
            }
        }
        pairs
    }
}

fn pooled(lab: &Oklab) -> Oklab {
    let mean = |plane: &Plane<f32>| window::mean(plane, POOL);
    Oklab { l: mean(&lab.l), a: mean(&lab.a), b: mean(&lab.b) }
}

/// Lays the seed over the first frame of a clip.
pub(in crate::drift) fn lay(
    seed: &Seed,
    regions: Option<&Regions>,
    size: Size,
    params: Params,
    first: &Picture,
    luma: &Plane<f32>,
) -> (Placement, Canvas) {
    let lay = |placement: &Placement| Canvas::new(seed, regions, size, placement, &params);
    let placement = Placement::find(&seed.picture, first);
    let canvas = lay(&placement);
    let registered = Registrar::new(params).register(&canvas, luma);
    if let Some(better) = placement.refined(&registered.flow, &trusted(&registered)) {
        let refined = lay(&better);
        let again = Registrar::new(params).register(&refined, luma);
        if mean(&again.correlation.likeness) > mean(&registered.correlation.likeness) {
            return (better, refined);
        }
    }
    (placement, canvas)
}

fn trusted(registered: &Registered) -> Plane<f32> {
    let mut trusted = registered.inside.clone();
    for (t, &likeness) in trusted.data_mut().iter_mut().zip(registered.correlation.likeness.data()) {
        if likeness < TRUSTED {
            *t = 0.0;
        }
    }
    trusted
}

fn mean(plane: &Plane<f32>) -> f64 {
    plane.data().iter().map(|&v| f64::from(v)).sum::<f64>() / plane.data().len().max(1) as f64
}

/// The frame at half its size, pulled onto the seed by the `flow` of the full size.
pub(super) fn pulled_half(picture: &Picture, flow: &Flow) -> Picture {
    let small = half(picture);
    let size = small.size();
    let mut halved = Flow::unwritten(size);
    for (small, full) in [(&mut halved.u, &flow.u), (&mut halved.v, &flow.v)] {
        for y in 0..size.height {
            let row = full.row((2 * y).min(full.height() - 1));
            let (pairs, last) = row.as_chunks::<2>();
            let (out, odd) = small.row_mut(y).split_at_mut(pairs.len());
            out.iter_mut().zip(pairs).for_each(|(out, [first, _])| *out = 0.5 * first);
            odd.iter_mut().zip(last).for_each(|(out, last)| *out = 0.5 * last);
        }
    }
    flow::warp_picture(&small, &halved)
}
