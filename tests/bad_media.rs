//! Damaged, wrong and hostile files: each gives one clear error, and none makes holdstill read another file, hang or
//! panic.
#![expect(clippy::unwrap_used, reason = "a test ends where a step fails")]

use holdstill::{
    frame::{Picture, Size, Time},
    media::{self, Decoder, EncodeSettings, Encoder, Ending, Error, Want},
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn ffmpeg(arguments: &str, out: &Path) {
    let mut command = Command::new("ffmpeg");
    command.args(["-loglevel", "error", "-y"]).args(arguments.split_whitespace()).arg(out);
    let made = command.output().expect("the ffmpeg command is installed by `make test`");
    assert!(made.status.success(), "{command:?}: {}", String::from_utf8_lossy(&made.stderr));
}

/// A good clip of 24 noisy frames; noise, so that every frame takes some bytes.
fn clip(folder: &TempDir) -> PathBuf {
    let path = folder.path().join("clip.mp4");
    ffmpeg("-f lavfi -i testsrc2=s=96x64:r=24,noise=alls=40 -frames:v 24 -pix_fmt yuv420p -movflags +faststart", &path);
    path
}

fn written(folder: &TempDir, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    path
}

/// Decodes all; the first error ends it.
fn decode(path: &Path) -> Result<Ending, Error> {
    let mut decoder = Decoder::open(path, &Want::default())?;
    for frame in decoder.by_ref() {
        frame?;
    }
    Ok(decoder.ending().expect("known at the end"))
}

fn code(path: &Path) -> &'static str {
    let error = decode(path).unwrap_err();
    assert!(!error.hint().is_empty());
    let message = error.to_string();
    assert!(message.contains(path.to_str().unwrap()) && !message.contains('\n'), "{message}");
    error.code()
}

#[test]
fn what_is_missing_or_forbidden_says_so() {
    let folder = folder();
    assert_eq!(code(&folder.path().join("none.mp4")), "not-found");
    assert_eq!(code(&folder.path().join("none/%04d.png")), "not-found");
    assert_eq!(code(folder.path()), "not-media");
    assert_eq!(code(Path::new("/dev/null")), "not-media");
    let locked = clip(&folder);
    fs::set_permissions(&locked, std::os::unix::fs::PermissionsExt::from_mode(0o000)).unwrap();
    if fs::File::open(&locked).is_ok() {
        println!("root reads everything: the permission test is skipped");
    } else {
        assert_eq!(code(&locked), "unreadable");
    }
}

#[test]
fn what_is_no_clip_says_so() {
    let folder = folder();
    assert_eq!(code(&written(&folder, "empty.mp4", "")), "not-media");
    assert_eq!(code(&written(&folder, "text.mp4", "This is no video.\n".repeat(40))), "not-media");
    assert_eq!(code(&written(&folder, "zeros.mp4", vec![0; 4096])), "not-media");
    let sound = folder.path().join("sound.m4a");
    ffmpeg("-f lavfi -i sine -t 0.2", &sound);
    assert_eq!(code(&sound), "no-video-stream");
    let none = folder.path().join("none.mp4");
    ffmpeg("-f lavfi -i testsrc2=s=64x48 -t 0 -pix_fmt yuv420p", &none);
    assert_eq!(code(&none), "no-frames");
}

#[test]
fn a_clip_cut_short_gives_what_is_there() {
    let folder = folder();
    let whole = fs::read(clip(&folder)).unwrap();
    let ending = decode(&written(&folder, "cut.mp4", &whole[..whole.len() * 2 / 3])).unwrap();
    assert!(ending.truncated && (8..24).contains(&ending.frames), "{ending:?}");

    let index_last = folder.path().join("late.mp4");
    ffmpeg(&format!("-i {} -c copy", folder.path().join("clip.mp4").display()), &index_last);
    let late = fs::read(index_last).unwrap();
    assert_eq!(code(&written(&folder, "cut-late.mp4", &late[..late.len() * 2 / 3])), "truncated");
}

