//! No operation panics, forward or back, whatever shapes and settings it is given.

use plywood_autodiff::{Pass, Pool2d, Var};
use plywood_tensor::{
    AttentionOptions, Conv2dOptions, LocalResponseOptions, Result, Shape, Tensor,
};
use plywood_testkit::{cases, noise, shapes};
use proptest::prelude::*;
use proptest::sample::select;

use crate::support::pass;

/// Mostly of three or four axes, some of size 0.
fn any_shape() -> BoxedStrategy<Vec<usize>> {
    prop_oneof![3 => shapes(3..=4, 0..=6), 1 => shapes(0..=5, 0..=4)].boxed()
}

/// As [`shapes`], small, beside others in an array.
fn ranks(ranks: std::ops::RangeInclusive<usize>) -> BoxedStrategy<Vec<usize>> {
    shapes(ranks, 0..=6).boxed()
}

/// A setting: mostly small, sometimes absurd.
fn setting() -> impl Strategy<Value = usize> {
    let huge = usize::MAX;
    prop_oneof![
        12 => 0_usize..=4,
        1 => select(vec![huge, huge / 2, huge / 2 + 1, huge / 3 + 1, huge / 6 + 1, 1 << 60]),
    ]
}

fn pair() -> impl Strategy<Value = [usize; 2]> {
    [setting(), setting()]
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![4 => 0.0..1.0, 1 => select(vec![-1.0, 0.0, 1.0, 1e300, f64::NAN, f64::INFINITY])]
}

fn value(seed: u64, dims: &[usize]) -> Tensor {
    let numbers = noise(seed, dims.iter().product()).into_iter().map(|x| x as f32).collect();
    Tensor::from_vec(numbers, Shape::new(dims).unwrap()).unwrap()
}

/// The second derivative of an operation that worked: it may refuse, and doesn't panic.
fn differentiate_twice(dims: &[Vec<usize>], f: &impl Fn(&[Var], &mut Pass) -> Result<Var>) {
    let mut pass = pass().higher_order();
    let inputs: Vec<Var> =
        (0..).zip(dims).map(|(seed, dims)| pass.input(value(seed, dims))).collect();
    let y = f(&inputs, &mut pass).unwrap();
    let dy = Var::constant(Tensor::ones(y.shape()));
    let Ok(gradients) = pass.gradients_from(&y, &dy, &inputs.iter().collect::<Vec<_>>()) else {
        return;
    };
    for (gradient, input) in gradients.iter().zip(&inputs) {
        assert_eq!(gradient.shape(), input.shape());
    }
    let sum = gradients.into_iter().map(|gradient| gradient.square().sum());
    if let Some(sum) = sum.reduce(|a, b| &a + &b)
        && sum.needs_gradient()
    {
        pass.backward(&sum).unwrap();
    }
}

