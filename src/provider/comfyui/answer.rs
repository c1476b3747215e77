//! What ComfyUI's answers mean. An unknown job and a running one look alike in `/history`; only `/queue` tells them
//! apart. A clip lies under `images` with `animated`, or under `gifs` or `video`: its file name tells.

use super::workflow::named;
use crate::provider::recipe::{Fault, FaultClass, printable};
use serde_json::Value;

/// Endings of files that are clips, the likeliest first.
const CLIPS: [&str; 5] = ["mp4", "mov", "mkv", "webm", "m4v"];

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// Its clip, as `/view` is asked for it.
    Clip(Vec<(&'static str, String)>),
    /// It brought no clip.
    Fault(Fault),
}

/// Where a job is in `/queue`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Running,
    /// So many are before it.
    Waiting(usize),
    Absent,
}

/// Reads `/queue`.
pub(super) fn place(queue: &Value, job: &str) -> Place {
    let entries = |list: &str| queue[list].as_array().cloned().unwrap_or_default();
    let is_it = |entry: &Value| entry[1] == job;
    let running = entries("queue_running");
    if running.iter().any(is_it) {
        return Place::Running;
    }
    let mut waiting = entries("queue_pending");
    waiting.sort_by_key(|entry| entry[0].as_i64());
    waiting.iter().position(is_it).map_or(Place::Absent, |before| Place::Waiting(running.len() + before))
}

/// Reads `/history/JOB`; `None` while the job is not in it.
pub(super) fn ended(history: &Value, job: &str) -> Option<Ended> {
    let entry = history.get(job)?;
    if entry["status"]["status_str"] == "error" {
        return Some(Ended::Fault(failure(entry)));
    }
    Some(clip(&entry["outputs"]).map_or_else(|| Ended::Fault(no_clip()), Ended::Clip))
}

/// Reads a refusal of `/prompt`: each fault with the name of its node in the workflow that was sent.
pub(super) fn refusal(status: u16, answer: &Value, sent: &Value) -> Fault {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let told = |fault: &Value| match (text(&fault["message"]), text(&fault["details"])) {
        (message, details) if details.is_empty() || details == message => message,
        (message, details) => format!("{message}: {details}"),
    };
    let nodes = answer["node_errors"].as_object().into_iter().flatten();
    let faults = nodes.flat_map(|(id, node)| {
        let name = named(id, &sent[id]);
        node["errors"].as_array().into_iter().flatten().map(move |fault| format!("{name}: {}", told(fault)))
    });
    let faults = faults.collect::<Vec<_>>().join("; ");
    let message = if faults.is_empty() { told(&answer["error"]) } else { faults };
    let code = text(&answer["error"]["type"]);
    let code = if code.is_empty() { format!("HTTP {status}") } else { code };
    Fault { class: FaultClass::InvalidInput, code, message: printable(&message) }
}

/// The job that nobody knows any more: it was deleted from the queue, or the server began anew.
pub(super) fn lost() -> Fault {
    let message = "the server does not know the job any more: it was deleted, or the server was restarted";
    Fault { class: FaultClass::NotFound, code: "lost".into(), message: message.into() }
}

fn failure(entry: &Value) -> Fault {
    let last = entry["status"]["messages"].as_array().and_then(|told| told.last()).unwrap_or(&Value::Null);
    let (event, about) = (last[0].as_str().unwrap_or_default(), &last[1]);
    let id = about["node_id"].as_str().unwrap_or_default();
    let name = named(id, &entry["prompt"][2][id]);
    if event == "execution_interrupted" {
        let message = format!("it was interrupted at {name}");
        return Fault { class: FaultClass::Canceled, code: "execution_interrupted".into(), message };
    }
    let text = |key: &str| about[key].as_str().unwrap_or_default();
    let message = printable(&format!("{name}: {}", text("exception_message")));
    Fault { class: FaultClass::ProviderError, code: text("exception_type").to_owned(), message }
}

fn clip(outputs: &Value) -> Option<Vec<(&'static str, String)>> {
    let nodes = outputs.as_object()?.values().filter_map(Value::as_object);
    let files = nodes.flat_map(serde_json::Map::values).filter_map(Value::as_array).flatten();
    let rank = |file: &&Value| {
        let ending = file["filename"].as_str()?.rsplit_once('.')?.1.to_ascii_lowercase();
        let kind = CLIPS.iter().position(|clip| *clip == ending)?;
        // previews are thrown away at the next start
        Some((file["type"] != "output", kind))
    };
    let (_, best) = files.filter_map(|file| Some((rank(&file)?, file))).min_by_key(|(rank, _)| *rank)?;
    let field = |name| (name, best[name].as_str().unwrap_or_default().to_owned());
    Some(["filename", "subfolder", "type"].map(field).to_vec())
}

fn no_clip() -> Fault {
    let message = format!("the workflow saved no clip ({}): end it with a SaveVideo node", CLIPS.join(", "));
    Fault { class: FaultClass::InvalidInput, code: "no-clip".into(), message }
}
