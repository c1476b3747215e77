//! What is read, and what is written from pictures.

use super::bench::{Bench, EIGHT_BIT, RAMPS, constant_rate, decode, ramps, secs, worst_difference};
use holdstill::{
    frame::{Picture, Plane, Size, Time},
    media::{self, Decoder, EncodeSettings, Encoder, Ending, RewriteSettings, Want, probe},
};
use std::{env, fs, path::Path, process::Command};

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

/// Each clip is made by a process of its own, which finds other bytes in memory that nobody has written yet (glibc's `MALLOC_PERTURB_`).
#[test]
fn the_same_pictures_encode_to_the_same_bytes_whatever_lies_in_memory() {
    let bench = Bench::new();
    let size = Size::new(206, 256);
    if let Some(name) = env::var_os("HOLDSTILL_TEST_CLIP") {
        let still = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/stills/box.png"));
        let still = media::load_seed(still).unwrap().picture;
        let made = bench.clip("clip.mp4", size, &constant_rate(24), |index| slid(&still, size, index));
        fs::copy(made, name).unwrap();
        return;
    }
    let make = |held: u8| {
        let clip = bench.path(&format!("{held}.mp4"));
        let mut test = Command::new(env::current_exe().unwrap());
        test.arg("the_same_pictures_encode_to_the_same_bytes").env("HOLDSTILL_TEST_CLIP", &clip);
        assert!(test.env("MALLOC_PERTURB_", held.to_string()).output().unwrap().status.success());
        fs::read(clip).unwrap()
    };
    let first = make(0);
    for held in [1, 60, 120, 255] {
        assert!(make(held) == first, "memory of {held}");
    }
}

/// A window of `size` that slides over a still.
fn slid(still: &Picture, size: Size, index: usize) -> Picture {
    let window =
        |plane: &Plane<f32>| Plane::from_fn(size.width, size.height, |x, y| plane.at(x + 3 * index, y + 2 * index));
    Picture { rgb: still.rgb.each_ref().map(window) }
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
