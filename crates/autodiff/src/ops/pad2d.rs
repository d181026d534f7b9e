//! A border around images.

use std::ops::RangeInclusive;

use plywood_tensor::{Float, Result, Shape, Tensor, Window, naive, pad2d, pad2d_shape};

use super::Pair;
use crate::attribute::Attribute;
use crate::declaration::{Declaration, Declared, Sample, normal, whole};
use crate::operand_grads::OperandGrads;
use crate::operands::Operands;
use crate::operation::Operation;
use crate::reach::Reach;
use crate::record::record;
use crate::var::{Var, VarGrads};

/// `y = x`, with a border of one value: see [`Var::pad2d`].
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::Tensor;
///
/// let x = Var::constant(Tensor::from([[[[1.0, 2.0]]]]));
/// let y = Var::apply(ops::Pad2d { before: [0, 1], after: [0, 0], value: 9.0 }, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([[[[9.0, 1.0, 2.0]]]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pad2d {
    /// The pixels above and to the left.
    pub before: [usize; 2],
    /// The pixels below and to the right.
    pub after: [usize; 2],
    /// What they are.
    pub value: f64,
}

impl Declared for Pad2d {
    const DECLARATION: Declaration = Declaration {
        name: "pad2d",
        equation: "y = x, with a border of one value",
        gradient: "dx = dy without the border",
        sample: |rng| {
            let mut side = || [whole(rng, 0, 2), whole(rng, 0, 2)];
            let (before, after) = (side(), side());
            let dims = [2, 2, whole(rng, 1, 4), whole(rng, 1, 4)];
            Sample::new(
                vec![normal(rng, &dims)],
                move |inputs, _| inputs[0].pad2d(before, after, 1.5),
                move |inputs| naive::pad2d(&inputs[0], before, after, 1.5).expect("small"),
            )
        },
    };
}

impl<T: Float> Operation<T> for Pad2d {
    /// The shape of `x`.
    type Saved = Shape;

    fn name(&self) -> &'static str {
        "pad2d"
    }

    fn operand_count(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        pad2d_shape(operands[0], self.before, self.after)
    }

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, Shape)> {
        let x = &operands[0];
        Ok((pad2d(x, self.before, self.after, T::of(self.value))?, x.shape()))
    }

    fn gradient(&self, x: Shape, dy: Tensor<T>, grads: &mut OperandGrads<'_, T>) -> Result<()> {
        grads.accumulate(0, || dy.narrow(2, self.before[0], x[2])?.narrow(3, self.before[1], x[3]))
    }

    fn vjp(
        &self,
        operands: &[Var<T>],
        _y: &Var<T>,
        dy: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        let x = operands[0].shape();
        grads.accumulate(0, || dy.narrow(2, self.before[0], x[2])?.narrow(3, self.before[1], x[3]))
    }

    fn reach(&self, _operands: &[Shape]) -> Reach {
        Reach::Window(Window { padding: self.before, ..Window::new([1, 1]) })
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![
            ("before", Attribute::sizes(&self.before)),
            ("after", Attribute::sizes(&self.after)),
            ("value", self.value.into()),
        ]
    }
}

impl<T: Float> Var<T> {
    /// Images `[N, C, H, W]` with a border of `value`: `before` and `after` pixels, each a number for
    /// both axes, or `[vertical, horizontal]`.
    ///
    /// ```
    /// use plywood_autodiff::Var;
    /// use plywood_tensor::Tensor;
    ///
    /// let x = Var::constant(Tensor::zeros([1, 3, 224, 224]));
    /// assert_eq!(x.pad2d(0, [1, 2], 0.0)?.shape(), [1, 3, 225, 226].into());
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the value has not four axes, or the result is larger than memory.
    #[doc(alias = "pad")]
    pub fn pad2d(&self, before: impl Pair, after: impl Pair, value: f64) -> Result<Self> {
        record(Pad2d { before: before.pair(), after: after.pair(), value }, &[self])
    }
}
