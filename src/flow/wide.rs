//! Kernels compiled twice: for every machine, and for those with AVX2.
//!
//! The source is one and says nothing about vectors; only the code that the compiler makes of it differs. No operation is
//! fused or reordered, so both give the same bits.

/// A piece of work that gains from wide registers.
pub(super) trait Kernel {
    /// Does the work. Implementations are `#[inline(always)]`, or they stay as narrow as the rest of the program.
    fn run(self);
}

/// Runs `kernel` on the widest registers that this machine has.
#[inline]
pub(super) fn run(kernel: impl Kernel) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the machine was just asked and has AVX2.
        #[expect(unsafe_code, reason = "medium 1.6 times as fast in benches/flow.rs")]
        return unsafe { run_avx2(kernel) };
    }
    kernel.run();
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn run_avx2(kernel: impl Kernel) {
    kernel.run();
}
