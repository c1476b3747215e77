//! Draws a frame's findings into the frame: drift and cause above, where in time below, a box where it is worst.

use crate::{
    drift::{DRIFT_FAIL, FrameDrift, ScoreReport},
    frame::{Picture, Rect, Size},
};
use font8x8::{BASIC_FONTS, UnicodeFonts};

/// Side of a glyph of the bitmap font, pixels.
const GLYPH: usize = 8;

/// A letter's height is the picture's height divided by this.
const LINES: usize = 34;

/// Height of the timeline in shares of the picture's height.
const TIMELINE: usize = 24;

const WHITE: [f32; 3] = [1.0, 1.0, 1.0];
const GOOD: [f32; 3] = [0.30, 0.78, 0.47];
const BAD: [f32; 3] = [0.95, 0.33, 0.28];

/// Draws what `report` says of frame `index` into its picture, of any size; nothing where there is no such frame.
pub fn draw(picture: &mut Picture, report: &ScoreReport, index: usize) {
    let Some(frame) = report.judgement.frames.get(index) else { return };
    let size = picture.size();
    let scale = (size.height / LINES / GLYPH).max(1);
    boxes(picture, report, frame, scale);
    timeline(picture, report, index);

    let band = Rect { x: 0, y: 0, width: size.width, height: (GLYPH + 6) * scale };
    shade(picture, band, 0.35);
    let color = if frame.drift >= DRIFT_FAIL { BAD } else { GOOD };
    let margin = 3 * scale;
    let after = text(picture, margin, margin, scale, &format!("drift {:3.0}", frame.drift), color);
    let cause = frame.causes.iter().max_by(|a, b| a.1.total_cmp(b.1)).filter(|(_, drift)| **drift >= DRIFT_FAIL);
    let label = cause.map_or_else(String::new, |(cause, _)| cause.name().to_owned());
    text(picture, after + 2 * GLYPH * scale, margin, scale, &label, WHITE);
    let time = format!("{index:4}  {:6.2}s", frame.time_secs);
    let width = time.len() * GLYPH * scale;
    text(picture, size.width.saturating_sub(width + margin), margin, scale, &time, WHITE);
}

/// A box around each cause's region while the frame is at fault.
fn boxes(picture: &mut Picture, report: &ScoreReport, frame: &FrameDrift, scale: usize) {
    let size = picture.size();
    let clip = Size::new(report.clip.width.max(1), report.clip.height.max(1));
    for finding in &report.judgement.causes {
        let [x, y, width, height] = finding.region;
        let is_everywhere = width >= clip.width && height >= clip.height;
        if is_everywhere || frame.causes.get(&finding.cause).is_none_or(|drift| *drift < DRIFT_FAIL) {
            continue;
        }
        let (across, down) = (|v: usize| v * size.width / clip.width, |v: usize| v * size.height / clip.height);
        let (x, y, width, height) = (across(x), down(y), across(width), down(height));
        let line = (scale + 1).min(width.max(1)).min(height.max(1));
        for rect in [
            Rect { x, y, width, height: line },
            Rect { x, y: y + height.saturating_sub(line), width, height: line },
            Rect { x, y, width: line, height },
            Rect { x: x + width.saturating_sub(line), y, width: line, height },
        ] {
            paint(picture, rect, BAD);
        }
    }
}

/// Every frame's drift as a column, the present one white.
fn timeline(picture: &mut Picture, report: &ScoreReport, index: usize) {
    let size = picture.size();
    let height = (size.height / TIMELINE).max(2).min(size.height);
    let top = size.height - height;
    shade(picture, Rect { x: 0, y: top, width: size.width, height }, 0.35);
    let count = report.judgement.frames.len().max(1);
    for x in 0..size.width {
        let at = x * count / size.width;
        let drift = report.judgement.frames.get(at).map_or(0.0, |frame| frame.drift.clamp(0.0, 100.0));
        let column = ((drift / 100.0 * height as f64).round() as usize).max(1);
        let color = if drift >= DRIFT_FAIL { BAD } else { GOOD };
        paint(picture, Rect { x, y: size.height - column.min(height), width: 1, height: column.min(height) }, color);
    }
    let (from, to) =
        (index * size.width / count, ((index + 1) * size.width / count).max(index * size.width / count + 2));
    paint(picture, Rect { x: from, y: top, width: to - from, height }, WHITE);
}

/// Writes `words` with their upper left corner at `(x, y)`; gives the column after them.
fn text(picture: &mut Picture, x: usize, y: usize, scale: usize, words: &str, color: [f32; 3]) -> usize {
    let mut left = x;
    for letter in words.chars() {
        let rows = BASIC_FONTS.get(letter).unwrap_or_default();
        for (dy, row) in rows.into_iter().enumerate() {
            for dx in (0..GLYPH).filter(|dx| row >> dx & 1 == 1) {
                paint(picture, Rect { x: left + dx * scale, y: y + dy * scale, width: scale, height: scale }, color);
            }
        }
        left += GLYPH * scale;
    }
    left
}

/// Fills a box with a colour, as far as it lies in the picture.
fn paint(picture: &mut Picture, rect: Rect, color: [f32; 3]) {
    for (plane, value) in picture.rgb.iter_mut().zip(color) {
        each_row(plane, rect, |row| row.fill(value));
    }
}

/// Darkens a box to `share` of its light, as far as it lies in the picture.
fn shade(picture: &mut Picture, rect: Rect, share: f32) {
    for plane in &mut picture.rgb {
        each_row(plane, rect, |row| row.iter_mut().for_each(|v| *v *= share));
    }
}

fn each_row(plane: &mut crate::frame::Plane<f32>, rect: Rect, mut f: impl FnMut(&mut [f32])) {
    let (right, bottom) = ((rect.x + rect.width).min(plane.width()), (rect.y + rect.height).min(plane.height()));
    for y in rect.y.min(bottom)..bottom {
        f(&mut plane.row_mut(y)[rect.x.min(right)..right]);
    }
}
