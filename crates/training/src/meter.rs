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
        let valid = if validated { format!("  {:>WIDTH$}", "(valid)") } else { String::new() };
        let columns = std::iter::once("loss".to_owned()).chain(self.names());
        let columns: String = columns.map(|name| format!("  {name:>WIDTH$}{valid}")).collect();
        format!("{:>EPOCH$}{columns}   elapsed", "epoch")
    }

    fn names(&self) -> impl Iterator<Item = String> {
        self.metrics.iter().map(|metric| metric.name())
    }

    /// A row of that table.
    pub(crate) fn row(
        &self,
        epoch: &str,
        train: &Scores,
        valid: Option<&Scores>,
        seconds: f64,
    ) -> String {
        // The first column of a metric is as wide as its name.
        let cells = |width: usize, value: &dyn Fn(&Scores) -> Option<String>| -> String {
            let columns = [(Some(train), width), (valid, WIDTH)].into_iter();
            let values = columns.filter_map(|(scores, width)| Some((value(scores?)?, width)));
            values.map(|(value, width)| format!("  {value:>width$}")).collect()
        };
        let mut row = cells(WIDTH, &|scores| Some(format!("{:.4}", scores.loss)));
        for (place, (metric, name)) in self.metrics.iter().zip(self.names()).enumerate() {
            row += &cells(name.chars().count().max(WIDTH), &|scores| {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Accuracy, RocAuc, RootMeanSquaredError};

    #[test]
    fn columns_are_as_wide_as_names() {
        let metrics: [Box<dyn Metric>; 3] = [
            Box::new(Accuracy::top(1)),
            Box::new(RootMeanSquaredError::new()),
            Box::new(RocAuc::new()),
        ];
        let meter = Meter::new(metrics.into());
        let metrics = ["a", "b", "c"].map(|name| (name.to_owned(), f64::NAN));
        let scores = Scores { loss: 0.5, metrics: metrics.into() };
        let width = |text: &str| text.chars().count();
        for valid in [None, Some(&scores)] {
            let row = meter.row("1/20", &scores, valid, 1.25);
            assert_eq!(width(&meter.head(valid.is_some())), width(&row), "{row}");
            assert!(row.contains('–') && row.ends_with("  1.2 s"), "{row}");
        }
    }
}
