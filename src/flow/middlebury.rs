//! The Middlebury `.flo` format: `PIEH`, width and height as little-endian `i32`, then interleaved `u, v` as little-endian
//! `f32`, row by row (Baker et al., *A Database and Evaluation Methodology for Optical Flow*, IJCV 2011).

use super::Flow;
use crate::frame::{Plane, Size};
use std::io::{self, Read, Write};

const TAG: &[u8; 4] = b"PIEH";
/// Longest side that is believed, pixels: a larger one means that the file is damaged.
const LONGEST_SIDE: usize = 65_535;
/// Most pixels that are believed: 2³⁰, 8 GiB of flow.
const MOST_PIXELS: usize = 1 << 30;
/// Components from here on mean "unknown" in published truth.
pub const UNKNOWN: f32 = 1e9;

/// Why a `.flo` file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The bytes could not be had, or end too early.
    #[error("the .flo data could not be read")]
    Io(#[from] io::Error),
    /// It does not begin like a `.flo` file.
    #[error("not a Middlebury .flo file")]
    NotFlo,
    /// Its size cannot be true.
    #[error("a .flo file of {width}x{height} is not plausible")]
    Size {
        /// Columns by the header.
        width: i32,
        /// Rows by the header.
        height: i32,
    },
}

/// Reads a flow; unknown components stay as they are (≥ [`UNKNOWN`]).
pub fn read_flo(mut reader: impl Read) -> Result<Flow, ReadError> {
    let mut header = [0; 12];
    reader.read_exact(&mut header)?;
    if &header[..4] != TAG {
        return Err(ReadError::NotFlo);
    }
    let number = |at: usize| i32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let (width, height) = (number(4), number(8));
    let side = |n: i32| usize::try_from(n).ok().filter(|&n| n <= LONGEST_SIDE);
    let size = match (side(width), side(height)) {
        (Some(w), Some(h)) if w * h <= MOST_PIXELS => Size::new(w, h),
        _ => return Err(ReadError::Size { width, height }),
    };
    let mut row = vec![0; 8 * size.width];
    let (mut u, mut v) = (Vec::new(), Vec::new());
    for _ in 0..size.height {
        reader.read_exact(&mut row)?;
        for pair in row.chunks_exact(8) {
            u.push(f32::from_le_bytes([pair[0], pair[1], pair[2], pair[3]]));
            v.push(f32::from_le_bytes([pair[4], pair[5], pair[6], pair[7]]));
        }
    }
    let plane = |data| Plane::from_vec(size.width, size.height, data);
    Ok(Flow { u: plane(u), v: plane(v) })
}

/// Writes a flow.
pub fn write_flo(mut writer: impl Write, flow: &Flow) -> io::Result<()> {
    let size = flow.size();
    let side = |n: usize| i32::try_from(n).map_err(io::Error::other);
    writer.write_all(TAG)?;
    writer.write_all(&side(size.width)?.to_le_bytes())?;
    writer.write_all(&side(size.height)?.to_le_bytes())?;
    let mut row = Vec::with_capacity(8 * size.width);
    for y in 0..size.height {
        row.clear();
        for (u, v) in flow.u.row(y).iter().zip(flow.v.row(y)) {
            row.extend_from_slice(&u.to_le_bytes());
            row.extend_from_slice(&v.to_le_bytes());
        }
        writer.write_all(&row)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_published_layout() {
        let flow = Flow::from_fn(Size::new(2, 1), |x, _| (x as f32, -2.5));
        let mut bytes = Vec::new();
        write_flo(&mut bytes, &flow).expect("memory takes it");
        let mut expected = b"PIEH\x02\0\0\0\x01\0\0\0".to_vec();
        for value in [0.0f32, -2.5, 1.0, -2.5] {
            expected.extend(value.to_le_bytes());
        }
        assert_eq!(bytes, expected);
        assert_eq!(read_flo(&bytes[..]).expect("it reads its own"), flow);
    }

    #[test]
    fn refuses_what_is_no_flow() {
        assert!(matches!(read_flo(&b"PIEG\0\0\0\0\0\0\0\0"[..]), Err(ReadError::NotFlo)));
        assert!(matches!(read_flo(&b"PIEH\xff\xff\xff\xff\x01\0\0\0"[..]), Err(ReadError::Size { width: -1, .. })));
        assert!(matches!(read_flo(&b"PIEH\x02\0\0\0\x01\0\0\0half"[..]), Err(ReadError::Io(_))));
    }
}
