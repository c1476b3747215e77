//! A table of clips with a person's judgement.

use super::Failure;
use holdstill::engine::{GateCase, LabelledCase};
use serde::Deserialize;
use std::path::{Path, PathBuf};

const SHAPE: &str = "it is a CSV with the columns clip, seed, label (accept or reject) and, if you like, mask";

#[derive(Deserialize)]
struct Row {
    clip: PathBuf,
    seed: PathBuf,
    mask: Option<PathBuf>,
    label: Label,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Label {
    #[serde(alias = "accepted", alias = "yes", alias = "hold")]
    Accept,
    #[serde(alias = "rejected", alias = "no", alias = "drift")]
    Reject,
}

/// Reads the labels; paths are taken relative to their file.
pub(super) fn read(path: &Path, embedder: Option<&Path>) -> Result<Vec<LabelledCase>, Failure> {
    let unreadable =
        |error: csv::Error| Failure::usage(format!("cannot read the labels `{}`: {error}", path.display()), SHAPE);
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(path).map_err(unreadable)?;
    let case = |row: Row| LabelledCase {
        case: GateCase {
            clip: folder.join(row.clip),
            seed: folder.join(row.seed),
            mask: row.mask.map(|mask| folder.join(mask)),
            embedder: embedder.map(Path::to_owned),
        },
        is_accepted: matches!(row.label, Label::Accept),
    };
    let cases: Vec<_> = reader.deserialize().map(|row| row.map(case)).collect::<Result<_, _>>().map_err(unreadable)?;
    if cases.is_empty() {
        return Err(Failure::usage(format!("the labels `{}` list no clip", path.display()), SHAPE));
    }
    Ok(cases)
}
