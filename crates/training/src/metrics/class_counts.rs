//! What precision, recall and F1 are computed from.

use plywood_datasets::Target;
use plywood_tensor::{Error, Result, Row, Tensor, check_labels};

use super::averaging::Averaging;
use super::targets::labels;

/// How often a class was there, was answered, and both.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Count {
    pub(super) found: f64,
    pub(super) answered: f64,
    pub(super) support: f64,
}

impl Count {
    fn add(self, other: Self) -> Self {
        Self {
            found: self.found + other.found,
            answered: self.answered + other.answered,
            support: self.support + other.support,
        }
    }

    /// Nothing where the class was never answered.
    pub(super) fn precision(self) -> Option<f64> {
        (self.answered > 0.0).then(|| self.found / self.answered)
    }

    /// Nothing where the class has no samples.
    pub(super) fn recall(self) -> Option<f64> {
        (self.support > 0.0).then(|| self.found / self.support)
    }

    /// What is of the class and was answered, of what is or was; nothing where that is nothing.
    pub(super) fn iou(self) -> Option<f64> {
        let union = self.answered + self.support - self.found;
        (union > 0.0).then(|| self.found / union)
    }

    /// The harmonic mean of both, `2·found / (answered + support)`; nothing where that has no samples.
    pub(super) fn f1(self) -> Option<f64> {
        let all = self.answered + self.support;
        (all > 0.0).then(|| 2.0 * self.found / all)
    }
}

/// The counts of each class: 24 bytes a class, however many samples.
#[derive(Clone, Debug, Default)]
pub(super) struct ClassCounts(pub(super) Vec<Count>);

impl ClassCounts {
    /// Adds a batch of scores `[N, C]` and their classes, to be averaged so.
    pub(super) fn update(
        &mut self,
        metric: &str,
        averaging: Option<Averaging>,
        scores: &Tensor,
        target: &dyn Target,
    ) -> Result<()> {
        let labels = labels(metric, scores, target)?;
        let classes = scores.shape()[1];
        self.check(averaging, scores).map_err(|error| error.operation(metric))?;
        check_labels(labels, classes).map_err(|error| error.operation(metric))?;
        let mut rows = scores.as_slice().chunks(classes.max(1));
        if let Some(place) = rows.position(|row| row.iter().any(|score| score.is_nan())) {
            return Err(Error::value("a score is NaN, which is neither more nor less than others")
                .in_row(Row { place, rows: labels.numel() })
                .operation(metric));
        }
        self.0.resize(classes, Count::default());
        if labels.numel() == 0 {
            return Ok(());
        }
        for (&answer, &label) in scores.argmax(1)?.as_slice().iter().zip(labels.as_slice()) {
            self.0[answer as usize].answered += 1.0;
            self.0[label as usize].support += 1.0;
            if answer == label {
                self.0[label as usize].found += 1.0;
            }
        }
        Ok(())
    }

    fn check(&self, averaging: Option<Averaging>, scores: &Tensor) -> Result<()> {
        let (classes, before) = (scores.shape()[1], self.0.len());
        if before != 0 && before != classes {
            return Err(Error::shape(format!(
                "the scores {} (N, C) have {classes} classes, those before had {before}",
                scores.shape()
            )));
        }
        match averaging {
            Some(Averaging::Binary) if classes != 2 => Err(Error::value(format!(
                "of {classes} classes none is the positive one, as class 1 of two is"
            ))
            .hint(
                "`.averaging(Averaging::Macro)` takes the mean of all, `Averaging::Class(1)` one",
            )),
            Some(Averaging::Class(class)) if class >= classes => Err(Error::index(format!(
                "there is no class {class}: the scores {} (N, C) have {classes}",
                scores.shape()
            ))),
            _ => Ok(()),
        }
    }

    /// One number of each class's figure; nothing where it is undefined. In averages an undefined
    /// figure counts as 0, as in scikit-learn.
    pub(super) fn averaged(
        &self,
        averaging: Averaging,
        figure: impl Fn(Count) -> Option<f64>,
    ) -> Option<f64> {
        let each = || self.0.iter().map(|&count| (count, figure(count).unwrap_or(0.0)));
        match averaging {
            Averaging::Binary if self.0.len() != 2 => None,
            Averaging::Binary => figure(self.0[1]),
            Averaging::Class(class) => self.0.get(class).copied().and_then(figure),
            Averaging::Macro => {
                let there = each().filter(|(count, _)| count.support + count.answered > 0.0);
                mean(there.map(|(_, figure)| (figure, 1.0)))
            }
            Averaging::Weighted => mean(each().map(|(count, figure)| (figure, count.support))),
            Averaging::Micro => {
                figure(self.0.iter().fold(Count::default(), |all, &count| all.add(count)))
            }
        }
    }

    /// The mean of the recalls of the classes that have samples.
    pub(super) fn balanced_accuracy(&self) -> Option<f64> {
        mean(self.0.iter().filter_map(|count| count.recall()).map(|recall| (recall, 1.0)))
    }

    /// The part of the samples whose class was found.
    pub(super) fn accuracy(&self) -> Option<f64> {
        self.averaged(Averaging::Micro, Count::recall)
    }

    pub(super) fn samples(&self) -> f64 {
        self.0.iter().map(|count| count.support).sum()
    }

    pub(super) fn sums(&self) -> Vec<f64> {
        self.0.iter().flat_map(|count| [count.found, count.answered, count.support]).collect()
    }

    pub(super) fn restore(&mut self, sums: &[f64]) {
        let counts = sums.chunks_exact(3);
        self.0 = counts
            .map(|count| Count { found: count[0], answered: count[1], support: count[2] })
            .collect();
    }
}

/// The mean of numbers with weights; nothing where these sum to nothing.
fn mean(numbers: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    let add = |(sum, all), (number, weight): (f64, f64)| (sum + weight * number, all + weight);
    let (sum, all) = numbers.fold((0.0, 0.0), add);
    (all > 0.0).then(|| sum / all)
}
