//! Clips and stills in and out of files: the only module that knows FFmpeg.
//!
//! ```text
//! file ─► source ─► reading ─► scale ─► Picture ─► painter ─► h264 ─► sink ─► file
//!         hardened  packets,   swscale,            scale's    libx264 MP4,
//!         open      frames     upright             inverse            faststart
//! ```
//!
//! Reading is hardened: only local files, only containers that hold their own samples, only sizes that fit in memory.
//! Colours become display-referred R'G'B' with the matrix and range that the clip states; primaries and transfer are
//! kept as they are. Writing goes to a temporary name first ([`TempOut`]).
//!
//! FFmpeg documentation: <https://ffmpeg.org/doxygen/5.1/>.

mod about;
mod animation;
mod carry;
mod clock;
mod decode;
mod encode;
mod error;
mod fingerprint;
mod h264;
mod matrix;
mod orient;
mod probe;
mod reading;
mod rewrite;
mod scale;
mod sink;
mod source;
mod span;
mod still;
mod swscale;
mod temp;

pub use about::{About, about};
pub use decode::{Decoder, Want};
pub use encode::{EncodeSettings, Encoder, FINE_CRF};
pub use error::Error;
pub use fingerprint::fingerprint;
pub use h264::Speed;
pub use probe::{Probe, probe};
pub use reading::Ending;
pub use rewrite::{Replace, RewriteSettings, RewriteStats, Stop, rewrite};
pub use still::{
    as_jpeg, load_luma, load_mask, load_picture, load_plain_file, load_regions, load_seed, make_folder, png_bytes,
    save_cutout, save_png,
};
pub use temp::{TempOut, write_whole};
