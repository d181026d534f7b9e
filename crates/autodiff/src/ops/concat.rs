//! Places values one after another along an axis.

use plywood_tensor::{Error, Float, Result, Shape, Tensor};

use crate::attribute::Attribute;
use crate::declaration::{Declaration, Declared, Sample, normal, shape, whole};
use crate::operand_grads::OperandGrads;
use crate::operands::Operands;
use crate::operation::Operation;
use crate::reach::Reach;
use crate::record::record;
use crate::var::{Var, VarGrads};

/// `y = [a, b, …]` along an axis: see [`Var::concat`].
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::Tensor;
///
/// let a = Var::constant(Tensor::from([[1.0, 2.0]]));
/// let b = Var::constant(Tensor::from([[3.0]]));
/// let y = Var::apply(ops::Concat { axis: 1 }, &[&a, &b])?;
/// assert_eq!(y.value()?, &Tensor::from([[1.0, 2.0, 3.0]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concat {
    /// The axis, counted from the back if it is negative.
    pub axis: isize,
}

impl Declared for Concat {
    const DECLARATION: Declaration = Declaration {
        name: "concat",
        equation: "y = [a, b, …] along an axis",
        gradient: "da, db, … = the parts of dy",
        sample: |rng| {
            let dims = shape(rng, 3);
            let axis = whole(rng, 0, dims.len() - 1);
            let part = |rng: &mut plywood_tensor::Rng| {
                let mut dims = dims.clone();
                dims[axis] = whole(rng, 1, 3);
                normal(rng, &dims)
            };
            let parts = vec![part(rng), part(rng), part(rng)];
            Sample::new(
                parts,
                move |inputs, _| Var::concat(&inputs.iter().collect::<Vec<_>>(), axis as isize),
                move |inputs| {
                    let mut dims = inputs[0].shape().to_vec();
                    dims[axis] = inputs.iter().map(|x| x.shape()[axis]).sum();
                    Tensor::from_fn(Shape::new(&dims).expect("small"), |index| {
                        let mut index = index.to_vec();
                        let mut parts = inputs.iter();
                        let mut part = parts.next().expect("three");
                        while index[axis] >= part.shape()[axis] {
                            index[axis] -= part.shape()[axis];
                            part = parts.next().expect("three");
                        }
                        part.get(&index).expect("inside")
                    })
                },
            )
        },
    };
}

impl<T: Float> Operation<T> for Concat {
    /// The size of each operand along the axis.
    type Saved = Vec<usize>;

    fn name(&self) -> &'static str {
        "concat"
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        let first = operands[0];
        let place = first.axis(self.axis)?;
        let mut dims = first.to_vec();
        dims[place] = 0;
        for (index, shape) in operands.iter().enumerate() {
            let fits = shape.rank() == dims.len()
                && (0..dims.len()).all(|axis| axis == place || shape[axis] == first[axis]);
            if !fits {
                return Err(Error::shape(format!(
                    "value {index} is {shape}, the first is {first}: they may differ at axis {place} only"
                )));
            }
            dims[place] = dims[place].saturating_add(shape[place]);
        }
        Shape::new(&dims)
    }

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, Vec<usize>)> {
        let parts: Vec<&Tensor<T>> = operands.iter().collect();
        let place = parts[0].shape().axis(self.axis)?;
        let sizes = parts.iter().map(|part| part.shape()[place]).collect();
        Ok((Tensor::concat(&parts, self.axis)?, sizes))
    }

    fn gradient(
        &self,
        sizes: Vec<usize>,
        dy: Tensor<T>,
        grads: &mut OperandGrads<'_, T>,
    ) -> Result<()> {
        let mut start = 0;
        for (index, size) in sizes.into_iter().enumerate() {
            grads.accumulate(index, || dy.narrow(self.axis, start, size))?;
            start += size;
        }
        Ok(())
    }

    fn vjp(
        &self,
        operands: &[Var<T>],
        _y: &Var<T>,
        dy: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        let mut start = 0;
        for (index, operand) in operands.iter().enumerate() {
            let shape = operand.shape();
            let size = shape[shape.axis(self.axis)?];
            grads.accumulate(index, || dy.narrow(self.axis, start, size))?;
            start += size;
        }
        Ok(())
    }

    fn reach(&self, operands: &[Shape]) -> Reach {
        Reach::along(self.axis, operands[0])
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![("axis", (self.axis as i64).into())]
    }
}

impl<T: Float> Var<T> {
    /// Places one after another along an existing axis.
    ///
    /// # Errors
    /// When there are none, there is no such axis, or the other sizes differ.
    #[doc(alias = "cat")]
    pub fn concat(parts: &[&Self], axis: isize) -> Result<Self> {
        if parts.is_empty() {
            return Err(Error::shape("there are no values").operation("concat"));
        }
        record(Concat { axis }, parts)
    }
}
