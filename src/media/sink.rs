//! The container that is written: streams, header, packets, trailer, every error seen.

use super::{Error, orient::Orientation, source};
use ffmpeg_next::{self as ffmpeg, Dictionary, Packet, Rational, Stream, codec, ffi, format::context::Output};
use std::{
    path::{Path, PathBuf},
    ptr,
};

/// An MP4, MOV or Matroska file being written.
pub(crate) struct Sink {
    path: PathBuf,
    output: Output,
}

impl Sink {
    /// Opens `path` for writing; its extension chooses the container, MP4 where it is no other known one.
    pub(crate) fn create(path: &Path) -> Result<Self, Error> {
        source::init();
        let output = open(path).map_err(|e| Error::muxing(path, e))?;
        Ok(Self { path: path.into(), output })
    }

    /// Adds the stream of an opened video encoder, to be shown in `orientation`.
    pub(crate) fn add_video(&mut self, video: &NewVideo<'_>) -> Result<usize, Error> {
        let path = self.path.clone();
        let mut stream = self.output.add_stream_with(video.encoder).map_err(|e| Error::muxing(&path, e))?;
        stream.set_time_base(video.time_base);
        stream.set_avg_frame_rate(video.fps);
        stream.set_rate(video.fps);
        set_aspect(&mut stream, video.sample_aspect);
        if video.orientation != Orientation::UPRIGHT {
            set_display_matrix(&mut stream, &video.orientation.display_matrix(video.encoder_size))
                .map_err(|e| Error::muxing(&path, e))?;
        }
        Ok(stream.index())
    }

    /// Adds a stream whose packets will be copied; `None` if this container cannot hold its codec.
    pub(crate) fn add_copy(&mut self, from: &Stream<'_>) -> Result<Option<usize>, Error> {
        if !self.can_hold(from.parameters().id()) {
            return Ok(None);
        }
        let path = self.path.clone();
        let mut stream = self.output.add_stream(codec::Id::None).map_err(|e| Error::muxing(&path, e))?;
        stream.set_parameters(from.parameters());
        stream.set_time_base(from.time_base());
        stream.set_metadata(from.metadata().to_owned());
        forget_tag(&mut stream);
        Ok(Some(stream.index()))
    }

    /// Takes over the title, the author and so on.
    pub(crate) fn set_metadata(&mut self, metadata: Dictionary<'_>) {
        self.output.set_metadata(metadata);
    }

    /// Writes the header; no stream can be added afterwards.
    pub(crate) fn start(&mut self) -> Result<(), Error> {
        let mut options = Dictionary::new();
        if matches!(self.output.format().name(), "mp4" | "mov") {
            options.set("movflags", "+faststart");
        }
        let written = self.output.write_header_with(options).map(drop);
        written.map_err(|e| Error::muxing(&self.path, e))
    }

    /// Writes one packet of stream `index`, its times in `time_base`.
    pub(crate) fn write(&mut self, packet: &mut Packet, index: usize, time_base: Rational) -> Result<(), Error> {
        let target = self.output.stream(index).map_or(time_base, |stream| stream.time_base());
        packet.rescale_ts(time_base, target);
        packet.set_stream(index);
        packet.set_position(-1);
        let written = packet.write_interleaved(&mut self.output);
        written.map_err(|e| Error::muxing(&self.path, e))?;
        self.check()
    }

    /// Writes the trailer and all that is buffered.
    pub(crate) fn finish(mut self) -> Result<(), Error> {
        self.output.write_trailer().map_err(|e| Error::muxing(&self.path, e))?;
        self.flush();
        self.check()
    }

    #[expect(unsafe_code, reason = "the safe wrapper does not show this function")]
    fn can_hold(&self, codec: codec::Id) -> bool {
        // SAFETY: the context is alive and has a format.
        unsafe {
            ffi::avformat_query_codec((*self.output.as_ptr()).oformat, codec.into(), ffi::FF_COMPLIANCE_NORMAL) == 1
        }
    }

    #[expect(unsafe_code, reason = "the safe wrapper ignores what is still buffered when it closes")]
    fn flush(&mut self) {
        // SAFETY: `pb` was opened by `open` and is closed by the wrapper's drop only.
        unsafe { ffi::avio_flush((*self.output.as_ptr()).pb) }
    }

