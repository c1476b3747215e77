//! How far the final of a draft is from its draft, in style: colour, structure, identity and motion, without a verdict.
//!
//! Both clips are looked at in the same moments, as shares of their lengths. The final is laid over the draft by dense
//! flow, so that what differs by a pixel or two is not taken for another picture; how far the two *move* differently is
//! measured by itself, each against its own first frame.

use super::{
    alignment::pulled_half,
    canvas::{WINDOW, half},
    cells::TEXTURED,
    correlation::Prepared,
    embedding::Embedder,
    placement::Placement,
    ruler::{WORKING_SIDE, careful_flow},
    series::quantile,
    window,
};
use crate::{
    flow::{self, Flow, Params, Pyramid},
    frame::{Picture, Plane, Size, cielab_from_srgb, delta_e_2000, pyramid},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Shapes that differ by less than this, as a share, are one shape: encoders round sides.
const SAME_SHAPE: f64 = 0.02;
/// Radius over which colours are pooled, pixels of the half-size picture: displacements are not exact to the pixel.
const POOL: usize = 2;
/// Share of the picture that is nearer in colour than `color_peak`.
const PEAK: f64 = 0.9;

// Limits of what is still the draft in another size and encoding. `tests/style.rs` measures 0.39, 1.05, 0.982, 0.005 and
// 0.15 at worst for the same content at 480 and 960 pixels and two frame rates; a provider that enlarges invents some
// texture besides, so there is room.

/// Colour, CIEDE2000: what is seen side by side.
const MOST_COLOR: f64 = 1.5;
/// The same for `color_peak`.
const MOST_COLOR_PEAK: f64 = 3.0;
/// Structure, normalised cross-correlation: print that was scrambled has 0.90.
const LEAST_STRUCTURE: f64 = 0.92;
/// Identity, 1 − cosine: half of what another view of the subject has.
const MOST_IDENTITY: f64 = 0.05;
/// Motion, % of the diagonal: ten pixels at 1080p.
const MOST_MOTION: f64 = 0.5;

/// One measure over the moments that were compared.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Spread {
    /// Of half of the moments it is no farther off.
    pub median: f64,
    /// The moment in which it is farthest off.
    pub worst: f64,
}

/// How a final differs from its draft.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StyleDrift {
    /// Moments that were compared.
    pub moments: usize,
    /// Colour of the middle pixel, CIEDE2000: 0 the same, about 1 what a careful eye just sees side by side.
    pub color: Spread,
    /// Colour that a tenth of the picture is beyond, CIEDE2000.
    pub color_peak: Spread,
    /// Likeness of textured places after alignment, normalised cross-correlation: 1 the same, 0 nothing in common.
    pub structure: Spread,
    /// 1 − cosine of what the bundled network sees: 0 the same, about 0.1 another view, 0.3 another subject; absent in a
    /// build without it.
    pub identity: Option<Spread>,
    /// Distance between where both clips have moved the middle point since their first frame, % of the diagonal.
    pub motion: Spread,
}

impl StyleDrift {
    /// The measures whose worst moment is beyond what another size and another encoding of the same content explain, in
    /// words; see the constants.
    pub fn beyond(&self) -> Vec<String> {
        let Self { color, color_peak, structure, identity, motion, .. } = self;
        let mut beyond = Vec::new();
        let mut measure = |name: &str, worst: f64, limit: f64, is_beyond: bool| {
            if is_beyond {
                beyond.push(format!("{name} {worst:.2} (limit {limit})"));
            }
        };
        for (name, worst, limit) in [
            ("colour ΔE2000", color.worst, MOST_COLOR),
            ("peak colour ΔE2000", color_peak.worst, MOST_COLOR_PEAK),
            ("identity", identity.map_or(0.0, |identity| identity.worst), MOST_IDENTITY),
            ("motion in % of the diagonal", motion.worst, MOST_MOTION),
        ] {
            measure(name, worst, limit, worst > limit);
        }
        measure("structure NCC", structure.worst, LEAST_STRUCTURE, structure.worst < LEAST_STRUCTURE);
        beyond
    }

