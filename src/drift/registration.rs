//! Where every pixel of the seed is in the frame: anchored to the seed at each frame, so that errors do not add up.
//!
//! Two starts are tried: the whole field of the frame before, smoothed where it was not sure (it follows several bodies), and one
//! homography for all (it forgets what went wrong). The frame is pulled back by the start, flow finds what is left, and each
//! place keeps the start whose result looks more like the seed. After a sudden fall of the likeness, a homography that makes good
//! most of it is taken whole: what was out of shape for a moment leaves a field that does not find back by itself.

use super::{canvas::Canvas, correlation::Correlation, cubic, window};
use crate::{
    flow::{self, Flow, Params},
    frame::{
        Plane,
        sample::{LANES, first_lanes},
        simd::{self, Kernel},
    },
    geometry::{Homography, Match, Point, Robust, fit_homography},
};

/// Radius over which likeness is pooled when one start is preferred to the other, pixels.
const CHOICE: usize = 12;
/// Radius over which the field is smoothed before it serves as the next start, pixels.
const SMOOTH: usize = 4;
/// Likeness from which a displacement is believed.
pub(crate) const BELIEVED: f32 = 0.6;
/// Starts that differ by less than this everywhere are one start, pixels.
const SAME_START: f32 = 0.75;
/// Mean likeness below which the second start is tried, too.
const DOUBTFUL: f32 = 0.8;
/// Fall of the mean likeness within a frame from which it is tried, too.
const SUDDEN: f32 = 0.05;
/// Frames within which a fall is sudden.
const AT_ONCE: usize = 3;
/// What a camera that goes on costs of it with each frame meanwhile.
const FADE: f32 = 0.001;
/// Frames after which what it was before is forgotten: a fault of a moment is over, and each frame costs a start more until then.
const MOMENT: usize = 24;
/// Share of a fall that one homography must make good to show that it is over.
const HEALED: f32 = 0.6;
/// Mean likeness below which the search starts afresh.
const LOST: f32 = 0.5;
/// Residual of a homography's inliers, pixels.
const PLANE_THRESHOLD: f64 = 2.0;
/// Distance between the matches from which the homography is fitted, as a share of the longer side.
const MATCH_STEP: usize = 40;

/// A frame laid back onto the seed.
#[derive(Clone, Debug)]
pub(crate) struct Registered {
    /// `frame_from_seed`, pixels of the canvas.
    pub flow: Flow,
    /// The frame's luma pulled onto the seed.
    pub luma: Plane<f32>,
    /// Likeness to the seed around every pixel.
    pub correlation: Correlation,
    /// 1 where the seed shows and its pixel is inside the frame, else 0.
    pub inside: Plane<f32>,
}

/// Follows the seed through a clip.
#[derive(Clone, Debug)]
pub(crate) struct Registrar {
    params: Params,
    before: Option<(Flow, Homography)>,
    fall: Fall,
}

impl Registrar {
    /// A registrar that has seen no frame yet.
    pub(crate) fn new(params: Params) -> Self {
        Self { params, before: None, fall: Fall::default() }
    }

    /// Lays the next frame's luma (`0..=255`, canvas size) onto the seed.
    pub(crate) fn register(&mut self, canvas: &Canvas, frame: &Plane<f32>) -> Registered {
        let still = || Flow::still(canvas.size());
        let Some((field, plane)) = &self.before else {
            let first = self.start_at(canvas, frame, &still());
            return self.keep(canvas, first);
        };
        let mut best = self.start_at(canvas, frame, field);
        let mut by_plane = None;
        if best.likeness < DOUBTFUL || best.likeness < self.fall.before() - SUDDEN {
            let plane = field_of(plane, canvas);
            if differ(field, &plane) > SAME_START {
                let other = by_plane.insert(self.start_at(canvas, frame, &plane));
                best = choose(canvas, frame, best, other);
            }
        }
        if best.likeness < LOST {
            best = choose(canvas, frame, best, &self.start_at(canvas, frame, &still()));
        }
        let fallen = self.fall.depth(best.likeness);
        if fallen > 0.0 {
            let afresh = by_plane.unwrap_or_else(|| self.start_at(canvas, frame, &field_of(plane, canvas)));
            if afresh.likeness - best.likeness > HEALED * fallen {
                best = afresh;
            }
        }
        self.keep(canvas, best)
    }

