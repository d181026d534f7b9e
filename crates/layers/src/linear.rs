//! The fully connected layer: `y = x · Wᵀ + b`.

use plywood_autodiff::{Param, Pass, Var};
use plywood_tensor::{Float, Result, Rng, Shape, compiled_here};

use crate::Params;
use crate::Settings;
use crate::init::{Init, weight_and_bias};
use crate::module::Module;

/// A fully connected layer: every output is a weighted sum of all inputs, plus a bias.
///
/// `[…, in_features]` becomes `[…, out_features]`.
///
/// ```
/// use plywood_autodiff::{Param, Pass, Var};
/// use plywood_layers::{Linear, Module};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut fc = Linear::new(2, 1, &mut Rng::new(Seed(7)))?;
/// fc.weight.set(Tensor::from([[3.0, 4.0]]))?;
/// fc.bias = Some(Param::new(Tensor::from([0.5])));
/// let x = Var::constant(Tensor::from([[1.0, 2.0]]));
/// let y = fc.forward(&x, &mut Pass::eval(&fc))?;
/// assert_eq!(y.value()?, &Tensor::from([[11.5]])); // 3 · 1 + 4 · 2 + 0.5
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params)]
pub struct Linear<T: Float = f32> {
    /// `[out_features, in_features]`
    pub weight: Param<T>,
    /// `[out_features]`
    pub bias: Option<Param<T>>,
}

/// The settings of a [`Linear`]. By default it begins as PyTorch's does.
///
/// ```
/// use plywood_layers::{Init, Linear};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let config = Linear::config(3, 2).weight_init(Init::Constant(0.5)).bias(false);
/// let fc = config.init(&mut Rng::new(Seed(7)))?;
/// assert_eq!(fc.weight.value(), &Tensor::full([2, 3], 0.5));
/// assert!(fc.bias.is_none());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
#[settings(makes = Linear, operation = "linear", shortcut, any_element)]
pub struct LinearConfig {
    /// The numbers of each row that come in.
    in_features: usize,
    /// The numbers of each row that come out.
    out_features: usize,
    /// Whether there is a bias.
    #[setting(default = true)]
    bias: bool,
    /// What the weight begins with.
    #[setting(default = Init::FanIn, setter = weight_init)]
    init: Init,
    /// What the bias begins with: uniform within 1 / √in_features if nothing is said.
    bias_init: Option<Init>,
}

impl LinearConfig {
    fn build<T: Float>(&self, rng: &mut Rng) -> Result<Linear<T>> {
        let shape = Shape::new(&[self.out_features, self.in_features])
            .map_err(|error| error.operation("linear"))?;
        let bias = self.bias.then_some((self.out_features, self.bias_init));
        let (weight, bias) = weight_and_bias((shape, self.init), bias, rng)?;
        Ok(Linear { weight, bias })
    }
}

impl<T: Float> Module<Var<T>, T> for Linear<T> {
    fn forward(&self, x: &Var<T>, pass: &mut Pass<T>) -> Result<Var<T>> {
        linear(self, x, pass)
    }
}

compiled_here! {
    fn linear<'a, T>(
        layer: &'a Linear<T>,
        x: &'a Var<T>,
        pass: &'a mut Pass<T>,
    ) -> Result<Var<T>> {
        let weight = pass.param(&layer.weight);
        let bias = layer.bias.as_ref().map(|bias| pass.param(bias));
        x.linear(&weight, bias.as_ref()).map_err(|error| pass.locate(error, &layer.weight))
    }
}
