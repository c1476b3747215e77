//! One rigid shape through all frames: affine factorisation of anchored tracks (Tomasi & Kanade 1992), with missing
//! observations by alternating least squares. Tracks of a rigid object seen by a weak-perspective camera have rank 4;
//! what is left over bends.

use super::Point;
use nalgebra::{Matrix3, Matrix4, Vector3, Vector4};

/// Sweeps over cameras and shape; the residual changes by less than 1 % after about ten.
const SWEEPS: usize = 16;
/// Residual, pixels, at which an observation counts half (Cauchy weight).
const HALF_WEIGHT_PX: f64 = 1.0;
/// Ridge that keeps the free gauge of the shape in place, relative to the trace of the normal equations.
const RIDGE: f64 = 1e-9;
/// Fewest tracks and frames for which a rank says anything.
const LEAST_TRACKS: usize = 8;
const LEAST_FRAMES: usize = 3;

/// What one affine camera per frame and one shape leave unexplained.
#[derive(Clone, Debug)]
pub struct Rigidity {
    /// Residual of each observation, pixels, `[track][frame]`; NaN where the track was not seen or not used.
    pub residuals: Vec<Vec<f64>>,
    /// Robust root mean square residual of each frame, pixels; NaN for frames without observations.
    pub frame_rms: Vec<f64>,
    /// The relief found: depth-like fourth coordinate of each track, zero mean, in units of the picture's pixels times
    /// an unknown factor; NaN for unused tracks.
    pub relief: Vec<f64>,
    /// Root mean square displacement, pixels, that the relief explains beyond one plane.
    pub parallax_px: f64,
}

/// Fits one rigid affine shape to `tracks`: for each, its place in every frame, `None` where it was not seen; the first
/// entry is the anchor (the seed) and must be present. All tracks have the same length.
///
/// `None` with fewer than 8 usable tracks (seen in at least 3 frames), or where all of them lie on a line.
pub fn rigidity(tracks: &[Vec<Option<Point>>]) -> Option<Rigidity> {
    let frames = tracks.first()?.len();
    let used: Vec<usize> = (0..tracks.len()).filter(|&i| is_usable(&tracks[i], frames)).collect();
    if used.len() < LEAST_TRACKS {
        return None;
    }
    let anchors: Vec<Point> = used.iter().filter_map(|&i| tracks[i][0]).collect();
    if super::robust::roundness(anchors.iter().copied()) < super::affine::ON_A_LINE {
        return None;
    }
    let (centre, scale) = frame_of(&anchors);
    let seen: Vec<Vec<Option<Point>>> = used
        .iter()
        .map(|&i| {
            tracks[i]
                .iter()
                .map(|p| p.map(|p| Point::new((p.x - centre.x) / scale, (p.y - centre.y) / scale)))
                .collect()
        })
        .collect();

    let half_weight = HALF_WEIGHT_PX / scale;
    let mut shape: Vec<Vector4<f64>> =
        seen.iter().map(|t| t[0].map_or(Vector4::zeros(), |p| Vector4::new(p.x, p.y, 0.0, 1.0))).collect();
    let mut cameras = planar_cameras(&seen, &shape, half_weight);
    start_relief(&seen, &mut shape, &cameras);
    for _ in 0..SWEEPS {
        cameras = solve_cameras(&seen, &shape, &cameras, half_weight);
        shape = solve_shape(&seen, &shape, &cameras, half_weight);
    }
    Some(report(tracks.len(), frames, &used, &seen, &shape, &cameras, scale))
}

/// Rows that give x and y of a shape point in one frame.
type Camera = [Vector4<f64>; 2];

fn is_usable(track: &[Option<Point>], frames: usize) -> bool {
    track.len() == frames
        && track.first().is_some_and(Option::is_some)
        && track.iter().flatten().count() >= LEAST_FRAMES
        && track.iter().flatten().all(|p| p.is_finite())
}

fn frame_of(points: &[Point]) -> (Point, f64) {
    let n = points.len() as f64;
    let centre = Point::new(points.iter().map(|p| p.x).sum::<f64>() / n, points.iter().map(|p| p.y).sum::<f64>() / n);
    (centre, points.iter().map(|p| p.distance(centre)).sum::<f64>() / n)
}

