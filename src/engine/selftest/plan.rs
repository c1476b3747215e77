//! Which clips a self-test makes.

use super::film::{Nuisance, Take};
use crate::animator::{Camera, Defect, DefectKind};

/// Everything that is tried.
pub(super) struct Plan {
    /// Moves without fault, which must hold.
    pub(super) faithful: Vec<Take>,
    /// Faults under a move, which must be found.
    pub(super) faulty: Vec<Take>,
    /// Runs of one fault, each stronger than the last.
    pub(super) stronger: Vec<Vec<Take>>,
    /// The same faithful and the same faulty clip under every nuisance; the first of each is untouched.
    pub(super) nuisances: Vec<Nuisance>,
}

/// Length of the clips, seconds.
pub(super) const SECS: f64 = 1.0;
/// Longest side of the frames, pixels.
pub(super) const LONGEST: usize = 640;
/// The same of a quick test: below some 300 pixels an orbit leaves its body a fifth of a pixel, which is half a warp there.
pub(super) const QUICK_LONGEST: usize = 352;

/// Shares of its default strength at which a fault is tried.
const STRENGTHS: [f64; 4] = [0.25, 0.5, 1.0, 2.0];

impl Plan {
    pub(super) fn whole() -> Self {
        let moves = Camera::ALL.into_iter().filter(|&camera| camera != Camera::Still);
        let growing = [DefectKind::Bend, DefectKind::Bulge, DefectKind::Hue];
        let nuisances = vec![
            Nuisance::None,
            Nuisance::Mirrored,
            Nuisance::Cropped,
            Nuisance::Half,
            Nuisance::Crf(10),
            Nuisance::Crf(30),
            Nuisance::Fps(12),
            Nuisance::Fps(60),
        ];
        Self::of(moves.collect(), &DefectKind::ALL, &growing, nuisances)
    }

    pub(super) fn quick() -> Self {
        let faults = [DefectKind::Bend, DefectKind::Swim, DefectKind::Hue];
        let nuisances = vec![Nuisance::None, Nuisance::Mirrored, Nuisance::Crf(30)];
        Self::of(vec![Camera::PushIn, Camera::PanLeft, Camera::Orbit], &faults, &[DefectKind::Swim], nuisances)
    }

    /// How many clips that makes, beside those for determinism.
    pub(super) fn clips(&self) -> usize {
        let growing: usize = self.stronger.iter().map(Vec::len).sum();
        self.faithful.len() + self.faulty.len() + growing + 2 * self.nuisances.len()
    }

    fn of(moves: Vec<Camera>, faults: &[DefectKind], growing: &[DefectKind], nuisances: Vec<Nuisance>) -> Self {
        Self {
            faithful: moves.into_iter().map(|camera| Take { camera, ..faithful(Nuisance::None) }).collect(),
            faulty: faults.iter().map(|&kind| faulty(kind, 1.0, Nuisance::None)).collect(),
            stronger: growing.iter().map(|&kind| STRENGTHS.map(|s| faulty(kind, s, Nuisance::None)).to_vec()).collect(),
            nuisances,
        }
    }
}

/// A move without fault.
pub(super) fn faithful(nuisance: Nuisance) -> Take {
    Take { camera: Camera::PushIn, defect: None, nuisance }
}

/// A fault in the middle third of a move, at a share of its default strength.
pub(super) fn faulty(kind: DefectKind, share: f64, nuisance: Nuisance) -> Take {
    let defect = Defect { kind, strength: kind.default_strength() * share, frames: None, take: None };
    Take { camera: Camera::PushIn, defect: Some(defect), nuisance }
}
