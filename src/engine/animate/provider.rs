//! Whoever makes the clips, opened from the job that names it.

use super::{AnimateJob, Maker, crew::runtime};
use crate::{
    engine::Error,
    provider::{Builtin, Comfy, Command, Remote, Shelf, Stopped, Ticket, Tier, command::Capabilities},
    store::Environment,
};

/// An opened provider.
pub(super) enum Provider {
    Builtin(Builtin),
    Command(Command, Capabilities),
    Comfy(Box<Comfy>),
    Remote(Box<Remote>),
}

impl Provider {
    /// Opens the provider of a job. Keys come from the environment, other addresses from there or the user's settings.
    pub(super) fn open(job: &AnimateJob) -> Result<Self, Error> {
        let environment = Environment::of_user()?;
        let env = |name: &str| environment.get(name);
        Ok(match &job.maker {
            Maker::Command { line, .. } => {
                let command = Command::parse(line)?;
                let able = runtime()?.block_on(command.capabilities(&job.folder))?;
                Self::Command(command, able)
            }
            Maker::Animator => Self::Builtin(Builtin::parse(&job.motion, &job.aspect, &job.simulate)?),
            Maker::Comfy { workflow } => Self::Comfy(Box::new(Comfy::open(workflow, &env)?)),
            Maker::Remote { id, model, tier, .. } => {
                // an exact final is ordered as the draft's model
                let tier = if job.is_exact() { Tier::Draft } else { *tier };
                Self::Remote(Box::new(Remote::open(&Shelf::of_user(), id, Some(model), tier, &env)?))
            }
        })
    }

    /// Stops a job that goes on without us.
    pub(super) async fn stop(&self, ticket: &Ticket) -> Result<Stopped, Error> {
        Ok(match self {
            Self::Comfy(comfy) => comfy.stop(ticket.job()).await?,
            Self::Remote(remote) => remote.stop(ticket).await?,
            // they end with the process that started them
            Self::Builtin(_) | Self::Command(..) => Stopped::Ended,
        })
    }
}