#[test]
fn a_cut_is_seen_where_the_container_counts_no_frames() {
    let folder = folder();
    let source = "-f lavfi -i testsrc2=s=96x64:r=24,noise=alls=40:allf=t -f lavfi -i sine -t 2 -pix_fmt yuv420p";
    for (name, codecs) in
        [("clip.mkv", "-c:a aac"), ("clip.webm", "-c:v libvpx -c:a libopus"), ("clip.avi", "-c:v mpeg4")]
    {
        let path = folder.path().join(name);
        ffmpeg(&format!("{source} {codecs}"), &path);
        assert!(!decode(&path).unwrap().truncated, "{name}");
        let whole = fs::read(&path).unwrap();
        let ending = decode(&written(&folder, name, &whole[..whole.len() / 2])).unwrap();
        assert!(ending.truncated && (4..48).contains(&ending.frames), "{name}: {ending:?}");
    }
}

#[test]
fn one_frame_is_a_clip() {
    let folder = folder();
    let path = folder.path().join("one.mp4");
    ffmpeg("-f lavfi -i testsrc2=s=64x48 -frames:v 1 -pix_fmt yuv420p", &path);
    assert_eq!(decode(&path).unwrap(), Ending { frames: 1, skipped: 0, truncated: false });
}

#[test]
fn a_playlist_dressed_as_a_clip_reads_nothing_else() {
    let folder = folder();
    let good = clip(&folder);
    let good = good.display();
    for (name, text) in [
        ("hls.mp4", format!("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:{good}\n#EXT-X-ENDLIST\n")),
        ("hls.m3u8", format!("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{good}\n#EXT-X-ENDLIST\n")),
        ("concat.mp4", format!("ffconcat version 1.0\nfile '{good}'\n")),
        ("concat.ffconcat", format!("ffconcat version 1.0\nfile '{good}'\n")),
        ("sdp.mp4", "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\n".into()),
        (
            "dash.mp4",
            format!(
                "<?xml version=\"1.0\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" profiles=\"urn:mpeg:dash:profile:\
                 isoff-on-demand:2011\" type=\"static\"><Period><AdaptationSet mimeType=\"video/mp4\"><Representation \
                 id=\"1\"><BaseURL>file:{good}</BaseURL></Representation></AdaptationSet></Period></MPD>"
            ),
        ),
    ] {
        assert_eq!(code(&written(&folder, name, text)), "not-media", "{name}");
    }
}

#[test]
fn a_movie_whose_samples_lie_in_another_file_does_not_read_it() {
    let folder = folder();
    let inner = folder.path().join("inner.mov");
    ffmpeg("-f lavfi -i testsrc2=s=96x64:r=24 -frames:v 5 -pix_fmt yuv420p", &inner);
    let outer = written(&folder, "outer.mov", moved_out(&fs::read(&inner).unwrap(), "inner.mov"));

    // FFmpeg follows the reference when it is told to: the file is what it pretends to be
    let mut command = Command::new("ffmpeg");
    command.args(["-loglevel", "error", "-enable_drefs", "1", "-i"]).arg(&outer).args(["-f", "framemd5", "-"]);
    let followed = String::from_utf8(command.output().unwrap().stdout).unwrap();
    assert_eq!(followed.lines().filter(|line| !line.starts_with('#')).count(), 5, "{followed}");

    assert_eq!(code(&outer), "no-frames");
}

/// The index of a movie, its data reference changed to an alias (`QuickTime` File Format, "Data Reference Atoms") of
/// the file `name` in the same folder.
fn moved_out(movie: &[u8], name: &str) -> Vec<u8> {
    let find = |bytes: &[u8], name: &[u8]| bytes.windows(4).position(|window| window == name).unwrap();
    let mut index = movie[find(movie, b"moov") - 4..].to_vec();
    let mut alias = vec![0; 150];
    // levels up from here and down to there: the same folder
    (alias[131], alias[133]) = (1, 1);
    let path = format!("/{name}");
    alias.extend([0, 2, 0, path.len() as u8]);
    alias.extend(path.bytes());
    alias.resize(alias.len().next_multiple_of(2), 0);
    alias.extend([0xff, 0xff, 0, 0]);

    // after its own name, version and count
    let reference = find(&index, b"dref") + 12;
    let mut replaced = u32::to_be_bytes(alias.len() as u32 + 12).to_vec();
    replaced.extend(b"alis\0\0\0\0");
    replaced.extend(&alias);
    index.splice(reference..reference + 12, replaced);
    for holder in [b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref"] {
        let at = find(&index, holder) - 4;
        let size = u32::from_be_bytes(index[at..at + 4].try_into().unwrap()) + alias.len() as u32;
        index[at..at + 4].copy_from_slice(&size.to_be_bytes());
    }
    let kind = &movie[..find(movie, b"ftyp") - 4 + usize::from(movie[3])];
    [kind, &index].concat()
}

