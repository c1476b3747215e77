//! *Is it warp, or is it motion?* Bending of the surface that no rigid motion explains.
//!
//! Segmentation-free: small overlapping patches of the seed-anchored tracks are judged each for itself, so that several bodies,
//! occlusions and a wrong subject cost little. In each patch and frame the motion of a plane is fitted robustly and removed: it holds
//! any camera move, zoom, roll, turn and translation of a flat piece of surface. What is left of a *rigid* piece is its relief:
//! one number per point times one direction per frame (the affine epipolar constraint of Koenderink and van Doorn 1991 through
//! all frames, rank 1 after the affine part of Tomasi and Kanade 1992). That is removed too, as far as the motion seen in the
//! frame can have caused it. What then remains bends.

use super::{
    series::weighted_quantile,
    tracks::{Displacements, Points},
};
use crate::frame::Size;
use nalgebra::{SMatrix, SVector};
use rayon::prelude::*;

/// Radii of the patches, in steps of the track grid (a step is about 1.5 % of the longer side).
pub(crate) const RADII: [usize; 2] = [3, 7];
/// Fewest tracks that the motion of a plane (8 unknowns, two equations each) may rest on.
const LEAST: usize = 14;
/// Share of a patch's points that must be followed.
const LEAST_SHARE: f32 = 0.3;
/// Share of its followed points that must be seen in a frame.
const LEAST_SEEN: f32 = 0.6;
/// Residual at which a track counts half in the fit, pixels per 640 of the longer side.
const HALF_WEIGHT: f32 = 1.5;
/// Largest parallax within one patch, as a share of the motion around it: deeper relief would show itself in the motion.
const PARALLAX: f32 = 0.25;
/// Patches of a frame that are remembered for heat maps: enough to show where, few enough for long clips.
const MOST_SPOTS: usize = 24;
/// Sweeps of alternating least squares for relief and direction.
const SWEEPS: usize = 6;
/// A turn that foreshortens by `θ² / 2` moves points by at least `θ` times this share of the diagonal: surfaces lie that far
/// from the axis they turn about.
const TURN: f32 = 0.08;

/// What remains in one frame.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bending {
    /// Typical (weighted 60 %) remainder per radius, pixels.
    pub typical: [f32; RADII.len()],
    /// Remainder that only a tenth of the subject exceeds, pixels.
    pub peak: [f32; RADII.len()],
    /// Typical motion of the smallest patches beyond a plane's, before relief is removed, pixels.
    pub raw: f32,
    /// Typical stretch of the larger patches in one direction against the other, beyond what a turn of the size seen explains:
    /// ratio of the two minus 1.
    pub stretched: f32,
    /// The patches that bend most, worst first.
    pub spots: Vec<Bent>,
}

/// A patch that bends, where the frame shows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bent {
    /// Column and row of its centre, pixels of the frame in the canvas' size; may lie outside.
    pub centre: (f32, f32),
    /// How far it reaches, pixels.
    pub radius: usize,
    /// Its remainder as a share of the worst patch's, `0..=1`.
    pub share: f32,
}

struct Patch {
    centre: usize,
    weight: f32,
    members: Vec<usize>,
}

/// Per patch and frame: remainder and raw part beyond a plane, pixels, and the stretch of the plane; NaN where it could not be judged.
type Remainders = Vec<[f32; 3]>;

/// Judges a stretch of frames of one clip.
pub(crate) fn bending(points: &Points, frames: &[Displacements], size: Size) -> Vec<Bending> {
    let (longest_side, diagonal) = (size.width.max(size.height), size.diagonal() as f32);
    let half_weight = HALF_WEIGHT * longest_side as f32 / 640.0;
    let motion: Vec<f32> = frames.iter().map(|f| f.length(0.5)).collect();
    let mut result = vec![Bending::default(); frames.len()];
    for (scale, &radius) in RADII.iter().enumerate() {
        let patches = patches(points, radius);
        let remainders: Vec<Remainders> =
            patches.par_iter().map(|patch| remainders(points, patch, frames, &motion, half_weight)).collect();
        // where no patch can be judged any more, nothing is known to have got better: the last answer stands
        let (mut typical, mut peak) = (0.0, 0.0);
        for (t, bending) in result.iter_mut().enumerate() {
            let seen = || patches.iter().zip(&remainders).filter(|(_, r)| r[t][0].is_finite());
            let mut rest: Vec<(f32, f32)> = seen().map(|(p, r)| (r[t][0], p.weight)).collect();
            typical = weighted_quantile(&mut rest, 0.6).unwrap_or(typical);
            peak = weighted_quantile(&mut rest, 0.9).unwrap_or(peak);
            (bending.typical[scale], bending.peak[scale]) = (typical, peak);
            if scale == RADII.len() - 1 {
                let mut stretch: Vec<(f32, f32)> = seen().map(|(p, r)| (r[t][2], p.weight * p.weight)).collect();
                let turn = frames[t].length(0.9) / (TURN * diagonal);
                let stretch = weighted_quantile(&mut stretch, 0.5).unwrap_or(0.0);
                bending.stretched = (stretch - 0.5 * turn * turn).max(0.0);
            }
            if scale == 0 {
                let mut raw: Vec<(f32, f32)> = seen().map(|(p, r)| (r[t][1], p.weight)).collect();
                bending.raw = weighted_quantile(&mut raw, 0.6).unwrap_or(0.0);
                bending.spots =
                    spots(points, &frames[t], radius, seen().map(|(p, r)| (p, r[t][0] * p.weight)).collect());
            }
        }
    }
    result
}