    /// One sentence without a verdict.
    pub fn sentence(&self) -> String {
        let Self { color, structure, identity, motion, .. } = self;
        let identity = identity.map(|identity| format!("identity {:.2}, ", identity.median)).unwrap_or_default();
        format!(
            "the final differs from its draft: colour ΔE2000 {:.1}, structure NCC {:.2}, {identity}motion {:.1} % of the \
             diagonal",
            color.median, structure.median, motion.median
        )
    }
}

/// Looks at draft and final, moment by moment.
#[derive(Debug)]
pub struct StyleMeter {
    params: Params,
    embedder: Option<Embedder>,
    first: Option<First>,
    looks: Vec<Look>,
}

/// What the first moment leaves for the later ones.
#[derive(Debug)]
struct First {
    /// How the final's picture lies over the draft's; `None` where both have one shape.
    placement: Option<Placement>,
    draft: Pyramid,
    last: Pyramid,
    /// `final_from_draft`, pixels.
    between: Flow,
    /// Places of the draft whose motion can be told.
    textured: Vec<bool>,
    /// Motion since then of draft and final at the moment before.
    moved: Option<[Flow; 2]>,
}

/// One moment.
#[derive(Clone, Copy, Debug)]
struct Look {
    color: f32,
    color_peak: f32,
    structure: f32,
    identity: Option<f32>,
    motion: Option<f32>,
}

impl Default for StyleMeter {
    fn default() -> Self {
        Self { params: careful_flow(), embedder: Embedder::bundled(), first: None, looks: Vec::new() }
    }
}

impl StyleMeter {
    /// The size in which the frames of a clip of `clip` pixels are wanted.
    pub fn working_size(clip: Size) -> Size {
        clip.fit(WORKING_SIDE)
    }

    /// Compares the next moment. The first one must be the first frames of both clips.
    pub fn see(&mut self, draft: &Picture, last: &Picture) {
        let size = draft.size();
        let placement = match &self.first {
            Some(first) => first.placement.clone(),
            None => (!is_same_shape(size, last.size())).then(|| place(draft, last, &self.params)),
        };
        let visible = placement.as_ref().map(|placement| placement.visible(last.size(), size));
        let laid = placement
            .as_ref()
            .map_or_else(|| pyramid::resize_picture(last, size), |placement| placement.lay(last, size));
        let (draft_luma, last_luma) = (draft.luma(), laid.luma());
        let (from, to) = (Pyramid::new(&draft_luma, &self.params), Pyramid::new(&last_luma, &self.params));
        let between = flow::dense_prepared(&from, &to, &self.params, None);
        let sees = |i: usize| visible.as_ref().is_none_or(|visible| visible.data()[i] > 0.0) && is_inside(&between, i);

        let prepared = Prepared::new(&draft_luma, WINDOW);
        let likeness = prepared.with(&flow::warp(&last_luma, &between)).likeness;
        let textured: Vec<bool> =
            prepared.variance().data().iter().enumerate().map(|(i, &v)| v > TEXTURED && sees(i)).collect();
        let [color, color_peak] = colours(draft, &laid, &between, sees);
        let identity = self.embedder.as_ref().and_then(|embedder| {
            // the bundled network never fails
            Some(embedder.embed(draft).ok()?.distance(&embedder.embed(&laid).ok()?))
        });
        let motion = self.first.as_mut().and_then(|first| first.apart([&from, &to], &self.params));
        self.looks.push(Look { color, color_peak, structure: mean_of(&likeness, &textured), identity, motion });
        self.first.get_or_insert(First { placement, draft: from, last: to, between, textured, moved: None });
    }

