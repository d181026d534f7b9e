//! Softmax and its logarithm.

use std::ops::RangeInclusive;

use plywood_tensor::{Float, Result, Rng, Shape, Tensor};

use crate::attribute::Attribute;
use crate::declaration::{Declaration, Declared, Sample, normal, shape, whole};
use crate::operand_grads::OperandGrads;
use crate::operands::Operands;
use crate::operation::Operation;
use crate::reach::Reach;
use crate::record::record;
use crate::var::{Var, VarGrads};

/// `yᵢ = exp(xᵢ) / Σ exp(xⱼ)`: see [`Var::softmax`].
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::Tensor;
///
/// let x = Var::constant(Tensor::from([[0.0, 0.0], [1000.0, 0.0]]));
/// let y = Var::apply(ops::Softmax { axis: -1 }, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([[0.5, 0.5], [1.0, 0.0]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Softmax {
    /// The axis, counted from the back if it is negative.
    pub axis: isize,
}

impl Declared for Softmax {
    const DECLARATION: Declaration = Declaration {
        name: "softmax",
        equation: "yᵢ = exp(xᵢ) / Σ exp(xⱼ)",
        gradient: "dxᵢ = yᵢ · (dyᵢ − Σ dyⱼ · yⱼ)",
        sample: |rng| sample(rng, Var::softmax, |x| x),
    };
}

impl<T: Float> Operation<T> for Softmax {
    /// The result.
    type Saved = Tensor<T>;

    fn name(&self) -> &'static str {
        "softmax"
    }

    fn operand_count(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        operands[0].axis(self.axis)?;
        Ok(operands[0])
    }

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, Tensor<T>)> {
        let y = operands[0].softmax(self.axis)?;
        Ok((y.clone(), y))
    }

    fn gradient(&self, y: Tensor<T>, dy: Tensor<T>, grads: &mut OperandGrads<'_, T>) -> Result<()> {
        grads.accumulate(0, || y.softmax_grad(&dy, self.axis))
    }

    fn vjp(
        &self,
        _operands: &[Var<T>],
        y: &Var<T>,
        dy: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        grads.accumulate(0, || {
            let sum = dy.mul(y)?.sum_keepdim(&[self.axis])?;
            y.mul(&dy.sub(&sum)?)
        })
    }

    fn reach(&self, operands: &[Shape]) -> Reach {
        Reach::along(self.axis, operands[0])
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![("axis", (self.axis as i64).into())]
    }
}

/// `yᵢ = xᵢ − ln Σ exp(xⱼ)`: see [`Var::log_softmax`].
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::Tensor;
///
/// let x = Var::constant(Tensor::from([[0.0, -1000.0]]));
/// let y = Var::apply(ops::LogSoftmax { axis: -1 }, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([[0.0, -1000.0]])); // not −∞
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogSoftmax {
    /// The axis, counted from the back if it is negative.
    pub axis: isize,
}

impl Declared for LogSoftmax {
    const DECLARATION: Declaration = Declaration {
        name: "log_softmax",
        equation: "yᵢ = xᵢ − ln Σ exp(xⱼ)",
        gradient: "dxᵢ = dyᵢ − exp(yᵢ) · Σ dyⱼ",
        sample: |rng| sample(rng, Var::log_softmax, f64::ln),
    };
}

impl<T: Float> Operation<T> for LogSoftmax {
    /// The result.
    type Saved = Tensor<T>;

    fn name(&self) -> &'static str {
        "log_softmax"
    }

    fn operand_count(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        operands[0].axis(self.axis)?;
        Ok(operands[0])
    }

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, Tensor<T>)> {
        let y = operands[0].log_softmax(self.axis)?;
        Ok((y.clone(), y))
    }

    fn gradient(&self, y: Tensor<T>, dy: Tensor<T>, grads: &mut OperandGrads<'_, T>) -> Result<()> {
        grads.accumulate(0, || y.log_softmax_grad(&dy, self.axis))
    }

    fn vjp(
        &self,
        _operands: &[Var<T>],
        y: &Var<T>,
        dy: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        grads.accumulate(0, || {
            let sum = dy.sum_keepdim(&[self.axis])?;
            dy.sub(&y.clone().exp().mul(&sum)?)
        })
    }

    fn reach(&self, operands: &[Shape]) -> Reach {
        Reach::along(self.axis, operands[0])
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![("axis", (self.axis as i64).into())]
    }
}

fn sample(
    rng: &mut Rng,
    apply: fn(&Var<f64>, isize) -> Result<Var<f64>>,
    then: fn(f64) -> f64,
) -> Sample {
    let dims = shape(rng, 3);
    let axis = whole(rng, 0, dims.len() - 1);
    Sample::new(
        vec![normal(rng, &dims)],
        move |inputs, _| apply(&inputs[0], axis as isize),
        move |inputs| {
            let x = &inputs[0];
            Tensor::from_fn(x.shape(), |index| {
                let exp = |place: usize| {
                    let mut index = index.to_vec();
                    index[axis] = place;
                    x.get(&index).expect("inside").exp()
                };
                then(exp(index[axis]) / (0..x.shape()[axis]).map(exp).sum::<f64>())
            })
        },
    )
}

impl<T: Float> Var<T> {
    /// Turns scores into probabilities along an axis.
    ///
    /// # Errors
    /// When there is no such axis.
    pub fn softmax(&self, axis: isize) -> Result<Self> {
        record(Softmax { axis }, &[self])
    }

    /// The logarithm of [`softmax`](Self::softmax), exact also where that rounds to 0.
    ///
    /// # Errors
    /// When there is no such axis.
    pub fn log_softmax(&self, axis: isize) -> Result<Self> {
        record(LogSoftmax { axis }, &[self])
    }
}
