//! What several architectures are made of.

use plywood_autodiff::{Pass, Var};
use plywood_layers::{BatchNorm2d, Conv2d, Module};
use plywood_tensor::Result;

/// A convolution whose result is normalised.
pub(crate) fn conv_bn(conv: &Conv2d, bn: &BatchNorm2d, x: &Var, pass: &mut Pass) -> Result<Var> {
    bn.forward(&conv.forward(x, pass)?, pass)
}

/// A convolution whose result is normalised and rectified.
pub(crate) fn conv_bn_relu(
    conv: &Conv2d,
    bn: &BatchNorm2d,
    x: &Var,
    pass: &mut Pass,
) -> Result<Var> {
    Ok(conv_bn(conv, bn, x, pass)?.relu())
}