fn project(camera: &Camera, point: &Vector4<f64>) -> Point {
    Point::new(camera[0].dot(point), camera[1].dot(point))
}

fn cauchy(residual: f64, half: f64) -> f64 {
    1.0 / (1.0 + (residual / half).powi(2))
}

/// One affine map per frame, the plane's explanation, reweighted a few times.
fn planar_cameras(seen: &[Vec<Option<Point>>], shape: &[Vector4<f64>], half: f64) -> Vec<Option<Camera>> {
    let identity = Some([Vector4::x(), Vector4::y()]);
    let mut cameras = vec![identity; seen[0].len()];
    for round in 0..5 {
        // the first rounds must see past the motion itself
        let tolerance = half * f64::from(1 << (2 * (4 - round)));
        cameras = solve_cameras(seen, shape, &cameras, tolerance);
    }
    cameras
}

/// A first guess of the relief: the strongest common pattern of what the planes leave (power iteration).
fn start_relief(seen: &[Vec<Option<Point>>], shape: &mut [Vector4<f64>], cameras: &[Option<Camera>]) {
    let rest: Vec<Vec<(f64, f64)>> = seen
        .iter()
        .zip(shape.iter())
        .map(|(track, point)| {
            let left = |(p, c): (&Option<Point>, &Option<Camera>)| match (p, c) {
                (Some(p), Some(c)) => (p.x - project(c, point).x, p.y - project(c, point).y),
                _ => (0.0, 0.0),
            };
            track.iter().zip(cameras).map(left).collect()
        })
        .collect();
    // starts from the residual size of each track: deterministic, and not orthogonal to the strongest pattern
    let mut relief: Vec<f64> = rest.iter().map(|r| r.iter().map(|&(x, y)| x + 0.618 * y).sum()).collect();
    for _ in 0..12 {
        let mut pattern = vec![(0.0, 0.0); cameras.len()];
        for (row, &z) in rest.iter().zip(&relief) {
            for (sum, &(x, y)) in pattern.iter_mut().zip(row) {
                *sum = (sum.0 + z * x, sum.1 + z * y);
            }
        }
        relief = rest.iter().map(|row| row.iter().zip(&pattern).map(|(r, p)| r.0 * p.0 + r.1 * p.1).sum()).collect();
        let norm = (relief.iter().map(|z| z * z).sum::<f64>() / relief.len() as f64).sqrt();
        if norm <= f64::MIN_POSITIVE {
            return;
        }
        for z in &mut relief {
            *z /= norm;
        }
    }
    for (point, z) in shape.iter_mut().zip(relief) {
        point[2] = z;
    }
}

fn solve_cameras(
    seen: &[Vec<Option<Point>>],
    shape: &[Vector4<f64>],
    cameras: &[Option<Camera>],
    half: f64,
) -> Vec<Option<Camera>> {
    let solve = |t: usize| -> Option<Camera> {
        let (mut normal, mut x, mut y) = (Matrix4::zeros(), Vector4::zeros(), Vector4::zeros());
        for (track, point) in seen.iter().zip(shape) {
            let Some(p) = track[t] else { continue };
            let k = cameras[t].as_ref().map_or(1.0, |c| cauchy(project(c, point).distance(p), half));
            normal.ger(k, point, point, 1.0);
            x.axpy(k * p.x, point, 1.0);
            y.axpy(k * p.y, point, 1.0);
        }
        let ridge = Matrix4::identity() * (RIDGE * normal.trace());
        let solver = (normal + ridge).cholesky()?;
        Some([solver.solve(&x), solver.solve(&y)])
    };
    (0..cameras.len()).map(solve).collect()
}

fn solve_shape(
    seen: &[Vec<Option<Point>>],
    shape: &[Vector4<f64>],
    cameras: &[Option<Camera>],
    half: f64,
) -> Vec<Vector4<f64>> {
    let solve = |(track, point): (&Vec<Option<Point>>, &Vector4<f64>)| {
        let (mut normal, mut side) = (Matrix3::zeros(), Vector3::zeros());
        for (p, camera) in track.iter().zip(cameras) {
            let (Some(p), Some(camera)) = (p, camera) else { continue };
            let k = cauchy(project(camera, point).distance(*p), half);
            for (row, value) in camera.iter().zip([p.x, p.y]) {
                let slope = row.xyz();
                normal.ger(k, &slope, &slope, 1.0);
                side.axpy(k * (value - row[3]), &slope, 1.0);
            }
        }
        let ridge = RIDGE * normal.trace();
        let held = side + ridge * point.xyz();
        let solved = (normal + Matrix3::identity() * ridge).cholesky().map(|s| s.solve(&held));
        solved.filter(|s| s.iter().all(|v| v.is_finite())).map_or(*point, |s| s.push(1.0))
    };
    seen.iter().zip(shape).map(solve).collect()
}

