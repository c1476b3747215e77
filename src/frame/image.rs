//! Pictures, frames, masks and boxes.

use super::{
    Plane, Time,
    simd::{self, Kernel},
};

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Size {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl Size {
    /// A size of `width` × `height` pixels.
    pub const fn new(width: usize, height: usize) -> Self {
        Self { width, height }
    }

    /// Length of the diagonal in pixels.
    pub fn diagonal(self) -> f64 {
        (self.width as f64).hypot(self.height as f64)
    }

    /// The largest size of the same shape that fits in `longest` pixels on its longer side; never enlarges, sides ≥ 1.
    #[must_use]
    pub fn fit(self, longest: usize) -> Self {
        let long = self.width.max(self.height);
        if long <= longest {
            return self;
        }
        let scaled = |side: usize| ((side as f64 * longest as f64 / long as f64).round() as usize).max(1);
        Self::new(scaled(self.width), scaled(self.height))
    }
}

/// An axis-parallel box in pixels; `x`, `y` is the upper left corner (0-based).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rect {
    /// First column.
    pub x: usize,
    /// First row.
    pub y: usize,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

/// A colour picture: display-referred (gamma-encoded) R'G'B', nominally `0..=1`, BT.709 primaries.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Red, green and blue, all of one size.
    pub rgb: [Plane<f32>; 3],
}

impl Picture {
    /// A picture of one colour.
    pub fn filled(size: Size, rgb: [f32; 3]) -> Self {
        Self { rgb: rgb.map(|v| Plane::filled(size.width, size.height, v)) }
    }

    /// Width and height in pixels.
    pub fn size(&self) -> Size {
        Size::new(self.rgb[0].width(), self.rgb[0].height())
    }

    /// BT.709 luma Y' in 8-bit levels, `0..=255`: the unit in which flow and structure are measured.
    pub fn luma(&self) -> Plane<f32> {
        let size = self.size();
        let mut luma = Plane::unwritten(size.width, size.height);
        simd::run(Luma { picture: self, luma: luma.data_mut() });
        luma
    }

    /// What [`Picture::luma`] would be of interleaved 8-bit R'G'B', row-major, without making the picture.
    ///
    /// # Panics
    /// As [`Picture::from_rgb8`].
    pub fn luma_from_rgb8(size: Size, bytes: &[u8]) -> Plane<f32> {
        let pixels = &bytes.as_chunks::<3>().0[..size.width * size.height];
        let samples = pixels.iter().map(|rgb| luma_of(rgb.map(|level| f32::from(level) / 255.0))).collect();
        Plane::from_vec(size.width, size.height, samples)
    }

    /// From interleaved 8-bit R'G'B', row-major.
    ///
    /// # Panics
    /// If `bytes` is shorter than `3 * width * height`: that is a bug of the caller.
    pub fn from_rgb8(size: Size, bytes: &[u8]) -> Self {
        let pixels = &bytes.as_chunks::<3>().0[..size.width * size.height];
        let channel = |c: usize| {
            let samples = pixels.iter().map(|rgb| f32::from(rgb[c]) / 255.0).collect();
            Plane::from_vec(size.width, size.height, samples)
        };
        Self { rgb: [channel(0), channel(1), channel(2)] }
    }

    /// To interleaved 8-bit R'G'B', row-major, rounded and clamped.
    pub fn to_rgb8(&self) -> Vec<u8> {
        let [r, g, b] = &self.rgb;
        let level = |v: f32| (v * 255.0).round().clamp(0.0, 255.0) as u8;
        r.data().iter().zip(g.data()).zip(b.data()).flat_map(|((&r, &g), &b)| [level(r), level(g), level(b)]).collect()
    }
}

/// The luma of a picture, sample by sample.
struct Luma<'a> {
    picture: &'a Picture,
    luma: &'a mut [f32],
}

impl Kernel for Luma<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let [r, g, b] = &self.picture.rgb;
        let colours = r.data().iter().zip(g.data()).zip(b.data());
        for (y, ((&r, &g), &b)) in self.luma.iter_mut().zip(colours) {
            *y = luma_of([r, g, b]);
        }
    }
}

/// BT.709 luma in 8-bit levels of R'G'B' `0..=1`.
#[inline]
fn luma_of([r, g, b]: [f32; 3]) -> f32 {
    255.0 * (0.2126 * r + 0.7152 * g + 0.0722 * b)
}

/// How much each pixel belongs to a region, `0..=1`.
pub type Mask = Plane<f32>;

/// A decoded frame of a clip: moved along the pipeline, not cloned.
#[derive(Clone, Debug)]
pub struct Frame {
    /// 0-based position in presentation order, without holes.
    pub index: usize,
    /// Presentation time, the first frame at 0.
    pub time: Time,
    /// Its pixels.
    pub picture: Picture,
}

/// The still that a clip was made from.
#[derive(Clone, Debug)]
pub struct Seed {
    /// Pixels; where the still is transparent they are blended over mid-grey.
    pub picture: Picture,
    /// Opacity, when the still has an alpha channel with any transparency in it.
    pub alpha: Option<Mask>,
    /// Where it was read from.
    pub path: String,
    /// BLAKE3 of the file, hexadecimal.
    pub blake3: String,
    /// Size of the file's picture, before it was limited to what is worth measuring.
    pub original: Size,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn luma_of_bytes_is_the_luma_of_their_picture() {
        let bytes: Vec<u8> = (0..5 * 3 * 3).map(|i| (i * 37 % 256) as u8).collect();
        let size = Size::new(5, 3);
        assert_eq!(Picture::luma_from_rgb8(size, &bytes), Picture::from_rgb8(size, &bytes).luma());
    }
}
