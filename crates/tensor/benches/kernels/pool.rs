//! Pooling of [16, 64, 56, 56].

use divan::{Bencher, black_box};
use plywood_tensor::{Tensor, Window, avg_pool2d, avg_pool2d_grad, max_pool2d, max_pool2d_grad};

use crate::{bytes, random};

const HALVES: Window = Window { kernel: [2, 2], stride: [2, 2], padding: [0, 0], dilation: [1, 1] };
const OVERLAPPING: Window =
    Window { kernel: [3, 3], stride: [2, 2], padding: [1, 1], dilation: [1, 1] };

fn images() -> Tensor {
    random([16, 64, 56, 56])
}

fn window(kernel: usize) -> Window {
    if kernel == 2 { HALVES } else { OVERLAPPING }
}

#[divan::bench(args = [2, 3])]
fn max(bencher: Bencher, kernel: usize) {
    let x = images();
    bencher.counter(bytes(1, &x)).bench_local(|| max_pool2d(black_box(&x), &window(kernel)));
}

#[divan::bench(args = [2, 3])]
fn max_grad(bencher: Bencher, kernel: usize) {
    let x = images();
    let pooled = max_pool2d(&x, &window(kernel)).expect("the window fits");
    bencher
        .counter(bytes(1, &x))
        .bench_local(|| max_pool2d_grad(black_box(&pooled.values), &pooled.places));
}

#[divan::bench(args = [2, 3])]
fn average(bencher: Bencher, kernel: usize) {
    let x = images();
    bencher.counter(bytes(1, &x)).bench_local(|| avg_pool2d(black_box(&x), &window(kernel), true));
}

#[divan::bench(args = [2, 3])]
fn average_grad(bencher: Bencher, kernel: usize) {
    let x = images();
    let dy = avg_pool2d(&x, &window(kernel), true).expect("the window fits");
    bencher
        .counter(bytes(1, &x))
        .bench_local(|| avg_pool2d_grad(black_box(&dy), x.shape(), &window(kernel), true));
}
