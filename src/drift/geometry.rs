//! *Is it warp, or is it motion?* Bending of the surface that no rigid motion explains.
//!
//! Segmentation-free: small overlapping patches of the seed-anchored tracks are judged each for itself, so that several bodies,
//! occlusions and a wrong subject cost little. In each patch and frame an affine map is fitted robustly and removed: it holds
//! any camera move, zoom, roll, turn and translation of a flat piece of surface. What is left of a *rigid* piece is its relief:
//! one number per point times one direction per frame (the affine epipolar constraint of Koenderink and van Doorn 1991 through
//! all frames, rank 1 after the affine part of Tomasi and Kanade 1992). That is removed too, as far as the motion seen in the
//! frame can have caused it. What then remains bends.

use super::{
    series::weighted_quantile,
    tracks::{Displacements, Points},
};
use rayon::prelude::*;

/// Radii of the patches, in steps of the track grid (a step is about 1.5 % of the longer side).
pub(crate) const RADII: [usize; 2] = [3, 7];
/// Fewest tracks that an affine fit (3 unknowns per direction) may rest on.
const LEAST: usize = 14;
/// Share of a patch's points that must be textured and seen.
const LEAST_SHARE: f32 = 0.45;
/// Residual at which a track counts half in the affine fit, pixels per 640 of the longer side.
const HALF_WEIGHT: f32 = 1.5;
/// Largest parallax between points of one patch, as a share of the longest displacement in the frame: a relief as deep as
/// half its distance would reach it.
const PARALLAX: f32 = 0.5;
/// Sweeps of alternating least squares for relief and direction.
const SWEEPS: usize = 6;

/// What remains in one frame.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bending {
    /// Typical (weighted 60 %) remainder per radius, pixels.
    pub typical: [f32; RADII.len()],
    /// Remainder that only a tenth of the subject exceeds, pixels.
    pub peak: [f32; RADII.len()],
    /// Typical non-affine part of the smallest patches before relief is removed, pixels.
    pub raw: f32,
    /// Share of the subject's patches that could be judged, `0..=1`.
    pub judged: f32,
    /// Column and row (pixels of the canvas) of the patch that bends most, and how far it reaches.
    pub worst: Option<(usize, usize, usize)>,
}

struct Patch {
    centre: usize,
    weight: f32,
    members: Vec<usize>,
}

/// Per patch and frame: remainder and raw non-affine part, pixels; NaN where it could not be judged.
type Remainders = Vec<[f32; 2]>;

/// Judges a stretch of frames of one clip.
pub(crate) fn bending(points: &Points, frames: &[Displacements], longest_side: usize) -> Vec<Bending> {
    let half_weight = HALF_WEIGHT * longest_side as f32 / 640.0;
    let motion: Vec<f32> = frames.iter().map(|f| f.length(0.9)).collect();
    let mut result = vec![Bending::default(); frames.len()];
    for (scale, &radius) in RADII.iter().enumerate() {
        let patches = patches(points, radius);
        let total: f32 = patches.iter().map(|p| p.weight).sum();
        let remainders: Vec<Remainders> =
            patches.par_iter().map(|patch| remainders(points, patch, frames, &motion, half_weight)).collect();
        for (t, bending) in result.iter_mut().enumerate() {
            let seen = || patches.iter().zip(&remainders).filter(|(_, r)| r[t][0].is_finite());
            let mut rest: Vec<(f32, f32)> = seen().map(|(p, r)| (r[t][0], p.weight)).collect();
            bending.typical[scale] = weighted_quantile(&mut rest, 0.6).unwrap_or(0.0);
            bending.peak[scale] = weighted_quantile(&mut rest, 0.9).unwrap_or(0.0);
            if scale == 0 {
                let mut raw: Vec<(f32, f32)> = seen().map(|(p, r)| (r[t][1], p.weight)).collect();
                bending.raw = weighted_quantile(&mut raw, 0.6).unwrap_or(0.0);
                bending.judged = seen().map(|(p, _)| p.weight).sum::<f32>() / total.max(f32::MIN_POSITIVE);
                let worst = seen().max_by(|a, b| (a.1[t][0] * a.0.weight).total_cmp(&(b.1[t][0] * b.0.weight)));
                bending.worst = worst.map(|(p, _)| {
                    let (x, y) = points.place(p.centre);
                    (x, y, radius * points.step)
                });
            }
        }
    }
    result
}

