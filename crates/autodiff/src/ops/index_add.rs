//! Adding slices at indices: the gradient of choosing them.

use std::ops::RangeInclusive;

use plywood_tensor::{Error, Float, Result, Shape, Tensor};

use crate::attribute::Attribute;
use crate::declaration::{Declaration, Declared, Sample, normal, shape, whole};
use crate::operand_grads::OperandGrads;
use crate::operands::Operands;
use crate::operation::Operation;
use crate::reach::Reach;
use crate::record::record;
use crate::var::{Var, VarGrads};

/// `y[…, index[i], …] += x[…, i, …]`, from 0 on: the gradient of [`Var::index_select`].
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::Tensor;
///
/// let x = Var::constant(Tensor::from([1.0, 10.0, 100.0]));
/// let y = Var::apply(ops::IndexAdd { axis: 0, indices: Tensor::from([0, 2, 0]), size: 3 }, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([101.0, 0.0, 10.0]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct IndexAdd {
    /// The axis, counted from the back if it is negative.
    pub axis: isize,
    /// Where along it each slice of the operand is added.
    pub indices: Tensor<u32>,
    /// The size of that axis of the result.
    pub size: usize,
}

impl Declared for IndexAdd {
    const DECLARATION: Declaration = Declaration {
        name: "index_add",
        equation: "y[…, index[i], …] += x[…, i, …], from 0 on",
        gradient: "dx[…, i, …] = dy[…, index[i], …]",
        sample: |rng| {
            let dims = shape(rng, 3);
            let axis = whole(rng, 0, dims.len() - 1);
            // Some are added at the same place, and some places get none.
            let size = whole(rng, 1, 4);
            let indices: Vec<u32> =
                (0..dims[axis]).map(|_| whole(rng, 0, size - 1) as u32).collect();
            let operation = IndexAdd { axis: axis as isize, indices: indices.into(), size };
            let places = operation.indices.clone();
            Sample::new(
                vec![normal(rng, &dims)],
                move |inputs, _| record(operation.clone(), &[&inputs[0]]),
                move |inputs| {
                    let mut dims = inputs[0].shape().to_vec();
                    dims[axis] = size;
                    Tensor::from_fn(Shape::new(&dims).expect("small"), |index| {
                        let places = places.as_slice().iter().enumerate();
                        let own = places.filter(|(_, place)| **place as usize == index[axis]);
                        let added = own.map(|(slice, _)| {
                            let mut index = index.to_vec();
                            index[axis] = slice;
                            inputs[0].get(&index).expect("inside")
                        });
                        added.sum()
                    })
                },
            )
        },
    };
}

impl<T: Float> Operation<T> for IndexAdd {
    type Saved = ();

    fn name(&self) -> &'static str {
        "index_add"
    }

    fn operand_count(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        let x = operands[0];
        let place = x.axis(self.axis)?;
        if self.indices.shape()[..] != [x[place]] {
            return Err(Error::shape(format!(
                "the indices {} should be [{}]: one for each slice of {x} along axis {place}",
                self.indices.shape(),
                x[place]
            )));
        }
        let mut dims = x.to_vec();
        dims[place] = self.size;
        check_inside(&self.indices, self.size)?;
        Shape::new(&dims)
    }

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, ())> {
        let x = &operands[0];
        let mut dims = x.shape().to_vec();
        dims[x.shape().axis(self.axis)?] = self.size;
        let mut y = Tensor::try_full(Shape::new(&dims)?, T::ZERO)?;
        y.index_add(self.axis, &self.indices, x)?;
        Ok((y, ()))
    }

    fn gradient(&self, (): (), dy: Tensor<T>, grads: &mut OperandGrads<'_, T>) -> Result<()> {
        grads.accumulate(0, || dy.index_select(self.axis, &self.indices))
    }

    fn vjp(
        &self,
        _operands: &[Var<T>],
        _y: &Var<T>,
        dy: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        grads.accumulate(0, || dy.index_select(self.axis, &self.indices))
    }

    fn reach(&self, operands: &[Shape]) -> Reach {
        Reach::along(self.axis, operands[0])
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        let indices = Attribute::Indices(self.indices.clone());
        vec![("axis", (self.axis as i64).into()), ("indices", indices), ("size", self.size.into())]
    }
}

/// Refuses an index that lies outside an axis of this size.
pub(super) fn check_inside(indices: &Tensor<u32>, size: usize) -> Result<()> {
    match indices.as_slice().iter().position(|&index| index as usize >= size) {
        None => Ok(()),
        Some(place) => Err(Error::index(format!(
            "index {} at place {place} is outside an axis of {size}",
            indices.as_slice()[place]
        ))),
    }
}
