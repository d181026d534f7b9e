//! The larger and the smaller of two, with broadcasting.

use std::ops::RangeInclusive;

use plywood_tensor::{Float, Result, Rng, Shape, Tensor};

use super::arithmetic::{Binary, draw_shapes, pointwise_of_two, problem};
use crate::declaration::{Declaration, Declared, Sample, distinct};
use crate::operand_grads::OperandGrads;
use crate::operands::Operands;
use crate::operation::Operation;
use crate::reach::Reach;
use crate::record::record;
use crate::var::{Var, VarGrads};

/// `y = max(a, b)`: see [`Var::maximum`].
///
/// ```
/// use plywood_autodiff::{Pass, Var, ops};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// let a = pass.input(Tensor::from([1.0, 5.0]));
/// let b = pass.input(Tensor::from([3.0, 2.0]));
/// let y = Var::apply(ops::Maximum, &[&a, &b])?;
/// assert_eq!(y.value()?, &Tensor::from([3.0, 5.0]));
/// let grads = pass.backward(&y.sum())?;
/// assert_eq!(grads.wrt(&a), Some(&Tensor::from([0.0, 1.0])));
/// assert_eq!(grads.wrt(&b), Some(&Tensor::from([1.0, 0.0])));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Maximum;

impl Declared for Maximum {
    const DECLARATION: Declaration = Declaration {
        name: "maximum",
        equation: "y = max(a, b)",
        gradient: "dy goes to the larger; half to each where they are equal",
        sample: |rng| sample_apart(rng, Var::maximum, |a, b| if a > b { a } else { b }),
    };
}

/// `y = min(a, b)`: see [`Var::minimum`].
///
/// ```
/// use plywood_autodiff::{Pass, Var, ops};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// let a = pass.input(Tensor::from([1.0, 5.0]));
/// let b = pass.input(Tensor::from([3.0, 2.0]));
/// let y = Var::apply(ops::Minimum, &[&a, &b])?;
/// assert_eq!(y.value()?, &Tensor::from([1.0, 2.0]));
/// let grads = pass.backward(&y.sum())?;
/// assert_eq!(grads.wrt(&a), Some(&Tensor::from([1.0, 0.0])));
/// assert_eq!(grads.wrt(&b), Some(&Tensor::from([0.0, 1.0])));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Minimum;

impl Declared for Minimum {
    const DECLARATION: Declaration = Declaration {
        name: "minimum",
        equation: "y = min(a, b)",
        gradient: "dy goes to the smaller; half to each where they are equal",
        sample: |rng| sample_apart(rng, Var::minimum, |a, b| if a < b { a } else { b }),
    };
}

/// The two differ in which of two elements loses.
macro_rules! choices {
    ($($type:ident $name:literal $choose:ident $loses:tt;)*) => { $(
        impl<T: Float> Operation<T> for $type {
            type Saved = [Tensor<T>; 2];

            pointwise_of_two!($name);

            fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, Self::Saved)> {
                let y = operands[0].zip(&operands[1], T::$choose)?;
                Ok((y, [operands[0].clone(), operands[1].clone()]))
            }

            fn gradient(
                &self,
                saved: Self::Saved,
                dy: Tensor<T>,
                grads: &mut OperandGrads<'_, T>,
            ) -> Result<()> {
                let [a, b] = saved;
                grads.accumulate(0, || part(&share(&a, &b, Self::loses)?, &dy)?.sum_to(a.shape()))?;
                grads.accumulate(1, || part(&share(&b, &a, Self::loses)?, &dy)?.sum_to(b.shape()))
            }

            fn vjp(
                &self,
                operands: &[Var<T>],
                _y: &Var<T>,
                dy: &Var<T>,
                grads: &mut VarGrads<'_, T>,
            ) -> Result<()> {
                let (a, b) = (&operands[0], &operands[1]);
                let share = |own: &Var<T>, other: &Var<T>| -> Result<Var<T>> {
                    Ok(Var::constant(share(own.value()?, other.value()?, Self::loses)?))
                };
                grads.accumulate(0, || dy.mul(&share(a, b)?)?.sum_to(a.shape()))?;
                grads.accumulate(1, || dy.mul(&share(b, a)?)?.sum_to(b.shape()))
            }
        }

        impl $type {
            fn loses<T: Float>(own: T, other: T) -> bool {
                own $loses other
            }
        }
    )* };
}

choices! {
    Maximum "maximum" maximum <;
    Minimum "minimum" minimum >;
}

/// Which part of the gradient an operand of [`Maximum`] or [`Minimum`] gets.
fn share<T: Float>(
    own: &Tensor<T>,
    other: &Tensor<T>,
    loses: fn(T, T) -> bool,
) -> Result<Tensor<T>> {
    own.zip(other, move |own, other| {
        if loses(own, other) {
            T::ZERO
        } else if own == other {
            T::of(0.5)
        } else {
            T::ONE
        }
    })
}

/// That part of `dy`, which has the shape of both operands together. Nothing goes to the loser, whatever
/// `dy` is.
fn part<T: Float>(share: &Tensor<T>, dy: &Tensor<T>) -> Result<Tensor<T>> {
    dy.zip(share, |dy, share| if share == T::ZERO { T::ZERO } else { dy * share })
}

/// Operands that broadcast against each other, no element of `b` close to one of `a`.
fn sample_apart(rng: &mut Rng, apply: Binary, reference: fn(f64, f64) -> f64) -> Sample {
    let [a, b] = draw_shapes(rng);
    let (a, b) = (distinct(rng, &a), distinct(rng, &b).map(|x| x + 0.025));
    problem(a, b, apply, reference)
}

impl<T: Float> Var<T> {
    /// The larger of each pair, with broadcasting; NaN if either is, and then both get its whole
    /// gradient, as in PyTorch.
    ///
    /// # Errors
    /// When the shapes don't broadcast.
    pub fn maximum(&self, other: &Self) -> Result<Self> {
        record(Maximum, &[self, other])
    }

    /// The smaller of each pair, with broadcasting; NaN if either is, and then both get its whole
    /// gradient, as in PyTorch.
    ///
    /// # Errors
    /// When the shapes don't broadcast.
    pub fn minimum(&self, other: &Self) -> Result<Self> {
        record(Minimum, &[self, other])
    }
}
