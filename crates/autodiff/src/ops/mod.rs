//! The differentiable operations, one file each: equation, kernel, gradient and the declaration
//! that tests them.

mod abs;
mod adaptive_pool;
mod affine;
mod arithmetic;
mod attention;
mod batch_norm;
mod binary_cross_entropy;
mod broadcast_to;
mod clamp;
mod concat;
mod conv2d;
mod conv_transpose2d;
mod cross_entropy;
mod dropout;
mod elu;
mod exp;
mod gelu;
mod gelu_tanh;
mod hardsigmoid;
mod hardswish;
mod index_select;
mod layer_norm;
mod leaky_relu;
mod linear;
mod ln;
mod local_response_norm;
mod logsigmoid;
mod map;
mod matmul;
mod max_axis;
mod mish;
mod narrow;
mod neg;
mod pad2d;
mod permute;
mod pool2d;
mod powi;
mod recurrent;
mod relu;
mod relu6;
mod reshape;
mod selu;
mod sigmoid;
mod silu;
mod softmax;
mod softplus;
mod softsign;
mod sqrt;
mod square;
mod sum;
mod tanh;

#[cfg(test)]
mod tests;

pub use matmul::{TransposedVar, VarOperand};
pub use pool2d::{Pair, Pool2d};

use crate::declaration::Declaration;

/// Every differentiable operation there is.
pub const OPERATIONS: &[Declaration] = &[
    abs::ABS,
    adaptive_pool::ADAPTIVE_AVG_POOL2D,
    affine::AFFINE,
    arithmetic::ADD,
    arithmetic::SUB,
    arithmetic::MUL,
    arithmetic::DIV,
    arithmetic::MAXIMUM,
    arithmetic::MINIMUM,
    attention::SCALED_DOT_PRODUCT_ATTENTION,
    attention::SELF_ATTENTION,
    attention::CROSS_ATTENTION,
    batch_norm::BATCH_NORM,
    batch_norm::BATCH_NORM_EVAL,
    batch_norm::BATCH_NORM_RELU,
    binary_cross_entropy::BINARY_CROSS_ENTROPY,
    broadcast_to::BROADCAST_TO,
    clamp::CLAMP,
    concat::CONCAT,
    conv2d::CONV2D,
    conv_transpose2d::CONV_TRANSPOSE2D,
    cross_entropy::CROSS_ENTROPY,
    dropout::DROPOUT,
    elu::ELU,
    exp::EXP,
    gelu::GELU,
    gelu_tanh::GELU_TANH,
    hardsigmoid::HARDSIGMOID,
    hardswish::HARDSWISH,
    index_select::INDEX_SELECT,
    index_select::PICK,
    layer_norm::LAYER_NORM,
    layer_norm::RMS_NORM,
    leaky_relu::LEAKY_RELU,
    linear::LINEAR,
    ln::LN,
    local_response_norm::LOCAL_RESPONSE_NORM,
    logsigmoid::LOGSIGMOID,
    map::MAP,
    matmul::MATMUL,
    max_axis::MAX_AXIS,
    mish::MISH,
    narrow::NARROW,
    neg::NEG,
    pad2d::PAD2D,
    permute::PERMUTE,
    pool2d::MAX_POOL2D,
    pool2d::AVG_POOL2D,
    powi::POWI,
    recurrent::LSTM,
    recurrent::GRU,
    relu::RELU,
    relu6::RELU6,
    reshape::RESHAPE,
    selu::SELU,
    sigmoid::SIGMOID,
    silu::SILU,
    softmax::SOFTMAX,
    softmax::LOG_SOFTMAX,
    softplus::SOFTPLUS,
    softsign::SOFTSIGN,
    sqrt::SQRT,
    square::SQUARE,
    sum::SUM,
    sum::MEAN,
    tanh::TANH,
];
