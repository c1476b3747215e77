//! Kernels of the optical flow, in megapixels per second.
fn main() {}
