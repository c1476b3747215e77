//! Where a regular grid of the seed's points is in each frame: the memory of the geometry, a few kilobytes per frame.

use super::{canvas::Canvas, registration::Registered, series::quantile, tears::Torn, window};
use crate::frame::Plane;

/// Points along the longer side of the canvas.
pub(super) const ALONG: usize = 64;
/// Steps of the stored displacements per pixel.
const PER_PIXEL: f32 = 32.0;
/// Likeness from which a point is taken for the seed's: below, the flow follows something else.
pub(super) const SURE: f32 = 0.8;
/// Share of the seed's variance that must be left: a blurred place (focus, motion) is not sharp enough to measure bending.
const SHARP: f32 = 0.4;
/// Smaller eigenvalue of the gradients' second moments, levels² per pixel², at which a point counts half. Noise of 3 levels in
/// a window of 121 pixels then moves it by less than 0.1 pixels along any direction (Shi and Tomasi 1994).
const CORNER: f32 = 15.0;
/// The eigenvalue below which a point is not followed: it could slide along an edge.
const LEAST_CORNER: f32 = 6.0;
/// Marks a point that was not seen.
const UNSEEN: [i16; 2] = [i16::MIN; 2];

/// The points that are followed.
#[derive(Clone, Debug)]
pub(crate) struct Points {
    /// Distance between neighbours, pixels.
    pub step: usize,
    /// Points in a row.
    pub columns: usize,
    /// Points in a column.
    pub rows: usize,
    /// How well the seed's texture fixes a point in both directions, `0..=1`; 0 is not followed.
    pub quality: Vec<f32>,
    /// Variance of the seed's luma there, levels².
    pub variance: Vec<f32>,
    /// Weight of the subject, `0..=1`.
    pub subject: Vec<f32>,
    /// Weight of the places that must move as one rigid body, `0..=1`.
    pub body: Vec<f32>,
}

impl Points {
    /// A grid over the canvas, about 64 points along the longer side.
    pub(crate) fn new(canvas: &Canvas) -> Self {
        let size = canvas.size();
        let step = (size.width.max(size.height) / ALONG).max(3);
        let (columns, rows) = (size.width / step, size.height / step);
        let corners = cornerness(&canvas.luma);
        let mut points = Self {
            step,
            columns,
            rows,
            quality: Vec::new(),
            variance: Vec::new(),
            subject: Vec::new(),
            body: Vec::new(),
        };
        for index in 0..columns * rows {
            let (x, y) = points.place(index);
            let corner = corners.at(x, y);
            let followed = corner > LEAST_CORNER && canvas.rigid.at(x, y) > 0.0;
            points.quality.push(if followed { corner / (corner + CORNER) } else { 0.0 });
            points.variance.push(canvas.structure.variance().at(x, y));
            points.subject.push(canvas.subject.at(x, y));
            points.body.push(canvas.body.at(x, y));
        }
        points
    }

    /// Column and row, pixels of the canvas, of point `index` (row-major).
    pub(crate) fn place(&self, index: usize) -> (usize, usize) {
        (index % self.columns * self.step + self.step / 2, index / self.columns * self.step + self.step / 2)
    }

    /// Number of points.
    pub(crate) fn len(&self) -> usize {
        self.columns * self.rows
    }
}

/// Smaller eigenvalue of the second moments of the gradient around every pixel, levels² per pixel².
fn cornerness(luma: &Plane<f32>) -> Plane<f32> {
    let (w, h) = (luma.width(), luma.height());
    let slope = |x: usize, y: usize| {
        let (left, right) = (x.saturating_sub(1), (x + 1).min(w - 1));
        let (up, down) = (y.saturating_sub(1), (y + 1).min(h - 1));
        (0.5 * (luma.at(right, y) - luma.at(left, y)), 0.5 * (luma.at(x, down) - luma.at(x, up)))
    };
    let moments =
        |of: fn((f32, f32)) -> f32| window::mean(&Plane::from_fn(w, h, |x, y| of(slope(x, y))), super::canvas::WINDOW);
    let (xx, yy, xy) = (moments(|(x, _)| x * x), moments(|(_, y)| y * y), moments(|(x, y)| x * y));
    let mut smaller = xx;
    for ((a, &b), &c) in smaller.data_mut().iter_mut().zip(yy.data()).zip(xy.data()) {
        *a = 0.5 * (*a + b - ((*a - b).powi(2) + 4.0 * c * c).sqrt());
    }
    smaller
}