/// The patches that bend most in one frame, of those with their weighted remainder.
fn spots(points: &Points, frame: &Displacements, radius: usize, mut rest: Vec<(&Patch, f32)>) -> Vec<Bent> {
    rest.sort_by(|a, b| b.1.total_cmp(&a.1));
    rest.truncate(MOST_SPOTS);
    let Some(&(_, most)) = rest.first().filter(|(_, most)| *most > 0.0) else { return Vec::new() };
    let spot = |(patch, rest): (&Patch, f32)| {
        let (x, y) = points.place(patch.centre);
        let [u, v] = frame.at(patch.centre).unwrap_or_default();
        Bent { centre: (x as f32 + u, y as f32 + v), radius: radius * points.step, share: rest / most }
    };
    rest.into_iter().map(spot).collect()
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
                .filter(|&i| points.quality[i] > 0.0)
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
    let left: Vec<Option<(Vec<Leftover>, f32, f32)>> =
        frames.iter().map(|f| beyond_plane(points, patch, &place, f, half_weight)).collect();
    let (relief, directions) = relief(&left, patch.members.len());
    left.iter()
        .enumerate()
        .map(|(t, left)| {
            let Some((left, moved, stretch)) = left else { return [f32::NAN; 3] };
            let [p, q] = directions[t];
            let quality = |e: &Leftover| points.quality[patch.members[e.member]];
            let half = |of: &dyn Fn(&Leftover) -> f32| {
                let mut pairs: Vec<(f32, f32)> = left.iter().map(|e| (of(e), quality(e))).collect();
                weighted_quantile(&mut pairs, 0.5).unwrap_or(0.0)
            };
            let raw = half(&|e| e.u.hypot(e.v));
            let rest = half(&|e| (e.u - relief[e.member] * p).hypot(e.v - relief[e.member] * q));
            let explained = half(&|e| relief[e.member].abs() * p.hypot(q));
            let too_much = (explained - PARALLAX * motion[t].max(*moved)).max(0.0);
            [rest.hypot(too_much).min(raw), raw, *stretch]
        })
        .collect()
}

/// One track of one frame after the plane's motion.
struct Leftover {
    member: usize,
    u: f32,
    v: f32,
    weight: f32,
}

/// Removes the robust motion of a flat piece from a patch's displacements: what is left, and how far the patch moved in pixels.
/// `None` where too few tracks were seen.
fn beyond_plane(
    points: &Points,
    patch: &Patch,
    place: &[[f32; 2]],
    frame: &Displacements,
    half_weight: f32,
) -> Option<(Vec<Leftover>, f32, f32)> {
    let mut left: Vec<Leftover> = patch
        .members
        .iter()
        .enumerate()
        .filter_map(|(member, &i)| frame.at(i).map(|[u, v]| Leftover { member, u, v, weight: points.quality[i] }))
        .collect();
    if left.len() < LEAST || (left.len() as f32) < LEAST_SEEN * patch.members.len() as f32 {
        return None;
    }
    let step = points.step as f64;
    let seen: Vec<[f32; 2]> = left.iter().map(|e| [e.u, e.v]).collect();
    let (mut moved, mut stretch) = (0.0, 0.0);
    for _ in 0..4 {
        let plane = planar(&left, &seen, place)?;
        moved = (plane[0] as f32).hypot(plane[3] as f32);
        stretch = stretch_of(&plane, step);
        for (e, &[u, v]) in left.iter_mut().zip(&seen) {
            let [row_u, row_v] = planar_rows(place[e.member]);
            let predicted = |row: &Row| row.iter().zip(plane.iter()).map(|(a, b)| a * b).sum::<f64>() as f32;
            e.u = u - predicted(&row_u);
            e.v = v - predicted(&row_v);
            let quality = points.quality[patch.members[e.member]];
            e.weight = quality / (1.0 + (e.u * e.u + e.v * e.v) / (half_weight * half_weight));
        }
    }
    Some((left, moved, stretch))
}

