//! The differentiable operations: those that are declared, on inputs that they weren't drawn for,
//! and those with settings of their own. What works is taken back to its inputs.

use plywood::autodiff::{OPERATIONS, Pass, Pool2d, Var, gradcheck};
use plywood::tensor::{
    AttentionOptions, Conv2dOptions, LocalResponseOptions, Result, Rng, Seed, Tensor,
};

use super::Call;
use super::draw::Draw;

pub(super) const CALLS: &[Call] = &[
    ("a declared operation on other inputs", |draw| {
        let operation = &OPERATIONS[draw.below(OPERATIONS.len())];
        draw.note("operation", operation.name);
        let sample = (operation.sample)(&mut draw.rng());
        let mut inputs = sample.inputs;
        for (place, input) in inputs.iter_mut().enumerate() {
            if draw.once_in(2) {
                let rank = input.rank();
                *input = draw.tensor(&format!("input {place}"), rank).cast();
            } else {
                draw.note(&format!("input {place}"), input.shape());
            }
        }
        let mut dry = Pass::<f64>::dry_run_without_model();
        let shapes: Result<Vec<_>> = inputs.iter().map(|x| dry.shape(x.shape())).collect();
        let rule = (sample.apply)(&shapes?, &mut dry);
        let mut pass = Pass::<f64>::without_model(&mut Rng::new(Seed(1)));
        let inputs: Vec<_> = inputs.into_iter().map(|x| pass.input(x)).collect();
        let y = (sample.apply)(&inputs, &mut pass)?;
        assert_eq!(rule?.shape(), y.shape(), "the dry run and the run");
        pass.backward_from(&y, Tensor::full(y.shape(), 1.0)).map(drop)
    }),
    ("Var::conv2d", |draw| {
        let (options, with_bias) = (convolution(draw), draw.flag("with a bias"));
        goes_back(draw, &[4, 4, 1], |x, _| x[0].conv2d(&x[1], with_bias.then_some(&x[2]), &options))
    }),
    ("Var::conv_transpose2d", |draw| {
        let (options, output_padding) = (convolution(draw), draw.sizes::<2>("output padding"));
        goes_back(draw, &[4, 4, 1], |x, _| {
            x[0].conv_transpose2d(&x[1], None, &options, output_padding)
        })
    }),
    ("Var::max_pool2d", |draw| {
        let pool = pool(draw);
        goes_back(draw, &[4], |x, _| x[0].max_pool2d(pool))
    }),
    ("Var::avg_pool2d", |draw| {
        let pool = pool(draw).count_include_pad(draw.flag("count_include_pad"));
        goes_back(draw, &[4], |x, _| x[0].avg_pool2d(pool))
    }),
    ("Var::adaptive_avg_pool2d", |draw| {
        let out = draw.sizes::<2>("out");
        goes_back(draw, &[4], |x, _| x[0].adaptive_avg_pool2d(out))
    }),
    ("Var::pad2d", |draw| {
        let [before, after] = ["before", "after"].map(|name| draw.sizes::<2>(name));
        let value = draw.number("value");
        goes_back(draw, &[4], |x, _| x[0].pad2d(before, after, value))
    }),
    ("Var::local_response_norm", |draw| {
        let size = draw.size("size");
        let [alpha, beta, k] = ["alpha", "beta", "k"].map(|name| draw.number(name));
        let options = LocalResponseOptions { size, alpha, beta, k };
        goes_back(draw, &[4], |x, _| x[0].local_response_norm(&options))
    }),
    ("norms", |draw| {
        let epsilon = draw.number("epsilon");
        match draw.small("which", 4) {
            0 => goes_back(draw, &[4, 1, 1], |x, _| Ok(x[0].batch_norm(&x[1], &x[2], epsilon)?.0)),
            1 => goes_back(draw, &[4, 1, 1], |x, _| {
                Ok(x[0].batch_norm_relu(&x[1], &x[2], epsilon)?.0)
            }),
            2 => goes_back(draw, &[3, 1, 1], |x, _| x[0].layer_norm(&x[1], Some(&x[2]), epsilon)),
            3 => goes_back(draw, &[3, 1], |x, _| x[0].rms_norm(&x[1], epsilon)),
            _ => {
                let (mean, variance) = (draw.tensor("mean", 1), draw.tensor("variance", 1));
                goes_back(draw, &[4, 1, 1], |x, _| {
                    x[0].batch_norm_eval(&x[1], &x[2], &mean, &variance, epsilon)
                })
            }
        }
    }),
    ("attentions", |draw| {
        let (heads, options) = (draw.size("heads"), attention(draw));
        match draw.small("which", 2) {
            0 => goes_back(draw, &[3], |x, pass| x[0].self_attention(heads, &options, pass)),
            1 => goes_back(draw, &[3, 3], |x, pass| {
                x[0].cross_attention(&x[1], heads, &options, pass)
            }),
            _ => goes_back(draw, &[4, 4, 4], |x, pass| {
                x[0].scaled_dot_product_attention(&x[1], &x[2], &options, pass)
            }),
        }
    }),
    ("Var::dropout", |draw| {
        let p = draw.number("p");
        goes_back(draw, &[2], |x, pass| x[0].clone().dropout(p, pass))
    }),
    ("recurrent units", |draw| {
        let reverse = draw.flag("reverse");
        match draw.flag("lstm") {
            true => goes_back(draw, &[3, 2, 1, 2, 2], |x, _| {
                x[0].lstm(&x[1], Some(&x[2]), &x[3], &x[4], reverse)
            }),
            false => {
                goes_back(draw, &[3, 2, 1, 2], |x, _| x[0].gru(&x[1], Some(&x[2]), &x[3], reverse))
            }
        }
    }),
    ("losses of labels and targets", |draw| {
        let smoothing = draw.number("smoothing");
        let places = draw.dims("shape of the labels", 1);
        let labels = draw.indices("labels", &places, 4);
        let target = draw.tensor("target", 2);
        match draw.small("which", 1) {
            0 => goes_back(draw, &[2], |x, _| x[0].cross_entropy(&labels, smoothing)),
            _ => goes_back(draw, &[2], |x, _| x[0].binary_cross_entropy_with_logits(&target)),
        }
    }),
    ("indices and axes", |draw| {
        let (axis, axes) = (draw.axis("axis"), draw.axes("axes"));
        let places = draw.dims("shape of the indices", 1);
        let indices = draw.indices("indices", &places, 3);
        let [start, len] = draw.sizes("start and length");
        match draw.small("which", 13) {
            0 => goes_back(draw, &[2], |x, _| x[0].index_select(axis, &indices)),
            1 => goes_back(draw, &[2], |x, _| x[0].pick(axis, &indices)),
            2 => goes_back(draw, &[2], |x, _| x[0].narrow(axis, start, len)),
            3 => goes_back(draw, &[3], |x, _| x[0].permute(&axes)),
            4 => goes_back(draw, &[3], |x, _| x[0].transpose(axis, start as isize)),
            5 => goes_back(draw, &[3], |x, _| x[0].sum_axes(&axes)),
            6 => goes_back(draw, &[3], |x, _| x[0].mean_axes(&axes)),
            7 => goes_back(draw, &[3], |x, _| x[0].max_axis(axis)),
            8 => goes_back(draw, &[3], |x, _| x[0].softmax(axis)),
            9 => goes_back(draw, &[3], |x, _| x[0].log_softmax(axis)),
            10 => goes_back(draw, &[8], |x, _| x[0].unsqueeze(axis)),
            11 => goes_back(draw, &[3], |x, _| x[0].squeeze(axis)),
            12 => goes_back(draw, &[3], |x, _| x[0].flatten()),
            _ => goes_back(draw, &[2, 2], |x, _| Var::concat(&[&x[0], &x[1], &x[0]], axis)),
        }
    }),
    ("Var::concat of nothing", |draw| Var::<f32>::concat(&[], draw.axis("axis")).map(drop)),
    ("parts and kept axes", |draw| {
        let (axis, axes, count) = (draw.axis("axis"), draw.axes("axes"), draw.size("count"));
        match draw.small("which", 7) {
            0 => goes_back(draw, &[2], |x, _| Var::stack(&[&x[0], &x[0]], axis)),
            1 => goes_back(draw, &[2], |x, _| Ok(x[0].split(count, axis)?.remove(0))),
            2 => goes_back(draw, &[2], |x, _| Ok(x[0].chunk(count, axis)?.remove(0))),
            3 => goes_back(draw, &[2], |x, _| Ok(x[0].split_sizes(&[1, count], axis)?.remove(1))),
            4 => goes_back(draw, &[2], |x, _| x[0].sum_keepdim(&axes)),
            5 => goes_back(draw, &[2], |x, _| x[0].mean_keepdim(&axes)),
            6 => goes_back(draw, &[2], |x, _| x[0].var_keepdim(&axes, count)),
            _ => goes_back(draw, &[2], |x, _| x[0].max_keepdim(axis)),
        }
    }),
    ("Var::reshape", |draw| {
        let (sizes, axes) = (draw.sizes::<3>("sizes"), draw.sizes::<9>("nine sizes"));
        let open = draw.axes("sizes with open ones");
        match draw.small("which", 4) {
            0 => goes_back(draw, &[2], |x, _| x[0].reshape(sizes)),
            4 => goes_back(draw, &[2], |x, _| x[0].reshape(&open[..])),
            1 => goes_back(draw, &[2], |x, _| x[0].reshape(axes)),
            2 => goes_back(draw, &[2], |x, _| x[0].broadcast_to(sizes)),
            _ => goes_back(draw, &[2], |x, _| x[0].broadcast_to(axes)),
        }
    }),
    ("functions of numbers", |draw| {
        let (a, b) = (draw.number("a"), draw.number("b"));
        let n = draw.one_of("n", &[0, 1, -1, 2, i32::MAX, i32::MIN, 1000]);
        match draw.small("which", 4) {
            0 => goes_back(draw, &[2], |x, _| Ok(x[0].clone().affine(a, b))),
            1 => goes_back(draw, &[2], |x, _| Ok(x[0].clone().clamp(a, b))),
            2 => goes_back(draw, &[2], |x, _| Ok(x[0].clone().elu(a))),
            3 => goes_back(draw, &[2], |x, _| Ok(x[0].clone().leaky_relu(a))),
            _ => goes_back(draw, &[2], |x, _| Ok(x[0].clone().powi(n))),
        }
    }),
    ("gradcheck", |draw| {
        let (x, y) = (draw.tensor("x", 2).cast(), draw.tensor("y", 2).cast());
        gradcheck(&[x, y], |x, _| x[0].mul(&x[1])).map(drop)
    }),
];

