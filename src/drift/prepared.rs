//! The seed laid over a clip: all that is made once, when the first frame shows how it lies.

use super::{
    alignment::{lay, pulled_half},
    canvas::Canvas,
    cells::{FrameCells, SeedCells},
    glare::Glare,
    placement::Placement,
    registration::Registered,
    rigid::Landmarks,
    tracks::Points,
};
use crate::{
    flow::Params,
    frame::{Picture, Plane, Regions, Seed, oklab_of},
};

/// What every frame is held against.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) placement: Placement,
    pub(super) canvas: Canvas,
    pub(super) cells: SeedCells,
    pub(super) glare: Glare,
    pub(super) points: Points,
    pub(super) landmarks: Landmarks,
}

impl Prepared {
    /// Lays the seed over the first frame, of the size that is measured, and prepares all that depends on it.
    pub(super) fn new(
        seed: &Seed,
        regions: Option<&Regions>,
        params: Params,
        first: &Picture,
        luma: &Plane<f32>,
    ) -> Self {
        let (placement, canvas) = lay(seed, regions, first.size(), params, first, luma);
        Self::of(placement, canvas)
    }

    /// The same with the subject taken wider by a share of the longer side, or narrower where that is negative.
    pub(super) fn with_margin(&self, share: f32) -> Self {
        Self::of(self.placement.clone(), self.canvas.with_margin(share))
    }

    fn of(placement: Placement, canvas: Canvas) -> Self {
        let points = Points::new(&canvas);
        let cells = SeedCells::new(&canvas);
        let glare = Glare::new(&canvas);
        Self { glare, landmarks: Landmarks::new(&points, &canvas, &cells), cells, points, placement, canvas }
    }

    /// The seed as the clip frames it.
    pub(super) fn still(&self, seed: &Seed) -> Picture {
        self.placement.lay(&seed.picture, self.canvas.size())
    }

    /// What a registered frame shows in each cell.
    pub(super) fn cells_of(&self, picture: &Picture, registered: &Registered) -> FrameCells {
        let lab = oklab_of(pulled_half(picture, &registered.flow));
        FrameCells::new(&self.canvas, &self.cells.grid, registered, &lab)
    }
}
