//! Stills made of stills: what is asked, and where the answer holds the picture.

use super::{
    answer::{Charge, Submitted},
    fault::{Fault, FaultClass},
    picture::Picture,
    schema::{Model, Recipe},
    slot::Misfit,
    wire::HttpResponse,
};
use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde_json::{Map, Value, json};

/// Greatest difference of two shapes that count as the same, as a share.
const SAME_SHAPE: f64 = 0.02;
/// Sides are asked for in multiples of this, pixels.
const SIDE_STEP: f64 = 2.0;

/// A still that is to be edited.
#[derive(Clone, Copy, Debug)]
pub struct Edit<'a> {
    /// What should change.
    pub prompt: &'a str,
    /// The still, as it is sent.
    pub picture: &'a Picture,
    /// Width and height that are asked for, pixels.
    pub size: [u32; 2],
    /// Seed of randomness.
    pub rng_seed: u64,
    /// Our own name for the request.
    pub client_id: &'a str,
}

/// What was charged for: a still, or the reason why there is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Edited {
    /// The still.
    pub made: Result<Sent, Fault>,
    /// What it cost, where that is told.
    pub cost: Option<Charge>,
}

/// How a still is handed over.
#[derive(Clone, PartialEq, Eq)]
pub enum Sent {
    /// In the answer itself: the bytes of its file.
    Bytes(Vec<u8>),
    /// Under this address.
    Link(String),
}

impl std::fmt::Debug for Sent {
    /// Without the address, which may be signed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            Self::Link(_) => f.write_str("(link)"),
        }
    }
}

impl Model {
    /// The size to ask for: the still's own, or the nearest of its shape that the model makes. Pixels.
    pub fn size_for(&self, [width, height]: [u32; 2]) -> [u32; 2] {
        let Some([least, most]) = self.pixels else { return [width, height] };
        let has = (f64::from(width) * f64::from(height)).max(1.0);
        let scale = (has.clamp(least as f64, most as f64) / has).sqrt();
        if scale == 1.0 {
            return [width, height];
        }
        let side = |side: u32| {
            let steps = f64::from(side) * scale / SIDE_STEP;
            (SIDE_STEP * if scale > 1.0 { steps.ceil() } else { steps.floor() }).max(SIDE_STEP) as u32
        };
        [side(width), side(height)]
    }
}

impl Recipe {
    /// The values of an edit.
    ///
    /// # Errors
    /// Says what the provider does not take, and what it takes.
    pub fn edit_values(&self, model: &Model, edit: &Edit<'_>) -> Result<Map<String, Value>, Misfit> {
        edit.picture.check(&self.picture)?;
        let [width, height] = edit.size;
        let mut values = Map::new();
        let mut set = |name: &str, value: Value| drop(values.insert(name.to_owned(), value));
        set("model", json!(model.id));
        set("prompt", json!(edit.prompt));
        set("width", json!(width));
        set("height", json!(height));
        set("size", json!(format!("{width}x{height}")));
        set("client_id", json!(edit.client_id));
        if model.rng_seed {
            set("rng_seed", json!(edit.rng_seed));
        }
        // where no shape of the model is the still's, it is left to the model, which mostly keeps the picture's
        if let Some(ratio) = nearest_ratio(model, edit.size) {
            set("ratio", json!(ratio));
        }
        if let (Some(mime), Some(text)) = (edit.picture.mime(), edit.picture.inline(self.picture.send)) {
            set("first", json!(text));
            set("first_mime", json!(mime));
        }
        for (name, value) in &model.set {
            set(name, value.clone());
        }
        Ok(values)
    }

    /// Reads the answer to `submit` of a recipe that makes stills.
    pub fn read_edit(&self, answer: &HttpResponse) -> Submitted<Edited> {
        if let Some(declined) = self.declined(answer) {
            return declined;
        }
        if !answer.is_json {
            return Submitted::Unclear("its answer is no JSON".into());
        }
        let found = self.result.picture.iter().find_map(|place| place.text(&answer.body));
        let reason = self.fault(answer);
        let says_why = self.faults.code.iter().any(|place| place.text(&answer.body).is_some());
        let made = match found {
            Some(text) => sent(&text),
            None if says_why => Err(reason),
            None => return Submitted::Unclear("its answer holds neither a still nor a reason".into()),
        };
        Submitted::Accepted(Edited { made, cost: self.charge(answer) })
    }
}

