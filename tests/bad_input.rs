//! The command line on bad input: one `error:`, one `hint:`, the right exit code, no panic, nothing half-written.
#![expect(clippy::unwrap_used, reason = "a test ends where a step fails")]

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};
use tempfile::TempDir;

const MEDIA: i32 = 3;
const INTERRUPTED: i32 = 130;

/// A folder with a still and a clip made from it, and holdstill run in it.
struct Scene {
    folder: TempDir,
    still: PathBuf,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let still = folder.path().join("still.png");
        let scene = Self { folder, still };
        scene.ffmpeg("-f lavfi -i testsrc2=s=96x64 -frames:v 1", "still.png");
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs `ffmpeg ARGUMENTS NAME` in the folder; arguments are split at white space.
    fn ffmpeg(&self, arguments: &str, name: &str) -> PathBuf {
        let mut command = Command::new("ffmpeg");
        command.current_dir(self.folder.path()).args(["-loglevel", "error", "-y"]);
        let made = command.args(arguments.split_whitespace()).arg(name).output().expect("`make test` installs ffmpeg");
        assert!(made.status.success(), "{command:?}: {}", String::from_utf8_lossy(&made.stderr));
        self.path(name)
    }

    fn clip(&self, name: &str) -> PathBuf {
        self.ffmpeg("-loop 1 -framerate 24 -i still.png -frames:v 12 -pix_fmt yuv420p -movflags +faststart", name)
    }

    /// A clip of `frames` frames that is brighter in every third.
    fn flickering(&self, name: &str, frames: usize) -> PathBuf {
        let filter = "hue=b=if(eq(mod(n\\,3)\\,1)\\,1\\,0)";
        let loops = format!("-loop 1 -framerate 24 -i still.png -frames:v {frames} -vf {filter} -pix_fmt yuv420p");
        self.ffmpeg(&loops, name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        fs::write(self.path(name), bytes).unwrap();
        self.path(name)
    }

    /// holdstill with its temporary files and its state in this folder.
    fn holdstill(&self) -> Command {
        self.at_home(Command::new(env!("CARGO_BIN_EXE_holdstill")))
    }

    /// The same without root's right to read what is locked.
    fn unprivileged(&self) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--bounding-set", "-dac_override,-dac_read_search", env!("CARGO_BIN_EXE_holdstill")]);
        self.at_home(command)
    }

    fn at_home(&self, mut command: Command) -> Command {
        for (name, folder) in [("TMPDIR", "tmp"), ("XDG_DATA_HOME", "data"), ("XDG_CONFIG_HOME", "config")] {
            fs::create_dir_all(self.path(folder)).unwrap();
            command.env(name, self.path(folder));
        }
        command.current_dir(self.folder.path()).env("NO_COLOR", "1").env_remove("RUST_LOG");
        command
    }

    fn score(&self, clip: &Path) -> Output {
        self.holdstill().arg("score").arg(clip).arg("--seed").arg(&self.still).output().unwrap()
    }

    /// Scoring `clip` fails with the word `code` and says `message`.
    fn score_fails(&self, clip: &Path, code: &str, message: &str) {
        let mut command = self.holdstill();
        command.arg("score").arg(clip).arg("--seed").arg(&self.still);
        fails(&mut command, MEDIA, code, message);
        assert_eq!(files_under(&self.path("tmp")), 0, "temporary files are left");
    }
}

/// The command fails as a person and as a script should see it.
fn fails(command: &mut Command, exit: i32, code: &str, message: &str) {
    let output = command.output().unwrap();
    let talk = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(exit), "{talk}");
    let lines = |start: &str| talk.lines().filter(|line| line.starts_with(start)).count();
    assert_eq!((lines("error: "), lines("hint: ")), (1, 1), "{talk}");
    assert!(talk.contains(message) && !talk.contains("panicked"), "{talk}");
    assert!(output.stdout.is_empty());

    let envelope = String::from_utf8(command.arg("--json").output().unwrap().stdout).unwrap();
    let last = envelope.lines().last().unwrap();
    let envelope: serde_json::Value = serde_json::from_str(last).unwrap();
    assert_eq!(envelope["schema"], "holdstill/error/1");
    assert_eq!(envelope["error"]["code"], code, "{last}");
}

fn files_under(folder: &Path) -> usize {
    fs::read_dir(folder).map_or(0, |entries| entries.flatten().count())
}

#[test]
fn a_missing_clip_or_still() {
    let scene = Scene::new();
    scene.score_fails(Path::new("none.mp4"), "not-found", "none.mp4 does not exist");
    let clip = scene.clip("clip.mp4");
    let mut command = scene.holdstill();
    fails(command.arg("score").arg(clip).args(["--seed", "none.png"]), MEDIA, "not-found", "none.png does not exist");
}

