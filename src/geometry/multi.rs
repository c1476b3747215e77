//! Several planes or bodies at once: homographies found one after the other, then matches and models settled together
//! (the reassignment of J-linkage and PEARL, without their search over all hypotheses).

use super::{Fit, Homography, Match, Robust, fit_homography};

/// Rounds of "refit each model, reassign each match"; it settles in two or three.
const SETTLE_ROUNDS: usize = 4;

/// Several plane maps that together explain the matches.
#[derive(Clone, Debug, PartialEq)]
pub struct Bodies {
    /// The maps (`to_from`), by falling support.
    pub models: Vec<Homography>,
    /// For each match, the index of the model that explains it.
    pub labels: Vec<Option<usize>>,
    /// Residual of each match to its nearest model, pixels; infinity where a match is not usable.
    pub residuals: Vec<f64>,
}

impl Bodies {
    /// Share of the matches that some model explains, `0..=1`.
    pub fn explained_fraction(&self) -> f64 {
        self.labels.iter().flatten().count() as f64 / self.labels.len() as f64
    }
}

/// Up to `most` homographies; each must explain at least `least_share` (`0..=1`) of all matches on its own.
/// `None` where not even one can be fitted.
pub fn fit_homographies(matches: &[Match], robust: &Robust, most: usize, least_share: f64) -> Option<Bodies> {
    let least = ((matches.len() as f64 * least_share).ceil() as usize).max(6);
    let mut free: Vec<usize> = (0..matches.len()).collect();
    let mut models: Vec<Homography> = Vec::new();
    while models.len() < most {
        let Some(fit) = fit_subset(matches, &free, robust) else { break };
        let taken = fit.inliers.iter().filter(|&&i| i).count();
        if taken < least && !models.is_empty() {
            break;
        }
        models.push(fit.model);
        let mut inlier = fit.inliers.iter();
        free.retain(|_| inlier.next() == Some(&false));
    }
    if models.is_empty() {
        return None;
    }
    for _ in 0..SETTLE_ROUNDS {
        let nearest = assign(matches, &models, robust.threshold_px);
        models = (0..models.len())
            .filter_map(|k| {
                let own: Vec<usize> = (0..matches.len()).filter(|&i| nearest.labels[i] == Some(k)).collect();
                let keeps = own.len() >= least || models.len() == 1;
                keeps.then(|| fit_subset(matches, &own, robust).map_or(models[k], |f| f.model))
            })
            .collect();
        if models.is_empty() {
            return None;
        }
    }
    Some(assign(matches, &models, robust.threshold_px))
}

fn fit_subset(matches: &[Match], subset: &[usize], robust: &Robust) -> Option<Fit<Homography>> {
    let chosen: Vec<Match> = subset.iter().map(|&i| matches[i]).collect();
    fit_homography(&chosen, robust)
}

fn assign(matches: &[Match], models: &[Homography], threshold_px: f64) -> Bodies {
    let mut bodies = Bodies { models: models.to_vec(), labels: Vec::new(), residuals: Vec::new() };
    for m in matches {
        let errors = models.iter().map(|h| if m.is_usable() { h.apply(m.from).distance(m.to) } else { f64::INFINITY });
        let best = errors.enumerate().min_by(|a, b| a.1.total_cmp(&b.1));
        bodies.labels.push(best.filter(|b| b.1 < threshold_px).map(|b| b.0));
        bodies.residuals.push(best.map_or(f64::INFINITY, |b| b.1));
    }
    bodies
}

#[cfg(test)]
mod tests {
    use super::{super::Point, *};

    /// Two faces of a box that move apart: left half and right half of a grid.
    fn two_faces() -> Vec<Match> {
        let faces = [
            Homography::similarity(1.05, 0.05, 3.0, -2.0),
            Homography([[0.8, 0.0, 70.0], [0.05, 1.0, 4.0], [0.0, 0.0, 1.0]]),
        ];
        (0..400)
            .map(|i| {
                let from = Point::new(f64::from(i % 20) * 30.0, f64::from(i / 20) * 18.0);
                Match::new(from, faces[usize::from(i % 20 >= 12)].apply(from))
            })
            .collect()
    }

    #[test]
    fn two_faces_are_told_apart() {
        let matches = two_faces();
        let bodies = fit_homographies(&matches, &Robust::within(1.0), 3, 0.1).unwrap();
        assert_eq!(bodies.models.len(), 2);
        assert_eq!(bodies.explained_fraction(), 1.0);
        assert!(bodies.residuals.iter().all(|&r| r < 1e-6));
        assert!(bodies.labels[0] == Some(0) && bodies.labels[19] == Some(1));
    }

    #[test]
    fn one_plane_needs_one_model() {
        let matches: Vec<Match> = two_faces().iter().map(|m| Match::new(m.from, m.from)).collect();
        assert_eq!(fit_homographies(&matches, &Robust::within(1.0), 3, 0.1).unwrap().models.len(), 1);
    }

    #[test]
    fn nothing_to_fit_gives_nothing() {
        assert!(fit_homographies(&[], &Robust::default(), 3, 0.1).is_none());
        assert!(fit_homographies(&two_faces(), &Robust::default(), 0, 0.1).is_none());
    }
}
