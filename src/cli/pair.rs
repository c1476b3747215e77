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
    /// Where fidelity matters, painted in the still's shape: white product on black; green: label; red: not measured; blue: may change its shape
    #[arg(long, value_name = "PNG", value_hint = ValueHint::FilePath)]
    pub(super) mask: Option<PathBuf>,
}

impl Pair {
    /// The shortest command line that scores the clip.
    pub(super) fn command_line(&self, sight: Option<&Sight>) -> String {
        let embedder = sight.and_then(|sight| sight.embedder.as_deref());
        engine::command_line(&self.clip, &self.seed, self.mask.as_deref(), embedder)
    }
}

/// What says whether it is still the subject.
#[derive(clap::Args)]
#[expect(clippy::doc_markdown, reason = "the help text is read without backticks")]
pub(super) struct Sight {
    /// A network of your own to say whether it is still the subject, such as DINOv2 or the picture side of CLIP: one input
    /// [1, 3, side, side]; run by ONNX Runtime, whose library ORT_DYLIB_PATH names [default: the one that is built in]
    #[arg(long, value_name = "ONNX", env = "HOLDSTILL_EMBEDDER", value_hint = ValueHint::FilePath)]
    pub(super) embedder: Option<PathBuf>,
}
