//! Layers without parameters, for [`Sequential`](crate::Sequential) and for models that name all
//! of their steps.

use plywood_autodiff::{Pair, Pass, Var};
use plywood_tensor::{Float, LocalResponseOptions, Result};

use crate::module::Module;
use crate::{Params, Settings};

/// Takes the mean of each of so many windows, which cover `[N, C, H, W]` of any size evenly.
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

/// Divides each channel of `[N, C, …]` by a power of the mean square of the channels around it.
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
#[derive(Debug, Params)]
#[params(any_element)]
pub struct Flatten;

impl<T: Float> Module<Var<T>, T> for Flatten {
    fn forward(&self, x: &Var<T>, _: &mut Pass<T>) -> Result<Var<T>> {
        x.flatten()
    }
}

/// In training, sets each element to 0 with a probability, and scales the others up.
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

/// Leaky ReLU: the input where it is positive, a small part of it elsewhere.
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

/// ELU: the input where it is positive, bending smoothly to −α elsewhere.
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
    ($($layer:ident $method:ident),*) => { $(
        #[doc = concat!("The activation [`Var::", stringify!($method), "`] as a layer.")]
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
    ReLU relu,
    ReLU6 relu6,
    Sigmoid sigmoid,
    Tanh tanh,
    GELU gelu,
    SiLU silu,
    SELU selu,
    Mish mish,
    Softplus softplus,
    Softsign softsign,
    LogSigmoid logsigmoid,
    Hardsigmoid hardsigmoid,
    Hardswish hardswish
);
