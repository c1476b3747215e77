//! The clips of a run of which a part can be asked for alone.

use super::{
    gap::Gap,
    session::{Candidate, Session},
    way::{Way, cheaper},
    workshop::{Patch, Workshop},
};
use crate::{engine::Error, store::Money};

/// A part of a clip, and how often it was asked for in vain.
struct Base {
    patch: Patch,
    misfits: u32,
}

/// Every part that could be asked for.
#[derive(Default)]
pub(super) struct Bases {
    all: Vec<Base>,
    /// Whole takes that did not hold as they were made.
    vain: u32,
    /// The one that was asked for last.
    asked: Option<usize>,
}

impl Bases {
    /// Adds the parts of a measured clip that does not hold as it was made. One that holds what was asked for alone was asked for as often in vain as that.
    pub(super) fn add(
        &mut self,
        candidate: &Candidate,
        session: &Session<'_>,
        workshop: &mut dyn Workshop,
    ) -> Result<(), Error> {
        self.vain += u32::from(candidate.request.patch.is_none());
        let asked = self.asked.take().filter(|_| candidate.request.patch.is_some());
        let misfits = asked.map_or(0, |at| {
            self.all[at].misfits += 1;
            self.all[at].misfits
        });
        let patches = session.patches(workshop, candidate)?;
        self.all.extend(patches.into_iter().map(|patch| Base { patch, misfits }));
        Ok(())
    }

    /// Another whole take for `price`, `secs` long.
    pub(super) const fn retake(&self, price: Money, secs: f64) -> Way {
        Way { price, secs, vain: self.vain, misfits: 0 }
    }

    fn way(&self, at: usize) -> Way {
        let Base { patch, misfits } = &self.all[at];
        Way { price: patch.price, secs: patch.secs, vain: self.vain, misfits: *misfits }
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
