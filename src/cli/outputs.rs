//! Report files: what kind a name asks for, and writing them whole or not at all.

use super::Failure;
use holdstill::{
    engine::{Cancel, ScoreJob, Scored},
    media::TempOut,
    report::{csv, gallery, html, json},
    store::Error,
};
use std::path::{Path, PathBuf};

/// Most causes of which the worst frame is shown in pictures.
pub(crate) const MOST_EXHIBITS: usize = 6;

/// What a report file holds, told by its ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Html,
    Json,
    Csv,
}

/// Refuses a report of a kind that we do not write, before anything is measured.
pub(crate) fn check(reports: &[PathBuf]) -> Result<(), Failure> {
    reports.iter().try_for_each(|path| kind(path).map(drop))
}

/// Writes the reports on a scored clip.
pub(crate) fn write(reports: &[PathBuf], job: &ScoreJob, scored: &mut Scored, cancel: &Cancel) -> Result<(), Failure> {
    for path in reports {
        let text = match kind(path)? {
            Kind::Json => json::pretty(&scored.report),
            Kind::Csv => csv::frames(&scored.report),
            Kind::Html => {
                let exhibits = gallery::collect(job, scored, MOST_EXHIBITS, cancel)?;
                html::render(&html::Page { exhibits: &exhibits, ..html::Page::new(&scored.report) })
            }
        };
        write_text(path, &text)?;
    }
    Ok(())
}

/// Writes a text file through a temporary one, and the folder that it lies in.
pub(crate) fn write_text(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error| Error::io("write", path, error);
    if let Some(folder) = path.parent() {
        fs_err::create_dir_all(folder).map_err(failed)?;
    }
    let target = TempOut::beside(path)?;
    std::fs::write(target.path(), text).map_err(failed)?;
    target.commit()?;
    Ok(())
}

fn kind(path: &Path) -> Result<Kind, Failure> {
    match path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase).as_deref() {
        Some("html" | "htm") => Ok(Kind::Html),
        Some("json") => Ok(Kind::Json),
        Some("csv") => Ok(Kind::Csv),
        _ => Err(Failure::usage(
            format!("cannot tell what kind of report `{}` is", path.display()),
            "name it .html, .json or .csv",
        )),
    }
}
