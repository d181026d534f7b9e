//! Placing one element along an axis: the gradient of choosing it.

use std::ops::RangeInclusive;

use plywood_tensor::{Error, Float, Result, Shape, Tensor};

use super::index_add::check_inside;
use crate::attribute::Attribute;
use crate::declaration::{Declaration, Declared, Sample, normal, shape, whole};
use crate::operand_grads::OperandGrads;
use crate::operands::Operands;
use crate::operation::Operation;
use crate::reach::Reach;
use crate::record::record;
use crate::var::{Var, VarGrads};

/// `y[n, index[n, …], …] = x[n, …]`, else 0: the gradient of [`Var::pick`].
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::Tensor;
///
/// let x = Var::constant(Tensor::from([5.0, 6.0]));
/// let y = Var::apply(ops::Unpick { axis: 1, indices: Tensor::from([1, 0]), shape: [2, 3].into() }, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([[0.0, 5.0, 0.0], [6.0, 0.0, 0.0]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Unpick {
    /// The axis of the result, counted from the back if it is negative.
    pub axis: isize,
    /// The place along it, for each element of the operand.
    pub indices: Tensor<u32>,
    /// The shape of the result.
    pub shape: Shape,
}

impl Declared for Unpick {
    const DECLARATION: Declaration = Declaration {
        name: "unpick",
        equation: "y[n, index[n, …], …] = x[n, …], else 0",
        gradient: "dx[n, …] = dy[n, index[n, …], …]",
        sample: |rng| {
            let dims = shape(rng, 3);
            let axis = whole(rng, 0, dims.len() - 1);
            let mut rest = dims.clone();
            let size = rest.remove(axis);
            let count: usize = rest.iter().product();
            let indices: Vec<u32> = (0..count).map(|_| whole(rng, 0, size - 1) as u32).collect();
            let indices =
                Tensor::from_vec(indices, Shape::new(&rest).expect("small")).expect("counted");
            let for_reference = indices.clone();
            let shape = Shape::new(&dims).expect("small");
            let operation = Unpick { axis: axis as isize, indices, shape };
            Sample::new(
                vec![normal(rng, &rest)],
                move |inputs, _| record(operation.clone(), &[&inputs[0]]),
                move |inputs| {
                    Tensor::from_fn(shape, |index| {
                        let mut index = index.to_vec();
                        let place = index.remove(axis);
                        let chosen = for_reference.get(&index).expect("inside") as usize;
                        if place == chosen { inputs[0].get(&index).expect("inside") } else { 0.0 }
                    })
                },
            )
        },
    };
}

impl<T: Float> Operation<T> for Unpick {
    type Saved = ();

    fn name(&self) -> &'static str {
        "unpick"
    }

    fn operand_count(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        let (x, indices) = (operands[0], self.indices.shape());
        let place = self.shape.axis(self.axis)?;
        let mut rest = self.shape.to_vec();
        let size = rest.remove(place);
        if x != indices || x[..] != rest[..] {
            return Err(Error::shape(format!(
                "the values {x} and the indices {indices} should be {rest:?}: {} without axis {place}",
                self.shape
            )));
        }
        check_inside(&self.indices, size)?;
        Ok(self.shape)
    }

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, ())> {
        Ok((Tensor::unpick(self.shape, self.axis, &self.indices, &operands[0])?, ()))
    }

    fn gradient(&self, (): (), dy: Tensor<T>, grads: &mut OperandGrads<'_, T>) -> Result<()> {
        grads.accumulate(0, || dy.pick(self.axis, &self.indices))
    }

    fn vjp(
        &self,
        _operands: &[Var<T>],
        _y: &Var<T>,
        dy: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        grads.accumulate(0, || dy.pick(self.axis, &self.indices))
    }

    fn reach(&self, _operands: &[Shape]) -> Reach {
        Reach::along(self.axis, self.shape)
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![
            ("axis", (self.axis as i64).into()),
            ("indices", Attribute::Indices(self.indices.clone())),
            ("shape", Attribute::sizes(&self.shape)),
        ]
    }
}
