//! Clips as FFmpeg makes them, read and written through `holdstill::media`.
#![expect(clippy::unwrap_used, reason = "a test ends where a step fails")]

use holdstill::{
    frame::{Frame, Picture, Plane, Size, Time},
    media::{
        self, Decoder, EncodeSettings, Encoder, Ending, RewriteSettings, RewriteStats, Stop, TempOut, Want, probe,
    },
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// A folder for one test, and what it makes in it.
struct Bench(TempDir);

impl Bench {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs `ffmpeg ARGUMENTS NAME`; arguments are split at white space.
    fn ffmpeg(&self, arguments: &str, name: &str) -> PathBuf {
        let out = self.path(name);
        let mut command = Command::new("ffmpeg");
        command.args(["-loglevel", "error", "-y"]).args(arguments.split_whitespace()).arg(&out);
        let made = command.output().expect("the ffmpeg command is installed by `make test`");
        assert!(made.status.success(), "{command:?}: {}", String::from_utf8_lossy(&made.stderr));
        out
    }

    /// A clip of our own encoder.
    fn clip(&self, name: &str, size: Size, times: &[Time], picture: impl Fn(usize) -> Picture) -> PathBuf {
        let path = self.path(name);
        let mut encoder = Encoder::create(&path, &EncodeSettings::new(size, (24, 1))).unwrap();
        for (index, &time) in times.iter().enumerate() {
            encoder.push(&picture(index), time).unwrap();
        }
        encoder.finish().unwrap();
        path
    }
}

fn decode(path: &Path) -> (Vec<Frame>, Ending) {
    let mut decoder = Decoder::open(path, &Want::default()).unwrap();
    let frames = decoder.by_ref().map(Result::unwrap).collect();
    (frames, decoder.ending().expect("known after the last frame"))
}

fn secs(frames: &[Frame]) -> Vec<f64> {
    frames.iter().map(|frame| frame.time.secs()).collect()
}

fn constant_rate(count: usize) -> Vec<Time> {
    (0..count).map(|index| Time::of_frame(index, 24, 1)).collect()
}

/// Smooth ramps in every channel, so that 4:2:0 loses little; no symmetry, so that every turn is seen.
fn ramps(size: Size) -> Picture {
    let plane = |f: fn(f32, f32) -> f32| {
        let (w, h) = (size.width as f32, size.height as f32);
        Plane::from_fn(size.width, size.height, |x, y| f((x as f32 + 0.5) / w, (y as f32 + 0.5) / h))
    };
    Picture { rgb: [plane(|x, _| 0.1 + 0.4 * x), plane(|_, y| 0.2 + 0.3 * y), plane(|x, y| 0.5 + 0.1 * (x - y))] }
}

fn worst_difference(a: &Picture, b: &Picture) -> f32 {
    let channels = a.rgb.iter().zip(&b.rgb);
    channels.flat_map(|(a, b)| a.data().iter().zip(b.data()).map(|(a, b)| (a - b).abs())).fold(0.0, f32::max)
}

/// 8-bit studio YUV rounds Y by half of 1/219 and each chroma by half of 1/224, which reaches R'G'B' times at most
/// 1.86: 0.0023 + 0.0041. x264 at CRF 16 adds about a level on smooth ground: 0.005. A wrong matrix or range costs 0.03
/// and more in the colours used here.
const EIGHT_BIT: f32 = 0.0125;

/// And on [`ramps`] of 64×48: chroma is repeated past its last sample, which is off by a pixel's step, 0.3/48.
const RAMPS: f32 = EIGHT_BIT + 0.0063;

#[test]
fn a_clip_gives_all_its_frames_in_order_with_exact_times() {
    let bench = Bench::new();
    let clip = bench.ffmpeg("-f lavfi -i testsrc2=s=160x120:r=24 -frames:v 10 -pix_fmt yuv420p", "clip.mp4");
    let (frames, ending) = decode(&clip);
    assert_eq!(ending, Ending { frames: 10, skipped: 0, truncated: false });
    for (index, frame) in frames.iter().enumerate() {
        assert_eq!((frame.index, frame.picture.size()), (index, Size::new(160, 120)));
        assert!((frame.time.secs() - index as f64 / 24.0).abs() < 1e-12);
    }
    let about = probe(&clip).unwrap();
    assert_eq!((about.fps, about.frames_estimate, about.codec.as_str()), ((24, 1), Some(10), "h264"));
    assert_eq!((about.color.as_str(), about.bits, about.has_audio), ("bt601?/tv", 8, false));
}

#[test]
fn encoded_pictures_come_back_with_their_colours_tags_and_times() {
    let bench = Bench::new();
    let size = Size::new(64, 48);
    let path = bench.path("clip.mp4");
    let mut encoder = Encoder::create(&path, &EncodeSettings::new(size, (30_000, 1001))).unwrap();
    for index in 0..12 {
        encoder.push(&ramps(size), Time::of_frame(index, 30_000, 1001)).unwrap();
    }
    encoder.finish().unwrap();
    let about = probe(&path).unwrap();
    assert_eq!((about.color.as_str(), about.fps, about.pixel_format.as_str()), ("bt709/tv", (30_000, 1001), "yuv420p"));
    let (frames, _) = decode(&path);
    assert_eq!(frames.len(), 12);
    for (index, frame) in frames.iter().enumerate() {
        assert_eq!(frame.time.secs(), Time::of_frame(index, 30_000, 1001).secs());
        assert!(worst_difference(&frame.picture, &ramps(size)) < RAMPS, "frame {index}");
    }
}

#[test]
fn the_same_pictures_encode_to_the_same_bytes() {
    let bench = Bench::new();
    let make = |name| fs::read(bench.clip(name, Size::new(64, 48), &constant_rate(8), |_| ramps(Size::new(64, 48))));
    assert_eq!(make("a.mp4").unwrap(), make("b.mp4").unwrap());
}

#[test]
fn one_colour_is_the_same_in_every_matrix_range_and_depth() {
    let bench = Bench::new();
    let colour = [0xcc, 0x4d, 0x1a].map(|v: u8| f32::from(v) / 255.0);
    let variants = [
        ("bt601", "smpte170m", "tv", "yuv420p", "bt601/tv", 8),
        ("bt601", "smpte170m", "pc", "yuv420p", "bt601/pc", 8),
        ("bt709", "bt709", "tv", "yuv420p", "bt709/tv", 8),
        ("bt709", "bt709", "pc", "yuv444p", "bt709/pc", 8),
        ("bt709", "bt709", "tv", "yuv422p10le", "bt709/tv", 10),
        ("bt2020", "bt2020nc", "tv", "yuv420p10le", "bt2020/tv", 10),
    ];
    for (matrix, space, range, pixel, described, bits) in variants {
        let arguments = format!(
            "-f lavfi -i color=c=0xCC4D1A:s=64x64:r=5,format=gbrp -frames:v 2 \
             -vf scale=out_color_matrix={matrix}:out_range={range}:flags=accurate_rnd,format={pixel} \
             -colorspace {space} -color_range {range} -c:v libx264 -qp 0"
        );
        let clip = bench.ffmpeg(&arguments, "bars.mp4");
        let about = probe(&clip).unwrap();
        assert_eq!((about.color.as_str(), about.bits), (described, bits));
        let (frames, _) = decode(&clip);
        let difference = worst_difference(&frames[1].picture, &Picture::filled(Size::new(64, 64), colour));
        assert!(difference < EIGHT_BIT, "{described} {pixel}: {difference}");
    }
}

#[test]
fn an_untagged_clip_is_601_when_small_and_709_when_large() {
    let bench = Bench::new();
    let colour = [0xcc, 0x4d, 0x1a].map(|v: u8| f32::from(v) / 255.0);
    for (size, matrix, described) in [("320x240", "bt601", "bt601?/tv"), ("1280x720", "bt709", "bt709?/tv")] {
        let arguments = format!(
            "-f lavfi -i color=c=0xCC4D1A:s={size}:r=5,format=gbrp -frames:v 1 \
             -vf scale=out_color_matrix={matrix}:flags=accurate_rnd,format=yuv420p -c:v libx264 -qp 0"
        );
        let clip = bench.ffmpeg(&arguments, "untagged.mp4");
        assert_eq!(probe(&clip).unwrap().color, described);
        let (frames, _) = decode(&clip);
        let expected = Picture::filled(frames[0].picture.size(), colour);
        assert!(worst_difference(&frames[0].picture, &expected) < EIGHT_BIT, "{described}");
    }
}

#[test]
fn chroma_lies_where_the_clip_says() {
    // a vertical edge between two colours: if chroma were read half a pixel aside, the pixels at the edge would change
    let bench = Bench::new();
    let size = Size::new(64, 16);
    let edge =
        Picture { rgb: [0.9, 0.4, 0.1].map(|v| Plane::from_fn(64, 16, move |x, _| if x < 32 { v } else { 0.5 })) };
    let clip = bench.clip("edge.mp4", size, &constant_rate(2), |_| edge.clone());
    let (frames, _) = decode(&clip);
    let red = |x: usize| frames[0].picture.rgb[0].at(x, 8);
    let blue = |x: usize| frames[0].picture.rgb[2].at(x, 8);
    // the half-way point of the edge lies between columns 31 and 32 in both channels
    for channel in [&red as &dyn Fn(usize) -> f32, &blue] {
        let (left, right) = (channel(20), channel(44));
        let area: f32 = (20..44).map(|x| (channel(x) - right) / (left - right)).sum();
        assert!((area - 12.0).abs() < 0.15, "the edge lies at {} instead of 32", 20.0 + area);
    }
}

#[test]
fn a_turned_clip_is_shown_upright_and_stays_turned_when_rewritten() {
    let bench = Bench::new();
    let (stored, upright) = (Size::new(64, 48), Size::new(48, 64));
    for (matrix, degrees, size) in
        [([0, 1, -1, 0], 90, upright), ([-1, 0, 0, -1], 180, stored), ([0, -1, 1, 0], 270, upright)]
    {
        let clip = bench.clip("turned.mp4", stored, &constant_rate(3), |_| ramps(stored));
        set_display_matrix(&clip, matrix);
        let about = probe(&clip).unwrap();
        assert_eq!((about.rotation_degrees, about.size, about.coded), (degrees, size, stored));
        let (frames, _) = decode(&clip);
        let turned = turn(&ramps(stored), degrees);
        assert!(worst_difference(&frames[0].picture, &turned) < RAMPS, "{degrees} degrees");

        let out = bench.path("rewritten.mp4");
        let grey = Picture::filled(size, [0.5; 3]);
        media::rewrite(&clip, &out, RewriteSettings::default(), &mut |index, _| {
            Ok(match index {
                1 => Some(turned.clone()),
                2 => Some(grey.clone()),
                _ => None,
            })
        })
        .unwrap();
        assert_eq!(probe(&out).unwrap().rotation_degrees, degrees);
        let (again, _) = decode(&out);
        for (frame, expected) in again.iter().zip([&turned, &turned, &grey]) {
            // coded twice
            assert!(worst_difference(&frame.picture, expected) < 2.0 * RAMPS, "{degrees} degrees");
        }
    }
}

/// Turns clockwise by a multiple of a quarter, by hand.
fn turn(picture: &Picture, degrees: i32) -> Picture {
    let Size { width: w, height: h } = picture.size();
    Picture {
        rgb: picture.rgb.clone().map(|p| match degrees {
            90 => Plane::from_fn(h, w, |x, y| p.at(y, h - 1 - x)),
            180 => Plane::from_fn(w, h, |x, y| p.at(w - 1 - x, h - 1 - y)),
            _ => Plane::from_fn(h, w, |x, y| p.at(w - 1 - y, x)),
        }),
    }
}

/// Overwrites the matrix in the track header of an MP4 (ISO/IEC 14496-12 §8.3.2, version 0).
fn set_display_matrix(clip: &Path, [a, b, c, d]: [i32; 4]) {
    const MATRIX_OFFSET: usize = 44;
    let mut bytes = fs::read(clip).unwrap();
    let header = bytes.windows(4).position(|name| name == b"tkhd").unwrap();
    let matrix = [a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30];
    for (index, number) in matrix.into_iter().enumerate() {
        let at = header + MATRIX_OFFSET + 4 * index;
        bytes[at..at + 4].copy_from_slice(&number.to_be_bytes());
    }
    fs::write(clip, bytes).unwrap();
}

#[test]
fn sample_aspect_stretches_the_displayed_size() {
    let bench = Bench::new();
    let clip = bench.ffmpeg("-f lavfi -i testsrc2=s=72x48:r=5 -frames:v 2 -vf setsar=4/3 -pix_fmt yuv420p", "wide.mp4");
    let about = probe(&clip).unwrap();
    assert_eq!((about.size, about.coded, about.sample_aspect), (Size::new(96, 48), Size::new(72, 48), (4, 3)));
    assert_eq!(decode(&clip).0[0].picture.size(), Size::new(96, 48));
    let out = bench.path("rewritten.mp4");
    media::rewrite(&clip, &out, RewriteSettings::default(), &mut |_, _| Ok(None)).unwrap();
    assert_eq!(probe(&out).unwrap().sample_aspect, (4, 3));
}

#[test]
fn variable_frame_rate_keeps_every_time_through_a_rewrite() {
    let bench = Bench::new();
    let size = Size::new(64, 48);
    let times: Vec<Time> = [0, 40, 120, 133, 400, 407, 900].map(|ticks| Time { ticks, num: 1, den: 1000 }).to_vec();
    let clip = bench.clip("vfr.mp4", size, &times, |_| ramps(size));
    let (frames, _) = decode(&clip);
    for (frame, time) in frames.iter().zip(&times) {
        // one tick of 1/12288 s, rounded
        assert!((frame.time.secs() - time.secs()).abs() <= 0.5 / 12_288.0 + 1e-9);
    }
    let out = bench.path("rewritten.mp4");
    let grey = Picture::filled(size, [0.5; 3]);
    let stats =
        media::rewrite(&clip, &out, RewriteSettings::default(), &mut |index, _| Ok((index == 3).then(|| grey.clone())));
    assert_eq!(stats.unwrap(), RewriteStats { frames: 7, replaced: 1, ..RewriteStats::default() });
    let (again, _) = decode(&out);
    assert_eq!(secs(&again), secs(&frames));
    assert!(worst_difference(&again[3].picture, &grey) < EIGHT_BIT);
    assert!(worst_difference(&again[2].picture, &ramps(size)) < 2.0 * RAMPS);
}

#[test]
fn a_rewrite_keeps_audio_tags_depth_and_start() {
    let bench = Bench::new();
    let clip = bench.ffmpeg(
        "-f lavfi -i testsrc2=s=96x64:r=25 -f lavfi -i sine=r=44100 -t 1 -c:v libx264 -pix_fmt yuv420p10le \
         -colorspace bt2020nc -color_primaries bt2020 -color_trc arib-std-b67 -color_range tv -c:a aac -shortest",
        "clip.mp4",
    );
    let out = bench.path("rewritten.mp4");
    let stats = media::rewrite(&clip, &out, RewriteSettings::default(), &mut |_, _| Ok(None)).unwrap();
    assert_eq!((stats.frames, stats.streams_copied, stats.streams_dropped.len()), (25, 1, 0));
    let (before, after) = (probe(&clip).unwrap(), probe(&out).unwrap());
    assert_eq!((&after.color, &after.pixel_format, after.fps), (&before.color, &before.pixel_format, before.fps));
    assert_eq!(after.frames_estimate, before.frames_estimate);
    assert!(after.has_audio);
    assert_eq!(audio_digest(&out), audio_digest(&clip));
    let (old, new) = (decode(&clip).0, decode(&out).0);
    assert_eq!(secs(&new), secs(&old));
}

/// MD5 of the audio packets, by the ffmpeg command.
fn audio_digest(clip: &Path) -> String {
    let mut command = Command::new("ffmpeg");
    command.args(["-loglevel", "error", "-i"]).arg(clip).args(["-map", "0:a", "-c", "copy", "-f", "md5", "-"]);
    String::from_utf8(command.output().unwrap().stdout).unwrap()
}

#[test]
fn a_rewrite_keeps_the_time_of_every_packet_of_every_stream() {
    let bench = Bench::new();
    for (name, container, late, codec) in
        [("late.mp4", "mp4", "0.5", "aac"), ("late.mkv", "mkv", "0.25", "aac"), ("pcm.mov", "mov", "0", "pcm_s16le")]
    {
        let arguments = format!(
            "-f lavfi -i testsrc2=s=96x64:r=24000/1001 -f lavfi -i sine=r=44100 -t 1.2 -vf setpts=PTS+{late}/TB \
             -fps_mode passthrough -c:v libx264 -bf 2 -pix_fmt yuv420p -c:a {codec}"
        );
        let clip = bench.ffmpeg(&arguments, name);
        let out = bench.path(&format!("rewritten.{container}"));
        let stats = media::rewrite(&clip, &out, RewriteSettings::default(), &mut |_, _| Ok(None)).unwrap();
        assert_eq!(stats.streams_copied, 1, "{name}");
        assert_eq!(packet_times(&out, "v"), packet_times(&clip, "v"), "{name}");
        assert_eq!(packet_times(&out, "a"), packet_times(&clip, "a"), "{name}");
    }
}

/// Times and durations in seconds of a stream's packets in presentation order, by the ffprobe command.
fn packet_times(clip: &Path, stream: &str) -> Vec<(f64, f64)> {
    let mut command = Command::new("ffprobe");
    command.args(["-v", "error", "-select_streams", stream, "-show_entries", "packet=pts_time,duration_time"]);
    let listing = command.args(["-of", "csv=p=0"]).arg(clip).output().unwrap();
    let times = String::from_utf8(listing.stdout).unwrap();
    let pair = |line: &str| {
        let mut fields = line.split(',').map(|field| field.parse::<f64>().ok());
        Some((fields.next()??, fields.next()??))
    };
    let mut times: Vec<_> = times.lines().filter_map(pair).collect();
    times.sort_by(|a, b| a.0.total_cmp(&b.0));
    assert!(times.len() > 10, "{}", clip.display());
    times
}

#[test]
fn audio_that_the_container_cannot_hold_is_named() {
    let bench = Bench::new();
    let clip = bench.ffmpeg(
        "-f lavfi -i testsrc2=s=96x64:r=24 -f lavfi -i sine=r=44100 -t 0.5 -pix_fmt yuv420p -c:a pcm_s16le",
        "clip.mov",
    );
    let stats =
        media::rewrite(&clip, &bench.path("out.mp4"), RewriteSettings::default(), &mut |_, _| Ok(None)).unwrap();
    assert_eq!(stats.streams_dropped, ["audio stream 1 (pcm_s16le)"]);
}

#[test]
fn a_rewrite_can_be_stopped_and_shown_the_frames() {
    let bench = Bench::new();
    let size = Size::new(64, 48);
    let clip = bench.clip("clip.mp4", size, &constant_rate(6), |_| ramps(size));
    let target = bench.path("out.mp4");
    let temporary = TempOut::beside(&target).unwrap();
    let stopped = media::rewrite(&clip, temporary.path(), RewriteSettings::default(), &mut |index, picture| {
        assert!(worst_difference(&picture().unwrap(), &ramps(size)) < RAMPS);
        if index == 2 { Err(Stop) } else { Ok(None) }
    });
    assert_eq!(stopped.unwrap_err().code(), "interrupted");
    drop(temporary);
    assert_eq!(fs::read_dir(bench.0.path()).unwrap().count(), 1, "only the clip is left");
}

#[test]
fn the_audio_of_another_clip_is_taken_over_and_cut_to_the_pictures() {
    let bench = Bench::new();
    let with_sound = bench.ffmpeg(
        "-f lavfi -i testsrc2=s=96x64:r=24 -f lavfi -i sine=r=44100 -t 2 -c:v libx264 -pix_fmt yuv420p -c:a aac",
        "sound.mp4",
    );
    let size = Size::new(64, 48);
    let path = bench.path("out.mp4");
    let settings = EncodeSettings { audio_from: Some(with_sound), ..EncodeSettings::new(size, (24, 1)) };
    let mut encoder = Encoder::create(&path, &settings).unwrap();
    for index in 0..24 {
        encoder.push(&ramps(size), Time::of_frame(index, 24, 1)).unwrap();
    }
    encoder.finish().unwrap();
    let about = probe(&path).unwrap();
    assert!(about.has_audio);
    let listing = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "a", "-show_entries", "stream=duration", "-of", "csv=p=0"])
        .arg(&path)
        .output()
        .unwrap();
    let audio_secs: f64 = String::from_utf8(listing.stdout).unwrap().trim().parse().unwrap();
    // one packet of AAC is 1024 samples: 0.023 s
    assert!((audio_secs - 1.0).abs() < 0.05, "{audio_secs}");
}

