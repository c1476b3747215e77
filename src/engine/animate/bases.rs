//! The clips of a run of which a part can be asked for alone.

use super::{
    gap::Gap,
    session::{Candidate, Session},
    way::{Way, cheaper},
    workshop::{Patch, Workshop},
};
use crate::{engine::Error, store::Money};

/// A part of a clip, its chance to fit, and how often it did not.
struct Base {
    patch: Patch,
    fit: f64,
    misfits: u32,
}

/// Every part that could be asked for.
#[derive(Default)]
pub(super) struct Bases {
    all: Vec<Base>,
    /// Whole takes, and parts that fitted, that did not hold as they were made.
    vain: u32,
    /// The one that was asked for last.
    asked: Option<usize>,
}

impl Bases {
    /// Adds the parts of a measured clip that does not hold as it was made. A part that was asked for alone and went wrong
    /// away from its joints was no misfit: the model has drifted, as it does in a whole take. The parts of a clip that holds a
    /// misfit did not fit as often as that.
    pub(super) fn add(
        &mut self,
        candidate: &Candidate,
        session: &Session<'_>,
        workshop: &mut dyn Workshop,
    ) -> Result<(), Error> {
        let (score, limit) = (&candidate.score, session.job.drift_fail);
        let is_fit = candidate.request.patch.as_ref().is_none_or(|patch| patch.gap.is_fitted(score, limit));
        self.vain += u32::from(is_fit);
        let asked = self.asked.take().filter(|_| candidate.request.patch.is_some());
        let misfits = asked.map_or(0, |at| {
            self.all[at].misfits += u32::from(!is_fit);
            self.all[at].misfits
        });
        let patches = session.patches(workshop, candidate)?;
        self.all.extend(patches.into_iter().map(|patch| Base { fit: patch.gap.fit(score, limit), patch, misfits }));
        Ok(())
    }

    /// Another whole take for `price`, `secs` long.
    pub(super) const fn retake(&self, price: Money, secs: f64) -> Way {
        Way { price, secs, vain: self.vain, fit: 1.0, misfits: 0 }
    }

    fn way(&self, at: usize) -> Way {
        let Base { patch, fit, misfits } = &self.all[at];
        Way { price: patch.price, secs: patch.secs, vain: self.vain, fit: *fit, misfits: *misfits }
    }

    /// The cheapest way that the means are left for after `take`; of equal ones the first.
    pub(super) fn cheapest(&self, take: u32, session: &Session<'_>) -> Result<Option<(Gap, Way)>, Error> {
        Ok(self.best(take, session)?.map(|at| (self.all[at].patch.gap, self.way(at))))
    }

    /// That way, to be asked for.
    pub(super) fn ask(&mut self, take: u32, session: &Session<'_>) -> Result<Option<Patch>, Error> {
        self.asked = self.best(take, session)?;
        Ok(self.asked.map(|at| self.all[at].patch.clone()))
    }

    fn best(&self, take: u32, session: &Session<'_>) -> Result<Option<usize>, Error> {
        let mut best: Option<usize> = None;
        for (at, base) in self.all.iter().enumerate() {
            let is_better = best.is_none_or(|best| cheaper(&self.way(at), &self.way(best)).is_lt());
            if is_better && session.no_retake(take, base.patch.price)?.is_none() {
                best = Some(at);
            }
        }
        Ok(best)
    }
}
