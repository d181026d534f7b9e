//! What each step came to, in as many records as stay few.

use serde::{Deserialize, Serialize};

/// Records that a run keeps at most. Even, so that all of them can be merged in pairs.
const CAPACITY: usize = 2_000;

/// A number over some steps.
///
/// ```
/// use plywood_training::Spread;
///
/// let loss = Spread { mean: 0.5, min: 0.25, max: 1.0 }; // of 0.25, 0.25 and 1.0
/// assert!(loss.min <= loss.mean && loss.mean <= loss.max);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// The mean over the steps.
    pub mean: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
}

/// What some steps in a row came to: one step each in a short run, more of them in a long one, of which
/// a run keeps at most 2,000 records.
///
/// ```
/// use plywood_datasets::Rows;
/// use plywood_layers::{Init, Linear, mse_loss};
/// use plywood_optimizers::SGD;
/// use plywood_tensor::{Rng, Seed, Tensor};
/// use plywood_training::{StepRecord, Trainer};
///
/// let data = Rows::new(Tensor::from([[1.0]]), Tensor::from([[2.0]]))?;
/// let zero = Linear::config(1, 1).weight_init(Init::Zeros).bias(false);
/// let mut model = zero.init(&mut Rng::new(Seed(7)))?;
///
/// let trainer = Trainer::new(SGD::new(0.25)).loss(mse_loss).epochs(2);
/// # let trainer = trainer.quiet(true);
/// let run = trainer.fit(&mut model, &data, None)?;
/// let steps: &[StepRecord] = run.steps();
/// assert_eq!((steps[1].first, steps[1].last, steps[1].epoch), (2, 2, 2));
/// assert_eq!(steps[0].loss.mean, 4.0); // (0 − 2)²
/// assert_eq!(steps[1].loss.mean, 1.0); // (1 − 2)²: the first step went half of the way
/// assert_eq!(steps[1].grad_norm.max, 2.0); // |2 · (1 − 2) · 1|
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct StepRecord {
    /// The first of the steps, counted from 1 over the whole run.
    pub first: u64,
    /// The last of them.
    pub last: u64,
    /// The epoch of the last, from 1.
    pub epoch: usize,
    /// The learning rate of the last.
    pub learning_rate: f64,
    /// The mean loss of a sample in each step.
    pub loss: Spread,
    /// The norm of the gradients in each step, before clipping.
    pub grad_norm: Spread,
}

/// The sum and the range of a number.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Range {
    sum: f64,
    min: f64,
    max: f64,
}

impl Range {
    fn of(value: f64) -> Self {
        Self { sum: value, min: value, max: value }
    }

    fn and(self, next: Self) -> Self {
        Self { sum: self.sum + next.sum, min: self.min.min(next.min), max: self.max.max(next.max) }
    }

    fn spread(self, count: u64) -> Spread {
        // A mean of equal numbers may be rounded beyond them.
        let mean = (self.sum / count as f64).max(self.min).min(self.max);
        Spread { mean, min: self.min, max: self.max }
    }
}

/// Some steps in a row.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Stretch {
    steps: u64,
    epoch: usize,
    learning_rate: f64,
    loss: Range,
    grad_norm: Range,
}

impl Stretch {
    fn and(self, next: Self) -> Self {
        Self {
            steps: self.steps + next.steps,
            epoch: next.epoch,
            learning_rate: next.learning_rate,
            loss: self.loss.and(next.loss),
            grad_norm: self.grad_norm.and(next.grad_norm),
        }
    }
}

/// All steps of a run. When it is full, neighbours are merged in pairs, and from then on each record takes
/// twice as many steps. It is part of the checkpoint: a step that is taken again after an interruption was
/// taken later than the checkpoint, and isn't in there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct StepLog {
    /// Steps in a record; the last may have fewer.
    stride: u64,
    stretches: Vec<Stretch>,
}

impl StepLog {
    pub(crate) fn new() -> Self {
        Self { stride: 1, stretches: Vec::new() }
    }

    /// Adds a step of this epoch, counted from 1.
    pub(crate) fn push(&mut self, epoch: usize, learning_rate: f64, loss: f64, grad_norm: f64) {
        let (loss, grad_norm) = (Range::of(loss), Range::of(grad_norm));
        let step = Stretch { steps: 1, epoch, learning_rate, loss, grad_norm };
        if let Some(last) = self.stretches.last_mut().filter(|last| last.steps < self.stride) {
            *last = last.and(step);
            return;
        }
        if self.stretches.len() >= CAPACITY {
            let pair = |pair: &[Stretch]| match pair {
                &[first, second] => Some(first.and(second)),
                rest => rest.first().copied(),
            };
            self.stretches = self.stretches.chunks(2).filter_map(pair).collect();
            self.stride = self.stride.saturating_mul(2);
        }
        self.stretches.push(step);
    }

    pub(crate) fn records(&self) -> Vec<StepRecord> {
        let mut last = 0;
        let record = |stretch: &Stretch| {
            let first = last + 1;
            last += stretch.steps;
            StepRecord {
                first,
                last,
                epoch: stretch.epoch,
                learning_rate: stretch.learning_rate,
                loss: stretch.loss.spread(stretch.steps),
                grad_norm: stretch.grad_norm.spread(stretch.steps),
            }
        };
        self.stretches.iter().map(record).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A log of steps whose losses are their numbers, from 1.
    fn log(steps: u64) -> StepLog {
        let mut log = StepLog::new();
        for step in 1..=steps {
            log.push(step as usize / 1_000, 1.0 / step as f64, step as f64, 2.0 * step as f64);
        }
        log
    }

    #[test]
    fn few_steps_have_a_record_each() {
        let records = log(2_000).records();
        assert_eq!(records.len(), 2_000);
        for (place, record) in records.iter().enumerate() {
            let step = place as u64 + 1;
            let loss = step as f64;
            assert_eq!((record.first, record.last), (step, step));
            assert_eq!(record.loss, Spread { mean: loss, min: loss, max: loss });
        }
    }

    #[test]
    fn each_step_of_a_million_is_in_one_record() {
        let log = log(1_000_000);
        let records = log.records();
        assert!((1_000..=CAPACITY).contains(&records.len()), "{}", records.len());
        let mut next = 1;
        for record in &records {
            let StepRecord { first, last, epoch, learning_rate, loss, grad_norm } = *record;
            assert_eq!(first, next);
            assert!(last - first < 512 && (last - first == 511 || last == 1_000_000));
            // The mean of the numbers from the first to the last.
            let mean = (first + last) as f64 / 2.0;
            assert_eq!(loss, Spread { mean, min: first as f64, max: last as f64 });
            assert_eq!(grad_norm.mean, 2.0 * mean);
            assert_eq!((epoch, learning_rate), (last as usize / 1_000, 1.0 / last as f64));
            next = last + 1;
        }
        assert_eq!(next, 1_000_001);
        let bytes = serde_json::to_vec(&log).unwrap();
        assert!(bytes.len() < 400_000, "{}", bytes.len());
    }

    #[test]
    fn a_mean_is_within_its_range() {
        let mut log = StepLog::new();
        for _ in 0..3 * CAPACITY {
            log.push(1, 0.1, 0.1, 0.7);
        }
        for record in log.records() {
            assert_eq!(record.loss, Spread { mean: 0.1, min: 0.1, max: 0.1 });
            assert_eq!(record.grad_norm.mean, 0.7);
        }
    }
}
