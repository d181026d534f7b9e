//! The same bits on any number of threads, for sizes at which the kernels split their work.

use plywood_tensor::{
    Attention, AttentionOptions, Conv2dOptions, Float, Heads, Instructions, LayerNorm, Recurrence,
    RecurrentUnit, Rng, Seed, Targets, Tensor, Window, avg_pool2d, avg_pool2d_grad,
    channel_statistics, conv2d, conv2d_input_grad, conv2d_weight_grad, cross_entropy,
    cross_entropy_grad, cross_entropy_losses, instructions, linear, max_pool2d, max_pool2d_grad,
    scale_shift, threads,
};
use plywood_testkit::assert_same_bits;

use crate::support::{batch_norm_grad, f64s, noise};

/// Runs `kernel` on 1, 2, 3 and 8 threads, and on the pool that all share.
#[track_caller]
fn invariant<T: Float>(kernel: impl Fn() -> Tensor<T> + Sync) {
    let one = threads::with(1, &kernel).unwrap();
    let others = [2, 3, 8].map(|count| threads::with(count, &kernel).unwrap());
    for other in others.iter().chain([&kernel()]) {
        assert_eq!(other.shape(), one.shape());
        assert_same_bits(&f64s(other), &f64s(&one));
    }
}

#[test]
fn matrix_products() {
    // Few tiles, many tiles, a depth that is split, a batch.
    for [m, k, n] in [[100, 300, 50], [300, 200, 500], [7, 20_000, 9], [1, 5000, 300]] {
        let (a, b) = (noise::<f32>(1, &[m, k]), noise::<f32>(2, &[k, n]));
        invariant(|| a.matmul(&b).unwrap());
        let (at, bt) = (noise::<f32>(1, &[k, m]), noise::<f32>(2, &[n, k]));
        invariant(|| at.t().matmul(bt.t()).unwrap());
        invariant(|| linear(&a, &bt, Some(&noise(3, &[n]))).unwrap());
        let (a, b) = (a.cast::<f64>(), b.cast::<f64>());
        invariant(|| a.matmul(&b).unwrap());
    }
    let (a, b) = (noise::<f32>(3, &[12, 40, 50]), noise::<f32>(4, &[12, 50, 60]));
    invariant(|| a.matmul(&b).unwrap());
}

#[test]
fn convolutions() {
    let wide = |groups| Conv2dOptions { padding: [1, 1], groups, ..Default::default() };
    let stem = Conv2dOptions { stride: [2, 2], padding: [3, 3], ..Default::default() };
    for (input, weight, options) in [
        ([4, 16, 32, 32], [24, 16, 3, 3], wide(1)),
        // Winograd's algorithm, with few weights and with many.
        ([4, 32, 29, 32], [48, 32, 3, 3], wide(1)),
        ([2, 144, 9, 11], [128, 144, 3, 3], wide(1)),
        ([1, 144, 60, 60], [128, 144, 3, 3], wide(1)),
        ([4, 16, 50, 56], [32, 16, 3, 3], Conv2dOptions { stride: [2, 2], ..wide(1) }),
        ([2, 48, 29, 30], [112, 48, 3, 3], Conv2dOptions { stride: [2, 2], ..wide(1) }),
        ([2, 16, 40, 40], [16, 1, 3, 3], wide(16)),
        ([3, 12, 57, 58], [12, 1, 5, 5], Conv2dOptions { stride: [2, 2], ..wide(12) }),
        ([2, 3, 64, 64], [16, 3, 7, 7], stem),
        // Images side by side, as many as two vectors hold.
        ([64, 6, 14, 14], [16, 6, 5, 5], Conv2dOptions::default()),
        // The gradient of the input phase by phase.
        ([2, 20, 30, 31], [24, 20, 3, 3], Conv2dOptions { stride: [2, 2], ..wide(1) }),
    ] {
        // Without vectors no size takes Winograd's algorithm, and products are ten times slower.
        if instructions() == Instructions::Portable && input[1] >= 100 {
            continue;
        }
        let (x, w) = (noise::<f32>(1, &input), noise::<f32>(2, &weight));
        let bias = noise::<f32>(3, &weight[..1]);
        let dy = conv2d(&x, &w, None, &options).unwrap();
        invariant(|| conv2d(&x, &w, Some(&bias), &options).unwrap());
        invariant(|| conv2d_input_grad(&dy, &w, x.shape(), &options).unwrap());
        invariant(|| conv2d_weight_grad(&x, &dy, w.shape(), &options).unwrap());
    }
}

