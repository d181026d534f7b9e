//! Normalisation of each sample, or each word, by itself.

use plywood_autodiff::{Param, Pass, Var};
use plywood_tensor::{Error, Float, Result, Shape};

use crate::Params;
use crate::init::filled;
use crate::module::Module;

/// Normalises each row to mean 0 and variance 1, then scales and shifts its elements; in training
/// and in evaluation alike.
///
/// `[…, N]` keeps its shape; a row may have more axes than one.
///
/// Source: Ba, Kiros and Hinton, "Layer normalization" (2016).
#[derive(Debug, Params)]
pub struct LayerNorm<T: Float = f32> {
    /// The scale, in the shape of a row.
    pub weight: Param<T>,
    /// The shift, in the shape of a row.
    pub bias: Option<Param<T>>,
    epsilon: f64,
}

/// The settings of a [`LayerNorm`]; PyTorch's defaults: ε = 1e-5, with a bias.
#[derive(Clone, Debug)]
pub struct LayerNormConfig {
    row: Vec<usize>,
    epsilon: f64,
    bias: bool,
}

impl LayerNorm {
    /// For rows of this shape: `512`, or `[C, H, W]`.
    ///
    /// ```
    /// use plywood_autodiff::{Pass, Var};
    /// use plywood_layers::{LayerNorm, Module};
    /// use plywood_tensor::Tensor;
    ///
    /// let norm = LayerNorm::config([3]).init()?;
    /// let x = Var::constant(Tensor::from([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]));
    /// let y = norm.forward(&x, &mut Pass::eval(&norm))?;
    /// let [first, second] = [0, 1].map(|row| y.value().unwrap().get(&[row, 2]).unwrap());
    /// assert!((first - second).abs() < 1e-4);
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    pub fn config(row: impl AsRef<[usize]>) -> LayerNormConfig {
        LayerNormConfig { row: row.as_ref().to_vec(), epsilon: 1e-5, bias: true }
    }
}

impl LayerNormConfig {
    /// What is added to the variance, so that its root is never 0.
    #[must_use]
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }

    /// Whether there is a shift.
    #[must_use]
    pub fn bias(mut self, bias: bool) -> Self {
        self.bias = bias;
        self
    }

    /// Makes the layer: scale 1, shift 0.
    ///
    /// # Errors
    /// When ε is not positive, the row has no axes or too many, or there is not enough memory.
    pub fn init(&self) -> Result<LayerNorm> {
        self.init_as()
    }

    /// As [`init`](Self::init), of numbers of any type, such as `f64` for a gradient check: the same ones.
    ///
    /// # Errors
    /// As for [`init`](Self::init).
    pub fn init_as<T: Float>(&self) -> Result<LayerNorm<T>> {
        let shape = row_shape("layer_norm", &self.row, self.epsilon)?;
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
        let weight = pass.param(&self.weight);
        let bias = self.bias.as_ref().map(|bias| pass.param(bias));
        x.layer_norm(&weight, bias.as_ref(), self.epsilon)
            .map_err(|error| pass.locate(error, &self.weight))
    }
}

/// Divides each row by its root mean square, then scales its elements.
///
/// `[…, N]` keeps its shape; a row may have more axes than one.
///
/// Source: Zhang and Sennrich, "Root mean square layer normalization" (2019).
#[derive(Debug, Params)]
pub struct RMSNorm<T: Float = f32> {
    /// The scale, in the shape of a row.
    pub weight: Param<T>,
    epsilon: f64,
}

/// The settings of an [`RMSNorm`]; PyTorch's default for ε is the distance between 1 and the next
/// larger number, 1.2e-7.
#[derive(Clone, Debug)]
pub struct RMSNormConfig {
    row: Vec<usize>,
    epsilon: f64,
}

impl RMSNorm {
    /// For rows of this shape: `512`, or `[C, H, W]`.
    pub fn config(row: impl AsRef<[usize]>) -> RMSNormConfig {
        RMSNormConfig { row: row.as_ref().to_vec(), epsilon: f64::from(f32::EPSILON) }
    }
}

impl RMSNormConfig {
    /// What is added to the mean square, so that its root is never 0.
    #[must_use]
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }

    /// Makes the layer: scale 1.
    ///
    /// # Errors
    /// When ε is not positive, the row has no axes or too many, or there is not enough memory.
    pub fn init(&self) -> Result<RMSNorm> {
        self.init_as()
    }

    /// As [`init`](Self::init), of numbers of any type, such as `f64` for a gradient check: the same ones.
    ///
    /// # Errors
    /// As for [`init`](Self::init).
    pub fn init_as<T: Float>(&self) -> Result<RMSNorm<T>> {
        let shape = row_shape("rms_norm", &self.row, self.epsilon)?;
        let weight = Param::new(filled("rms_norm", shape, 1.0)?);
        Ok(RMSNorm { weight, epsilon: self.epsilon })
    }
}

impl<T: Float> Module<Var<T>, T> for RMSNorm<T> {
    fn forward(&self, x: &Var<T>, pass: &mut Pass<T>) -> Result<Var<T>> {
        let weight = pass.param(&self.weight);
        x.rms_norm(&weight, self.epsilon).map_err(|error| pass.locate(error, &self.weight))
    }
}

/// The shape of a row, if it is one and ε is positive.
fn row_shape(operation: &'static str, row: &[usize], epsilon: f64) -> Result<Shape> {
    let refuse = |message| Err(Error::value(message).operation(operation));
    if !(epsilon.is_finite() && epsilon > 0.0) {
        return refuse(format!("ε = {epsilon} should be positive"));
    }
    if row.is_empty() {
        return refuse("a row should have at least one axis".to_owned());
    }
    Shape::new(row).map_err(|error| error.operation(operation))
}
