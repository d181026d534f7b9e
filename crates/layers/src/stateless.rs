//! Layers without parameters, for [`Sequential`](crate::Sequential) and for models that name all
//! of their steps.

use plywood_autodiff::{Pair, Pass, Var};
use plywood_tensor::{Float, LocalResponseOptions, Result};

use crate::module::Module;
use crate::{Params, Settings};

/// Takes the mean of each window of `[N, C, H, W]`, as many windows as its size says: they cover an image of any
/// size evenly.
///
/// ```
/// use plywood_autodiff::{Pass, Var};
/// use plywood_layers::{AdaptiveAvgPool2d, Module};
/// use plywood_tensor::Tensor;
///
/// let x = Var::constant(Tensor::from([[[[1.0, 2.0], [3.0, 4.0]]]]));
/// let global = AdaptiveAvgPool2d::new(1);
/// assert_eq!(global.forward(&x, &mut Pass::eval(&global))?.value()?, &Tensor::from([[[[2.5]]]]));
/// let rows = AdaptiveAvgPool2d::new([2, 1]);
/// assert_eq!(rows.forward(&x, &mut Pass::eval(&rows))?.value()?, &Tensor::from([[[[1.5], [3.5]]]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params, Settings)]
#[params(any_element)]
pub struct AdaptiveAvgPool2d {
    /// The size of the result, one number or `[height, width]`; 1 is global average pooling.
    #[params(setting)]
    #[setting(from(impl Pair, Pair::pair))]
    size: [usize; 2],
}

impl<T: Float> Module<Var<T>, T> for AdaptiveAvgPool2d {
    fn forward(&self, x: &Var<T>, _: &mut Pass<T>) -> Result<Var<T>> {
        x.adaptive_avg_pool2d(self.size)
    }
}

/// Divides each channel of `[N, C, …]` by a power of the mean square of the channels around it,
/// `y = x / (k + α · mean(x²))^β`, in which those beyond the first and the last count as 0.
///
/// Source: Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional neural networks"
/// (2012), section 3.3; with PyTorch's mean in place of a sum.
///
/// ```
/// use plywood_autodiff::{Pass, Var};
/// use plywood_layers::{LocalResponseNorm, Module};
/// use plywood_tensor::Tensor;
///
/// let norm = LocalResponseNorm::new(3).alpha(3.0).beta(0.5).k(2.0);
/// let x = Var::constant(Tensor::from([[1.0, 1.0]]));
/// let y = norm.forward(&x, &mut Pass::eval(&norm))?;
/// assert_eq!(y.value()?, &Tensor::from([[0.5, 0.5]])); // 1 / √(2 + 3 · (1 + 1 + 0) / 3)
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params, Settings)]
#[params(any_element)]
pub struct LocalResponseNorm {
    /// The number of channels around one, itself included.
    #[setting(range = 1.0..)]
    size: usize,
    /// What the mean square is multiplied by.
    #[setting(default = 1e-4)]
    alpha: f64,
    /// The power.
    #[setting(default = 0.75)]
    beta: f64,
    /// What is added to the mean square.
    #[setting(default = 1.0)]
    k: f64,
}

impl<T: Float> Module<Var<T>, T> for LocalResponseNorm {
    fn forward(&self, x: &Var<T>, _: &mut Pass<T>) -> Result<Var<T>> {
        let &Self { size, alpha, beta, k } = self;
        x.local_response_norm(&LocalResponseOptions { size, alpha, beta, k })
    }
}

/// Makes all axes after the batch one: `[N, C, H, W]` becomes `[N, C · H · W]`.
///
/// ```
/// use plywood_autodiff::{Pass, Var};
/// use plywood_layers::{Flatten, Module};
/// use plywood_tensor::Tensor;
///
/// let x = Var::constant(Tensor::from([[[[1.0, 2.0], [3.0, 4.0]]]]));
/// let y = Flatten.forward(&x, &mut Pass::eval(&Flatten))?;
/// assert_eq!(y.value()?, &Tensor::from([[1.0, 2.0, 3.0, 4.0]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params)]
#[params(any_element)]
pub struct Flatten;

impl<T: Float> Module<Var<T>, T> for Flatten {
    fn forward(&self, x: &Var<T>, _: &mut Pass<T>) -> Result<Var<T>> {
        x.flatten()
    }
}

/// In training, sets each element to 0 with a probability `p`, and multiplies the others by 1 / (1 − `p`), so that
/// the mean stays. Other passes change nothing.
///
/// Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting" (2014).
///
/// ```
/// use plywood_autodiff::{Pass, Var};
/// use plywood_layers::{Dropout, Module};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let dropout = Dropout::new(0.5);
/// let x = Var::constant(Tensor::ones([100]));
/// let y = dropout.forward(&x, &mut Pass::train(&dropout, &mut Rng::new(Seed(7))))?;
/// assert!(y.value()?.as_slice().iter().all(|y| *y == 0.0 || *y == 2.0));
/// assert_eq!(dropout.forward(&x, &mut Pass::eval(&dropout))?.value()?, x.value()?);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params, Settings)]
#[params(any_element)]
pub struct Dropout {
    /// The probability.
    #[setting(range = 0.0..=1.0)]
    p: f64,
}

impl<T: Float> Module<Var<T>, T> for Dropout {
    fn forward(&self, x: &Var<T>, pass: &mut Pass<T>) -> Result<Var<T>> {
        self.forward_owned(x.clone(), pass)
    }

    fn forward_owned(&self, x: Var<T>, pass: &mut Pass<T>) -> Result<Var<T>> {
        x.dropout(self.p, pass)
    }
}

/// Turns scores into probabilities along an axis.
///
/// ```
/// use plywood_autodiff::{Pass, Var};
/// use plywood_layers::{Module, Softmax};
/// use plywood_tensor::Tensor;
///
/// let softmax = Softmax::new(-1);
/// let x = Var::constant(Tensor::from([[5.0, 5.0], [0.0, 1000.0]]));
/// let y = softmax.forward(&x, &mut Pass::eval(&softmax))?;
/// assert_eq!(y.value()?, &Tensor::from([[0.5, 0.5], [0.0, 1.0]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params, Settings)]
#[params(any_element)]
pub struct Softmax {
    /// The axis; −1 is the last.
    axis: isize,
}

impl<T: Float> Module<Var<T>, T> for Softmax {
    fn forward(&self, x: &Var<T>, _: &mut Pass<T>) -> Result<Var<T>> {
        x.softmax(self.axis)
    }
}

/// Turns scores into the logarithms of probabilities along an axis.
///
/// ```
/// use plywood_autodiff::{Pass, Var};
/// use plywood_layers::{LogSoftmax, Module};
/// use plywood_tensor::Tensor;
///
/// let log_softmax = LogSoftmax::new(-1);
/// let x = Var::constant(Tensor::from([[0.0, -1000.0]])); // probability e^−1000 is 0 in floating point
/// let y = log_softmax.forward(&x, &mut Pass::eval(&log_softmax))?;
/// assert_eq!(y.value()?, &Tensor::from([[0.0, -1000.0]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params, Settings)]
#[params(any_element)]
pub struct LogSoftmax {
    /// The axis; −1 is the last.
    axis: isize,
}

impl<T: Float> Module<Var<T>, T> for LogSoftmax {
    fn forward(&self, x: &Var<T>, _: &mut Pass<T>) -> Result<Var<T>> {
        x.log_softmax(self.axis)
    }
}
