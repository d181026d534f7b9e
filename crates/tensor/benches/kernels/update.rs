//! Updates of 11.7 million parameters, as many as ResNet-18 has, and what goes with them.

use divan::{Bencher, black_box};
use plywood_tensor::{Rng, Seed, Tensor};

use crate::{bytes, random};

const PARAMETERS: usize = 11_700_000;

#[divan::bench]
fn momentum(bencher: Bencher) {
    let (mut x, mut v, g) = (random([PARAMETERS]), random([PARAMETERS]), random([PARAMETERS]));
    let (lr, momentum, decay) = black_box((0.1, 0.9, 1e-4));
    bencher.counter(bytes(5, &g)).bench_local(|| {
        x.update([&mut v], black_box(&g), |x, [v], g| {
            *v = momentum * *v + (g + decay * *x);
            *x -= lr * *v;
        })
    });
}

#[divan::bench]
fn adam(bencher: Bencher) {
    let [mut x, mut m, mut v, g] = [(); 4].map(|()| random([PARAMETERS]).map(f32::abs));
    let (lr, b1, b2, epsilon) = black_box((1e-3, 0.9, 0.999, 1e-8));
    bencher.counter(bytes(7, &g)).bench_local(|| {
        x.update([&mut m, &mut v], black_box(&g), |x, [m, v], g| {
            *m = b1 * *m + (1.0 - b1) * g;
            *v = b2 * *v + (1.0 - b2) * g * g;
            *x -= lr * *m / (v.sqrt() + epsilon);
        })
    });
}

#[divan::bench]
fn norm(bencher: Bencher) {
    let g = random([PARAMETERS]);
    bencher.counter(bytes(1, &g)).bench_local(|| black_box(&g).sum_of_squares());
}

#[divan::bench]
fn embedding_gradient(bencher: Bencher) {
    let words: Tensor<u32> = random([1024]).map(|x| ((x + 1.0) * 14_000.0) as u32);
    let dy = random([1024, 256]);
    bencher.bench_local(|| {
        let mut dx = Tensor::zeros([30_000, 256]);
        dx.index_add(0, &words, black_box(&dy))?;
        Ok::<_, plywood_tensor::Error>(dx)
    });
}

#[divan::bench]
fn dropout_mask(bencher: Bencher) {
    let mut rng = Rng::new(Seed(1));
    let like = Tensor::zeros([1 << 20]);
    bencher.counter(bytes(1, &like)).bench_local(|| rng.bernoulli::<f32>([1 << 20], 0.9));
}
