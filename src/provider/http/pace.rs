//! Waiting: as long as the provider asks, never in step with others, and never deaf to Ctrl-C.

use crate::provider::recipe::Manners;
use std::{pin::pin, time::Duration};
use tokio::time::{Instant, sleep, timeout};

/// How often it is asked whether to stop.
const TICK: Duration = Duration::from_millis(50);
/// Greatest pause after failures, as a multiple of the usual one.
const SLOWEST: u32 = 16;
/// Share by which pauses are longer or shorter at random, so that many clients do not come at once.
const JITTER: f64 = 0.15;

/// The pauses of one job.
pub(in crate::provider) struct Pace<'a> {
    usual: Duration,
    deadline: Instant,
    salt: &'a str,
    count: u32,
    is_cancelled: &'a dyn Fn() -> bool,
}

/// Why a wait ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::provider) enum Ended {
    /// Somebody asked to stop.
    Cancelled,
    /// The job took longer than we wait.
    Late,
}

impl<'a> Pace<'a> {
    pub(in crate::provider) fn new(manners: &Manners, salt: &'a str, is_cancelled: &'a dyn Fn() -> bool) -> Self {
        let secs = |secs: f64| Duration::try_from_secs_f64(secs).unwrap_or_default();
        let deadline = Instant::now() + secs(manners.deadline_secs);
        Self { usual: secs(manners.poll_secs), deadline, salt, count: 0, is_cancelled }
    }

    /// Waits for `work` as long as `most`, and no longer than until somebody asks to stop; what is given up is dropped.
    pub(in crate::provider) async fn watch<T>(
        &self,
        most: Duration,
        work: impl Future<Output = T>,
    ) -> Result<T, Ended> {
        let until = Instant::now() + most;
        let mut work = pin!(work);
        loop {
            if let Ok(done) = timeout(TICK, &mut work).await {
                return Ok(done);
            }
            if (self.is_cancelled)() {
                return Err(Ended::Cancelled);
            }
            if Instant::now() >= until {
                return Err(Ended::Late);
            }
        }
    }

    /// The pause before asking again, after `failures` in a row; at least what the provider asks for.
    pub(in crate::provider) async fn pause(&mut self, failures: u32, asked: Option<Duration>) -> Result<(), Ended> {
        let usual = self.usual * 2_u32.saturating_pow(failures).min(SLOWEST);
        self.count += 1;
        let hash = blake3::hash(format!("{}/{}", self.salt, self.count).as_bytes());
        let random = f64::from(hash.as_bytes()[0]) / 255.0;
        let jittered = usual.mul_f64(1.0 - JITTER + 2.0 * JITTER * random);
        let until = Instant::now() + jittered.max(asked.unwrap_or_default());
        while Instant::now() < until {
            if (self.is_cancelled)() {
                return Err(Ended::Cancelled);
            }
            if Instant::now() >= self.deadline {
                return Err(Ended::Late);
            }
            sleep(TICK.min(until - Instant::now())).await;
        }
        if (self.is_cancelled)() { Err(Ended::Cancelled) } else { Ok(()) }
    }
}
