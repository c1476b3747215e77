//! Motion carried to a moment between two frames: every pixel of both frames is splatted where it is at that moment
//! (flow projection as in softmax splatting, Niklaus & Liu, CVPR 2020), so that each pixel of the new frame knows where
//! to look in each of the two, and which of them shows it.

use super::{
    motion::{Motion, Side},
    path::Bend,
};
use crate::{
    flow::Flow,
    frame::{Picture, Plane, sample},
};

/// Photometric error (R'G'B', Euclidean) at which a splat counts e⁻¹ against another on the same pixel.
const COLOR_SIGMA: f32 = 0.1;
/// Mass of shared splats from which nothing hidden behind them shows through.
const OPAQUE: f32 = 0.6;
/// Mass below which a pixel counts as a hole.
const HOLE: f32 = 0.02;

/// Where a pixel of the new frame lies in both frames, and how much each counts; all planes of the working size.
pub(super) struct Projection {
    /// Displacement to the frame before.
    pub(super) to_a: Flow,
    /// Displacement to the frame after.
    pub(super) to_b: Flow,
    /// Share of the frame after in the new pixel, `0..=1`.
    pub(super) share_of_b: Plane<f32>,
}

/// Splats of one class: mass, then displacements to a (2) and to b (2).
#[derive(Clone, Copy, Default)]
struct Pile([f32; 5]);

struct Canvas {
    width: usize,
    height: usize,
    piles: Vec<Pile>,
}

impl Canvas {
    fn new(width: usize, height: usize) -> Self {
        Self { width, height, piles: vec![Pile::default(); width * height] }
    }

    #[inline]
    fn drop_at(&mut self, x: f32, y: f32, weight: f32, value: [f32; 4]) {
        let (left, top) = (x.floor(), y.floor());
        let (fx, fy) = (x - left, y - top);
        for (dx, dy, k) in
            [(0, 0, (1.0 - fx) * (1.0 - fy)), (1, 0, fx * (1.0 - fy)), (0, 1, (1.0 - fx) * fy), (1, 1, fx * fy)]
        {
            let (px, py) = (left as isize + dx, top as isize + dy);
            if px < 0 || py < 0 || px >= self.width as isize || py >= self.height as isize {
                continue;
            }
            let pile = &mut self.piles[py as usize * self.width + px as usize].0;
            let k = k * weight;
            pile[0] += k;
            for (sum, v) in pile[1..].iter_mut().zip(value) {
                *sum += k * v;
            }
        }
    }
}

/// The two pictures at working size, for the photometric test.
pub(super) struct Looks<'a> {
    pub(super) a: &'a Picture,
    pub(super) b: &'a Picture,
}

/// Projects the motion to time `t` (0 = frame a, 1 = frame b).
pub(super) fn project(motion: &Motion, bends: &[Bend; 2], looks: &Looks, t: f32) -> Projection {
    let (width, height) = (motion.from_a.shared.width(), motion.from_a.shared.height());
    let mut shared = Canvas::new(width, height);
    let mut only_a = Canvas::new(width, height);
    let mut only_b = Canvas::new(width, height);
    splat(&motion.from_a, &bends[0], (looks.a, looks.b), t, &mut shared, &mut only_a, |path, flow| {
        [-path.0, -path.1, flow.0 - path.0, flow.1 - path.1]
    });
    splat(&motion.from_b, &bends[1], (looks.b, looks.a), 1.0 - t, &mut shared, &mut only_b, |path, flow| {
        [flow.0 - path.0, flow.1 - path.1, -path.0, -path.1]
    });

    let mut mass = Plane::filled(width, height, 0.0);
    let mut values = [0, 1, 2, 3].map(|_| Plane::filled(width, height, 0.0));
    let mut share_of_b = Plane::filled(width, height, t);
    for i in 0..width * height {
        let both = shared.piles[i].0;
        let behind = (1.0 - both[0] / OPAQUE).max(0.0);
        let (a, b) = (only_a.piles[i].0, only_b.piles[i].0);
        let total = both[0] + behind * (a[0] + b[0]);
        if total <= HOLE {
            continue;
        }
        mass.data_mut()[i] = 1.0;
        for (k, plane) in values.iter_mut().enumerate() {
            plane.data_mut()[i] = (both[k + 1] + behind * (a[k + 1] + b[k + 1])) / total;
        }
        share_of_b.data_mut()[i] = (t * both[0] + behind * b[0]) / total;
    }
    fill_holes(&mut mass, &mut values);
    let [au, av, bu, bv] = values;
    Projection { to_a: Flow { u: au, v: av }, to_b: Flow { u: bu, v: bv }, share_of_b }
}