    /// What all moments say; `None` of none.
    pub fn finish(&self) -> Option<StyleDrift> {
        let spread = |of: fn(&Look) -> Option<f32>, worst: f64| {
            let values: Vec<f32> = self.looks.iter().filter_map(of).collect();
            let at = |q| quantile(&mut values.clone(), q).map(f64::from);
            Some(Spread { median: at(0.5)?, worst: at(worst)? })
        };
        Some(StyleDrift {
            moments: self.looks.len(),
            color: spread(|look| Some(look.color), 1.0)?,
            color_peak: spread(|look| Some(look.color_peak), 1.0)?,
            structure: spread(|look| Some(look.structure), 0.0)?,
            identity: spread(|look| look.identity, 1.0),
            // a single moment has no motion to compare
            motion: spread(|look| look.motion, 1.0).unwrap_or(Spread { median: 0.0, worst: 0.0 }),
        })
    }
}

impl First {
    /// How far apart draft and final have moved since, % of the diagonal: the median of the places that can be told.
    fn apart(&mut self, now: [&Pyramid; 2], params: &Params) -> Option<f32> {
        let [draft_before, last_before] = self.moved.take().map_or([None, None], |moved| moved.map(Some));
        let draft = flow::dense_prepared(&self.draft, now[0], params, draft_before.as_ref());
        let last = flow::dense_prepared(&self.last, now[1], params, last_before.as_ref());
        // the final's motion of the draft's places
        let there = flow::chain(&self.between, &last);
        let diagonal = draft.size().diagonal() as f32;
        let told =
            (0..self.textured.len()).filter(|&i| self.textured[i] && is_inside(&draft, i) && is_inside(&there, i));
        let mut apart: Vec<f32> = told
            .map(|i| {
                let off = |there: &Plane<f32>, between: &Plane<f32>, draft: &Plane<f32>| {
                    there.data()[i] - between.data()[i] - draft.data()[i]
                };
                let (u, v) = (off(&there.u, &self.between.u, &draft.u), off(&there.v, &self.between.v, &draft.v));
                100.0 * u.hypot(v) / diagonal
            })
            .collect();
        self.moved = Some([draft, last]);
        quantile(&mut apart, 0.5)
    }
}

/// How the final's picture lies over the draft's: found nearly, then as the flow between them says.
fn place(draft: &Picture, last: &Picture, params: &Params) -> Placement {
    let size = draft.size();
    let near = Placement::find(last, draft);
    let draft_from_laid = flow::dense(&near.lay(last, size).luma(), &draft.luma(), params, None);
    near.refined(&draft_from_laid, &near.visible(last.size(), size)).unwrap_or(near)
}

fn is_same_shape(one: Size, other: Size) -> bool {
    let shape = |size: Size| size.width as f64 / size.height.max(1) as f64;
    (shape(one) / shape(other) - 1.0).abs() < SAME_SHAPE
}

/// Whether the flow leaves the place inside the frame.
fn is_inside(flow: &Flow, i: usize) -> bool {
    let Size { width, height } = flow.size();
    let (x, y) = ((i % width) as f32 + flow.u.data()[i], (i / width) as f32 + flow.v.data()[i]);
    (0.0..width as f32).contains(&x) && (0.0..height as f32).contains(&y)
}

/// CIEDE2000 of the middle pixel and of the one at [`PEAK`], between the draft and the final pulled onto it.
fn colours(draft: &Picture, last: &Picture, between: &Flow, sees: impl Fn(usize) -> bool) -> [f32; 2] {
    let (draft, last) = (pooled(&half(draft)), pooled(&pulled_half(last, between)));
    let (size, full) = (draft.size(), between.size());
    let mut apart = Vec::with_capacity(size.width * size.height);
    for y in 0..size.height {
        for x in 0..size.width {
            if sees((2 * y).min(full.height - 1) * full.width + (2 * x).min(full.width - 1)) {
                let lab = |picture: &Picture| cielab_from_srgb(picture.rgb.each_ref().map(|plane| plane.at(x, y)));
                apart.push(delta_e_2000(lab(&draft), lab(&last)) as f32);
            }
        }
    }
    [0.5, PEAK].map(|q| quantile(&mut apart, q).unwrap_or(0.0))
}

