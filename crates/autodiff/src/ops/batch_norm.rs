//! Batch normalisation by the batch's own statistics.

use std::ops::RangeInclusive;

use plywood_tensor::{BatchNorm as Kernel, ChannelStatistics, Error, Float, Result, Shape, Tensor};

use crate::attribute::Attribute;
use crate::declaration::{Declaration, Declared, Sample, normal, whole};
use crate::operand_grads::OperandGrads;
use crate::operands::Operands;
use crate::operation::Operation;
use crate::reach::Reach;
use crate::record::record_with;
use crate::var::{Var, VarGrads};

/// Each channel of `[N, C, …]` at mean 0 and variance 1 over the batch, scaled and shifted by a weight and a bias
/// `[C]`: see [`Var::batch_norm`].
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::Tensor;
///
/// let x = Var::constant(Tensor::from([[1.0], [3.0]])); // [N, C]: mean 2, variance 1
/// let [weight, bias] = [2.0, 10.0].map(|number| Var::constant(Tensor::from([number])));
/// let y = Var::apply(ops::BatchNorm { epsilon: 0.0 }, &[&x, &weight, &bias])?;
/// assert_eq!(y.value()?, &Tensor::from([[8.0], [12.0]])); // 10 ∓ 2
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchNorm {
    /// What is added to the variance, so that it is never 0.
    pub epsilon: f64,
}

/// [`BatchNorm`] and [`Relu`](super::Relu) in one: see [`Var::batch_norm_relu`].
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::Tensor;
///
/// let x = Var::constant(Tensor::from([[1.0], [3.0]])); // [N, C]: mean 2, variance 1
/// let [weight, bias] = [2.0, 0.0].map(|number| Var::constant(Tensor::from([number])));
/// let y = Var::apply(ops::BatchNormRelu { epsilon: 0.0 }, &[&x, &weight, &bias])?;
/// assert_eq!(y.value()?, &Tensor::from([[0.0], [2.0]])); // −2 is cut off
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchNormRelu {
    /// What is added to the variance, so that it is never 0.
    pub epsilon: f64,
}

const EPSILON: f64 = 1e-5;

impl Declared for BatchNorm {
    const DECLARATION: Declaration = Declaration {
        name: "batch_norm",
        equation: "y = (x − μ) · r · w + b, r = 1 / √(σ² + ε), μ and σ² of each channel",
        gradient: "dx = w · r · (dy − db / n − x̂ · dw / n), dw = Σ dy · x̂, db = Σ dy, x̂ = (x − μ) · r",
        sample: |rng| {
            let c = whole(rng, 1, 3);
            // Enough values that no channel's variance is near 0, where the function bends sharply.
            let dims = [whole(rng, 3, 4), c, whole(rng, 2, 3), whole(rng, 2, 3)];
            let x = normal(rng, &dims);
            let inputs = vec![x, normal(rng, &[c]), normal(rng, &[c])];
            let apply = |inputs: &[Var<f64>], _: &mut _| {
                Ok(inputs[0].batch_norm(&inputs[1], &inputs[2], EPSILON)?.0)
            };
            Sample::new(inputs, apply, normalised)
        },
    };
}

impl Declared for BatchNormRelu {
    const DECLARATION: Declaration = Declaration {
        name: "batch_norm_relu",
        equation: "y = max((x − μ) · r · w + b, 0), r = 1 / √(σ² + ε)",
        gradient: "as for batch_norm, with dy · [y > 0] instead of dy",
        sample: |rng| {
            // Not near the bend, where finite differences see both sides of it.
            let inputs = loop {
                let c = whole(rng, 1, 3);
                let dims = [whole(rng, 3, 4), c, whole(rng, 2, 3), whole(rng, 2, 3)];
                let inputs = vec![normal(rng, &dims), normal(rng, &[c]), normal(rng, &[c])];
                if normalised(&inputs).as_slice().iter().all(|y| y.abs() > 0.05) {
                    break inputs;
                }
            };
            let apply = |inputs: &[Var<f64>], _: &mut _| {
                Ok(inputs[0].batch_norm_relu(&inputs[1], &inputs[2], EPSILON)?.0)
            };
            Sample::new(inputs, apply, |inputs| normalised(inputs).map(|y| y.max(0.0)))
        },
    };
}