    /// Takes a frame's best candidate, from which the next frame starts.
    fn keep(&mut self, canvas: &Canvas, best: Candidate) -> Registered {
        let inside = best.inside(canvas);
        self.fall.go_on(best.likeness);
        let plane = dominant_plane(canvas, &best, &inside);
        let field = smoothed(&best, &inside, &field_of(&plane, canvas));
        self.before = Some((field, plane));
        Registered { flow: best.flow, luma: best.luma, correlation: best.correlation, inside }
    }

    fn start_at(&self, canvas: &Canvas, frame: &Plane<f32>, start: &Flow) -> Candidate {
        let pulled = flow::warp(frame, start);
        let rest =
            flow::dense_prepared(&canvas.pyramid, &flow::Pyramid::new(&pulled, &self.params), &self.params, None);
        Candidate::new(canvas, frame, flow::chain(&rest, start))
    }
}

/// A sudden fall of the likeness, for as long as it lasts.
#[derive(Clone, Debug, Default)]
struct Fall {
    /// Likeness of the last frames.
    last: [f32; AT_ONCE],
    /// Likeness before the fall; 0 where none lasts.
    from: f32,
    /// Frames that it has lasted.
    frames: usize,
}

impl Fall {
    /// Likeness of the frame before.
    fn before(&self) -> f32 {
        self.last[AT_ONCE - 1]
    }

    /// How far `likeness` has fallen; 0 where it has not, or slowly.
    fn depth(&self, likeness: f32) -> f32 {
        let fallen = self.last.iter().copied().fold(self.from, f32::max) - likeness;
        if fallen > SUDDEN { fallen } else { 0.0 }
    }

    /// Goes on to the next frame from one of this `likeness`.
    fn go_on(&mut self, likeness: f32) {
        let depth = self.depth(likeness);
        let lasts = depth > 0.0 && self.frames < MOMENT;
        (self.from, self.frames) = if lasts { (likeness + depth - FADE, self.frames + 1) } else { (0.0, 0) };
        self.last.rotate_left(1);
        self.last[AT_ONCE - 1] = likeness;
    }
}

struct Candidate {
    flow: Flow,
    luma: Plane<f32>,
    correlation: Correlation,
    /// Mean over the seed's visible texture.
    likeness: f32,
}

impl Candidate {
    fn new(canvas: &Canvas, frame: &Plane<f32>, flow: Flow) -> Self {
        let luma = cubic::warp(frame, &flow);
        let correlation = canvas.structure.with(&luma);
        let likeness = mean_likeness(canvas, &correlation);
        Self { flow, luma, correlation, likeness }
    }

    /// 1 where the seed shows and its pixel is inside the frame.
    fn inside(&self, canvas: &Canvas) -> Plane<f32> {
        let mut inside = Plane::unwritten(canvas.visible.width(), canvas.visible.height());
        simd::run(Inside { visible: &canvas.visible, flow: &self.flow, out: &mut inside });
        inside
    }
}

/// What is visible, as far as the flow does not lead out of the frame.
struct Inside<'a> {
    visible: &'a Plane<f32>,
    flow: &'a Flow,
    out: &'a mut Plane<f32>,
}

impl Kernel for Inside<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { visible, flow, out } = self;
        let (w, h) = (out.width(), out.height());
        let (right, bottom) = ((w as f32 - 1.0).max(0.0), (h as f32 - 1.0).max(0.0));
        for y in 0..h {
            let moves = flow.u.row(y).iter().zip(flow.v.row(y));
            let pixels = out.row_mut(y).iter_mut().zip(visible.row(y)).zip(moves);
            for (x, ((out, visible), (u, v))) in pixels.enumerate() {
                let (px, py) = (x as i32 as f32 + u, y as f32 + v);
                // no short cut between the four: it would be a branch for every pixel
                let within = [px >= 0.0, py >= 0.0, px <= right, py <= bottom].map(u32::from);
                let within = (within[0] & within[1]) & (within[2] & within[3]);
                *out = if within > 0 { *visible } else { 0.0 };
            }
        }
    }
}

/// Keeps, place by place, the candidate that looks more like the seed around there.
fn choose(canvas: &Canvas, frame: &Plane<f32>, a: Candidate, b: &Candidate) -> Candidate {
    let (near_a, near_b) =
        (window::mean(&a.correlation.likeness, CHOICE), window::mean(&b.correlation.likeness, CHOICE));
    let better: Vec<bool> = near_a.data().iter().zip(near_b.data()).map(|(a, b)| *b > a + 0.02).collect();
    if !better.contains(&true) {
        return a;
    }
    let mut flow = a.flow;
    let planes = flow.u.data_mut().iter_mut().zip(flow.v.data_mut()).zip(b.flow.u.data().iter().zip(b.flow.v.data()));
    for (((u, v), (&bu, &bv)), _) in planes.zip(&better).filter(|(_, better)| **better) {
        (*u, *v) = (bu, bv);
    }
    Candidate::new(canvas, frame, flow)
}

