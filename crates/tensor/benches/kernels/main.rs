//! How fast the kernels are: `cargo bench -p plywood-tensor --bench kernels [FILTER]`.
//!
//! Items are floating-point operations where arithmetic is the limit (a multiply-add is two), and
//! bytes that have to be moved where memory is. `RAYON_NUM_THREADS` sets the threads.

mod conv;
mod elementwise;
mod matmul;
mod norm;
mod pool;
mod update;

use std::time::Duration;

use plywood_tensor::{IntoShape, Rng, Seed, Tensor, threads};

fn main() {
    threads::init();
    divan::Divan::default().max_time(Duration::from_secs(1)).config_with_args().main();
}

fn random(shape: impl IntoShape) -> Tensor {
    Rng::new(Seed(7)).uniform(shape, -1.0, 1.0)
}

/// Bytes of so many tensors of this size.
fn bytes(tensors: usize, like: &Tensor) -> divan::counter::BytesCount {
    divan::counter::BytesCount::of_many::<f32>(tensors * like.numel())
}