#[test]
fn pooling() {
    let x = noise::<f32>(1, &[4, 8, 61, 57]);
    let window = Window { stride: [2, 2], padding: [1, 1], ..Window::new([3, 3]) };
    let places = max_pool2d(&x, &window).unwrap().places;
    let dy = max_pool2d(&x, &window).unwrap().values;
    invariant(|| max_pool2d(&x, &window).unwrap().values);
    invariant(|| max_pool2d_grad(&dy, &places).unwrap());
    invariant(|| avg_pool2d(&x, &window, false).unwrap());
    invariant(|| avg_pool2d_grad(&dy, x.shape(), &window, true).unwrap());
}

#[test]
fn batch_norm() {
    let x = noise::<f32>(1, &[8, 12, 40, 40]);
    let dy = noise::<f32>(2, &[8, 12, 40, 40]);
    let weight = noise::<f32>(3, &[12]);
    invariant(|| channel_statistics(&x).unwrap().mean);
    invariant(|| channel_statistics(&x).unwrap().variance);
    invariant(|| scale_shift(&x, &weight, &weight).unwrap());
    let statistics = channel_statistics(&x).unwrap();
    for gradient in 0..3 {
        invariant(|| {
            batch_norm_grad(&dy, &x, &statistics, &weight, 1e-5).unwrap()[gradient].clone()
        });
    }
}

#[test]
fn attention() {
    let options = AttentionOptions { causal: true, dropout: 0.1, ..Default::default() };
    let attention = Attention { heads: Heads::Packed(4), options, rng: Rng::new(Seed(5)) };
    let qkv = noise::<f32>(1, &[3, 130, 3 * 4 * 24]);
    let dy = noise::<f32>(2, &[3, 130, 4 * 24]);
    invariant(|| attention.forward(&[&qkv]).unwrap().0);
    let (_, sums) = attention.forward(&[&qkv]).unwrap();
    invariant(|| attention.gradient(&dy, &[&qkv], &sums).unwrap()[0].clone());
}

#[test]
fn recurrent_layers() {
    for unit in [RecurrentUnit::Lstm, RecurrentUnit::Gru] {
        let rows = unit.gates() * 130;
        let (gates, weight) = (noise::<f32>(1, &[5, 9, rows]), noise::<f32>(2, &[rows, 130]));
        let h0 = noise::<f32>(3, &[9, 130]);
        let c0 = (unit == RecurrentUnit::Lstm).then_some(&h0);
        let layer = Recurrence { unit, weight: &weight, bias: None, reverse: false };
        invariant(|| layer.forward(&gates, &h0, c0).unwrap().0);
        let (y, kept) = layer.forward(&gates, &h0, c0).unwrap();
        invariant(|| layer.gradient(&y, &y, &kept, &h0, c0).unwrap().gates);
        invariant(|| layer.gradient(&y, &y, &kept, &h0, c0).unwrap().weight);
    }
}

#[test]
fn layer_norm() {
    let (x, dy) = (noise::<f32>(1, &[301, 1001]), noise::<f32>(2, &[301, 1001]));
    let (weight, bias) = (noise::<f32>(3, &[1001]), noise::<f32>(4, &[1001]));
    let norm = LayerNorm { weight: &weight, bias: Some(&bias), epsilon: 1e-5, centered: true };
    invariant(|| norm.forward(&x).unwrap().0);
    let (_, statistics) = norm.forward(&x).unwrap();
    for gradient in 0..3 {
        invariant(|| norm.gradient(&dy, &x, &statistics).unwrap()[gradient].clone());
    }
}

