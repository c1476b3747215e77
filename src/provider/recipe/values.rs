//! What fills a recipe's slots: the request in our words, checked against what the model makes.

use super::{
    picture::Picture,
    schema::{Model, Recipe},
    slot::{Misfit, number},
};
use serde_json::{Map, Value, json};

/// Greatest difference of two shapes that count as the same, as a share (a pixel of rounding on small stills).
const SAME_SHAPE: f64 = 0.02;

/// Names that every recipe may use, besides those that a model sets or an answer gives.
pub const NAMES: [&str; 19] = [
    "model",
    "prompt",
    "negative",
    "first",
    "first_mime",
    "last",
    "last_mime",
    "duration",
    "ratio",
    "width",
    "height",
    "size",
    "fps",
    "rng_seed",
    "client_id",
    "picture_name",
    "camera_fixed",
    "guidance",
    "picture_url",
];

/// A clip that is wanted.
#[derive(Clone, Debug)]
pub struct Wish<'a> {
    /// What should happen.
    pub prompt: &'a str,
    /// Length in seconds.
    pub duration_secs: f64,
    /// `9:16` and so on, or `still`.
    pub aspect: &'a str,
    /// Size of the clip in pixels.
    pub size: [usize; 2],
    /// Frames per second.
    pub fps: u32,
    /// Seed of randomness.
    pub rng_seed: u64,
    /// Our own name for the request.
    pub client_id: &'a str,
    /// The first frame.
    pub first: &'a Picture,
    /// The last frame.
    pub last: Option<&'a Picture>,
}

impl Recipe {
    /// The values of a wish. A picture that is uploaded is not among them yet.
    ///
    /// # Errors
    /// Says what the model does not make, and what it makes.
    pub fn values(&self, model: &Model, wish: &Wish<'_>) -> Result<Map<String, Value>, Misfit> {
        for picture in std::iter::once(wish.first).chain(wish.last) {
            picture.check(&self.picture)?;
        }
        if !model.durations.allow(wish.duration_secs) {
            let what = format!("{} makes clips of {}, not of {} s", model.id, model.durations, wish.duration_secs);
            return Err(Misfit(what));
        }
        let [width, height] = wish.size;
        let mut values = Map::new();
        let mut set = |name: &str, value: Value| drop(values.insert(name.to_owned(), value));
        set("model", json!(model.id));
        set("prompt", json!(wish.prompt));
        set("duration", number(wish.duration_secs));
        set("width", json!(width));
        set("height", json!(height));
        set("size", json!(format!("{width}x{height}")));
        set("fps", json!(wish.fps));
        set("client_id", json!(wish.client_id));
        if model.rng_seed {
            set("rng_seed", json!(wish.rng_seed));
        }
        if let Some(ratio) = ratio(model, wish)? {
            set("ratio", json!(ratio));
        }
        if wish.last.is_some() && !model.last_frame {
            return Err(Misfit(format!("{} cannot be told how a clip ends", model.id)));
        }
        for (name, picture) in [("first", Some(wish.first)), ("last", wish.last)] {
            let Some(picture) = picture else { continue };
            if let Some(mime) = picture.mime() {
                set(&format!("{name}_mime"), json!(mime));
            }
            if !picture.is_uploaded(&self.picture)
                && let Some(text) = picture.inline(self.picture.send)
            {
                set(name, json!(text));
            }
        }
        for (name, value) in &model.set {
            set(name, value.clone());
        }
        Ok(values)
    }
}

/// The shape in the provider's words; `None` where it keeps the picture's.
fn ratio(model: &Model, wish: &Wish<'_>) -> Result<Option<String>, Misfit> {
    let wanted = wish.size[0] as f64 / wish.size[1].max(1) as f64;
    let Picture::Bytes { size: [width, height], .. } = wish.first else {
        return Ok(model.ratios.get(wish.aspect).cloned());
    };
    if model.ratios.is_empty() {
        let own = f64::from(*width) / f64::from((*height).max(1));
        if wish.aspect == "still" || (wanted / own - 1.0).abs() < SAME_SHAPE {
            return Ok(None);
        }
        return Err(Misfit(format!("{} keeps the still's shape: crop the still to {}", model.id, wish.aspect)));
    }
    if let Some(ratio) = model.ratios.get(wish.aspect) {
        return Ok(Some(ratio.clone()));
    }
    let possible = model.ratios.keys().cloned().collect::<Vec<_>>().join(", ");
    if wish.aspect != "still" {
        return Err(Misfit(format!("{} does not make {}; it makes {possible}", model.id, wish.aspect)));
    }
    let fits = |(shape, _): &(&String, &String)| {
        let (w, h) = shape.split_once(':')?;
        let shape = w.parse::<f64>().ok()? / h.parse::<f64>().ok()?;
        ((shape / wanted - 1.0).abs() < SAME_SHAPE).then_some(())
    };
    let found = model.ratios.iter().find(|entry| fits(entry).is_some());
    let misfit = || Misfit(format!("{} does not make the still's shape; it makes {possible}", model.id));
    found.map(|(_, ratio)| Some(ratio.clone())).ok_or_else(misfit)
}
