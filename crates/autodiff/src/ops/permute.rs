//! Reordering axes.

use std::ops::RangeInclusive;

use plywood_tensor::{Error, Float, Result, Shape, Tensor};

use crate::attribute::Attribute;
use crate::declaration::{Declaration, Declared, Sample, normal, shape};
use crate::operand_grads::OperandGrads;
use crate::operands::Operands;
use crate::operation::Operation;
use crate::record::record;
use crate::var::{Var, VarGrads};

/// Axis `i` of `y` is axis `order[i]` of `x`: see [`Var::permute`].
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::Tensor;
///
/// let x = Var::constant(Tensor::from([[1.0, 2.0, 3.0]]));
/// let y = Var::apply(ops::Permute { order: vec![1, 0] }, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([[1.0], [2.0], [3.0]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permute {
    /// Each axis once, counted from the back if it is negative.
    pub order: Vec<isize>,
}

impl Declared for Permute {
    const DECLARATION: Declaration = Declaration {
        name: "permute",
        equation: "axis i of y is axis order[i] of x",
        gradient: "dx = dy, its axes put back",
        sample: |rng| {
            let dims = shape(rng, 4);
            let order: Vec<isize> =
                rng.permutation(dims.len()).iter().map(|&i| i as isize).collect();
            let for_reference = order.clone();
            Sample::new(
                vec![normal(rng, &dims)],
                move |inputs, _| inputs[0].permute(&order),
                move |inputs| {
                    let x = &inputs[0];
                    let dims: Vec<usize> =
                        for_reference.iter().map(|&from| x.shape()[from as usize]).collect();
                    Tensor::from_fn(Shape::new(&dims).expect("as large"), |index| {
                        let mut own = vec![0; index.len()];
                        for (&place, &from) in index.iter().zip(&for_reference) {
                            own[from as usize] = place;
                        }
                        x.get(&own).expect("inside")
                    })
                },
            )
        },
    };
}

impl<T: Float> Operation<T> for Permute {
    type Saved = ();

    fn name(&self) -> &'static str {
        "permute"
    }

    fn operand_count(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        let (x, order) = (operands[0], &self.order);
        let axes: Result<Vec<usize>> = order.iter().map(|&axis| x.axis(axis)).collect();
        let axes = axes?;
        if axes.len() != x.rank() || !(0..x.rank()).all(|axis| axes.contains(&axis)) {
            let message = format!("{order:?} doesn't name each axis of {x} once");
            return Err(Error::shape(message));
        }
        Shape::new(&axes.iter().map(|&from| x[from]).collect::<Vec<_>>())
    }

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, ())> {
        Ok((operands[0].permute(&self.order)?, ()))
    }

    fn gradient(&self, (): (), dy: Tensor<T>, grads: &mut OperandGrads<'_, T>) -> Result<()> {
        grads.accumulate(0, || dy.permute(&self.back()))
    }

    fn vjp(
        &self,
        _operands: &[Var<T>],
        _y: &Var<T>,
        dy: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        grads.accumulate(0, || dy.permute(&self.back()))
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![("order", Attribute::Ints(self.order.iter().map(|&axis| axis as i64).collect()))]
    }
}

impl Permute {
    /// The order that puts the axes back.
    fn back(&self) -> Vec<isize> {
        let rank = self.order.len() as isize;
        let mut back = vec![0; self.order.len()];
        for (to, &from) in self.order.iter().enumerate() {
            back[from.rem_euclid(rank) as usize] = to as isize;
        }
        back
    }
}

impl<T: Float> Var<T> {
    /// Reorders the axes: axis `i` of the result is axis `order[i]` of this value.
    ///
    /// # Errors
    /// When `order` doesn't name each axis once.
    pub fn permute(&self, order: &[isize]) -> Result<Self> {
        record(Permute { order: order.to_vec() }, &[self])
    }

    /// Swaps two axes.
    ///
    /// # Errors
    /// When there is no such axis.
    #[doc(alias("swapaxes", "swapdims"))]
    pub fn transpose(&self, a: isize, b: isize) -> Result<Self> {
        let shape = self.shape();
        let both = |a, b| Ok((shape.axis(a)?, shape.axis(b)?));
        let (a, b) = both(a, b).map_err(|error: Error| error.operation("transpose"))?;
        let mut order: Vec<isize> = (0..shape.rank() as isize).collect();
        order.swap(a, b);
        self.permute(&order)
    }
}
