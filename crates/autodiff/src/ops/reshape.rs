//! The same elements in another shape.

use std::ops::RangeInclusive;

use plywood_tensor::{Error, Float, IntoReshape, Result, Shape, Tensor};

use crate::attribute::Attribute;
use crate::declaration::{Declaration, Declared, Sample, normal, shape};
use crate::operand_grads::OperandGrads;
use crate::operands::Operands;
use crate::operation::Operation;
use crate::record::record;
use crate::var::{Var, VarGrads};

/// `y = x`, in another shape: see [`Var::reshape`].
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::Tensor;
///
/// let x = Var::constant(Tensor::from([1.0, 2.0, 3.0, 4.0]));
/// let y = Var::apply(ops::Reshape { shape: [2, 2].into() }, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([[1.0, 2.0], [3.0, 4.0]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reshape {
    /// The shape of the result.
    pub shape: Shape,
}

impl Declared for Reshape {
    const DECLARATION: Declaration = Declaration {
        name: "reshape",
        equation: "y = x, in another shape",
        gradient: "dx = dy, in the shape of x",
        sample: |rng| {
            let dims = shape(rng, 4);
            let turned: Vec<usize> = dims.iter().rev().copied().collect();
            let to = Shape::new(&turned).expect("small");
            Sample::new(
                vec![normal(rng, &dims)],
                move |inputs, _| inputs[0].reshape(to),
                move |inputs| Tensor::from_vec(inputs[0].to_vec(), to).expect("as many"),
            )
        },
    };
}

impl<T: Float> Operation<T> for Reshape {
    /// The shape of `x`.
    type Saved = Shape;

    fn name(&self) -> &'static str {
        "reshape"
    }

    fn operand_count(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        self.shape.into_reshape(operands[0])
    }

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, Shape)> {
        Ok((operands[0].reshape(self.shape)?, operands[0].shape()))
    }

    fn gradient(&self, x: Shape, dy: Tensor<T>, grads: &mut OperandGrads<'_, T>) -> Result<()> {
        grads.accumulate(0, || dy.reshape(x))
    }

    fn vjp(
        &self,
        operands: &[Var<T>],
        _y: &Var<T>,
        dy: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        grads.accumulate(0, || dy.reshape(operands[0].shape()))
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![("shape", Attribute::sizes(&self.shape))]
    }
}

impl<T: Float> Var<T> {
    /// The same elements in another shape. One size may be −1: it follows from the others, in a dry run too.
    ///
    /// ```
    /// use plywood_autodiff::Var;
    /// use plywood_tensor::Tensor;
    ///
    /// let x = Var::constant(Tensor::zeros([8, 3, 4]));
    /// assert_eq!(x.reshape([8, -1])?.shape(), [8, 12].into());
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the shapes have different numbers of elements, or no size can follow.
    #[doc(alias("view", "resize"))]
    pub fn reshape(&self, shape: impl IntoReshape) -> Result<Self> {
        let shape = shape.into_reshape(self.shape()).map_err(|error| error.operation("reshape"))?;
        record(Reshape { shape }, &[self])
    }

    /// All axes after the batch as one: `[N, C, H, W]` becomes `[N, C · H · W]`.
    ///
    /// # Errors
    /// When there is no batch axis.
    pub fn flatten(&self) -> Result<Self> {
        let shape = self.shape();
        let Some((&batch, rest)) = shape.split_first() else {
            return Err(Error::shape("a single number has no batch axis").operation("flatten"));
        };
        self.reshape([batch, rest.iter().product()])
    }

    /// A new axis of size 1 before `axis` (−1 puts it last).
    ///
    /// # Errors
    /// When there is no such place.
    #[doc(alias = "expand_dims")]
    pub fn unsqueeze(&self, axis: isize) -> Result<Self> {
        let rank = self.shape().rank() as isize;
        let place = if axis < 0 { axis + rank + 1 } else { axis };
        if !(0..=rank).contains(&place) {
            return Err(Error::shape(format!(
                "{} has no place {axis} for a new axis",
                self.shape()
            ))
            .operation("unsqueeze"));
        }
        let mut dims = self.shape().to_vec();
        dims.insert(place as usize, 1);
        self.reshape(Shape::new(&dims).map_err(|error| error.operation("unsqueeze"))?)
    }

    /// Without an axis of size 1.
    ///
    /// # Errors
    /// When there is no such axis, or its size is not 1.
    pub fn squeeze(&self, axis: isize) -> Result<Self> {
        let place = self.shape().axis(axis).map_err(|error| error.operation("squeeze"))?;
        let mut dims = self.shape().to_vec();
        if dims.remove(place) != 1 {
            return Err(Error::shape(format!("axis {axis} of {} is not of size 1", self.shape()))
                .operation("squeeze"));
        }
        self.reshape(Shape::new(&dims)?)
    }
}
