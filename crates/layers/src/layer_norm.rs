//! Normalisation of each sample, or each word, by itself.

use plywood_autodiff::{Param, Pass, Var};
use plywood_tensor::{Error, Float, POSITIVE, Result, Shape, compiled_here};

use crate::Params;
use crate::Settings;
use crate::init::filled;
use crate::module::Module;

/// Normalises each row to mean 0 and variance 1, then scales and shifts its elements; in training
/// and in evaluation alike.
///
/// `[…, N]` keeps its shape; a row may have more axes than one.
///
/// Source: Ba, Kiros and Hinton, "Layer normalization" (2016).
///
/// ```
/// use plywood_autodiff::{Pass, Var};
/// use plywood_layers::{LayerNorm, Module};
/// use plywood_tensor::Tensor;
///
/// let norm = LayerNorm::new([3])?;
/// let x = Var::constant(Tensor::from([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]));
/// let y = norm.forward(&x, &mut Pass::eval(&norm))?;
/// let [first, second] = [0, 1].map(|row| y.value().unwrap().get(&[row, 2]).unwrap());
/// assert!((first - second).abs() < 1e-4);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params)]
pub struct LayerNorm<T: Float = f32> {
    /// The scale, in the shape of a row.
    pub weight: Param<T>,
    /// The shift, in the shape of a row.
    pub bias: Option<Param<T>>,
    epsilon: f64,
}

/// The settings of a [`LayerNorm`]; PyTorch's defaults.
///
/// ```
/// use plywood_layers::LayerNorm;
///
/// let norm = LayerNorm::config([512]).epsilon(1e-6).bias(false).init()?;
/// assert!(norm.bias.is_none());
/// let error = LayerNorm::config([512]).epsilon(0.0).init().unwrap_err();
/// assert_eq!(error.to_string(), "layer_norm: the ε is 0; it should be more than 0");
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
#[settings(makes = LayerNorm, operation = "layer_norm", shortcut, any_element, constant)]
pub struct LayerNormConfig {
    /// The shape of a row: `[512]`, or `[C, H, W]`.
    #[setting(from(impl AsRef<[usize]>, to_vec))]
    row: Vec<usize>,
    /// What is added to the variance, so that its root is never 0.
    #[setting(default = 1e-5, range = POSITIVE, called = "ε", alias = "eps")]
    epsilon: f64,
    /// Whether there is a shift.
    #[setting(default = true)]
    bias: bool,
}

impl LayerNormConfig {
    fn build<T: Float>(&self) -> Result<LayerNorm<T>> {
        let shape = row_shape("layer_norm", &self.row)?;
        Ok(LayerNorm {
            weight: Param::new(filled("layer_norm", shape, 1.0)?),
            bias: match self.bias {
                true => Some(Param::new(filled("layer_norm", shape, 0.0)?)),
                false => None,
            },
            epsilon: self.epsilon,
        })
    }
}

impl<T: Float> Module<Var<T>, T> for LayerNorm<T> {
    fn forward(&self, x: &Var<T>, pass: &mut Pass<T>) -> Result<Var<T>> {
        layer_norm(self, x, pass)
    }
}

compiled_here! {
    fn layer_norm<'a, T>(
        layer: &'a LayerNorm<T>,
        x: &'a Var<T>,
        pass: &'a mut Pass<T>,
    ) -> Result<Var<T>> {
        let weight = pass.param(&layer.weight);
        let bias = layer.bias.as_ref().map(|bias| pass.param(bias));
        x.layer_norm(&weight, bias.as_ref(), layer.epsilon)
            .map_err(|error| pass.locate(error, &layer.weight))
    }
}

/// Divides each row by its root mean square, then scales its elements.
///
/// `[…, N]` keeps its shape; a row may have more axes than one.
///
/// Source: Zhang and Sennrich, "Root mean square layer normalization" (2019).
///
/// ```
/// use plywood_autodiff::{Pass, Var};
/// use plywood_layers::{Module, RMSNorm};
/// use plywood_tensor::Tensor;
///
/// let norm = RMSNorm::new([4])?;
/// let x = Var::constant(Tensor::from([[4.0, -4.0, 4.0, 4.0]])); // root mean square 4, mean 2
/// let y = norm.forward(&x, &mut Pass::eval(&norm))?;
/// assert_eq!(y.value()?, &Tensor::from([[1.0, -1.0, 1.0, 1.0]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params)]
pub struct RMSNorm<T: Float = f32> {
    /// The scale, in the shape of a row.
    pub weight: Param<T>,
    epsilon: f64,
}

/// The settings of an [`RMSNorm`]; PyTorch's defaults.
///
/// ```
/// use plywood_layers::RMSNorm;
///
/// let norm = RMSNorm::config([2, 3]).epsilon(1e-6).init()?; // rows of two axes
/// assert_eq!(norm.weight.shape(), [2, 3].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
#[settings(makes = RMSNorm, operation = "rms_norm", shortcut, any_element, constant)]
pub struct RMSNormConfig {
    /// The shape of a row: `[512]`, or `[C, H, W]`.
    #[setting(from(impl AsRef<[usize]>, to_vec))]
    row: Vec<usize>,
    /// What is added to the mean square, so that its root is never 0.
    #[setting(default = f64::from(f32::EPSILON), range = POSITIVE, called = "ε", alias = "eps")]
    epsilon: f64,
}

impl RMSNormConfig {
    fn build<T: Float>(&self) -> Result<RMSNorm<T>> {
        let shape = row_shape("rms_norm", &self.row)?;
        let weight = Param::new(filled("rms_norm", shape, 1.0)?);
        Ok(RMSNorm { weight, epsilon: self.epsilon })
    }
}

impl<T: Float> Module<Var<T>, T> for RMSNorm<T> {
    fn forward(&self, x: &Var<T>, pass: &mut Pass<T>) -> Result<Var<T>> {
        rms_norm(self, x, pass)
    }
}

compiled_here! {
    fn rms_norm<'a, T>(
        layer: &'a RMSNorm<T>,
        x: &'a Var<T>,
        pass: &'a mut Pass<T>,
    ) -> Result<Var<T>> {
        let weight = pass.param(&layer.weight);
        x.rms_norm(&weight, layer.epsilon).map_err(|error| pass.locate(error, &layer.weight))
    }
}

fn to_vec(row: impl AsRef<[usize]>) -> Vec<usize> {
    row.as_ref().to_vec()
}

/// The shape of a row, if it is one.
fn row_shape(operation: &'static str, row: &[usize]) -> Result<Shape> {
    if row.is_empty() {
        return Err(Error::value("a row should have at least one axis").operation(operation));
    }
    Shape::new(row).map_err(|error| error.operation(operation))
}
