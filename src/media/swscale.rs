//! swscale with everything said: sizes, formats, matrix, range and the place of chroma samples. Nothing is guessed.

use super::matrix::{self, Matrix};
use crate::frame::Size;
use ffmpeg_next::{self as ffmpeg, chroma::Location, ffi, format::Pixel, frame::Video};
use std::ptr::NonNull;

/// How the pixels of a frame are laid out and what their numbers mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Layout {
    pub(crate) pixel: Pixel,
    pub(crate) size: Size,
    pub(crate) matrix: Matrix,
    pub(crate) is_full: bool,
    pub(crate) chroma: Location,
}

impl Layout {
    /// Of a decoded frame.
    pub(crate) fn of(frame: &Video) -> Self {
        let (pixel, size) = (frame.format(), Size::new(frame.width() as usize, frame.height() as usize));
        Self {
            pixel,
            size,
            matrix: Matrix::stated_or_usual(frame.color_space(), size, matrix::is_rgb(pixel)),
            is_full: matrix::is_full_range(pixel, frame.color_range()),
            chroma: frame.chroma_location(),
        }
    }

    /// Planar 32-bit float R'G'B', with opacity if `has_alpha`: the layout of a picture.
    pub(crate) fn picture(size: Size, has_alpha: bool) -> Self {
        let pixel = if has_alpha { Pixel::GBRAPF32LE } else { Pixel::GBRPF32LE };
        Self { pixel, size, matrix: Matrix::Rgb, is_full: true, chroma: Location::Unspecified }
    }

    /// Where the first chroma sample lies, in swscale's unit of 1/256 luma pixel from the first luma sample; `None`
    /// where chroma is not subsampled in that direction.
    fn chroma_position(&self) -> (Option<i64>, Option<i64>) {
        let (across, down) = self.pixel.descriptor().map_or((0, 0), |d| (d.log2_chroma_w(), d.log2_chroma_h()));
        let usual = if matrix::is_jpeg(self.pixel) { Location::Center } else { Location::Left };
        let stated = if self.chroma == Location::Unspecified { usual } else { self.chroma };
        let horizontal = match stated {
            Location::Center | Location::Top | Location::Bottom => 128,
            _ => 0,
        };
        let vertical = match stated {
            Location::TopLeft | Location::Top => 0,
            Location::BottomLeft | Location::Bottom => 256,
            _ => 128,
        };
        ((across == 1).then_some(horizontal), (down == 1).then_some(vertical))
    }
}

/// Tables that turn frames of one layout into another.
pub(crate) struct Swscale {
    context: NonNull<ffi::SwsContext>,
    from: Layout,
    to: Layout,
    /// What the last frame was converted into, to be used again.
    last: Option<Video>,
}

impl Swscale {
    /// Prepares the tables. Shrinks by area, enlarges by bicubic interpolation.
    pub(crate) fn new(from: Layout, to: Layout) -> Result<Self, ffmpeg::Error> {
        let swscale = Self { context: alloc()?, from, to, last: None };
        let shrinks = to.size.width < from.size.width || to.size.height < from.size.height;
        let kernel = if shrinks { ffi::SWS_AREA } else { ffi::SWS_BICUBIC };
        let exact = ffi::SWS_ACCURATE_RND | ffi::SWS_FULL_CHR_H_INT | ffi::SWS_FULL_CHR_H_INP | ffi::SWS_BITEXACT;
        swscale.set(c"sws_flags", i64::from(kernel | exact))?;
        swscale
            .set_layout([c"srcw", c"srch", c"src_format", c"src_range", c"src_h_chr_pos", c"src_v_chr_pos"], &from)?;
        swscale.set_layout([c"dstw", c"dsth", c"dst_format", c"dst_range", c"dst_h_chr_pos", c"dst_v_chr_pos"], &to)?;
        swscale.prepare()?;
        Ok(swscale)
    }

    /// Whether the tables are for this pair of layouts.
    pub(crate) fn is_for(&self, from: &Layout, to: &Layout) -> bool {
        self.from == *from && self.to == *to
    }

    /// Converts one frame into the memory of the one before.
    pub(crate) fn run_again(&mut self, from: &Video) -> Result<&Video, ffmpeg::Error> {
        let to = self.last.take().unwrap_or_else(|| self.target());
        let made = self.run_into(from, to)?;
        Ok(self.last.insert(made))
    }

