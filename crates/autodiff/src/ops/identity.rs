//! The value itself, at a place of its own on the tape.

use std::ops::RangeInclusive;

use plywood_tensor::{Float, Result, Shape, Tensor};

use crate::declaration::{Declaration, Declared, Sample};
use crate::operand_grads::OperandGrads;
use crate::operands::Operands;
use crate::operation::Operation;
use crate::reach::Reach;
use crate::record::record;
use crate::var::{Var, VarGrads};

/// `y = x`, where two uses of one value are to have gradients of their own.
///
/// ```
/// use plywood_autodiff::{Pass, Var, ops};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// let x = pass.input(Tensor::from([3.0]));
/// let once = Var::apply(ops::Identity, &[&x])?;
/// once.retain_grad();
/// let y = once.mul(&x)?;
/// let grads = pass.backward(&y.sum())?;
/// assert_eq!(grads.wrt(&once), Some(&Tensor::from([3.0]))); // of this use alone
/// assert_eq!(grads.wrt(&x), Some(&Tensor::from([6.0]))); // of both
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Identity;

impl Declared for Identity {
    const DECLARATION: Declaration = Declaration {
        name: "identity",
        equation: "y = x",
        gradient: "dx = dy",
        sample: |rng| {
            let apply = |x: Var<f64>| record(Identity, &[&x]).expect("any shape");
            Sample::unary(rng, [-3.0, 3.0], &[], apply, |x| x)
        },
    };
}

impl<T: Float> Operation<T> for Identity {
    type Saved = ();

    fn name(&self) -> &'static str {
        "identity"
    }

    fn operand_count(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        Ok(operands[0])
    }

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, ())> {
        Ok((operands.take(0), ()))
    }

    fn gradient(&self, (): (), dy: Tensor<T>, grads: &mut OperandGrads<'_, T>) -> Result<()> {
        grads.accumulate(0, || Ok(dy))
    }

    fn vjp(
        &self,
        _operands: &[Var<T>],
        _y: &Var<T>,
        dy: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        grads.accumulate(0, || Ok(dy.clone()))
    }

    fn reach(&self, _operands: &[Shape]) -> Reach {
        Reach::Pointwise
    }
}
