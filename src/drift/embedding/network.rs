//! The network's shape (Sandler et al. 2018, table 2, up to the last bottleneck of 160 channels) and its weights.

use super::{
    layer::{Maps, Weights},
    mix::Mix,
    spatial::{all_seen, mixed_and_seen},
};

/// Written by `scripts/pack-mobilenet`: for each layer scales, biases and bytes.
#[cfg(feature = "embedding")]
const PACKED: Option<&[u8]> = Some(include_bytes!("mobilenetv2.bin"));
#[cfg(not(feature = "embedding"))]
const PACKED: Option<&[u8]> = None;
/// Channels of a picture, and of the first layer's maps.
const STEM: (usize, usize) = (3, 32);
/// Bottlenecks: channels inside, channels they make, stride. The stage of 64 keeps the finer grid, as these weights were trained.
const BOTTLENECKS: [(usize, usize, usize); 16] = [
    (32, 16, 1),
    (96, 24, 2),
    (144, 24, 1),
    (144, 32, 2),
    (192, 32, 1),
    (192, 32, 1),
    (192, 64, 1),
    (384, 64, 1),
    (384, 64, 1),
    (384, 64, 1),
    (384, 96, 2),
    (576, 96, 1),
    (576, 96, 1),
    (576, 160, 2),
    (960, 160, 1),
    (960, 160, 1),
];

/// Widens, looks around, narrows again.
#[derive(Clone, Debug)]
struct Bottleneck {
    widen: Mix,
    look: Weights,
    narrow: Mix,
    stride: usize,
    /// Whether what comes in is added to what goes out.
    residual: bool,
}

/// The whole trunk.
#[derive(Clone, Debug)]
pub(super) struct Network {
    stem: Weights,
    bottlenecks: Vec<Bottleneck>,
}

impl Network {
    /// Unpacks the weights that are part of the program, if any are.
    pub(super) fn bundled() -> Option<Self> {
        let mut packed = PACKED?;
        let stem = unpack(&mut packed, STEM.1, 9 * STEM.0).spatial();
        let mut channels = STEM.1;
        let mut bottlenecks = Vec::new();
        for (inside, made, stride) in BOTTLENECKS {
            bottlenecks.push(Bottleneck {
                widen: unpack(&mut packed, inside, channels).mix(),
                look: unpack(&mut packed, inside, 9).spatial(),
                narrow: unpack(&mut packed, made, inside).mix(),
                stride,
                residual: stride == 1 && channels == made,
            });
            channels = made;
        }
        debug_assert!(packed.is_empty(), "the table names every layer");
        Some(Self { stem, bottlenecks })
    }

    /// The last layer's maps of a normalised picture.
    pub(super) fn maps(&self, picture: &Maps) -> Maps {
        let (mut maps, mut memory) = (all_seen(picture, &self.stem, 2), Vec::new());
        for bottleneck in &self.bottlenecks {
            let Bottleneck { widen, look, narrow, stride, .. } = bottleneck;
            let looked = mixed_and_seen(widen, look, *stride, &maps, &mut memory);
            let mut made = narrow.of(&looked, &mut memory);
            if bottleneck.residual {
                made.add(&maps);
            }
            maps = made;
        }
        maps
    }
}

/// One layer as it was packed: for each map that it makes what one of its weights stands for, and a bias.
pub(super) struct Packed {
    weights: Vec<i8>,
    scales: Vec<f32>,
    biases: Vec<f32>,
}

impl Packed {
    pub(super) fn mix(self) -> Mix {
        Mix::new(&self.weights, self.scales, self.biases)
    }

    pub(super) fn spatial(self) -> Weights {
        let each = self.weights.len() / self.scales.len();
        let scaled = |(i, &weight): (usize, &i8)| f32::from(weight) * self.scales[i / each];
        Weights { taps: self.weights.iter().enumerate().map(scaled).collect(), biases: self.biases }
    }
}

/// Takes one layer that makes `made` maps with `taps` weights each.
pub(super) fn unpack(packed: &mut &[u8], made: usize, taps: usize) -> Packed {
    let mut floats = || -> Vec<f32> {
        let (bytes, rest) = packed.split_at(4 * made);
        *packed = rest;
        bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
    };
    let (scales, biases) = (floats(), floats());
    let (bytes, rest) = packed.split_at(made * taps);
    *packed = rest;
    Packed { weights: bytes.iter().map(|byte| byte.cast_signed()).collect(), scales, biases }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_every_byte() {
        let mut channels = STEM.1;
        let layer = |made: usize, taps: usize| made * (8 + taps);
        let mut bytes = layer(STEM.1, 9 * STEM.0);
        for (inside, made, _) in BOTTLENECKS {
            bytes += layer(inside, channels) + layer(inside, 9) + layer(made, inside);
            channels = made;
        }
        assert!(PACKED.is_none_or(|packed| packed.len() == bytes), "{bytes}");
    }
}
