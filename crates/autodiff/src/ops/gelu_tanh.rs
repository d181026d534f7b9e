//! GELU, approximated with tanh.

use plywood_tensor::{Float, Result};

use crate::declaration::{Declaration, Declared, Sample};
use crate::function::{Function, SlopeFrom};
use crate::record::record_function;
use crate::var::Var;

/// `y = x / 2 · (1 + tanh(u)), u = √(2/π) · (x + 0.044715 · x³)`: see [`Var::gelu_tanh`].
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::Tensor;
///
/// let x = Var::constant(Tensor::from([0.0, 10.0]));
/// let y = Var::apply(ops::GeluTanh, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([0.0, 10.0]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GeluTanh;

impl Declared for GeluTanh {
    const DECLARATION: Declaration = Declaration {
        name: "gelu_tanh",
        equation: "y = x / 2 · (1 + tanh(u)), u = √(2/π) · (x + 0.044715 · x³)",
        gradient: "dx = dy · ((1 + tanh(u)) / 2 + x / 2 · (1 − tanh²(u)) · u′)",
        sample: |rng| {
            Sample::unary(rng, [-3.0, 3.0], &[], Var::gelu_tanh, |x| {
                let u = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3));
                0.5 * x * (1.0 + u.tanh())
            })
        },
    };
}

impl Function for GeluTanh {
    const SLOPE_FROM: SlopeFrom = SlopeFrom::Input;

    fn name(&self) -> &'static str {
        "gelu_tanh"
    }

    fn value<T: Float>(&self, x: T) -> T {
        T::of(0.5) * x * (T::ONE + inner(x).tanh())
    }

    fn gradient<T: Float>(&self, dy: T, x: T) -> T {
        dy * slope(x)
    }

    fn vjp<T: Float>(&self, x: &Var<T>, _y: &Var<T>, dy: &Var<T>) -> Result<Var<T>> {
        let square = x.clone().square();
        let t = x.mul(&square.clone().affine(FACTOR * CUBIC, FACTOR))?.tanh();
        let inner_slope = square.affine(FACTOR * 3.0 * CUBIC, FACTOR);
        let bend = x.mul(&t.clone().square().affine(-1.0, 1.0))?.mul(&inner_slope)?;
        dy.mul(&bend.add(&t)?.affine(0.5, 0.5))
    }
}

/// √(2/π)
const FACTOR: f64 = 0.797_884_560_802_865_4;
const CUBIC: f64 = 0.044715;

fn inner<T: Float>(x: T) -> T {
    T::of(FACTOR) * (x + T::of(CUBIC) * x * x * x)
}

fn slope<T: Float>(x: T) -> T {
    let t = inner(x).tanh();
    let inner_slope = T::of(FACTOR) * (T::ONE + T::of(3.0 * CUBIC) * x * x);
    T::of(0.5) * (T::ONE + t + x * (T::ONE - t * t) * inner_slope)
}

impl<T: Float> Var<T> {
    /// [`gelu`](Self::gelu) approximated with tanh, as GPT-2 has it.
    ///
    /// Source: Hendrycks and Gimpel, "Gaussian error linear units" (2016).
    ///
    /// `y = x / 2 · (1 + tanh(u)), u = √(2/π) · (x + 0.044715 · x³)`
    #[must_use]
    pub fn gelu_tanh(self) -> Self {
        record_function(GeluTanh, self)
    }
}
