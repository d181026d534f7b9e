//! The kernels that are functions of the tensor crate: convolution, pooling, norms, attention,
//! recurrent units and the cross-entropy, forward and back.

use plywood::tensor::{
    Attention, AttentionOptions, BatchNorm, ChannelStatistics, Conv2dOptions, Heads, LayerNorm,
    LocalResponseOptions, Recurrence, RecurrentUnit, Shape, Targets, Tensor, Window,
    adaptive_avg_pool2d, adaptive_avg_pool2d_grad, avg_pool2d, avg_pool2d_grad, channel_statistics,
    conv2d, conv2d_input_grad, conv2d_shape, conv2d_weight_grad, cross_entropy, cross_entropy_grad,
    cross_entropy_losses, linear, linear_shape, local_response_norm, local_response_norm_grad,
    max_pool2d, max_pool2d_grad, pad2d, pool2d_shape, scale_shift, threads,
};

use super::Call;
use super::draw::Draw;

pub(super) const CALLS: &[Call] = &[
    ("conv2d", |draw| {
        let (x, weight, options) = convolution(draw);
        let y = conv2d(&x, &weight, None, &options)?;
        conv2d_input_grad(&y, &weight, x.shape(), &options)?;
        conv2d_weight_grad(&x, &y, weight.shape(), &options).map(drop)
    }),
    ("conv2d with a bias", |draw| {
        let (x, weight, options) = convolution(draw);
        conv2d(&x, &weight, Some(&draw.tensor("bias", 1)), &options).map(drop)
    }),
    ("conv2d_shape", |draw| {
        let (x, weight) = (Shape::new(&draw.any_dims("x"))?, Shape::new(&draw.any_dims("weight"))?);
        conv2d_shape(x, weight, None, &options(draw)).map(drop)
    }),
    ("conv2d_input_grad", |draw| {
        let (dy, weight, options) = convolution(draw);
        conv2d_input_grad(&dy, &weight, draw.shape("shape of x", 4), &options).map(drop)
    }),
    ("conv2d_input_grad of any shape", |draw| {
        let (dy, weight, options) = convolution(draw);
        let x = Shape::new(&draw.any_dims("shape of x"))?;
        conv2d_input_grad(&dy, &weight, x, &options).map(drop)
    }),
    ("conv2d_weight_grad", |draw| {
        let (x, dy, options) = convolution(draw);
        let weight = Shape::new(&draw.any_dims("shape of the weight"))?;
        conv2d_weight_grad(&x, &dy, weight, &options).map(drop)
    }),
    ("max_pool2d", |draw| {
        let (x, window) = (draw.tensor("x", 4), window(draw));
        let pooled = max_pool2d(&x, &window)?;
        max_pool2d_grad(&pooled.values, &pooled.places)?;
        max_pool2d_grad(&draw.tensor("dy", 4), &pooled.places).map(drop)
    }),
    ("avg_pool2d", |draw| {
        let (x, window, include) = (draw.tensor("x", 4), window(draw), draw.flag("include"));
        let y = avg_pool2d(&x, &window, include)?;
        avg_pool2d_grad(&y, x.shape(), &window, include)?;
        let shape = Shape::new(&draw.any_dims("shape of x"))?;
        avg_pool2d_grad(&y, shape, &window, include).map(drop)
    }),
    ("pool2d_shape", |draw| {
        pool2d_shape(Shape::new(&draw.any_dims("x"))?, &window(draw)).map(drop)
    }),
    ("adaptive_avg_pool2d", |draw| {
        let x = draw.tensor("x", 4);
        let y = adaptive_avg_pool2d(&x, draw.sizes("out"))?;
        adaptive_avg_pool2d_grad(&y, x.shape()).map(drop)
    }),
    ("adaptive_avg_pool2d_grad", |draw| {
        let dy = draw.tensor("dy", 4);
        adaptive_avg_pool2d_grad(&dy, Shape::new(&draw.any_dims("shape of x"))?).map(drop)
    }),
    ("pad2d", |draw| {
        let x = draw.tensor("x", 4);
        let value = draw.number("value") as f32;
        pad2d(&x, draw.sizes("before"), draw.sizes("after"), value).map(drop)
    }),
    ("linear", |draw| {
        let (x, weight) = (draw.tensor("x", 2), draw.tensor("weight", 2));
        linear(&x, &weight, None)?;
        linear(&x, &weight, Some(&draw.tensor("bias", 1))).map(drop)
    }),
    ("linear_shape", |draw| {
        let (x, weight) = (Shape::new(&draw.any_dims("x"))?, Shape::new(&draw.any_dims("weight"))?);
        linear_shape(x, weight, None).map(drop)
    }),
    ("BatchNorm", |draw| {
        let x = draw.tensor("x", 4);
        let channels = x.shape().get(1).copied().unwrap_or(1);
        let (weight, bias) = (fitting(draw, "weight", channels), fitting(draw, "bias", channels));
        let epsilon = draw.number("epsilon") as f32;
        let norm = BatchNorm { weight: &weight, bias: &bias, epsilon, relu: draw.flag("relu") };
        let (y, statistics) = norm.forward(&x)?;
        norm.gradient(&y, &x, &statistics)?;
        let statistics = ChannelStatistics {
            mean: bias.clone(),
            variance: draw.tensor("variance", 1),
            count: draw.size("count"),
        };
        norm.gradient(&draw.tensor("dy", 4), &x, &statistics).map(drop)
    }),
    ("channel_statistics and scale_shift", |draw| {
        let x = draw.tensor("x", 4);
        let statistics = channel_statistics(&x)?;
        scale_shift(&x, &statistics.variance, &statistics.mean)?;
        scale_shift(&x, &draw.tensor("scale", 1), &draw.tensor("shift", 1)).map(drop)
    }),
    ("LayerNorm", |draw| {
        let x = draw.tensor("x", 3);
        let row = x.shape().last().copied().unwrap_or(1);
        let (weight, bias) = (fitting(draw, "weight", row), fitting(draw, "bias", row));
        let (epsilon, centered) = (draw.number("epsilon") as f32, draw.flag("centered"));
        let norm = LayerNorm { weight: &weight, bias: Some(&bias), epsilon, centered };
        let (y, statistics) = norm.forward(&x)?;
        norm.gradient(&y, &x, &statistics)?;
        norm.gradient(&draw.tensor("dy", 3), &draw.tensor("other x", 3), &statistics).map(drop)
    }),
    ("local_response_norm", |draw| {
        let (x, size) = (draw.tensor("x", 4), draw.size("size"));
        let [alpha, beta, k] = ["alpha", "beta", "k"].map(|name| draw.number(name));
        let options = LocalResponseOptions { size, alpha, beta, k };
        let y = local_response_norm(&x, &options)?;
        local_response_norm_grad(&y, &x, &options)?;
        local_response_norm_grad(&draw.tensor("dy", 4), &x, &options).map(drop)
    }),
    ("Attention", |draw| {
        let (heads, operands) = match draw.below(3) {
            0 => {
                (Heads::Apart, vec![draw.tensor("q", 4), draw.tensor("k", 4), draw.tensor("v", 4)])
            }
            1 => (Heads::Packed(draw.size("heads")), vec![draw.tensor("qkv", 3)]),
            _ => (
                Heads::Crossed(draw.size("heads")),
                vec![draw.tensor("q", 3), draw.tensor("kv", 3)],
            ),
        };
        let mask = draw.flag("masked").then(|| draw.tensor("mask", 2));
        let scale = draw.flag("scaled").then(|| draw.number("scale"));
        let options = AttentionOptions {
            causal: draw.flag("causal"),
            mask,
            scale,
            dropout: draw.number("dropout"),
        };
        let attention = Attention { heads, options, rng: draw.rng() };
        let shapes: Vec<Shape> = operands.iter().map(Tensor::shape).collect();
        let operands: Vec<&Tensor> = operands.iter().collect();
        let rule = attention.shape(&shapes);
        let (y, log_sums) = attention.forward(&operands)?;
        assert_eq!(rule?.0, y.shape(), "the shape rule and the kernel");
        attention.gradient(&y, &operands, &log_sums)?;
        attention.gradient(&draw.tensor("dy", 3), &operands, &draw.tensor("sums", 3)).map(drop)
    }),
    ("Recurrence", |draw| {
        let unit = draw.one_of("unit", &[RecurrentUnit::Lstm, RecurrentUnit::Gru]);
        let [steps, samples, hidden] =
            ["steps", "samples", "hidden"].map(|name| draw.small(name, 3));
        let width = unit.gates() * hidden;
        let gates = draw.tensor_of("gates", &[steps, samples, width]);
        let (weight, bias) = match draw.once_in(3) {
            true => (draw.tensor("weight", 2), draw.tensor("bias", 1)),
            false => (draw.tensor_of("weight", &[width, hidden]), draw.tensor_of("bias", &[width])),
        };
        let state = match draw.once_in(3) {
            true => draw.tensor("state", 2),
            false => draw.tensor_of("state", &[samples, hidden]),
        };
        let cells = draw.flag("with cells").then_some(&state);
        let reverse = draw.flag("reverse");
        let layer = Recurrence { unit, weight: &weight, bias: Some(&bias), reverse };
        layer.states(&gates, &state, cells)?;
        let (y, kept) = layer.forward(&gates, &state, cells)?;
        layer.gradient(&y, &y, &kept, &state, cells)?;
        layer.gradient(&draw.tensor("dy", 3), &y, &draw.tensor("kept", 3), &state, cells).map(drop)
    }),
    ("cross_entropy", |draw| {
        let scores = draw.tensor("scores", 2);
        let [n, classes] = [0, 1].map(|axis| scores.shape().get(axis).copied().unwrap_or(1));
        let labels = match draw.once_in(4) {
            true => draw.dims("shape of the labels", 1),
            false => vec![n],
        };
        let labels = draw.indices("labels", &labels, classes);
        let targets = Targets { labels, smoothing: draw.number("smoothing") };
        let (losses, probabilities) = cross_entropy(&scores, &targets)?;
        cross_entropy_losses(&scores, &targets)?;
        cross_entropy_grad(probabilities.clone(), &targets, &losses)?;
        cross_entropy_grad(probabilities, &targets, &draw.tensor("dy", 1)).map(drop)
    }),
    ("Targets::losses_shape", |draw| {
        let scores = Shape::new(&draw.any_dims("scores"))?;
        let labels = draw.indices("labels", &[2], 4);
        Targets { labels, smoothing: draw.number("smoothing") }.losses_shape(scores).map(drop)
    }),
    ("threads::with", |draw| threads::with(draw.small("threads", 3), || ())),
];

