//! Dropout.

use std::ops::RangeInclusive;

use plywood_tensor::{Float, Result, Rng, Seed, Shape, Tensor, check_setting};

use crate::attribute::Attribute;
use crate::declaration::{Declaration, Declared, Sample, normal, shape};
use crate::operand_grads::OperandGrads;
use crate::operands::Operands;
use crate::operation::Operation;
use crate::pass::Pass;
use crate::reach::Reach;
use crate::record::record_in_place;
use crate::var::{Var, VarGrads};

/// `y = x · m / (1 − p)`, `m = 0` with probability `p`, else 1: see [`Var::dropout`].
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let x = Var::constant(Tensor::full([1000], 1.0));
/// let y = Var::apply(ops::Dropout { p: 0.5, rng: Rng::new(Seed(7)) }, &[&x])?;
/// assert!(y.value()?.as_slice().iter().all(|&y| y == 0.0 || y == 2.0));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Dropout {
    /// The probability of each element to become 0.
    pub p: f64,
    /// What the mask is drawn from. It is a key and a position: the mask is drawn again in the gradient
    /// instead of saved.
    pub rng: Rng,
}

impl Declared for Dropout {
    const DECLARATION: Declaration = Declaration {
        name: "dropout",
        equation: "y = x · m / (1 − p), m = 0 with probability p, else 1",
        gradient: "dx = dy · m / (1 − p)",
        sample: |rng| {
            let dims = shape(rng, 3);
            Sample::new(
                vec![normal(rng, &dims)],
                |inputs, pass| inputs[0].clone().dropout(0.3, pass),
                // The pass that the checks use, and its first draw.
                |inputs| {
                    let mut pass = Pass::<f64>::without_model(&mut Rng::new(Seed(1)));
                    let keep = pass.rng().bernoulli::<f64>(inputs[0].shape(), 1.0 - 0.3);
                    inputs[0].zip(&keep, |x, keep| x * keep / (1.0 - 0.3)).expect("same shape")
                },
            )
        },
    };
}

impl<T: Float> Operation<T> for Dropout {
    type Saved = ();

    fn name(&self) -> &'static str {
        "dropout"
    }

    fn operand_count(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        check(self.p)?;
        Ok(operands[0])
    }

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, ())> {
        Ok((self.masked(operands.take(0))?, ()))
    }

    fn gradient(&self, (): (), dy: Tensor<T>, grads: &mut OperandGrads<'_, T>) -> Result<()> {
        grads.accumulate(0, || self.masked(dy))
    }

    fn vjp(
        &self,
        _operands: &[Var<T>],
        _y: &Var<T>,
        dy: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        grads.accumulate(0, || {
            let ones = Tensor::try_full(dy.shape(), T::ONE)?;
            dy.mul(&Var::constant(self.masked(ones)?))
        })
    }

    fn reach(&self, _operands: &[Shape]) -> Reach {
        Reach::Pointwise
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![("p", self.p.into())]
    }
}

impl Dropout {
    /// The elements that the mask keeps, scaled, and 0 for the others.
    fn masked<T: Float>(&self, x: Tensor<T>) -> Result<Tensor<T>> {
        let scale = if self.p < 1.0 { T::of(1.0 / (1.0 - self.p)) } else { T::ZERO };
        let mask = self.rng.clone().try_bernoulli(x.shape(), 1.0 - self.p)?;
        x.zip_into(&mask, |x, keep| x * keep * scale)
    }
}

fn check(p: f64) -> Result<()> {
    check_setting("probability", p, 0.0..=1.0)
}

impl<T: Float> Var<T> {
    /// In a training pass, sets each element to 0 with probability `p`, and scales the others by
    /// 1 / (1 − p), so that the mean stays. Otherwise changes nothing.
    ///
    /// Source: Srivastava et al., "Dropout" (2014).
    ///
    /// # Errors
    /// When `p` is not between 0 and 1.
    pub fn dropout(self, p: f64, pass: &mut Pass<T>) -> Result<Self> {
        check(p).map_err(|error| error.operation("dropout"))?;
        let rng = pass.rng();
        if !pass.is_training() || p == 0.0 {
            return Ok(self);
        }
        record_in_place(Dropout { p, rng }, self)
    }
}
