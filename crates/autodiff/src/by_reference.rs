//! The functions of each element, of a value that is needed again.

use plywood_tensor::{Float, Result};

use crate::pass::Pass;
use crate::var::Var;

/// Those without settings, which only their names tell apart.
macro_rules! plain_functions {
    ($($name:ident)*) => { $(
        #[doc = concat!("As [`Var::", stringify!($name), "`].")]
        fn $name(self) -> Var<T> {
            self.owned().$name()
        }
    )* };
}

/// The functions of each element for a borrowed value: `x.relu()` where `x` is a `&Var`. Those of [`Var`]
/// itself take the value and work in place if nobody else holds it; these leave it as it is, so that a layer
/// needs no `clone` before it calls one.
///
/// ```
/// use plywood_autodiff::{Functions, Var};
/// use plywood_tensor::{Result, Tensor};
///
/// /// Swish: Ramachandran, Zoph and Le, "Searching for activation functions" (2017).
/// fn swish(x: &Var) -> Result<Var> {
///     x.sigmoid().mul(x)
/// }
///
/// let y = swish(&Var::constant(Tensor::from([0.0, 100.0])))?;
/// assert_eq!(y.value()?, &Tensor::from([0.0, 100.0]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub trait Functions<T: Float>: Sized {
    /// The value, to work on.
    #[doc(hidden)]
    fn owned(self) -> Var<T>;

    /// As [`Var::dropout`].
    ///
    /// # Errors
    /// As [`Var::dropout`].
    fn dropout(self, p: f64, pass: &mut Pass<T>) -> Result<Var<T>> {
        self.owned().dropout(p, pass)
    }

    /// As [`Var::powi`].
    fn powi(self, n: i32) -> Var<T> {
        self.owned().powi(n)
    }

    /// As [`Var::clamp`].
    fn clamp(self, low: f64, high: f64) -> Var<T> {
        self.owned().clamp(low, high)
    }

    /// As [`Var::affine`].
    fn affine(self, scale: f64, shift: f64) -> Var<T> {
        self.owned().affine(scale, shift)
    }

    /// As [`Var::elu`].
    fn elu(self, alpha: f64) -> Var<T> {
        self.owned().elu(alpha)
    }

    /// As [`Var::leaky_relu`].
    fn leaky_relu(self, negative_slope: f64) -> Var<T> {
        self.owned().leaky_relu(negative_slope)
    }

    plain_functions! {
        abs exp gelu gelu_tanh hardsigmoid hardswish ln logsigmoid mish ndtr relu relu6 selu sigmoid silu
        softplus softsign sqrt square tanh
    }
}

impl<T: Float> Functions<T> for &Var<T> {
    fn owned(self) -> Var<T> {
        self.clone()
    }
}
