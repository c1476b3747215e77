//! What can go wrong with a file of pictures, and what to do about it.

use crate::frame::Size;
use std::{
    io,
    path::{Path, PathBuf},
};

/// Why a clip or still could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nothing is there.
    #[error("{} does not exist", .path.display())]
    NotFound {
        /// The file asked for.
        path: PathBuf,
    },
    /// It is there and may not be read.
    #[error("{} cannot be read", .path.display())]
    Unreadable {
        /// The file asked for.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Its content is no clip or still that is read here.
    #[error("{} is not {wanted}: {reason}", .path.display())]
    NotMedia {
        /// The file asked for.
        path: PathBuf,
        /// What it should have been, with its article.
        wanted: &'static str,
        /// What was found instead.
        reason: String,
    },
    /// It says something of a still's places, and has not the still's shape.
    #[error("{} has {}×{} pixels: another shape than the still's {}×{}", .path.display(), .found.width, .found.height, .still.width, .still.height)]
    OtherShape {
        /// The file asked for.
        path: PathBuf,
        /// Its size, pixels.
        found: Size,
        /// The still's size, pixels.
        still: Size,
    },
    /// It has streams, none of them with pictures.
    #[error("{} holds no video stream", .path.display())]
    NoVideo {
        /// The file asked for.
        path: PathBuf,
    },
    /// It has a video stream without a single frame that can be decoded.
    #[error("{} holds no frame that can be decoded", .path.display())]
    NoFrames {
        /// The file asked for.
        path: PathBuf,
    },
    /// It ends before its index, so that nothing in it can be found.
    #[error("{} is cut short: its index is missing", .path.display())]
    Truncated {
        /// The file asked for.
        path: PathBuf,
    },
    /// It has more pixels than are read.
    #[error("{} is {width}x{height}: more than the limit of {limit}", .path.display())]
    TooLarge {
        /// The file asked for.
        path: PathBuf,
        /// Columns that its header states.
        width: u64,
        /// Rows that its header states.
        height: u64,
        /// The limit, in words.
        limit: String,
    },
    /// It has more frames than are read.
    #[error("{} has more than {frames} frames", .path.display())]
    TooLong {
        /// The file asked for.
        path: PathBuf,
        /// The limit.
        frames: usize,
    },
    /// The installed FFmpeg cannot decode it.
    #[error("{} is coded in {codec}, which the installed FFmpeg cannot decode", .path.display())]
    UnsupportedCodec {
        /// The file asked for.
        path: PathBuf,
        /// FFmpeg's name of the codec.
        codec: String,
    },
    /// Decoding stopped for another reason.
    #[error("{} cannot be decoded: {reason}", .path.display())]
    Decode {
        /// The file asked for.
        path: PathBuf,
        /// What FFmpeg said.
        reason: String,
    },
    /// No space was left for the output.
    #[error("the disk is full while writing {}", .path.display())]
    DiskFull {
        /// The file being written.
        path: PathBuf,
    },
    /// The output could not be written for another reason.
    #[error("{} cannot be written: {reason}", .path.display())]
    Write {
        /// The file being written.
        path: PathBuf,
        /// What the system or FFmpeg said.
        reason: String,
    },
    /// The pictures do not have a size that can be encoded.
    #[error("{} cannot be encoded at {}x{}: {reason}", .path.display(), .size.width, .size.height)]
    BadSize {
        /// The file being written.
        path: PathBuf,
        /// The size asked for, in pixels.
        size: Size,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The caller asked to stop.
    #[error("interrupted")]
    Stopped,
    /// The installed FFmpeg has no encoder for the wanted output.
    #[error("the installed FFmpeg has no {wanted} encoder")]
    EncoderMissing {
        /// What is missing.
        wanted: &'static str,
    },
}

impl Error {
    /// A stable kebab-case word for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "not-found",
            Self::Unreadable { .. } => "unreadable",
            Self::NotMedia { .. } => "not-media",
            Self::OtherShape { .. } => "other-shape",
            Self::NoVideo { .. } => "no-video-stream",
            Self::NoFrames { .. } => "no-frames",
            Self::Truncated { .. } => "truncated",
            Self::TooLarge { .. } => "too-large",
            Self::TooLong { .. } => "too-long",
            Self::UnsupportedCodec { .. } => "unsupported-codec",
            Self::Decode { .. } => "decode-failed",
            Self::DiskFull { .. } => "disk-full",
            Self::Write { .. } => "write-failed",
            Self::BadSize { .. } => "bad-size",
            Self::Stopped => "interrupted",
            Self::EncoderMissing { .. } => "encoder-missing",
        }
    }

    /// What the user can do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::NotFound { path } => missing_hint(path),
            Self::Unreadable { .. } => "check its permissions and those of the folders above it".into(),
            Self::NotMedia { wanted, .. } if wanted.contains("still") => {
                "stills are PNG, JPEG, WebP, GIF, BMP or TIFF files".into()
            }
            Self::NotMedia { wanted, .. } if wanted.contains("mask") => {
                "paint the product white on black, a label green, what is not to be measured red, or leave --mask out".into()
            }
            Self::NotMedia { .. } => {
                "give a video file (mp4, mov, webm, mkv, gif, avi …) or a pattern such as frames/%04d.png; playlists are \
                 not followed"
                    .into()
            }
            Self::OtherShape { .. } => "masks and depth maps lie over the still: draw them on it, at any size of its shape".into(),
            Self::NoVideo { .. } => "this looks like an audio file; give the clip itself".into(),
            Self::NoFrames { .. } => "the file is empty or damaged; export or download it again".into(),
            Self::Truncated { .. } => "the download or export did not finish; fetch the clip again".into(),
            Self::TooLarge { .. } => "scale it down first, for example: ffmpeg -i IN -vf scale=4096:-2 OUT".into(),
            Self::TooLong { .. } => "cut it into parts first, for example: ffmpeg -i IN -t 600 -c copy OUT".into(),
            Self::UnsupportedCodec { .. } => "convert it to H.264 first, in an MP4".into(),
            Self::Decode { .. } => "play it in another player; if it plays, convert it: ffmpeg -i IN OUT.mp4".into(),
            Self::DiskFull { .. } => "free some space, or write to another disk".into(),
            Self::Write { .. } => "check that the folder exists and that you may write to it".into(),
            Self::BadSize { .. } => "choose a size with even sides, such as 1280x720".into(),
            Self::Stopped => "run it again to go on".into(),
            Self::EncoderMissing { .. } => "install an FFmpeg with libx264 (Debian: apt install ffmpeg)".into(),
        }
    }

    /// The error of a file that the system would not open for reading.
    pub(crate) fn reading(path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::NotFound => Self::NotFound { path: path.into() },
            _ => Self::Unreadable { path: path.into(), source },
        }
    }

    /// The error of a file that the system would not write.
    pub(crate) fn writing(path: &Path, source: &io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path: path.into() },
            _ => Self::Write { path: path.into(), reason: source.to_string() },
        }
    }

    /// The error of an output that FFmpeg would not write.
    pub(crate) fn muxing(path: &Path, source: ffmpeg_next::Error) -> Self {
        match source {
            ffmpeg_next::Error::Other { errno } => Self::writing(path, &io::Error::from_raw_os_error(errno)),
            other => Self::Write { path: path.into(), reason: other.to_string() },
        }
    }
}

fn missing_hint(path: &Path) -> String {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => {
            format!("the folder {} does not exist either; check the path", folder.display())
        }
        _ => "check the spelling of the path".into(),
    }
}
