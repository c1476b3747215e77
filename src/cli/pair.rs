//! A clip and the still that it was made from, as one clip's verbs take them.

use clap::ValueHint;
use holdstill::engine;
use std::path::PathBuf;

#[derive(clap::Args)]
pub(super) struct Pair {
    /// The clip: any video, GIF, or image sequence such as 'frames/%04d.png'
    #[arg(value_hint = ValueHint::FilePath)]
    pub(super) clip: PathBuf,
    /// The still that the clip was made from
    #[arg(long, short, value_name = "STILL", value_hint = ValueHint::FilePath)]
    pub(super) seed: PathBuf,
    /// Where fidelity matters: white product on black, of the still's shape
    #[arg(long, value_name = "PNG", value_hint = ValueHint::FilePath)]
    pub(super) mask: Option<PathBuf>,
}

impl Pair {
    /// The shortest command line that scores the clip.
    pub(super) fn command_line(&self) -> String {
        engine::command_line(&self.clip, &self.seed, self.mask.as_deref())
    }
}