/// Ratio of the larger to the smaller singular value of the affine part, minus 1; its gradients are per `step` pixels.
fn stretch_of(plane: &SVector<f64, 8>, step: f64) -> f32 {
    let (a, b, c, d) = (1.0 + plane[1] / step, plane[2] / step, plane[4] / step, 1.0 + plane[5] / step);
    let (sum, difference) = ((a + d).hypot(b - c), (a - d).hypot(b + c));
    ((sum + difference) / (sum - difference).abs().max(1e-3) - 1.0) as f32
}

/// Coefficients of the eight unknowns of a plane's motion (Longuet-Higgins and Prazdny 1980): affine plus two of perspective.
type Row = [f64; 8];

fn planar_rows([x, y]: [f32; 2]) -> [Row; 2] {
    let (x, y) = (f64::from(x), f64::from(y));
    [[1.0, x, y, 0.0, 0.0, 0.0, x * x, x * y], [0.0, 0.0, 0.0, 1.0, x, y, x * y, y * y]]
}

/// The coefficients that are not 0.
const KNOWN: [[usize; 5]; 2] = [[0, 1, 2, 6, 7], [3, 4, 5, 6, 7]];

/// Weighted least squares of the plane's motion.
fn planar(left: &[Leftover], seen: &[[f32; 2]], place: &[[f32; 2]]) -> Option<SVector<f64, 8>> {
    let (mut m, mut rhs) = ([[0.0; 8]; 8], [0.0; 8]);
    for (e, s) in left.iter().zip(seen) {
        for ((row, known), &s) in planar_rows(place[e.member]).iter().zip(KNOWN).zip(s) {
            let weighted = known.map(|k| row[k] * f64::from(e.weight));
            for (j, &column) in known.iter().enumerate() {
                for (i, &below) in known.iter().enumerate().skip(j) {
                    m[column][below] += weighted[i] * row[column];
                }
                rhs[column] += weighted[j] * f64::from(s);
            }
        }
    }
    // the lower triangle is all that Cholesky reads
    Some(SMatrix::<f64, 8, 8>::from(m).cholesky()?.solve(&SVector::from(rhs)))
}

/// One relief per point and one direction per frame that explain most of what the planes left.
fn relief(left: &[Option<(Vec<Leftover>, f32, f32)>], members: usize) -> (Vec<f32>, Vec<[f32; 2]>) {
    let mut relief = vec![0.0f32; members];
    let mut directions = vec![[0.0f32; 2]; left.len()];
    let energy = |l: &Vec<Leftover>| l.iter().map(|e| e.weight * (e.u * e.u + e.v * e.v)).sum::<f32>();
    let strongest = left.iter().flatten().max_by(|a, b| energy(&a.0).total_cmp(&energy(&b.0)));
    let Some((strongest, ..)) = strongest else { return (relief, directions) };
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
            let Some((left, ..)) = left else { continue };
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
            for e in left.iter().flat_map(|(left, ..)| left) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_bent_until_it_was_lost_did_not_get_better() {
        let side = 24;
        let points = Points {
            step: 8,
            columns: side,
            rows: side,
            quality: vec![1.0; side * side],
            variance: vec![100.0; side * side],
            subject: vec![1.0; side * side],
            body: vec![1.0; side * side],
        };
        // waves of two pixels that no plane follows and no relief before a camera at rest
        let wave = |strength: f32| {
            Displacements::of(&points, |x, y| Some([strength * (0.12 * y).sin(), strength * (0.12 * x).sin()]))
        };
        let lost = || Displacements::of(&points, |_, _| None);
        let frames: Vec<Displacements> =
            (0u8..12).map(|t| if t < 8 { wave(0.25 * f32::from(t)) } else { lost() }).collect();
        let bending = bending(&points, &frames, Size::new(side * 8, side * 8));
        assert!(bending[0].typical[1] < 0.05 && bending[7].typical[1] > 0.3, "{:?} {:?}", bending[0], bending[7]);
        assert!(bending[8..].iter().all(|b| (b.typical, b.peak) == (bending[7].typical, bending[7].peak)));
    }
}
