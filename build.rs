//! Passes on which FFmpeg was found: its version 8 moved a function that `media` needs.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-check-cfg=cfg(ffmpeg_8)");
    if std::env::var("DEP_FFMPEG_FFMPEG_8_0").is_ok_and(|found| found == "true") {
        println!("cargo:rustc-cfg=ffmpeg_8");
    }
}
