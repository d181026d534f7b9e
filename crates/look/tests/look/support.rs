//! Small networks that are known by heart.

use plywood_autodiff::{Param, Pass, Var};
use plywood_layers::{Conv2d, Conv2dConfig, Linear, Module, Params};
use plywood_tensor::{Result, Rng, Seed, Tensor};

/// A convolution with these weights, without a bias.
pub(crate) fn conv(config: &Conv2dConfig, weight: Tensor) -> Conv2d {
    let mut conv = config.clone().bias(false).init(&mut Rng::new(Seed(0))).unwrap();
    assert_eq!(conv.weight.shape(), weight.shape());
    conv.weight = Param::new(weight);
    conv
}

/// A fully connected layer with these weights, without a bias.
pub(crate) fn linear(weight: Tensor) -> Linear {
    let [outputs, inputs] = [weight.shape()[0], weight.shape()[1]];
    let mut linear =
        Linear::config(inputs, outputs).bias(false).init(&mut Rng::new(Seed(0))).unwrap();
    linear.weight = Param::new(weight);
    linear
}

/// Two classes: how bright the top left quarter of an 8×8 image is, and how dark. Whatever is
/// elsewhere is not looked at.
#[derive(Params)]
pub(crate) struct Corner {
    conv: Conv2d,
    fc: Linear,
}

impl Corner {
    pub(crate) fn new() -> Self {
        let conv = conv(&Conv2d::config(1, 2, 1), Tensor::from([[[[1.0]]], [[[-1.0]]]]));
        Self { conv, fc: linear(Tensor::from([[1.0, -1.0], [-1.0, 1.0]])) }
    }
}

impl Module for Corner {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let quarter = |at: &[usize]| if at[2] < 4 && at[3] < 4 { 1.0 } else { 0.0 };
        let mask = pass.constant(Tensor::from_fn([1, 1, 8, 8], quarter));
        let x = self.conv.forward(&x.mul(&mask)?, pass)?.relu();
        self.fc.forward(&x.mean_axes(&[2, 3])?, pass)
    }
}