/// Applies an operation to inputs of these shapes, and goes back if it worked.
fn try_it(dims: &[Vec<usize>], f: impl Fn(&[Var], &mut Pass) -> Result<Var>) {
    let mut dry = Pass::dry_run_without_model();
    let shaped: Result<Vec<Var>> =
        dims.iter().map(|dims| dry.shape(Shape::new(dims).unwrap())).collect();
    let rule = f(&shaped.unwrap(), &mut dry).map(|y| y.shape());
    let mut pass = pass();
    let inputs: Vec<Var> =
        (0..).zip(dims).map(|(seed, dims)| pass.input(value(seed, dims))).collect();
    let Ok(y) = f(&inputs, &mut pass) else { return };
    assert_eq!(rule.unwrap(), y.shape());
    let dy = Tensor::ones(y.shape());
    let grads = pass.backward_from(&y, dy).unwrap();
    for input in &inputs {
        assert!(grads.wrt(input).is_none_or(|gradient| gradient.shape() == input.shape()));
    }
    differentiate_twice(dims, &f);
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn prop_windows(
        mut dims in [any_shape(), any_shape(), ranks(1..=1)], fits: bool, pairs in [pair(), pair(), pair(), pair()],
        groups in setting(), more: bool,
    ) {
        let [stride, padding, dilation, other] = pairs;
        if let [[_, c, ..], [o, inputs, ..], bias] = dims.each_mut().map(|dims| &mut dims[..])
            && fits
        {
            (*inputs, bias[0]) = (*c / groups.max(1), *o);
        }
        let options = Conv2dOptions { stride, padding, dilation, groups, direct: more };
        let bias = |inputs: &[Var]| more.then(|| inputs[2].clone());
        try_it(&dims, |x, _| x[0].conv2d(&x[1], bias(x).as_ref(), &options));
        try_it(&dims, |x, _| x[0].conv_transpose2d(&x[1], bias(x).as_ref(), &options, other));
        let pool = || Pool2d::new(other).stride(stride).padding(padding).dilation(dilation);
        try_it(&dims[..1], |x, _| x[0].max_pool2d(pool()));
        try_it(&dims[..1], |x, _| x[0].avg_pool2d(pool().count_include_pad(more)));
        try_it(&dims[..1], |x, _| x[0].adaptive_avg_pool2d(other));
        try_it(&dims[..1], |x, _| x[0].pad2d(padding, other, 1.0));
    }

    #[test]
    fn prop_norms(
        dims in [any_shape(), ranks(1..=2), ranks(1..=2)], size in setting(),
        numbers in [number(), number(), number()],
    ) {
        let [alpha, beta, k] = numbers;
        let options = LocalResponseOptions { size, alpha, beta, k };
        try_it(&dims[..1], |x, _| x[0].local_response_norm(&options));
        try_it(&dims, |x, _| x[0].layer_norm(&x[1], Some(&x[2]), alpha));
        try_it(&dims[..2], |x, _| x[0].layer_norm(&x[1], None, alpha));
        try_it(&dims[..2], |x, _| x[0].rms_norm(&x[1], alpha));
        try_it(&dims, |x, _| Ok(x[0].batch_norm(&x[1], &x[2], alpha)?.0));
        try_it(&dims, |x, _| Ok(x[0].batch_norm_relu(&x[1], &x[2], alpha)?.0));
        try_it(&dims[..1], |x, pass| x[0].clone().dropout(beta, pass));
    }

    #[test]
    fn prop_sequences(
        mut dims in [any_shape(), any_shape(), any_shape()], fits: bool,
        mask in prop::option::of(any_shape()), heads in setting(), dropout in number(),
        scale in prop::option::of(number()), causal: bool,
    ) {
        if let [[b, _, d], [samples, _, width], _] = dims.each_mut().map(|dims| &mut dims[..])
            && fits
        {
            (*samples, *width) = (*b, 2 * *d);
        }
        let mask = mask.map(|dims| value(7, &dims));
        let options = AttentionOptions { causal, mask, scale, dropout };
        try_it(&dims[..1], |x, pass| x[0].self_attention(heads, &options, pass));
        try_it(&dims[..2], |x, pass| x[0].cross_attention(&x[1], heads, &options, pass));
        try_it(&dims, |x, pass| x[0].scaled_dot_product_attention(&x[1], &x[2], &options, pass));
    }

    #[test]
    fn prop_recurrent_layers(
        dims in [ranks(3..=3), ranks(1..=2), ranks(1..=1), ranks(2..=2)],
        fits: bool, with_bias: bool, reverse: bool,
    ) {
        let [mut gates, mut weight, mut bias, mut state] = dims;
        for units in [4, 3] {
            if fits {
                let hidden = state[1];
                gates[2] = units * hidden;
                (weight, bias, state) = (vec![units * hidden, hidden], vec![units * hidden], vec![gates[1], hidden]);
            }
            let dims = [gates.clone(), weight.clone(), bias.clone(), state.clone(), state.clone()];
            let bias = |x: &[Var]| with_bias.then(|| x[2].clone());
            try_it(&dims, |x, _| x[0].lstm(&x[1], bias(x).as_ref(), &x[3], &x[4], reverse));
            try_it(&dims[..4], |x, _| x[0].gru(&x[1], bias(x).as_ref(), &x[3], reverse));
        }
    }

    #[test]
    fn prop_axes_and_indices(
        dims in [any_shape(), any_shape()], axes in prop::collection::vec(-5_isize..=5, 1..5),
        start in setting(), len in setting(), places in shapes(0..=3, 0..=4), smoothing in number(),
    ) {
        let places = value(3, &places).map(|x| (x.abs() * 4.0) as u32);
        let axis = axes[0];
        try_it(&dims[..1], |x, _| x[0].narrow(axis, start, len));
        try_it(&dims[..1], |x, _| x[0].index_select(axis, &places));
        try_it(&dims[..1], |x, _| x[0].pick(axis, &places));
        try_it(&dims[..1], |x, _| x[0].cross_entropy(&places, smoothing));
        try_it(&dims[..1], |x, _| x[0].permute(&axes));
        try_it(&dims[..1], |x, _| x[0].sum_axes(&axes));
        try_it(&dims[..1], |x, _| x[0].mean_axes(&axes));
        try_it(&dims[..1], |x, _| x[0].max_axis(axis));
        try_it(&dims[..1], |x, _| x[0].softmax(axis));
        try_it(&dims[..1], |x, _| x[0].log_softmax(axis));
        try_it(&dims[..1], |x, _| x[0].flatten());
        try_it(&dims[..1], |x, _| x[0].unsqueeze(axis));
        try_it(&dims[..1], |x, _| x[0].squeeze(axis));
        try_it(&dims, |x, _| Var::concat(&[&x[0], &x[1], &x[0]], axis));
        try_it(&dims, |x, _| x[0].reshape(x[1].shape()));
        try_it(&dims, |x, _| x[0].matmul(&x[1]));
        try_it(&dims, |x, _| x[0].linear(&x[1], None));
        try_it(&dims, |x, _| x[0].div(&x[1]));
        try_it(&dims, |x, _| x[0].maximum(&x[1]));
    }
}

