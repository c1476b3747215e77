//! What a rewrite keeps.

use super::bench::{Bench, EIGHT_BIT, RAMPS, constant_rate, decode, ramps, secs, worst_difference};
use holdstill::{
    frame::{Picture, Plane, Size, Time},
    media::{self, RewriteSettings, RewriteStats, Stop, TempOut, probe},
};
use std::{fs, path::Path, process::Command};

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