fn report(
    tracks: usize,
    frames: usize,
    used: &[usize],
    seen: &[Vec<Option<Point>>],
    shape: &[Vector4<f64>],
    cameras: &[Option<Camera>],
    scale: f64,
) -> Rigidity {
    let mean_relief = shape.iter().map(|p| p[2]).sum::<f64>() / shape.len() as f64;
    let mut residuals = vec![vec![f64::NAN; frames]; tracks];
    let mut relief = vec![f64::NAN; tracks];
    let mut squares = vec![(0.0, 0.0); frames];
    let (mut parallax, mut count) = (0.0, 0.0);
    for ((&i, track), point) in used.iter().zip(seen).zip(shape) {
        relief[i] = (point[2] - mean_relief) * scale;
        for (t, (p, camera)) in track.iter().zip(cameras).enumerate() {
            let (Some(p), Some(camera)) = (p, camera) else { continue };
            let residual = project(camera, point).distance(*p) * scale;
            let k = cauchy(residual, HALF_WEIGHT_PX);
            residuals[i][t] = residual;
            squares[t] = (squares[t].0 + k * residual * residual, squares[t].1 + k);
            parallax += (camera[0][2].powi(2) + camera[1][2].powi(2)) * (relief[i]).powi(2);
            count += 1.0;
        }
    }
    let frame_rms = squares.iter().map(|&(sum, k)| (sum / k).sqrt()).collect();
    Rigidity { residuals, frame_rms, relief, parallax_px: (parallax / count).sqrt() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tracks of a relief under a turning weak-perspective camera; `bend` px of a radial bulge grow over the frames.
    fn turning(bend: f64) -> Vec<Vec<Option<Point>>> {
        (0..120_usize)
            .map(|i| {
                let (x, y) = ((i % 12) as f64 * 20.0 - 110.0, (i / 12) as f64 * 20.0 - 90.0);
                let z = 30.0 * (x / 50.0).sin() + 20.0 * (y / 40.0).cos();
                (0..10_usize)
                    .map(|t| {
                        let (sin, cos) = (0.03 * t as f64).sin_cos();
                        let grow = bend * t as f64 / 9.0 * (-(x * x + y * y) / 5000.0).exp() / 40.0;
                        let seen = t == 0 || (i * 7 + t * 3) % 11 != 0;
                        seen.then(|| {
                            Point::new(320.0 + x * cos + z * sin + grow * x, 180.0 + y + 2.0 * t as f64 + grow * y)
                        })
                    })
                    .collect()
            })
            .collect()
    }

    #[test]
    fn a_rigid_turn_leaves_nothing() {
        let fit = rigidity(&turning(0.0)).unwrap();
        assert!(fit.frame_rms.iter().all(|&r| r < 0.05), "{:?}", fit.frame_rms);
        assert!(fit.parallax_px > 1.0);
    }

    #[test]
    fn a_growing_bulge_is_left_over() {
        let fit = rigidity(&turning(8.0)).unwrap();
        assert!(fit.frame_rms[9] > 0.3, "{:?}", fit.frame_rms);
    }

    #[test]
    fn lines_and_short_tracks_say_nothing() {
        assert!(rigidity(&[]).is_none());
        assert!(rigidity(&turning(0.0)[..5]).is_none());
        let line: Vec<Vec<Option<Point>>> = (0..30).map(|i| vec![Some(Point::new(f64::from(i), 5.0)); 4]).collect();
        assert!(rigidity(&line).is_none());
        let mut ragged = turning(0.0);
        ragged[3].pop();
        ragged[4][2] = Some(Point::new(f64::NAN, 0.0));
        assert!(rigidity(&ragged).unwrap().residuals[3].iter().all(|r| r.is_nan()));
    }
}
