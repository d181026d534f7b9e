//! The fully connected layer: `y = x · Wᵀ + b`.

use plywood_autodiff::{Param, Pass, Var};
use plywood_tensor::{Float, Result, Rng, Shape};

use crate::Params;
use crate::init::{Init, weight_and_bias};
use crate::module::Module;

/// A fully connected layer: every output is a weighted sum of all inputs, plus a bias.
///
/// `[…, in_features]` becomes `[…, out_features]`.
#[derive(Debug, Params)]
pub struct Linear<T: Float = f32> {
    /// `[out_features, in_features]`
    pub weight: Param<T>,
    /// `[out_features]`
    pub bias: Option<Param<T>>,
}

/// The settings of a [`Linear`]. By default it has a bias, and begins as PyTorch's does.
#[derive(Clone, Debug)]
pub struct LinearConfig {
    in_features: usize,
    out_features: usize,
    bias: bool,
    init: Init,
    bias_init: Option<Init>,
}

impl Linear {
    /// A layer from `in_features` to `out_features` numbers.
    pub fn config(in_features: usize, out_features: usize) -> LinearConfig {
        LinearConfig { in_features, out_features, bias: true, init: Init::FanIn, bias_init: None }
    }
}

impl LinearConfig {
    /// Whether there is a bias.
    #[must_use]
    pub fn bias(mut self, bias: bool) -> Self {
        self.bias = bias;
        self
    }

    /// What the weight begins with.
    #[must_use]
    pub fn weight_init(mut self, init: Init) -> Self {
        self.init = init;
        self
    }

    /// What the bias begins with.
    #[must_use]
    pub fn bias_init(mut self, init: Init) -> Self {
        self.bias_init = Some(init);
        self
    }

    /// Makes the layer and draws its first values. The bias begins uniform within
    /// 1 / √in_features if nothing else is asked for.
    ///
    /// # Errors
    /// When the sizes are larger than memory, or the initialisation refuses.
    pub fn init(&self, rng: &mut Rng) -> Result<Linear> {
        self.init_as(rng)
    }

    /// As [`init`](Self::init), of numbers of any type, such as `f64` for a gradient check: those of the `f32` layer before rounding.
    ///
    /// # Errors
    /// As for [`init`](Self::init).
    pub fn init_as<T: Float>(&self, rng: &mut Rng) -> Result<Linear<T>> {
        let shape = Shape::new(&[self.out_features, self.in_features])
            .map_err(|error| error.operation("linear"))?;
        let bias = self.bias.then_some((self.out_features, self.bias_init));
        let (weight, bias) = weight_and_bias((shape, self.init), bias, rng)?;
        Ok(Linear { weight, bias })
    }
}

impl<T: Float> Module<Var<T>, T> for Linear<T> {
    fn forward(&self, x: &Var<T>, pass: &mut Pass<T>) -> Result<Var<T>> {
        let weight = pass.param(&self.weight);
        let bias = self.bias.as_ref().map(|bias| pass.param(bias));
        x.linear(&weight, bias.as_ref()).map_err(|error| pass.locate(error, &self.weight))
    }
}
