//! Adding up loss and metrics over batches.

use plywood_datasets::Target;
use plywood_tensor::{Error, Result, Tensor};

use crate::history::Scores;
use crate::metrics::Metric;

/// Columns of the table of epochs: `100/100`, `100.00 %`.
const EPOCH: usize = 7;
const WIDTH: usize = 8;

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
            let Some(output) = output else {
                return Err(Error::value(
                    "the step gives a loss alone, there is nothing to look at",
                )
                .operation(metric.name())
                .hint("give `(loss, output)`"));
            };
            metric.update(output, target)?;
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
    pub(crate) fn describe(&self, scores: &Scores) -> String {
        let mut text = format!("loss {:.4}", scores.loss);
        for (metric, (name, value)) in self.metrics.iter().zip(&scores.metrics) {
            text += &format!("  {name} {}", metric.display(*value));
        }
        text
    }

    /// The head of a table of epochs: loss and metrics of training, each followed by that of
    /// validation, if there is any.
    pub(crate) fn head(&self, validated: bool) -> String {
        let names = self.metrics.iter().map(|metric| metric.name());
        let columns = std::iter::once("loss".to_owned()).chain(names);
        let valid = if validated { format!("  {:>WIDTH$}", "(valid)") } else { String::new() };
        let columns: String = columns.map(|name| format!("  {name:>WIDTH$}{valid}")).collect();
        format!("{:>EPOCH$}{columns}   elapsed", "epoch")
    }

    /// A row of that table.
    pub(crate) fn row(
        &self,
        epoch: &str,
        train: &Scores,
        valid: Option<&Scores>,
        seconds: f64,
    ) -> String {
        let cells = |value: &dyn Fn(&Scores) -> Option<String>| -> String {
            let values = std::iter::once(train).chain(valid).filter_map(value);
            values.map(|value| format!("  {value:>WIDTH$}")).collect()
        };
        let mut row = cells(&|scores| Some(format!("{:.4}", scores.loss)));
        for (place, metric) in self.metrics.iter().enumerate() {
            row += &cells(&|scores| {
                scores.metrics.get(place).map(|&(_, value)| metric.display(value))
            });
        }
        format!("{epoch:>EPOCH$}{row}  {seconds:>6.1} s")
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
