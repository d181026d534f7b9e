//! Activations as layers.

use plywood_autodiff::{Pass, Var};
use plywood_tensor::{Float, Result};

use crate::module::Module;
use crate::{Params, Settings};

/// Leaky ReLU: the input where it is positive, a small part of it elsewhere.
///
/// ```
/// use plywood_autodiff::{Pass, Var};
/// use plywood_layers::{LeakyReLU, Module};
/// use plywood_tensor::Tensor;
///
/// let leaky = LeakyReLU::new().negative_slope(0.5); // 0.01 by default
/// let x = Var::constant(Tensor::from([-2.0, 3.0]));
/// let y = leaky.forward(&x, &mut Pass::eval(&leaky))?;
/// assert_eq!(y.value()?, &Tensor::from([-1.0, 3.0]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params, Settings)]
#[params(any_element)]
pub struct LeakyReLU {
    /// The part of the input that is left where it is negative.
    #[setting(default = 0.01)]
    negative_slope: f64,
}

impl<T: Float> Module<Var<T>, T> for LeakyReLU {
    fn forward(&self, x: &Var<T>, pass: &mut Pass<T>) -> Result<Var<T>> {
        self.forward_owned(x.clone(), pass)
    }

    fn forward_owned(&self, x: Var<T>, _: &mut Pass<T>) -> Result<Var<T>> {
        Ok(x.leaky_relu(self.negative_slope))
    }
}

/// ELU: the input where it is positive, α · (exp(x) − 1) elsewhere, which bends smoothly to −α.
///
/// Source: Clevert, Unterthiner and Hochreiter, "Fast and accurate deep network learning by exponential linear units"
/// (2016).
///
/// ```
/// use plywood_autodiff::{Pass, Var};
/// use plywood_layers::{ELU, Module};
/// use plywood_tensor::Tensor;
///
/// let elu = ELU::new().alpha(2.0); // 1 by default
/// let x = Var::constant(Tensor::from([-1000.0, 0.0, 3.0]));
/// let y = elu.forward(&x, &mut Pass::eval(&elu))?;
/// assert_eq!(y.value()?, &Tensor::from([-2.0, 0.0, 3.0]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params, Settings)]
#[params(any_element)]
pub struct ELU {
    /// What it bends to, with the other sign.
    #[setting(default = 1.0)]
    alpha: f64,
}

impl<T: Float> Module<Var<T>, T> for ELU {
    fn forward(&self, x: &Var<T>, pass: &mut Pass<T>) -> Result<Var<T>> {
        self.forward_owned(x.clone(), pass)
    }

    fn forward_owned(&self, x: Var<T>, _: &mut Pass<T>) -> Result<Var<T>> {
        Ok(x.elu(self.alpha))
    }
}

