//! Clips and stills in and out of files: the only module that knows FFmpeg.
//!
//! Reading is hardened: only local files, only self-contained containers (see [`Probe`]), only sizes that fit in
//! memory. Colours become display-referred R'G'B' with the matrix and range that the clip states. Writing is H.264 in
//! MP4, first under a temporary name ([`TempOut`]).
//!
//! FFmpeg documentation: <https://ffmpeg.org/doxygen/5.1/>.

mod about;
mod decode;
mod error;
mod fingerprint;
mod matrix;
mod orient;
mod probe;
mod scale;
mod source;
mod still;

pub use about::{About, about};
pub use decode::{Decoder, Ending, Want};
pub use error::Error;
pub use fingerprint::fingerprint;
pub use probe::{Probe, probe};
pub use still::{load_mask, load_picture, load_seed, save_png};
