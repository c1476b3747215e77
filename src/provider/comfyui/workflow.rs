//! A workflow in ComfyUI's API format, with places that are filled anew for every take.
//!
//! A place is told by the title of its node, which everybody can change in the editor: `holdstill: prompt` puts the
//! prompt there, `holdstill: width height frames` three values, `holdstill: prompt=positive` names the input where it
//! has an unusual name. Where no title says otherwise, the only `LoadImage` takes the still, and every `seed` and
//! `noise_seed` that is a plain number the seed of randomness.

use serde_json::{Map, Value};

/// What begins the title of a node that is filled.
const MARK: &str = "holdstill:";

/// Values and the usual names of the inputs that take them (the nodes of ComfyUI 0.3, `VideoHelperSuite` and
/// `WanVideoWrapper`).
pub const SLOTS: [(&str, &[&str]); 9] = [
    ("first", &["image"]),
    ("last", &["image"]),
    ("prompt", &["text", "prompt", "positive_prompt", "value"]),
    ("rng_seed", &["seed", "noise_seed", "value"]),
    ("frames", &["length", "num_frames", "frames", "video_frames", "amount", "batch_size", "value"]),
    ("duration", &["duration", "seconds", "value"]),
    ("fps", &["fps", "frame_rate", "value"]),
    ("width", &["width", "value"]),
    ("height", &["height", "value"]),
];

/// A checked workflow.
#[derive(Clone, Debug, PartialEq)]
pub struct Workflow {
    nodes: Map<String, Value>,
    places: Vec<Place>,
}

#[derive(Clone, Debug, PartialEq)]
struct Place {
    slot: &'static str,
    node: String,
    input: String,
}

impl Workflow {
    /// Reads and checks a workflow; the body of a request to `/prompt` will do too.
    ///
    /// # Errors
    /// Says what is wrong with it, and where.
    pub fn parse(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| format!("the workflow is no JSON: {error}"))?;
        let value = value.get("prompt").filter(|inner| inner.is_object()).unwrap_or(&value);
        let is_node = |node: &Value| node["class_type"].is_string() && node["inputs"].is_object();
        let nodes = value.as_object().filter(|nodes| !nodes.is_empty() && nodes.values().all(is_node));
        let nodes = nodes.ok_or("the workflow is not in the API format: export it with “Export (API)”")?.clone();
        let mut places = Vec::new();
        for (id, node) in &nodes {
            for word in title(node).strip_prefix(MARK).unwrap_or_default().split_whitespace() {
                places.push(place(id, node, word)?);
            }
        }
        let mut workflow = Self { nodes, places };
        workflow.guess();
        if workflow.has("first") {
            Ok(workflow)
        } else {
            Err("no node of the workflow takes the still: title its LoadImage `holdstill: first`".into())
        }
    }

    /// Whether a value has a place.
    pub fn has(&self, slot: &str) -> bool {
        self.places.iter().any(|place| place.slot == slot)
    }

    /// The nodes with `values` in their places. Without a last frame its node is left out, with the links to it.
    pub fn filled(&self, values: &Map<String, Value>) -> Value {
        let mut nodes = self.nodes.clone();
        for Place { slot, node, input } in &self.places {
            match (values.get(*slot), nodes.get_mut(node)) {
                (Some(value), Some(node)) => node["inputs"][input] = value.clone(),
                (None, Some(_)) if *slot == "last" => cut_out(&mut nodes, node),
                _ => {}
            }
        }
        Value::Object(nodes)
    }

    fn guess(&mut self) {
        let of_class = |class: &str| -> Vec<String> {
            self.nodes.iter().filter(|(_, node)| node["class_type"] == class).map(|(id, _)| id.clone()).collect()
        };
        let mut guessed = Vec::new();
        let loaders = of_class("LoadImage");
        if let ([only], false) = (&loaders[..], self.has("first") || self.has("last")) {
            guessed.push(Place { slot: "first", node: only.clone(), input: "image".into() });
        }
        if !self.has("rng_seed") {
            for (id, node) in &self.nodes {
                let seeds = ["seed", "noise_seed"].into_iter().filter(|name| node["inputs"][name].is_u64());
                guessed.extend(seeds.map(|name| Place { slot: "rng_seed", node: id.clone(), input: name.into() }));
            }
        }
        self.places.append(&mut guessed);
    }
}

/// `SLOT` or `SLOT=INPUT`, as a place in `node`.
fn place(id: &str, node: &Value, word: &str) -> Result<Place, String> {
    let (name, given) = word.split_once('=').map_or((word, None), |(name, input)| (name, Some(input)));
    let known = || SLOTS.map(|(slot, _)| slot).join(", ");
    let (slot, usual) = *SLOTS
        .iter()
        .find(|(slot, _)| *slot == name)
        .ok_or_else(|| format!("{}: `{name}` is no slot: there are {}", named(id, node), known()))?;
    let has = |input: &&str| node["inputs"].get(*input).is_some();
    let input = match given {
        Some(input) => Some(input).filter(has),
        None => usual.iter().copied().find(has),
    };
    let wanted = || given.map_or_else(|| usual.join(", "), str::to_owned);
    let input = input.ok_or_else(|| format!("{} has no input for {slot}: looked for {}", named(id, node), wanted()))?;
    Ok(Place { slot, node: id.to_owned(), input: input.to_owned() })
}

