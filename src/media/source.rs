//! Opening a clip so that it can read nothing but itself.

use super::{Error, fingerprint};
use crate::frame::Size;
use ffmpeg_next::{self as ffmpeg, Dictionary, ffi, format::context::Input};
use std::{
    ffi::{CString, OsStr},
    os::unix::ffi::OsStrExt,
    path::Path,
    ptr,
    sync::Once,
};

/// FFmpeg demuxers that may run: containers that hold their own samples. Absent on purpose: `concat`, `hls`, `dash`,
/// `rtsp`, `sdp`, `imf`, `image2` globs over pipes … — every demuxer that opens what its text names.
const DEMUXERS: &str = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,gif,apng,image2,png_pipe,jpeg_pipe,webp_pipe,\
                        bmp_pipe,tiff_pipe,mpegts,mpeg,mpegvideo,flv,ogg,asf,ivf,obu,h264,hevc,m4v,mjpeg,mxf,nut,\
                        yuv4mpegpipe,dv,wav,mp3,flac,aac";

/// The only FFmpeg protocol that may run.
const PROTOCOLS: &str = "file";

/// Pixels of one frame that are still decoded: 8K video is 33 million.
pub(crate) const MAX_FRAME_PIXELS: u64 = 100_000_000;

/// Initialises FFmpeg once; its own log stays silent, for errors are reported by ours.
pub(crate) fn init() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        ffmpeg::log::set_level(ffmpeg::log::Level::Quiet);
        if let Err(error) = ffmpeg::init() {
            tracing::warn!(%error, "FFmpeg did not initialise");
        }
    });
}

/// Opens the container at `path`; `path` may be an image-sequence pattern such as `frames/%04d.png`.
pub(crate) fn open(path: &Path) -> Result<Input, Error> {
    init();
    if !is_pattern(path.as_os_str()) {
        let about = std::fs::metadata(path).map_err(|e| Error::reading(path, e))?;
        if about.is_dir() {
            return Err(not_a_clip(path, "it is a folder"));
        }
        if !about.is_file() {
            return Err(not_a_clip(path, "it is no regular file"));
        }
        if about.len() == 0 {
            return Err(not_a_clip(path, "it is empty"));
        }
        std::fs::File::open(path).map_err(|e| Error::reading(path, e))?;
    }
    check_still_size(&fingerprint::first_file(path))?;
    let mut options = Dictionary::new();
    options.set("protocol_whitelist", PROTOCOLS);
    options.set("format_whitelist", DEMUXERS);
    // tracks of a MOV whose samples lie in other files
    options.set("enable_drefs", "0");
    open_with(path, options).map_err(|error| explain(path, error))
}

/// FFmpeg decodes the first picture to learn about a clip: where the clip is a still, its header is read before.
fn check_still_size(path: &Path) -> Result<(), Error> {
    let reader = image::ImageReader::open(path).and_then(image::ImageReader::with_guessed_format);
    let Some((width, height)) = reader.ok().and_then(|reader| reader.into_dimensions().ok()) else { return Ok(()) };
    check_size(path, Size::new(width as usize, height as usize))
}

/// Refuses sizes that would not fit in memory.
pub(crate) fn check_size(path: &Path, size: Size) -> Result<(), Error> {
    let (width, height) = (size.width as u64, size.height as u64);
    if width.saturating_mul(height) <= MAX_FRAME_PIXELS {
        return Ok(());
    }
    let limit = format!("{} megapixels", MAX_FRAME_PIXELS / 1_000_000);
    Err(Error::TooLarge { path: path.into(), width, height, limit })
}

/// Whether the name is a pattern of numbered pictures: `%d` or `%04d` and no such file.
pub(crate) fn is_pattern(name: &OsStr) -> bool {
    let bytes = name.as_bytes();
    let numbered = bytes.iter().enumerate().any(|(i, &b)| {
        b == b'%' && bytes[i + 1..].iter().find(|b| !b.is_ascii_digit()).is_some_and(|&conversion| conversion == b'd')
    });
    numbered && !Path::new(name).exists()
}

/// The URL under which FFmpeg opens exactly this local file, whatever characters its name has.
pub(crate) fn file_url(path: &Path) -> Result<CString, Error> {
    let mut url = b"file:".to_vec();
    url.extend_from_slice(path.as_os_str().as_bytes());
    CString::new(url).map_err(|_| Error::NotFound { path: path.into() })
}

#[expect(unsafe_code, reason = "the safe wrapper panics on paths that are not UTF-8")]
fn open_with(path: &Path, options: Dictionary) -> Result<Input, ffmpeg::Error> {
    let url = file_url(path).map_err(|_| ffmpeg::Error::InvalidData)?;
    // SAFETY: `url` outlives the call; `options` is given up to FFmpeg and taken back; on failure FFmpeg frees the
    // context itself (open) or we close it (stream info); on success `Input` owns it.
    unsafe {
        let mut context = ptr::null_mut();
        let mut options = options.disown();
        let opened = ffi::avformat_open_input(&raw mut context, url.as_ptr(), ptr::null(), &raw mut options);
        drop(Dictionary::own(options));
        if opened < 0 {
            return Err(opened.into());
        }
        let found = ffi::avformat_find_stream_info(context, ptr::null_mut());
        if found < 0 {
            ffi::avformat_close_input(&raw mut context);
            return Err(found.into());
        }
        Ok(Input::wrap(context))
    }
}

fn explain(path: &Path, error: ffmpeg::Error) -> Error {
    match error {
        ffmpeg::Error::InvalidData if is_cut_mp4(path) => Error::Truncated { path: path.into() },
        ffmpeg::Error::InvalidData => not_a_clip(path, "its content is no known video format"),
        ffmpeg::Error::Other { errno: ffmpeg::error::EINVAL } => not_a_clip(path, "its format is not one that is read"),
        ffmpeg::Error::Other { errno: ffmpeg::error::ENOENT } => Error::NotFound { path: path.into() },
        ffmpeg::Error::Other { errno } => {
            Error::Unreadable { path: path.into(), source: std::io::Error::from_raw_os_error(errno) }
        }
        other => not_a_clip(path, &other.to_string()),
    }
}

fn not_a_clip(path: &Path, reason: &str) -> Error {
    Error::NotMedia { path: path.into(), wanted: "a clip", reason: reason.into() }
}

/// Whether the file begins as MP4/MOV (`ftyp`, ISO/IEC 14496-12 §4.3): if FFmpeg then finds no index, it was cut.
fn is_cut_mp4(path: &Path) -> bool {
    use std::io::Read;
    let mut head = [0; 8];
    std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut head)).is_ok() && &head[4..] == b"ftyp"
}