fn nearest_ratio(model: &Model, [width, height]: [u32; 2]) -> Option<String> {
    let wanted = f64::from(width) / f64::from(height.max(1));
    let distance = |shape: &str| {
        let (w, h) = shape.split_once(':')?;
        Some((w.parse::<f64>().ok()? / h.parse::<f64>().ok()? / wanted - 1.0).abs())
    };
    let shapes = model.ratios.iter().filter_map(|(shape, ratio)| Some((distance(shape)?, ratio)));
    let nearest = shapes.min_by(|(a, _), (b, _)| a.total_cmp(b))?;
    (nearest.0 < SAME_SHAPE).then(|| nearest.1.clone())
}

/// A link, a data URI, or base64 of either alphabet, padded or not.
fn sent(text: &str) -> Result<Sent, Fault> {
    if text.starts_with("https://") || text.starts_with("http://") {
        return Ok(Sent::Link(text.to_owned()));
    }
    let data = text.strip_prefix("data:").and_then(|rest| rest.split_once(',')).map_or(text, |(_, data)| data);
    let plain: String = data.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let is_url_safe = plain.contains(['-', '_']);
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let alphabet = if is_url_safe { alphabet::URL_SAFE } else { alphabet::STANDARD };
    GeneralPurpose::new(&alphabet, config).decode(plain).map(Sent::Bytes).map_err(|_| Fault {
        class: FaultClass::ProviderError,
        code: "no-base64".into(),
        message: "the still in its answer is no base64".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::recipe::{Shelf, Tier};

    fn model(id: &str) -> Model {
        Shelf::default().open(id).unwrap().model(None, Tier::Final).unwrap().clone()
    }

    #[test]
    fn a_small_still_is_asked_for_in_the_least_size_and_its_own_shape() {
        let seedream = model("seedream");
        let [least, most] = seedream.pixels.unwrap();
        for still in [[64, 64], [720, 900], [1920, 1080], [3000, 2000], [9000, 6000]] {
            let [width, height] = seedream.size_for(still);
            let pixels = u64::from(width) * u64::from(height);
            assert!((least..=most).contains(&pixels), "{still:?}: {width}x{height}");
            let shape = |[w, h]: [u32; 2]| f64::from(w) / f64::from(h);
            assert!((shape([width, height]) / shape(still) - 1.0).abs() < 0.005, "{still:?}: {width}x{height}");
        }
        assert_eq!(seedream.size_for([3000, 2000]), [3000, 2000], "nothing is changed without need");
    }

    #[test]
    fn a_shape_is_named_only_where_the_model_has_it() {
        let gemini = model("gemini-image");
        assert_eq!(nearest_ratio(&gemini, [720, 900]).as_deref(), Some("4:5"));
        assert_eq!(nearest_ratio(&gemini, [1000, 700]), None);
    }

    #[test]
    fn stills_are_read_from_any_wrapping() {
        let bytes = |text: &str| match sent(text) {
            Ok(Sent::Bytes(bytes)) => bytes,
            other => panic!("{text}: {other:?}"),
        };
        for text in ["-_8=", "+/8=", "+/8", "-_8", "data:image/png;base64,+/8=", "+/\n8="] {
            assert_eq!(bytes(text), [0xfb, 0xff], "{text}");
        }
        assert_eq!(sent("https://x.example/a?sig=1"), Ok(Sent::Link("https://x.example/a?sig=1".into())));
        assert!(!format!("{:?}", sent("https://x.example/a?sig=1")).contains("sig"));
        assert_eq!(sent("not a picture").unwrap_err().class, FaultClass::ProviderError);
    }
}