#[test]
fn a_name_that_looks_like_a_protocol_is_a_file() {
    let folder = folder();
    let odd = folder.path().join("http:");
    fs::create_dir(&odd).unwrap();
    let path = odd.join("concat:a|b ü%20.mp4");
    fs::copy(clip(&folder), &path).unwrap();
    assert_eq!(decode(&path).unwrap().frames, 24);
}

#[test]
fn flipped_bytes_never_panic_or_hang() {
    let folder = folder();
    let whole = fs::read(clip(&folder)).unwrap();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % below as u64) as usize
    };
    for _ in 0..40 {
        let mut bytes = whole.clone();
        for _ in 0..=next(12) {
            let at = next(bytes.len());
            bytes[at] ^= 1 << next(8);
        }
        if let Err(error) = decode(&written(&folder, "flipped.mp4", bytes)) {
            assert!(!error.code().is_empty());
        }
    }
}

#[test]
fn stills_that_cannot_be_read_say_why() {
    let folder = folder();
    let code = |path: &Path| media::load_seed(path).unwrap_err().code();
    assert_eq!(code(&folder.path().join("none.png")), "not-found");
    assert_eq!(code(folder.path()), "not-media");
    assert_eq!(code(&written(&folder, "text.png", "no picture")), "not-media");
    let good = folder.path().join("good.png");
    media::save_png(&Picture::filled(Size::new(40, 30), [0.5; 3]), &good).unwrap();
    let bytes = fs::read(good).unwrap();
    assert_eq!(code(&written(&folder, "cut.png", &bytes[..bytes.len() - 20])), "not-media");
}

#[test]
fn a_huge_still_is_refused_by_its_header() {
    let folder = folder();
    // 8-byte signature, then the header chunk: 20000 × 20000, 8 bits, R'G'B'; its pixels are not even there
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x4e\x20\0\0\x4e\x20\x08\x02\0\0\0".to_vec();
    png.extend(crc32(&png[12..]).to_be_bytes());
    png.extend(b"\0\0\0\0IDAT");
    png.extend(crc32(b"IDAT").to_be_bytes());
    let path = written(&folder, "huge.png", png);
    let error = media::load_seed(&path).unwrap_err();
    assert_eq!(error.code(), "too-large");
    assert!(error.to_string().contains("20000x20000"));
    assert_eq!(self::code(&path), "too-large");
}

/// The checksum of PNG chunks (ISO 3309).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

#[test]
fn a_full_disk_is_named() {
    let size = Size::new(64, 48);
    // on Linux every write to this device fails for want of space
    let full = Path::new("/dev/full");
    if !full.exists() {
        println!("no /dev/full here: skipped");
        return;
    }
    let run = || {
        let mut encoder = Encoder::create(full, &EncodeSettings::new(size, (24, 1)))?;
        for index in 0..4 {
            encoder.push(&Picture::filled(size, [0.5; 3]), Time::of_frame(index, 24, 1))?;
        }
        encoder.finish()
    };
    assert_eq!(run().unwrap_err().code(), "disk-full");
}

#[test]
fn sizes_that_cannot_be_encoded_are_refused_before_a_file_is_made() {
    let folder = folder();
    let path = folder.path().join("odd.mp4");
    for size in [Size::new(63, 48), Size::new(64, 1), Size::new(0, 48)] {
        let refused = Encoder::create(&path, &EncodeSettings::new(size, (24, 1))).err().unwrap();
        assert_eq!(refused.code(), "bad-size");
    }
    assert!(!path.exists());
}