/// Displacement of every point in one frame.
#[derive(Clone, Debug)]
pub(crate) struct Displacements(Vec<[i16; 2]>);

impl Displacements {
    /// Reads the points' displacements from a registered frame.
    pub(crate) fn read(points: &Points, registered: &Registered, torn: &Torn) -> Self {
        let limit = f32::from(i16::MAX) / PER_PIXEL - 1.0;
        let at = |index: usize| {
            let (x, y) = points.place(index);
            let (u, v) = registered.flow.at(x, y);
            let sure = registered.inside.at(x, y) > 0.0 && registered.correlation.likeness.at(x, y) > SURE;
            let sharp = registered.correlation.frame_variance.at(x, y) > SHARP * points.variance[index];
            let followed = points.quality[index] > 0.0 && !torn.at(index);
            if !(sure && sharp && followed && u.abs() < limit && v.abs() < limit) {
                return UNSEEN;
            }
            [(u * PER_PIXEL).round() as i16, (v * PER_PIXEL).round() as i16]
        };
        Self((0..points.len()).map(at).collect())
    }

    /// What `at` says of each point's column and row, pixels.
    #[cfg(test)]
    pub(crate) fn of(points: &Points, at: impl Fn(f32, f32) -> Option<[f32; 2]>) -> Self {
        let stored = |index: usize| {
            let (x, y) = points.place(index);
            at(x as f32, y as f32).map_or(UNSEEN, |moved| moved.map(|v| (v * PER_PIXEL).round() as i16))
        };
        Self((0..points.len()).map(stored).collect())
    }

    /// Displacement of point `index`, pixels; `None` where it was not seen.
    pub(crate) fn at(&self, index: usize) -> Option<[f32; 2]> {
        let stored = self.0[index];
        (stored != UNSEEN).then(|| stored.map(|v| f32::from(v) / PER_PIXEL))
    }

    /// Share of the subject's followed points that were seen, `0..=1`; 1 where there is nothing to follow.
    pub(crate) fn seen(&self, points: &Points) -> f32 {
        let (mut seen, mut all) = (0.0f32, 0.0f32);
        for index in 0..self.0.len() {
            let weight = points.quality[index] * points.subject[index];
            all += weight;
            seen += if self.0[index] == UNSEEN { 0.0 } else { weight };
        }
        if all > 0.0 { seen / all } else { 1.0 }
    }

    /// Length that `share` of the seen displacements do not exceed, pixels; 0 of none.
    pub(crate) fn length(&self, share: f64) -> f32 {
        let [length] = self.lengths([share]);
        length
    }

