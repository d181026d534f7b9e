//! Element by element and over all of them: 4096 × 4096 numbers, 64 MiB.

use divan::{Bencher, black_box};
use plywood_tensor::{Float, Tensor};

use crate::{bytes, random};

fn matrix() -> Tensor {
    random([4096, 4096])
}

#[divan::bench]
fn add(bencher: Bencher) {
    let (a, b) = (matrix(), matrix());
    bencher.counter(bytes(3, &a)).bench_local(|| black_box(&a) + black_box(&b));
}

#[divan::bench]
fn add_a_row(bencher: Bencher) {
    let (a, row) = (matrix(), random([4096]));
    bencher.counter(bytes(2, &a)).bench_local(|| black_box(&a) + black_box(&row));
}

#[divan::bench]
fn add_in_place(bencher: Bencher) {
    let (mut a, b) = (matrix(), matrix());
    bencher.counter(bytes(3, &a)).bench_local(|| a.add_assign(black_box(&b)));
}

#[divan::bench]
fn exp(bencher: Bencher) {
    let a = matrix();
    bencher.counter(bytes(2, &a)).bench_local(|| black_box(&a).exp());
}

#[divan::bench]
fn relu(bencher: Bencher) {
    let a = matrix();
    bencher.counter(bytes(2, &a)).bench_local(|| black_box(&a).map(|x| Float::maximum(x, 0.0)));
}

#[divan::bench]
fn tanh(bencher: Bencher) {
    let a = matrix();
    bencher.counter(bytes(2, &a)).bench_local(|| black_box(&a).map(Float::hyperbolic_tangent));
}

#[divan::bench]
fn sigmoid(bencher: Bencher) {
    let a = matrix();
    bencher.counter(bytes(2, &a)).bench_local(|| black_box(&a).map(Float::logistic));
}

#[divan::bench]
fn gelu(bencher: Bencher) {
    let a = matrix();
    bencher
        .counter(bytes(2, &a))
        .bench_local(|| black_box(&a).map(|x| x * x.normal_distribution().0));
}

#[divan::bench]
fn ln(bencher: Bencher) {
    let a = matrix();
    bencher.counter(bytes(2, &a)).bench_local(|| black_box(&a).ln());
}

#[divan::bench]
fn sum(bencher: Bencher) {
    let a = matrix();
    bencher.counter(bytes(1, &a)).bench_local(|| black_box(&a).sum());
}

#[divan::bench(args = [0, 1])]
fn sum_along(bencher: Bencher, axis: isize) {
    let a = matrix();
    bencher.counter(bytes(1, &a)).bench_local(|| black_box(&a).sum_axes(&[axis]));
}

#[divan::bench]
fn transposed_copy(bencher: Bencher) {
    let a = matrix();
    bencher.counter(bytes(2, &a)).bench_local(|| black_box(&a).transpose(0, 1));
}

#[divan::bench]
fn channels_last(bencher: Bencher) {
    let images = random([16, 64, 56, 56]);
    bencher.counter(bytes(2, &images)).bench_local(|| black_box(&images).permute(&[0, 2, 3, 1]));
}

#[divan::bench]
fn embedding(bencher: Bencher) {
    let table = random([30_000, 256]);
    let words: Tensor<u32> = random([1024]).map(|x| ((x + 1.0) * 14_000.0) as u32);
    bencher
        .counter(bytes(2, &Tensor::zeros([1024, 256])))
        .bench_local(|| black_box(&table).index_select(0, &words));
}
