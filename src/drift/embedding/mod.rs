//! What a picture shows, as a vector that a small trained network makes of it: *is it the subject at all?*
//!
//! The trunk of `MobileNetV2` (Sandler, Howard, Zhu, Zhmoginov and Chen 2018), trained on `ImageNet`; weights of the ONNX Model Zoo's
//! `mobilenetv2-7`, Apache-2.0, packed to bytes by `scripts/pack-mobilenet` (see `NOTICE.md` beside this file). It is blind to
//! millimetres and sure of kinds: it tells a pig from another pig where every pixel has moved. Without the feature `embedding` there
//! is none, and the score says so.

mod kind;
mod layer;
mod mix;
mod network;
#[cfg(feature = "onnx")]
mod onnx;
mod spatial;
mod whole;

use crate::frame::{Picture, Plane, Size, pyramid};
pub(in crate::drift) use kind::odds_of_bending;
use layer::Maps;
use network::Network;
use std::path::{Path, PathBuf};

/// Side of the square that the bundled network sees, pixels: no less sure on clips than the 224 that it was trained on, at half the
/// cost.
const SIDE: usize = 160;
/// Mean and spread of the pictures that networks are trained on, red, green, blue, of sRGB values `0..=1` (`ImageNet`).
const USUAL: [(f32, f32); 3] = [(0.485, 0.229), (0.456, 0.224), (0.406, 0.225)];
/// Side of the corners of a picture by which networks are compared, as a share of its own.
const CORNER: f32 = 0.75;
/// What the bundled network takes such corners of a product still to be apart from the whole, 1 - cosine.
const USUAL_CORNER: f32 = 0.05;

/// Makes vectors of pictures.
#[derive(Clone, Debug)]
pub struct Embedder(Source);

#[derive(Clone, Debug)]
enum Source {
    Bundled(Network),
    #[cfg(feature = "onnx")]
    User(onnx::Model),
}

/// A picture's vector, of length 1.
#[derive(Clone, Debug)]
pub struct Embedding(Vec<f32>);

/// Why a network of the user's cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EmbedderError {
    /// Nothing on this machine runs it.
    #[error("no ONNX Runtime could be loaded: {reason}")]
    NoRuntime {
        /// What the loader said.
        reason: String,
    },
    /// It is no network from a picture to a vector.
    #[error("{} cannot look at pictures: {what}", .path.display())]
    Unfit {
        /// The network's file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
}

impl EmbedderError {
    /// A stable word.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoRuntime { .. } => "no-onnx-runtime",
            Self::Unfit { .. } => "unfit-embedder",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::NoRuntime { .. } => {
                "install ONNX Runtime 1.17 or later and set ORT_DYLIB_PATH to its library, or score without --embedder"
            }
            Self::Unfit { .. } => {
                "export it with one input [1, 3, side, side] and a vector, tokens or maps as its output"
            }
        }
        .to_owned()
    }
}

impl Embedder {
    /// The network that the library carries; `None` where it was built without.
    pub fn bundled() -> Option<Self> {
        Network::bundled().map(|network| Self(Source::Bundled(network)))
    }

    /// A network of the user's, an ONNX file such as `DINOv2` or the picture side of CLIP.
    ///
    /// # Errors
    /// When no runtime is there, or the file is no network from one square picture to a vector.
    pub fn load(path: &Path) -> Result<Self, EmbedderError> {
        #[cfg(feature = "onnx")]
        return Ok(Self(Source::User(onnx::Model::load(path)?)));
        #[cfg(not(feature = "onnx"))]
        Err(EmbedderError::Unfit { path: path.to_owned(), what: "built without the feature `onnx`".to_owned() })
    }

    /// The vector of a picture, squeezed into a square: the mean of what the network makes of it and of its mirror image. What it
    /// makes of one alone hangs on which way a subject happens to face.
    ///
    /// # Errors
    /// When a network of the user's fails; the bundled one never does.
    pub fn embed(&self, picture: &Picture) -> Result<Embedding, EmbedderError> {
        let vectors = match &self.0 {
            Source::Bundled(network) => {
                both_ways(picture, SIDE).map(|values| means(&network.maps(&Maps::new(&values, SIDE))))
            }
            #[cfg(feature = "onnx")]
            Source::User(model) => {
                let [one, mirrored] = both_ways(picture, model.side);
                [model.vector(one)?, model.vector(mirrored)?]
            }
        };
        let [one, mirrored] = vectors.map(unit);
        Ok(Embedding(unit(one.into_iter().zip(mirrored).map(|(a, b)| a + b).collect())))
    }

    /// What this network's distances are to be multiplied with to mean what the bundled one's do, by the `still`'s corners.
    ///
    /// # Errors
    /// As [`Embedder::embed`].
    pub(super) fn gauge(&self, still: &Picture) -> Result<f32, EmbedderError> {
        if matches!(self.0, Source::Bundled(_)) {
            return Ok(1.0);
        }
        let usual = Self::bundled().map_or(Ok(USUAL_CORNER), |bundled| bundled.corners_apart(still))?;
        Ok(usual / self.corners_apart(still)?.max(f32::MIN_POSITIVE))
    }