#[test]
fn files_that_are_no_clip() {
    let scene = Scene::new();
    let text = scene.write("text.mp4", "This is no video.\n".repeat(40));
    scene.score_fails(&text, "not-media", "is not a clip");
    let list = scene.write("list.mp4", "ffconcat version 1.0\nfile 'clip.mp4'\n");
    scene.clip("clip.mp4");
    scene.score_fails(&list, "not-media", "is not a clip");
    let sound = scene.ffmpeg("-f lavfi -i sine -t 0.2", "sound.m4a");
    scene.score_fails(&sound, "no-video-stream", "holds no video");
    let nothing = scene.ffmpeg("-f lavfi -i testsrc2=s=64x48 -t 0 -pix_fmt yuv420p", "nothing.mp4");
    scene.score_fails(&nothing, "no-frames", "holds no frame");
}

#[test]
fn a_mask_in_which_nothing_is_painted() {
    let scene = Scene::new();
    let clip = scene.clip("clip.mp4");
    let painted = |colour: &str, name: &str| {
        scene.ffmpeg(&format!("-f lavfi -i color={colour}:s=96x64,format=rgba -frames:v 1"), name)
    };
    for mask in [painted("black", "black.png"), painted("white@0", "clear.png")] {
        let mut command = scene.holdstill();
        command.arg("score").arg(&clip).arg("--seed").arg(&scene.still).arg("--mask").arg(mask);
        fails(&mut command, MEDIA, "not-media", "nothing is painted in it");
    }
}

#[test]
fn a_mask_of_another_shape() {
    let scene = Scene::new();
    let clip = scene.clip("clip.mp4");
    let mask = scene.ffmpeg("-f lavfi -i color=white:s=100x40 -frames:v 1", "wide.png");
    let mut command = scene.holdstill();
    command.arg("score").arg(&clip).arg("--seed").arg(&scene.still).arg("--mask").arg(mask);
    fails(&mut command, MEDIA, "other-shape", "another shape than the still's");
}

#[test]
fn a_clip_too_small_to_tell_does_not_hold() {
    let scene = Scene::new();
    let tiny = scene.ffmpeg("-loop 1 -i still.png -frames:v 6 -vf scale=24:16 -pix_fmt yuv420p", "tiny.mp4");
    let scored = scene.score(&tiny);
    assert_eq!(scored.status.code(), Some(6), "{scored:?}");
    assert!(String::from_utf8_lossy(&scored.stdout).contains("24×16 pixels"), "{scored:?}");
}

#[test]
fn a_folder_that_may_not_be_read() {
    let scene = Scene::new();
    let folder = scene.path("locked");
    fs::create_dir(&folder).unwrap();
    scene.score_fails(&folder, "not-media", "it is a folder");
    let clip = folder.join("clip.mp4");
    fs::rename(scene.clip("clip.mp4"), &clip).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode;
    fs::set_permissions(&folder, mode(0o000)).unwrap();
    let mut command = if fs::read_dir(&folder).is_ok() { scene.unprivileged() } else { scene.holdstill() };
    command.arg("score").arg(&clip).arg("--seed").arg(&scene.still);
    fails(&mut command, MEDIA, "unreadable", "cannot be read");
    fs::set_permissions(&folder, mode(0o755)).unwrap();
}

#[test]
fn clips_that_end_too_early() {
    let scene = Scene::new();
    let noisy = "-loop 1 -framerate 24 -i still.png -frames:v 12 -vf noise=alls=30:allf=t -pix_fmt yuv420p";
    let whole = fs::read(scene.ffmpeg(&format!("{noisy} -movflags +faststart"), "clip.mp4")).unwrap();
    let cut = scene.write("cut.mp4", &whole[..whole.len() * 4 / 5]);
    let scored = scene.score(&cut);
    assert!(matches!(scored.status.code(), Some(0 | 1 | 6)), "{scored:?}");
    scene.ffmpeg("-i clip.mp4 -c copy", "late.mp4");
    let late = fs::read(scene.path("late.mp4")).unwrap();
    let cut = scene.write("cut-late.mp4", &late[..late.len() / 2]);
    scene.score_fails(&cut, "truncated", "is cut short");
}

#[test]
fn the_smallest_clips_get_a_verdict() {
    let scene = Scene::new();
    for (arguments, name) in [
        ("-loop 1 -i still.png -frames:v 1 -pix_fmt yuv420p", "one-frame.mp4"),
        ("-f lavfi -i testsrc2=r=5 -frames:v 3 -vf format=yuv444p,crop=1:1,setsar=1 -c:v ffv1", "one-pixel.mkv"),
        ("-f lavfi -i testsrc2=s=48x160:r=5 -frames:v 3 -pix_fmt yuv420p", "other-shape.mp4"),
    ] {
        let scored = scene.score(&scene.ffmpeg(arguments, name));
        let talk = String::from_utf8(scored.stderr).unwrap();
        assert!(matches!(scored.status.code(), Some(0 | 1 | 6)) && !talk.contains("panicked"), "{name}: {talk}");
    }
}

#[test]
fn a_still_too_large_to_hold() {
    let scene = Scene::new();
    let clip = scene.clip("clip.mp4");
    // signature and header chunk of a PNG of 20000 × 20000, without pixels
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x4e\x20\0\0\x4e\x20\x08\x02\0\0\0".to_vec();
    png.extend(crc32(&png[12..]).to_be_bytes());
    png.extend(b"\0\0\0\0IDAT");
    png.extend(crc32(b"IDAT").to_be_bytes());
    let still = scene.write("huge.png", png);
    let mut command = scene.holdstill();
    fails(command.arg("score").arg(clip).arg("--seed").arg(still), MEDIA, "too-large", "is 20000x20000");
}

