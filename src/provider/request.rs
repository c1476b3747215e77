//! What is asked of a provider and what comes back.

use super::recipe::Ticket;
use crate::{frame::Size, store::Money};
use serde::Serialize;
use std::path::PathBuf;

/// Strength below which a provider is told in words to move less.
const CALM: f64 = 0.9;

/// One take. Its JSON is what a command finds on its standard input.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Request {
    /// The still.
    pub seed: PathBuf,
    /// The picture that the clip ends with, where it is given; then `seed` is the one it begins with.
    pub last: Option<PathBuf>,
    /// Where the clip is wanted.
    pub out: PathBuf,
    /// What should happen in it.
    pub prompt: String,
    /// Length in seconds.
    pub duration_secs: f64,
    /// Frames per second.
    pub fps: u32,
    /// Size in pixels, both even.
    #[serde(serialize_with = "size_as_pair")]
    pub size: Size,
    /// Camera move, by its name.
    pub motion: String,
    /// Amount of motion, 1 is what the user asked for.
    pub strength: f64,
    /// Seed of randomness, 32 bits.
    pub rng_seed: u64,
    /// 1-based take.
    pub take: u32,
    /// Where fidelity matters.
    pub mask: Option<PathBuf>,
    /// Depth, near is bright.
    pub depth: Option<PathBuf>,
    /// Shape of the clip: `9:16`, `1:1`, `4:5`, `16:9` or `still`.
    pub aspect: String,
    /// Faults to inject, for the built-in animator only.
    pub simulate: Vec<String>,
}

impl Request {
    /// The prompt for a provider that knows no camera moves and no strength: both in words.
    pub fn spoken(&self) -> String {
        let camera = format!("slow {} camera move, the product stays exactly as in the picture", self.motion);
        let prompt = if self.prompt.trim().is_empty() { camera } else { self.prompt.trim().to_owned() };
        if self.strength < CALM { format!("{prompt}, calm and with little motion") } else { prompt }
    }
}

/// A sign of life.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// The provider took the request and gave this receipt.
    Accepted(Ticket),
    /// How much is done, `0..=1`.
    Fraction(f64),
    /// What the provider says that it charged, in its own units: `25 credits`.
    Charged(String),
    /// For a person.
    Message(String),
}

/// A clip was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generated {
    /// What it cost, where the provider said so.
    pub cost: Option<Money>,
}

fn size_as_pair<S: serde::Serializer>(size: &Size, serializer: S) -> Result<S::Ok, S::Error> {
    [size.width, size.height].serialize(serializer)
}
