//! Which numbers turn YUV into R'G'B': the matrix and the range of a frame.

use crate::frame::Size;
use ffmpeg_next::{
    color::{Range, Space},
    ffi,
    format::Pixel,
};

/// Frames at most this high are taken for BT.601 when the clip states no matrix, higher ones for BT.709: what encoders
/// and players do (ITU-R BT.601 is for 525 and 625 lines, of which 576 are active).
const SD_HEIGHT: usize = 576;

/// A matrix between R'G'B' and YUV.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Matrix {
    /// The frame holds R'G'B' or grey.
    Rgb,
    /// ITU-R BT.601.
    Bt601,
    /// ITU-R BT.709.
    Bt709,
    /// ITU-R BT.2020, non-constant luminance.
    Bt2020,
    /// FCC Title 47 (1953).
    Fcc,
    /// SMPTE 240M.
    Smpte240m,
}

impl Matrix {
    /// What the clip states, or else what its size implies.
    pub(crate) fn stated_or_usual(space: Space, coded: Size, is_rgb: bool) -> Self {
        match space {
            _ if is_rgb => Self::Rgb,
            Space::BT709 => Self::Bt709,
            Space::BT470BG | Space::SMPTE170M => Self::Bt601,
            Space::BT2020NCL | Space::BT2020CL => Self::Bt2020,
            Space::FCC => Self::Fcc,
            Space::SMPTE240M => Self::Smpte240m,
            _ if coded.height.min(coded.width) <= SD_HEIGHT && coded.width.max(coded.height) <= 1024 => Self::Bt601,
            _ => Self::Bt709,
        }
    }

    /// Its short name with the range, marked where the clip did not state it: `bt709/tv`, `bt601?/pc`.
    pub(crate) fn describe(self, is_full: bool, space: Space) -> String {
        let name = match self {
            Self::Rgb => return "rgb/pc".into(),
            Self::Bt601 => "bt601",
            Self::Bt709 => "bt709",
            Self::Bt2020 => "bt2020",
            Self::Fcc => "fcc",
            Self::Smpte240m => "smpte240m",
        };
        let mark = if space == Space::Unspecified { "?" } else { "" };
        format!("{name}{mark}/{}", if is_full { "pc" } else { "tv" })
    }

    /// swscale's table of it.
    pub(crate) fn coefficients(self) -> *const i32 {
        let id = match self {
            Self::Bt601 => ffi::SWS_CS_ITU601,
            Self::Rgb | Self::Bt709 => ffi::SWS_CS_ITU709,
            Self::Bt2020 => ffi::SWS_CS_BT2020,
            Self::Fcc => ffi::SWS_CS_FCC,
            Self::Smpte240m => ffi::SWS_CS_SMPTE240M,
        };
        #[expect(unsafe_code, reason = "swscale has no safe wrapper for its tables")]
        // SAFETY: returns a pointer into a static table for every id.
        unsafe {
            ffi::sws_getCoefficients(id)
        }
    }
}

/// Whether levels run over the whole range (`pc`) and not the studio range (`tv`).
pub(crate) fn is_full_range(pixel: Pixel, range: Range) -> bool {
    is_jpeg(pixel) || is_rgb(pixel) || range == Range::JPEG
}

/// Whether the format is one of JPEG's, which say full range by their name.
pub(crate) fn is_jpeg(pixel: Pixel) -> bool {
    matches!(pixel, Pixel::YUVJ420P | Pixel::YUVJ422P | Pixel::YUVJ444P | Pixel::YUVJ440P | Pixel::YUVJ411P)
}

/// Whether the format holds R'G'B' (packed, planar or with a palette).
pub(crate) fn is_rgb(pixel: Pixel) -> bool {
    has_flag(pixel, ffi::AV_PIX_FMT_FLAG_RGB as u64 | ffi::AV_PIX_FMT_FLAG_PAL as u64)
}

/// Whether the format holds opacity.
pub(crate) fn has_alpha(pixel: Pixel) -> bool {
    has_flag(pixel, ffi::AV_PIX_FMT_FLAG_ALPHA as u64)
}

#[expect(unsafe_code, reason = "the safe wrapper does not show the flags")]
fn has_flag(pixel: Pixel, flags: u64) -> bool {
    // SAFETY: descriptors are static tables.
    pixel.descriptor().is_some_and(|d| unsafe { (*d.as_ptr()).flags } & flags != 0)
}
