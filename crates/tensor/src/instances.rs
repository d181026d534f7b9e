//! The kernels for `f32`, with the feature `f64` for that too, compiled in this crate.
//!
//! Up to `opt-level = 1` a crate takes the instances of generic functions that a crate below it has compiled.
//! Without these, every test, example and program that is built without optimisation would compile the kernels
//! that it calls.

use crate::{
    Attention, BatchNorm, Conv2dOptions, Float, LayerNorm, LocalResponseOptions, Recurrence,
    Result, Rng, Targets, Tensor, Window, *,
};

#[used]
static F32: fn(&Tensor<f32>, &mut Rng, &Given<f32>) -> Result<()> = every_kernel;
#[cfg(feature = "f64")]
#[used]
static F64: fn(&Tensor<f64>, &mut Rng, &Given<f64>) -> Result<()> = every_kernel;

/// What the kernels take beside tensors.
struct Given<'g, T: Float> {
    indices: Tensor<u32>,
    condition: Tensor<bool>,
    window: Window,
    conv: Conv2dOptions,
    response: LocalResponseOptions,
    targets: Targets,
    attention: Attention<T>,
    batch_norm: BatchNorm<'g, T>,
    layer_norm: LayerNorm<'g, T>,
    recurrence: Recurrence<'g, T>,
}

/// Calls every kernel; it is compiled and never run.
fn every_kernel<T: Float>(x: &Tensor<T>, rng: &mut Rng, given: &Given<T>) -> Result<()> {
    let Given { indices, condition, window, conv, .. } = given;
    let (some, shape, other) = (Some(x), x.shape(), &x.clone());
    let _: [Tensor<T>; 3] =
        [rng.uniform(shape, 0.0, 1.0), rng.normal(shape, 0.0, 1.0), rng.bernoulli(shape, 0.5)];
    let binary =
        [Tensor::add, Tensor::sub, Tensor::mul, Tensor::div, Tensor::maximum, Tensor::minimum];
    for kernel in binary {
        kernel(x, x)?;
    }
    x.clone().add_assign(x)?;
    let _ = [
        x.exp(),
        x.ln(),
        x.sqrt(),
        x.abs(),
        x.clamp(T::ZERO, T::ONE),
        Tensor::full(shape, T::ZERO),
    ];
    let _ = [
        x + other,
        x - other,
        x * other,
        x / other,
        -x,
        x + T::ONE,
        x - T::ONE,
        x * T::ONE,
        x / T::ONE,
    ];
    let _ = [x.sum(), x.sum_of_squares(), x.mean()];
    let _ = (x.all_finite(), x.cast::<f32>(), x.cast::<f64>());
    for kernel in [Tensor::softmax, Tensor::log_softmax, Tensor::max_axis, Tensor::min_axis] {
        kernel(x, 0)?;
    }
    for kernel in [Tensor::argmax, Tensor::argmin] {
        kernel(x, 0)?;
    }
    for kernel in [Tensor::sum_axes, Tensor::mean_axes, Tensor::permute] {
        kernel(x, &[0])?;
    }
    x.var_axes(&[0], 0)?;
    x.sum_to(shape)?.broadcast_to(shape)?.reshape(shape)?.transpose(0, 1)?;
    x.softmax_grad(x, 0)?.log_softmax_grad(x, 0)?;
    condition.choose(x, x)?;
    x.index_select(0, indices)?.pick(0, indices)?.narrow(0, 0, 1)?.widen(0, 0, 1)?;
    x.clone().index_add(0, indices, x)?;
    Tensor::unpick(shape, 0, indices, x)?;
    Tensor::concat(&[x], 0)?;
    Tensor::stack(&[x], 0)?;
    x.matmul(x)?;
    x.matmul(x.t())?;
    x.t().matmul(x)?;
    x.t().matmul(x.t())?;
    linear(x, x, some)?;
    conv2d(x, x, some, conv)?;
    conv2d_input_grad(x, x, shape, conv)?;
    conv2d_weight_grad(x, x, shape, conv)?;
    adaptive_avg_pool2d(x, [1, 1])?;
    adaptive_avg_pool2d_grad(x, shape)?;
    avg_pool2d(x, window, true)?;
    avg_pool2d_grad(x, shape, window, true)?;
    let pooled = max_pool2d(x, window)?;
    max_pool2d_grad(x, &pooled.places)?;
    pad2d(x, [0, 0], [0, 0], T::ZERO)?;
    local_response_norm(x, &given.response)?;
    local_response_norm_grad(x, x, &given.response)?;
    cross_entropy(x, &given.targets)?;
    cross_entropy_losses(x, &given.targets)?;
    cross_entropy_grad(x.clone(), &given.targets, x)?;
    channel_statistics(x)?;
    scale_shift(x, x, x)?;
    let (_, statistics) = given.batch_norm.forward(x)?;
    given.batch_norm.gradient(x, x, &statistics)?;
    let (_, statistics) = given.layer_norm.forward(x)?;
    given.layer_norm.gradient(x, x, &statistics)?;
    given.recurrence.forward(x, x, some)?;
    given.recurrence.states(x, x, some)?;
    given.recurrence.gradient(x, x, x, x, some)?;
    given.attention.forward(&[x])?;
    given.attention.gradient(x, &[x], x)?;
    x.qr()?;
    x.svd()?;
    x.cholesky()?;
    x.solve(x)?;
    x.least_squares(x).map(drop)
}
