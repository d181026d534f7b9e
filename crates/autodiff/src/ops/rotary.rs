//! Rotary positions: what an attention's queries and keys are turned by.

use std::ops::RangeInclusive;

use plywood_tensor::{Float, Result, RotaryOptions, Shape, Tensor};

use crate::attribute::Attribute;
use crate::declaration::{Declaration, Declared, Sample, normal, whole};
use crate::operand_grads::OperandGrads;
use crate::operands::Operands;
use crate::operation::Operation;
use crate::reach::Reach;
use crate::record::record;
use crate::var::{Var, VarGrads};

/// Pairs of numbers turned by an angle that grows with the place of their row: see [`Var::rotary`].
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::{RotaryOptions, Tensor};
///
/// let x = Var::constant(Tensor::from([[1.0, 0.0], [1.0, 0.0]])); // two places of one pair
/// let y = Var::apply(ops::Rotary(RotaryOptions::new(2)), &[&x])?;
/// let [cos, sin] = [1.0_f64.cos() as f32, 1.0_f64.sin() as f32];
/// assert_eq!(y.value()?, &Tensor::from([[1.0, 0.0], [cos, sin]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rotary(
    /// Where rows stand, and which of their numbers are turned.
    pub RotaryOptions,
);

impl Declared for Rotary {
    const DECLARATION: Declaration = Declaration {
        name: "rotary",
        equation: "y₂ᵢ = x₂ᵢ · cos θ − x₂ᵢ₊₁ · sin θ, y₂ᵢ₊₁ = x₂ᵢ · sin θ + x₂ᵢ₊₁ · cos θ, θ = place · base^(−2i / E)",
        gradient: "dx: dy turned by −θ",
        sample: |rng| {
            let head = 2 * whole(rng, 1, 3);
            let features = head * whole(rng, 0, 2);
            let dims = [whole(rng, 1, 2), whole(rng, 1, 4), features + whole(rng, 1, 3)];
            let base = rng.unit() * 1e3 + 1.0;
            let (first, inverse) = (whole(rng, 0, 9), rng.unit() < 0.5);
            let options = RotaryOptions { head, features, first, base, inverse };
            Sample::new(
                vec![normal(rng, &dims)],
                move |inputs, _| inputs[0].rotary(&options),
                move |inputs| plywood_tensor::naive::rotary(&inputs[0], &options),
            )
        },
    };
}

impl<T: Float> Operation<T> for Rotary {
    type Saved = ();

    fn name(&self) -> &'static str {
        "rotary"
    }

    fn operand_count(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        self.0.check(operands[0])?;
        Ok(operands[0])
    }

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, ())> {
        Ok((operands.take(0).into_rotary(&self.0)?, ()))
    }

    fn gradient(&self, _: (), dy: Tensor<T>, grads: &mut OperandGrads<'_, T>) -> Result<()> {
        grads.accumulate(0, || dy.into_rotary(&self.0.inverted()))
    }

    fn vjp(
        &self,
        _operands: &[Var<T>],
        _y: &Var<T>,
        dy: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        grads.accumulate(0, || dy.rotary(&self.0.inverted()))
    }

    fn reach(&self, operands: &[Shape]) -> Reach {
        Reach::along(-1, operands[0])
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        let RotaryOptions { head, features, first, base, inverse } = self.0;
        vec![
            ("head", head.into()),
            ("features", features.into()),
            ("first", first.into()),
            ("base", base.into()),
            ("inverse", inverse.into()),
        ]
    }
}

impl<T: Float> Var<T> {
    /// Turns each pair of neighbouring numbers of the rows `[…, L, W]` by an angle that grows with the place of the
    /// row. Of queries and keys that are turned so, the product depends on how far apart they are, and not on where.
    ///
    /// Source: Su et al., "RoFormer: enhanced Transformer with rotary position embedding" (2021), section 3.2.2. The
    /// pairs are the paper's: neighbours, not numbers half a head apart.
    ///
    /// ```
    /// use plywood_autodiff::Var;
    /// use plywood_tensor::{RotaryOptions, Tensor};
    ///
    /// let x: Var = Var::constant(Tensor::from([[3.0, 4.0], [3.0, 4.0]]));
    /// let places_7_and_8 = RotaryOptions { first: 7, ..RotaryOptions::new(2) };
    /// let y = x.rotary(&places_7_and_8)?;
    /// let lengths = y.square().sum_axes(&[-1])?; // turning keeps them
    /// assert!(lengths.value()?.as_slice().iter().all(|square| (square - 25.0).abs() < 1e-5));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the head is odd or 0, doesn't divide the features, or rows have fewer of them; when the base is below 1, or
    /// places can't be counted.
    pub fn rotary(&self, options: &RotaryOptions) -> Result<Self> {
        record(Rotary(*options), &[self])
    }
}