#[test]
fn other_containers_codecs_and_odd_sizes_are_read() {
    let bench = Bench::new();
    for (name, arguments, size) in [
        ("odd.webm", "-c:v libvpx -b:v 1M", Size::new(81, 61)),
        ("odd.gif", "", Size::new(33, 17)),
        ("odd.mkv", "-c:v ffv1 -pix_fmt yuv444p12le", Size::new(51, 35)),
        ("odd.avi", "-c:v mjpeg -q:v 2 -strict -1", Size::new(63, 47)),
        ("alpha.mov", "-c:v qtrle -pix_fmt argb", Size::new(64, 48)),
        ("one.mkv", "-c:v ffv1 -pix_fmt yuv420p", Size::new(1, 1)),
        ("numbered-%04d.png", "", Size::new(45, 33)),
    ] {
        let source = format!(
            "-f lavfi -i testsrc2=s=160x120:r=10 -frames:v 5 -vf scale={}:{},setsar=1",
            size.width, size.height
        );
        let clip = bench.ffmpeg(&format!("{source} {arguments}"), name);
        let (frames, ending) = decode(&clip);
        assert_eq!((frames.len(), ending.truncated, ending.skipped), (5, false, 0), "{name}");
        assert_eq!(frames[4].picture.size(), size, "{name}");
        let out = bench.path("rewritten.mp4");
        let stats = media::rewrite(&clip, &out, RewriteSettings::default(), &mut |_, _| Ok(None));
        assert_eq!(stats.unwrap().frames, 5, "{name}");
        let (again, _) = decode(&out);
        assert_eq!((again.len(), again[0].picture.size()), (5, size), "{name}");
    }
}

