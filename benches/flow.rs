//! Kernels of the optical flow, in pixels per second: each preset at the size of the ruler and at full HD.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use holdstill::{
    flow::{self, Params, Preset, Pyramid},
    frame::{Plane, Size},
};
use std::{hint::black_box, time::Duration};

/// Waves from 7 to 100 pixels long, slid and turned a little for the second picture.
fn picture(size: Size, shift: f32) -> Plane<f32> {
    Plane::from_fn(size.width, size.height, |x, y| {
        let (x, y) = (x as f32 + shift + 0.004 * shift * y as f32, y as f32 - 0.5 * shift - 0.004 * shift * x as f32);
        let wave = |i: usize| {
            let (turn, k) = (i as f32 * 2.4, 0.06 * 1.22f32.powi(i as i32));
            (k * (x * turn.cos() + y * turn.sin()) + 1.7 * i as f32).sin()
        };
        128.0 + 11.0 * (0..14).map(wave).sum::<f32>().clamp(-11.0, 11.0)
    })
}

fn flow(criterion: &mut Criterion) {
    for size in [Size::new(640, 360), Size::new(1920, 1080)] {
        let mut group = criterion.benchmark_group(format!("flow {}x{}", size.width, size.height));
        group.throughput(Throughput::Elements((size.width * size.height) as u64));
        group.sample_size(10).measurement_time(Duration::from_secs(3));
        let (from, to) = (picture(size, 0.0), picture(size, 3.0));
        for preset in Preset::ALL {
            let params = Params::from(preset);
            let prepared = Pyramid::new(&from, &params);
            group.bench_function(BenchmarkId::from_parameter(preset), |bencher| {
                bencher.iter(|| {
                    let to = Pyramid::new(black_box(&to), &params);
                    flow::dense_prepared(&prepared, &to, &params, None)
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, flow);
criterion_main!(benches);
