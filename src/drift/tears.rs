//! Where the surface ends in a frame: tears of the displacement, between bodies that pass each other.

use super::{
    registration::Registered,
    series::weighted_quantile,
    tracks::{Points, SURE},
};
use crate::flow::Flow;

/// Difference of displacement per distance, beyond what the whole picture does and what the subject does, at which the surface ends:
/// two bodies pass each other there, and the flow between them is neither's.
const TEAR: f32 = 0.45;
/// Share of the subject that must still look like the seed to say whether it is torn: what went away or was covered does not.
const LEAST_SURE: f32 = 0.67;
/// Share of what still looks like the seed that may be torn of a subject that is whole.
const WHOLE: f32 = 0.25;
/// The same beyond which a subject is torn all over.
const ALL_OVER: f32 = 0.75;

/// Points on either side of a jump of the displacement, and their neighbours.
#[derive(Clone, Debug)]
pub(crate) struct Torn(Vec<bool>);

impl Torn {
    /// Whether point `index` is one of them.
    pub(crate) fn at(&self, index: usize) -> bool {
        self.0[index]
    }
}

/// Finds tears in one frame after the other. Where bodies pass each other, or one turns away, tears are lines that spread from frame
/// to frame; a subject that is whole in one frame and torn all over in the next is one surface still, and deformed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tears {
    was_whole: bool,
}

impl Tears {
    /// The tears of the next registered frame.
    pub(crate) fn find(&mut self, points: &Points, registered: &Registered) -> Torn {
        let torn = torn(points, &registered.flow);
        match torn_share(&torn, points, registered) {
            Some(share) if share > ALL_OVER && self.was_whole => Torn(vec![false; points.len()]),
            share => {
                // what cannot be told leaves what is known as it is
                self.was_whole = share.map_or(self.was_whole, |share| share <= WHOLE);
                Torn(torn)
            }
        }
    }
}

fn torn(points: &Points, flow: &Flow) -> Vec<bool> {
    let mut torn = vec![false; points.len()];
    for (dx, dy) in [(1, 0), (0, 1)] {
        let slopes = Slopes::along((dx, dy), points, flow);
        // the subject may be turned otherwise than what surrounds it: a table that a low camera circles is sheared by more than half
        let usual = [slopes.typical(|_| 1.0), slopes.typical(|index| points.body[index])];
        for (index, slope) in slopes.all() {
            if usual.iter().all(|usual| (slope[0] - usual[0]).hypot(slope[1] - usual[1]) > TEAR) {
                torn[index] = true;
                torn[index + dy * points.columns + dx] = true;
            }
        }
    }
    let (columns, rows) = (points.columns, points.rows);
    let near = |index: usize| {
        let (column, row) = (index % columns, index / columns);
        (row.saturating_sub(1)..(row + 2).min(rows))
            .any(|r| (column.saturating_sub(1)..(column + 2).min(columns)).any(|c| torn[r * columns + c]))
    };
    (0..points.len()).map(near).collect()
}

/// Difference of displacement per distance, `(u, v)`, between each point and its neighbour in one direction.
struct Slopes(Vec<(usize, [f32; 2])>);

impl Slopes {
    fn along((dx, dy): (usize, usize), points: &Points, flow: &Flow) -> Self {
        let at = |index: usize| {
            let (x, y) = points.place(index);
            flow.at(x, y)
        };
        let slope = |index: usize| {
            let (a, b) = (at(index), at(index + dy * points.columns + dx));
            [(b.0 - a.0) / points.step as f32, (b.1 - a.1) / points.step as f32]
        };
        let has_neighbour =
            |index: &usize| index % points.columns + dx < points.columns && index / points.columns + dy < points.rows;
        Self((0..points.len()).filter(has_neighbour).map(|index| (index, slope(index))).collect())
    }

    /// Of every point that has a neighbour.
    fn all(&self) -> impl Iterator<Item = (usize, [f32; 2])> + '_ {
        self.0.iter().copied()
    }

    /// Median of each component by what `weight` gives each point; 0 of none.
    fn typical(&self, weight: impl Fn(usize) -> f32) -> [f32; 2] {
        [0, 1].map(|k| {
            let mut values = self.all().map(|(index, slope)| (slope[k], weight(index))).collect();
            weighted_quantile(&mut values, 0.5).unwrap_or(0.0)
        })
    }
}

/// Share of the subject that is torn, of what still looks like the seed; `None` where too little does.
fn torn_share(torn: &[bool], points: &Points, registered: &Registered) -> Option<f32> {
    let (mut torn_sure, mut sure, mut all) = (0.0f32, 0.0f32, 0.0f32);
    for (index, is_torn) in torn.iter().enumerate() {
        let (x, y) = points.place(index);
        let weight = points.quality[index] * points.subject[index];
        all += weight;
        if registered.inside.at(x, y) > 0.0 && registered.correlation.likeness.at(x, y) > SURE {
            sure += weight;
            torn_sure += if *is_torn { weight } else { 0.0 };
        }
    }
    (sure > 0.0 && sure >= LEAST_SURE * all).then(|| torn_sure / sure)
}

#[cfg(test)]
mod tests {
    use super::{super::tracks::ALONG, *};
    use crate::frame::Plane;

    #[test]
    fn a_subject_before_a_table_that_shears_ends_where_it_ends() {
        const SIDE: usize = 512;
        let is_subject = |x: usize, y: usize| (192..320).contains(&x) && (128..384).contains(&y);
        let step = SIDE / ALONG;
        let mut points = Points {
            step,
            columns: ALONG,
            rows: ALONG,
            quality: vec![1.0; ALONG * ALONG],
            variance: vec![100.0; ALONG * ALONG],
            subject: Vec::new(),
            body: Vec::new(),
        };
        let places: Vec<(usize, usize)> = (0..points.len()).map(|index| points.place(index)).collect();
        points.body = places.iter().map(|&(x, y)| if is_subject(x, y) { 1.0 } else { 0.0 }).collect();
        // a low camera goes round: the table moves the more the nearer it is
        let table = |y: usize| 0.6 * (y as f32 - 256.0);
        let u = Plane::from_fn(SIDE, SIDE, |x, y| if is_subject(x, y) { 0.0 } else { table(y) });
        let torn = torn(&points, &Flow { u, v: Plane::from_fn(SIDE, SIDE, |_, _| 0.0) });
        let (mut inside, mut on_edge) = (Vec::new(), Vec::new());
        for (index, (x, y)) in places.into_iter().enumerate() {
            if (216..296).contains(&x) && (152..360).contains(&y) {
                inside.push(torn[index]);
            } else if is_subject(x, y) && (152..200).contains(&y) && !(208..304).contains(&x) {
                on_edge.push(torn[index]);
            }
        }
        assert!(inside.iter().all(|torn| !torn) && on_edge.iter().all(|torn| *torn));
        // the table itself is whole
        assert!(!torn[points.columns * 32 + 4]);
    }
}