/// Takes a node out, and every link to it.
fn cut_out(nodes: &mut Map<String, Value>, id: &str) {
    nodes.remove(id);
    for node in nodes.values_mut() {
        if let Some(inputs) = node["inputs"].as_object_mut() {
            inputs.retain(|_, value| value.get(0).and_then(Value::as_str) != Some(id));
        }
    }
}

fn title(node: &Value) -> &str {
    node["_meta"]["title"].as_str().unwrap_or_default().trim()
}

/// A node for people: `node 3 “Upscale” (ImageScale)`.
pub(super) fn named(id: &str, node: &Value) -> String {
    let class = node["class_type"].as_str().unwrap_or("unknown");
    match title(node) {
        "" => format!("node {id} ({class})"),
        title if title == class => format!("node {id} ({class})"),
        title => format!("node {id} “{title}” ({class})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[expect(clippy::needless_pass_by_value, reason = "reads better in the tables below")]
    fn node(class: &str, title: &str, inputs: Value) -> Value {
        json!({ "class_type": class, "inputs": inputs, "_meta": { "title": title } })
    }

    fn parse(nodes: &Value) -> Result<Workflow, String> {
        Workflow::parse(&nodes.to_string())
    }

    #[test]
    fn titles_say_where_values_go() {
        let workflow = parse(&json!({
            "1": node("LoadImage", "holdstill: first", json!({ "image": "a.png" })),
            "2": node("LoadImage", "holdstill: last", json!({ "image": "b.png" })),
            "3": node("CLIPTextEncode", "holdstill: prompt", json!({ "text": "", "clip": ["9", 0] })),
            "4": node("WanFirstLast", "holdstill: width height frames",
                json!({ "width": 1, "height": 1, "length": 1, "start_image": ["1", 0], "end_image": ["2", 0] })),
            "5": node("Mine", "holdstill: rng_seed=dice", json!({ "dice": 0 })),
        }))
        .unwrap();
        let values =
            json!({ "first": "f.png", "prompt": "turn", "width": 720, "height": 1280, "frames": 97, "rng_seed": 7 });
        let mut values = values.as_object().unwrap().clone();
        let filled = workflow.filled(&values);
        assert_eq!(filled["1"]["inputs"]["image"], "f.png");
        assert_eq!(filled["3"]["inputs"], json!({ "text": "turn", "clip": ["9", 0] }));
        let sized = json!({ "width": 720, "height": 1280, "length": 97, "start_image": ["1", 0] });
        assert_eq!(filled["4"]["inputs"], sized, "no last frame, no link to it");
        assert_eq!((&filled["5"]["inputs"]["dice"], filled.get("2")), (&json!(7), None));
        values.insert("last".into(), json!("l.png"));
        let filled = workflow.filled(&values);
        assert_eq!(
            (&filled["2"]["inputs"]["image"], filled["4"]["inputs"].get("end_image").is_some()),
            (&json!("l.png"), true)
        );
    }

    #[test]
    fn what_is_plain_needs_no_title() {
        let workflow = parse(&json!({
            "1": node("LoadImage", "Load Image", json!({ "image": "a.png" })),
            "2": node("KSampler", "KSampler", json!({ "seed": 5, "noise_seed": ["3", 0] })),
        }))
        .unwrap();
        assert!(workflow.has("first") && workflow.has("rng_seed") && !workflow.has("last"));
        let values = json!({ "first": "f.png", "rng_seed": 9 });
        let filled = workflow.filled(values.as_object().unwrap());
        assert_eq!(filled["2"]["inputs"], json!({ "seed": 9, "noise_seed": ["3", 0] }));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let load = |title: &str| json!({ "1": node("LoadImage", title, json!({ "image": "a" })) });
        let two = json!({ "1": node("LoadImage", "", json!({ "image": "a" })), "2": node("LoadImage", "", json!({ "image": "b" })) });
        for (text, word) in [
            ("{".to_owned(), "no JSON"),
            (json!({ "nodes": [], "links": [] }).to_string(), "Export (API)"),
            (json!({}).to_string(), "Export (API)"),
            (load("holdstill: firts").to_string(), "node 1 “holdstill: firts” (LoadImage): `firts` is no slot"),
            (load("holdstill: first=picture").to_string(), "looked for picture"),
            (load("holdstill: prompt").to_string(), "looked for text, prompt"),
            (two.to_string(), "no node of the workflow takes the still"),
        ] {
            let error = Workflow::parse(&text).unwrap_err();
            assert!(error.contains(word), "{error}");
        }
    }
}