    /// Muxers do not pass on every failed write; the byte stream remembers the first.
    #[expect(unsafe_code, reason = "the safe wrapper does not show this field")]
    fn check(&self) -> Result<(), Error> {
        // SAFETY: as in `flush`.
        let error = unsafe { (*(*self.output.as_ptr()).pb).error };
        if error < 0 { Err(Error::muxing(&self.path, error.into())) } else { Ok(()) }
    }
}

/// A video stream to be added.
pub(crate) struct NewVideo<'a> {
    pub(crate) encoder: &'a codec::Context,
    pub(crate) encoder_size: crate::frame::Size,
    pub(crate) time_base: Rational,
    pub(crate) fps: Rational,
    pub(crate) sample_aspect: Rational,
    pub(crate) orientation: Orientation,
}

#[expect(unsafe_code, reason = "the safe wrapper panics on paths that are not UTF-8")]
fn open(path: &Path) -> Result<Output, ffmpeg::Error> {
    let url = source::file_url(path).map_err(|_| ffmpeg::Error::InvalidData)?;
    let name = match path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase).as_deref() {
        Some("mov") => c"mov",
        Some("mkv") => c"matroska",
        _ => c"mp4",
    };
    // SAFETY: the strings outlive the calls; a context without a byte stream is freed here, a whole one by `Output`.
    unsafe {
        let mut context = ptr::null_mut();
        let made = ffi::avformat_alloc_output_context2(&raw mut context, ptr::null(), name.as_ptr(), url.as_ptr());
        if made < 0 {
            return Err(made.into());
        }
        let opened = ffi::avio_open(&raw mut (*context).pb, url.as_ptr(), ffi::AVIO_FLAG_WRITE);
        if opened < 0 {
            ffi::avformat_free_context(context);
            return Err(opened.into());
        }
        Ok(Output::wrap(context))
    }
}

#[expect(unsafe_code, reason = "the safe wrapper does not show these fields")]
fn set_aspect(stream: &mut ffmpeg::StreamMut<'_>, aspect: Rational) {
    // SAFETY: the stream is alive and not shared.
    unsafe {
        let raw = &mut *stream.as_mut_ptr();
        raw.sample_aspect_ratio = aspect.into();
        (*raw.codecpar).sample_aspect_ratio = aspect.into();
    }
}

/// Lets the container choose its own tag for the codec: that of another container may be wrong.
#[expect(unsafe_code, reason = "the safe wrapper does not show this field")]
fn forget_tag(stream: &mut ffmpeg::StreamMut<'_>) {
    // SAFETY: as in `set_aspect`.
    unsafe { (*(*stream.as_mut_ptr()).codecpar).codec_tag = 0 }
}

#[expect(unsafe_code, reason = "the safe wrapper reads side data only")]
fn set_display_matrix(stream: &mut ffmpeg::StreamMut<'_>, matrix: &[i32; 9]) -> Result<(), ffmpeg::Error> {
    let bytes = size_of_val(matrix);
    let kind = ffi::AVPacketSideDataType::AV_PKT_DATA_DISPLAYMATRIX;
    // SAFETY: FFmpeg allocates `bytes` bytes owned by the stream, or returns null; they are written once.
    unsafe {
        #[cfg(not(ffmpeg_8))]
        let data = ffi::av_stream_new_side_data(stream.as_mut_ptr(), kind, bytes);
        #[cfg(ffmpeg_8)]
        let data = {
            let parameters = (*stream.as_mut_ptr()).codecpar;
            let entries = &raw mut (*parameters).coded_side_data;
            let entry =
                ffi::av_packet_side_data_new(entries, &raw mut (*parameters).nb_coded_side_data, kind, bytes, 0);
            if entry.is_null() { ptr::null_mut() } else { (*entry).data }
        };
        if data.is_null() {
            return Err(ffmpeg::Error::Other { errno: ffmpeg::error::ENOMEM });
        }
        ptr::copy_nonoverlapping(matrix.as_ptr().cast(), data, bytes);
    }
    Ok(())
}
