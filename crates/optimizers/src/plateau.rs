//! A learning rate that falls when a run gets no better.

use plywood_tensor::{Error, Result};

use crate::Settings;
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
#[derive(Clone, Copy, Debug, Settings)]
pub struct ReduceOnPlateau {
    /// The learning rate that it begins with.
    #[setting(range = 0.0.., called = "first learning rate")]
    initial: f64,
    /// What the learning rate is multiplied by.
    #[setting(default = 0.1, range = 0.0..=1.0)]
    factor: f64,
    /// How many epochs in a row may be no better.
    #[setting(default = 10)]
    patience: u64,
    /// How much better counts, in parts of the best so far.
    #[setting(default = 1e-4, range = 0.0..=1.0)]
    threshold: f64,
    /// Epochs after each reduction that don't count as no better.
    #[setting(default = 0)]
    cooldown: u64,
    /// Where it ends.
    #[setting(default = 0.0, range = 0.0.., called = "last learning rate", alias = "min_lr")]
    lowest: f64,
    /// Whether more is better, as of an accuracy.
    #[setting(default = false, alias = "mode")]
    larger_is_better: bool,
}

impl ReduceOnPlateau {
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

    fn check_settings(&self) -> Result<()> {
        let falls = || match self.lowest <= self.initial {
            true => Ok(()),
            false => Err(Error::value(format!(
                "the last learning rate is {}, the first {}",
                self.lowest, self.initial
            ))
            .hint("it can only fall")),
        };
        Settings::check(self).and_then(|()| falls()).map_err(|e| e.operation("ReduceOnPlateau"))
    }

    fn depends_on_epochs(&self) -> bool {
        false
    }

    fn settings(&self) -> String {
        format!("{self:?}")
    }
}