fn patches(points: &Points, radius: usize) -> Vec<Patch> {
    let stride = radius.div_ceil(2);
    let mut patches = Vec::new();
    for row in (radius.min(2)..points.rows).step_by(stride) {
        for column in (radius.min(2)..points.columns).step_by(stride) {
            let rows = row.saturating_sub(radius)..(row + radius + 1).min(points.rows);
            let columns = column.saturating_sub(radius)..(column + radius + 1).min(points.columns);
            let area = rows.len() * columns.len();
            let members: Vec<usize> = rows
                .flat_map(|r| columns.clone().map(move |c| r * points.columns + c))
                .filter(|&i| points.textured[i])
                .collect();
            if members.len() >= LEAST && members.len() as f32 >= LEAST_SHARE * area as f32 {
                let weight = 0.02 + members.iter().map(|&i| points.subject[i]).sum::<f32>() / area as f32;
                patches.push(Patch { centre: row * points.columns + column, weight, members });
            }
        }
    }
    patches
}

fn remainders(
    points: &Points,
    patch: &Patch,
    frames: &[Displacements],
    motion: &[f32],
    half_weight: f32,
) -> Remainders {
    let (cx, cy) = points.place(patch.centre);
    let place: Vec<[f32; 2]> = patch
        .members
        .iter()
        .map(|&i| points.place(i))
        .map(|(x, y)| [(x as f32 - cx as f32) / points.step as f32, (y as f32 - cy as f32) / points.step as f32])
        .collect();
    let left: Vec<Option<Vec<Leftover>>> = frames.iter().map(|f| non_affine(patch, &place, f, half_weight)).collect();
    let (relief, directions) = relief(&left, patch.members.len());
    left.iter()
        .enumerate()
        .map(|(t, left)| {
            let Some(left) = left else { return [f32::NAN; 2] };
            let [p, q] = directions[t];
            let mut raw: Vec<f32> = left.iter().map(|e| e.u.hypot(e.v)).collect();
            let mut rest: Vec<f32> =
                left.iter().map(|e| (e.u - relief[e.member] * p).hypot(e.v - relief[e.member] * q)).collect();
            let mut explained: Vec<f32> = left.iter().map(|e| relief[e.member].abs() * p.hypot(q)).collect();
            let half = |v: &mut Vec<f32>| super::series::quantile(v, 0.5).unwrap_or(0.0);
            let (raw, rest, explained) = (half(&mut raw), half(&mut rest), half(&mut explained));
            let too_much = (explained - PARALLAX * motion[t]).max(0.0);
            [rest.hypot(too_much).min(raw), raw]
        })
        .collect()
}

/// One track of one frame after the affine part.
struct Leftover {
    member: usize,
    u: f32,
    v: f32,
    weight: f32,
}

/// Removes the robust affine part of a patch's displacements; `None` where too few tracks were seen.
fn non_affine(patch: &Patch, place: &[[f32; 2]], frame: &Displacements, half_weight: f32) -> Option<Vec<Leftover>> {
    let mut left: Vec<Leftover> = patch
        .members
        .iter()
        .enumerate()
        .filter_map(|(member, &i)| frame.at(i).map(|[u, v]| Leftover { member, u, v, weight: 1.0 }))
        .collect();
    if left.len() < LEAST || (left.len() as f32) < 0.7 * patch.members.len() as f32 {
        return None;
    }
    let seen: Vec<[f32; 2]> = left.iter().map(|e| [e.u, e.v]).collect();
    for _ in 0..4 {
        let [au, av] = affine(&left, &seen, place)?;
        for (e, &[u, v]) in left.iter_mut().zip(&seen) {
            let [x, y] = place[e.member];
            e.u = u - (au[0] + au[1] * x + au[2] * y);
            e.v = v - (av[0] + av[1] * x + av[2] * y);
            e.weight = 1.0 / (1.0 + (e.u * e.u + e.v * e.v) / (half_weight * half_weight));
        }
    }
    Some(left)
}

