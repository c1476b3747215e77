//! Heat maps of a whole clip, kept on disk: memory stays flat however long the clip is.

use super::Error;
use crate::{
    drift::Spot,
    frame::{Plane, Size, pyramid},
};
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

    /// Adds the next frame's map, any size of the same shape.
    ///
    /// # Errors
    /// When the temporary folder is full.
    pub fn push(&mut self, map: &Plane<f32>) -> Result<(), Error> {
        let level = |&v: &f32| v.round().clamp(0.0, 100.0) as u8;
        let levels: Vec<u8> = pyramid::resize(map, self.size).data().iter().map(level).collect();
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

impl HeatMaps {
    /// Adds what is known only at the end: for every frame, the places that bend. Each glows round and soft.
    ///
    /// # Errors
    /// When the temporary file cannot be used.
    pub fn warm(&mut self, spots: &[Vec<Spot>]) -> Result<(), Error> {
        for (index, spots) in spots.iter().enumerate().filter(|(_, spots)| !spots.is_empty()) {
            if let Some(mut map) = self.get(index)? {
                for spot in spots {
                    glow(&mut map, spot);
                }
                let levels: Vec<u8> = map.data().iter().map(|&v| v.round().clamp(0.0, 100.0) as u8).collect();
                self.file.seek(SeekFrom::Start((index * levels.len()) as u64)).map_err(temp)?;
                self.file.write_all(&levels).map_err(temp)?;
            }
        }
        self.file.seek(SeekFrom::End(0)).map_err(temp)?;
        Ok(())
    }
}

/// Raises the map to a Gaussian hill, a third of its heat left at its radius.
fn glow(map: &mut Plane<f32>, spot: &Spot) {
    let (width, height) = (map.width() as f32, map.height() as f32);
    let (cx, cy) = (spot.x * width, spot.y * height);
    let radius = (spot.radius * width.max(height)).max(1.0);
    let rows = (cy - 2.0 * radius).max(0.0) as usize..((cy + 2.0 * radius).max(0.0) as usize).min(map.height());
    let columns = (cx - 2.0 * radius).max(0.0) as usize..((cx + 2.0 * radius).max(0.0) as usize).min(map.width());
    for y in rows {
        for x in columns.clone() {
            let distance = (x as f32 - cx).hypot(y as f32 - cy) / radius;
            let heat = spot.heat * (-distance * distance).exp();
            map.set(x, y, map.at(x, y).max(heat));
        }
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
        maps.push(&Plane::from_fn(4, 2, |x, y| (10 * x + y) as f32)).unwrap();
        maps.push(&Plane::filled(4, 2, -1.0)).unwrap();
        maps.push(&Plane::filled(4, 2, 120.0)).unwrap();
        assert_eq!(maps.get(2).unwrap().unwrap().at(3, 1), 100.0);
        assert_eq!(maps.get(0).unwrap().unwrap().at(2, 1), 21.0);
        assert_eq!(maps.get(1).unwrap().unwrap().at(0, 0), 0.0);
        assert!(maps.get(3).unwrap().is_none());
        assert_eq!(maps.len(), 3);
    }

    #[test]
    fn bent_places_glow_in_their_frame_only() {
        let mut maps = HeatMaps::new(Size::new(40, 20)).unwrap();
        let cold = Plane::filled(40, 20, 0.0);
        (0..3).for_each(|_| maps.push(&cold).unwrap());
        let spot = Spot { x: 0.5, y: 0.5, radius: 0.1, heat: 80.0 };
        maps.warm(&[vec![], vec![spot], vec![]]).unwrap();
        let warm = maps.get(1).unwrap().unwrap();
        assert_eq!(warm.at(20, 10), 80.0);
        assert!((warm.at(24, 10) - 29.0).abs() <= 1.0, "80 / e is left at the radius: {}", warm.at(24, 10));
        assert_eq!(warm.at(2, 2), 0.0);
        assert_eq!(maps.get(0).unwrap().unwrap().at(20, 10), 0.0);
        assert_eq!(maps.get(2).unwrap().unwrap().at(20, 10), 0.0);
    }
}
