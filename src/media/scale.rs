//! Between frames of a codec and [`Picture`]s: size, R'G'B' and the right way up.

use super::{
    matrix::has_alpha,
    orient::Orientation,
    swscale::{Layout, Swscale},
};
use crate::frame::{Picture, Plane, Size};
use ffmpeg_next::{self as ffmpeg, frame::Video};

/// What transparent frames and stills are blended over: mid-grey, so that neither black nor white products vanish.
pub(crate) const BACKDROP: f32 = 0.5;

/// Turns decoded frames into pictures; keeps the tables for as long as the frames stay of one layout.
pub(crate) struct Scaler {
    upright: Size,
    orientation: Orientation,
    tables: Option<Swscale>,
}

impl Scaler {
    /// Pictures will be `upright` in size after `orientation` is applied.
    pub(crate) fn new(upright: Size, orientation: Orientation) -> Self {
        Self { upright, orientation, tables: None }
    }

    /// The upright R'G'B' picture of a decoded frame.
    pub(crate) fn picture(&mut self, frame: &Video) -> Result<Picture, ffmpeg::Error> {
        let from = Layout::of(frame);
        let to = Layout::picture(self.orientation.turned(self.upright), has_alpha(from.pixel));
        let scaled = tables_for(&mut self.tables, from, to)?.run_again(frame)?;
        let [g, b, r] = [0, 1, 2].map(|index| plane_from(scaled, index, to.size));
        let mut picture = Picture { rgb: [r, g, b] };
        if has_alpha(from.pixel) {
            blend(&mut picture, &plane_from(scaled, 3, to.size));
        }
        Ok(Picture { rgb: picture.rgb.map(|plane| self.orientation.upright(plane)) })
    }
}

/// Turns upright pictures into frames for an encoder: the inverse of [`Scaler`].
pub(crate) struct Painter {
    orientation: Orientation,
    to: Layout,
    tables: Option<Swscale>,
}

impl Painter {
    /// Frames will be of layout `to`, stored in `orientation`.
    pub(crate) fn new(to: Layout, orientation: Orientation) -> Self {
        Self { orientation, to, tables: None }
    }

    /// The frame of an upright picture of any size.
    pub(crate) fn frame(&mut self, picture: &Picture) -> Result<Video, ffmpeg::Error> {
        let stored = picture.rgb.clone().map(|plane| self.orientation.stored(plane));
        let from = Layout::picture(self.orientation.turned(picture.size()), false);
        let mut frame = Video::new(from.pixel, from.size.width as u32, from.size.height as u32);
        if frame.planes() == 0 {
            return Err(ffmpeg::Error::Other { errno: ffmpeg::error::ENOMEM });
        }
        let [r, g, b] = &stored;
        for (index, plane) in [g, b, r].into_iter().enumerate() {
            plane_into(&mut frame, index, plane);
        }
        convert(&mut self.tables, &frame, from, self.to)
    }

    /// A decoded frame in the encoder's layout, when it has another.
    pub(crate) fn adapt(&mut self, frame: &Video) -> Result<Option<Video>, ffmpeg::Error> {
        let from = Layout::of(frame);
        if from.pixel == self.to.pixel && from.size == self.to.size && from.is_full == self.to.is_full {
            return Ok(None);
        }
        convert(&mut self.tables, frame, from, self.to).map(Some)
    }
}

fn convert(tables: &mut Option<Swscale>, frame: &Video, from: Layout, to: Layout) -> Result<Video, ffmpeg::Error> {
    tables_for(tables, from, to)?.run(frame)
}

/// The tables, made anew where those that are there are for others.
fn tables_for(tables: &mut Option<Swscale>, from: Layout, to: Layout) -> Result<&mut Swscale, ffmpeg::Error> {
    if !tables.as_ref().is_some_and(|tables| tables.is_for(&from, &to)) {
        *tables = Some(Swscale::new(from, to)?);
    }
    tables.as_mut().ok_or(ffmpeg::Error::Bug)
}

/// Blends the picture over the backdrop by its opacity, `0..=1`.
pub(crate) fn blend(picture: &mut Picture, alpha: &Plane<f32>) {
    for channel in &mut picture.rgb {
        for (value, &alpha) in channel.data_mut().iter_mut().zip(alpha.data()) {
            *value = BACKDROP + (*value - BACKDROP) * alpha;
        }
    }
}

fn plane_from(frame: &Video, index: usize, size: Size) -> Plane<f32> {
    let mut plane = Plane::unwritten(size.width, size.height);
    for (y, row) in frame.data(index).chunks(frame.stride(index)).take(size.height).enumerate() {
        for (value, bytes) in plane.row_mut(y).iter_mut().zip(row.as_chunks::<4>().0) {
            *value = f32::from_le_bytes(*bytes);
        }
    }
    plane
}

/// Clamps to `0..=1`, for swscale does not check.
fn plane_into(frame: &mut Video, index: usize, plane: &Plane<f32>) {
    let stride = frame.stride(index);
    for (y, row) in frame.data_mut(index).chunks_mut(stride).take(plane.height()).enumerate() {
        for (bytes, &value) in row.as_chunks_mut::<4>().0.iter_mut().zip(plane.row(y)) {
            *bytes = if value.is_nan() { 0.0 } else { value.clamp(0.0, 1.0) }.to_le_bytes();
        }
    }
}
