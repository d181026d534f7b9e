//! Choosing slices by index: rows of a table, words of an embedding.

use std::ops::RangeInclusive;

use plywood_tensor::{Float, Result, Shape, Tensor, index_select_shape};

use super::index_add::IndexAdd;
use crate::attribute::Attribute;
use crate::declaration::{Declaration, Declared, Sample, normal, shape, whole};
use crate::operand_grads::OperandGrads;
use crate::operands::Operands;
use crate::operation::Operation;
use crate::reach::Reach;
use crate::record::record;
use crate::var::{Var, VarGrads};

/// `y[…, i, …] = x[…, index[i], …]`: see [`Var::index_select`].
///
/// ```
/// use plywood_autodiff::{Pass, Var, ops};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// let x = pass.input(Tensor::from([5.0, 6.0, 7.0]));
/// let y = Var::apply(ops::IndexSelect { axis: 0, indices: Tensor::from([2, 0, 2]) }, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([7.0, 5.0, 7.0]));
/// let grads = pass.backward(&y.sum())?;
/// assert_eq!(grads.wrt(&x), Some(&Tensor::from([1.0, 0.0, 2.0])));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct IndexSelect {
    /// The axis, counted from the back if it is negative.
    pub axis: isize,
    /// Which slices of it, in which order.
    pub indices: Tensor<u32>,
}

impl Declared for IndexSelect {
    const DECLARATION: Declaration = Declaration {
        name: "index_select",
        equation: "y[…, i, …] = x[…, index[i], …]",
        gradient: "dx[…, index[i], …] += dy[…, i, …]",
        sample: |rng| {
            let dims = shape(rng, 3);
            let axis = whole(rng, 0, dims.len() - 1);
            // Some are chosen twice, whose gradients add up.
            let count = whole(rng, 1, 6);
            let indices: Vec<u32> =
                (0..count).map(|_| whole(rng, 0, dims[axis] - 1) as u32).collect();
            let indices = Tensor::from(indices);
            let for_reference = indices.clone();
            Sample::new(
                vec![normal(rng, &dims)],
                move |inputs, _| inputs[0].index_select(axis as isize, &indices),
                move |inputs| {
                    let mut dims = inputs[0].shape().to_vec();
                    dims[axis] = for_reference.numel();
                    Tensor::from_fn(Shape::new(&dims).expect("small"), |index| {
                        let mut index = index.to_vec();
                        index[axis] = for_reference.as_slice()[index[axis]] as usize;
                        inputs[0].get(&index).expect("inside")
                    })
                },
            )
        },
    };
}

impl<T: Float> Operation<T> for IndexSelect {
    /// The shape of `x`.
    type Saved = Shape;

    fn name(&self) -> &'static str {
        "index_select"
    }

    fn operand_count(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        index_select_shape(operands[0], self.axis, &self.indices)
    }

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, Shape)> {
        let x = &operands[0];
        Ok((x.index_select(self.axis, &self.indices)?, x.shape()))
    }

    fn gradient(&self, x: Shape, dy: Tensor<T>, grads: &mut OperandGrads<'_, T>) -> Result<()> {
        grads.accumulate(0, || {
            let mut dx = Tensor::try_full(x, T::ZERO)?;
            dx.index_add(self.axis, &self.indices, &dy)?;
            Ok(dx)
        })
    }

    fn vjp(
        &self,
        operands: &[Var<T>],
        _y: &Var<T>,
        dy: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        let (axis, indices) = (self.axis, self.indices.clone());
        let x = operands[0].shape();
        let size = x[x.axis(axis)?];
        grads.accumulate(0, || record(IndexAdd { axis, indices, size }, &[dy]))
    }

    fn reach(&self, operands: &[Shape]) -> Reach {
        Reach::along(self.axis, operands[0])
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        let indices = Attribute::Indices(self.indices.clone());
        vec![("axis", (self.axis as i64).into()), ("indices", indices)]
    }
}

impl<T: Float> Var<T> {
    /// The slices of `axis` that `indices` (of one axis) name, in that order.
    ///
    /// # Errors
    /// When there is no such axis, `indices` has more axes than one, or an index is out of range.
    #[doc(alias("take", "embedding"))]
    pub fn index_select(&self, axis: isize, indices: &Tensor<u32>) -> Result<Self> {
        record(IndexSelect { axis, indices: indices.clone() }, &[self])
    }
}
