//! Convolutions of well-known networks, and their two gradients.

use std::fmt;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use plywood_tensor::{
    Conv2dOptions, Shape, Tensor, conv2d, conv2d_input_grad, conv2d_shape, conv2d_weight_grad,
};

use crate::random;

#[derive(Clone, Copy)]
struct Layer {
    batch: usize,
    channels: usize,
    size: usize,
    out: usize,
    kernel: usize,
    stride: usize,
    padding: usize,
    groups: usize,
}

const fn layer(
    [channels, out]: [usize; 2],
    kernel: usize,
    stride: usize,
    padding: usize,
    size: usize,
    batch: usize,
) -> Layer {
    Layer { batch, channels, size, out, kernel, stride, padding, groups: 1 }
}

const LAYERS: [Layer; 18] = [
    // AlexNet
    layer([3, 64], 11, 4, 2, 224, 16),
    layer([64, 192], 5, 1, 2, 27, 16),
    layer([192, 384], 3, 1, 1, 13, 16),
    layer([384, 256], 3, 1, 1, 13, 16),
    layer([256, 256], 3, 1, 1, 13, 16),
    // ResNet-18
    layer([3, 64], 7, 2, 3, 224, 8),
    layer([64, 64], 3, 1, 1, 56, 8),
    layer([64, 128], 3, 2, 1, 56, 8),
    layer([128, 128], 3, 1, 1, 28, 8),
    layer([256, 256], 3, 1, 1, 14, 8),
    layer([512, 512], 3, 1, 1, 7, 8),
    layer([64, 128], 1, 2, 0, 56, 8),
    // ResNet-20
    layer([16, 16], 3, 1, 1, 32, 64),
    // LeNet-5 on 28² digits
    layer([1, 6], 5, 1, 2, 28, 64),
    layer([6, 16], 5, 1, 0, 14, 64),
    // Depthwise, as in MobileNet
    Layer { groups: 128, ..layer([128, 128], 3, 1, 1, 56, 8) },
    // One large picture, and a batch of them
    layer([3, 64], 3, 1, 0, 256, 1),
    layer([3, 64], 3, 1, 0, 256, 16),
];

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { batch, channels, size, out, kernel, stride, padding, groups } = self;
        write!(f, "{channels}→{out} k{kernel} s{stride} p{padding} @{size} b{batch}")?;
        if *groups > 1 { write!(f, " g{groups}") } else { Ok(()) }
    }
}

impl Layer {
    /// The input's and the weight's shape, the result's, and the floating-point operations.
    fn shapes(&self) -> ([Shape; 3], ItemsCount) {
        let x = Shape::from([self.batch, self.channels, self.size, self.size]);
        let inputs = self.channels / self.groups;
        let weight = Shape::from([self.out, inputs, self.kernel, self.kernel]);
        let (y, multiply_adds) = conv2d_shape(x, weight, None, &self.options())
            .expect("a layer of a network that works");
        ([x, weight, y], ItemsCount::new(2 * multiply_adds))
    }

    /// The input, the weight, and a gradient of the result.
    fn tensors(&self) -> [Tensor; 3] {
        self.shapes().0.map(random)
    }

    fn flops(&self) -> ItemsCount {
        self.shapes().1
    }

    fn options(&self) -> Conv2dOptions {
        Conv2dOptions {
            stride: [self.stride; 2],
            padding: [self.padding; 2],
            groups: self.groups,
            ..Default::default()
        }
    }
}

#[divan::bench(args = LAYERS)]
fn forward(bencher: Bencher, layer: Layer) {
    let ([x, weight, _], options) = (layer.tensors(), layer.options());
    let bias = random([layer.out]);
    bencher
        .counter(layer.flops())
        .bench_local(|| conv2d(black_box(&x), black_box(&weight), Some(&bias), &options));
}

#[divan::bench(args = LAYERS)]
fn input_grad(bencher: Bencher, layer: Layer) {
    let ([x, weight, dy], options) = (layer.tensors(), layer.options());
    bencher
        .counter(layer.flops())
        .bench_local(|| conv2d_input_grad(black_box(&dy), black_box(&weight), x.shape(), &options));
}

#[divan::bench(args = LAYERS)]
fn weight_grad(bencher: Bencher, layer: Layer) {
    let ([x, weight, dy], options) = (layer.tensors(), layer.options());
    bencher.counter(layer.flops()).bench_local(|| {
        conv2d_weight_grad(black_box(&x), black_box(&dy), weight.shape(), &options)
    });
}