    /// [`Self::length`] for several shares.
    pub(crate) fn lengths<const N: usize>(&self, shares: [f64; N]) -> [f32; N] {
        let mut lengths: Vec<f32> = (0..self.0.len()).filter_map(|i| self.at(i)).map(|[u, v]| u.hypot(v)).collect();
        shares.map(|share| quantile(&mut lengths, share).unwrap_or(0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{registration::Registrar, ruler::careful_flow, tears::Tears},
        *,
    };
    use crate::{
        frame::{Picture, Size, pyramid, sample::bilinear},
        geometry::{Homography, Point},
    };
    use image::GrayImage;
    use imageproc::noise::gaussian_noise;

    const FRAMES: usize = 121;
    const NOISE_LEVELS: f64 = 2.0;
    /// 0.3 pixels of a picture that is 640 pixels wide, in one of 512.
    const PRECISE: f32 = 0.24;

    /// What a camera that comes near, rolls, turns and pans does to a flat picture of `size` by frame `t`.
    fn motion(size: Size, t: usize) -> Homography {
        let far = t as f64 / (FRAMES - 1) as f64;
        let (x, y) = (size.width as f64 / 2.0, size.height as f64 / 2.0);
        let turn = Homography([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [2e-4 * far, -1e-4 * far, 1.0]]);
        Homography::similarity(1.0, 0.0, -x, -y).then(&turn).then(&Homography::similarity(
            1.0 + 0.15 * far,
            0.1 * far,
            x + 30.0 * far,
            y - 12.0 * far,
        ))
    }

    /// The frame of `size` that shows `scene`, twice as large, after `moved`: each pixel the mean of four samples, with noise.
    fn filmed(scene: &Plane<f32>, size: Size, moved: &Homography, t: usize) -> Plane<f32> {
        let back = moved.inverse().unwrap();
        let clean = GrayImage::from_fn(size.width as u32, size.height as u32, |x, y| {
            let quarters = [(-0.25, -0.25), (0.25, -0.25), (-0.25, 0.25), (0.25, 0.25)].map(|(dx, dy)| {
                let Point { x, y } = back.apply(Point { x: f64::from(x) + dx, y: f64::from(y) + dy });
                bilinear(scene, (2.0 * x + 0.5) as f32, (2.0 * y + 0.5) as f32)
            });
            image::Luma([(quarters.iter().sum::<f32>() / 4.0).round() as u8])
        });
        let levels = gaussian_noise(&clean, 0.0, NOISE_LEVELS, t as u64).into_raw();
        Plane::from_vec(size.width, size.height, levels.into_iter().map(f32::from).collect())
    }

    #[test]
    fn points_are_followed_to_a_fraction_of_a_pixel_however_long() {
        let still = image::load_from_memory(include_bytes!("../../fixtures/stills/box.png")).unwrap().to_rgb8();
        let original = Size::new(still.width() as usize, still.height() as usize);
        let size = original.fit(512);
        let luma = Picture::from_rgb8(original, still.as_raw()).luma();
        let scene = pyramid::resize(&luma, Size::new(2 * size.width, 2 * size.height));
        let canvas = Canvas::of_luma(&filmed(&scene, size, &Homography::identity(), FRAMES));
        let points = Points::new(&canvas);
        let (mut registrar, mut tears) = (Registrar::new(careful_flow()), Tears::default());
        let mut median_error = |t: usize| {
            let moved = motion(size, t);
            let registered = registrar.register(&canvas, &filmed(&scene, size, &moved, t));
            let seen = Displacements::read(&points, &registered, &tears.find(&points, &registered));
            let error = |index: usize| {
                let (x, y) = points.place(index);
                let truth = moved.apply(Point { x: x as f64, y: y as f64 });
                let [u, v] = seen.at(index)?;
                Some((x as f32 + u - truth.x as f32).hypot(y as f32 + v - truth.y as f32))
            };
            let mut errors: Vec<f32> = (0..points.len()).filter_map(error).collect();
            assert!(errors.len() > points.quality.iter().filter(|quality| **quality > 0.0).count() / 2);
            quantile(&mut errors, 0.5).unwrap()
        };
        let medians: Vec<f32> = (0..FRAMES).map(&mut median_error).collect();
        let worst = |frames: &[f32]| frames.iter().copied().fold(0.0, f32::max);
        assert!(worst(&medians) < PRECISE, "{medians:?}");
        // the move grows, and with it what sampling costs; no error is handed on from frame to frame
        assert!(worst(&medians[FRAMES - 20..]) < 1.5 * worst(&medians[20..40]), "{medians:?}");
    }

    #[test]
    fn a_surface_that_swims_at_once_is_still_followed() {
        let grey = GrayImage::from_pixel(512, 512, image::Luma([128]));
        let levels = gaussian_noise(&grey, 0.0, 60.0, 1).into_raw();
        let still = window::mean(&Plane::from_vec(512, 512, levels.into_iter().map(f32::from).collect()), 2);
        let canvas = Canvas::of_luma(&still);
        let points = Points::new(&canvas);
        let (mut registrar, mut tears) = (Registrar::new(careful_flow()), Tears::default());
        // slopes of up to a half: more than where surfaces end
        let swum = Plane::from_fn(512, 512, |x, y| {
            let (x, y) = (x as f32, y as f32);
            bilinear(&still, x + 4.6 * (y / 9.2).sin(), y + 4.6 * (x / 9.2).cos())
        });
        let mut seen = |frame: &Plane<f32>| {
            let registered = registrar.register(&canvas, frame);
            Displacements::read(&points, &registered, &tears.find(&points, &registered)).seen(&points)
        };
        // in a frame that shows too little of the still to tell, nothing is known to have been torn
        let covered = Plane::from_fn(512, 512, |x, y| if x < 300 { 128.0 } else { still.at(x, y) });
        let (whole, hidden, swimming) = (seen(&still), seen(&covered), seen(&swum));
        assert!(whole > 0.9 && hidden < 0.5 && swimming > 0.5, "{whole} {hidden} {swimming}");
    }
}