    /// Mean distance of the picture's corners from the whole.
    fn corners_apart(&self, picture: &Picture) -> Result<f32, EmbedderError> {
        let whole = self.embed(picture)?;
        let Size { width, height } = picture.size();
        let cut = |side: usize| ((side as f32 * CORNER) as usize).max(1);
        let (w, h) = (cut(width), cut(height));
        let corners = [(0, 0), (width - w, 0), (0, height - h), (width - w, height - h)];
        let distance = |(left, top)| {
            let corner = picture.rgb.each_ref().map(|plane| Plane::from_fn(w, h, |x, y| plane.at(left + x, top + y)));
            Ok(self.embed(&Picture { rgb: corner })?.distance(&whole))
        };
        Ok(corners.map(distance).into_iter().sum::<Result<f32, _>>()? / 4.0)
    }
}

/// A picture as networks are fed: `[3, side, side]`, each channel by its usual mean and spread.
fn normalised(picture: &Picture, side: usize) -> Vec<f32> {
    let square = pyramid::resize_picture(picture, Size::new(side, side));
    let channel = |(channel, (mean, spread)): (&Plane<f32>, (f32, f32))| {
        channel.data().iter().map(move |v| (v - mean) / spread).collect::<Vec<f32>>()
    };
    square.rgb.iter().zip(USUAL).flat_map(channel).collect()
}

/// What networks are fed of a picture and of its mirror image, left for right.
fn both_ways(picture: &Picture, side: usize) -> [Vec<f32>; 2] {
    let values = normalised(picture, side);
    let mirrored = values.chunks_exact(side).flat_map(|row| row.iter().rev()).copied().collect();
    [values, mirrored]
}

/// The same direction at length 1.
fn unit(vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|v| v * v).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
    vector.into_iter().map(|v| v / length).collect()
}

fn means(maps: &Maps) -> Vec<f32> {
    maps.iter().map(|map| map.iter().sum::<f32>() / map.len() as f32).collect()
}

impl Embedding {
    /// 1 minus the cosine: 0 of the same picture, about 0.1 of another view, 0.3 and more of another subject; `0..=2`.
    pub fn distance(&self, other: &Self) -> f32 {
        (1.0 - self.0.iter().zip(&other.0).map(|(a, b)| a * b).sum::<f32>()).max(0.0)
    }
}

#[cfg(all(test, feature = "embedding"))]
mod tests {
    use super::*;

    /// Ramps in red and green, a chequered blue.
    fn picture() -> Picture {
        let channel = |of: fn(usize, usize) -> f32| Plane::from_fn(SIDE, SIDE, of);
        let last = SIDE as f32 - 1.0;
        let (red, green) = (channel(|x, _| x as f32), channel(|_, y| y as f32));
        let blue = channel(|x, y| ((x / 8 + y / 8) % 2) as f32);
        Picture { rgb: [red.map(|v| v / last), green.map(|v| v / last), blue] }
    }

    #[test]
    fn the_vector_is_that_of_the_original_network() {
        // the largest components that ONNX Runtime 1.32 computes from the unpacked model
        let known =
            [(7, 0.1781), (13, 0.1921), (92, -0.1694), (109, 0.2018), (118, -0.164), (123, -0.1742), (143, 0.16)];
        let network = Network::bundled().expect("the feature is on");
        let vector = unit(means(&network.maps(&Maps::new(&normalised(&picture(), SIDE), SIDE))));
        assert_eq!(vector.len(), 160);
        for (at, value) in known {
            // weights of eight bits cost less than a hundredth
            assert!((vector[at] - value).abs() < 0.01, "component {at}: {} instead of {value}", vector[at]);
        }
    }

    #[test]
    fn which_way_a_picture_faces_is_nothing() {
        let embedder = Embedder::bundled().expect("the feature is on");
        let picture = picture();
        let turned = picture.rgb.each_ref().map(|p| Plane::from_fn(SIDE, SIDE, |x, y| p.at(SIDE - 1 - x, y)));
        let turned = embedder.embed(&Picture { rgb: turned }).unwrap();
        let apart = turned.distance(&embedder.embed(&picture).unwrap());
        assert!(apart < 1e-4, "{apart}");
    }

    #[test]
    fn a_picture_is_itself_and_a_grey_card_is_another() {
        let embedder = Embedder::bundled().expect("the feature is on");
        let shown = embedder.embed(&picture()).unwrap();
        let grey = embedder.embed(&Picture::filled(Size::new(40, 30), [0.5; 3])).unwrap();
        assert!(shown.distance(&shown) < 1e-6);
        // the original says 1.023
        assert!((shown.distance(&grey) - 1.023).abs() < 0.05, "{}", shown.distance(&grey));
    }
}