/// The definition, for an input, a weight and a bias.
fn normalised(inputs: &[Tensor<f64>]) -> Tensor<f64> {
    let channel_of = |x: &Tensor<f64>, channel: usize| {
        let line = x.narrow(1, channel, 1).expect("inside").to_vec();
        let n = line.len() as f64;
        let mean = line.iter().sum::<f64>() / n;
        (mean, line.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n)
    };
    Tensor::from_fn(inputs[0].shape(), |index| {
        let (mean, variance) = channel_of(&inputs[0], index[1]);
        let x = inputs[0].get(index).expect("inside");
        let [w, b] = [1, 2].map(|place: usize| inputs[place].as_slice()[index[1]]);
        (x - mean) / (variance + EPSILON).sqrt() * w + b
    })
}

/// What the gradients need; it has the batch's statistics.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Saved<T: Float> {
    x: Tensor<T>,
    statistics: ChannelStatistics<T>,
    weight: Tensor<T>,
    /// Without ReLU, the gradient doesn't depend on the bias.
    bias: Option<Tensor<T>>,
}

fn normalise<T: Float>(
    operands: &Operands<'_, T>,
    epsilon: f64,
    relu: bool,
) -> Result<(Tensor<T>, Saved<T>)> {
    let (x, weight, bias) = (&operands[0], &operands[1], &operands[2]);
    // A dry run may be one of an evaluation, which takes any number of values.
    check_count(x.shape())?;
    let (y, statistics) = Kernel { weight, bias, epsilon: T::of(epsilon), relu }.forward(x)?;
    let bias = relu.then(|| bias.clone());
    Ok((y, Saved { x: x.clone(), statistics, weight: weight.clone(), bias }))
}

fn gradient<T: Float>(
    saved: Saved<T>,
    dy: &Tensor<T>,
    grads: &mut OperandGrads<'_, T>,
    epsilon: f64,
    relu: bool,
) -> Result<()> {
    let Saved { x, statistics, weight, bias } = saved;
    let bias = bias.as_ref().unwrap_or(&weight);
    let norm = Kernel { weight: &weight, bias, epsilon: T::of(epsilon), relu };
    let [dx, dw, db] = norm.gradient(dy, &x, &statistics)?;
    grads.accumulate(0, || Ok(dx))?;
    grads.accumulate(1, || Ok(dw))?;
    grads.accumulate(2, || Ok(db))
}

/// The normalisation, made of other operations.
fn composed<T: Float>(operands: &[Var<T>], epsilon: f64, relu: bool) -> Result<Var<T>> {
    let x = &operands[0];
    let rank = x.shape().rank();
    let others: Vec<isize> = (0..rank as isize).filter(|&axis| axis != 1).collect();
    let mean = x.mean_axes(&others)?;
    let centered = x.sub(&per_channel(&mean, rank)?)?;
    let variance = centered.clone().square().mean_axes(&others)?;
    let reciprocal = variance.affine(1.0, epsilon).sqrt().powi(-1);
    let scale = per_channel(&reciprocal.mul(&operands[1])?, rank)?;
    let y = centered.mul(&scale)?.add(&per_channel(&operands[2], rank)?)?;
    Ok(if relu { y.relu() } else { y })
}

/// `[C]` as `[C, 1, …]`, which broadcasts to `[N, C, …]` of this rank.
pub(super) fn per_channel<T: Float>(numbers: &Var<T>, rank: usize) -> Result<Var<T>> {
    let mut dims = vec![1; rank - 1];
    dims[0] = numbers.shape().numel();
    numbers.reshape(Shape::new(&dims)?)
}

