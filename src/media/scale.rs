//! From a decoded frame to a [`Picture`]: resize and R'G'B' in one step of swscale, then upright.

use super::{
    matrix::{Matrix, has_alpha, is_full_range, is_rgb},
    orient::Orientation,
};
use crate::frame::{Picture, Plane, Size};
use ffmpeg_next::{
    self as ffmpeg, ffi,
    format::Pixel,
    frame::Video,
    software::scaling::{Context, Flags},
};

/// What transparent frames and stills are blended over: mid-grey, so that neither black nor white products vanish.
pub(crate) const BACKDROP: f32 = 0.5;

/// Turns frames into pictures; keeps the tables for as long as the frames stay of one kind.
pub(crate) struct Scaler {
    upright: Size,
    orientation: Orientation,
    prepared: Option<(Kind, Context)>,
}

/// All that swscale's tables depend on.
#[derive(Clone, Copy, PartialEq)]
struct Kind {
    pixel: Pixel,
    size: Size,
    matrix: Matrix,
    is_full: bool,
}

impl Scaler {
    /// Pictures will be `upright` in size after `orientation` is applied.
    pub(crate) fn new(upright: Size, orientation: Orientation) -> Self {
        Self { upright, orientation, prepared: None }
    }

    /// The upright R'G'B' picture of `frame`.
    pub(crate) fn picture(&mut self, frame: &Video) -> Result<Picture, ffmpeg::Error> {
        let kind = Kind::of(frame);
        let target = self.orientation.turned(self.upright);
        if self.prepared.as_ref().is_none_or(|(prepared, _)| *prepared != kind) {
            self.prepared = Some((kind, kind.tables(target)?));
        }
        let Some((_, tables)) = &mut self.prepared else { return Err(ffmpeg::Error::Bug) };
        let mut scaled = Video::empty();
        tables.run(frame, &mut scaled)?;
        let picture = picture_from_planes(&scaled, target, has_alpha(kind.pixel));
        Ok(Picture { rgb: picture.rgb.map(|plane| self.orientation.upright(plane)) })
    }
}

impl Kind {
    fn of(frame: &Video) -> Self {
        let (pixel, size) = (frame.format(), Size::new(frame.width() as usize, frame.height() as usize));
        let matrix = Matrix::stated_or_usual(frame.color_space(), size, is_rgb(pixel));
        Self { pixel, size, matrix, is_full: is_full_range(pixel, frame.color_range()) }
    }

    #[expect(unsafe_code, reason = "the safe wrapper leaves matrix and range to a guess")]
    fn tables(self, target: Size) -> Result<Context, ffmpeg::Error> {
        let shrinks = target.width < self.size.width || target.height < self.size.height;
        let kernel = if shrinks { Flags::AREA } else { Flags::BICUBIC };
        let flags = kernel | Flags::ACCURATE_RND | Flags::FULL_CHR_H_INT | Flags::FULL_CHR_H_INP;
        let output = if has_alpha(self.pixel) { Pixel::GBRAPF32LE } else { Pixel::GBRPF32LE };
        let side = |v: usize| v as u32;
        let mut context = Context::get(
            self.pixel,
            side(self.size.width),
            side(self.size.height),
            output,
            side(target.width),
            side(target.height),
            flags,
        )?;
        let table = self.matrix.coefficients();
        /// swscale's neutral contrast and saturation: 1 in 16.16 fixed point.
        const ONE: i32 = 1 << 16;
        // SAFETY: the context is alive, the tables are static. It refuses R'G'B' to R'G'B', where nothing is to be set.
        unsafe {
            let full = i32::from(self.is_full);
            ffi::sws_setColorspaceDetails(context.as_mut_ptr(), table, full, table, 1, 0, ONE, ONE);
        }
        Ok(context)
    }
}

/// Planes 0, 1, 2, 3 of FFmpeg's GBR(A) are green, blue, red and opacity.
fn picture_from_planes(scaled: &Video, size: Size, has_alpha: bool) -> Picture {
    let [g, b, r] = [0, 1, 2].map(|index| plane(scaled, index, size));
    let mut picture = Picture { rgb: [r, g, b] };
    if has_alpha {
        blend(&mut picture, &plane(scaled, 3, size));
    }
    picture
}

/// Blends the picture over the backdrop by its opacity, `0..=1`.
pub(crate) fn blend(picture: &mut Picture, alpha: &Plane<f32>) {
    for channel in &mut picture.rgb {
        for (value, &alpha) in channel.data_mut().iter_mut().zip(alpha.data()) {
            *value = BACKDROP + (*value - BACKDROP) * alpha;
        }
    }
}

fn plane(scaled: &Video, index: usize, size: Size) -> Plane<f32> {
    let stride = scaled.stride(index);
    let mut plane = Plane::filled(size.width, size.height, 0.0);
    for (y, row) in scaled.data(index).chunks(stride).take(size.height).enumerate() {
        for (value, bytes) in plane.row_mut(y).iter_mut().zip(row.as_chunks::<4>().0) {
            *value = f32::from_le_bytes(*bytes);
        }
    }
    plane
}
