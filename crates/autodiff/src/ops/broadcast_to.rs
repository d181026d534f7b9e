//! Repeating a value along axes of size 1.

use std::ops::RangeInclusive;

use plywood_tensor::{Error, Float, IntoShape, Result, Shape, Tensor};

use crate::attribute::Attribute;
use crate::declaration::{Declaration, Declared, Sample, normal, shape};
use crate::operand_grads::OperandGrads;
use crate::operands::Operands;
use crate::operation::Operation;
use crate::reach::Reach;
use crate::record::record;
use crate::var::{Var, VarGrads};

/// `y = x`, repeated to a larger shape: see [`Var::broadcast_to`].
///
/// ```
/// use plywood_autodiff::{Pass, Var, ops};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// let x = pass.input(Tensor::from([1.0, 2.0]));
/// let y = Var::apply(ops::BroadcastTo { shape: [3, 2].into() }, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([[1.0, 2.0], [1.0, 2.0], [1.0, 2.0]]));
/// let grads = pass.backward(&y.sum())?;
/// assert_eq!(grads.wrt(&x), Some(&Tensor::from([3.0, 3.0])));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BroadcastTo {
    /// The shape of the result.
    pub shape: Shape,
}

impl Declared for BroadcastTo {
    const DECLARATION: Declaration = Declaration {
        name: "broadcast_to",
        equation: "y = x, repeated to a larger shape",
        gradient: "dx = Σ dy over what was repeated",
        sample: |rng| {
            let dims = shape(rng, 3);
            let own: Vec<usize> =
                dims.iter().map(|&n| if rng.unit() < 0.5 { 1 } else { n }).collect();
            let to = Shape::new(&[&[2], &dims[..]].concat()).expect("small");
            Sample::new(
                vec![normal(rng, &own)],
                move |inputs, _| inputs[0].broadcast_to(to),
                move |inputs| {
                    let x = &inputs[0];
                    let sizes = x.shape();
                    Tensor::from_fn(to, |index| {
                        let own = index[1..].iter().zip(sizes.iter());
                        let own: Vec<usize> =
                            own.map(|(&i, &n)| if n == 1 { 0 } else { i }).collect();
                        x.get(&own).expect("inside")
                    })
                },
            )
        },
    };
}

impl<T: Float> Operation<T> for BroadcastTo {
    /// The shape of `x`.
    type Saved = Shape;

    fn name(&self) -> &'static str {
        "broadcast_to"
    }

    fn operand_count(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        let (x, shape) = (operands[0], self.shape);
        if x.broadcast(&shape).ok() != Some(shape) {
            return Err(Error::shape(format!("{x} doesn't broadcast to {shape}")));
        }
        Ok(shape)
    }

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, Shape)> {
        Ok((operands[0].broadcast_to(self.shape)?, operands[0].shape()))
    }

    fn gradient(&self, x: Shape, dy: Tensor<T>, grads: &mut OperandGrads<'_, T>) -> Result<()> {
        grads.accumulate(0, || dy.sum_to(x))
    }

    fn vjp(
        &self,
        operands: &[Var<T>],
        _y: &Var<T>,
        dy: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        grads.accumulate(0, || dy.sum_to(operands[0].shape()))
    }

    fn reach(&self, operands: &[Shape]) -> Reach {
        match (&operands[0][..], &self.shape[..]) {
            ([.., h, w], [.., height, width]) if [h, w] == [height, width] => Reach::Pointwise,
            _ => Reach::Everything,
        }
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![("shape", Attribute::sizes(&self.shape))]
    }
}

impl<T: Float> Var<T> {
    /// The elements repeated along axes of size 1, and new axes in front.
    ///
    /// # Errors
    /// When the shape doesn't broadcast to `shape`.
    #[doc(alias = "expand")]
    pub fn broadcast_to(&self, shape: impl IntoShape) -> Result<Self> {
        let shape = shape.into_shape().map_err(|error| error.operation("broadcast_to"))?;
        record(BroadcastTo { shape }, &[self])
    }

    /// The sum over what [`broadcast_to`](Self::broadcast_to) would repeat to make this value of `shape`.
    pub(crate) fn sum_to(&self, shape: Shape) -> Result<Self> {
        let own = self.shape();
        if own == shape {
            return Ok(self.clone());
        }
        let front = own.rank() - shape.rank();
        let repeated = |&axis: &usize| axis < front || (shape[axis - front] == 1 && own[axis] != 1);
        let axes: Vec<isize> = (0..own.rank()).filter(repeated).map(|axis| axis as isize).collect();
        self.sum_axes(&axes)?.reshape(shape)
    }
}
