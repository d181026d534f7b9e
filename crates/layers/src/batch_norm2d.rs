//! Batch normalisation of images, with running statistics for evaluation.

use plywood_autodiff::{Buffer, Param, Pass, Var};
use plywood_tensor::{Error, Float, POSITIVE, Result, Shape, compiled_here};

use crate::Params;
use crate::Settings;
use crate::init::filled;
use crate::module::Module;

/// Normalises each channel of `[N, C, H, W]` over the batch and its pixels, then scales and shifts
/// it.
///
/// A training pass normalises with the batch's own mean and (biased) variance, and moves the
/// running ones towards them, the variance unbiased; other passes normalise with the running ones.
/// With both its scale and its shift frozen it is in training as in evaluation: its statistics go
/// with weights that stay as they are (Keras does so, PyTorch doesn't).
///
/// Source: Ioffe and Szegedy, "Batch normalization" (2015).
///
/// ```
/// use plywood_autodiff::{Pass, Var};
/// use plywood_layers::{BatchNorm2d, Module};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let norm = BatchNorm2d::new(1)?;
/// let x = Var::constant(Tensor::from([[[[1.0]]], [[[3.0]]]])); // mean 2, variance 1
/// let y = norm.forward(&x, &mut Pass::train(&norm, &mut Rng::new(Seed(7))))?;
/// assert_eq!(y.value()?.map(f32::round), Tensor::from([[[[-1.0]]], [[[1.0]]]]));
/// assert_eq!(norm.running_mean.value(), Tensor::from([0.2])); // a tenth of the way from 0
///
/// let y = norm.forward(&x, &mut Pass::eval(&norm))?; // with the running mean and variance
/// assert!(y.value()?.min() > Some(0.0));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params)]
pub struct BatchNorm2d<T: Float = f32> {
    /// `[C]`, the scale.
    pub weight: Param<T>,
    /// `[C]`, the shift.
    pub bias: Param<T>,
    /// `[C]`
    pub running_mean: Buffer<T>,
    /// `[C]`
    pub running_var: Buffer<T>,
    epsilon: f64,
    momentum: f64,
}

/// The settings of a [`BatchNorm2d`]; PyTorch's defaults.
///
/// ```
/// use plywood_layers::BatchNorm2d;
///
/// let norm = BatchNorm2d::config(16).epsilon(1e-3).momentum(0.01).init()?;
/// assert_eq!(norm.weight.shape(), [16].into());
/// let error = BatchNorm2d::config(16).momentum(2.0).init().unwrap_err();
/// assert_eq!(error.to_string(), "batch_norm: the momentum is 2; it should be between 0 and 1");
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
#[settings(makes = BatchNorm2d, operation = "batch_norm", shortcut, any_element, constant)]
pub struct BatchNorm2dConfig {
    /// The channels of its input.
    channels: usize,
    /// What is added to the variance, so that its root is never 0.
    #[setting(default = 1e-5, range = POSITIVE, called = "ε", alias = "eps")]
    epsilon: f64,
    /// How far the running statistics move towards the batch's each time.
    #[setting(default = 0.1, range = 0.0..=1.0)]
    momentum: f64,
}

impl BatchNorm2dConfig {
    fn build<T: Float>(&self) -> Result<BatchNorm2d<T>> {
        let &Self { channels, epsilon, momentum } = self;
        let shape = Shape::new(&[channels]).map_err(|error| error.operation("batch_norm"))?;
        let filled = |value: f64| filled("batch_norm", shape, value);
        Ok(BatchNorm2d {
            weight: Param::new(filled(1.0)?),
            bias: Param::new(filled(0.0)?),
            running_mean: Buffer::new(filled(0.0)?),
            running_var: Buffer::new(filled(1.0)?),
            epsilon,
            momentum,
        })
    }
}

impl<T: Float> BatchNorm2d<T> {
    /// As [`forward`](Module::forward) followed by [`relu`](Var::relu): the same values, in one
    /// pass over memory.
    ///
    /// # Errors
    /// As for [`forward`](Module::forward).
    pub fn forward_relu(&self, x: &Var<T>, pass: &mut Pass<T>) -> Result<Var<T>> {
        self.apply(x, pass, true).map_err(|error| pass.locate(error, &self.weight))
    }

    fn apply(&self, x: &Var<T>, pass: &mut Pass<T>, relu: bool) -> Result<Var<T>> {
        apply(self, x, pass, relu)
    }
}

compiled_here! {
    fn apply<'a, T>(
        layer: &'a BatchNorm2d<T>,
        x: &'a Var<T>,
        pass: &'a mut Pass<T>,
        relu: bool,
    ) -> Result<Var<T>> {
        if x.shape().rank() != 4 {
            return Err(Error::shape(format!(
                "input {} should have four axes (N, C, H, W)",
                x.shape()
            ))
            .operation("batch_norm"));
        }
        let (weight, bias) = (pass.param(&layer.weight), pass.param(&layer.bias));
        let (mean, variance) = (layer.running_mean.value(), layer.running_var.value());
        let frozen = layer.weight.is_frozen() && layer.bias.is_frozen();
        if (frozen || !pass.is_training()) && !pass.is_dry_run() {
            let y = x.batch_norm_eval(&weight, &bias, &mean, &variance, layer.epsilon)?;
            return Ok(if relu { y.relu() } else { y });
        }
        let (y, statistics) = if relu {
            x.batch_norm_relu(&weight, &bias, layer.epsilon)?
        } else {
            x.batch_norm(&weight, &bias, layer.epsilon)?
        };
        if let Some(batch) = statistics {
            let momentum = T::of(layer.momentum);
            let count = T::of(batch.count as f64);
            let unbiased = count / (count - T::ONE);
            let towards = |old: T, new: T| (T::ONE - momentum) * old + momentum * new;
            pass.update(&layer.running_mean, mean.zip_into(&batch.mean, towards)?)?;
            let variance =
                variance.zip_into(&batch.variance, |old, new| towards(old, new * unbiased))?;
            pass.update(&layer.running_var, variance)?;
        }
        Ok(y)
    }
}

impl<T: Float> Module<Var<T>, T> for BatchNorm2d<T> {
    fn forward(&self, x: &Var<T>, pass: &mut Pass<T>) -> Result<Var<T>> {
        self.apply(x, pass, false).map_err(|error| pass.locate(error, &self.weight))
    }
}
