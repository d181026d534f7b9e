//! Batch normalisation of [16, 64, 56, 56], and softmax of 512 × 1000 scores.

use divan::{Bencher, black_box};
use plywood_tensor::{
    BatchNorm, Targets, Tensor, channel_statistics, cross_entropy, cross_entropy_grad, scale_shift,
};

use crate::{bytes, random};

fn images() -> Tensor {
    random([16, 64, 56, 56])
}

#[divan::bench]
fn channel_mean_and_variance(bencher: Bencher) {
    let x = images();
    bencher.counter(bytes(1, &x)).bench_local(|| channel_statistics(black_box(&x)));
}

#[divan::bench]
fn channel_scale_and_shift(bencher: Bencher) {
    let (x, numbers) = (images(), random([64]));
    bencher.counter(bytes(2, &x)).bench_local(|| scale_shift(black_box(&x), &numbers, &numbers));
}

#[divan::bench]
fn batch_norm_gradients(bencher: Bencher) {
    let (x, dy, weight) = (images(), images(), random([64]));
    let statistics = channel_statistics(&x).expect("images");
    let norm = BatchNorm { weight: &weight, bias: &weight, epsilon: 1e-5, relu: false };
    bencher.counter(bytes(3, &x)).bench_local(|| norm.gradient(black_box(&dy), &x, &statistics));
}

#[divan::bench]
fn softmax(bencher: Bencher) {
    let x = random([512, 1000]);
    bencher.counter(bytes(2, &x)).bench_local(|| black_box(&x).softmax(-1));
}

#[divan::bench]
fn log_softmax(bencher: Bencher) {
    let x = random([512, 1000]);
    bencher.counter(bytes(2, &x)).bench_local(|| black_box(&x).log_softmax(-1));
}

fn targets() -> Targets {
    let labels: Vec<u32> = (0..512).map(|sample| sample * 31 % 1000).collect();
    Targets { labels: labels.into(), smoothing: 0.0 }
}

#[divan::bench]
fn cross_entropy_loss(bencher: Bencher) {
    let (x, targets) = (random([512, 1000]), targets());
    bencher.counter(bytes(2, &x)).bench_local(|| cross_entropy(black_box(&x), &targets));
}

#[divan::bench]
fn cross_entropy_loss_and_gradient(bencher: Bencher) {
    let (x, targets, dy) = (random([512, 1000]), targets(), random([512]));
    bencher.counter(bytes(3, &x)).bench_local(|| {
        let (_, probabilities) = cross_entropy(black_box(&x), &targets).expect("they fit");
        cross_entropy_grad(probabilities, &targets, &dy)
    });
}

#[divan::bench]
fn variance_of_rows(bencher: Bencher) {
    let x = random([4096, 512]);
    bencher.counter(bytes(1, &x)).bench_local(|| black_box(&x).var_axes(&[1], 0));
}
