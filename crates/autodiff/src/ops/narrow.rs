//! A part of an axis.

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

/// `y[…, i, …] = x[…, start + i, …]`: see [`Var::narrow`].
///
/// ```
/// use plywood_autodiff::{Pass, Var, ops};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// let x = pass.input(Tensor::from([1.0, 2.0, 3.0, 4.0]));
/// let y = Var::apply(ops::Narrow { axis: 0, start: 1, length: 2 }, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([2.0, 3.0]));
/// let grads = pass.backward(&y.sum())?;
/// assert_eq!(grads.wrt(&x), Some(&Tensor::from([0.0, 1.0, 1.0, 0.0])));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Narrow {
    /// The axis, counted from the back if it is negative.
    pub axis: isize,
    /// Where the part starts along it.
    pub start: usize,
    /// How long the part is.
    pub length: usize,
}

impl Declared for Narrow {
    const DECLARATION: Declaration = Declaration {
        name: "narrow",
        equation: "y[…, i, …] = x[…, start + i, …]",
        gradient: "dx = dy at that part, else 0",
        sample: |rng| {
            let dims = shape(rng, 3);
            let axis = whole(rng, 0, dims.len() - 1);
            let start = whole(rng, 0, dims[axis] - 1);
            let len = whole(rng, 1, dims[axis] - start);
            Sample::new(
                vec![normal(rng, &dims)],
                move |inputs, _| inputs[0].narrow(axis as isize, start, len),
                move |inputs| {
                    let mut dims = inputs[0].shape().to_vec();
                    dims[axis] = len;
                    Tensor::from_fn(Shape::new(&dims).expect("smaller"), |index| {
                        let mut index = index.to_vec();
                        index[axis] += start;
                        inputs[0].get(&index).expect("inside")
                    })
                },
            )
        },
    };
}

impl<T: Float> Operation<T> for Narrow {
    /// The size of the whole axis.
    type Saved = usize;

    fn name(&self) -> &'static str {
        "narrow"
    }

    fn operand_count(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        let (x, Self { axis, start, length }) = (operands[0], *self);
        let place = x.axis(axis)?;
        if start.checked_add(length).is_none_or(|end| end > x[place]) {
            return Err(Error::index(format!(
                "{length} from {start} on end outside axis {axis} of {x}"
            )));
        }
        with(x, place, length)
    }

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, usize)> {
        let x = &operands[0];
        let size = x.shape()[x.shape().axis(self.axis)?];
        Ok((x.narrow(self.axis, self.start, self.length)?, size))
    }

    fn gradient(&self, size: usize, dy: Tensor<T>, grads: &mut OperandGrads<'_, T>) -> Result<()> {
        grads.accumulate(0, || dy.widen(self.axis, self.start, size))
    }

    fn vjp(
        &self,
        operands: &[Var<T>],
        _y: &Var<T>,
        dy: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        grads.accumulate(0, || {
            let x = operands[0].shape();
            let place = x.axis(self.axis)?;
            let before = Var::zeros(with(x, place, self.start)?)?;
            let after = Var::zeros(with(x, place, x[place] - self.start - self.length)?)?;
            Var::concat(&[&before, dy, &after], self.axis)
        })
    }

    fn reach(&self, operands: &[Shape]) -> Reach {
        Reach::along(self.axis, operands[0])
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![
            ("axis", (self.axis as i64).into()),
            ("start", self.start.into()),
            ("length", self.length.into()),
        ]
    }
}

/// A shape with another size at an axis.
fn with(shape: Shape, place: usize, size: usize) -> Result<Shape> {
    let mut dims = shape.to_vec();
    dims[place] = size;
    Shape::new(&dims)
}

impl<T: Float> Var<T> {
    /// The part of `axis` from `start` on, `len` long.
    ///
    /// # Errors
    /// When there is no such axis, or it ends before `start + len`.
    #[doc(alias = "slice")]
    pub fn narrow(&self, axis: isize, start: usize, len: usize) -> Result<Self> {
        record(Narrow { axis, start, length: len }, &[self])
    }
}
