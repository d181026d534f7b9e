//! The multilayer perceptron: fully connected layers with ReLU between them.

use plywood_autodiff::{Pass, Var};
use plywood_layers::{Linear, Module, Params, Settings};
use plywood_tensor::{Result, Rng};

/// Fully connected layers with ReLU, and dropout if wanted, between them. Images are flattened.
///
/// ```
/// use plywood_autodiff::{Pass, Var};
/// use plywood_layers::{Module, Params};
/// use plywood_tensor::{Rng, Seed, Tensor};
/// use plywood_zoo::mlp;
///
/// let model = mlp(8 * 8, 10).hidden([32]).init(&mut Rng::new(Seed(7)))?;
/// let images = Var::constant(Tensor::zeros([2, 1, 8, 8])); // N, C, H, W
/// assert_eq!(model.forward(&images, &mut Pass::eval(&model))?.shape(), [2, 10].into());
/// assert_eq!(model.named_parameters()[2].0, "layers.1.weight");
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params)]
pub struct Mlp {
    layers: Vec<Linear>,
    dropout: f64,
}

/// The settings of an [`Mlp`].
///
/// ```
/// use plywood_layers::Params;
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::mlp;
///
/// let rng = &mut Rng::new(Seed(7));
/// let linear = mlp(64, 10).hidden([]).init(rng)?;
/// assert_eq!(linear.parameter_count(), 64 * 10 + 10);
/// let deep = mlp(64, 10).hidden([32, 16]).init(rng)?;
/// assert_eq!(deep.parameter_count(), 64 * 32 + 32 + 32 * 16 + 16 + 16 * 10 + 10);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
#[settings(makes = Mlp, operation = "mlp")]
pub struct MlpConfig {
    /// The numbers that come in.
    features: usize,
    /// The numbers that come out.
    outputs: usize,
    /// The sizes of the hidden layers; none makes a linear model.
    #[setting(default = vec![512, 256], from(impl Into<Vec<usize>>, Into::into))]
    hidden: Vec<usize>,
    /// The probability with which a hidden number is dropped in training.
    #[setting(default = 0.0, range = 0.0..=1.0)]
    dropout: f64,
}

/// An [`Mlp`] from `features` numbers to `outputs`: of an image `[C, H, W]` that is C · H · W.
///
/// ```
/// use plywood_layers::Params;
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::mlp;
///
/// let model = mlp(28 * 28, 10).hidden([100]).init(&mut Rng::new(Seed(7)))?;
/// assert_eq!(model.parameter_count(), 784 * 100 + 100 + 100 * 10 + 10);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub fn mlp(features: usize, outputs: usize) -> MlpConfig {
    MlpConfig::new(features, outputs)
}

impl MlpConfig {
    fn build(&self, rng: &mut Rng) -> Result<Mlp> {
        let inputs = std::iter::once(&self.features).chain(&self.hidden);
        let outputs = self.hidden.iter().chain([&self.outputs]);
        let layers = inputs.zip(outputs).map(|(&from, &to)| Linear::config(from, to).init(rng));
        Ok(Mlp { layers: layers.collect::<Result<_>>()?, dropout: self.dropout })
    }
}

impl Module for Mlp {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let mut x = x.flatten()?;
        for (index, layer) in self.layers.iter().enumerate() {
            if index > 0 {
                x = x.relu().dropout(self.dropout, pass)?;
            }
            x = layer.forward(&x, pass)?;
        }
        Ok(x)
    }
}