fn mean_likeness(canvas: &Canvas, correlation: &Correlation) -> f32 {
    let planes = [&correlation.likeness, canvas.structure.variance(), &canvas.visible].map(Plane::data);
    let (sum, count) = simd::run(VisibleTexture(planes));
    if count > 0.0 { (sum / count) as f32 } else { 1.0 }
}

/// Sum of the likeness where there is visible texture, and how many pixels that are: of likeness, variance and visibility.
struct VisibleTexture<'a>([&'a [f32]; 3]);

impl Kernel for VisibleTexture<'_> {
    type Output = (f64, f64);

    #[inline(always)]
    fn run(self) -> (f64, f64) {
        let Self([likeness, variance, visible]) = self;
        let (mut sums, mut counts) = ([0.0f64; LANES], [0u32; LANES]);
        for ((likeness, variance), visible) in
            likeness.chunks(LANES).zip(variance.chunks(LANES)).zip(visible.chunks(LANES))
        {
            let (likeness, variance, visible) = (first_lanes(likeness), first_lanes(variance), first_lanes(visible));
            for i in 0..LANES {
                let textured = u32::from(variance[i] > super::correlation::NOISE_VARIANCE * 4.0);
                let counts_here = textured & u32::from(visible[i] > 0.0);
                // of bits the compiler makes vectors, and of a condition none
                sums[i] += f64::from(f32::from_bits(likeness[i].to_bits() & counts_here.wrapping_neg()));
                counts[i] += counts_here;
            }
        }
        (sums.iter().sum(), f64::from(counts.iter().sum::<u32>()))
    }
}

/// The homography that most believed displacements follow; the identity where none does.
fn dominant_plane(canvas: &Canvas, candidate: &Candidate, inside: &Plane<f32>) -> Homography {
    let size = canvas.size();
    let step = (size.width.max(size.height) / MATCH_STEP).max(1);
    let mut matches = Vec::new();
    for y in (step / 2..size.height).step_by(step) {
        for x in (step / 2..size.width).step_by(step) {
            let believed = candidate.correlation.likeness.at(x, y) > BELIEVED && inside.at(x, y) > 0.0;
            if believed && canvas.structure.variance().at(x, y) > 4.0 * super::correlation::NOISE_VARIANCE {
                let (u, v) = candidate.flow.at(x, y);
                let from = Point { x: x as f64, y: y as f64 };
                let to = Point { x: from.x + f64::from(u), y: from.y + f64::from(v) };
                matches.push(Match { from, to, weight: 1.0 });
            }
        }
    }
    fit_homography(&matches, &Robust { threshold_px: PLANE_THRESHOLD, iterations: 200, seed: 1 })
        .filter(|fit| fit.inlier_fraction > 0.25)
        .map_or_else(Homography::identity, |fit| fit.model)
}

fn field_of(plane: &Homography, canvas: &Canvas) -> Flow {
    if *plane == Homography::identity() {
        return Flow::still(canvas.size());
    }
    let mut field = Flow::unwritten(canvas.size());
    simd::run(Project { plane: plane.0.map(|row| row.map(|v| v as f32)), field: &mut field });
    field
}

/// The displacements that a homography gives each pixel; 0 where they are not finite.
struct Project<'a> {
    plane: [[f32; 3]; 3],
    field: &'a mut Flow,
}

impl Kernel for Project<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { plane: [a, b, c], field } = self;
        for y in 0..field.u.height() {
            let fy = y as f32;
            for (x, (u, v)) in field.u.row_mut(y).iter_mut().zip(field.v.row_mut(y)).enumerate() {
                let fx = x as i32 as f32;
                let w = c[0] * fx + c[1] * fy + c[2];
                let (px, py) = ((a[0] * fx + a[1] * fy + a[2]) / w - fx, (b[0] * fx + b[1] * fy + b[2]) / w - fy);
                let finite = px.is_finite() & py.is_finite();
                (*u, *v) = if finite { (px, py) } else { (0.0, 0.0) };
            }
        }
    }
}

