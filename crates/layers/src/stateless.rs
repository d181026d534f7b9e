//! Layers without parameters, for [`Sequential`](crate::Sequential) and for models that name all
//! of their steps.

use plywood_autodiff::{Pair, Pass, Pool2d, Var};
use plywood_tensor::{Float, LocalResponseOptions, Result};

use crate::Params;
use crate::module::Module;

/// Takes the largest element of each window of `[N, C, H, W]`.
#[derive(Debug, Params)]
#[params(any_element)]
pub struct MaxPool2d(#[params(setting)] pub Pool2d);

impl MaxPool2d {
    /// A window of this size that moves by its own size; [`Pool2d`] has more settings.
    pub fn new(pool: impl Into<Pool2d>) -> Self {
        Self(pool.into())
    }
}

impl<T: Float> Module<Var<T>, T> for MaxPool2d {
    fn forward(&self, x: &Var<T>, _: &mut Pass<T>) -> Result<Var<T>> {
        x.max_pool2d(self.0)
    }
}

/// Takes the mean of each window of `[N, C, H, W]`.
#[derive(Debug, Params)]
#[params(any_element)]
pub struct AvgPool2d(#[params(setting)] pub Pool2d);

impl AvgPool2d {
    /// A window of this size that moves by its own size; [`Pool2d`] has more settings.
    pub fn new(pool: impl Into<Pool2d>) -> Self {
        Self(pool.into())
    }
}

impl<T: Float> Module<Var<T>, T> for AvgPool2d {
    fn forward(&self, x: &Var<T>, _: &mut Pass<T>) -> Result<Var<T>> {
        x.avg_pool2d(self.0)
    }
}

/// Takes the mean of each of so many windows, which cover `[N, C, H, W]` of any size evenly.
#[derive(Debug, Params)]
#[params(any_element)]
pub struct AdaptiveAvgPool2d(#[params(setting)] [usize; 2]);

impl AdaptiveAvgPool2d {
    /// A result of this size, or of `[height, width]`; 1 is global average pooling.
    pub fn new(size: impl Pair) -> Self {
        Self(size.pair())
    }
}

impl<T: Float> Module<Var<T>, T> for AdaptiveAvgPool2d {
    fn forward(&self, x: &Var<T>, _: &mut Pass<T>) -> Result<Var<T>> {
        x.adaptive_avg_pool2d(self.0)
    }
}

/// Divides each channel of `[N, C, …]` by a power of the mean square of the channels around it.
#[derive(Debug, Params)]
#[params(any_element)]
pub struct LocalResponseNorm(#[params(setting)] pub LocalResponseOptions);

impl<T: Float> Module<Var<T>, T> for LocalResponseNorm {
    fn forward(&self, x: &Var<T>, _: &mut Pass<T>) -> Result<Var<T>> {
        x.local_response_norm(&self.0)
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
#[derive(Debug, Params)]
#[params(any_element)]
pub struct Dropout {
    /// The probability; PyTorch's default is 0.5.
    pub p: f64,
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
#[derive(Debug, Params)]
#[params(any_element)]
pub struct Softmax {
    /// The axis; −1 is the last.
    pub axis: isize,
}

impl<T: Float> Module<Var<T>, T> for Softmax {
    fn forward(&self, x: &Var<T>, _: &mut Pass<T>) -> Result<Var<T>> {
        x.softmax(self.axis)
    }
}

/// Turns scores into the logarithms of probabilities along an axis.
#[derive(Debug, Params)]
#[params(any_element)]
pub struct LogSoftmax {
    /// The axis; −1 is the last.
    pub axis: isize,
}

impl<T: Float> Module<Var<T>, T> for LogSoftmax {
    fn forward(&self, x: &Var<T>, _: &mut Pass<T>) -> Result<Var<T>> {
        x.log_softmax(self.axis)
    }
}

/// Leaky ReLU: the input where it is positive, a small part of it elsewhere.
#[derive(Debug, Params)]
#[params(any_element)]
pub struct LeakyReLU {
    /// The part; PyTorch's default is 0.01.
    pub negative_slope: f64,
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
#[derive(Debug, Params)]
#[params(any_element)]
pub struct ELU {
    /// PyTorch's default is 1.
    pub alpha: f64,
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