/// Applies an operation to small tensors of mostly these ranks, dry and wet, and goes back.
fn goes_back(
    draw: &mut Draw,
    ranks: &[usize],
    f: impl Fn(&[Var], &mut Pass) -> Result<Var>,
) -> Result<()> {
    let mut dims: Vec<Vec<usize>> = Vec::new();
    for &rank in ranks {
        // Each axis of size like an axis of the first input: about a third of them fit.
        let mut sizes = draw.dims("dims", rank);
        if let Some(first) = dims.first().filter(|first| !first.is_empty()) {
            for size in &mut sizes {
                if draw.once_in(2) {
                    *size = first[draw.below(first.len())];
                }
            }
        }
        dims.push(sizes);
    }
    let inputs: Vec<Tensor> = (dims.iter().enumerate())
        .map(|(place, dims)| draw.tensor_of(&format!("input {place}"), dims))
        .collect();
    let mut dry = Pass::dry_run_without_model();
    let shapes: Result<Vec<_>> = inputs.iter().map(|x| dry.shape(x.shape())).collect();
    let rule = f(&shapes?, &mut dry);
    let mut pass = Pass::without_model(&mut Rng::new(Seed(1)));
    let inputs: Vec<_> = inputs.into_iter().map(|x| pass.input(x)).collect();
    let y = f(&inputs, &mut pass)?;
    assert_eq!(rule?.shape(), y.shape(), "the dry run and the run");
    pass.backward_from(&y, Tensor::ones(y.shape())).map(drop)
}

fn convolution(draw: &mut Draw) -> Conv2dOptions {
    let groups = if draw.once_in(3) { draw.size("groups") } else { 1 };
    Conv2dOptions {
        stride: draw.sizes("stride"),
        padding: draw.sizes("padding"),
        dilation: draw.sizes("dilation"),
        groups,
        direct: draw.flag("direct"),
    }
}

fn pool(draw: &mut Draw) -> Pool2d {
    let pool = Pool2d::new(draw.sizes::<2>("kernel")).stride(draw.sizes::<2>("stride"));
    pool.padding(draw.sizes::<2>("padding")).dilation(draw.sizes::<2>("dilation"))
}

fn attention(draw: &mut Draw) -> AttentionOptions<f32> {
    AttentionOptions {
        causal: draw.flag("causal"),
        mask: draw.flag("masked").then(|| draw.tensor("mask", 2)),
        scale: draw.flag("scaled").then(|| draw.number("scale")),
        dropout: draw.number("dropout"),
    }
}
