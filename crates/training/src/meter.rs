//! Adding up loss and metrics over batches.

use plywood_datasets::Target;
use plywood_tensor::{Result, Tensor};

use crate::history::Scores;
use crate::metrics::Metric;

/// Sums over the batches of an epoch.
#[derive(Default)]
pub(crate) struct Meter {
    loss: f64,
    samples: f64,
    pub(crate) metrics: Vec<Box<dyn Metric>>,
}

impl Meter {
    pub(crate) fn new(metrics: Vec<Box<dyn Metric>>) -> Self {
        let mut meter = Self { metrics, ..Self::default() };
        meter.reset();
        meter
    }

    pub(crate) fn reset(&mut self) {
        (self.loss, self.samples) = (0.0, 0.0);
        self.metrics.iter_mut().for_each(|metric| metric.reset());
    }

    /// Adds a batch of so many samples.
    pub(crate) fn update(
        &mut self,
        loss: f64,
        samples: usize,
        output: Option<&Tensor>,
        target: &dyn Target,
    ) -> Result<()> {
        self.loss += loss * samples as f64;
        self.samples += samples as f64;
        for metric in &mut self.metrics {
            if let Some(output) = output {
                metric.update(output, target)?;
            }
        }
        Ok(())
    }

    pub(crate) fn mean_loss(&self) -> f64 {
        self.loss / self.samples
    }

    pub(crate) fn scores(&self) -> Scores {
        let metrics = self.metrics.iter().map(|metric| (metric.name(), metric.value())).collect();
        Scores { loss: self.mean_loss(), metrics }
    }

    /// What the scores say, for people.
    pub(crate) fn describe(&self, prefix: &str, scores: &Scores) -> String {
        let mut text = format!("{prefix}loss {:.4}", scores.loss);
        for (metric, (name, value)) in self.metrics.iter().zip(&scores.metrics) {
            text += &format!("  {prefix}{name} {}", metric.display(*value));
        }
        text
    }

    /// All sums, so that an epoch can be taken up in its middle.
    pub(crate) fn sums(&self) -> Vec<Vec<f64>> {
        let mut sums = vec![vec![self.loss, self.samples]];
        sums.extend(self.metrics.iter().map(|metric| metric.sums()));
        sums
    }

    pub(crate) fn restore(&mut self, sums: &[Vec<f64>]) {
        self.reset();
        let Some((first, rest)) = sums.split_first() else { return };
        if let &[loss, samples] = &first[..] {
            (self.loss, self.samples) = (loss, samples);
        }
        for (metric, sums) in self.metrics.iter_mut().zip(rest) {
            metric.restore(sums);
        }
    }
}
