//! One step: forward and backward for each of its batches, clipping, update.

use plywood_autodiff::{Grads, Params, Pass};
use plywood_datasets::Target;
use plywood_optimizers::{Progress, clip_grad_norm, clip_grad_value, grad_norm};
use plywood_tensor::{Error, Result, Rng, Tensor};

use super::books::{Books, Gradients};
use crate::objective::StepOutput;
use crate::options::Clip;

/// The label of the randomness that steps draw from, apart from the loader's.
const STEPS: u64 = u64::from_le_bytes(*b"steps   ");

impl Books {
    /// The gradients of a batch, which are added to those of the step.
    pub(super) fn learn(
        &mut self,
        pass: Pass,
        step: StepOutput,
        samples: usize,
        target: &dyn Target,
    ) -> Result<()> {
        let value = step.loss()?;
        if !value.is_finite() {
            return Err(Error::value(format!("the loss is {value}"))
                .hint("a smaller learning rate, clipping or cleaner data may help"));
        }
        let output = step.output.as_ref().map(|output| output.value()).transpose()?;
        self.meter.update(value, samples, output, target)?;
        let StepOutput { loss, output } = step;
        drop(output);
        if self.options.accumulate == 1 {
            self.gradients = Gradients { sum: pass.backward(&loss)?, samples, loss: value };
            return Ok(());
        }
        // The sum over the samples: how many the step has in all is known at its end.
        let grads = pass.backward(&(loss * samples as f64))?;
        self.gradients.samples += samples;
        self.gradients.loss += value * samples as f64;
        self.gradients.sum.accumulate(grads)
    }

    /// What the batch that comes next draws from: its own, however the run came there.
    pub(super) fn randomness(&self) -> Rng {
        let place = self.state.epoch * self.batches + self.state.batch;
        Rng::new(self.options.seed).fork(STEPS).fork(place as u64)
    }

    /// Whether the step has all its batches: as many as it should, or the last of an epoch.
    pub(super) fn is_step_due(&self) -> bool {
        let batch = self.state.batch;
        batch.is_multiple_of(self.options.accumulate) || batch == self.batches
    }

    /// The mean of the gradients, clipping, update.
    pub(super) fn step(&mut self, model: &mut dyn Params) -> Result<()> {
        let Gradients { sum: mut grads, samples, mut loss } = std::mem::take(&mut self.gradients);
        if self.options.accumulate > 1 {
            loss /= samples as f64;
            let part = (1.0 / samples as f64) as f32;
            for (_, gradient) in grads.iter_mut() {
                let sum = std::mem::replace(gradient, Tensor::scalar(0.0));
                *gradient = sum * part;
            }
        }
        let (norm, clipped) = match self.options.clip {
            None => (checked_norm(&grads)?, false),
            Some(Clip::Norm(limit)) => {
                let norm = clip_grad_norm(&mut grads, limit)?;
                (norm, norm > limit)
            }
            Some(Clip::Value(limit)) => {
                (checked_norm(&grads)?, clip_grad_value(&mut grads, limit)? > 0)
            }
        };
        self.schedule_rate();
        self.options.optimizer.step(model, &grads)?;
        if let Some(average) = &mut self.options.average {
            average.take_in(model, self.state.epoch + 1, self.state.batch == self.batches)?;
        }
        self.state.step += 1;
        self.state.norms.sum += norm;
        self.state.norms.steps += 1;
        self.state.norms.clipped += u64::from(clipped);
        let rate = self.options.optimizer.learning_rate();
        self.state.steps.push(self.state.epoch + 1, rate, loss, norm);
        Ok(())
    }

    fn schedule_rate(&mut self) {
        let Some(schedule) = &self.options.schedule else { return };
        let progress = Progress {
            step: self.state.step,
            steps_per_epoch: self.batches.div_ceil(self.options.accumulate) as u64,
            epochs: self.options.epochs as u64,
        };
        let monitored = self.state.history.iter().map(|record| record.scores());
        let monitored: Vec<f64> = monitored.map(|scores| self.options.monitored(scores)).collect();
        self.options
            .optimizer
            .set_learning_rate(schedule.learning_rate_seeing(&progress, &monitored));
    }
}

/// The gradients' norm. Refuses gradients that are no numbers: the weights would become none, be
/// saved, and the run could never go on.
fn checked_norm(grads: &Grads) -> Result<f64> {
    let norm = grad_norm(grads);
    let broken = grads.iter().find(|(_, gradient)| !norm.is_finite() && !gradient.all_finite());
    match broken {
        None => Ok(norm),
        Some((name, _)) => Err(Error::value(format!("the gradient of {name} is not finite"))
            .hint("a smaller learning rate, or another loss, may help")),
    }
}
