//! The seed laid over a clip, and what the last frame left for the next.

use super::{
    alignment::{lay, pulled_half},
    canvas::Canvas,
    cells::{FrameCells, SeedCells},
    embedding::{Embedder, EmbedderError},
    identity::Witness,
    placement::Placement,
    registration::{Registered, Registrar},
    rigid::Landmarks,
    tracks::Points,
};
use crate::{
    flow::Params,
    frame::{Mask, Picture, Plane, Seed, oklab_from_picture},
};

/// Everything that is made once, when the first frame shows how the seed lies.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) placement: Placement,
    pub(super) canvas: Canvas,
    pub(super) cells: SeedCells,
    pub(super) points: Points,
    pub(super) landmarks: Landmarks,
    pub(super) registrar: Registrar,
    pub(super) residual_before: Vec<f32>,
    pub(super) lightness_before: Vec<f32>,
    pub(super) log_gain: f64,
    pub(super) detail_first: Vec<f32>,
    pub(super) witness: Option<Result<Witness, EmbedderError>>,
}

impl Prepared {
    /// Lays the seed over the first frame, of the size that is measured, and prepares all that depends on it.
    pub(super) fn new(seed: &Seed, mask: Option<&Mask>, params: Params, first: &Picture, luma: &Plane<f32>) -> Self {
        let (placement, canvas) = lay(seed, mask, first.size(), params, first, luma);
        let points = Points::new(&canvas);
        let cells = SeedCells::new(&canvas);
        Self {
            landmarks: Landmarks::new(&points, &canvas, &cells),
            cells,
            points,
            registrar: Registrar::new(params),
            residual_before: Vec::new(),
            lightness_before: Vec::new(),
            log_gain: 0.0,
            detail_first: Vec::new(),
            witness: None,
            placement,
            canvas,
        }
    }

    /// Lets a network look at the subject, at a clip of `fps` frames per second.
    pub(super) fn with_witness(self, embedder: Embedder, seed: &Seed, fps: f64) -> Self {
        let still = self.placement.lay(&seed.picture, self.canvas.size());
        Self { witness: Some(Witness::new(embedder, &still, fps)), ..self }
    }

    /// What a registered frame shows in each cell.
    pub(super) fn cells_of(&self, picture: &Picture, registered: &Registered) -> FrameCells {
        let lab = oklab_from_picture(&pulled_half(picture, &registered.flow));
        FrameCells::new(&self.canvas, &self.cells.grid, registered, &lab)
    }
}
