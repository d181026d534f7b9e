//! A learning rate that falls when a run gets no better.

use plywood_tensor::{Error, Result};

use crate::rule::check_setting;
use crate::schedule::{Progress, Schedule};

/// Multiplied by a factor when what a run monitors has not got better for some epochs: PyTorch's
/// `ReduceLROnPlateau`.
///
/// Better is less, unless [`larger_is_better`](Self::larger_is_better), by more than a ten-thousandth of
/// the best so far.
///
/// ```
/// use plywood_optimizers::{Progress, ReduceOnPlateau, Schedule};
///
/// let schedule = ReduceOnPlateau::new(0.1).factor(0.5).patience(1);
/// let progress = Progress { step: 300, steps_per_epoch: 100, epochs: 10 };
/// // Losses after each epoch so far: the second one without a better one is one too many.
/// assert_eq!(schedule.learning_rate_seeing(&progress, &[0.9, 0.8, 0.85]), 0.1);
/// assert_eq!(schedule.learning_rate_seeing(&progress, &[0.9, 0.8, 0.85, 0.81]), 0.05);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ReduceOnPlateau {
    initial: f64,
    factor: f64,
    patience: u64,
    threshold: f64,
    cooldown: u64,
    lowest: f64,
    larger_is_better: bool,
}

impl ReduceOnPlateau {
    /// Begins with `initial`, and multiplies it by 0.1 when 10 epochs have been no better and another
    /// isn't either.
    pub fn new(initial: f64) -> Self {
        Self {
            initial,
            factor: 0.1,
            patience: 10,
            threshold: 1e-4,
            cooldown: 0,
            lowest: 0.0,
            larger_is_better: false,
        }
    }

    /// What the learning rate is multiplied by, from 0 to 1.
    #[must_use]
    pub fn factor(mut self, factor: f64) -> Self {
        self.factor = factor;
        self
    }

    /// How many epochs in a row may be no better.
    #[must_use]
    pub fn patience(mut self, epochs: u64) -> Self {
        self.patience = epochs;
        self
    }

    /// How much better counts, in parts of the best so far.
    #[must_use]
    pub fn threshold(mut self, part: f64) -> Self {
        self.threshold = part;
        self
    }

    /// Epochs after each reduction that don't count as no better.
    #[must_use]
    pub fn cooldown(mut self, epochs: u64) -> Self {
        self.cooldown = epochs;
        self
    }

    /// Where it ends.
    #[must_use]
    pub fn lowest(mut self, lowest: f64) -> Self {
        self.lowest = lowest;
        self
    }

    /// Whether more is better, as of an accuracy.
    #[must_use]
    pub fn larger_is_better(mut self, larger: bool) -> Self {
        self.larger_is_better = larger;
        self
    }

    fn better(&self, value: f64, best: f64) -> bool {
        let enough = self.threshold * best.abs();
        match self.larger_is_better {
            true => value > best + enough,
            false => value < best - enough,
        }
    }
}

impl Schedule for ReduceOnPlateau {
    /// Before anything was monitored.
    fn learning_rate(&self, _: &Progress) -> f64 {
        self.initial
    }

    fn learning_rate_seeing(&self, _: &Progress, monitored: &[f64]) -> f64 {
        let (mut rate, mut best, mut bad, mut cooling) = (self.initial, None, 0_u64, 0_u64);
        for &value in monitored {
            match best {
                Some(best) if !self.better(value, best) => bad += 1,
                None if value.is_nan() => bad += 1,
                _ => (best, bad) = (Some(value), 0),
            }
            if cooling > 0 {
                (cooling, bad) = (cooling - 1, 0);
            }
            if bad > self.patience {
                rate = (rate * self.factor).max(self.lowest);
                (cooling, bad) = (self.cooldown, 0);
            }
        }
        rate
    }

    fn check(&self) -> Result<()> {
        let settings = || {
            check_setting("first learning rate", self.initial, 0.0, f64::INFINITY)?;
            check_setting("factor", self.factor, 0.0, 1.0)?;
            check_setting("threshold", self.threshold, 0.0, 1.0)?;
            check_setting("last learning rate", self.lowest, 0.0, f64::INFINITY)?;
            match self.lowest <= self.initial {
                true => Ok(()),
                false => Err(Error::value(format!(
                    "the last learning rate is {}, the first {}",
                    self.lowest, self.initial
                ))
                .hint("it can only fall")),
            }
        };
        settings().map_err(|error| error.operation("ReduceOnPlateau"))
    }

    fn depends_on_epochs(&self) -> bool {
        false
    }

    fn settings(&self) -> String {
        format!("{self:?}")
    }
}
