//! Kernels of the optical flow, in pixels per second: each preset at the size of the ruler and at full HD.

mod waves;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use holdstill::{
    flow::{self, Params, Preset, Pyramid},
    frame::Size,
};
use std::{hint::black_box, time::Duration};
use waves::picture;

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
