//! The largest element along an axis.

use std::ops::RangeInclusive;

use plywood_tensor::{Error, Float, Result, Shape, Tensor};

use super::unpick::Unpick;
use crate::attribute::Attribute;
use crate::declaration::{Declaration, Declared, Sample, distinct, shape, whole};
use crate::operand_grads::OperandGrads;
use crate::operands::Operands;
use crate::operation::Operation;
use crate::reach::Reach;
use crate::record::record;
use crate::var::{Var, VarGrads};

/// `y = max x` along an axis: see [`Var::max_axis`].
///
/// ```
/// use plywood_autodiff::{Pass, Var, ops};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// let x = pass.input(Tensor::from([[1.0, 5.0, 2.0]]));
/// let y = Var::apply(ops::MaxAxis { axis: 1 }, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([5.0]));
/// let grads = pass.backward(&y.sum())?;
/// assert_eq!(grads.wrt(&x), Some(&Tensor::from([[0.0, 1.0, 0.0]])));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaxAxis {
    /// The axis, counted from the back if it is negative.
    pub axis: isize,
}

impl Declared for MaxAxis {
    const DECLARATION: Declaration = Declaration {
        name: "max_axis",
        equation: "y = max x along an axis",
        gradient: "dx = dy at the place of the maximum (the first of several), else 0",
        sample: |rng| {
            let dims = shape(rng, 3);
            let axis = whole(rng, 0, dims.len() - 1);
            Sample::new(
                vec![distinct(rng, &dims)],
                move |inputs, _| inputs[0].max_axis(axis as isize),
                move |inputs| {
                    let mut lines = inputs[0].transpose(axis as isize, -1).expect("its axes");
                    let last = lines.shape()[lines.rank() - 1];
                    let values = lines.as_mut_slice().chunks(last);
                    let largest: Vec<f64> =
                        values.map(|line| line.iter().copied().fold(f64::MIN, f64::max)).collect();
                    let swapped = Shape::new(&[&lines.shape()[..lines.rank() - 1], &[1]].concat());
                    let kept = Tensor::from_vec(largest, swapped.expect("small")).expect("counted");
                    kept.transpose(axis as isize, -1)
                        .and_then(|y| y.squeeze(axis as isize))
                        .expect("its axes")
                },
            )
        },
    };
}

impl<T: Float> Operation<T> for MaxAxis {
    /// The shape of `x`, and the places of the maxima.
    type Saved = (Shape, Tensor<u32>);

    fn name(&self) -> &'static str {
        "max_axis"
    }

    fn operand_count(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        let x = operands[0];
        let place = x.axis(self.axis)?;
        let mut dims = x.to_vec();
        if dims.remove(place) == 0 {
            return Err(Error::shape(format!("axis {place} of {x} is empty")));
        }
        Shape::new(&dims)
    }

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, Self::Saved)> {
        let x = &operands[0];
        let places = x.argmax(self.axis)?;
        Ok((x.pick(self.axis, &places)?, (x.shape(), places)))
    }

    fn gradient(
        &self,
        (x, places): Self::Saved,
        dy: Tensor<T>,
        grads: &mut OperandGrads<'_, T>,
    ) -> Result<()> {
        grads.accumulate(0, || Tensor::unpick(x, self.axis, &places, &dy))
    }

    fn vjp(
        &self,
        operands: &[Var<T>],
        _y: &Var<T>,
        dy: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        grads.accumulate(0, || {
            let x = &operands[0];
            let (axis, indices) = (self.axis, x.value()?.argmax(self.axis)?);
            record(Unpick { axis, indices, shape: x.shape() }, &[dy])
        })
    }

    fn reach(&self, operands: &[Shape]) -> Reach {
        Reach::along(self.axis, operands[0])
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![("axis", (self.axis as i64).into())]
    }
}

impl<T: Float> Var<T> {
    /// The largest element along an axis, which disappears; NaN if there is one.
    ///
    /// # Errors
    /// When there is no such axis, or it is empty.
    #[doc(alias = "amax")]
    pub fn max_axis(&self, axis: isize) -> Result<Self> {
        record(MaxAxis { axis }, &[self])
    }
}
