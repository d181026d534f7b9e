//! Mixup: a loss of samples that are mixed two by two.

use plywood_autodiff::{Pass, Var};
use plywood_datasets::{Batch, RowTarget};
use plywood_layers::{Loss, Module};
use plywood_tensor::{Error, Result, Rng, Tensor, check_setting};

use crate::objective::{Objective, StepOutput};

/// Trains on mixtures: each sample of a batch is mixed with another one, `λ · x + (1 − λ) · x[other]`, and the loss is
/// that of both targets, `λ · L(y) + (1 − λ) · L(y[other])`. Which other one, and λ from Beta(α, α), once for each
/// batch, follow from the step's randomness. In evaluation it is the plain loss.
///
/// A network that has to answer in between two samples doesn't learn single ones by heart. The greater α, the more
/// even the mixture; towards 0 it is the plain loss. In training, metrics compare the answer to the mixture with the
/// target of its first part: with a large α they are lower than they are for samples as they are.
///
/// Source: Zhang et al., "mixup: beyond empirical risk minimization" (2018).
///
/// ```
/// use plywood_datasets::Digits;
/// use plywood_layers::{CrossEntropy, Flatten, Linear, Sequential};
/// use plywood_optimizers::AdamW;
/// use plywood_tensor::{Rng, Seed};
/// use plywood_training::{Mixup, Trainer};
///
/// let digits = Digits::embedded()?;
/// let linear = Linear::new(64, 10, &mut Rng::new(Seed(7)))?;
/// let mut model = Sequential::new().add(Flatten).add(linear);
/// let trainer = Trainer::new(AdamW::new(1e-2)).objective(Mixup::new(0.2, CrossEntropy::new()));
/// let run = trainer.epochs(1).quiet(true).fit(&mut model, &digits, None)?;
/// assert!(run.evaluate(&model, &digits)?.scores.loss < 1.0);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Mixup<L> {
    alpha: f64,
    loss: L,
}

impl<L> Mixup<L> {
    /// With both parameters of the Beta distribution that λ is drawn from, between 0.001 and 1,000: 0.1 to 0.4 are usual.
    pub fn new(alpha: f64, loss: L) -> Self {
        Self { alpha, loss }
    }
}

impl<M, B, L> Objective<M, B> for Mixup<L>
where
    B: Batch<Input = Tensor>,
    B::Target: RowTarget,
    M: Module,
    L: Loss<B::Target>,
{
    fn forward(&self, model: &M, batch: &B, pass: &mut Pass) -> Result<StepOutput> {
        let (x, y) = (batch.input(), batch.target());
        if !pass.is_training() {
            let output = model.forward(&Var::constant(x.clone()), pass)?;
            return Ok((self.loss.loss(&output, y)?, output).into());
        }
        let mut mix = || {
            check_setting("alpha", self.alpha, 1e-3..=1e3)?;
            let mut rng = pass.rng();
            let lambda = beta(self.alpha, &mut rng)?;
            let others = rng.permutation(batch.len());
            Ok((lambda, mixed(x, &others, lambda)?, y.rows(&others)?))
        };
        let (lambda, input, others) = mix().map_err(|error: Error| error.operation("mixup"))?;
        let output = model.forward(&Var::constant(input), pass)?;
        let loss = self.loss.loss(&output, y)? * lambda;
        let loss = loss.add(&(self.loss.loss(&output, &others)? * (1.0 - lambda)))?;
        Ok((loss, output).into())
    }

    fn settings(&self) -> String {
        format!("mixup of alpha {}: {}", self.alpha, self.loss.settings())
    }
}

/// `λ · x + (1 − λ) · x[others]`, row by row.
fn mixed(x: &Tensor, others: &[usize], lambda: f64) -> Result<Tensor> {
    let indices: Vec<u32> = others.iter().map(|&other| other as u32).collect();
    let others = x.index_select(0, &Tensor::from(indices))?;
    (x * lambda as f32).add(&(others * (1.0 - lambda) as f32))
}

/// A number of the distribution Beta(α, α): the part that the first of two equally distributed numbers of Gamma(α) has
/// of their sum.
fn beta(alpha: f64, rng: &mut Rng) -> Result<f64> {
    let [a, b] = [ln_gamma_draw(alpha, rng)?, ln_gamma_draw(alpha, rng)?];
    // By their logarithms: for a small α both are often nearer to 0 than any number.
    Ok(1.0 / (1.0 + (b - a).exp()))
}

/// The logarithm of a number of the distribution Gamma(α). Source: Marsaglia and Tsang, "A simple method for generating
/// gamma variables" (2000); below 1 by Gamma(α) = Gamma(α + 1) · U^(1/α).
fn ln_gamma_draw(alpha: f64, rng: &mut Rng) -> Result<f64> {
    if alpha < 1.0 {
        let unit = 1.0 - rng.unit();
        return Ok(ln_gamma_draw(alpha + 1.0, rng)? + unit.ln() / alpha);
    }
    let d = alpha - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let normal: Tensor<f64> = rng.try_normal([1], 0.0, 1.0)?;
        let x = normal.item()?;
        let v = (1.0 + c * x).powi(3);
        let unit = 1.0 - rng.unit();
        if v > 0.0 && unit.ln() < 0.5 * x * x + d * (1.0 - v + v.ln()) {
            return Ok((d * v).ln());
        }
    }
}
