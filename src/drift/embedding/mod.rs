//! What a picture shows, as a vector that a small trained network makes of it: *is it the subject at all?*
//!
//! The trunk of `MobileNetV2` (Sandler, Howard, Zhu, Zhmoginov and Chen 2018), trained on `ImageNet`; weights of the ONNX Model Zoo's
//! `mobilenetv2-7`, Apache-2.0, packed to bytes by `scripts/pack-mobilenet` (see `NOTICE.md` beside this file). It is blind to
//! millimetres and sure of kinds: it tells a pig from another pig where every pixel has moved. Without the feature `embedding` there
//! is none, and the score says so.

mod layer;
mod network;

use crate::frame::{Picture, Plane, Size, pyramid};
use layer::Maps;
use network::Network;

/// Side of the square that the network sees, pixels: no less sure on clips than the 224 that it was trained on, at half the cost.
const SIDE: usize = 160;
/// Mean and spread of the pictures that it was trained on, red, green, blue, of sRGB values `0..=1`.
const USUAL: [(f32, f32); 3] = [(0.485, 0.229), (0.456, 0.224), (0.406, 0.225)];

/// Makes vectors of pictures.
#[derive(Clone, Debug)]
pub struct Embedder(Network);

/// A picture's vector, of length 1.
#[derive(Clone, Debug)]
pub struct Embedding(Vec<f32>);

impl Embedder {
    /// The network that the library carries; `None` where it was built without.
    pub fn bundled() -> Option<Self> {
        Network::bundled().map(Self)
    }

    /// The vector of a picture, squeezed into a square.
    pub fn embed(&self, picture: &Picture) -> Embedding {
        let square = pyramid::resize_picture(picture, Size::new(SIDE, SIDE));
        let normalised = |(channel, (mean, spread)): (&Plane<f32>, (f32, f32))| {
            channel.data().iter().map(move |v| (v - mean) / spread).collect::<Vec<f32>>()
        };
        let values = square.rgb.iter().zip(USUAL).flat_map(normalised).collect();
        Embedding::of(&self.0.maps(&Maps { values, side: SIDE }))
    }
}

impl Embedding {
    fn of(maps: &Maps) -> Self {
        let area = maps.side * maps.side;
        let means: Vec<f32> = maps.values.chunks(area).map(|map| map.iter().sum::<f32>() / area as f32).collect();
        let length = means.iter().map(|m| m * m).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        Self(means.into_iter().map(|m| m / length).collect())
    }

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
        let Embedding(vector) = Embedder::bundled().expect("the feature is on").embed(&picture());
        assert_eq!(vector.len(), 160);
        for (at, value) in known {
            // weights of eight bits cost less than a hundredth
            assert!((vector[at] - value).abs() < 0.01, "component {at}: {} instead of {value}", vector[at]);
        }
    }

    #[test]
    fn a_picture_is_itself_and_a_grey_card_is_another() {
        let embedder = Embedder::bundled().expect("the feature is on");
        let (shown, grey) = (embedder.embed(&picture()), embedder.embed(&Picture::filled(Size::new(40, 30), [0.5; 3])));
        assert!(shown.distance(&shown) < 1e-6);
        // the original says 1.023
        assert!((shown.distance(&grey) - 1.023).abs() < 0.05, "{}", shown.distance(&grey));
    }
}
