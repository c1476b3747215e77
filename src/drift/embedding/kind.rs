//! Of what kind is what a still shows: something that bends by nature (an animal, a person, a plant, fire, water), or a thing that
//! keeps its shape?
//!
//! The rest of `MobileNetV2`, from the trunk to the thousand classes of `ImageNet` (Russakovsky et al. 2015), looks at the still and at its
//! mirror image.

use super::{
    both_ways,
    layer::{Maps, Weights},
    mix::Mix,
    network::{Network, unpack},
    spatial::mixed_and_seen,
};
use crate::frame::Picture;
use std::ops::Range;

/// Written by `scripts/pack-mobilenet`, as the trunk is.
#[cfg(feature = "embedding")]
const PACKED: Option<&[u8]> = Some(include_bytes!("mobilenetv2-head.bin"));
#[cfg(not(feature = "embedding"))]
const PACKED: Option<&[u8]> = None;
/// Maps that the trunk gives, that the last bottleneck has inside and makes, and that the last layer makes.
const CHANNELS: [usize; 4] = [160, 960, 320, 1280];
/// Classes of `ImageNet`, in its order.
const CLASSES: usize = 1000;
/// Those of them that bend, flow or burn: animals; a candle; shores, mountains and springs; people; flowers, fruit and fungi.
const BENDING: [Range<usize>; 3] = [0..398, 470..471, 970..999];
/// Side of the square that the network sees, pixels: the one that it was trained on.
const SIDE: usize = 224;

/// How sure it is that `picture` shows something that bends by nature, `0..=1`, as it is and mirrored in the mean; `None` where the library
/// has no network.
pub(in crate::drift) fn odds_of_bending(picture: &Picture) -> Option<f32> {
    let (trunk, head) = (Network::bundled()?, Head::bundled()?);
    let odds = both_ways(picture, SIDE).map(|values| bending(&head.logits(&trunk.maps(&Maps::new(&values, SIDE)))));
    Some(odds.iter().sum::<f32>() / 2.0)
}

/// Odds of the classes that bend, by their softmax.
fn bending(logits: &[f32]) -> f32 {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let odds: Vec<f32> = logits.iter().map(|logit| (logit - most).exp()).collect();
    BENDING.into_iter().flat_map(|classes| &odds[classes]).sum::<f32>() / odds.iter().sum::<f32>()
}

/// What follows the trunk.
struct Head {
    widen: Mix,
    look: Weights,
    narrow: Mix,
    last: Mix,
    /// What each class makes of the last layer's means.
    classes: Vec<f32>,
}

impl Head {
    fn bundled() -> Option<Self> {
        let mut packed = PACKED?;
        let [seen, inside, made, last] = CHANNELS;
        let head = Self {
            widen: unpack(&mut packed, inside, seen).mix(),
            look: unpack(&mut packed, inside, 9).spatial(),
            narrow: unpack(&mut packed, made, inside).mix(),
            last: unpack(&mut packed, last, made).mix(),
            classes: unpack(&mut packed, CLASSES, last).spatial().taps,
        };
        debug_assert!(packed.is_empty(), "every layer is named");
        Some(head)
    }

    /// What the trunk's maps say for each class.
    fn logits(&self, maps: &Maps) -> Vec<f32> {
        let mut memory = Vec::new();
        let looked = mixed_and_seen(&self.widen, &self.look, 1, maps, &mut memory);
        let narrowed = self.narrow.of(&looked, &mut memory);
        let last = self.last.of(&narrowed, &mut memory);
        let mean = |map: &[f32]| map.iter().map(|v| v.max(0.0)).sum::<f32>() / map.len() as f32;
        let means: Vec<f32> = last.iter().map(mean).collect();
        let weighted = |weights: &[f32]| weights.iter().zip(&means).map(|(w, m)| w * m).sum();
        self.classes.chunks_exact(means.len()).map(weighted).collect()
    }
}

#[cfg(all(test, feature = "embedding"))]
mod tests {
    use super::{super::normalised, *};
    use crate::{
        frame::{Plane, Size},
        media,
    };
    use std::path::Path;

    #[test]
    fn the_classes_are_those_of_the_original_network() {
        // ramps in red and green, a chequered blue
        let last = SIDE as f32 - 1.0;
        let channel = |of: fn(usize, usize) -> f32| Plane::from_fn(SIDE, SIDE, of);
        let (red, green) = (channel(|x, _| x as f32).map(|v| v / last), channel(|_, y| y as f32).map(|v| v / last));
        let blue = channel(|x, y| ((x / 8 + y / 8) % 2) as f32);
        let maps = Maps::new(&normalised(&Picture { rgb: [red, green, blue] }, SIDE), SIDE);
        let logits = Head::bundled().unwrap().logits(&Network::bundled().unwrap().maps(&maps));
        assert_eq!(logits.len(), CLASSES);
        // the largest and the least that ONNX Runtime 1.32 computes from the unpacked model
        for (class, known) in [(868, 9.767), (782, 8.887), (828, 8.835), (301, 8.583), (632, 8.391), (140, -9.877)] {
            assert!((logits[class] - known).abs() < 0.6, "class {class}: {} instead of {known}", logits[class]);
        }
    }

    #[test]
    fn products_keep_their_shape() {
        for still in ["bottle", "box", "can"] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/stills/{still}.png"));
            let picture = media::load_seed(&path).unwrap().picture;
            let odds = odds_of_bending(&picture).unwrap();
            assert!(odds < 0.05, "{still}: {odds}");
        }
        assert!(odds_of_bending(&Picture::filled(Size::new(40, 30), [0.5; 3])).unwrap() < 0.5);
    }
}
