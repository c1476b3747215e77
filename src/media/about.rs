//! Which FFmpeg this is and what it can do: for people who look for a fault.

use ffmpeg_next::{codec, ffi};

/// The FFmpeg that the process runs with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Its own version, e.g. `5.1.9`.
    pub version: String,
    /// Names of the codecs that were asked for and whether each is there.
    pub codecs: Vec<(&'static str, bool)>,
}

/// Decoders of what image-to-video models deliver.
const DECODERS: [&str; 7] = ["h264", "hevc", "av1", "vp9", "prores", "gif", "png"];

/// Asks FFmpeg about itself; `encoders` are the encoders of interest.
pub fn about(encoders: &[&'static str]) -> About {
    super::source::init();
    let decoders = DECODERS.iter().map(|&name| (name, codec::decoder::find_by_name(name).is_some()));
    let encoders = encoders.iter().map(|&name| (name, codec::encoder::find_by_name(name).is_some()));
    About { version: version(), codecs: decoders.chain(encoders).collect() }
}

/// The release name of the libraries that are loaded, which may be newer than those the build saw.
#[expect(unsafe_code, reason = "the safe wrapper lacks av_version_info")]
fn version() -> String {
    // SAFETY: FFmpeg returns a static, NUL-terminated string.
    let text = unsafe { std::ffi::CStr::from_ptr(ffi::av_version_info()) };
    text.to_string_lossy().into_owned()
}