#[test]
fn an_animated_webp_is_read_with_its_times() {
    let bench = Bench::new();
    let clip = bench
        .ffmpeg("-f lavfi -i testsrc2=s=40x30:r=10,noise=alls=60:allf=t,format=gbrp -frames:v 5 -c:v libwebp_anim -lossless 1 -loop 0", "clip.webp");
    let about = probe(&clip).unwrap();
    assert_eq!((about.size, about.fps), (Size::new(40, 30), (1000, 100)));
    let (frames, ending) = decode(&clip);
    assert_eq!((frames.len(), ending.truncated), (5, false));
    assert_eq!(secs(&frames), [0.0, 0.1, 0.2, 0.3, 0.4]);
    let reference =
        bench.ffmpeg("-f lavfi -i testsrc2=s=40x30:r=10,noise=alls=60:allf=t,format=gbrp -frames:v 5", "same-%d.png");
    let (expected, _) = decode(&reference);
    // 8-bit R'G'B' on both sides; WebP goes over no YUV here
    assert!(worst_difference(&frames[4].picture, &expected[4].picture) < 1.5 / 255.0);
    let refused = media::rewrite(&clip, &bench.path("out.mp4"), RewriteSettings::default(), &mut |_, _| Ok(None));
    assert_eq!(refused.unwrap_err().code(), "unsupported-codec");
}

