//! What a clip's bytes are: a hash to name it by.

use super::{Error, source};
use std::{
    fs::File,
    path::{Path, PathBuf},
};

/// The numbers at which FFmpeg lets an image sequence begin (`start_number_range` of its image2 demuxer).
const FIRST_NUMBERS: std::ops::Range<u32> = 0..5;

/// BLAKE3 of the file at `path`, hexadecimal; of the first picture where `path` is a pattern such as `frames/%04d.png`.
///
/// # Errors
/// When the file cannot be read.
pub fn fingerprint(path: &Path) -> Result<String, Error> {
    let path = first_file(path);
    let unreadable = |source| Error::Unreadable { path: path.clone(), source };
    let file = File::open(&path).map_err(unreadable)?;
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(file).map_err(unreadable)?;
    Ok(hasher.finalize().to_hex().to_string())
}

/// The file itself, or the first that a numbered pattern names.
fn first_file(path: &Path) -> PathBuf {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return path.to_path_buf() };
    if !source::is_pattern(name) || path.exists() {
        return path.to_path_buf();
    }
    let name = name.to_string_lossy();
    let candidates = FIRST_NUMBERS.filter_map(|number| numbered(&name, number)).map(|name| folder.join(name));
    candidates.into_iter().find(|file| file.exists()).unwrap_or_else(|| path.to_path_buf())
}

/// `img_%04d.png` and 7 make `img_0007.png`.
fn numbered(pattern: &str, number: u32) -> Option<String> {
    let (before, rest) = pattern.split_once('%')?;
    let (width, after) = rest.split_once('d')?;
    let width: usize = if width.is_empty() { 0 } else { width.trim_start_matches('0').parse().ok()? };
    Some(format!("{before}{number:0width$}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_fill_the_pattern() {
        assert_eq!(numbered("img_%04d.png", 7).unwrap(), "img_0007.png");
        assert_eq!(numbered("%d.png", 12).unwrap(), "12.png");
        assert_eq!(numbered("plain.png", 1), None);
    }

    #[test]
    fn a_sequence_is_named_by_its_first_picture() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("f0001.png"), b"one").unwrap();
        let pattern = folder.path().join("f%04d.png");
        assert_eq!(fingerprint(&pattern).unwrap(), blake3::hash(b"one").to_hex().to_string());
        assert!(fingerprint(&folder.path().join("none.mp4")).is_err());
    }
}