/// `size` numbers, or sometimes others.
fn fitting(draw: &mut Draw, name: &str, size: usize) -> Tensor {
    match draw.once_in(6) {
        true => draw.tensor(name, 1),
        false => draw.tensor_of(name, &[size]),
    }
}

fn options(draw: &mut Draw) -> Conv2dOptions {
    Conv2dOptions {
        stride: draw.sizes("stride"),
        padding: draw.sizes("padding"),
        dilation: draw.sizes("dilation"),
        groups: draw.size("groups"),
        direct: draw.flag("direct"),
    }
}

/// Images, filters and options; two of three times their channels fit, as far as they can.
fn convolution(draw: &mut Draw) -> (Tensor, Tensor, Conv2dOptions) {
    let (x, mut weight, mut options) = (draw.tensor("x", 4), draw.dims("weight", 4), options(draw));
    if let ([_, channels, ..], [_, inputs, ..], false) =
        (&x.shape()[..], &mut weight[..], draw.once_in(3))
    {
        options.groups = draw.note("groups, fitting", if *channels % 2 == 0 { 2 } else { 1 });
        *inputs = channels / options.groups;
        weight[0] = weight[0].next_multiple_of(options.groups);
    }
    let weight = draw.tensor_of("weight, fitting", &weight);
    (x, weight, options)
}

fn window(draw: &mut Draw) -> Window {
    Window {
        kernel: draw.sizes("kernel"),
        stride: draw.sizes("stride"),
        padding: draw.sizes("padding"),
        dilation: draw.sizes("dilation"),
    }
}