    /// Converts one frame.
    pub(crate) fn run(&mut self, from: &Video) -> Result<Video, ffmpeg::Error> {
        let to = self.target();
        self.run_into(from, to)
    }

    fn target(&self) -> Video {
        Video::new(self.to.pixel, self.to.size.width as u32, self.to.size.height as u32)
    }

    /// Converts one frame into another, which is [`Self::target`]'s.
    #[expect(unsafe_code, reason = "swscale is C")]
    fn run_into(&mut self, from: &Video, mut to: Video) -> Result<Video, ffmpeg::Error> {
        if Layout::of(from).size != self.from.size || from.format() != self.from.pixel || to.planes() == 0 {
            return Err(ffmpeg::Error::InputChanged);
        }
        // SAFETY: both frames have the formats and sizes that the tables were made for, as just checked; their data and
        // stride arrays have the 4 entries that swscale reads.
        let rows = unsafe {
            let (source, target) = (&*from.as_ptr(), &*to.as_mut_ptr());
            ffi::sws_scale(
                self.context.as_ptr(),
                source.data.as_ptr().cast(),
                source.linesize.as_ptr(),
                0,
                source.height,
                target.data.as_ptr(),
                target.linesize.as_ptr(),
            )
        };
        if rows < 0 { Err(rows.into()) } else { Ok(to) }
    }

    fn set_layout(&self, names: [&std::ffi::CStr; 6], layout: &Layout) -> Result<(), ffmpeg::Error> {
        let format: ffi::AVPixelFormat = layout.pixel.into();
        let (horizontal, vertical) = layout.chroma_position();
        let [width, height, pixel, range, across, down] = names;
        self.set(width, layout.size.width as i64)?;
        self.set(height, layout.size.height as i64)?;
        self.set(pixel, format as i64)?;
        self.set(range, i64::from(layout.is_full))?;
        horizontal.map_or(Ok(()), |at| self.set(across, at))?;
        vertical.map_or(Ok(()), |at| self.set(down, at))
    }

    #[expect(unsafe_code, reason = "swscale is C")]
    fn set(&self, name: &std::ffi::CStr, value: i64) -> Result<(), ffmpeg::Error> {
        // SAFETY: an allocated SwsContext begins with its AVClass, as options need; the name is a C string.
        let set = unsafe { ffi::av_opt_set_int(self.context.as_ptr().cast(), name.as_ptr(), value, 0) };
        if set < 0 { Err(set.into()) } else { Ok(()) }
    }

    #[expect(unsafe_code, reason = "swscale is C")]
    fn prepare(&self) -> Result<(), ffmpeg::Error> {
        /// Contrast and saturation of 1 in 16.16 fixed point.
        const ONE: i32 = 1 << 16;
        let (from, to) = (self.from.matrix.coefficients(), self.to.matrix.coefficients());
        let full = |layout: &Layout| i32::from(layout.is_full);
        // SAFETY: the context is allocated and its options are set; the tables are static.
        let ready = unsafe { ffi::sws_init_context(self.context.as_ptr(), std::ptr::null_mut(), std::ptr::null_mut()) };
        if ready < 0 {
            return Err(ready.into());
        }
        // swscale refuses this between two R'G'B' layouts, where there is nothing to set
        // SAFETY: as above.
        unsafe {
            let context = self.context.as_ptr();
            ffi::sws_setColorspaceDetails(context, from, full(&self.from), to, full(&self.to), 0, ONE, ONE);
        }
        Ok(())
    }
}

impl Drop for Swscale {
    #[expect(unsafe_code, reason = "swscale is C")]
    fn drop(&mut self) {
        // SAFETY: allocated by `alloc`, freed once.
        unsafe { ffi::sws_freeContext(self.context.as_ptr()) }
    }
}

#[expect(unsafe_code, reason = "swscale is C")]
fn alloc() -> Result<NonNull<ffi::SwsContext>, ffmpeg::Error> {
    // SAFETY: allocates or returns null.
    NonNull::new(unsafe { ffi::sws_alloc_context() }).ok_or(ffmpeg::Error::Other { errno: ffmpeg::error::ENOMEM })
}
