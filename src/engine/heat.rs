//! Heat maps of a whole clip, kept on disk: memory stays flat however long the clip is.

use super::Error;
use crate::frame::{Plane, Size, pyramid};
use std::{
    fs::File,
    io::{Read, Seek, SeekFrom, Write},
};

/// Longest side of a kept map in pixels: a 5 s clip takes about 2 MB.
const LONGEST_SIDE: usize = 160;

/// One map per frame, `0..=100`, in frames' order, in a temporary file that vanishes with the value.
#[derive(Debug)]
pub struct HeatMaps {
    file: File,
    size: Size,
    count: usize,
}

impl HeatMaps {
    /// An empty store for frames of `frame` pixels.
    ///
    /// # Errors
    /// When no temporary file can be made.
    pub fn new(frame: Size) -> Result<Self, Error> {
        Ok(Self { file: tempfile::tempfile().map_err(temp)?, size: frame.fit(LONGEST_SIDE), count: 0 })
    }

    /// Adds the next frame's map (any size of the same shape), a cold one where nothing was measured.
    ///
    /// # Errors
    /// When the temporary folder is full.
    pub fn push(&mut self, map: Option<&Plane<f32>>) -> Result<(), Error> {
        let levels = match map {
            Some(map) => {
                pyramid::resize(map, self.size).data().iter().map(|&v| v.round().clamp(0.0, 100.0) as u8).collect()
            }
            None => vec![0; self.size.width * self.size.height],
        };
        self.file.write_all(&levels).map_err(temp)?;
        self.count += 1;
        Ok(())
    }

    /// Number of maps.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether no frame was measured.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The map of frame `index`, `0..=100`, at most 160 pixels on its longer side; `None` past the end.
    ///
    /// # Errors
    /// When the temporary file cannot be read back.
    pub fn get(&mut self, index: usize) -> Result<Option<Plane<f32>>, Error> {
        if index >= self.count {
            return Ok(None);
        }
        let mut levels = vec![0; self.size.width * self.size.height];
        self.file.seek(SeekFrom::Start((index * levels.len()) as u64)).map_err(temp)?;
        self.file.read_exact(&mut levels).map_err(temp)?;
        self.file.seek(SeekFrom::End(0)).map_err(temp)?;
        Ok(Some(Plane::from_vec(self.size.width, self.size.height, levels.into_iter().map(f32::from).collect())))
    }
}

fn temp(error: std::io::Error) -> Error {
    Error::Scratch(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_come_back_in_any_order() {
        let mut maps = HeatMaps::new(Size::new(4, 2)).unwrap();
        maps.push(Some(&Plane::from_fn(4, 2, |x, y| (10 * x + y) as f32))).unwrap();
        maps.push(None).unwrap();
        maps.push(Some(&Plane::filled(4, 2, 120.0))).unwrap();
        assert_eq!(maps.get(2).unwrap().unwrap().at(3, 1), 100.0);
        assert_eq!(maps.get(0).unwrap().unwrap().at(2, 1), 21.0);
        assert_eq!(maps.get(1).unwrap().unwrap().at(0, 0), 0.0);
        assert!(maps.get(3).unwrap().is_none());
        assert_eq!(maps.len(), 3);
    }
}