/// What random problems have found, where some axis has no elements.
#[test]
fn nothing_at_all() {
    let goes_back = |dims: &[&[usize]], f: &dyn Fn(&[Var], &mut Pass) -> Result<Var>| {
        let mut pass = pass();
        let inputs: Vec<Var> =
            (0..).zip(dims).map(|(seed, dims)| pass.input(value(seed, dims))).collect();
        let y = f(&inputs, &mut pass).unwrap();
        let grads = pass.backward_from(&y, Tensor::ones(y.shape())).unwrap();
        for input in &inputs {
            let zeros = Tensor::zeros(input.shape());
            assert_eq!(grads.wrt(input), Some(&zeros));
        }
    };
    goes_back(&[&[8, 3], &[0, 3]], &|x, _| x[0].linear(&x[1], None));
    goes_back(&[&[2, 4, 3], &[3, 0]], &|x, _| x[0].matmul(&x[1]));
    goes_back(&[&[2, 4, 0], &[0, 5]], &|x, _| x[0].matmul(&x[1]));
    let options = AttentionOptions::default();
    goes_back(&[&[2, 4, 6], &[2, 0, 12]], &|x, pass| {
        x[0].cross_attention(&x[1], 3, &options, pass)
    });
}

#[test]
fn more_heads_than_numbers() {
    let x = Var::constant(value(1, &[1, 2, 6]));
    for heads in [0, usize::MAX, usize::MAX / 3 + 1] {
        let refused = x.self_attention(heads, &AttentionOptions::default(), &mut pass());
        let text = refused.unwrap_err().to_string();
        assert!(text.contains(&format!("can't be shared by 3 · {heads} heads")), "{text}");
    }
}
