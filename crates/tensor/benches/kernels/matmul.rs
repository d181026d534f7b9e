//! Matrix products: square ones, and those that convolutions and fully connected layers ask for.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use plywood_tensor::{Tensor, linear};

use crate::random;

/// M × K × N
const SIZES: [[usize; 3]; 7] = [
    [512, 512, 512],
    [1024, 1024, 1024],
    [2048, 2048, 2048],
    [64, 576, 3136],
    [96, 363, 3025],
    [256, 1200, 729],
    [64, 147, 12544],
];

fn flops([m, k, n]: [usize; 3]) -> ItemsCount {
    ItemsCount::new(2 * m * k * n)
}

#[divan::bench(args = SIZES)]
fn product(bencher: Bencher, [m, k, n]: [usize; 3]) {
    let (a, b) = (random([m, k]), random([k, n]));
    bencher.counter(flops([m, k, n])).bench_local(|| black_box(&a).matmul(black_box(&b)));
}

#[divan::bench(args = [[1024, 1024, 1024]])]
fn right_transposed(bencher: Bencher, [m, k, n]: [usize; 3]) {
    let (a, b) = (random([m, k]), random([n, k]));
    bencher.counter(flops([m, k, n])).bench_local(|| black_box(&a).matmul(black_box(&b).t()));
}

#[divan::bench(args = [[1024, 1024, 1024]])]
fn left_transposed(bencher: Bencher, [m, k, n]: [usize; 3]) {
    let (a, b) = (random([k, m]), random([k, n]));
    bencher.counter(flops([m, k, n])).bench_local(|| black_box(&a).t().matmul(black_box(&b)));
}

/// The layers of an MLP and of LeNet, and the heads of an attention: small products.
#[divan::bench(args = [[128, 784, 512], [128, 512, 256], [64, 400, 120], [64, 84, 10]])]
fn layer(bencher: Bencher, [m, k, n]: [usize; 3]) {
    let (x, weight, bias) = (random([m, k]), random([n, k]), random([n]));
    bencher
        .counter(flops([m, k, n]))
        .bench_local(|| linear(black_box(&x), black_box(&weight), Some(&bias)));
}

#[divan::bench(args = [[128, 128, 32]])]
fn batch_of_128(bencher: Bencher, [m, k, n]: [usize; 3]) {
    let (a, b): (Tensor, Tensor) = (random([128, m, k]), random([128, k, n]));
    bencher.counter(flops([128 * m, k, n])).bench_local(|| black_box(&a).matmul(black_box(&b)));
}
