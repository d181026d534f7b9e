//! Batch normalisation by given statistics.

use std::ops::RangeInclusive;

use plywood_tensor::{Float, Result, Shape, Tensor, scale_shift};

use super::batch_norm::{check, check_channels, per_channel};
use crate::attribute::Attribute;
use crate::declaration::{Declaration, Declared, Sample, normal, whole};
use crate::operand_grads::OperandGrads;
use crate::operands::Operands;
use crate::operation::Operation;
use crate::reach::Reach;
use crate::record::record;
use crate::var::{Var, VarGrads};

/// [`BatchNorm`](super::BatchNorm) with given statistics, `[C]` each: see [`Var::batch_norm_eval`].
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::Tensor;
///
/// let [mean, variance] = [2.0, 4.0].map(|number| Tensor::from([number]));
/// let norm = ops::BatchNormEval { mean, variance, epsilon: 0.0 };
/// let x = Var::constant(Tensor::from([[4.0], [8.0]])); // [N, C]
/// let [weight, bias] = [1.0, 0.0].map(|number| Var::constant(Tensor::from([number])));
/// let y = Var::apply(norm, &[&x, &weight, &bias])?;
/// assert_eq!(y.value()?, &Tensor::from([[1.0], [3.0]])); // (x − 2) / √4
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct BatchNormEval<T: Float = f32> {
    /// The mean of each channel.
    pub mean: Tensor<T>,
    /// The variance of each channel.
    pub variance: Tensor<T>,
    /// What is added to the variance, so that it is never 0.
    pub epsilon: f64,
}

const EPSILON: f64 = 1e-5;

impl Declared for BatchNormEval<f64> {
    const DECLARATION: Declaration = Declaration {
        name: "batch_norm_eval",
        equation: "y = (x − μ) · r · w + b, with μ and σ² given",
        gradient: "dx = dy · w · r, dw = Σ dy · (x − μ) · r, db = Σ dy",
        sample: |rng| {
            let c = whole(rng, 1, 3);
            let dims = [2, c, whole(rng, 1, 3), whole(rng, 1, 3)];
            let x = normal(rng, &dims);
            let inputs = vec![x, normal(rng, &[c]), normal(rng, &[c])];
            let (mean, variance) = (normal(rng, &[c]), rng.uniform::<f64>([c], 0.5, 2.0));
            let (known_mean, known_variance) = (mean.clone(), variance.clone());
            Sample::new(
                inputs,
                move |inputs, _| {
                    inputs[0].batch_norm_eval(&inputs[1], &inputs[2], &mean, &variance, EPSILON)
                },
                move |inputs| {
                    Tensor::from_fn(inputs[0].shape(), |index| {
                        let of = |x: &Tensor<f64>| x.as_slice()[index[1]];
                        let x = inputs[0].get(index).expect("inside") - of(&known_mean);
                        x / (of(&known_variance) + EPSILON).sqrt() * of(&inputs[1]) + of(&inputs[2])
                    })
                },
            )
        },
    };
}

/// What the gradients need.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Saved<T: Float> {
    x: Option<Tensor<T>>,
    scale: Tensor<T>,
}

impl<T: Float> Operation<T> for BatchNormEval<T> {
    type Saved = Saved<T>;

    fn name(&self) -> &'static str {
        "batch_norm_eval"
    }

    fn operand_count(&self) -> RangeInclusive<usize> {
        3..=3
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        let shape = check(operands)?;
        check_channels(shape, "mean", self.mean.shape())?;
        check_channels(shape, "variance", self.variance.shape())?;
        Ok(shape)
    }

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, Saved<T>)> {
        let (scale, shift) = self.folded(&operands[1], &operands[2])?;
        let y = scale_shift(&operands[0], &scale, &shift)?;
        Ok((y, Saved { x: operands.save_for(1, 0), scale }))
    }

    fn gradient(
        &self,
        saved: Saved<T>,
        dy: Tensor<T>,
        grads: &mut OperandGrads<'_, T>,
    ) -> Result<()> {
        let Saved { x, scale } = saved;
        let zeros = Tensor::try_full(scale.shape(), T::ZERO)?;
        let rank = dy.rank() as isize;
        let others: Vec<isize> = (0..rank).filter(|&axis| axis != 1).collect();
        grads.accumulate(0, || scale_shift(&dy, &scale, &zeros))?;
        grads.accumulate(1, || {
            let x = x.expect("saved because the weight needs a gradient");
            let reciprocal = self.reciprocal();
            let shift = reciprocal.zip(&self.mean, |r, mean| -r * mean)?;
            scale_shift(&x, &reciprocal, &shift)?.mul(&dy)?.sum_axes(&others)
        })?;
        grads.accumulate(2, || dy.sum_axes(&others))
    }

    fn vjp(
        &self,
        operands: &[Var<T>],
        _y: &Var<T>,
        dy: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        let rank = operands[0].shape().rank();
        let constant = |numbers: &Tensor<T>| per_channel(&Var::constant(numbers.clone()), rank);
        let (mean, reciprocal) = (constant(&self.mean)?, constant(&self.reciprocal())?);
        grads.through(operands, dy, |operands| {
            let [weight, bias] =
                [per_channel(&operands[1], rank)?, per_channel(&operands[2], rank)?];
            operands[0].sub(&mean)?.mul(&reciprocal)?.mul(&weight)?.add(&bias)
        })
    }

    fn reach(&self, _operands: &[Shape]) -> Reach {
        Reach::Pointwise
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![
            ("mean", Attribute::tensor(&self.mean)),
            ("variance", Attribute::tensor(&self.variance)),
            ("epsilon", self.epsilon.into()),
        ]
    }
}

impl<T: Float> BatchNormEval<T> {
    /// 1 / √(σ² + ε) of each channel.
    fn reciprocal(&self) -> Tensor<T> {
        let epsilon = T::of(self.epsilon);
        self.variance.map(|variance| T::ONE / (variance + epsilon).sqrt())
    }

    /// The normalisation as one multiplication and one addition for each element.
    fn folded(&self, weight: &Tensor<T>, bias: &Tensor<T>) -> Result<(Tensor<T>, Tensor<T>)> {
        let epsilon = T::of(self.epsilon);
        let scale =
            weight.zip(&self.variance, |weight, variance| weight / (variance + epsilon).sqrt())?;
        let shift = bias.sub(&self.mean.mul(&scale)?)?;
        Ok((scale, shift))
    }
}

impl<T: Float> Var<T> {
    /// As [`batch_norm`](Self::batch_norm), with given statistics (`[C]` each) instead of the
    /// batch's.
    ///
    /// # Errors
    /// When the shapes don't fit.
    pub fn batch_norm_eval(
        &self,
        weight: &Self,
        bias: &Self,
        mean: &Tensor<T>,
        variance: &Tensor<T>,
        epsilon: f64,
    ) -> Result<Self> {
        let (mean, variance) = (mean.clone(), variance.clone());
        record(BatchNormEval { mean, variance, epsilon }, &[self, weight, bias])
    }
}