/// The two differ in whether ReLU follows.
macro_rules! normalisations {
    ($($type:ident, $name:literal, $relu:literal;)*) => { $(
        impl<T: Float> Operation<T> for $type {
            type Saved = Saved<T>;

            fn name(&self) -> &'static str {
                $name
            }

            fn operand_count(&self) -> RangeInclusive<usize> {
                3..=3
            }

            fn shape(&self, operands: &[Shape]) -> Result<Shape> {
                check(operands)
            }

            fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, Saved<T>)> {
                normalise(operands, self.epsilon, $relu)
            }

            fn gradient(
                &self,
                saved: Saved<T>,
                dy: Tensor<T>,
                grads: &mut OperandGrads<'_, T>,
            ) -> Result<()> {
                gradient(saved, &dy, grads, self.epsilon, $relu)
            }

            fn vjp(
                &self,
                operands: &[Var<T>],
                _y: &Var<T>,
                dy: &Var<T>,
                grads: &mut VarGrads<'_, T>,
            ) -> Result<()> {
                grads.through(operands, dy, |operands| composed(operands, self.epsilon, $relu))
            }

            fn reach(&self, _operands: &[Shape]) -> Reach {
                Reach::Pointwise
            }

            fn attributes(&self) -> Vec<(&'static str, Attribute)> {
                vec![("epsilon", self.epsilon.into())]
            }
        }
    )* };
}

normalisations! {
    BatchNorm, "batch_norm", false;
    BatchNormRelu, "batch_norm_relu", true;
}

/// The shape of `[N, C, …]` with a weight and a bias `[C]`.
pub(super) fn check(operands: &[Shape]) -> Result<Shape> {
    let shape = operands[0];
    if shape.rank() < 2 {
        return Err(Error::shape(format!("input {shape} should have axes (N, C, …)")));
    }
    check_channels(shape, "weight", operands[1])?;
    check_channels(shape, "bias", operands[2])?;
    Ok(shape)
}

/// Whether there is one number for each channel of `x`.
pub(super) fn check_channels(x: Shape, name: &str, own: Shape) -> Result<()> {
    let channels = x[1];
    if own[..] == [channels] {
        return Ok(());
    }
    Err(Error::shape(format!("input {x} (N, C, …) has {channels} channels, the {name} is {own}")))
}

/// Whether each channel has values enough for a variance.
fn check_count(x: Shape) -> Result<()> {
    let message = match x[0] * x[2..].iter().product::<usize>() {
        0 => format!("input {x} has no values to take the mean of"),
        1 => format!("input {x} has one value for each channel, whose variance is 0"),
        _ => return Ok(()),
    };
    Err(Error::shape(message).hint("train with larger batches, or evaluate"))
}

fn statistics<T: Float>(saved: &Saved<T>) -> ChannelStatistics<T> {
    saved.statistics.clone()
}

impl<T: Float> Var<T> {
    /// Normalises each channel of `[N, C, …]` to mean 0 and variance 1 over the batch, then scales
    /// it by `weight` `[C]` and shifts it by `bias` `[C]`. Gives the batch's statistics too, from
    /// which running ones are made; in a dry run there are none.
    ///
    /// Source: Ioffe and Szegedy, "Batch normalization" (2015).
    ///
    /// # Errors
    /// When the shapes don't fit, or a channel has one value only (its variance would be 0) or none;
    /// a dry run lets that pass, since it may be one of an evaluation.
    pub fn batch_norm(
        &self,
        weight: &Self,
        bias: &Self,
        epsilon: f64,
    ) -> Result<(Self, Option<ChannelStatistics<T>>)> {
        record_with(BatchNorm { epsilon }, &[self, weight, bias], statistics)
    }

    /// As [`batch_norm`](Self::batch_norm) followed by [`relu`](Self::relu), in one pass over
    /// memory: the normalised values are never written, and never saved.
    ///
    /// # Errors
    /// As for [`batch_norm`](Self::batch_norm).
    pub fn batch_norm_relu(
        &self,
        weight: &Self,
        bias: &Self,
        epsilon: f64,
    ) -> Result<(Self, Option<ChannelStatistics<T>>)> {
        record_with(BatchNormRelu { epsilon }, &[self, weight, bias], statistics)
    }
}
