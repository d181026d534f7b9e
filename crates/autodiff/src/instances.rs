//! The operations on `f32` and `f64`, compiled in this crate.
//!
//! Up to `opt-level = 1` a crate takes the instances of generic functions that a crate below it has compiled.
//! Without these, every test, example and program that is built without optimisation would compile the kernels
//! of all operations that it calls.

use plywood_tensor::{
    AttentionOptions, Conv2dOptions, Float, LocalResponseOptions, Result, Tensor,
};

use crate::pass::Pass;
use crate::var::Var;

type Caller<T> = fn(&Var<T>, Pass<T>, &Tensor<u32>) -> Result<()>;

#[used]
static F32: Caller<f32> = every_operation;
#[used]
static F64: Caller<f64> = every_operation;

/// Calls every operation; it is compiled and never run.
fn every_operation<T: Float>(x: &Var<T>, mut pass: Pass<T>, indices: &Tensor<u32>) -> Result<()> {
    let (some, other) = (Some(x), &x.clone());
    let unary = [
        Var::abs,
        Var::exp,
        Var::gelu,
        Var::gelu_tanh,
        Var::hardsigmoid,
        Var::hardswish,
        Var::ln,
        Var::logsigmoid,
        Var::mish,
        Var::relu,
        Var::relu6,
        Var::selu,
        Var::sigmoid,
        Var::silu,
        Var::softplus,
        Var::softsign,
        Var::sqrt,
        Var::square,
        Var::tanh,
    ];
    for operation in unary {
        let _ = operation(x.clone());
    }
    let binary = [Var::add, Var::sub, Var::mul, Var::div, Var::maximum, Var::minimum];
    for operation in binary {
        operation(x, x)?;
    }
    let _ = [x.sum(), x.mean(), -x.clone(), x + other, x - other, x * other, x / other];
    let _ = x.clone().elu(1.0).leaky_relu(0.1).powi(2).clamp(0.0, 1.0).affine(1.0, 0.0);
    x.clone().dropout(0.5, &mut pass)?;
    for operation in [Var::softmax, Var::log_softmax, Var::max_axis, Var::squeeze, Var::unsqueeze] {
        operation(x, 0)?;
    }
    for operation in [Var::sum_axes, Var::mean_axes, Var::permute] {
        operation(x, &[0])?;
    }
    x.reshape([1])?.flatten()?.transpose(0, 1)?.broadcast_to([1])?;
    x.narrow(0, 0, 1)?;
    Var::concat(&[x], 0)?;
    x.index_select(0, indices)?.pick(0, indices)?;
    x.matmul(x)?;
    x.matmul(x.t())?;
    x.linear(x, some)?;
    let conv = Conv2dOptions::default();
    x.conv2d(x, some, &conv)?;
    x.conv_transpose2d(x, some, &conv, 0)?;
    x.pad2d(0, 0, 0.0)?.max_pool2d(2)?.avg_pool2d(2)?.adaptive_avg_pool2d(1)?;
    x.batch_norm(x, x, 0.0)?;
    x.batch_norm_relu(x, x, 0.0)?;
    let constant = x.value()?;
    x.batch_norm_eval(x, x, constant, constant, 0.0)?;
    x.layer_norm(x, some, 0.0)?.rms_norm(x, 0.0)?;
    x.local_response_norm(&LocalResponseOptions::default())?;
    x.lstm(x, some, x, x, false)?.gru(x, some, x, false)?;
    let attention = AttentionOptions::default();
    x.scaled_dot_product_attention(x, x, &attention, &mut pass)?;
    x.self_attention(1, &attention, &mut pass)?;
    x.cross_attention(x, 1, &attention, &mut pass)?;
    x.cross_entropy(indices, 0.0)?;
    let loss = x.binary_cross_entropy_with_logits(constant)?;
    pass.backward(&loss).map(drop)
}
