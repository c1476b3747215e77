//! A picture whose motion is known: what the kernels are measured on.

use holdstill::frame::{Plane, Size};

/// Waves from 7 to 100 pixels long, luma `0..=255`; `shift` slides them by so many pixels and turns them a little.
pub(crate) fn picture(size: Size, shift: f32) -> Plane<f32> {
    Plane::from_fn(size.width, size.height, |x, y| {
        let (x, y) = (x as f32 + shift + 0.004 * shift * y as f32, y as f32 - 0.5 * shift - 0.004 * shift * x as f32);
        let wave = |i: usize| {
            let (turn, k) = (i as f32 * 2.4, 0.06 * 1.22f32.powi(i as i32));
            (k * (x * turn.cos() + y * turn.sin()) + 1.7 * i as f32).sin()
        };
        128.0 + 11.0 * (0..14).map(wave).sum::<f32>().clamp(-11.0, 11.0)
    })
}