/// Drops every pixel of one frame where it is at `t` (as seen from that frame), shared and hidden ones apart.
fn splat(
    side: &Side,
    bend: &Bend,
    (own, other): (&Picture, &Picture),
    t: f32,
    shared: &mut Canvas,
    hidden: &mut Canvas,
    displacements: impl Fn((f32, f32), (f32, f32)) -> [f32; 4],
) {
    for y in 0..shared.height {
        for x in 0..shared.width {
            let flow = (side.flow.u.at(x, y), side.flow.v.at(x, y));
            let extra = bend.at(x, y, t);
            let path = (t * flow.0 + extra.0, t * flow.1 + extra.1);
            let (px, py) = (x as f32 + path.0, y as f32 + path.1);
            if !(px.is_finite() && py.is_finite()) {
                continue;
            }
            let value = displacements(path, flow);
            let sure = side.shared.at(x, y);
            if sure > 0.0 {
                let (ox, oy) = (x as f32 + flow.0, y as f32 + flow.1);
                let error: f32 =
                    (0..3).map(|c| (own.rgb[c].at(x, y) - sample::bilinear(&other.rgb[c], ox, oy)).powi(2)).sum();
                // the nearer frame knows better
                let weight = sure * (1.0 - t) * (-error / (COLOR_SIGMA * COLOR_SIGMA)).exp().max(1e-3);
                shared.drop_at(px, py, weight, value);
            }
            if sure < 1.0 {
                hidden.drop_at(px, py, 1.0 - sure, value);
            }
        }
    }
}

/// Gives holes the values of their surroundings: averages of ever coarser grids, read back where nothing finer is
/// known (push–pull, Gortler et al. 1996).
fn fill_holes(mass: &mut Plane<f32>, values: &mut [Plane<f32>; 4]) {
    let (width, height) = (mass.width(), mass.height());
    if mass.data().iter().all(|&m| m > 0.0) || (width <= 1 && height <= 1) {
        return;
    }
    let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
    let mut coarse_mass = Plane::filled(half_width, half_height, 0.0);
    let mut coarse = [0, 1, 2, 3].map(|_| Plane::filled(half_width, half_height, 0.0));
    for y in 0..height {
        for x in 0..width {
            let m = mass.at(x, y);
            if m > 0.0 {
                coarse_mass.set(x / 2, y / 2, coarse_mass.at(x / 2, y / 2) + m);
                for (c, v) in coarse.iter_mut().zip(values.iter()) {
                    c.set(x / 2, y / 2, c.at(x / 2, y / 2) + m * v.at(x, y));
                }
            }
        }
    }
    for (i, m) in coarse_mass.data_mut().iter_mut().enumerate() {
        if *m > 0.0 {
            for c in &mut coarse {
                c.data_mut()[i] /= *m;
            }
            *m = 1.0;
        }
    }
    fill_holes(&mut coarse_mass, &mut coarse);
    for y in 0..height {
        for x in 0..width {
            if mass.at(x, y) <= 0.0 {
                let (cx, cy) = ((x as f32 - 0.5) / 2.0, (y as f32 - 0.5) / 2.0);
                for (c, v) in coarse.iter().zip(values.iter_mut()) {
                    v.set(x, y, sample::bilinear(c, cx, cy));
                }
                mass.set(x, y, 1.0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Size;

    fn side(u: f32) -> Side {
        Side {
            flow: Flow { u: Plane::filled(32, 16, u), v: Plane::filled(32, 16, 0.0) },
            shared: Plane::filled(32, 16, 1.0),
        }
    }

    #[test]
    fn a_shift_is_shared_out_by_time() {
        let grey = Picture::filled(Size::new(32, 16), [0.5; 3]);
        let motion = Motion { from_a: side(8.0), from_b: side(-8.0) };
        let p = project(&motion, &[Bend::EVEN, Bend::EVEN], &Looks { a: &grey, b: &grey }, 0.25);
        for x in 0..32 {
            assert!((p.to_a.u.at(x, 8) + 2.0).abs() < 1e-4 && (p.to_b.u.at(x, 8) - 6.0).abs() < 1e-4);
            assert!((p.share_of_b.at(x, 8) - 0.25).abs() < 1e-4);
        }
    }

    #[test]
    fn holes_take_the_values_around_them() {
        let mut mass = Plane::from_fn(9, 5, |x, _| f32::from(u8::from(x != 4)));
        let mut values = [0, 1, 2, 3].map(|_| Plane::from_fn(9, 5, |x, _| if x == 4 { 0.0 } else { 3.0 }));
        fill_holes(&mut mass, &mut values);
        assert!(values[2].data().iter().all(|&v| (v - 3.0).abs() < 1e-5));
    }
}
