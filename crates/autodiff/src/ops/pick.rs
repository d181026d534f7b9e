//! Choosing one element along an axis: the score of each sample's label.

use std::ops::RangeInclusive;

use plywood_tensor::{Float, Result, Shape, Tensor, pick_shape};

use super::unpick::Unpick;
use crate::attribute::Attribute;
use crate::declaration::{Declaration, Declared, Sample, normal, shape, whole};
use crate::operand_grads::OperandGrads;
use crate::operands::Operands;
use crate::operation::Operation;
use crate::reach::Reach;
use crate::record::record;
use crate::var::{Var, VarGrads};

/// `y[n, …] = x[n, index[n, …], …]`: see [`Var::pick`].
///
/// ```
/// use plywood_autodiff::{Pass, Var, ops};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// let x = pass.input(Tensor::from([[1.0, 2.0], [3.0, 4.0]]));
/// let y = Var::apply(ops::Pick { axis: 1, indices: Tensor::from([1, 0]) }, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([2.0, 3.0]));
/// let grads = pass.backward(&y.sum())?;
/// assert_eq!(grads.wrt(&x), Some(&Tensor::from([[0.0, 1.0], [1.0, 0.0]])));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Pick {
    /// The axis, counted from the back if it is negative.
    pub axis: isize,
    /// The place along it, for each place in the other axes.
    pub indices: Tensor<u32>,
}

impl Declared for Pick {
    const DECLARATION: Declaration = Declaration {
        name: "pick",
        equation: "y[n, …] = x[n, index[n, …], …]",
        gradient: "dx = dy at the picked places, else 0",
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
            Sample::new(
                vec![normal(rng, &dims)],
                move |inputs, _| inputs[0].pick(axis as isize, &indices),
                move |inputs| {
                    Tensor::from_fn(for_reference.shape(), |index| {
                        let chosen = for_reference.get(index).expect("inside") as usize;
                        let mut index = index.to_vec();
                        index.insert(axis, chosen);
                        inputs[0].get(&index).expect("inside")
                    })
                },
            )
        },
    };
}

impl<T: Float> Operation<T> for Pick {
    /// The shape of `x`.
    type Saved = Shape;

    fn name(&self) -> &'static str {
        "pick"
    }

    fn operand_count(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        pick_shape(operands[0], self.axis, &self.indices)
    }

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, Shape)> {
        let x = &operands[0];
        Ok((x.pick(self.axis, &self.indices)?, x.shape()))
    }

    fn gradient(&self, x: Shape, dy: Tensor<T>, grads: &mut OperandGrads<'_, T>) -> Result<()> {
        grads.accumulate(0, || Tensor::unpick(x, self.axis, &self.indices, &dy))
    }

    fn vjp(
        &self,
        operands: &[Var<T>],
        _y: &Var<T>,
        dy: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        let (axis, indices) = (self.axis, self.indices.clone());
        let shape = operands[0].shape();
        grads.accumulate(0, || record(Unpick { axis, indices, shape }, &[dy]))
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
    /// One element along an axis for each place in the others: `[N, C]` and `[N]` labels give the
    /// `[N]` scores of those labels.
    ///
    /// # Errors
    /// When there is no such axis, `indices` hasn't this value's shape without it, or an index is
    /// out of range.
    #[doc(alias = "gather")]
    pub fn pick(&self, axis: isize, indices: &Tensor<u32>) -> Result<Self> {
        record(Pick { axis, indices: indices.clone() }, &[self])
    }
}
