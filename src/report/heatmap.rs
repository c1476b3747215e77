//! Pictures of where a frame drifts.

use super::palette::inferno;
use crate::frame::{Picture, Plane, Size, pyramid::resize};

/// Drift below which nothing is drawn, `0..=100`: measurement noise is not worth a glow.
const SILENT_BELOW: f32 = 8.0;
/// Drift at which the overlay has its full strength, `0..=100`.
const FULL_AT: f32 = 50.0;
/// Strongest opacity of the overlay, `0..=1`: the frame must stay recognisable below it.
const OPACITY: f32 = 0.78;

/// The file of frame `index` (0-based) in a folder of heat maps: `frame_000123.png`.
pub fn file_name(index: usize) -> String {
    format!("frame_{index:06}.png")
}

/// A frame with its drift (`0..=100`, any size) laid over it: grey where it is faithful, glowing where it drifts.
pub fn overlay(frame: &Picture, heat: &Plane<f32>) -> Picture {
    let size = frame.size();
    let heat = fitted(heat, size);
    let luma = frame.luma();
    let mut picture = frame.clone();
    for at in 0..heat.data().len() {
        let (color, opacity) = glow(heat.data()[at]);
        let grey = 0.6 * luma.data()[at] / 255.0 + 0.12;
        for (channel, glow) in picture.rgb.iter_mut().zip(color) {
            let value = &mut channel.data_mut()[at];
            let muted = 0.25 * *value + 0.75 * grey;
            *value = muted + opacity * (glow - muted);
        }
    }
    picture
}

/// The overlay alone, interleaved 8-bit R'G'B'A, row-major, in the size of `heat`.
pub(super) fn rgba8(heat: &Plane<f32>) -> Vec<u8> {
    let level = |v: f32| (255.0 * v).round() as u8;
    heat.data()
        .iter()
        .flat_map(|&drift| {
            let ([r, g, b], opacity) = glow(drift);
            [level(r), level(g), level(b), level(opacity)]
        })
        .collect()
}

/// Colour and opacity of a drift in `0..=100`. The map starts at a third, because inferno's black is no glow.
fn glow(drift: f32) -> ([f32; 3], f32) {
    let drift = if drift.is_finite() { drift.clamp(0.0, 100.0) } else { 0.0 };
    let strength = ((drift - SILENT_BELOW) / (FULL_AT - SILENT_BELOW)).clamp(0.0, 1.0);
    (inferno(0.33 + 0.62 * drift / 100.0), OPACITY * strength.sqrt())
}

fn fitted(heat: &Plane<f32>, size: Size) -> Plane<f32> {
    resize(heat, size).map(|v| v.clamp(0.0, 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_like_frames() {
        assert_eq!(file_name(123), "frame_000123.png");
        assert!(file_name(9) < file_name(10));
    }

    #[test]
    fn glows_only_where_it_drifts() {
        let frame = Picture::filled(Size::new(8, 4), [0.5; 3]);
        let heat = Plane::from_fn(8, 4, |x, _| if x < 4 { 0.0 } else { 100.0 });
        let picture = overlay(&frame, &heat);
        let [r, _, b] = &picture.rgb;
        assert_eq!(r.at(0, 0), b.at(0, 0), "faithful pixels stay grey");
        assert!(r.at(7, 0) > b.at(7, 0) + 0.2, "drifting pixels glow");
        assert_eq!(picture.size(), frame.size());
    }

    #[test]
    fn heat_of_any_size_and_value_fits() {
        let frame = Picture::filled(Size::new(7, 5), [1.0, 0.0, 0.0]);
        for heat in [Plane::filled(1, 1, f32::NAN), Plane::filled(3, 9, -5.0), Plane::filled(14, 10, 1e9)] {
            let picture = overlay(&frame, &heat);
            assert!(picture.rgb.iter().all(|c| c.data().iter().all(|v| (0.0..=1.0).contains(v))));
        }
        assert_eq!(overlay(&Picture::filled(Size::new(0, 0), [0.0; 3]), &Plane::filled(2, 2, 1.0)).size().width, 0);
    }
}
