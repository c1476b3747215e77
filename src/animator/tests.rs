use super::*;

fn seed(width: usize, height: usize) -> Seed {
    let value = |x: usize, y: usize, c: usize| 0.5 + 0.4 * ((x * (c + 2)) as f32 / 9.0).sin() * (y as f32 / 7.0).cos();
    let channel = |c: usize| Plane::from_fn(width, height, |x, y| value(x, y, c));
    Seed {
        picture: Picture { rgb: [channel(0), channel(1), channel(2)] },
        alpha: None,
        path: String::new(),
        blake3: String::new(),
        original: Size::new(width, height),
    }
}

/// A product of 24 × 40 pixels whose upper left corner is at `(x, y)`.
fn mask(width: usize, height: usize, x: usize, y: usize) -> Mask {
    Plane::from_fn(
        width,
        height,
        |px, py| {
            if (x..x + 24).contains(&px) && (y..y + 40).contains(&py) { 1.0 } else { 0.0 }
        },
    )
}

fn shot(camera: Camera) -> Shot {
    Shot { camera, duration_secs: 0.5, ..Shot::default() }
}

fn difference(a: &Picture, b: &Picture) -> f32 {
    let pairs = a.rgb.iter().zip(&b.rgb).flat_map(|(a, b)| a.data().iter().zip(b.data()));
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn the_first_frame_is_the_still() {
    let seed = seed(96, 80);
    for camera in [Camera::PushIn, Camera::Still] {
        let animator = Animator::new(&seed, None, Some(&mask(96, 80, 36, 20)), &shot(camera));
        // Bicubic sampling at whole pixels is exact; positions are rounded to 2⁻¹⁷ of a pixel.
        assert!(difference(&animator.frame(0), &seed.picture) < 1e-4, "{camera}");
    }
}

#[test]
fn a_still_camera_gives_still_frames() {
    let animator = Animator::new(&seed(64, 64), None, None, &shot(Camera::Still));
    assert_eq!(animator.frames(), 12);
    assert_eq!(animator.frame(11), animator.frame(0));
}

#[test]
fn every_move_moves_and_keeps_the_product_in_the_frame() {
    let (width, height) = (160, 120);
    for aspect in [Aspect::Still, Aspect::Ratio(9, 16), Aspect::Ratio(1, 1), Aspect::Ratio(4, 5), Aspect::Ratio(16, 9)]
    {
        for camera in Camera::ALL {
            let mask = mask(width, height, 120, 60);
            let animator = Animator::new(&seed(width, height), None, Some(&mask), &Shot { aspect, ..shot(camera) });
            let last = animator.frames() - 1;
            assert_eq!(
                difference(&animator.frame(0), &animator.frame(last)) > 0.05,
                camera != Camera::Still,
                "{camera} {aspect}"
            );
            for index in [0, last] {
                let product = animator.product(index);
                let (w, h) = (product.width(), product.height());
                let edge = (0..w).flat_map(|x| [(x, 0), (x, h - 1)]).chain((0..h).flat_map(|y| [(0, y), (w - 1, y)]));
                assert!(edge.into_iter().all(|(x, y)| product.at(x, y) < 0.5), "{camera} {aspect} frame {index}");
            }
        }
    }
}

#[test]
fn the_near_moves_more_than_the_far() {
    let seed = seed(120, 100);
    let depth = Plane::from_fn(120, 100, |x, _| if x < 60 { 1.0 } else { 0.0 });
    let animator = Animator::new(&seed, Some(&depth), None, &shot(Camera::PushIn));
    let (first, last) = (animator.frame(0), animator.frame(animator.frames() - 1));
    let moved = |range: std::ops::Range<usize>| {
        let mut sum = 0.0;
        for y in 10..90 {
            for x in range.clone() {
                sum += (first.rgb[0].at(x, y) - last.rgb[0].at(x, y)).abs();
            }
        }
        sum
    };
    assert!(moved(10..50) > 1.5 * moved(70..110));
}

#[test]
fn frames_do_not_depend_on_the_number_of_threads() {
    let seed = seed(90, 70);
    let render = || Animator::new(&seed, None, Some(&mask(90, 70, 30, 15)), &shot(Camera::Orbit)).frame(7);
    let with = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(render);
    assert_eq!(with(1), with(8));
}

#[test]
fn tiny_stills_become_tiny_films() {
    for (width, height) in [(1, 1), (2, 7), (33, 1)] {
        let animator = Animator::new(&seed(width, height), None, None, &shot(Camera::PushIn));
        assert_eq!(animator.size().width % 2 + animator.size().height % 2, 0);
        assert_eq!(animator.frame(3).size(), animator.size());
    }
}

#[test]
fn each_fault_changes_its_frames_and_only_those() {
    let seed = seed(96, 80);
    let animator = Animator::new(&seed, None, Some(&mask(96, 80, 36, 20)), &shot(Camera::Still));
    let (first, product) = (animator.frame(0), animator.product(0));
    for kind in DefectKind::ALL.into_iter().filter(|kind| *kind != DefectKind::Freeze) {
        let defect = Defect { kind, strength: kind.default_strength(), frames: Some((4, 7)), take: None };
        let simulation = Simulation::new(&[defect], 1, 12, 7, &first, &product);
        for index in 0..12 {
            let faulty = simulation.apply(index, first.clone(), &product);
            assert_eq!(difference(&faulty, &first) > 0.01, (4..=7).contains(&index), "{kind} in frame {index}");
            if kind != DefectKind::Flicker {
                assert_eq!(faulty.rgb[0].at(5, 5), first.rgb[0].at(5, 5), "{kind} left the product");
            }
        }
    }
}

#[test]
fn a_freeze_repeats_its_first_frame() {
    let product = mask(96, 80, 36, 20);
    let freeze = "freeze::3-6".parse::<Defect>().unwrap();
    let simulation = Simulation::new(&[freeze], 1, 12, 0, &seed(96, 80).picture, &product);
    let sources: Vec<_> = (0..12).map(|index| simulation.source(index)).collect();
    assert_eq!(sources, [0, 1, 2, 3, 3, 3, 3, 7, 8, 9, 10, 11]);
}

#[test]
fn a_fault_of_one_take_spares_the_others() {
    let (still, product) = (seed(96, 80).picture, mask(96, 80, 36, 20));
    let bend = ["bend:6:2-9@1".parse::<Defect>().unwrap()];
    let changed = |take| {
        difference(&Simulation::new(&bend, take, 12, 0, &still, &product).apply(5, still.clone(), &product), &still)
    };
    assert!(changed(1) > 0.01);
    assert_eq!(changed(2), 0.0);
}

#[test]
fn faults_are_read_and_printed() {
    let defect = "melt:8.5:20-40@2".parse::<Defect>().unwrap();
    let expected = Defect { kind: DefectKind::Melt, strength: 8.5, frames: Some((20, 40)), take: Some(2) };
    assert_eq!(defect, expected);
    assert_eq!(defect.to_string(), "melt:8.5:20-40@2");
    assert_eq!("hue".parse::<Defect>().unwrap().strength, 30.0);
    assert_eq!("swim".parse::<Defect>().unwrap().span(90), (30, 59));
    for bad in
        ["", "bent", "bend:x", "bend:-1", "bend:99", "bend:5:9-3", "bend:5:9", "bend@0", "bend:5:1-2:3", "bend:nan"]
    {
        let error = bad.parse::<Defect>().unwrap_err().to_string();
        assert!(error.contains("no simulated fault"), "{bad}: {error}");
    }
}