#[test]
fn a_clip_is_decoded_straight_to_the_wanted_size() {
    let bench = Bench::new();
    let size = Size::new(128, 96);
    let clip = bench.clip("clip.mp4", size, &constant_rate(2), |_| ramps(size));
    let small = Size::new(37, 29);
    let mut decoder = Decoder::open(&clip, &Want { size: Some(small) }).unwrap();
    let picture = decoder.next().unwrap().unwrap().picture;
    assert_eq!(picture.size(), small);
    assert!(worst_difference(&picture, &ramps(small)) < RAMPS);
}

#[test]
fn dropping_a_decoder_early_ends_its_thread() {
    let bench = Bench::new();
    let size = Size::new(64, 48);
    let clip = bench.clip("clip.mp4", size, &constant_rate(60), |_| ramps(size));
    for _ in 0..20 {
        let mut decoder = Decoder::open(&clip, &Want::default()).unwrap();
        assert!(decoder.next().unwrap().is_ok());
    }
    let named = |entry: fs::DirEntry| fs::read_to_string(entry.path().join("comm")).is_ok_and(|n| n.trim() == "decode");
    let count = || fs::read_dir("/proc/self/task").map_or(0, |all| all.flatten().map(named).filter(|&n| n).count());
    for _ in 0..100 {
        if count() == 0 {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    // other tests of this binary decode at the same time; theirs end too
    assert!(count() < 8, "{} decoding threads are left", count());
}