/// The field, smoothed by how far it is believed, falling back on the dominant plane where nothing near is.
fn smoothed(candidate: &Candidate, inside: &Plane<f32>, by_plane: &Flow) -> Flow {
    let weight = candidate.correlation.likeness.zip(inside, |likeness, inside| {
        let weight = (likeness - 0.2).max(0.0) * inside;
        weight * weight + 1e-4
    });
    let total = window::mean(&weight, SMOOTH);
    let fill = |value: &Plane<f32>, plane: &Plane<f32>| {
        let beyond = value.zip(plane, |value, plane| value - plane);
        let mut smooth = window::mean_product(&beyond, &weight, SMOOTH);
        simd::run(Refill { smooth: smooth.data_mut(), total: total.data(), plane: plane.data() });
        smooth
    };
    Flow { u: fill(&candidate.flow.u, &by_plane.u), v: fill(&candidate.flow.v, &by_plane.v) }
}

/// Weighted sums become means again, on top of the plane.
struct Refill<'a> {
    smooth: &'a mut [f32],
    total: &'a [f32],
    plane: &'a [f32],
}

impl Kernel for Refill<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { smooth, total, plane } = self;
        for ((smooth, total), plane) in smooth.iter_mut().zip(total).zip(plane) {
            *smooth = *smooth / total + plane;
        }
    }
}

fn differ(a: &Flow, b: &Flow) -> f32 {
    let most = |a: &Plane<f32>, b: &Plane<f32>| {
        let mut most = [0.0f32; LANES];
        for (a, b) in a.data().chunks(LANES).zip(b.data().chunks(LANES)) {
            let (a, b) = (first_lanes(a), first_lanes(b));
            for i in 0..LANES {
                most[i] = most[i].max((a[i] - b[i]).abs());
            }
        }
        most.into_iter().fold(0.0, f32::max)
    };
    most(&a.u, &b.u).max(most(&a.v, &b.v))
}

#[cfg(test)]
mod tests {
    use super::{super::ruler::careful_flow, *};
    use crate::frame::{Picture, Size, pyramid, sample::bilinear};

    /// Half of the bulge's width, pixels, and how far it moves what lies halfway out.
    const BULGE: (f32, f32) = (100.0, 30.0);

    /// `still` with a bulge in its middle.
    fn bulged(still: &Plane<f32>) -> Plane<f32> {
        let (w, h) = (still.width(), still.height());
        let (radius, size) = BULGE;
        Plane::from_fn(w, h, |x, y| {
            let (dx, dy) = (x as f32 - w as f32 / 2.0, y as f32 - h as f32 / 2.0);
            let out = (dx.hypot(dy) / radius).clamp(1e-3, 1.0);
            let inwards = 4.0 * size * out * (1.0 - out) / (out * radius);
            bilinear(still, x as f32 - inwards * dx, y as f32 - inwards * dy)
        })
    }

    #[test]
    fn what_was_out_of_shape_for_a_moment_is_found_in_its_place_again() {
        let still = image::load_from_memory(include_bytes!("../../fixtures/stills/box.png")).unwrap().to_rgb8();
        let original = Size::new(still.width() as usize, still.height() as usize);
        let luma = pyramid::resize(&Picture::from_rgb8(original, still.as_raw()).luma(), original.fit(512));
        let canvas = Canvas::of_luma(&luma);
        let mut registrar = Registrar::new(careful_flow());
        let mut lost = |frame: &Plane<f32>| {
            let registered = registrar.register(&canvas, frame);
            let lengths = registered.flow.u.data().iter().zip(registered.flow.v.data()).map(|(u, v)| u.hypot(*v));
            lengths.filter(|length| *length > 2.0).count() as f32 / luma.data().len() as f32
        };
        let fault = bulged(&luma);
        for _ in 0..3 {
            assert!(lost(&luma) < 0.01);
        }
        let during = (0..6).map(|_| lost(&fault)).fold(1.0, f32::min);
        let after = lost(&luma);
        assert!(during > 0.1 && after < 0.02, "{during} {after}");
    }

    #[test]
    fn a_fall_is_sudden_and_lasts_until_it_is_made_good_or_forgotten() {
        let mut fall = Fall::default();
        // a turn loses little in each frame
        for likeness in [1.0, 0.99, 0.98, 0.97, 0.96] {
            assert_eq!(fall.depth(likeness), 0.0);
            fall.go_on(likeness);
        }
        assert!((fall.depth(0.7) - 0.28).abs() < 1e-6);
        for _ in 0..MOMENT {
            fall.go_on(0.7);
        }
        assert!((fall.depth(0.7) - 0.256).abs() < 1e-6);
        let mut forgotten = fall.clone();
        forgotten.go_on(0.7);
        assert_eq!(forgotten.depth(0.7), 0.0);
        fall.go_on(0.94);
        assert_eq!(fall.depth(0.9), 0.0);
    }
}