macro_rules! activations {
    ($($(#[$doc:meta])* $layer:ident $method:ident),*) => { $(
        $(#[$doc])*
        #[derive(Debug, Params)]
        #[params(any_element)]
        pub struct $layer;

        impl<T: Float> Module<Var<T>, T> for $layer {
            fn forward(&self, x: &Var<T>, pass: &mut Pass<T>) -> Result<Var<T>> {
                self.forward_owned(x.clone(), pass)
            }

            fn forward_owned(&self, x: Var<T>, _: &mut Pass<T>) -> Result<Var<T>> {
                Ok(x.$method())
            }
        }
    )* };
}

activations!(
    /// max(x, 0). As an operation: [`Var::relu`].
    ///
    /// ```
    /// use plywood_autodiff::{Pass, Var};
    /// use plywood_layers::{Module, ReLU};
    /// use plywood_tensor::Tensor;
    ///
    /// let x = Var::constant(Tensor::from([-2.0, 0.0, 3.0]));
    /// let y = ReLU.forward(&x, &mut Pass::eval(&ReLU))?;
    /// assert_eq!(y.value()?, &Tensor::from([0.0, 0.0, 3.0]));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ReLU relu,
    /// min(max(x, 0), 6): its largest value fits numbers of few bits. As an operation: [`Var::relu6`].
    ///
    /// Source: Krizhevsky, "Convolutional deep belief networks on CIFAR-10" (2010).
    ///
    /// ```
    /// use plywood_autodiff::{Pass, Var};
    /// use plywood_layers::{Module, ReLU6};
    /// use plywood_tensor::Tensor;
    ///
    /// let x = Var::constant(Tensor::from([-2.0, 3.0, 8.0]));
    /// let y = ReLU6.forward(&x, &mut Pass::eval(&ReLU6))?;
    /// assert_eq!(y.value()?, &Tensor::from([0.0, 3.0, 6.0]));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ReLU6 relu6,
    /// 1 / (1 + exp(−x)), between 0 and 1. As an operation: [`Var::sigmoid`].
    ///
    /// ```
    /// use plywood_autodiff::{Pass, Var};
    /// use plywood_layers::{Module, Sigmoid};
    /// use plywood_tensor::Tensor;
    ///
    /// let x = Var::constant(Tensor::from([-1000.0, 0.0, 1000.0]));
    /// let y = Sigmoid.forward(&x, &mut Pass::eval(&Sigmoid))?;
    /// assert_eq!(y.value()?, &Tensor::from([0.0, 0.5, 1.0]));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    Sigmoid sigmoid,
    /// tanh(x), between −1 and 1. As an operation: [`Var::tanh`].
    ///
    /// ```
    /// use plywood_autodiff::{Pass, Var};
    /// use plywood_layers::{Module, Tanh};
    /// use plywood_tensor::Tensor;
    ///
    /// let x = Var::constant(Tensor::from([-1000.0, 0.0, 1000.0]));
    /// let y = Tanh.forward(&x, &mut Pass::eval(&Tanh))?;
    /// assert_eq!(y.value()?, &Tensor::from([-1.0, 0.0, 1.0]));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    Tanh tanh,
    /// x · Φ(x), with the normal distribution function Φ. As an operation: [`Var::gelu`].
    ///
    /// Source: Hendrycks and Gimpel, "Gaussian error linear units" (2016).
    ///
    /// ```
    /// use plywood_autodiff::{Pass, Var};
    /// use plywood_layers::{GELU, Module};
    /// use plywood_tensor::Tensor;
    ///
    /// let x = Var::constant(Tensor::from([-100.0, 0.0, 100.0]));
    /// let y = GELU.forward(&x, &mut Pass::eval(&GELU))?;
    /// assert_eq!(y.value()?, &Tensor::from([0.0, 0.0, 100.0]));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    GELU gelu,
    /// x / (1 + exp(−x)), also called swish. As an operation: [`Var::silu`].
    ///
    /// Source: Elfwing, Uchibe and Doya, "Sigmoid-weighted linear units for neural network function approximation in
    /// reinforcement learning" (2018).
    ///
    /// ```
    /// use plywood_autodiff::{Pass, Var};
    /// use plywood_layers::{Module, SiLU};
    /// use plywood_tensor::Tensor;
    ///
    /// let x = Var::constant(Tensor::from([-1000.0, 0.0, 1000.0]));
    /// let y = SiLU.forward(&x, &mut Pass::eval(&SiLU))?;
    /// assert_eq!(y.value()?, &Tensor::from([0.0, 0.0, 1000.0]));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    SiLU silu,
    /// s · x where x is positive, s · α · (exp(x) − 1) elsewhere, with s = 1.0507… and α = 1.6733… chosen so
    /// that mean 0 and variance 1 stay. As an operation: [`Var::selu`].
    ///
    /// Source: Klambauer et al., "Self-normalizing neural networks" (2017).
    ///
    /// ```
    /// use plywood_autodiff::{Pass, Var};
    /// use plywood_layers::{Module, SELU};
    /// use plywood_tensor::Tensor;
    ///
    /// let x = Var::constant(Tensor::from([0.0_f64, 1.0]));
    /// let y = SELU.forward(&x, &mut Pass::eval(&SELU))?;
    /// assert_eq!(y.value()?, &Tensor::from([0.0, 1.0507009873554805])); // s
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    SELU selu,
    /// x · tanh(ln(1 + exp(x))). As an operation: [`Var::mish`].
    ///
    /// Source: Misra, "Mish: a self regularized non-monotonic activation function" (2019).
    ///
    /// ```
    /// use plywood_autodiff::{Pass, Var};
    /// use plywood_layers::{Mish, Module};
    /// use plywood_tensor::Tensor;
    ///
    /// let x = Var::constant(Tensor::from([0.0, 100.0]));
    /// let y = Mish.forward(&x, &mut Pass::eval(&Mish))?;
    /// assert_eq!(y.value()?, &Tensor::from([0.0, 100.0]));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    Mish mish,
    /// ln(1 + exp(x)), a smooth max(x, 0). As an operation: [`Var::softplus`].
    ///
    /// ```
    /// use plywood_autodiff::{Pass, Var};
    /// use plywood_layers::{Module, Softplus};
    /// use plywood_tensor::Tensor;
    ///
    /// let x = Var::constant(Tensor::from([-1000.0, 1000.0]));
    /// let y = Softplus.forward(&x, &mut Pass::eval(&Softplus))?;
    /// assert_eq!(y.value()?, &Tensor::from([0.0, 1000.0]));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    Softplus softplus,
    /// x / (1 + |x|), between −1 and 1. As an operation: [`Var::softsign`].
    ///
    /// ```
    /// use plywood_autodiff::{Pass, Var};
    /// use plywood_layers::{Module, Softsign};
    /// use plywood_tensor::Tensor;
    ///
    /// let x = Var::constant(Tensor::from([-1.0, 0.0, 3.0]));
    /// let y = Softsign.forward(&x, &mut Pass::eval(&Softsign))?;
    /// assert_eq!(y.value()?, &Tensor::from([-0.5, 0.0, 0.75]));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    Softsign softsign,
    /// −ln(1 + exp(−x)), the logarithm of a probability. As an operation: [`Var::logsigmoid`].
    ///
    /// ```
    /// use plywood_autodiff::{Pass, Var};
    /// use plywood_layers::{LogSigmoid, Module};
    /// use plywood_tensor::Tensor;
    ///
    /// let x = Var::constant(Tensor::from([-1000.0, 1000.0]));
    /// let y = LogSigmoid.forward(&x, &mut Pass::eval(&LogSigmoid))?;
    /// assert_eq!(y.value()?, &Tensor::from([-1000.0, 0.0]));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    LogSigmoid logsigmoid,
    /// min(max(x + 3, 0), 6) / 6: nearly [`Sigmoid`], without exp. As an operation: [`Var::hardsigmoid`].
    ///
    /// ```
    /// use plywood_autodiff::{Pass, Var};
    /// use plywood_layers::{Hardsigmoid, Module};
    /// use plywood_tensor::Tensor;
    ///
    /// let x = Var::constant(Tensor::from([-4.0, 0.0, 1.5, 4.0]));
    /// let y = Hardsigmoid.forward(&x, &mut Pass::eval(&Hardsigmoid))?;
    /// assert_eq!(y.value()?, &Tensor::from([0.0, 0.5, 0.75, 1.0]));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    Hardsigmoid hardsigmoid,
    /// x · min(max(x + 3, 0), 6) / 6: nearly [`SiLU`], without exp. As an operation: [`Var::hardswish`].
    ///
    /// Source: Howard et al., "Searching for MobileNetV3" (2019).
    ///
    /// ```
    /// use plywood_autodiff::{Pass, Var};
    /// use plywood_layers::{Hardswish, Module};
    /// use plywood_tensor::Tensor;
    ///
    /// let x = Var::constant(Tensor::from([-4.0, -1.5, 4.0]));
    /// let y = Hardswish.forward(&x, &mut Pass::eval(&Hardswish))?;
    /// assert_eq!(y.value()?, &Tensor::from([0.0, -0.375, 4.0])); // −1.5 · 0.25
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    Hardswish hardswish
);
