//! Clips as FFmpeg makes them, read and written through `holdstill::media`.
#![expect(clippy::unwrap_used, reason = "a test ends where a step fails")]

mod bench;
mod reading;
mod rewriting;
