//! How much the picture changes from one frame to the next.

use crate::frame::{
    Plane,
    sample::{LANES, first_lanes},
    simd::{self, Kernel},
};

/// Rows of a block, which is [`LANES`] pixels wide.
const ROWS: usize = 16;
/// Share of the blocks that are the busiest: a small product before a still wall moves few.
const BUSIEST: f64 = 0.1;

/// Absolute changes of luma, levels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Change {
    /// Mean of the whole picture.
    pub(super) mean: f64,
    /// Mean of the blocks that change most.
    pub(super) busiest: f64,
}

impl Change {
    /// From one plane of luma, `0..=255`, to the next of its size.
    pub(super) fn between(before: &Plane<f32>, now: &Plane<f32>) -> Self {
        let (sum, mut blocks) = simd::run(Differences { before, now });
        let mean = sum / now.data().len().max(1) as f64;
        let count = (BUSIEST * blocks.len() as f64).round() as usize;
        if count == 0 {
            return Self { mean, busiest: mean };
        }
        blocks.select_nth_unstable_by(count - 1, |a, b| b.total_cmp(a));
        let busiest = blocks[..count].iter().map(|&sum| f64::from(sum)).sum::<f64>();
        Self { mean, busiest: busiest / (count * LANES * ROWS) as f64 }
    }
}

/// Sums of the absolute differences: of all pixels, and of every whole block.
struct Differences<'a> {
    before: &'a Plane<f32>,
    now: &'a Plane<f32>,
}

impl Kernel for Differences<'_> {
    type Output = (f64, Vec<f32>);

    #[inline(always)]
    fn run(self) -> Self::Output {
        let Self { before, now } = self;
        let (columns, rows) = (now.width() / LANES, now.height() / ROWS);
        let mut blocks = vec![0.0; columns * rows];
        let mut sum = 0.0;
        for y in 0..now.height() {
            for (column, (now, before)) in now.row(y).chunks(LANES).zip(before.row(y).chunks(LANES)).enumerate() {
                let (now, before) = (first_lanes(now), first_lanes(before));
                let mut differences = [0.0; LANES];
                for i in 0..LANES {
                    differences[i] = (now[i] - before[i]).abs();
                }
                let of_row: f32 = differences.iter().sum();
                sum += f64::from(of_row);
                if column < columns && y / ROWS < rows {
                    blocks[y / ROWS * columns + column] += of_row;
                }
            }
        }
        (sum, blocks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_in_a_corner_is_busy_however_still_the_rest() {
        // 100 whole blocks, and pixels beyond them on both sides
        let still = Plane::from_fn(165, 163, |_, _| 100.0);
        let moved = Plane::from_fn(165, 163, |x, y| if x < 16 && y < 80 { 104.0 } else { 100.0 });
        let Change { mean, busiest } = Change::between(&still, &moved);
        assert!((mean - 4.0 * 16.0 * 80.0 / (165.0 * 163.0)).abs() < 1e-6, "{mean}");
        assert!((busiest - 2.0).abs() < 1e-6, "five of the ten busiest blocks by 4 levels: {busiest}");
    }

    #[test]
    fn a_picture_of_few_blocks_is_as_busy_as_it_changes() {
        let [dark, light] = [3.0, 8.0].map(|level| Plane::from_fn(20, 20, |_, _| level));
        assert_eq!(Change::between(&dark, &light), Change { mean: 5.0, busiest: 5.0 });
        assert_eq!(Change::between(&dark, &dark), Change::default());
    }
}
