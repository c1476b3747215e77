//! Spans of frames: first and last, 0-based, both included.

/// Frames over which a mend of tone sets in and ends.
pub(super) const FEATHER: usize = 6;

/// How much of a mend of tone frame `t` of `count` gets, `0..=1`: it sets in and ends softly, but not at the clip's ends.
pub fn feather([first, last]: [usize; 2], t: usize, count: usize) -> f32 {
    if t < first || t > last {
        return 0.0;
    }
    let side = |is_border: bool, steps: usize| {
        if is_border { 1.0 } else { ((steps + 1) as f32 / (FEATHER + 1) as f32).min(1.0) }
    };
    let level = side(first == 0, t - first).min(side(last + 1 >= count, last - t));
    level * level * (3.0 - 2.0 * level)
}

/// Runs of frames that are `bad`.
pub(super) fn runs(range: std::ops::Range<usize>, bad: impl Fn(usize) -> bool) -> Vec<[usize; 2]> {
    let mut runs: Vec<[usize; 2]> = Vec::new();
    for t in range.filter(|&t| bad(t)) {
        match runs.last_mut() {
            Some(run) if run[1] + 1 == t => run[1] = t,
            _ => runs.push([t, t]),
        }
    }
    runs
}

/// Spans in order, joined where at most `between` good frames lie between.
pub(super) fn merged(spans: Vec<[usize; 2]>, between: usize) -> Vec<[usize; 2]> {
    let mut joined: Vec<[usize; 2]> = Vec::new();
    for span in spans {
        match joined.last_mut() {
            Some(before) if span[0] <= before[1] + between => before[1] = before[1].max(span[1]),
            _ => joined.push(span),
        }
    }
    joined
}

/// Whether two spans share a frame.
pub(super) fn overlap(a: [usize; 2], b: [usize; 2]) -> bool {
    a[0] <= b[1] && b[0] <= a[1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_found_and_near_ones_joined() {
        let found = runs(0..12, |t| [1, 2, 5, 9, 10, 11].contains(&t));
        assert_eq!(found, [[1, 2], [5, 5], [9, 11]]);
        assert_eq!(merged(found.clone(), 2), [[1, 2], [5, 5], [9, 11]]);
        assert_eq!(merged(found, 3), [[1, 5], [9, 11]]);
        assert!(overlap([1, 4], [4, 9]) && !overlap([1, 3], [4, 9]));
    }

    #[test]
    fn a_mend_sets_in_softly_inside_the_clip_and_at_once_at_its_ends() {
        let levels: Vec<f32> = (0..40).map(|t| feather([10, 39], t, 40)).collect();
        assert_eq!((levels[9], levels[10 + FEATHER], levels[39]), (0.0, 1.0, 1.0));
        assert!(levels[10] > 0.0 && levels.windows(2).all(|pair| pair[0] <= pair[1]));
        assert_eq!(feather([0, 12], 0, 40), 1.0);
        assert!(feather([0, 12], 12, 40) < 0.1);
    }
}