fn pooled(picture: &Picture) -> Picture {
    Picture { rgb: picture.rgb.each_ref().map(|plane| window::mean(plane, POOL)) }
}

/// Mean of the chosen places; 1, where there are none to tell apart.
fn mean_of(plane: &Plane<f32>, chosen: &[bool]) -> f32 {
    let values = || plane.data().iter().zip(chosen).filter(|(_, chosen)| **chosen).map(|(&v, _)| f64::from(v));
    let count = values().count();
    if count == 0 { 1.0 } else { (values().sum::<f64>() / count as f64) as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Waves of incommensurable lengths, moved to the right by `shift` pixels.
    fn scene(size: Size, shift: f32) -> Picture {
        let light = |x: f32, y: f32| {
            let wave = |fx: f32, fy: f32, phase: f32| (fx * x + fy * y + phase).sin();
            0.5 + 0.06 * wave(0.7, 0.35, 0.0)
                + 0.06 * wave(-0.4, 0.6, 1.0)
                + 0.08 * wave(0.31, -0.22, 2.0)
                + 0.08 * wave(0.13, 0.37, 3.0)
                + 0.12 * wave(0.05, 0.06, 0.5)
                + 0.1 * wave(0.07, -0.03, 4.0)
        };
        let channel =
            |gain: f32| Plane::from_fn(size.width, size.height, |x, y| gain * light(x as f32 - shift, y as f32));
        Picture { rgb: [channel(1.0), channel(0.9), channel(0.8)] }
    }

    fn seen(moments: &[[Picture; 2]]) -> StyleDrift {
        let mut meter = StyleMeter { embedder: None, ..StyleMeter::default() };
        for [draft, last] in moments {
            meter.see(draft, last);
        }
        meter.finish().unwrap()
    }

    #[test]
    fn a_clip_is_itself_and_nothing_is_told_of_nothing() {
        let moments =
            [0.0, 2.0, 4.0].map(|shift| [scene(Size::new(160, 120), shift), scene(Size::new(160, 120), shift)]);
        let style = seen(&moments);
        let zero = |spread: Spread| spread.worst < 1e-3;
        assert!(zero(style.color) && zero(style.motion) && style.structure.worst > 0.999, "{style:?}");
        assert_eq!(style.beyond(), Vec::<String>::new());
        assert!(StyleMeter::default().finish().is_none());
    }

    #[test]
    fn motion_is_told_in_percent_of_the_diagonal() {
        // 200 pixels of diagonal, 4 pixels apart
        let size = Size::new(160, 120);
        let style = seen(&[[scene(size, 0.0), scene(size, 0.0)], [scene(size, 0.0), scene(size, 4.0)]]);
        assert!((style.motion.worst - 2.0).abs() < 0.1, "{style:?}");
        assert!(style.structure.worst > 0.97 && style.color.worst < 0.5, "motion is no other picture: {style:?}");
    }

    #[test]
    fn a_final_of_another_shape_is_placed_before_it_is_compared() {
        let (size, margin) = (Size::new(120, 160), 40);
        let padded = |shift| {
            let inner = scene(size, shift);
            let wide = Size::new(size.width + 2 * margin, size.height);
            Picture {
                rgb: inner.rgb.map(|plane| {
                    Plane::from_fn(wide.width, wide.height, |x, y| {
                        let is_inside = (margin..margin + size.width).contains(&x);
                        if is_inside { plane.at(x - margin, y) } else { 0.5 }
                    })
                }),
            }
        };
        let style = seen(&[0.0, 2.0].map(|shift| [scene(size, shift), padded(shift)]));
        // a pixel of a picture with a diagonal of 200
        assert!(style.structure.worst > 0.9 && style.color.worst < 1.0 && style.motion.worst < 0.5, "{style:?}");
    }
}
