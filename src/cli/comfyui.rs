//! `holdstill providers show comfyui`: where the server is looked for, and how a workflow is made ready.

use super::{Exit, Failure, Ui};
use holdstill::{
    provider::comfyui::{BASE_URL, SLOTS, VARIABLES},
    store::Environment,
};
use owo_colors::OwoColorize;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

pub(crate) use holdstill::provider::comfyui::ID;

/// What the values are, in the order of [`SLOTS`].
const MEANINGS: [&str; SLOTS.len()] = [
    "the still, uploaded (a lone LoadImage needs no title)",
    "the last frame; without one its node is left out, with the links to it",
    "what should happen",
    "seed of randomness (a plain seed or noise_seed needs no title)",
    "length in frames",
    "length in seconds",
    "frames per second",
    "width in pixels",
    "height in pixels",
];

pub(crate) fn show(ui: &Ui) -> Result<Exit, Failure> {
    let environment = Environment::of_user()?;
    let server = VARIABLES.iter().find_map(|name| environment.get(name));
    let server = server.unwrap_or_else(|| BASE_URL.to_owned());
    if ui.is_json() {
        let slots: Map<String, Value> =
            SLOTS.iter().map(|(slot, inputs)| ((*slot).to_owned(), json!(inputs))).collect();
        let value = json!({ "schema": "holdstill/provider/1", "id": ID, "base_url": server, "slots": slots });
        ui.envelope(&value);
        return Ok(Exit::Ok);
    }
    let mut text = format!(
        "{}  a ComfyUI server of yours, free\n\naddress  {server} (or {})\n\n\
         In the editor, title the nodes that holdstill fills `holdstill: SLOT`, e.g. `holdstill: prompt`,\n\
         `holdstill: width height frames`, or `holdstill: prompt=INPUT` where the input has another name.\n\
         Then export with “Export (API)”, and: holdstill animate still.png --workflow my.json\n\n{}\n",
        ID.bold(),
        VARIABLES.join(", "),
        format_args!("{:<9} {:<74} inputs", "slot", "value").bold(),
    );
    for ((slot, inputs), meaning) in SLOTS.iter().zip(MEANINGS) {
        let _ = writeln!(text, "{slot:<9} {meaning:<74} {}", inputs.join(", "));
    }
    ui.data(text.trim_end());
    Ok(Exit::Ok)
}
