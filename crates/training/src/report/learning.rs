//! How a run learnt: curves over the epochs and the steps.

use plywood_tensor::Result;

use super::Report;
use super::figure::Figure;
use super::words::number;
use crate::history::{EpochRecord, Scores};
use crate::plots;

/// Epochs that are drawn, and rows of their table, at most: more don't make a curve clearer.
const DRAWN: usize = 500;
const ROWS: usize = 50;

pub(super) const INTRO: &str = "A model learns by steps: it looks at a few samples, measures how wrong it is (the loss), and \
changes its numbers a little so that it would be less wrong. An epoch is once through all samples.";

impl Report<'_> {
    pub(super) fn learning(&self) -> Result<Vec<Figure>> {
        let (history, steps) = (self.facts.history, self.facts.steps);
        let mut figures = Vec::new();
        if !history.is_empty() {
            let drawn: Vec<EpochRecord> = thinned(history, DRAWN).cloned().collect();
            let validated = history.iter().any(|record| record.valid.is_some());
            let how = match validated {
                true => {
                    "Loss should fall. Where the validation curve, of samples that it doesn't learn from, turns away \
                     from the training curve, the model begins to learn its samples by heart."
                }
                false => {
                    "Loss should fall. Without validation data nobody sees here whether it only learns its samples \
                     by heart."
                }
            };
            figures.push(Figure::svg("Epoch by epoch", how, plots::curves(&drawn)?));
            figures.push(self.epochs().folded());
        }
        if !steps.is_empty() {
            let how = match steps.iter().any(|record| record.first < record.last) {
                true => {
                    "The line is the mean of some steps, the band around it reaches from the smallest to the \
                     largest. The learning rate is how far a step goes; a norm of the gradients that grows without \
                     end means that it goes too far."
                }
                false => {
                    "Each point is a step. The learning rate is how far a step goes; a norm of the gradients that \
                     grows without end means that it goes too far."
                }
            };
            figures.push(Figure::svg("Step by step", how, plots::steps(steps)?));
        }
        Ok(figures)
    }

    /// The curves as numbers.
    fn epochs(&self) -> Figure {
        let history = self.facts.history;
        let first = &history[0];
        let mut head = vec!["epoch".to_owned()];
        let names =
            std::iter::once("loss").chain(first.train.metrics.iter().map(|(name, _)| &**name));
        let names: Vec<&str> = names.collect();
        let validated = first.valid.is_some();
        for name in &names {
            head.push(format!("{name}, training"));
            head.extend(validated.then(|| format!("{name}, validation")));
        }
        head.extend(["learning rate", "norm of the gradients"].map(str::to_owned));
        let value = |scores: &Scores, name: &str| match name {
            "loss" => scores.loss,
            _ => scores.metric(name).unwrap_or(f64::NAN),
        };
        let row = |record: &EpochRecord| {
            let mut row = vec![record.epoch.to_string()];
            for name in &names {
                row.push(number(value(&record.train, name)));
                let valid = record.valid.as_ref();
                row.extend(
                    validated.then(|| valid.map_or(f64::NAN, |v| value(v, name))).map(number),
                );
            }
            row.extend([record.learning_rate, record.grad_norm].map(number));
            row
        };
        let rows: Vec<Vec<String>> = thinned(history, ROWS).map(row).collect();
        let caption = match rows.len() < history.len() {
            true => "Some of the epochs, at even distances, the first and the last among them.",
            false => "What the curves above show.",
        };
        Figure::table("The epochs as numbers", caption, head, rows)
    }
}

/// At most so many of them, at even distances, the first and the last included.
fn thinned<T>(all: &[T], most: usize) -> impl Iterator<Item = &T> {
    let (last, kept) = (all.len().saturating_sub(1), all.len().min(most));
    (0..kept).filter_map(move |place| all.get(place * last / kept.saturating_sub(1).max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_thinned_keeps_its_ends() {
        let of = |all: &[usize], most| thinned(all, most).copied().collect::<Vec<usize>>();
        assert_eq!(of(&[1, 2, 3], 5), [1, 2, 3]);
        assert_eq!(of(&[1, 2, 3, 4, 5], 3), [1, 3, 5]);
        assert_eq!(of(&[1], 3), [1]);
        assert_eq!(of(&[], 3), [0; 0]);
        let many = of(&(0..100_000).collect::<Vec<_>>(), 500);
        assert_eq!((many.len(), many[0], many[499]), (500, 0, 99_999));
    }
}
