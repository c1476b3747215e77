//! What a person painted over a still: where fidelity matters, where its print is, where nothing is measured, what may change its
//! shape.

use super::{Mask, Picture, Plane};

/// Paint that covers at least this much of a pixel counts.
const PAINTED: f32 = 0.5;

/// Regions of a still, each of its size.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Regions {
    /// Where fidelity matters; `None` where nobody said.
    pub product: Option<Mask>,
    /// Labels and logos: 1 inside, else 0; `None` where nobody said.
    pub label: Option<Mask>,
    /// What is not measured: 1 inside, else 0.
    pub ignored: Option<Mask>,
    /// What may change its shape, such as cloth or steam: 1 inside, else 0.
    pub soft: Option<Mask>,
}

impl Regions {
    /// The regions of a painted picture: white is the product, black is not, grey lies between; red is ignored; blue is a part
    /// of the product that may change its shape, green one that is print. Who paints only print leaves the product open. Where these colours run into each other, a pixel is taken for a mixture.
    pub fn painted(picture: &Picture) -> Self {
        let [red, green, blue] = &picture.rgb;
        let of = |paint: fn([f32; 3]) -> f32| {
            let pixels = red.data().iter().zip(green.data()).zip(blue.data());
            let values = pixels.map(|((&r, &g), &b)| paint([r, g, b]).clamp(0.0, 1.0)).collect();
            Plane::from_vec(red.width(), red.height(), values)
        };
        let decided = |mask: Mask| mask.map(|v| if v >= PAINTED { 1.0 } else { 0.0 });
        let anywhere = |mask: &Mask| mask.data().iter().any(|&v| v >= PAINTED);
        let is_product = anywhere(&of(|[_, g, b]| g.max(b))) && anywhere(&of(|[r, g, b]| r.min(g).max(b)));
        Self {
            product: is_product.then(|| of(|[_, g, b]| g.max(b))),
            label: Some(of(|[r, g, b]| g - r.max(b))).filter(anywhere).map(decided),
            ignored: Some(of(|[r, g, b]| r - g.max(b))).filter(anywhere).map(decided),
            soft: Some(of(|[r, g, b]| b - g.max(r))).filter(anywhere).map(decided),
        }
    }

    /// Only a product.
    pub fn of_product(mask: Mask) -> Self {
        Self { product: Some(mask), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Size;

    fn painted(colours: &[[f32; 3]]) -> Regions {
        let channel = |c: usize| Plane::from_vec(colours.len(), 1, colours.iter().map(|rgb| rgb[c]).collect());
        Regions::painted(&Picture { rgb: [channel(0), channel(1), channel(2)] })
    }

    fn values(mask: Option<&Mask>) -> &[f32] {
        mask.map(Plane::data).unwrap_or_default()
    }

    #[test]
    fn grey_is_weight_and_says_nothing_else() {
        let regions = painted(&[[0.0; 3], [0.25; 3], [1.0; 3], [0.52, 0.5, 0.49]]);
        assert_eq!(values(regions.product.as_ref()), [0.0, 0.25, 1.0, 0.5]);
        assert_eq!((regions.ignored, regions.soft), (None, None));
    }

    #[test]
    fn red_is_ignored_and_blue_is_a_soft_part_of_the_product() {
        let regions = painted(&[[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [1.0; 3], [0.0; 3]]);
        assert_eq!(values(regions.product.as_ref()), [0.0, 1.0, 1.0, 0.0]);
        assert_eq!(values(regions.ignored.as_ref()), [1.0, 0.0, 0.0, 0.0]);
        assert_eq!(values(regions.soft.as_ref()), [0.0, 1.0, 0.0, 0.0]);
    }

    #[test]
    fn green_is_print_and_says_nothing_of_the_product_alone() {
        let [white, green, black] = [[1.0; 3], [0.0, 1.0, 0.0], [0.0; 3]];
        let regions = painted(&[white, green, black]);
        assert_eq!(values(regions.product.as_ref()), [1.0, 1.0, 0.0]);
        assert_eq!(values(regions.label.as_ref()), [0.0, 1.0, 0.0]);
        let regions = painted(&[green, black]);
        assert_eq!((regions.product.is_none(), values(regions.label.as_ref())), (true, &[1.0, 0.0][..]));
    }

    #[test]
    fn who_paints_only_what_to_ignore_leaves_the_product_open() {
        let regions = painted(&[[0.9, 0.1, 0.1], [0.0; 3]]);
        assert!(regions.product.is_none() && regions.ignored.is_some());
        assert_eq!(Regions::painted(&Picture::filled(Size::new(2, 2), [0.0; 3])), Regions::default());
    }
}
