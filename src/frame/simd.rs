//! One kernel, compiled once for each width of vectors that processors have; the machine's widest is chosen as it runs.
//!
//! A kernel is a plain loop: the compiler turns it into vectors and keeps the order of every sum, and never fuses a product
//! into a sum. So all widths give the same bits, and the plain version is the same source. Other architectures have one width
//! that the compiler may always use (`AArch64`: NEON).

/// Work in loops over slices that the compiler can turn into vectors.
pub(crate) trait Kernel {
    /// What the work leaves.
    type Output;

    /// Does the work. To be marked `#[inline(always)]`, like all that its loops call: only what is inlined becomes wide.
    fn run(self) -> Self::Output;
}

/// Runs `kernel` with the widest vectors that this machine has.
#[cfg(target_arch = "x86_64")]
#[inline]
#[expect(unsafe_code, reason = "wide vectors save a fifth to a third of the CPU of the flow (benches/flow.rs)")]
pub(crate) fn run<K: Kernel>(kernel: K) -> K::Output {
    match Width::of_machine() {
        // SAFETY: the machine has what the function is compiled for, as `of_machine` found.
        Width::Avx512 => unsafe { avx512(kernel) },
        // SAFETY: as above.
        Width::Avx2 => unsafe { avx2(kernel) },
        Width::Baseline => kernel.run(),
    }
}

/// Runs `kernel`: this architecture has one width.
#[cfg(not(target_arch = "x86_64"))]
#[inline]
pub(crate) fn run<K: Kernel>(kernel: K) -> K::Output {
    kernel.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw")]
fn avx512<K: Kernel>(kernel: K) -> K::Output {
    kernel.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn avx2<K: Kernel>(kernel: K) -> K::Output {
    kernel.run()
}

/// The widths that kernels are compiled for.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Width {
    /// What every machine of the architecture has.
    Baseline,
    /// 256 bits.
    Avx2,
    /// 512 bits.
    Avx512,
}

/// Whether this machine has vectors of 512 bits.
#[cfg(target_arch = "x86_64")]
pub(crate) fn has_avx512() -> bool {
    Width::of_machine() == Width::Avx512
}

/// Whether these multiply and add 16-bit numbers in pairs.
#[cfg(target_arch = "x86_64")]
pub(crate) fn has_vnni() -> bool {
    has_avx512() && is_x86_feature_detected!("avx512vnni")
}

/// Whether this machine has whole numbers in vectors of 256 bits.
#[cfg(target_arch = "x86_64")]
pub(crate) fn has_avx2() -> bool {
    Width::of_machine() >= Width::Avx2
}

#[cfg(target_arch = "x86_64")]
impl Width {
    /// The widest that this machine has.
    fn of_machine() -> Self {
        let has_avx512 = || {
            is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512bw")
        };
        let widest = match () {
            () if has_avx512() => Self::Avx512,
            () if is_x86_feature_detected!("avx2") => Self::Avx2,
            () => Self::Baseline,
        };
        #[cfg(test)]
        let widest = widest.min(tests::limit());
        widest
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
pub(crate) mod tests {
    use super::{Kernel, Width, run};
    use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

    static LIMIT: AtomicU8 = AtomicU8::new(Width::Avx512 as u8);

    pub(super) fn limit() -> Width {
        [Width::Baseline, Width::Avx2, Width::Avx512][usize::from(LIMIT.load(Relaxed))]
    }

    /// What `work` gives with every width that this machine has, the plain one first.
    pub(crate) fn with_every_width<T>(work: impl Fn() -> T) -> Vec<T> {
        // other tests may run meanwhile: they get the same bits with any width
        let results = [Width::Baseline, Width::Avx2, Width::Avx512].map(|width| {
            LIMIT.store(width as u8, Relaxed);
            work()
        });
        LIMIT.store(Width::Avx512 as u8, Relaxed);
        results.into()
    }

    struct Wide<'a>(&'a [f32], &'a mut [f32]);

    impl Kernel for Wide<'_> {
        type Output = ();

        #[inline(always)]
        fn run(self) {
            for (x, y) in self.0.iter().zip(self.1) {
                *y = (*x * 1.7 + *y * 0.3) / (x.abs() + 0.1).sqrt();
            }
        }
    }

    #[test]
    fn every_width_gives_the_same_bits() {
        let x: Vec<f32> = (0..1003).map(|i| (i as f32 * 0.37).sin() * 1e3).collect();
        let results = with_every_width(|| {
            let mut y = x.clone();
            run(Wide(&x, &mut y));
            y
        });
        for (i, &v) in x.iter().enumerate() {
            let by_hand = (v * 1.7 + v * 0.3) / (v.abs() + 0.1).sqrt();
            assert!(results.iter().all(|y| y[i].to_bits() == by_hand.to_bits()), "{i}");
        }
    }
}