/// The checksum of PNG chunks (ISO 3309).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

#[test]
fn a_full_disk() {
    let scene = Scene::new();
    let small = scene.path("small");
    fs::create_dir(&small).unwrap();
    let Some(_mounted) = Tmpfs::mount(&small, "16k") else {
        println!("mounting needs root: skipped");
        return;
    };
    // a flow field takes 8 bytes a pixel: 48 KB
    let mut command = scene.holdstill();
    command.args(["flow", "still.png", "still.png", "-o", "small/out.flo"]);
    fails(&mut command, MEDIA, "disk-full", "the disk is full");
    assert_eq!(files_under(&small), 0, "half a file is left");

    assert!(fs::write(small.join("filler"), vec![0; 1 << 20]).is_err());
    let mut command = scene.holdstill();
    command.args("animate still.png --duration 1s --takes 1 --home home --out small/a.mp4".split(' '));
    fails(&mut command, MEDIA, "disk-full", "the disk is full");
    assert_eq!(files_under(&small), 1, "half a clip is left");

    scene.clip("fine.mp4");
    scene.flickering("flickering.mp4", 12);
    for clip in ["fine.mp4", "flickering.mp4"] {
        let mut command = scene.holdstill();
        command.args(["mend", clip, "--seed", "still.png", "-o", "small/mended.mp4"]);
        fails(&mut command, MEDIA, "disk-full", "the disk is full");
        assert_eq!(files_under(&small), 1, "half a clip is left");
    }
}

/// A file system of its own in a folder, until dropped.
struct Tmpfs(PathBuf);

impl Tmpfs {
    fn mount(folder: &Path, size: &str) -> Option<Self> {
        let option = format!("size={size}");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &option, "tmpfs"]).arg(folder).output();
        mounted.is_ok_and(|mount| mount.status.success()).then(|| Self(folder.into()))
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("-l").arg(&self.0).status();
        assert!(unmounted.is_ok_and(|status| status.success()), "{} is still mounted", self.0.display());
    }
}

#[test]
fn interrupting_a_score_leaves_nothing_behind() {
    let scene = Scene::new();
    let long = "-loop 1 -framerate 24 -i still.png -frames:v 300 -s 640x426 -preset ultrafast -pix_fmt yuv420p";
    let clip = scene.ffmpeg(long, "long.mp4");
    let mut command = scene.holdstill();
    interrupt(command.arg("score").arg(clip).arg("--seed").arg(&scene.still));
    assert_eq!(files_under(&scene.path("tmp")), 0, "temporary files are left");
}

#[test]
fn interrupting_a_mend_leaves_nothing_behind() {
    let scene = Scene::new();
    let clip = scene.flickering("flickering.mp4", 240);
    fs::create_dir(scene.path("out")).unwrap();
    let mut command = scene.holdstill();
    interrupt(command.arg("mend").arg(clip).arg("--seed").arg(&scene.still).args(["-o", "out/mended.mp4"]));
    assert_eq!(files_under(&scene.path("tmp")) + files_under(&scene.path("out")), 0, "half a clip is left");
}

#[test]
fn interrupting_an_animation_leaves_nothing_half_done() {
    let scene = Scene::new();
    scene.ffmpeg("-f lavfi -i testsrc2=s=640x480 -frames:v 1", "large.png");
    let mut command = scene.holdstill();
    interrupt(command.args(["animate", "large.png", "--duration", "10s", "--home", "home", "--out", "out/clip.mp4"]));
    assert_eq!(files_under(&scene.path("tmp")), 0, "temporary files are left");
    assert_eq!(files_under(&scene.path("out")), 0, "half an animation is left");
    let listing = Command::new("find").arg(scene.folder.path()).args(["-name", ".holdstill-*"]).output().unwrap();
    assert!(listing.stdout.is_empty(), "{}", String::from_utf8_lossy(&listing.stdout));
}

/// Runs the command until it reports progress and sends it SIGINT: it ends as interrupted, and says so.
fn interrupt(command: &mut Command) {
    let piped = command.arg("--json").stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    let mut events = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("progress") {
        line.clear();
        assert!(events.read_line(&mut line).unwrap() > 0, "it ended before it could be stopped");
    }
    // the shell's own `kill`: a bare Debian has no other
    let signalled = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().unwrap();
    assert!(signalled.success());
    // the rest must be read, or the pipe fills and the child waits
    events.read_to_string(&mut line).unwrap();
    let mut talk = String::new();
    child.stderr.take().unwrap().read_to_string(&mut talk).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(INTERRUPTED), "{talk}");
    assert!(talk.starts_with("error: ") && !talk.contains("panicked"), "{talk}");
    assert_eq!(talk.lines().filter(|line| line.starts_with("error: ")).count(), 1, "{talk}");
}
