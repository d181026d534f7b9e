//! Batch normalisation.

use plywood_tensor::{
    BatchNorm, ChannelStatistics, Error, Float, Result, Shape, Tensor, scale_shift,
};

use crate::declaration::{Declaration, Sample, normal, whole};
use crate::var::{Var, record};

const EPSILON: f64 = 1e-5;

pub(crate) const BATCH_NORM: Declaration = Declaration {
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

pub(crate) const BATCH_NORM_RELU: Declaration = Declaration {
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

pub(crate) const BATCH_NORM_EVAL: Declaration = Declaration {
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
        self.normalise("batch_norm", weight, bias, epsilon, false)
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
        self.normalise("batch_norm_relu", weight, bias, epsilon, true)
    }

    fn normalise(
        &self,
        operation: &'static str,
        weight: &Self,
        bias: &Self,
        epsilon: f64,
        relu: bool,
    ) -> Result<(Self, Option<ChannelStatistics<T>>)> {
        let shape = self.shape();
        check(operation, self, weight, bias)?;
        let epsilon = T::of(epsilon);
        let mut seen = None;
        let kernel = || {
            // A dry run may be one of an evaluation, which takes any number of values.
            check_count(shape)?;
            let (x, weight, bias) = (self.known(), weight.known(), bias.known());
            let (y, statistics) = BatchNorm { weight, bias, epsilon, relu }.forward(x)?;
            seen = Some(statistics.clone());
            // Without ReLU, the gradient doesn't depend on the bias.
            let bias = relu.then(|| bias.clone());
            Ok((y, (x.clone(), statistics, weight.clone(), bias)))
        };
        let operands = [self, weight, bias];
        let y = record(
            operation,
            &operands,
            shape,
            0,
            kernel,
            move |(x, statistics, weight, bias), dy, grads| {
                let bias = bias.as_ref().unwrap_or(&weight);
                let norm = BatchNorm { weight: &weight, bias, epsilon, relu };
                let [dx, dw, db] = norm.gradient(&dy, &x, &statistics)?;
                grads.accumulate(0, || Ok(dx))?;
                grads.accumulate(1, || Ok(dw))?;
                grads.accumulate(2, || Ok(db))
            },
        )?;
        Ok((y, seen))
    }

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
        let shape = self.shape();
        check("batch_norm_eval", self, weight, bias)?;
        check_channels("batch_norm_eval", shape, "mean", mean.shape())?;
        check_channels("batch_norm_eval", shape, "variance", variance.shape())?;
        let epsilon = T::of(epsilon);
        let kernel = || {
            let (scale, shift) = folded(weight.known(), bias.known(), mean, variance, epsilon)?;
            let y = scale_shift(self.known(), &scale, &shift)?;
            let x = weight.needs_gradient().then(|| self.known().clone());
            Ok((y, (x, scale, mean.clone(), variance.map(|v| T::ONE / (v + epsilon).sqrt()))))
        };
        let operands = [self, weight, bias];
        record("batch_norm_eval", &operands, shape, 0, kernel, move |saved, dy, grads| {
            let (x, scale, mean, reciprocal) = saved;
            let zeros = Tensor::try_full(scale.shape(), T::ZERO)?;
            let others: Vec<isize> = (0..shape.rank() as isize).filter(|&axis| axis != 1).collect();
            grads.accumulate(0, || scale_shift(&dy, &scale, &zeros))?;
            grads.accumulate(1, || {
                let x = x.expect("saved because the weight needs a gradient");
                let shift = reciprocal.zip(&mean, |r, mean| -r * mean)?;
                scale_shift(&x, &reciprocal, &shift)?.mul(&dy)?.sum_axes(&others)
            })?;
            grads.accumulate(2, || dy.sum_axes(&others))
        })
    }
}

fn check<T: Float>(
    operation: &'static str,
    x: &Var<T>,
    weight: &Var<T>,
    bias: &Var<T>,
) -> Result<()> {
    let shape = x.shape();
    if shape.rank() < 2 {
        return Err(
            Error::shape(format!("input {shape} should have axes (N, C, …)")).operation(operation)
        );
    }
    check_channels(operation, shape, "weight", weight.shape())?;
    check_channels(operation, shape, "bias", bias.shape())
}

/// Whether there is one number for each channel of `x`.
fn check_channels(operation: &'static str, x: Shape, name: &str, own: Shape) -> Result<()> {
    let channels = x[1];
    if own[..] == [channels] {
        return Ok(());
    }
    Err(Error::shape(format!("input {x} (N, C, …) has {channels} channels, the {name} is {own}"))
        .operation(operation))
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

/// The normalisation as one multiplication and one addition for each element.
fn folded<T: Float>(
    weight: &Tensor<T>,
    bias: &Tensor<T>,
    mean: &Tensor<T>,
    variance: &Tensor<T>,
    epsilon: T,
) -> Result<(Tensor<T>, Tensor<T>)> {
    let scale = weight.zip(variance, |weight, variance| weight / (variance + epsilon).sqrt())?;
    let shift = bias.sub(&mean.mul(&scale)?)?;
    Ok((scale, shift))
}