#[test]
fn sums() {
    let x = noise::<f32>(1, &[500_001]);
    invariant(|| Tensor::scalar(x.sum()));
    invariant(|| Tensor::scalar(x.cast::<f64>().sum()));
    invariant(|| Tensor::scalar(x.sum_of_squares()));
    for (dims, axes) in [
        (vec![30, 70, 100], vec![0]),
        (vec![30, 70, 100], vec![1]),
        (vec![30, 70, 100], vec![2]),
        (vec![30, 70, 100], vec![0, 2]),
        (vec![300, 1000], vec![0]),
        (vec![200_000, 2], vec![0]),
        (vec![30, 10_000], vec![0]),
    ] {
        let x = noise::<f32>(2, &dims);
        invariant(|| x.sum_axes(&axes).unwrap());
        invariant(|| x.mean_axes(&axes).unwrap());
        invariant(|| x.var_axes(&axes, 1).unwrap());
    }
    let x = noise::<f32>(3, &[20, 100, 120]);
    invariant(|| x.sum_to([100, 1]).unwrap());
}

#[test]
fn elementwise() {
    let x = noise::<f32>(1, &[300, 1001]);
    let row = noise::<f32>(2, &[1001]);
    invariant(|| &x + &row);
    invariant(|| x.exp());
    invariant(|| &(&x * &x) / &row);
    invariant(|| x.softmax(1).unwrap());
    invariant(|| x.softmax(0).unwrap());
    invariant(|| x.log_softmax(-1).unwrap());
    invariant(|| x.softmax_grad(&x, 1).unwrap());
    invariant(|| x.log_softmax_grad(&x, 0).unwrap());
    invariant(|| x.transpose(0, 1).unwrap());
    let images = noise::<f32>(3, &[4, 5, 100, 101]);
    invariant(|| images.permute(&[0, 2, 3, 1]).unwrap());
    invariant(|| images.permute(&[3, 2, 1, 0]).unwrap());
    invariant(|| x.argmax(0).unwrap().map(|place| place as f32));
    invariant(|| row.broadcast_to([300, 1001]).unwrap());
    let places = Tensor::from((0..900).map(|i| i * 7 % 300).collect::<Vec<u32>>());
    invariant(|| x.index_select(0, &places).unwrap());
    let rows = x.index_select(0, &places).unwrap();
    invariant(|| {
        let mut sums = Tensor::zeros([300, 1001]);
        sums.index_add(0, &places, &rows).unwrap();
        sums
    });
}

#[test]
fn losses() {
    let scores = noise::<f32>(1, &[300, 1001]);
    let labels: Vec<u32> = (0..300).map(|sample| sample * 31 % 1001).collect();
    let targets = Targets { labels: labels.into(), smoothing: 0.1 };
    invariant(|| cross_entropy(&scores, &targets).unwrap().0);
    invariant(|| cross_entropy_losses(&scores, &targets).unwrap());
    let (losses, probabilities) = cross_entropy(&scores, &targets).unwrap();
    invariant(|| cross_entropy_grad(probabilities.clone(), &targets, &losses).unwrap());
}

#[test]
fn random_numbers() {
    invariant(|| Rng::new(Seed(5)).normal::<f32>([300_001], 0.0, 1.0));
    invariant(|| Rng::new(Seed(5)).uniform::<f64>([300_001], -1.0, 1.0));
    invariant(|| Rng::new(Seed(5)).bernoulli::<f32>([300_001], 0.3));
}

#[test]
fn many_threads_at_once() {
    let x = noise::<f32>(1, &[300_001]);
    let sum = x.sum();
    std::thread::scope(|scope| {
        for caller in 0..8 {
            let x = &x;
            scope.spawn(move || {
                for _ in 0..50 {
                    let again = match caller % 3 {
                        0 => x.sum(),
                        1 => threads::inside(|| x.sum()),
                        _ => threads::with(2, || threads::inside(|| x.sum())).unwrap(),
                    };
                    assert_eq!(again.to_bits(), sum.to_bits());
                }
            });
        }
    });
}
