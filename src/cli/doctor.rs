//! `holdstill doctor`: what this machine lends us, and what it lacks.

use super::{Exit, Failure, Ui};
use holdstill::media;
use owo_colors::OwoColorize;
use serde::Serialize;
use std::{path::Path, thread};

/// Free space below which a run may fail: some takes of 4K video.
const LOW_DISK_BYTES: u64 = 2 << 30;

/// Encoders that `animate` and `mend` write with, best first.
const ENCODERS: [&str; 2] = ["libx264", "mpeg4"];

#[derive(clap::Args)]
pub(crate) struct Args {}

/// One line of the examination.
#[derive(Serialize)]
struct Finding {
    what: String,
    ok: bool,
    detail: String,
}

#[expect(clippy::unnecessary_wraps, reason = "every verb has this shape")]
pub(crate) fn run(_: &Args, ui: &Ui) -> Result<Exit, Failure> {
    let mut findings = vec![finding("holdstill", true, env!("CARGO_PKG_VERSION"))];
    findings.extend(ffmpeg());
    findings.push(cores());
    findings.push(disk("temporary files", &std::env::temp_dir()));
    if ui.is_json() {
        ui.envelope(&serde_json::json!({ "schema": "holdstill/doctor/1", "findings": findings }));
    } else {
        for Finding { what, ok, detail } in &findings {
            let mark = if *ok { "ok".green().to_string() } else { "!!".red().bold().to_string() };
            ui.data(format_args!("{mark}  {what:<16} {detail}"));
        }
    }
    Ok(if findings.iter().all(|finding| finding.ok) { Exit::Ok } else { Exit::Usage })
}

fn finding(what: &str, ok: bool, detail: impl Into<String>) -> Finding {
    Finding { what: what.to_owned(), ok, detail: detail.into() }
}

fn ffmpeg() -> Vec<Finding> {
    let about = media::about(&ENCODERS);
    let (there, absent): (Vec<_>, Vec<_>) = about.codecs.into_iter().partition(|(_, there)| *there);
    let names = |list: &[(&'static str, bool)]| list.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let mut findings = vec![
        finding("FFmpeg", true, about.version),
        finding("codecs", there.iter().any(|(name, _)| ENCODERS.contains(name)), names(&there)),
    ];
    if !absent.is_empty() {
        findings.push(finding("codecs missing", false, names(&absent) + ": install FFmpeg with them"));
    }
    findings
}

fn cores() -> Finding {
    match thread::available_parallelism() {
        Ok(count) => finding("cores", true, count.to_string()),
        Err(error) => finding("cores", false, error.to_string()),
    }
}

/// Free space where `path`, or its nearest existing parent, lies.
fn disk(what: &str, path: &Path) -> Finding {
    let exists = path.ancestors().find(|p| p.exists()).unwrap_or(Path::new("/"));
    match rustix::fs::statvfs(exists) {
        Ok(stat) => {
            let free = stat.f_bavail * stat.f_frsize;
            let detail = format!("{} ({:.1} GB free)", path.display(), free as f64 / 1e9);
            finding(what, free >= LOW_DISK_BYTES, detail)
        }
        Err(error) => finding(what, false, format!("{}: {error}", path.display())),
    }
}