/// Weighted least squares of `1, x, y` for both directions by Cramer's rule.
fn affine(left: &[Leftover], seen: &[[f32; 2]], place: &[[f32; 2]]) -> Option<[[f32; 3]; 2]> {
    let mut m = [[0.0f64; 3]; 3];
    let mut rhs = [[0.0f64; 3]; 2];
    for (e, s) in left.iter().zip(seen) {
        let row = [1.0, f64::from(place[e.member][0]), f64::from(place[e.member][1])];
        let w = f64::from(e.weight);
        for i in 0..3 {
            for j in 0..3 {
                m[i][j] += w * row[i] * row[j];
            }
            rhs[0][i] += w * row[i] * f64::from(s[0]);
            rhs[1][i] += w * row[i] * f64::from(s[1]);
        }
    }
    let determinant = determinant(&m);
    if determinant.abs() < 1e-3 {
        return None;
    }
    Some(rhs.map(|rhs| {
        std::array::from_fn(|k| {
            let mut replaced = m;
            for i in 0..3 {
                replaced[i][k] = rhs[i];
            }
            (self::determinant(&replaced) / determinant) as f32
        })
    }))
}

fn determinant(m: &[[f64; 3]; 3]) -> f64 {
    m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
        + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
}

/// One relief per point and one direction per frame that explain most of what the affine maps left.
fn relief(left: &[Option<Vec<Leftover>>], members: usize) -> (Vec<f32>, Vec<[f32; 2]>) {
    let mut relief = vec![0.0f32; members];
    let mut directions = vec![[0.0f32; 2]; left.len()];
    let energy = |l: &Vec<Leftover>| l.iter().map(|e| e.weight * (e.u * e.u + e.v * e.v)).sum::<f32>();
    let strongest = left.iter().flatten().max_by(|a, b| energy(a).total_cmp(&energy(b)));
    let Some(strongest) = strongest else { return (relief, directions) };
    // start along the main axis of the strongest frame
    let (mut uu, mut uv, mut vv) = (0.0f32, 0.0f32, 0.0f32);
    for e in strongest {
        uu += e.weight * e.u * e.u;
        uv += e.weight * e.u * e.v;
        vv += e.weight * e.v * e.v;
    }
    let angle = 0.5 * (2.0 * uv).atan2(uu - vv);
    for e in strongest {
        relief[e.member] = e.u * angle.cos() + e.v * angle.sin();
    }
    for _ in 0..SWEEPS {
        for (direction, left) in directions.iter_mut().zip(left) {
            let Some(left) = left else { continue };
            let (mut p, mut q, mut n) = (0.0f32, 0.0f32, 1e-6f32);
            for e in left {
                let z = relief[e.member];
                p += e.weight * e.u * z;
                q += e.weight * e.v * z;
                n += e.weight * z * z;
            }
            *direction = [p / n, q / n];
        }
        let mut sums = vec![(0.0f32, 1e-6f32); members];
        for (left, [p, q]) in left.iter().zip(&directions) {
            for e in left.iter().flatten() {
                let (s, n) = &mut sums[e.member];
                *s += e.weight * (e.u * p + e.v * q);
                *n += e.weight * (p * p + q * q);
            }
        }
        for (z, (s, n)) in relief.iter_mut().zip(sums) {
            *z = s / n;
        }
    }
    (relief, directions)
}
